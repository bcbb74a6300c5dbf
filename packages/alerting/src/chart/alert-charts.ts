import { labelValue, limitText } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { MatrixSeries, QueryEngine } from '@haechi/storage'
import type { Notification, NotificationAlert } from '../notification.ts'
import { compareWorst, messageTitle, valueText } from '../receivers/alert-text.ts'
import type { ChartImage, DrawChart } from '../receivers/notifier-context.ts'
import { WORDS } from '../receivers/words.ts'
import type { AlertThreshold, AlertingLog, Clock } from '../views.ts'
import { alertChartSvg } from './svg.ts'

/** What an alert's value is, and what it is compared with. */
export interface AlertQuery {
  /** The expression without its comparison; or what answers instead of a query. */
  readonly value: string | ((range: { readonly startMs: number; readonly endMs: number }) => Promise<readonly MatrixSeries[]>)
  readonly threshold?: AlertThreshold
}

/** Everything that drawing needs from outside. */
export interface AlertChartOptions {
  readonly query: Pick<QueryEngine, 'range'>
  /** SVG to PNG. Rejects when it can't. */
  readonly render: (svg: string) => Promise<Uint8Array>
  /** Undefined: nothing is known about where the alert comes from, so nothing is drawn. */
  readonly queryOf: (a: NotificationAlert) => AlertQuery | undefined
  readonly clock: Clock
  readonly log: AlertingLog
  /** How long a message waits for its picture at most; default 2 s. */
  readonly budgetMs?: number
}

const MINUTE_MS = 60_000
const POINTS = 240
/** After a failure or a picture that came too late the next messages go without: each would wait in vain. */
const PAUSE_MS = 5 * MINUTE_MS

/** Draws pictures of alerts. Never rejects; what fails or takes too long is no picture. */
export function createAlertCharts(o: AlertChartOptions): DrawChart {
  let pausedUntilMs = 0
  return async (n, language) => {
    if (o.clock.nowMs() < pausedUntilMs) return undefined
    let cancel = (): void => undefined
    const late = new Promise<'late'>(resolve => { cancel = o.clock.after(o.budgetMs ?? 2000, () => resolve('late')) })
    try {
      const made = await Promise.race([draw(o, n, language), late])
      if (made !== 'late') return made
      throw new Error('it took too long')
    } catch (err) {
      pausedUntilMs = o.clock.nowMs() + PAUSE_MS
      o.log.warn({ err: err instanceof Error ? err.message : String(err) }, 'No picture for a message could be drawn; the next ones go without for five minutes')
      return undefined
    } finally {
      cancel()
    }
  }
}

async function draw(o: AlertChartOptions, n: Notification, language: 'en' | 'ko'): Promise<ChartImage | undefined> {
  const a = [...n.alerts].sort(compareWorst)[0]
  const q = a === undefined ? undefined : o.queryOf(a)
  if (a === undefined || q === undefined) return undefined
  const endMs = a.endsAtMs === undefined ? o.clock.nowMs() : Math.min(o.clock.nowMs(), a.endsAtMs + 10 * MINUTE_MS)
  // The time before it began shows what is usual; a day at most.
  const lastedMs = Math.max(0, endMs - a.startsAtMs)
  const fromMs = Math.max(endMs - 24 * 60 * MINUTE_MS, a.startsAtMs - Math.max(30 * MINUTE_MS, lastedMs / 2))
  const stepMs = Math.max(1000, Math.ceil((endMs - fromMs) / POINTS / 1000) * 1000)
  const given = typeof q.value === 'string' ? await asked(o, { expr: q.value, startMs: fromMs, endMs, stepMs }) : await q.value({ startMs: fromMs, endMs })
  if (given.length === 0) return undefined
  const series = ordered(given, a.labels)
  // Where there is no data yet, there is nothing to see: what there is fills the picture, a minute at least.
  const firstMs = series.reduce((least, s) => Math.min(least, s.ts[s.vs.findIndex(v => !Number.isNaN(v))] ?? Infinity), Infinity)
  if (firstMs === Infinity) return undefined
  const startMs = Math.max(fromMs, Math.min(firstMs, endMs - MINUTE_MS))
  const unit = q.threshold?.unit ?? a.threshold?.unit ?? ''
  const svg = alertChartSvg({
    title: messageTitle({ ...n, alerts: [a], test: false }, language).replace(/^\S+ /, ''), unit, startMs, endMs, firedMs: a.startsAtMs, language, series: series.map(s => ({ name: nameOf(s.labels), ts: s.ts, vs: s.vs })),
    ...(q.threshold === undefined ? {} : { threshold: q.threshold }), ...(a.endsAtMs === undefined ? {} : { resolvedMs: a.endsAtMs }),
  })
  const words = WORDS[language]
  const own = series[0]!.vs
  return { png: await o.render(svg), alt: `${words.graph}: ${words.value} ${valueText(own.findLast(v => !Number.isNaN(v)) ?? NaN, unit)}${q.threshold === undefined ? '' : `, ${words.threshold} ${limitText(q.threshold, v => valueText(v, unit), language)}`}` }
}

async function asked(o: AlertChartOptions, query: { readonly expr: string; readonly startMs: number; readonly endMs: number; readonly stepMs: number }): Promise<readonly MatrixSeries[]> {
  const { value } = await o.query.range({ ...query, priority: 'range', timeoutMs: 2000, limit: 200 })
  return value.type === 'matrix' ? value.series : []
}

/** The alert's own series first: the one whose labels it has. */
function ordered(series: readonly MatrixSeries[], labels: Labels): readonly MatrixSeries[] {
  const score = (s: MatrixSeries): number => {
    let same = 0
    for (let i = 0; i < s.labels.length; i += 2) {
      const own = labelValue(labels, s.labels[i]!)
      if (own === s.labels[i + 1]!) same++
      else if (own !== '') return -1
    }
    return same
  }
  const scores = new Map(series.map(s => [s, score(s)]))
  return [...series].sort((x, y) => scores.get(y)! - scores.get(x)!)
}

function nameOf(labels: Labels): string {
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) if (labels[i] !== '__name__') parts.push(labels[i + 1]!)
  return parts.join(' ').slice(0, 40)
}
