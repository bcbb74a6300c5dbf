import { labelsKey } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { APPEND, NO_SERIES } from '@haechi/storage'
import type { Appender, CommitOptions, CommitResult, Exemplar, SeriesMetadata, SeriesRef } from '@haechi/storage'

/** An appender that keeps everything in arrays and obeys the seam's rules of order. */
export class MemoryAppender implements Appender {
  readonly known: { readonly labels: Labels; readonly samples: { t: number; lo: number; hi: number }[]; alive: boolean }[] = []
  statuses: Uint8Array = new Uint8Array(0)
  limit: number = Infinity
  /** How often labels were turned into a ref. */
  lookups = 0
  failing = false
  private batch: { ref: SeriesRef; t: number; lo: number; hi: number }[] = []

  series(labels: Labels): SeriesRef {
    this.lookups++
    const i = this.known.findIndex(s => s.alive && labelsKey(s.labels) === labelsKey(labels))
    if (i >= 0) return i + 1
    if (this.known.length >= this.limit) return NO_SERIES
    return this.known.push({ labels, samples: [], alive: true })
  }

  append(): void {
    throw new Error('the receiver uses appendBits')
  }

  appendColumn(): void {
    throw new Error('the receiver uses appendBits')
  }

  appendStale(): void {
    throw new Error('the receiver uses appendBits')
  }

  appendHistogram(_ref: SeriesRef, _tMs: number, _h: Histogram, _startMs?: number): void {
    throw new Error('this appender takes no histograms')
  }

  appendExemplar(_ref: SeriesRef, _exemplar: Exemplar): void {
    throw new Error('this appender takes no exemplars')
  }

  appendMetadata(_ref: SeriesRef, _metadata: SeriesMetadata): void {
    throw new Error('this appender takes no metadata')
  }

  appendBits(ref: SeriesRef, t: number, lo: number, hi: number): void {
    this.batch.push({ ref, t, lo, hi })
  }

  commit(options?: CommitOptions): CommitResult {
    const { batch } = this
    this.batch = []
    if (this.failing) throw new Error('no space left on device')
    this.statuses = new Uint8Array(batch.length)
    const count = { appended: 0, outOfOrder: 0, duplicate: 0, outOfBounds: 0 }
    let refused = false
    batch.forEach((x, i) => {
      const s = this.known[x.ref - 1]
      const last = s?.samples.at(-1)
      if (s === undefined || !s.alive) this.statuses[i] = APPEND.unknownSeries
      else if (last !== undefined && x.t < last.t) this.statuses[i] = APPEND.outOfOrder
      else if (last !== undefined && x.t === last.t && (x.lo !== last.lo || x.hi !== last.hi)) this.statuses[i] = APPEND.duplicate
      if (this.statuses[i] === APPEND.outOfOrder) count.outOfOrder++
      if (this.statuses[i] === APPEND.duplicate) count.duplicate++
      if (this.statuses[i] !== APPEND.ok) refused = true
    })
    if (options?.allOrNothing && refused) return count
    batch.forEach((x, i) => {
      const samples = this.known[x.ref - 1]?.samples
      if (this.statuses[i] !== APPEND.ok || samples === undefined || samples.at(-1)?.t === x.t) return
      samples.push({ t: x.t, lo: x.lo, hi: x.hi })
      count.appended++
    })
    return count
  }

  rollback(): void {
    this.batch = []
  }
}
