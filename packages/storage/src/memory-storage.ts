import { EMPTY_LABELS, RESET_HINT, boundsMatch, compareLabels, compareText, histogramReset, labelValue, labelsKey, matchesLabels, withResetHint } from '@haechi/model'
import type { Histogram, Labels, Matcher } from '@haechi/model'
import { APPEND, NO_SERIES } from './appender.ts'
import type { Appendable, Appender, AppendStatus, CommitResult, Exemplar, SeriesMetadata, SeriesRef } from './appender.ts'
import { STALE_HIGH, STALE_LOW, SampleColumns } from './querier.ts'
import type { ExemplarQueryable, ExemplarSeries, Querier, Queryable, SeriesSet } from './querier.ts'

interface StoredSeries {
  readonly ref: SeriesRef
  readonly labels: Labels
  readonly samples: SampleColumns
  readonly exemplars: Exemplar[]
  /** What its metric is, if somebody said so. */
  metadata: SeriesMetadata | undefined
}

/** A storage for tests of rules and of code: everything in memory, plain and obvious. No limits, no files, no threads. */
export class MemoryStorage implements Queryable, Appendable, ExemplarQueryable {
  readonly #series = new Map<string, StoredSeries>()
  readonly #byRef: StoredSeries[] = []

  /** Adds a sample. Samples of a series must come in order of time. @param startMs  since when it counts, 0: not known */
  add(labels: Labels, tMs: number, value: number, startMs = 0): void {
    const { samples } = this.#stored(labels)
    push(samples, tMs, value)
    pushStart(samples, startMs)
  }

  /** Adds a native histogram. Samples of a series must come in order of time. */
  addHistogram(labels: Labels, tMs: number, histogram: Histogram, startMs = 0): void {
    const { samples } = this.#stored(labels)
    push(samples, tMs, histogram)
    pushStart(samples, startMs)
  }

  /** Adds a staleness marker. */
  addStale(labels: Labels, tMs: number): void {
    push(this.#stored(labels).samples, tMs, STALE)
  }

  /** All series in the order in which they appeared; the columns stay the storage's. */
  all(): readonly StoredSeries[] {
    return [...this.#series.values()]
  }

  /** A writer with the laws of the seam, in memory. */
  appender(): Appender {
    const statusOf = (ref: SeriesRef, tMs: number, value: Value): AppendStatus => this.#status(ref, tMs, value)
    const store = (s: Pending): boolean => this.#append(s)
    let batch: Pending[] = []
    let beside: (() => void)[] = []
    let statuses = new Uint8Array(0)
    return {
      series: labels => this.#stored(labels).ref,
      append: (ref, tMs, value, startMs = 0) => void batch.push({ ref, tMs, value, startMs }),
      appendHistogram: (ref, tMs, histogram, startMs = 0) => void batch.push({ ref, tMs, value: histogram, startMs }),
      appendBits: (ref, tMs, low, high, startMs = 0) => void batch.push({ ref, tMs, value: valueOfBits(low, high), startMs }),
      appendExemplar: (ref, exemplar) => void beside.push(() => this.#addExemplar(ref, exemplar)),
      appendMetadata: (ref, metadata) => void beside.push(() => {
        const stored = this.#byRef[ref - 1]
        if (stored !== undefined) stored.metadata = metadata
      }),
      appendColumn(refs, tMs, values, n) {
        for (let i = 0; i < n; i++) batch.push({ ref: refs[i]!, tMs, value: values[i]!, startMs: 0 })
      },
      appendStale: (ref, tMs) => void batch.push({ ref, tMs, value: STALE, startMs: 0 }),
      commit(options): CommitResult {
        const refused = options?.allOrNothing === true && batch.some(s => s.ref !== NO_SERIES && statusOf(s.ref, s.tMs, s.value) !== APPEND.ok)
        const counts = [0, 0, 0, 0, 0]
        let appended = 0
        statuses = Uint8Array.from(batch, s => {
          const status = statusOf(s.ref, s.tMs, s.value)
          counts[status]!++
          if (status === APPEND.ok && !refused && store(s)) appended++
          return status
        })
        if (!refused) for (const keep of beside) keep()
        batch = []
        beside = []
        return { appended, outOfOrder: counts[APPEND.outOfOrder]!, duplicate: counts[APPEND.duplicate]!, outOfBounds: 0 }
      },
      get statuses() {
        return statuses
      },
      rollback() {
        batch = []
        beside = []
      },
    }
  }

  #status(ref: SeriesRef, tMs: number, value: Value): AppendStatus {
    const stored = this.#byRef[ref - 1]
    if (stored === undefined) return APPEND.unknownSeries
    const { samples } = stored
    const last = samples.length - 1
    if (last < 0 || tMs > samples.ts[last]!) return APPEND.ok
    if (tMs < samples.ts[last]!) return APPEND.outOfOrder
    return sameValue(samples, last, value) ? APPEND.ok : APPEND.duplicate
  }

  /** @returns false for a sample that is there already */
  #append({ ref, tMs, value, startMs }: Pending): boolean {
    const { samples } = this.#byRef[ref - 1]!
    if (samples.length > 0 && tMs <= samples.ts[samples.length - 1]!) return false
    push(samples, tMs, value)
    pushStart(samples, startMs)
    return true
  }

  #addExemplar(ref: SeriesRef, e: Exemplar): void {
    const stored = this.#byRef[ref - 1]
    const newest = stored?.exemplars.at(-1)
    if (newest === undefined || (newest.tMs - e.tMs || newest.value - e.value || compareLabels(newest.labels, e.labels)) < 0) stored?.exemplars.push(e)
  }

  exemplars(matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<ExemplarSeries[]> {
    const found = this.all().filter(s => matchers.some(list => matchesLabels(list, s.labels)))
      .map(s => ({ labels: s.labels, exemplars: s.exemplars.filter(e => e.tMs >= minMs && e.tMs <= maxMs) })).filter(s => s.exemplars.length > 0)
    return Promise.resolve(found.sort((a, b) => compareLabels(a.labels, b.labels)))
  }

  /** Forgets everything. */
  clear(): void {
    this.#series.clear()
    this.#byRef.length = 0
  }

  querier(_minMs: number, _maxMs: number): Querier {
    const matching = (matchers: readonly Matcher[], minMs: number, maxMs: number): StoredSeries[] =>
      [...this.#series.values()].filter(s => matchesLabels(matchers, s.labels) && s.samples.length > 0 && s.samples.ts[0]! <= maxMs && s.samples.ts[s.samples.length - 1]! >= minMs)
    return {
      select: (matchers, minMs, maxMs) => Promise.resolve(seriesSet(matching(matchers, minMs, maxMs))),
      labelNames: (matchers, minMs, maxMs) => Promise.resolve(distinct(matching(matchers, minMs, maxMs).flatMap(s => s.labels.filter((_, i) => i % 2 === 0)))),
      labelValues: (name, matchers, minMs, maxMs) => Promise.resolve(distinct(matching(matchers, minMs, maxMs).map(s => labelValue(s.labels, name)).filter(v => v !== ''))),
      close: () => {},
    }
  }

  #stored(labels: Labels): StoredSeries {
    const key = labelsKey(labels)
    let found = this.#series.get(key)
    if (found === undefined) {
      found = { ref: this.#byRef.length + 1, labels: labels.length === 0 ? EMPTY_LABELS : labels, samples: new SampleColumns(16), exemplars: [], metadata: undefined }
      this.#series.set(key, found)
      this.#byRef.push(found)
    }
    return found
  }
}

const STALE = Symbol('stale')
/** A bigint: a NaN with other bits than the ordinary one. */
type Value = number | bigint | Histogram | typeof STALE
interface Pending { readonly ref: SeriesRef; readonly tMs: number; readonly value: Value; readonly startMs: number }

function valueOfBits(low: number, high: number): Value {
  if (low >>> 0 === STALE_LOW >>> 0 && high >>> 0 === STALE_HIGH >>> 0) return STALE
  const value = new Float64Array(Uint32Array.of(low, high).buffer)[0]!
  return value === value ? value : (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

/**
 * A histogram with the hint that readers get: what the neighbours say counts, not what was written. Gauges stay what they are; a counter that
 * goes on from the histogram before is no reset; anything else is not known. As from a chunk of the database.
 */
function hinted(h: Histogram, previous: Histogram | null): Histogram {
  if (h.resetHint === RESET_HINT.gauge) return h
  const goesOn = previous !== null && previous.resetHint !== RESET_HINT.gauge && h.resetHint !== RESET_HINT.reset && h.schema === previous.schema && h.zeroThreshold === previous.zeroThreshold &&
    boundsMatch(h.customValues, previous.customValues) && !histogramReset(withResetHint(h, RESET_HINT.unknown), previous)
  return withResetHint(h, goesOn ? RESET_HINT.notReset : RESET_HINT.unknown)
}

function push(samples: SampleColumns, tMs: number, value: Value): void {
  const histogram = typeof value === 'object' ? hinted(value, samples.histograms?.[samples.length - 1] ?? null) : null
  if (value === STALE) samples.pushStale(tMs)
  else samples.push(tMs, typeof value === 'number' ? value : typeof value === 'bigint' ? NaN : 0)
  if (typeof value === 'bigint') {
    samples.bits[2 * samples.length - 2] = Number(value & 0xffffffffn)
    samples.bits[2 * samples.length - 1] = Number(value >> 32n)
  }
  // An ordinary NaN has one form.
  if (typeof value === 'number' && value !== value) {
    samples.bits[2 * samples.length - 2] = 1
    samples.bits[2 * samples.length - 1] = 0x7ff80000
  }
  if (histogram !== null && samples.histograms === null) samples.histograms = Array.from({ length: samples.length - 1 }, () => null)
  samples.histograms?.push(histogram)
}

/** Notes since when the last sample counts. */
function pushStart(samples: SampleColumns, startMs: number): void {
  if (startMs === 0 && samples.startsMs === null) return
  const starts = new Float64Array(samples.ts.length)
  if (samples.startsMs !== null) starts.set(samples.startsMs.subarray(0, samples.length - 1))
  starts[samples.length - 1] = startMs
  samples.startsMs = starts
}

/** Whether the stored sample is this one; a histogram is one only with itself. */
function sameValue(samples: SampleColumns, i: number, value: Value): boolean {
  if (value === STALE) return samples.isStale(i)
  if (typeof value === 'object') return samples.histograms?.[i] === value
  if (typeof value === 'bigint') return samples.bits[2 * i]! >>> 0 === Number(value & 0xffffffffn) && samples.bits[2 * i + 1]! >>> 0 === Number(value >> 32n)
  return !samples.isStale(i) && (samples.histograms?.[i] ?? null) === null && Object.is(samples.vs[i], value)
}

function distinct(texts: string[]): string[] {
  return [...new Set(texts)].sort(compareText)
}

function seriesSet(series: readonly StoredSeries[]): SeriesSet {
  // What is stored while somebody reads is not seen.
  const lengths = series.map(s => s.samples.length)
  return {
    size: series.length,
    labels: i => series[i]!.labels,
    read: (i, minMs, maxMs, into) => {
      const { samples } = series[i]!
      const end = lengths[i]!
      let from = 0
      while (from < end && samples.ts[from]! < minMs) from++
      let to = from
      while (to < end && samples.ts[to]! <= maxMs) to++
      into.length = 0
      into.reserve(to - from)
      into.ts.set(samples.ts.subarray(from, to))
      into.bits.set(samples.bits.subarray(2 * from, 2 * to))
      into.length = to - from
      const histograms = samples.histograms?.slice(from, to) ?? null
      into.histograms = histograms?.some(h => h !== null) === true ? histograms : null
      into.startsMs = samples.startsMs === null ? null : Float64Array.from({ length: into.length }, (_, j) => samples.startsMs![from + j] ?? 0)
      return into.length
    },
  }
}
