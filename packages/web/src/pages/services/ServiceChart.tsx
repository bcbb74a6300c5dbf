import { useId, useMemo } from 'react'
import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import { useRangeQueries, useScrapeInterval } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { useChartTheme } from '../../app/chart-theme.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Aged } from '../../components/Aged.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { TimeSeriesChart } from '../../charts/later-charts.ts'
import { useWords } from '../../i18n/index.ts'
import { resultChart } from '../explore/result-chart.ts'
import css from './Services.module.css'

/** Props of `ServiceChart`. */
export interface ServiceChartProps {
  readonly title: string
  /** A Grafana unit id. */
  readonly unit: string
  readonly lines: readonly { readonly name: string; readonly expr: string }[]
  /** The scale begins at zero and reaches at least this value. */
  readonly atLeast?: number
  /** Said where there is nothing to draw. */
  readonly empty: string
}

/** One chart of a service; those of a page share their crosshair. */
export function ServiceChart({ title, unit, lines, atLeast, empty }: ServiceChartProps): ReactElement {
  const { locale } = useWords()
  const { range } = useRefresh()
  const { change } = usePageSearch()
  const theme = useChartTheme()
  const id = useId()
  const queries = useRangeQueries(lines.map(l => l.expr), range, 240, useScrapeInterval())
  const answers = queries.map(q => q.data)
  const first = answers.find(a => a !== undefined)
  const model = useMemo(() => {
    if (first === undefined) return undefined
    // One series per line, named by us: what it is called decides its colour, on every service alike.
    const series = answers.flatMap((a, i) => (a?.series ?? []).slice(0, 1).map(s => ({ ...s, id: lines[i]!.name, name: lines[i]!.name, labels: { line: lines[i]!.name } })))
    const made = resultChart([{ letter: undefined, series }], { startMs: first.fromMs, endMs: first.toMs, stepMs: first.stepMs, unit, thresholds: [] }, theme)
    if (atLeast === undefined) return made
    const isHigher = series.some(s => s.vs.some(v => v > atLeast))
    return { ...made, y: { ...made.y, min: 0, ...(isHigher ? {} : { max: atLeast }) } }
    // The answers themselves are what changes; their array is new each time.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [theme, unit, atLeast, first, ...answers])
  const failed = queries.find(q => q.isError && q.data === undefined)
  const isEmpty = lines.length === 0 || (model !== undefined && model.series.every(s => s.vs.every(v => Number.isNaN(v))))
  return (
    <section className={css['chart']} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div className={css['plot']}>
        {failed !== undefined ? <Failure compact error={failed.error} retry={() => void failed.refetch()} />
          : isEmpty ? <Explained compact health="unknown" text={empty} />
            : model === undefined ? <Skeleton height={230} />
              : (
                <Aged query={queries.find(q => q.isPlaceholderData || q.isError) ?? queries[0]!} className={css['plot'] ?? ''}>
                  <TimeSeriesChart waiting={<Skeleton height={230} />} model={model} language={locale} theme={theme} legend={lines.length > 1 ? 'line' : 'none'} syncKey="service" title={title}
                    onZoom={(fromMs, toMs) => change({ from: String(Math.round(fromMs)), to: String(Math.round(toMs)) })} />
                </Aged>
              )}
      </div>
    </section>
  )
}
