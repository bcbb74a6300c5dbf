import { CUSTOM_BUCKETS_SCHEMA, EMPTY_HISTOGRAM, METRIC_NAME, compactHistogram, labelValue, labelsDrop, labelsKey, labelsWith } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { parseGoFloat } from '../engine/go-number.ts'
import type { SeriesDescription } from './series.ts'
import { POINT } from './series.ts'

const BUCKET_LABEL: ReadonlySet<string> = new Set(['le'])

/** One classic histogram at one place of its series. */
interface Classic {
  readonly bounds: number[]
  readonly counts: number[]
  count: number | undefined
  sum: number
}

/** A native histogram made of the series of a classic one, by place in the series. */
export interface ConvertedSeries { readonly labels: Labels; readonly histograms: ReadonlyMap<number, Histogram> }

/**
 * The classic histograms among the series as native ones with custom buckets.
 * @throws Error where counts are not cumulative, negative or contradict each other
 * @see Prometheus util/convertnhcb
 */
export function classicToNative(series: readonly SeriesDescription[]): ConvertedSeries[] {
  const byKey = new Map<string, { readonly labels: Labels; readonly at: Map<number, Classic> }>()
  for (const s of series) {
    const name = labelValue(s.labels, METRIC_NAME)
    const parts = /^(.*)_(bucket|count|sum)$/.exec(name)
    if (parts === null) continue
    const bound = parseGoFloat(labelValue(s.labels, 'le'))
    if (parts[2] === 'bucket' && (bound === undefined || bound !== bound)) continue
    const labels = labelsWith(labelsDrop(s.labels, BUCKET_LABEL), METRIC_NAME, parts[1]!)
    const key = labelsKey(labels)
    let found = byKey.get(key)
    if (found === undefined) byKey.set(key, found = { labels, at: new Map() })
    for (let i = 0; i < s.kinds.length; i++) {
      if (s.kinds[i] !== POINT.value) continue
      let classic = found.at.get(i)
      if (classic === undefined) found.at.set(i, classic = { bounds: [], counts: [], count: undefined, sum: 0 })
      const v = s.values[i]!
      if (parts[2] === 'sum') classic.sum = v
      else if (parts[2] === 'count') classic.count = v
      else {
        classic.bounds.push(bound!)
        classic.counts.push(v)
      }
    }
  }
  return [...byKey.values()].map(({ labels, at }) => ({ labels, histograms: new Map([...at].sort(([a], [b]) => a - b).map(([i, classic]) => [i, converted(classic)])) }))
}

function converted(classic: Classic): Histogram {
  const order = classic.bounds.map((_, i) => i).sort((a, b) => classic.bounds[a]! - classic.bounds[b]! || a - b)
  const bounds: number[] = []
  const counts: number[] = []
  for (const i of order) {
    // Of equal bounds the first counts.
    if (bounds.at(-1) === classic.bounds[i]) continue
    if (classic.counts[i]! < (counts.at(-1) ?? 0)) throw new Error(`count is not cumulative: ${classic.counts[i]!} < ${counts.at(-1) ?? 0}`)
    bounds.push(classic.bounds[i]!)
    counts.push(classic.counts[i]!)
  }
  const count = classic.count ?? counts.at(-1) ?? 0
  if (bounds.at(-1) !== Infinity) {
    bounds.push(Infinity)
    counts.push(count)
  }
  if (count !== counts.at(-1)) throw new Error(`count mismatch: count=${count} != le=+Inf count=${counts.at(-1)!}`)
  return compactHistogram({
    ...EMPTY_HISTOGRAM, schema: CUSTOM_BUCKETS_SCHEMA, count, sum: classic.sum, customValues: Float64Array.from(bounds.slice(0, -1)),
    positiveSpans: Int32Array.of(0, counts.length), positiveCounts: Float64Array.from(counts, (c, i) => c - (counts[i - 1] ?? 0)),
  })
}
