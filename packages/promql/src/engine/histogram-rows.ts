import { METRIC_NAME, labelValue, labelsDrop, labelsKey, labelsWith } from '@haechi/model'
import type { Labels } from '@haechi/model'
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
interface Histogram {
  readonly labels: Labels
  readonly bounds: number[]
  readonly rows: number[]
}

/** Groups bucket series into histograms; series without a readable `le` are left out with a warning. */
function classicHistograms(ctx: EvalContext, block: Block, span: Span): Histogram[] {
  const byKey = new Map<string, Histogram>()
  for (let i = 0; i < block.labels.length; i++) {
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
      histogram = { labels: own, bounds: [], rows: [] }
      byKey.set(key, histogram)
    }
    histogram.bounds.push(bound)
    histogram.rows.push(i)
  }
  const histograms = [...byKey.values()]
  return histograms.map(h => {
    const order = h.rows.map((_, i) => i).sort((a, b) => h.bounds[a]! - h.bounds[b]! || a - b)
    return { labels: h.labels, bounds: order.map(i => h.bounds[i]!), rows: order.map(i => h.rows[i]!) }
  })
}

function anyPresent(block: Block, row: number): boolean {
  const at = block.present.indexOf(1, row * block.steps)
  return at >= 0 && at < (row + 1) * block.steps
}

/** Evaluates each histogram at each step; `f` gets the buckets and the step, its result goes to column `part` of `parts`. */
function eachHistogram(ctx: EvalContext, block: Block, span: Span, parts: readonly string[], partLabel: string, f: (buckets: Buckets, k: number, part: number, labels: Labels) => number): Block {
  const { steps } = block
  const histograms = classicHistograms(ctx, block, span)
  const labels: Labels[] = []
  const cells = histograms.length * parts.length * steps
  ctx.budget.reserve(cells)
  const values = new Float64Array(cells)
  const present = new Uint8Array(cells)
  const buckets = new Buckets()
  let row = 0
  for (let part = 0; part < parts.length; part++) {
    for (const h of histograms) {
      ctx.budget.tick()
      const base = ctx.delayedNames ? h.labels : withoutMetadata(h.labels)
      labels.push(partLabel === '' ? base : labelsWith(base, partLabel, parts[part]!))
      for (let k = 0; k < steps; k++) {
        buckets.clear()
        let any = false
        for (let b = 0; b < h.rows.length; b++) {
          const at = h.rows[b]! * steps + k
          if (block.present[at] === 0) continue
          any = true
          buckets.push(h.bounds[b]!, block.values[at]!)
        }
        if (!any) continue
        values[row * steps + k] = f(buckets, k, part, h.labels)
        present[row * steps + k] = 1
      }
      row++
    }
  }
  const out = new Block(labels, steps, values, present, ctx.delayedNames ? new Uint8Array(labels.length).fill(1) : undefined)
  return hasDuplicateLabels(labels) ? mergeDuplicates(out) : out
}

/** `histogram_quantile` and `histogram_quantiles` of classic histograms. */
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
  return eachHistogram(ctx, block, span, parts, quantileLabel, (buckets, k, part, labels) => {
    const value = buckets.quantile(quantiles[part]![k]!)
    if (buckets.forced) {
      const name = ctx.delayedNames ? labelValue(labels, METRIC_NAME) : ''
      ctx.annotations.forcedMonotonicity(name, span, grid.startMs + k * grid.stepMs, buckets.minBucket, buckets.maxBucket, buckets.maxDiff)
    }
    return value
  })
}

/** `histogram_fraction` of classic histograms. */
export function histogramFractions(ctx: EvalContext, block: Block, lower: Float64Array, upper: Float64Array, span: Span): Block {
  return eachHistogram(ctx, block, span, [''], '', (buckets, k) => buckets.fraction(lower[k]!, upper[k]!))
}

/** A float as OpenMetrics writes label values: never without a point or an exponent. */
function openMetricsFloat(v: number): string {
  const text = formatSample(v)
  return /[.eIN]/.test(text) ? text : `${text}.0`
}
