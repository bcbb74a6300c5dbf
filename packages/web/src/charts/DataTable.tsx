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

/** Most series that have a column. */
const MOST_COLUMNS = 100

/** The data of a chart as a table, newest first. */
export function DataTable({ model, language, caption }: { readonly model: ChartModel; readonly language: 'en' | 'ko'; readonly caption: string }): ReactElement {
  const words = chartWords(language)
  const series = useMemo(() => model.series.slice(0, MOST_COLUMNS), [model])
  const { ts, columns } = useMemo(() => alignSeries(series, model.stepMs), [series, model.stepMs])
  const rows = Math.min(MOST_ROWS, ts.length)
  const axes = useMemo(() => series.map(s => axisOf(model, s)), [model, series])
  return (
    <div className={css['box']} tabIndex={0} role="group" aria-label={caption}>
      {series.length < model.series.length && <p className={css['note']}>{words.columns(series.length, model.series.length)} {words.tooMany}</p>}
      {rows < ts.length && <p className={css['note']}>{words.rows(rows, ts.length)}</p>}
      <table className={css['table']}>
        <thead><tr><th scope="col">{words.time}</th>{series.map(s => <th key={s.id} scope="col" title={s.name}>{s.name}</th>)}</tr></thead>
        <tbody>
          {Array.from({ length: rows }, (_, k) => {
            const i = ts.length - 1 - k
            return (
              <tr key={ts[i]}>
                <td>{momentText(ts[i]!, language, model.timeZone)}</td>
                {columns.map((c, j) => <td key={series[j]!.id}>{c[i] === null || c[i] === undefined ? '–' : formatUnitText(axes[j]!.unit, c[i], axes[j]!.decimals)}</td>)}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
