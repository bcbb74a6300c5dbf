import { METRIC_NAME, histogramFraction, histogramQuantile, labelValue, labelsDrop, labelsKey, labelsWith } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import type { Span } from '../ast.ts'
import type { EvalContext } from './context.ts'
import { formatSample, parseGoFloat } from './go-number.ts'
import type { Grid } from './grid.ts'
import { Buckets } from './histogram.ts'
import { hasDuplicateLabels, withoutMetadata } from './metadata-labels.ts'
import { Block, mergeDuplicates } from './rows.ts'

const BUCKET_LABEL = 'le'
const BUCKET_ONLY: ReadonlySet<string> = new Set([BUCKET_LABEL])

/** The series of one classic histogram, by ascending upper bound. */
interface Classic {
  /** Without `le`. */
  readonly labels: Labels
  readonly key: string
  readonly bounds: number[]
  readonly rows: number[]
}

/** Groups bucket series into histograms; series without a readable `le` are left out with a warning. */
function classicHistograms(ctx: EvalContext, block: Block, span: Span): Classic[] {
  const byKey = new Map<string, Classic>()
  for (let i = 0; i < block.labels.length; i++) {
    // A series of native histograms alone.
    if (block.histograms?.[i] !== undefined && !anyPresent(block, i)) continue
    const labels = block.labels[i]!
    const le = labelValue(labels, BUCKET_LABEL)
    const bound = parseGoFloat(le)
    if (bound === undefined) {
      if (anyPresent(block, i)) ctx.annotations.badBucketLabel(ctx.delayedNames ? labelValue(labels, METRIC_NAME) : '', le, span)
      continue
    }
    const own = labelsDrop(labels, BUCKET_ONLY)
    const key = labelsKey(own)
    let histogram = byKey.get(key)
    if (histogram === undefined) {
      histogram = { labels: own, key, bounds: [], rows: [] }
      byKey.set(key, histogram)
    }
    histogram.bounds.push(bound)
    histogram.rows.push(i)
  }
  const histograms = [...byKey.values()]
  return histograms.map(h => {
    const order = h.rows.map((_, i) => i).sort((a, b) => h.bounds[a]! - h.bounds[b]! || a - b)
    return { labels: h.labels, key: h.key, bounds: order.map(i => h.bounds[i]!), rows: order.map(i => h.rows[i]!) }
  })
}

function anyPresent(block: Block, row: number): boolean {
  const at = block.present.indexOf(1, row * block.steps)
  return at >= 0 && at < (row + 1) * block.steps
}

/** What is asked of each histogram at each step. */
interface Figures {
  classic(buckets: Buckets, k: number, part: number, labels: Labels): number
  native(h: Histogram, k: number, part: number, metricName: string): number
}

/** Steps at which a native histogram meets a classic one of the same name and labels: neither has a result there. */
function clashes(ctx: EvalContext, block: Block, classics: readonly Classic[], span: Span): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  if (block.histograms === undefined) return found
  const byKey = new Map(classics.map(c => [c.key, c]))
  block.histograms.forEach((column, i) => {
    const classic = column === undefined ? undefined : byKey.get(labelsKey(block.labels[i]!))
    if (classic === undefined) return
    column!.forEach((h, k) => {
      if (h === null || !classic.rows.some(row => block.present[row * block.steps + k] === 1)) return
      let at = found.get(classic.key)
      if (at === undefined) found.set(classic.key, at = new Uint8Array(block.steps))
      at[k] = 1
      ctx.annotations.mixedClassicNative(ctx.delayedNames ? labelValue(block.labels[i]!, METRIC_NAME) : '', span)
    })
  })
  return found
}

/** Evaluates each histogram at each step; the results for part `i` go to series with the i-th of `parts` as label. */
function eachHistogram(ctx: EvalContext, block: Block, span: Span, parts: readonly string[], partLabel: string, figures: Figures): Block {
  const { steps } = block
  const histograms = classicHistograms(ctx, block, span)
  const clashing = clashes(ctx, block, histograms, span)
  const natives = (block.histograms ?? []).flatMap((column, i) => (column === undefined ? [] : [{ column, labels: block.labels[i]! }]))
  const labels: Labels[] = []
  const cells = (histograms.length + natives.length) * parts.length * steps
  ctx.budget.reserve(cells)
  const values = new Float64Array(cells)
  const present = new Uint8Array(cells)
  const buckets = new Buckets()
  let row = 0
  const addLabels = (own: Labels, part: number): void => {
    ctx.budget.tick()
    const base = ctx.delayedNames ? own : withoutMetadata(own)
    labels.push(partLabel === '' ? base : labelsWith(base, partLabel, parts[part]!))
  }
  for (let part = 0; part < parts.length; part++) {
    for (const native of natives) {
      addLabels(native.labels, part)
      const clash = clashing.get(labelsKey(native.labels))
      const metricName = ctx.delayedNames ? labelValue(native.labels, METRIC_NAME) : ''
      for (let k = 0; k < steps; k++) {
        const h: Histogram | null = native.column[k]!
        if (h === null || clash?.[k] === 1) continue
        values[row * steps + k] = figures.native(h, k, part, metricName)
        present[row * steps + k] = 1
      }
      row++
    }
    for (const h of histograms) {
      addLabels(h.labels, part)
      const clash = clashing.get(h.key)
      for (let k = 0; k < steps; k++) {
        if (clash?.[k] === 1) continue
        buckets.clear()
        let any = false
        for (let b = 0; b < h.rows.length; b++) {
          const at = h.rows[b]! * steps + k
          if (block.present[at] === 0) continue
          any = true
          buckets.push(h.bounds[b]!, block.values[at]!)
        }
        if (!any) continue
        values[row * steps + k] = figures.classic(buckets, k, part, h.labels)
        present[row * steps + k] = 1
      }
      row++
    }
  }
  const out = new Block(labels, steps, values, present, ctx.delayedNames ? new Uint8Array(labels.length).fill(1) : undefined)
  return hasDuplicateLabels(labels) ? mergeDuplicates(out) : out
}

/** `histogram_quantile` and `histogram_quantiles`. */
export function histogramQuantiles(ctx: EvalContext, block: Block, quantiles: readonly Float64Array[], quantileSpans: readonly Span[], quantileLabel: string, span: Span, grid: Grid): Block {
  for (let q = 0; q < quantiles.length; q++) {
    let last = 0
    for (const v of quantiles[q]!) {
      if ((v < 0 || v > 1 || v !== v) && !Object.is(v, last)) {
        ctx.annotations.invalidQuantile(v, quantileSpans[q]!)
        last = v
      }
    }
  }
  const parts = quantiles.map(q => quantileLabel === '' ? '' : openMetricsFloat(q[0] ?? NaN))
  return eachHistogram(ctx, block, span, parts, quantileLabel, {
    classic: (buckets, k, part, labels) => {
      const value = buckets.quantile(quantiles[part]![k]!)
      if (buckets.forced) {
        const name = ctx.delayedNames ? labelValue(labels, METRIC_NAME) : ''
        ctx.annotations.forcedMonotonicity(name, span, grid.startMs + k * grid.stepMs, buckets.minBucket, buckets.maxBucket, buckets.maxDiff)
      }
      return value
    },
    native: (h, k, part, metricName) => {
      const { value, nan } = histogramQuantile(quantiles[part]![k]!, h)
      if (nan === 'result is NaN') ctx.annotations.nanQuantile(metricName, span)
      else if (nan === 'skewed') ctx.annotations.nanSkew(metricName, span)
      return value
    },
  })
}

/** `histogram_fraction`. */
export function histogramFractions(ctx: EvalContext, block: Block, lower: Float64Array, upper: Float64Array, span: Span): Block {
  return eachHistogram(ctx, block, span, [''], '', {
    classic: (buckets, k) => buckets.fraction(lower[k]!, upper[k]!),
    native: (h, k, _part, metricName) => {
      const { value, hasNaN } = histogramFraction(lower[k]!, upper[k]!, h)
      if (hasNaN) ctx.annotations.nanFraction(metricName, span)
      return value
    },
  })
}

/** A float as OpenMetrics writes label values: never without a point or an exponent. */
function openMetricsFloat(v: number): string {
  const text = formatSample(v)
  return /[.eIN]/.test(text) ? text : `${text}.0`
}
