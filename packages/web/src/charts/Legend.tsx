import { useState } from 'react'
import type { MouseEvent, ReactElement } from 'react'
import { formatUnitText } from '@haechi/dashboards'
import { axisOf } from './chart-model.ts'
import { seriesFacts } from './summary.ts'
import { MOST_SERIES } from './visible-series.ts'
import css from './Legend.module.css'
import type { ChartSeries, YAxisSettings } from './chart-model.ts'
import type { ChartWords } from './chart-words.ts'
import type { Choice } from './visible-series.ts'

/** What a legend takes. */
export interface LegendProps {
  readonly series: readonly ChartSeries[]
  readonly shown: readonly boolean[]
  readonly y: YAxisSettings
  readonly moreY?: readonly YAxisSettings[] | undefined
  readonly words: ChartWords
  readonly startAsTable: boolean
  readonly choice: Choice
  readonly onClick: (id: string, add: boolean) => void
  readonly onChoice: (choice: Choice) => void
  readonly onHover: (index: number | undefined) => void
}

/** The names of the lines: in one line, or as a table with last, mean and max. A click shows one alone, with Ctrl it is added. */
export function Legend(props: LegendProps): ReactElement {
  const { series, words, shown } = props
  const [isTable, setTable] = useState(props.startAsTable)
  const count = shown.filter(Boolean).length
  return (
    <>
      {series.length > MOST_SERIES && (
        <div className={css['note']}>
          {count < series.length ? words.topOf(count, series.length) : ''}
          {props.choice === 'all' || props.choice !== 'top'
            ? <button type="button" className={css['link']} onClick={() => props.onChoice('top')}>{words.showTop}</button>
            : <button type="button" className={css['link']} onClick={() => props.onChoice('all')}>{words.showAll}</button>}
        </div>
      )}
      <div className={css['legend']} role="group" aria-label={words.legend}>
        {isTable ? <LegendTable {...props} /> : (
          <div className={css['line']}>
            {series.map((s, i) => (shown[i] || series.length <= MOST_SERIES) && <Entry key={s.id} series={s} index={i} isShown={shown[i] ?? true} onClick={props.onClick} onHover={props.onHover} />)}
          </div>
        )}
        <button type="button" className={css['toggle']} aria-expanded={isTable} aria-label={isTable ? words.line : series.length > 1 ? `${count} · ${words.table}` : words.table} title={isTable ? words.line : words.table} onClick={() => setTable(!isTable)}>
          {!isTable && series.length > 1 && <span className={css['count']}>{count}</span>}
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round">
            {isTable ? <path d="M3 5l4 4 4-4" /> : <path d="M2 3.5h10M2 7h10M2 10.5h10" />}
          </svg>
        </button>
      </div>
    </>
  )
}

interface EntryProps {
  readonly series: ChartSeries
  readonly index: number
  readonly isShown: boolean
  readonly onClick: (id: string, add: boolean) => void
  readonly onHover: (index: number | undefined) => void
}

function Entry({ series, index, isShown, onClick, onHover }: EntryProps): ReactElement {
  return (
    <button
      type="button" className={css['entry']} aria-pressed={isShown} title={series.name}
      onClick={(e: MouseEvent) => onClick(series.id, e.ctrlKey || e.metaKey)}
      onMouseEnter={() => isShown && onHover(index)} onMouseLeave={() => onHover(undefined)}
    >
      <span className={css['swatch']} style={{ borderTopColor: series.color, borderTopStyle: series.dash.length > 0 ? 'dashed' : 'solid' }} />
      <span className={css['name']}>{series.name}</span>
    </button>
  )
}

function LegendTable({ series, shown, y, moreY, words, onClick, onHover }: LegendProps): ReactElement {
  const text = (s: ChartSeries, v: number | undefined): string => {
    const axis = axisOf({ y, ...(moreY === undefined ? {} : { moreY }) }, s)
    return v === undefined ? '–' : formatUnitText(axis.unit, v, axis.decimals)
  }
  const rows = series.map((s, i) => ({ s, i, facts: seriesFacts(s.vs) })).sort((a, b) => (b.facts.last ?? -Infinity) - (a.facts.last ?? -Infinity))
  return (
    <div className={css['scroll']} tabIndex={0} role="group" aria-label={words.legend}>
      <table className={css['table']}>
        <thead><tr><th scope="col">{words.name}</th><th scope="col">{words.last}</th><th scope="col">{words.mean}</th><th scope="col">{words.max}</th></tr></thead>
        <tbody>
          {rows.map(({ s, i, facts }) => (
            <tr key={s.id}>
              <td><Entry series={s} index={i} isShown={shown[i] ?? true} onClick={onClick} onHover={onHover} /></td>
              <td>{text(s, facts.last)}</td><td>{text(s, facts.mean)}</td><td>{text(s, facts.max)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
