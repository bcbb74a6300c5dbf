import { bound, formatUnitText } from '@haechi/dashboards'
import { bucketSize } from '../histogram/transform.ts'
import { numbers } from '../single-values.ts'
import { panelFrames } from '../shown-frames.ts'
import { readableOn } from '../../charts/readable-on.ts'
import { opacityColors, schemeColors } from './color-scheme.ts'
import { heatmapOptions } from './options.ts'
import type { Panel } from '@haechi/dashboards'
import type { CellModel, CellRow } from '../../charts/cell-picture.ts'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { ShownField, ShownFrame } from '../shown-frames.ts'
import type { HeatmapOptions } from './options.ts'

/** A heatmap, and what a sentence tells of it. */
export interface Heatmap {
  readonly cells: CellModel
  /** The stretch with the most values. */
  readonly topBucket: string
  readonly min: number
  readonly max: number
}

/** Counts of one stretch over time. */
interface Bucket {
  readonly name: string
  /** What stands at its upper edge. */
  readonly edge: string
  readonly ts: Float64Array
  readonly counts: Float64Array
}

/** Turns answers into a heatmap; undefined where nothing in them is a bucket or, when the panel counts itself, a number. */
export function heatmapModel(panel: Panel, results: readonly QueryResult[], context: PanelContext): Heatmap | undefined {
  const options = heatmapOptions(panel)
  const { frames } = panelFrames(panel, results, context)
  const { startMs, endMs } = context.range
  const stepMs = results.reduce((step, r) => Math.min(step, r.query.stepMs), Infinity)
  // What came in buckets is not counted again.
  const isCounted = options.calculate && !frames.some(f => f.frame.shape === 'cells') && !results.some(r => r.series.some(s => s.histograms !== undefined))
  const cells = frames.find(f => f.frame.shape === 'cells')
  const counted = cells !== undefined ? cellBuckets(cells, options, stepMs) : isCounted ? countValues(frames, options, startMs, endMs, stepMs) : { buckets: readBuckets(frames, options), widthMs: stepMs, lowest: '' }
  if (counted.buckets.length === 0) return undefined
  let min = options.color.min ?? Infinity
  let max = options.color.max ?? -Infinity
  const isShown = (v: number): boolean => Number.isFinite(v) && v > options.above && v < options.below
  for (const b of counted.buckets) {
    for (let i = 0; i < b.counts.length; i++) {
      const v = b.counts[i]!
      if (!isShown(v)) continue
      if (options.color.min === undefined && v < min) min = v
      if (options.color.max === undefined && v > max) max = v
    }
  }
  if (min > max) {
    min = 0
    max = 1
  }
  const palette = options.color.mode === 'opacity' ? opacityColors(options.color.fill, options.color.steps, context.theme) : schemeColors(options.color.scheme, options.color.steps, options.color.reverse, context.theme)
  const colorOf = (v: number): number => {
    const share = max === min ? 1 : Math.min(1, Math.max(0, (v - min) / (max - min)))
    return Math.round((options.color.scale === 'exponential' ? share ** options.color.exponent : share) * (palette.length - 1))
  }
  const fromTop = options.isReversed ? counted.buckets : counted.buckets.toReversed()
  const rows = fromTop.map((b): CellRow => ({
    name: b.name,
    starts: isCounted || cells !== undefined ? b.ts : b.ts.map(t => t - counted.widthMs),
    ends: isCounted || cells !== undefined ? b.ts.map(t => t + counted.widthMs) : b.ts,
    colors: Int32Array.from(b.counts, v => isShown(v) ? colorOf(v) : -1),
    textOf: i => formatUnitText(options.cellUnit, b.counts[i]!, options.cellDecimals),
  }))
  const totals = counted.buckets.map(b => ({ name: b.name, n: b.counts.reduce((sum, v) => sum + (Number.isFinite(v) ? v : 0), 0) }))
  const edges = fromTop.map((b, i) => ({ at: options.isReversed ? i + 1 : i, text: b.edge }))
  const all = counted.lowest === '' ? edges : [...edges, { at: options.isReversed ? 0 : rows.length, text: counted.lowest }]
  return {
    topBucket: totals.reduce((a, b) => b.n > a.n ? b : a).name, min, max,
    cells: {
      startMs, endMs, rows, palette, height: 1, gap: options.cellGap, labels: options.showValue, align: 'center', axisLabel: options.axisLabel, inkOn: readableOn,
      marks: all.sort((a, b) => a.at - b.at),
      ...(context.timeZone === undefined ? {} : { timeZone: context.timeZone }),
    },
  }
}

/** The columns named by their upper bound, in order; columns whose names are no numbers keep their order and their names. */
function readBuckets(frames: readonly ShownFrame[], options: HeatmapOptions): Bucket[] {
  const found: { readonly f: ShownField; readonly ts: Float64Array; readonly le: number }[] = []
  // Beside whole histograms, single columns are none.
  const whole = frames.filter(f => f.fields.filter(x => x.field.type === 'number').length > 1)
  for (const { frame, fields } of whole.length > 1 ? whole : frames) {
    const time = frame.fields.find(f => f.type === 'time')
    if (time === undefined) continue
    const ts = numbers(time.values)
    for (const f of fields) {
      if (f.field.type !== 'number' || f.isHidden) continue
      const label = f.field.labels !== undefined && Object.hasOwn(f.field.labels, 'le') ? f.field.labels['le']! : f.name
      found.push({ f, ts, le: label.trim() === '' ? NaN : bound(label) })
    }
  }
  const isNumeric = found.length > 0 && found.every(b => !Number.isNaN(b.le))
  const columns = found.map(({ f, ts, le }): Column => ({ f, ts, le, counts: numbers(f.field.values) }))
  const sorted = isNumeric ? [...new Set(columns.map(c => c.le))].map(le => summed(columns.filter(c => c.le === le))).toSorted((a, b) => a.le - b.le) : columns
  const text = (v: number): string => v === Infinity ? '∞' : formatUnitText(options.unit, v, options.decimals)
  return sorted.map(({ f, ts, le, counts }, i): Bucket => {
    const lower = sorted[i - 1]?.le
    return {
      name: !isNumeric ? f.name : lower === undefined ? `≤ ${text(le)}` : le === Infinity ? `> ${text(lower)}` : `${text(lower)} – ${text(le)}`,
      edge: isNumeric ? text(le) : f.name,
      ts, counts,
    }
  })
}

/** A column of counts, and the bound that names it. */
interface Column { readonly f: ShownField; readonly ts: Float64Array; readonly le: number; readonly counts: Float64Array }

/** The same bucket of several histograms: what all of them count at each moment. */
function summed(same: readonly Column[]): Column {
  const first = same[0]!
  if (same.length === 1) return first
  const at = new Map<number, number>()
  for (const { ts, counts } of same) for (let i = 0; i < ts.length; i++) if (Number.isFinite(counts[i])) at.set(ts[i]!, (at.get(ts[i]!) ?? 0) + counts[i]!)
  const times = [...at.keys()].sort((a, b) => a - b)
  return { ...first, ts: Float64Array.from(times), counts: Float64Array.from(times, t => at.get(t)!) }
}

/** What a transformation has counted: a row per cell, named by the lower ends of its time and of its values. */
function cellBuckets({ frame, fields }: ShownFrame, options: HeatmapOptions, stepMs: number): { readonly buckets: readonly Bucket[]; readonly widthMs: number; readonly lowest: string } {
  const [xs, ys, counts] = [0, 1, 2].map(i => numbers(frame.fields[i]?.values ?? [])) as [Float64Array, Float64Array, Float64Array]
  const times = [...new Set(xs)].sort((a, b) => a - b)
  const lows = [...new Set(ys)].sort((a, b) => a - b)
  const place = new Map(times.map((t, i) => [t, i]))
  const byLow = new Map(lows.map(y => [y, new Float64Array(times.length)]))
  for (let i = 0; i < frame.length; i++) byLow.get(ys[i]!)![place.get(xs[i]!)!] = counts[i]!
  const last = lows.at(-1) ?? 0
  const before = lows.at(-2) ?? 0
  const scale = frame.fields[1]?.config?.['custom']
  const isLog = typeof scale === 'object' && scale !== null && 'scaleDistribution' in scale && JSON.stringify(scale.scaleDistribution).includes('log')
  const top = lows.length < 2 ? last : isLog ? last * (last / before) : last + (last - before)
  const unit = fields[1]?.config.unit ?? options.unit
  const text = (v: number): string => formatUnitText(unit, Number(v.toPrecision(12)), options.decimals)
  const ts = Float64Array.from(times)
  return {
    widthMs: times.length > 1 ? times[1]! - times[0]! : stepMs, lowest: lows.length === 0 ? '' : text(lows[0]!),
    buckets: lows.map((y, k): Bucket => ({ name: `${text(y)} – ${text(lows[k + 1] ?? top)}`, edge: text(lows[k + 1] ?? top), ts, counts: byLow.get(y)! })),
  }
}

/** Counts the values of all series by time and size. */
function countValues(frames: readonly ShownFrame[], options: HeatmapOptions, startMs: number, endMs: number, stepMs: number): { readonly buckets: readonly Bucket[]; readonly widthMs: number; readonly lowest: string } {
  const columns = frames.flatMap(({ frame, fields }) => {
    const time = frame.fields.find(f => f.type === 'time')
    return time === undefined ? [] : fields.filter(f => f.field.type === 'number' && !f.isHidden).map(f => ({ ts: numbers(time.values), vs: numbers(f.field.values) }))
  })
  let low = Infinity
  let high = -Infinity
  for (const { vs } of columns) {
    for (let i = 0; i < vs.length; i++) {
      if (!Number.isFinite(vs[i])) continue
      low = Math.min(low, vs[i]!)
      high = Math.max(high, vs[i]!)
    }
  }
  if (low > high) return { buckets: [], widthMs: stepMs, lowest: '' }
  const spanMs = endMs - startMs
  const wantedMs = options.x.size ?? spanMs / (options.x.count ?? 60)
  // Narrower than a step there would be holes.
  const widthMs = Math.max(stepMs, Math.ceil(wantedMs / stepMs) * stepMs, spanMs / 1000)
  const size = Math.max(options.y.size ?? bucketSize(high - low, options.y.count ?? 16), (high - low) / 500)
  const first = Math.floor(low / size + 1e-9)
  const rows = Math.floor(high / size + 1e-9) - first + 1
  const left = Math.floor(startMs / widthMs) * widthMs
  const n = Math.max(1, Math.ceil((endMs - left) / widthMs))
  const counts = Array.from({ length: rows }, () => new Float64Array(n))
  for (const { ts, vs } of columns) {
    for (let i = 0; i < vs.length; i++) {
      const at = Math.floor((ts[i]! - left) / widthMs)
      if (!Number.isFinite(vs[i]) || at < 0 || at >= n) continue
      const row = counts[Math.floor(vs[i]! / size + 1e-9) - first]!
      row[at] = row[at]! + 1
    }
  }
  const ts = Float64Array.from({ length: n }, (_, i) => left + i * widthMs)
  const text = (k: number): string => formatUnitText(options.unit, Number((k * size).toPrecision(12)), options.decimals)
  return { widthMs, lowest: text(first), buckets: counts.map((c, k) => ({ name: `${text(first + k)} – ${text(first + k + 1)}`, edge: text(first + k + 1), ts, counts: c })) }
}
