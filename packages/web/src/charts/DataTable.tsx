import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { formatUnitText } from '@haechi/dashboards'
import { alignSeries } from './align.ts'
import { axisOf } from './chart-model.ts'
import { chartWords } from './chart-words.ts'
import { momentText } from './time-axis.ts'
import css from './DataTable.module.css'
import type { ChartModel } from './chart-model.ts'

/** Most rows that are put into the page. */
const MOST_ROWS = 500

/** The data of a chart as a table, newest first. */
export function DataTable({ model, language, caption }: { readonly model: ChartModel; readonly language: 'en' | 'ko'; readonly caption: string }): ReactElement {
  const words = chartWords(language)
  const { ts, columns } = useMemo(() => alignSeries(model.series, model.stepMs), [model])
  const rows = Math.min(MOST_ROWS, ts.length)
  const axes = useMemo(() => model.series.map(s => axisOf(model, s)), [model])
  return (
    <div className={css['box']} tabIndex={0} role="group" aria-label={caption}>
      {rows < ts.length && <p className={css['note']}>{words.rows(rows, ts.length)}</p>}
      <table className={css['table']}>
        <thead><tr><th scope="col">{words.time}</th>{model.series.map(s => <th key={s.id} scope="col" title={s.name}>{s.name}</th>)}</tr></thead>
        <tbody>
          {Array.from({ length: rows }, (_, k) => {
            const i = ts.length - 1 - k
            return (
              <tr key={ts[i]}>
                <td>{momentText(ts[i]!, language, model.timeZone)}</td>
                {columns.map((c, j) => <td key={model.series[j]!.id}>{c[i] === null || c[i] === undefined ? '–' : formatUnitText(axes[j]!.unit, c[i], axes[j]!.decimals)}</td>)}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
