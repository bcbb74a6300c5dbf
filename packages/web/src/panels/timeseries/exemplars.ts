import { seriesKey } from '@haechi/dashboards'
import type { ChartExemplar, ChartModel, ChartSeries } from '../../charts/chart-model.ts'
import type { QueryResult } from '../panel-result.ts'

/** How finely exemplars are thinned: of those that would lie on each other the highest stays. */
const COLUMNS = 120
const ROWS = 24

/** The exemplars of a panel's queries, thinned, on the axis of their query's first series. */
export function chartExemplars(results: readonly QueryResult[], series: readonly ChartSeries[]): Pick<ChartModel, 'exemplars'> {
  const out: ChartExemplar[] = []
  for (const { query, exemplars } of results) {
    if (exemplars === undefined || exemplars.length === 0) continue
    const own = series.filter(s => s.id.startsWith(`${query.refId} `))
    const top = exemplars.reduce((m, e) => Math.max(m, e.value), 0)
    const cells = new Map<string, (typeof exemplars)[number]>()
    for (const e of exemplars) {
      const column = Math.floor((e.tMs - query.startMs) / Math.max(1, query.endMs - query.startMs) * COLUMNS)
      const key = `${column} ${top > 0 ? Math.floor(e.value / top * ROWS) : 0}`
      const there = cells.get(key)
      if (there === undefined || e.value > there.value) cells.set(key, e)
    }
    for (const e of cells.values()) {
      const key = seriesKey(e.seriesLabels)
      const line = own.find(s => s.id === `${query.refId} ${key}`) ?? own[0]
      out.push({ tMs: e.tMs + query.shiftMs, value: e.value, labels: { ...e.seriesLabels, ...e.labels }, color: own.length === 1 ? line!.color : EXEMPLAR_COLOR, ...(line?.axis === undefined ? {} : { axis: line.axis }) })
    }
  }
  return out.length === 0 ? {} : { exemplars: out }
}

/** Where several lines might be meant. */
const EXEMPLAR_COLOR = 'hsl(210 70% 55%)'
