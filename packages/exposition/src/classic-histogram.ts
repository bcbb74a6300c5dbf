import { CUSTOM_BUCKETS_SCHEMA, EMPTY_HISTOGRAM, METRIC_NAME, compactHistogram, histogramFault, labelValue, labelsDrop, labelsKey, labelsWith } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { ExpositionError } from './error.ts'
import { MetadataTable } from './metadata.ts'
import type { NativeSample } from './native-histogram.ts'
import { SampleParser } from './sample-parser.ts'
import type { Exemplar } from './sample-parser.ts'

/**
 * Collects the series of one classic histogram and makes a native one with custom buckets of them.
 * @see Prometheus util/convertnhcb `TempHistogram`
 */
export class ClassicHistogram {
  readonly #bounds: number[] = []
  readonly #counts: number[] = []
  #count: number | undefined
  #sum = 0
  /** What was said contradicts itself: there will be no histogram. */
  #broken = false

  /** A bucket's cumulative count. Of equal bounds the first counts. */
  bucket(bound: number, count: number): void {
    const bounds = this.#bounds
    const counts = this.#counts
    let i = bounds.length
    while (i > 0 && bounds[i - 1]! > bound) i--
    if (i > 0 && bounds[i - 1] === bound) return
    if (count < 0 || (i > 0 && count < counts[i - 1]!) || (i < counts.length && count > counts[i]!)) this.#broken = true
    bounds.splice(i, 0, bound)
    counts.splice(i, 0, count)
  }

  count(count: number): void {
    if (count < 0) this.#broken = true
    this.#count = count
  }

  sum(sum: number): void {
    this.#sum = sum
  }

  /** The native histogram; undefined if the series contradict each other. Nothing must be added afterwards. */
  finish(): Histogram | undefined {
    const bounds = this.#bounds
    const counts = this.#counts
    const count = this.#count ?? counts.at(-1) ?? 0
    if (bounds.at(-1) !== Infinity) {
      bounds.push(Infinity)
      counts.push(count)
    }
    if (this.#broken || count !== counts.at(-1)) return undefined
    const histogram: Histogram = {
      ...EMPTY_HISTOGRAM, schema: CUSTOM_BUCKETS_SCHEMA, count, sum: this.#sum, customValues: Float64Array.from(bounds.slice(0, -1)), integer: counts.every(c => Number.isInteger(c)),
      positiveSpans: Int32Array.of(0, counts.length), positiveCounts: Float64Array.from(counts, (c, i) => c - (counts[i - 1] ?? 0)),
    }
    return histogramFault(histogram) === undefined ? compactHistogram(histogram) : undefined
  }
}

/** A text body without what was made of it. */
export interface ConvertedText {
  readonly text: Uint8Array
  readonly length: number
  readonly natives: readonly NativeSample[]
}

const SUFFIX = /^(.*)_(bucket|count|sum)$/s
const BUCKET_LABEL: ReadonlySet<string> = new Set(['le'])
/** A number as Go reads one; others name no bucket. */
const BOUND = /^(?:[+-]?(?:inf|infinity)|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i

/** The bound that an `le` label names; undefined if it is none. */
function boundOf(le: string): number | undefined {
  if (!BOUND.test(le)) return undefined
  return /inf/i.test(le) ? (le.startsWith('-') ? -Infinity : Infinity) : Number(le)
}

/**
 * Makes native histograms with custom buckets of the classic ones in a text body. Series of one histogram that stand together are one; what contradicts itself is lost.
 * Behind a line that can't be read nothing is converted: the reader of the text reports it.
 * @param keepClassic whether the classic series stay in the text
 * @see Prometheus `model/textparse/nhcbparse.go`. As there, `_created` series of OpenMetrics are taken for what they are once the first histogram has begun, and left out.
 */
export function convertClassicHistograms(body: Uint8Array, length: number, openMetrics: boolean, keepClassic: boolean): ConvertedText {
  const text = new Uint8Array(length)
  const natives: NativeSample[] = []
  const metadata = new MetadataTable()
  const parser = new SampleParser(openMetrics)
  parser.open(body, length, metadata)
  let to = 0
  let copied = 0
  const copyUpTo = (end: number): void => {
    text.set(body.subarray(copied, end), to)
    to += end - copied
    copied = end
  }
  let open: { readonly key: string; readonly labels: Labels; readonly histogram: ClassicHistogram; readonly exemplars: Exemplar[]; timeMs: number | undefined } | undefined
  let skipCreated = false
  const close = (): void => {
    const histogram = open?.histogram.finish()
    if (open !== undefined && histogram !== undefined) {
      natives.push({ labels: open.labels, histogram, exemplars: open.exemplars.filter(e => e.timeMs !== undefined), ...(open.timeMs !== undefined && { timeMs: open.timeMs }) })
    }
    open = undefined
  }
  try {
    while (parser.next()) {
      const family = parser.family < 0 ? undefined : metadata.at(parser.family)
      const type = family?.type
      if (open === undefined && type !== 'histogram' && !skipCreated) continue
      const exposed = parser.labels()
      const name = labelValue(exposed, METRIC_NAME)
      if (skipCreated && name.endsWith('_created') && (type === 'counter' || type === 'summary' || type === 'histogram')) {
        copyUpTo(parser.start)
        copied = parser.end
        continue
      }
      const parts = type === 'histogram' ? SUFFIX.exec(name) : null
      const bound = parts?.[2] === 'bucket' ? boundOf(labelValue(exposed, 'le')) : undefined
      const labels = parts === null ? exposed : labelsWith(labelsDrop(exposed, BUCKET_LABEL), METRIC_NAME, parts[1]!)
      const key = parts === null ? '' : labelsKey(labels)
      if (open !== undefined && open.key !== key) close()
      if (parts === null || parts[1] !== family!.name || (parts[2] === 'bucket' && bound === undefined)) continue
      if (open === undefined) {
        open = { key, labels, histogram: new ClassicHistogram(), exemplars: [], timeMs: undefined }
        skipCreated = openMetrics
      }
      if (parts[2] === 'bucket') open.histogram.bucket(bound!, parser.value)
      else if (parts[2] === 'count') open.histogram.count(parser.value)
      else open.histogram.sum(parser.value)
      if (parser.hasTime) open.timeMs = parser.timeMs
      const exemplar = parser.exemplar()
      if (exemplar !== undefined) open.exemplars.push(exemplar)
      if (keepClassic) continue
      copyUpTo(parser.start)
      copied = parser.end
    }
    close()
  } catch (err) {
    if (!(err instanceof ExpositionError)) throw err
  }
  copyUpTo(length)
  return { text, length: to, natives }
}
