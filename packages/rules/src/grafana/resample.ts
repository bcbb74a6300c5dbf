import { ExpressionError } from './values.ts'
import { reduceValues } from './reduce.ts'
import type { ExprValue, SeriesValue } from './values.ts'

export const DOWNSAMPLERS = ['last', 'mean', 'sum', 'min', 'max', 'count', 'median'] as const
export type Downsampler = (typeof DOWNSAMPLERS)[number]
export const UPSAMPLERS = ['pad', 'backfilling', 'fillna'] as const
export type Upsampler = (typeof UPSAMPLERS)[number]

/** How a series is brought to even steps. */
export interface Resampling {
  readonly windowMs: number
  readonly downsampler: Downsampler
  readonly upsampler: Upsampler
}

/** Most steps that one series is brought to. */
const MAX_STEPS = 100_000

/** A resample node: each series at `from`, `from + window`, … up to `to` (Unix ms). @throws ExpressionError @see Grafana pkg/expr/mathexp/resample.go */
export function resampleAll(refId: string, values: readonly ExprValue[], r: Resampling, fromMs: number, toMs: number): ExprValue[] {
  return values.map(v => {
    if (v.kind === 'no-data') return v
    if (v.kind !== 'series') throw new ExpressionError(refId, `can only resample type series, got type ${v.kind}`)
    return resampled(refId, v, r, fromMs, toMs)
  })
}

function resampled(refId: string, series: SeriesValue, r: Resampling, fromMs: number, toMs: number): SeriesValue {
  const steps = Math.trunc((toMs - fromMs) / r.windowMs)
  if (steps <= 0) throw new ExpressionError(refId, 'the series cannot be sampled further; the time range is shorter than the interval')
  if (steps > MAX_STEPS) throw new ExpressionError(refId, `resampling would make ${steps} points of a series, more than ${MAX_STEPS}; use a longer window`)
  const ts = new Float64Array(steps + 1)
  const vs: (number | null)[] = []
  let next = 0
  let lastSeen: number | null = null
  for (let k = 0; k <= steps; k++) {
    const t = fromMs + k * r.windowMs
    ts[k] = t
    const begun = next
    while (next < series.ts.length && series.ts[next]! <= t) next++
    if (next > begun) {
      lastSeen = series.vs[next - 1]!
      vs.push(reduceValues(r.downsampler, series.vs.slice(begun, next)))
    } else if (r.upsampler === 'pad') vs.push(lastSeen)
    else vs.push(r.upsampler === 'backfilling' && next < series.vs.length ? series.vs[next]! : null)
  }
  return { kind: 'series', labels: series.labels, ts, vs }
}
