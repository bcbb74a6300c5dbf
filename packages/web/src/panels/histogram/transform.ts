import { bound, formatUnitText, lookColor, seriesLooks } from '@haechi/dashboards'
import { panelFrames } from '../shown-frames.ts'
import { numbers } from '../single-values.ts'
import { panelWords } from '../panel-words.ts'
import { fillOf } from '../barchart/options.ts'
import { histogramOptions } from './options.ts'
import type { Panel } from '@haechi/dashboards'
import type { BarModel } from '../../charts/bar-picture.ts'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { ShownField, ShownFrame } from '../shown-frames.ts'

const LEADS = [1, 2, 2.5, 4, 5, 10]
/** A size that somebody set may not make more buckets than this. */
const MOST_BUCKETS = 1000

/** The smallest round size of which `count` cover the span. */
export function bucketSize(span: number, count: number): number {
  const rough = span / count
  if (!(rough > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(rough))
  return LEADS.find(l => l * power >= rough * (1 - 1e-9))! * power
}

/** Turns answers into counts of values by size. */
export function histogramModel(panel: Panel, results: readonly QueryResult[], context: PanelContext): BarModel | undefined {
  const options = histogramOptions(panel)
  const { frames } = panelFrames(panel, results, context)
  const counted = frames.find(f => f.frame.shape === 'bins')
  if (counted !== undefined) return countedBars(counted, context)
  const fields = frames.flatMap(f => f.fields.filter(x => x.field.type === 'number' && !x.isHidden))
  if (fields.length > 0 && fields.every(f => f.field.labels !== undefined && Object.hasOwn(f.field.labels, 'le'))) return bucketBars(fields, context)
  let low = Infinity
  let high = -Infinity
  for (const { field } of fields) {
    for (let i = 0; i < field.values.length; i++) {
      const v = field.values[i] as number | null
      if (v === null || !Number.isFinite(v)) continue
      if (v < low) low = v
      if (v > high) high = v
    }
  }
  if (low > high) return undefined
  let size = options.bucketSize ?? bucketSize(high - low, options.bucketCount)
  if ((high - low) / size > MOST_BUCKETS) size = bucketSize(high - low, MOST_BUCKETS)
  const first = Math.floor((low - options.bucketOffset) / size + 1e-9)
  const buckets = Math.floor((high - options.bucketOffset) / size + 1e-9) - first + 1
  const counts = fields.map(({ field }) => {
    const out = Array.from({ length: buckets }, () => 0)
    for (let i = 0; i < field.values.length; i++) {
      const v = field.values[i] as number | null
      if (v === null || !Number.isFinite(v)) continue
      const at = Math.floor((v - options.bucketOffset) / size + 1e-9) - first
      out[at] = out[at]! + 1
    }
    return out
  })
  const { config } = fields[0]!
  const unit = config.unit ?? 'short'
  const edge = (i: number): number => Number(((first + i) * size + options.bucketOffset).toPrecision(12))
  const text = (v: number): string => formatUnitText(unit, v, config.decimals)
  const looks = seriesLooks(fields.map(f => f.colorKey))
  const combined = options.combine || fields.length === 1
  return {
    categories: Array.from({ length: buckets }, (_, i) => `${text(edge(i))} – ${text(edge(i + 1))}`),
    series: combined
      ? [{ name: panelWords(context.language).count, color: lookColor(looks[0]!, context.theme), vs: counts[0]!.map((_, i) => counts.reduce((sum, c) => sum + c[i]!, 0)), unit: 'none' }]
      : fields.map((f, k) => ({ name: f.name, color: lookColor(looks[k]!, context.theme), vs: counts[k]!, unit: 'none' })),
    stacking: combined ? 'none' : 'normal', isHorizontal: false, groupWidth: 0.98, barWidth: 1, fill: fillOf(config.custom), showValue: 'never', y: { unit: 'none' },
    edges: { values: Array.from({ length: buckets + 1 }, (_, i) => edge(i)), unit, ...(config.decimals === undefined ? {} : { decimals: config.decimals }) },
  }
}

/** What a transformation has counted: a row per bucket with values; those between them are empty. */
function countedBars({ frame, fields }: ShownFrame, context: PanelContext): BarModel | undefined {
  const [starts, ends] = [numbers(frame.fields[0]!.values), numbers(frame.fields[1]!.values)]
  const columns = fields.slice(2).filter(f => !f.isHidden)
  if (starts.length === 0 || columns.length === 0) return undefined
  const size = ends[0]! - starts[0]!
  const buckets = Math.min(MOST_BUCKETS, Math.round((starts.at(-1)! - starts[0]!) / size) + 1)
  const at = Array.from(starts, s => Math.round((s - starts[0]!) / size))
  const { config } = fields[0]!
  const unit = config.unit ?? 'short'
  const edges = Array.from({ length: buckets + 1 }, (_, i) => Number((starts[0]! + i * size).toPrecision(12)))
  const text = (v: number): string => formatUnitText(unit, v, config.decimals)
  const looks = seriesLooks(columns.map(f => f.colorKey))
  return {
    categories: edges.slice(1).map((e, i) => `${text(edges[i]!)} – ${text(e)}`),
    series: columns.map((f, k) => {
      const vs = Array.from({ length: buckets }, () => 0)
      at.forEach((b, row) => { if (b < buckets) vs[b] = Number(f.field.values[row] ?? 0) })
      return { name: f.name, color: lookColor(looks[k]!, context.theme), vs, unit: 'none' }
    }),
    stacking: columns.length > 1 ? 'normal' : 'none', isHorizontal: false, groupWidth: 0.98, barWidth: 1, fill: fillOf(columns[0]!.config.custom), showValue: 'never', y: { unit: 'none' },
    edges: { values: edges, unit, ...(config.decimals === undefined ? {} : { decimals: config.decimals }) },
  }
}

/** Counts that came in buckets: a bar for each, what the whole range (or the one moment) counted in it. Of several histograms the counts are added. */
function bucketBars(fields: readonly ShownField[], context: PanelContext): BarModel {
  const totals = new Map<number, number>()
  for (const { field } of fields) {
    const le = bound(field.labels!['le']!)
    let sum = totals.get(le) ?? 0
    for (let i = 0; i < field.values.length; i++) {
      const v = field.values[i]
      if (typeof v === 'number' && Number.isFinite(v)) sum += v
    }
    totals.set(le, sum)
  }
  const { config } = fields[0]!
  const text = (v: number): string => v === Infinity ? '∞' : formatUnitText(config.unit ?? 'short', v, config.decimals)
  const ends = [...totals.keys()].sort((a, b) => a - b)
  return {
    categories: ends.map((le, i) => i === 0 ? `≤ ${text(le)}` : le === Infinity ? `> ${text(ends[i - 1]!)}` : `${text(ends[i - 1]!)} – ${text(le)}`),
    series: [{ name: panelWords(context.language).count, color: lookColor(seriesLooks([fields[0]!.colorKey])[0]!, context.theme), vs: ends.map(le => totals.get(le)!), unit: 'short' }],
    stacking: 'none', isHorizontal: false, groupWidth: 0.98, barWidth: 1, fill: fillOf(config.custom), showValue: 'never', y: { unit: 'short' },
  }
}
