import { EMPTY_HISTOGRAM, RESET_HINT, firstAtOrAfter, histogramReset, histogramSize } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { HINT_NUMBERS, QueryError, SampleColumns } from '@haechi/storage'
import type { Querier, SeriesSet } from '@haechi/storage'
import { SAMPLE_BYTES } from './budget.ts'
import type { Budget } from './budget.ts'
import type { SharedSelector } from './plan.ts'

/** Bytes of a series that was found: its labels as an array. */
const SERIES_BYTES = 128

/** Most samples kept decoded per selector that several nodes read; beyond it they are decoded again. */
const MOST_KEPT_SAMPLES = 8_000_000

/** Decoded samples of one series, staleness markers included; `bits` is the memory of `vs` as words. */
export interface Samples {
  readonly ts: Float64Array
  readonly vs: Float64Array
  readonly bits: Uint32Array
  readonly length: number
  /** See `SampleColumns.hints`; absent: nothing is known. */
  readonly hints?: number
  /** `histograms[i]` is sample i if that is a native histogram; null as a whole: all are floats. */
  readonly histograms: readonly (Histogram | null)[] | null
  /** Since when sample i counts, Unix ms, 0: not known; null as a whole: known for none. */
  readonly startsMs: Float64Array | null
}

/**
 * The series that one selector found, shared by all places of the query that name it.
 * When several places read it, each series is decoded once over the union of their times and kept.
 */
export class Selection {
  readonly labels: readonly Labels[]
  readonly #set: SeriesSet
  readonly #minMs: number
  readonly #maxMs: number
  readonly #columns: SampleColumns
  readonly #kept: (Samples | undefined)[] | undefined
  readonly #statsOnly: boolean
  readonly #selector: SharedSelector
  #keptSamples = 0

  readonly #budget: Budget

  /** @param columns  where samples are read into; of this selection alone while it is used */
  constructor(set: SeriesSet, selector: SharedSelector, budget: Budget, columns: SampleColumns = new SampleColumns()) {
    this.#columns = columns
    this.#budget = budget
    budget.pin(set.size * SERIES_BYTES)
    this.labels = set.all ?? labelsOf(set)
    this.#set = set
    this.#minMs = selector.minMs
    this.#maxMs = selector.maxMs
    this.#kept = selector.uses > 1 ? [] : undefined
    this.#statsOnly = selector.statsOnly
    this.#selector = selector
  }

  /** The same series for a selector that reads less of them. */
  narrowed(selector: SharedSelector): Selection {
    if (selector.key !== this.#selector.key) throw new Error('BUG: another selector')
    return new Selection(this.#set, selector, this.#budget)
  }

  /** Samples of series i with `minMs <= t <= maxMs`. Valid until the next `read`; not to be written into. */
  read(i: number, minMs: number, maxMs: number): Samples {
    const columns = this.#columns
    columns.hints = 0
    if (this.#kept === undefined) {
      this.#set.read(i, minMs, maxMs, columns)
      if (this.#statsOnly && columns.histograms !== null) columns.histograms = withoutBuckets(columns.histograms)
      return columns
    }
    let whole = this.#kept[i]
    if (whole === undefined) {
      const n = this.#set.read(i, this.#minMs, this.#maxMs, columns)
      if (this.#statsOnly && columns.histograms !== null) columns.histograms = withoutBuckets(columns.histograms)
      const bits = columns.bits.slice(0, 2 * n)
      whole = { ts: columns.ts.slice(0, n), vs: new Float64Array(bits.buffer), bits, length: n, histograms: columns.histograms?.slice(0, n) ?? null, startsMs: columns.startsMs?.slice(0, n) ?? null }
      if (this.#keptSamples + n <= MOST_KEPT_SAMPLES) {
        this.#keptSamples += n
        this.#budget.pin(n * SAMPLE_BYTES + (whole.histograms === null ? 0 : whole.histograms.reduce((sum, h) => sum + (h === null ? 0 : SAMPLE_BYTES * histogramSize(h)), 0)))
        this.#kept[i] = whole
      }
    }
    const from = firstAtOrAfter(whole.ts, 0, whole.length, minMs)
    const to = firstAtOrAfter(whole.ts, 0, whole.length, maxMs + 1)
    if (from === 0 && to === whole.length) return whole
    return {
      ts: whole.ts.subarray(from, to), vs: whole.vs.subarray(from, to), bits: whole.bits.subarray(2 * from, 2 * to), length: to - from,
      histograms: whole.histograms?.slice(from, to) ?? null, startsMs: whole.startsMs?.subarray(from, to) ?? null,
    }
  }
}

function labelsOf(set: SeriesSet): Labels[] {
  const labels: Labels[] = []
  for (let i = 0; i < set.size; i++) labels.push(set.labels(i))
  return labels
}

/** Histograms by their figures alone; what the buckets say about resets becomes a hint. @see Prometheus promql/histogram_stats_iterator.go */
function withoutBuckets(histograms: readonly (Histogram | null)[]): (Histogram | null)[] {
  let previous: Histogram | undefined
  return histograms.map(h => {
    if (h === null) return null
    const { schema, count, sum } = h
    const resetHint = h.resetHint !== RESET_HINT.unknown || previous === undefined ? h.resetHint : histogramReset(h, previous) ? RESET_HINT.reset : RESET_HINT.notReset
    previous = h
    return { ...EMPTY_HISTOGRAM, schema, count, sum, resetHint }
  })
}

/**
 * Runs all selections of a plan.
 * @param whole  the selectors of the query of which the plan is a part: series are found over their times, and read over those of the plan
 * @throws QueryError `internal` when the storage fails
 */
export async function selectAll(querier: Querier, selectors: readonly SharedSelector[], budget: Budget, whole: readonly SharedSelector[] = selectors): Promise<Map<SharedSelector, Selection>> {
  const found = new Map<SharedSelector, Selection>()
  await Promise.all(selectors.map(async s => {
    const { minMs, maxMs } = whole.find(w => w.key === s.key) ?? s
    try {
      found.set(s, new Selection(await querier.select(s.matchers, minMs, maxMs, s), s, budget))
    } catch (err) {
      if (err instanceof QueryError) throw err
      throw new QueryError('internal', `expanding series: ${err instanceof Error ? err.message : String(err)}`)
    }
  }))
  return found
}

/** Whether sample i is a staleness marker. */
export function isStale(s: Samples, i: number): boolean {
  return s.bits[2 * i] === 2 && s.bits[2 * i + 1] === 0x7ff00000 && (s.histograms === null || s.histograms[i] === null)
}

/** Copies samples without staleness markers; hands the input back when it has none. */
export class StaleFilter {
  #columns: SampleColumns | undefined

  apply(s: Samples): Samples {
    const { ts, vs, length } = s
    if (s.hints !== undefined && (s.hints & HINT_NUMBERS) !== 0) return s
    let i = 0
    while (i < length && (vs[i] === vs[i] || !isStale(s, i))) i++
    if (i === length) return s
    const out = this.#columns ??= new SampleColumns()
    out.length = 0
    out.reserve(length)
    const histograms: (Histogram | null)[] | null = s.histograms === null ? null : []
    const starts = s.startsMs === null ? null : new Float64Array(length)
    let n = 0
    for (let j = 0; j < length; j++) {
      if (vs[j] !== vs[j] && isStale(s, j)) continue
      if (histograms !== null) histograms.push(s.histograms![j]!)
      if (starts !== null) starts[n] = s.startsMs![j]!
      out.ts[n] = ts[j]!
      out.vs[n++] = vs[j]!
    }
    out.length = n
    out.histograms = histograms
    out.startsMs = starts
    return out
  }
}
