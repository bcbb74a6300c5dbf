import { useMemo } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { Aged } from '../../components/Aged.tsx'
import { QuantityView } from '../../components/QuantityView.tsx'
import { SortTable } from '../../components/SortTable.tsx'
import type { Column } from '../../components/SortTable.tsx'
import { Spark } from '../../components/Spark.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { NO_NUMBER, quantityText, rateQuantity, ratioQuantity, secondsQuantity } from '../../format/quantity.ts'
import { PercentileCell } from './PercentileCell.tsx'
import { coarseNotes } from './coarse-notes.ts'
import type { RedRow } from './red-rows.ts'
import { useServiceWords } from './service-words.ts'
import type { Red } from './use-red.ts'
import css from './Services.module.css'

/** Shares of failed requests from which a row is amber, then red: as on the overview. */
function failing(ratio: number): 'ok' | 'warning' | 'critical' {
  return ratio >= 0.05 ? 'critical' : ratio >= 0.01 ? 'warning' : 'ok'
}

/** Props of `RedTable`. */
export interface RedTableProps {
  readonly red: Red
  readonly rows: readonly RedRow[]
  readonly label: string
  readonly first: Column<RedRow>
  /** Columns between the first and the numbers. */
  readonly more?: readonly Column<RedRow>[]
  readonly nameOf: (row: RedRow) => string
  readonly initial: string
  /** What comes first in the initial order, whatever its numbers: the least. */
  readonly top?: (row: RedRow) => number
}

/** Rate, errors and duration, one row each, sorted by a click; below, what the histograms can't tell. */
export function RedTable({ red, rows, label, first, more = [], nameOf, initial, top }: RedTableProps): ReactElement {
  const { w } = useServiceWords()
  const notes = useMemo(() => coarseNotes(rows, nameOf), [rows, nameOf])
  const withLine = (value: ReactNode, line: ReactNode): ReactElement => <span className={css['lined']}><span className={css['line']}>{line}</span>{value}</span>
  const columns: readonly Column<RedRow>[] = [
    first,
    ...more,
    { key: 'rate', label: w('col.rate'), numeric: true, sortBy: r => r.rate, cell: r => (Number.isNaN(r.rate) ? withLine(<span className="dim">{NO_NUMBER}</span>, null) : withLine(<QuantityView q={{ text: rateQuantity(r.rate).text, unit: '' }} />, <Spark vs={r.rates} height={22} atLeast={0.1} summary={w('trend.rate', { name: nameOf(r), mean: quantityText(rateQuantity(r.rate)) })} />)) },
    {
      key: 'errors', label: w('col.errors'), numeric: true, sortBy: r => r.errorRatio,
      cell: r => {
        if (Number.isNaN(r.errorRatio)) return withLine(<span className="dim">{NO_NUMBER}</span>, null)
        const state = failing(r.errorRatio)
        const color = state === 'ok' ? {} : { color: `var(--hc-${state})` }
        return withLine(<span className={css['share']} style={color}>{state !== 'ok' && <StateMark health={state} size={12} />}<QuantityView q={ratioQuantity(r.errorRatio)} /></span>, <Spark vs={r.failures} height={22} atLeast={0.1} summary={w('trend.errors', { name: nameOf(r) })} {...color} />)
      },
    },
    { key: 'p50', label: w('col.p50'), numeric: true, wideOnly: true, sortBy: r => r.p50?.value ?? NaN, cell: r => <PercentileCell p={r.p50} /> },
    { key: 'p95', label: w('col.p95'), numeric: true, sortBy: r => r.p95?.value ?? NaN, cell: r => withLine(<PercentileCell p={r.p95} />, r.p95 === undefined ? null : <Spark vs={r.p95s} height={22} atLeast={0.005} summary={w('trend.p95', { name: nameOf(r) })} />) },
    { key: 'p99', label: w('col.p99'), numeric: true, sortBy: r => r.p99?.value ?? NaN, cell: r => <PercentileCell p={r.p99} /> },
  ]
  return (
    <div className={css['block']}>
      <Aged query={red.age}><SortTable label={label} columns={columns} rows={rows} keyOf={r => r.key} initial={initial} {...(top === undefined ? {} : { top })} inAddress /></Aged>
      {notes.length > 0 && (
        <div className={css['notes']}>
          {notes.map(n => {
            const names = n.names.length > 3 ? w('coarse.more', { names: n.names.slice(0, 2).join(', '), more: n.names.length - 2 }) : n.names.join(', ')
            const what = n.percentiles.join(', ')
            return (
              <p key={`${n.metric} ${n.above}`}>
                <StateMark health="warning" size={13} />
                <span>{n.above === undefined ? w('coarse.between', { names, what, metric: n.metric }) : w('coarse.above', { names, what, metric: n.metric, limit: quantityText(secondsQuantity(n.above)) })}</span>
              </p>
            )
          })}
          <p className="dim">{w('coarse.next')}</p>
        </div>
      )}
    </div>
  )
}
