import type { CardinalityView, Health } from '@haechi/server'

/** How near the storage is to its limits. */
export interface Pressure {
  readonly health: Health
  /** The largest share of a limit in use, 0..1; 0 without limits. */
  readonly share: number
}

/** Amber from 80 % of a limit on; red while series are refused, which no share shows: the limit holds. */
export function pressureOf(limits: CardinalityView['limits'], series: number): Pressure {
  const shares = [limits.series === null ? 0 : series / limits.series, limits.memoryLimitBytes === null ? 0 : limits.memoryBytes / limits.memoryLimitBytes]
  const share = Math.max(...shares)
  return { share, health: limits.refused > 0 && share >= 0.95 ? 'critical' : share >= 0.8 || limits.refused > 0 ? 'warning' : 'ok' }
}

/** A query for the series of a metric, counted by job. */
export function metricExpr(name: string): string {
  return `count by (job) ({__name__=${JSON.stringify(name)}})`
}

/** A query for the values of a label, most series first. */
export function labelExpr(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `topk(50, count by (${name}) ({${name}!=""}))` : `topk(50, count by (${JSON.stringify(name)}) ({${JSON.stringify(name)}!=""}))`
}

/** A query for the metrics that carry a label value. */
export function pairExpr(name: string, value: string): string {
  const label = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)
  return `topk(50, count by (__name__) ({${label}=${JSON.stringify(value)}}))`
}
