import { flagOf, isObject, numberOf, textOf } from '../json-reader.ts'
import { parseDurationMs } from '../time/duration.ts'
import type { JsonObject } from '../model.ts'
import type { Cell, Frame, FrameField } from './frame.ts'

const LEADS = [1, 2, 2.5, 4, 5]

/** 1, 2, 2.5, 4 and 5 of each power of ten from 1e-9 on; below ten only whole numbers of ones. */
function bucketSizes(): number[] {
  const out: number[] = []
  for (let e = -9; e <= 9; e++) for (const lead of LEADS) if (e !== 0 || Number.isInteger(lead)) out.push(Number(`${lead}e${e}`))
  return out
}
const SIZES = bucketSizes()

/** Buckets of a histogram whose size nobody set. */
export const USUAL_BUCKETS = 30

/**
 * The round size that makes about `count` buckets of some values, never finer than the values lie apart.
 *
 * @param sorted  ascending, finite
 */
export function histogramBucketSize(sorted: ArrayLike<number>, count: number): number {
  let least = sorted.length === 1 ? 1 : Infinity
  for (let i = 1; i < sorted.length; i++) {
    const d = sorted[i]! - sorted[i - 1]!
    if (d !== 0 && d < least) least = d
  }
  const target = sorted.length === 0 ? 0 : (sorted[sorted.length - 1]! - sorted[0]!) / count
  // Equal values lie in one bucket of any size.
  return least === Infinity ? 1 : SIZES.find(s => target < s && s >= least) ?? Math.max(1, target)
}

/** The lower end of the bucket that a value lies in; rounding errors of nine decimals are taken out. */
function bucketStart(v: number, size: number, offset: number): number {
  return roundTo(Math.floor((v - offset) / size) * size + offset, 9)
}

function roundTo(v: number, decimals: number): number {
  if (Number.isInteger(v)) return v
  const factor = 10 ** decimals
  return Math.round(v * factor * (1 + Number.EPSILON)) / factor
}

/**
 * histogram: a table with a row per bucket that has values (`xMin`, `xMax`) and a column of counts per column of numbers, or one for all of them.
 *
 * @see Grafana `packages/grafana-data/src/transformations/transformers/histogram.ts`
 */
export function histogramFrames(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  if (frames.length === 0) return frames
  const columns = frames.flatMap(f => f.fields.filter(x => x.type === 'number'))
  if (columns.length === 0) return []
  const values = columns.map(f => Array.from(f.values).filter((v): v is number => typeof v === 'number' && Number.isFinite(v)))
  const wanted = numberOf(options['bucketSize'])
  const size = wanted !== undefined && wanted > 0 ? wanted : histogramBucketSize(Float64Array.from(values.flat()).sort(), Math.max(1, numberOf(options['bucketCount']) ?? USUAL_BUCKETS))
  const offset = numberOf(options['bucketOffset']) ?? 0
  const counts = values.map(list => {
    const byStart = new Map<number, number>()
    for (const v of list) {
      const at = bucketStart(v, size, offset)
      byStart.set(at, (byStart.get(at) ?? 0) + 1)
    }
    return byStart
  })
  const starts = [...new Set(counts.flatMap(c => [...c.keys()]))].sort((a, b) => a - b)
  const decimals = /\.(\d+)$/.exec(String(size))?.[1]!.length
  const unit = columns.map(f => f.config?.['unit']).find(u => typeof u === 'string')
  const config: JsonObject = { ...(unit === undefined ? {} : { unit }), ...(decimals === undefined ? {} : { decimals }) }
  const edge = (name: string, list: readonly number[]): FrameField => ({ name, type: 'number', values: list, config })
  const made: FrameField[] = flagOf(options['combine'])
    ? [{ name: 'count', type: 'number', givenName: 'Count', values: starts.map(s => counts.reduce((sum, c) => sum + (c.get(s) ?? 0), 0)), config: { unit: 'short' } }]
    // Counts are no bytes or seconds, whatever was counted.
    : columns.map((f, k): FrameField => ({ ...f, values: starts.map(s => counts[k]!.get(s) ?? 0), config: { ...f.config, unit: 'short' } }))
  return [{ name: '', refId: 'histogram', length: starts.length, shape: 'bins', fields: [edge('xMin', starts), edge('xMax', starts.map(s => s + size)), ...made] }]
}

const SECOND = 1000
const DAY = 86_400 * SECOND
/** Stretches of time that look round, ms. */
const ROUND_TIMES = [
  1, 2, 4, 5, 10, 20, 25, 40, 50, 100, 200, 250, 400, 500,
  ...[1, 2, 4, 5, 10, 15, 20, 30, 60, 120, 240, 300, 600, 900, 1200, 1800, 3600, 7200, 14_400, 21_600, 28_800, 43_200, 64_800].map(s => s * SECOND),
  ...[1, 2, 3, 4, 5, 6, 7, 10, 15, 30, 45, 60, 90, 180, 365, 730, 1095, 1460, 1825, 2190, 2555, 2920, 3285, 3650].map(d => d * DAY),
]

/** The largest step of 1, 1.5, 2, … 9.5 of a power of ten that is at most `rough`; from one on whole numbers only. */
function roundStepBelow(rough: number): number {
  if (!(rough > 0)) return 1e-16
  for (let e = Math.floor(Math.log10(rough)) + 1; e >= -16; e--) {
    for (let lead = 9.5; lead >= 1; lead -= 0.5) {
      const step = Number(`${lead}e${e}`)
      if (step <= rough && (e < 0 || Number.isInteger(step))) return step
    }
  }
  return 1e-16
}

/** How one direction of a heatmap is cut. */
interface Cut {
  readonly size: number
  readonly log: 2 | 10 | undefined
}

function cutOf(json: unknown, low: number, high: number, isTime: boolean): Cut {
  const o = isObject(json) ? json : {}
  const scale = isObject(o['scale']) ? o['scale'] : {}
  const text = textOf(o['value'])
  const given = isTime ? numberOf(text) ?? parseDurationMs(text) : numberOf(text)
  const valid = given !== undefined && given > 0
  const log = !isTime && scale['type'] === 'log' ? (numberOf(scale['log']) === 10 ? 10 : 2) : undefined
  if (log !== undefined) return { size: 1 / (valid ? given : 1), log }
  if (valid && o['mode'] !== 'count') return { size: given, log: undefined }
  const rough = (high - low) / Math.max((valid ? given : isTime ? 20 : 10) - 1, 1)
  return { size: isTime ? ROUND_TIMES.findLast(t => t <= rough) ?? 1 : roundStepBelow(rough), log: undefined }
}

/** Most cells of a heatmap: more than any screen has room for. */
const MOST_CELLS = 200_000

/**
 * heatmap: counts the values of all series by time and size; a row per cell, first in the direction of the values, then of time.
 *
 * @see Grafana `public/app/features/transformers/calculateHeatmap/heatmap.ts`
 */
export function heatmapFrames(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const ts: number[] = []
  const vs: number[] = []
  let first: FrameField | undefined
  for (const frame of frames) {
    const time = frame.fields.find(f => f.type === 'time')
    if (time === undefined) continue
    for (const f of frame.fields) {
      if (f.type !== 'number') continue
      first ??= f
      for (let i = 0; i < frame.length; i++) {
        const t = time.values[i]
        const v = f.values[i]
        if (typeof t !== 'number' || typeof v !== 'number' || !Number.isFinite(v)) continue
        ts.push(t)
        vs.push(v)
      }
    }
  }
  const yOptions = options['yBuckets']
  const isLog = isObject(yOptions) && isObject(yOptions['scale']) && yOptions['scale']['type'] === 'log'
  let [lowT, highT, low, high] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < ts.length; i++) {
    lowT = Math.min(lowT, ts[i]!)
    highT = Math.max(highT, ts[i]!)
    if (isLog && vs[i]! <= 0) continue
    low = Math.min(low, vs[i]!)
    high = Math.max(high, vs[i]!)
  }
  if (first === undefined || low > high) return frames
  const x = cutOf(options['xBuckets'], lowT, highT, true)
  const y = cutOf(yOptions, low, high, false)
  const logOf = y.log === 2 ? Math.log2 : y.log === 10 ? Math.log10 : (v: number): number => v
  const binX = (t: number): number => Math.floor(t / x.size + 1e-9)
  const binY = (v: number): number => Math.floor(logOf(v) / y.size + 1e-9)
  const [x0, y0] = [binX(lowT), binY(low)]
  const [columns, rows] = [binX(highT) - x0 + 1, binY(high) - y0 + 1]
  if (columns * rows > MOST_CELLS) return frames
  const counts = Array.from({ length: columns * rows }, () => 0)
  for (let i = 0; i < ts.length; i++) {
    if (y.log !== undefined && vs[i]! <= 0) continue
    const at = (binX(ts[i]!) - x0) * rows + binY(vs[i]!) - y0
    counts[at] = counts[at]! + 1
  }
  const valueAt = (i: number): number => {
    const v = Number(((y0 + i % rows) * y.size).toPrecision(12))
    return y.log === undefined ? v : y.log ** v
  }
  const cells: Frame = {
    name: '', refId: frames[0]!.refId, length: counts.length, shape: 'cells',
    fields: [
      { name: 'xMin', type: 'time', values: counts.map((_, i): Cell => (x0 + Math.floor(i / rows)) * x.size) },
      { name: 'yMin', type: 'number', values: counts.map((_, i): Cell => valueAt(i)), config: { ...first.config, custom: { scaleDistribution: y.log === undefined ? { type: 'linear' } : { type: 'log', log: y.log } } } },
      { name: 'Count', type: 'number', values: counts, config: { unit: 'short' } },
    ],
  }
  return flagOf(options['keepOriginalData']) ? [cells, ...frames] : [cells]
}
