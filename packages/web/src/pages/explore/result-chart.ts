import { DASHES, lookColor, seriesKey, seriesLooks } from '@haechi/dashboards'
import type { Theme } from '@haechi/dashboards'
import type { ChartModel, ChartSeries, ChartThreshold, LineStyle } from '../../charts/chart-model.ts'
import type { GridSeries } from '../../state/view-types.ts'

/** Lines as UI.md draws them: 1.5 px, no smoothing, gaps stay gaps. */
const LINE: LineStyle = { draw: 'line', interpolation: 'linear', width: 1.5, spanGaps: false, showPoints: 'auto', pointSize: 4 }

/** The result of one query of a chart. */
export interface ChartPart {
  /** Stands before the names where there are several queries. */
  readonly letter: string | undefined
  /** What was asked: the name of a result without labels. Absent: such a result is called as it is. */
  readonly expr?: string
  readonly series: readonly GridSeries[]
}

/** What else a chart needs. */
export interface ChartFrame {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  /** A Grafana unit id. */
  readonly unit: string
  readonly thresholds: readonly ChartThreshold[]
}

/** The chart of some queries' results. A series has the colour of its labels, as on every board. */
export function resultChart(parts: readonly ChartPart[], frame: ChartFrame, theme: Theme): ChartModel {
  const flat = parts.flatMap(p => p.series.map(s => ({ letter: p.letter, s, name: Object.keys(s.labels).length === 0 && p.expr !== undefined ? p.expr.trim().replace(/\s+/g, ' ') : s.name })))
  const looks = seriesLooks(flat.map(({ letter, s }) => (letter === undefined ? seriesKey(s.labels) : `${letter}\n${seriesKey(s.labels)}`)))
  const series: ChartSeries[] = flat.map(({ letter, s, name }, i) => ({
    id: letter === undefined ? s.id : `${letter} ${s.id}`,
    name: letter === undefined ? name : `${letter} · ${name}`,
    color: lookColor(looks[i]!, theme),
    dash: DASHES[looks[i]!.pattern] ?? [],
    ts: s.ts,
    vs: s.vs,
    style: LINE,
  }))
  return { series, startMs: frame.startMs, endMs: frame.endMs, stepMs: frame.stepMs, y: { unit: frame.unit }, stacking: 'none', thresholds: frame.thresholds, marks: [] }
}

/** The unit that a query's text gives away, so that an axis can carry it: a metric's name says its unit by convention. */
export function unitOfQuery(expr: string): string {
  const isRate = /\b(?:rate|irate|increase|deriv)\s*\(/.test(expr)
  if (/\bhistogram_quantile\s*\(/.test(expr)) return /_seconds/.test(expr) ? 's' : /_bytes/.test(expr) ? 'bytes' : 'short'
  if (/[/*]/.test(expr.replace(/"[^"]*"|'[^']*'/g, ''))) return 'short'
  if (isRate || /\bcount\s*(?:by|\()/.test(expr)) return /_bytes(?:_total)?\b/.test(expr) && /\bi?rate\s*\(/.test(expr) ? 'Bps' : 'short'
  if (/_bytes\b/.test(expr)) return 'bytes'
  if (/_timestamp_seconds|_time_seconds/.test(expr)) return 'short'
  if (/_seconds\b/.test(expr)) return 's'
  if (/_ratio\b/.test(expr)) return 'percentunit'
  return 'short'
}
