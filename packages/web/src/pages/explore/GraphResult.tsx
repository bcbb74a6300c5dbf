import { useMemo, useRef } from 'react'
import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useRangeQueries, useScrapeInterval } from '../../api/queries.ts'
import type { RangeAnswer } from '../../api/prometheus.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { useChartTheme } from '../../app/chart-theme.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Aged } from '../../components/Aged.tsx'
import { TimeSeriesChart } from '../../charts/later-charts.ts'
import { useWords } from '../../i18n/index.ts'
import { EmptyResult } from './EmptyResult.tsx'
import { QueryError } from './QueryError.tsx'
import { queryLetter } from './query-letter.ts'
import { resultChart, unitOfQuery } from './result-chart.ts'
import css from './Explore.module.css'

/** As many points as the widest chart has pixels is more than an eye needs. */
const POINTS = 400

/** The queries' results over the range, in one chart. */
export function GraphResult({ exprs }: { readonly exprs: readonly string[] }): ReactElement {
  const { t, locale } = useWords()
  const { range } = useRefresh()
  const { search, change } = usePageSearch()
  const theme = useChartTheme()
  const queries = useRangeQueries(exprs, range, POINTS, useScrapeInterval())
  const before = useRef<{ readonly from: string | undefined; readonly to: string | undefined }[]>([])
  const answers = queries.map(q => q.data)
  const first = answers.find(a => a !== undefined)
  const units = new Set(exprs.map(unitOfQuery))
  const unit = units.size === 1 ? [...units][0]! : 'short'
  const model = useMemo(() => {
    if (first === undefined) return undefined
    const parts = answers.map((a, i) => ({ letter: answers.length > 1 ? queryLetter(i) : undefined, expr: exprs[i] ?? '', series: a?.series ?? [] }))
    return resultChart(parts, { startMs: first.fromMs, endMs: first.toMs, stepMs: first.stepMs, unit, thresholds: [] }, theme)
    // The answers themselves are what changes; their array is new each time.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [theme, unit, first, ...answers])
  const errors = queries.map((q, i) => ({ q, letter: queryLetter(i) })).filter(({ q }) => q.isError)
  const warnings = [...new Set(answers.flatMap(a => a?.warnings ?? []))]
  const isAllEmpty = model !== undefined && model.series.length === 0 && errors.length === 0 && answers.every(a => a !== undefined)
  return (
    <>
      {(errors.length > 0 || warnings.length > 0) && (
        <div className={css['notes']}>
          {errors.map(({ q, letter }) => <QueryError key={letter} error={q.error} retry={() => void q.refetch()} {...(exprs.length > 1 ? { letter } : {})} />)}
          {warnings.map(w => <p key={w} className="dim">{t('explore.warning', { message: w })}</p>)}
        </div>
      )}
      {model === undefined ? errors.length === 0 && <Skeleton height={460} />
        : isAllEmpty ? <EmptyResult />
          : model.series.length > 0 && (
            <Aged query={oldest(queries)} className={css['chart'] ?? ''}>
              <div className={css['plot']}>
                <TimeSeriesChart
                  waiting={<Skeleton height={420} />}
                  model={model} language={locale} theme={theme} legend="table" title={t('explore.chartTitle')}
                  onZoom={(fromMs, toMs) => {
                    before.current.push({ from: search.from, to: search.to })
                    change({ from: String(Math.round(fromMs)), to: String(Math.round(toMs)) })
                  }}
                  onZoomBack={() => {
                    const back = before.current.pop()
                    if (back !== undefined) change(back)
                  }}
                />
              </div>
            </Aged>
          )}
    </>
  )
}

/** The query whose answer is the least current: its age is the chart's. */
function oldest(queries: readonly UseQueryResult<RangeAnswer>[]): UseQueryResult<RangeAnswer> {
  return queries.find(q => q.isPlaceholderData) ?? queries.find(q => q.isError && q.data !== undefined) ?? queries[0]!
}
