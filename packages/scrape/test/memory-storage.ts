import { labelsKey, labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { APPEND } from '@haechi/storage'
import type { AppendStatus, Appendable, Appender, CommitResult, Exemplar, SeriesMetadata, SeriesRef } from '@haechi/storage'

/** One stored sample; `'stale'` is the staleness marker. */
export type StoredSample = readonly [tMs: number, value: number | 'stale']

/** Keeps samples in memory and refuses what a head without out-of-order window refuses. */
export class MemoryStorage implements Appendable {
  readonly labels: Labels[] = [[]]
  readonly samples: StoredSample[][] = [[]]
  readonly exemplars: [ref: SeriesRef, exemplar: Exemplar][] = []
  readonly metadata: Map<SeriesRef, SeriesMetadata> = new Map()
  readonly #byKey = new Map<string, SeriesRef>()
  /** Commits throw this while it is set. */
  failure: Error | undefined
  /** Refs that the storage pretends not to know any more. */
  readonly forgotten: Set<SeriesRef> = new Set()
  seriesLimit: number = Infinity
  commits = 0

  appender(): Appender {
    return new MemoryAppender(this)
  }

  series(labels: Labels): SeriesRef {
    const key = labelsKey(labels)
    let ref = this.#byKey.get(key)
    if (ref === undefined || this.forgotten.has(ref)) {
      if (this.#byKey.size >= this.seriesLimit) return 0
      ref = this.labels.push(labels) - 1
      this.samples.push([])
      this.#byKey.set(key, ref)
    }
    return ref
  }

  /** Samples of the series whose labels contain these. Fails unless there is exactly one. */
  of(wanted: Readonly<Record<string, string>>): readonly StoredSample[] {
    const found = this.find(wanted)
    if (found.length !== 1) throw new Error(`${found.length} series match ${JSON.stringify(wanted)}`)
    return this.samples[found[0]!]!
  }

  /** Refs of series whose labels contain these and which have samples. */
  find(wanted: Readonly<Record<string, string>>): SeriesRef[] {
    const out: SeriesRef[] = []
    for (let ref = 1; ref < this.labels.length; ref++) {
      const labels = labelsToObject(this.labels[ref]!)
      if (this.samples[ref]!.length > 0 && Object.entries(wanted).every(([n, v]) => labels[n] === v)) out.push(ref)
    }
    return out
  }

  /** The newest value of a series. */
  last(wanted: Readonly<Record<string, string>>): number | 'stale' {
    return this.of(wanted).at(-1)![1]
  }
}

class MemoryAppender implements Appender {
  readonly #storage: MemoryStorage
  #pending: [ref: SeriesRef, tMs: number, value: number | 'stale'][] = []
  statuses: Uint8Array = new Uint8Array(0)

  constructor(storage: MemoryStorage) {
    this.#storage = storage
  }

  series(labels: Labels): SeriesRef {
    return this.#storage.series(labels)
  }

  append(ref: SeriesRef, tMs: number, value: number): void {
    this.#pending.push([ref, tMs, value])
  }

  appendColumn(refs: Float64Array, tMs: number, values: Float64Array, n: number): void {
    for (let i = 0; i < n; i++) if (refs[i] !== 0) this.#pending.push([refs[i]!, tMs, values[i]!])
  }

  appendHistogram(): void {
    throw new Error('no histograms are expected here')
  }

  appendBits(): void {
    throw new Error('scrapes append values')
  }

  appendExemplar(ref: SeriesRef, exemplar: Exemplar): void {
    this.#storage.exemplars.push([ref, exemplar])
  }

  appendMetadata(ref: SeriesRef, metadata: SeriesMetadata): void {
    this.#storage.metadata.set(ref, metadata)
  }

  appendStale(ref: SeriesRef, tMs: number): void {
    this.#pending.push([ref, tMs, 'stale'])
  }

  commit(): CommitResult {
    const pending = this.#pending
    this.#pending = []
    if (this.#storage.failure !== undefined) throw this.#storage.failure
    this.#storage.commits++
    this.statuses = new Uint8Array(pending.length)
    const counts = [0, 0, 0, 0, 0]
    pending.forEach(([ref, tMs, value], i) => {
      const status = this.#add(ref, tMs, value)
      this.statuses[i] = status
      counts[status]!++
    })
    return { appended: counts[0]!, outOfOrder: counts[1]!, duplicate: counts[2]!, outOfBounds: counts[3]! }
  }

  #add(ref: SeriesRef, tMs: number, value: number | 'stale'): AppendStatus {
    const list = this.#storage.samples[ref]
    if (list === undefined || this.#storage.forgotten.has(ref)) return APPEND.unknownSeries
    const last = list.at(-1)
    if (last !== undefined && tMs < last[0]) return APPEND.outOfOrder
    if (last !== undefined && tMs === last[0]) return Object.is(value, last[1]) ? APPEND.ok : APPEND.duplicate
    list.push([tMs, value])
    return APPEND.ok
  }

  rollback(): void {
    this.#pending = []
  }
}
