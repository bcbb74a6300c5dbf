import { isUtf8 } from 'node:buffer'
import { SnappyBlockError, uncompressBlock } from '@haechi/exposition'
import { METRIC_NAME, histogramFault, labelsFromPairs } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { APPEND, NO_SERIES } from '@haechi/storage'
import type { Appender, CommitResult, SeriesRef } from '@haechi/storage'
import { goFloat } from './go-float.ts'
import { readExemplar, readHistogram } from './histogram-message.ts'
import { ProtobufError, ProtobufReader } from './protobuf.ts'
import { SeriesCache } from './series-cache.ts'

/** Bounds of one request. */
export interface RemoteWriteLimits {
  /** Longest body after decompression. */
  readonly maxDecodedBytes: number
  /** Samples later than now plus this are refused. Prometheus: 10 minutes. */
  readonly maxFutureMs: number
}

/** Prometheus' own bound on the future, and a size that no sender of it reaches. */
export const REMOTE_WRITE_LIMITS: RemoteWriteLimits = { maxDecodedBytes: 64 * 1024 * 1024, maxFutureMs: 600_000 }

/** What a request did. `status` is the HTTP status that Prometheus answers with. */
export type RemoteWriteResult =
  | { readonly status: 204; readonly samples: number; readonly skipped: SkippedParts }
  | { readonly status: 400 | 500; readonly message: string; readonly cause?: unknown }

/** Parts of a request that were passed over while the rest was stored. */
export interface SkippedParts {
  /** Series without a metric name, with invalid or duplicate labels. */
  readonly invalidSeries: number
  /** New series beyond the storage's limit. */
  readonly limitedSeries: number
  /** Samples out of order within the request. */
  readonly outOfOrder: number
}

/** The texts of Prometheus' storage errors, which a 400 carries. @see storage/interface.go */
const REFUSALS = { outOfOrder: 'out of order sample', outOfBounds: 'out of bounds', duplicate: 'duplicate sample for timestamp' } as const

/**
 * Receives remote write 1.0 requests: one per storage, used for all requests, because it remembers the refs of series.
 * Everything happens before `receive` returns.
 */
export class RemoteWriteReceiver {
  private readonly appender: Appender
  private readonly limits: RemoteWriteLimits
  private readonly now: () => number
  private readonly cache = new SeriesCache()
  private readonly value = new Float64Array(1)
  private readonly valueBytes = new Uint8Array(this.value.buffer)
  private readonly valueBits = new Uint32Array(this.value.buffer)

  /** @param now Unix ms, for the bound on the future */
  constructor(appender: Appender, limits: RemoteWriteLimits = REMOTE_WRITE_LIMITS, now: () => number = Date.now) {
    this.appender = appender
    this.limits = limits
    this.now = now
  }

  /**
   * Stores a request: a snappy block that holds a `prometheus.WriteRequest`.
   *
   * As in Prometheus: a sample that the storage refuses fails the request with 400 and nothing of it is stored; series with bad
   * labels are passed over. A failing log gives 500, which senders try again.
   */
  receive(body: Uint8Array): RemoteWriteResult {
    let message: Uint8Array
    try {
      message = uncompressBlock(body, this.limits.maxDecodedBytes)
    } catch (err) {
      if (err instanceof SnappyBlockError) return { status: 400, message: err.message }
      throw err
    }
    const first = this.store(message)
    if (first !== 'staleRefs') return first
    // A remembered series has ended since: forget all refs and look them up anew, once.
    this.cache.clear()
    const second = this.store(message)
    return second === 'staleRefs' ? { status: 500, message: 'series ended while the request was stored' } : second
  }

  private store(message: Uint8Array): RemoteWriteResult | 'staleRefs' {
    const skipped = { invalidSeries: 0, limitedSeries: 0, outOfOrder: 0 }
    let result: CommitResult
    try {
      let walked = this.walk(message, skipped, true)
      if (walked === 'lateLabels') {
        this.appender.rollback()
        Object.assign(skipped, { invalidSeries: 0, limitedSeries: 0 })
        walked = this.walk(message, skipped, false)
      }
      if (walked === 'tooFarAhead') {
        this.appender.rollback()
        return { status: 400, message: `${REFUSALS.outOfBounds}: timestamp is too far in the future` }
      }
      result = this.appender.commit({ allOrNothing: true })
    } catch (err) {
      this.appender.rollback()
      if (err instanceof ProtobufError || err instanceof InvalidHistogram) return { status: 400, message: err.message }
      return { status: 500, message: err instanceof Error ? err.message : String(err), cause: err }
    }
    const { statuses } = this.appender
    if (result.appended === 0) {
      // Either nothing was new, or one sample refused all: the first reason in request order is the answer.
      let refusal: 'outOfOrder' | 'outOfBounds' | 'duplicate' | undefined
      for (let i = 0; i < statuses.length; i++) {
        const s = statuses[i]
        if (s === APPEND.unknownSeries) return 'staleRefs'
        if (refusal !== undefined || s === APPEND.ok) continue
        refusal = s === APPEND.outOfOrder ? 'outOfOrder' : s === APPEND.duplicate ? 'duplicate' : 'outOfBounds'
      }
      const double = result.duplicateSample
      if (refusal === 'duplicate' && double !== undefined) {
        return { status: 400, message: `${REFUSALS.duplicate} ${double.tMs}; overrides not allowed: existing ${goFloat(double.existing)}, new value ${goFloat(double.value)}` }
      }
      if (refusal === 'outOfBounds' && result.tooOld !== undefined) return { status: 400, message: 'too old sample' }
      if (refusal !== undefined) return { status: 400, message: REFUSALS[refusal] }
    }
    skipped.outOfOrder = result.outOfOrder + result.duplicate
    return { status: 204, samples: result.appended, skipped }
  }

  /**
   * Hands all samples to the appender.
   * @param trustFront  the labels in front of a series' other fields are all of them; where that turns out wrong, the answer is
   *                    `lateLabels`, and the caller starts again without it
   */
  private walk(message: Uint8Array, skipped: { -readonly [K in keyof SkippedParts]: number }, trustFront: boolean): 'done' | 'tooFarAhead' | 'lateLabels' {
    const r = new ProtobufReader(message)
    const latest = this.now() + this.limits.maxFutureMs
    const total = message.length
    while (r.p < total) {
      const key = r.varint()
      if (key !== 10) {
        // 3: metadata, which the scrape side keeps; others are of newer senders.
        r.skip(key)
        continue
      }
      const seriesEnd = r.lengthEnd()
      r.end = seriesEnd
      const start = r.p
      let labelsEnd = start
      // Labels come first in what every sender writes; their bytes as a whole name the series.
      while (r.p < seriesEnd && message[r.p] === 10) {
        r.p++
        r.p = r.lengthEnd()
        labelsEnd = r.p
      }
      let ref = trustFront ? this.cache.get(message, start, labelsEnd) : undefined
      if (ref === undefined) {
        ref = this.newSeries(message, start, seriesEnd, trustFront ? labelsEnd : -1, skipped)
        if (ref === NO_SERIES) {
          r.p = seriesEnd
          r.end = total
          continue
        }
      }
      while (r.p < seriesEnd) {
        const field = r.varint()
        if (field === 18) {
          if (!this.sample(r, ref, latest)) return 'tooFarAhead'
        } else {
          if (field === 10 && trustFront) return 'lateLabels'
          if (field === 34) {
            const done = this.histogram(r, ref, latest)
            if (done !== 'taken') return done
          } else if (field === 26) this.exemplar(r, ref)
          else r.skip(field)
        }
      }
      r.p = seriesEnd
      r.end = total
    }
    return 'done'
  }

  /** @throws InvalidHistogram */
  private histogram(r: ProtobufReader, ref: SeriesRef, latest: number): 'taken' | 'tooFarAhead' {
    const end = r.lengthEnd()
    const outer = r.end
    r.end = end
    const { tMs, histogram } = readHistogram(r, end)
    r.end = outer
    if (tMs > latest) return 'tooFarAhead'
    const { appender } = this
    if (histogram === null) appender.appendStale(ref, tMs)
    else {
      const fault = histogramFault(histogram)
      if (fault !== undefined) throw new InvalidHistogram(fault)
      appender.appendHistogram(ref, tMs, histogram)
    }
    return 'taken'
  }

  private exemplar(r: ProtobufReader, ref: SeriesRef): void {
    const end = r.lengthEnd()
    const outer = r.end
    r.end = end
    const exemplar = readExemplar(r, end)
    r.end = outer
    this.appender.appendExemplar(ref, exemplar)
  }

  private sample(r: ProtobufReader, ref: SeriesRef, latest: number): boolean {
    const end = r.lengthEnd()
    const outer = r.end
    r.end = end
    const { b } = r
    this.value[0] = 0
    let tMs = 0
    while (r.p < end) {
      const key = r.varint()
      if (key === 9) {
        if (r.p + 8 > end) throw new ProtobufError('unexpected EOF')
        for (let i = 0; i < 8; i++) this.valueBytes[i] = b[r.p + i]!
        r.p += 8
      } else if (key === 16) tMs = r.int64()
      else r.skip(key)
    }
    r.end = outer
    if (tMs > latest) return false
    const { appender, valueBits } = this
    appender.appendBits(ref, tMs, valueBits[0]!, valueBits[1]!)
    return true
  }

  /** Makes the ref of labels that the cache does not know, and remembers it unless `labelsEnd` is -1. @returns NO_SERIES when they are invalid or over the limit */
  private newSeries(message: Uint8Array, start: number, seriesEnd: number, labelsEnd: number, skipped: { -readonly [K in keyof SkippedParts]: number }): SeriesRef {
    const labels = readLabels(message, start, seriesEnd)
    if (labels === undefined) {
      skipped.invalidSeries++
      return NO_SERIES
    }
    const ref = this.appender.series(labels)
    if (ref === NO_SERIES) skipped.limitedSeries++
    else if (labelsEnd >= 0) this.cache.set(message, start, labelsEnd, ref)
    return ref
  }
}

/** A native histogram that contradicts itself. */
class InvalidHistogram extends Error {}

/** All labels of a TimeSeries message. @returns undefined when they don't name a series */
function readLabels(message: Uint8Array, start: number, seriesEnd: number): Labels | undefined {
  const r = new ProtobufReader(message)
  r.p = start
  r.end = seriesEnd
  const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const pairs: [string, string][] = []
  const names = new Set<string>()
  let hasName = false
  while (r.p < seriesEnd) {
    const key = r.varint()
    if (key !== 10) {
      r.skip(key)
      continue
    }
    const end = r.lengthEnd()
    const outer = r.end
    r.end = end
    let name = ''
    let value = ''
    while (r.p < end) {
      const field = r.varint()
      if (field !== 10 && field !== 18) {
        r.skip(field)
        continue
      }
      const textEnd = r.lengthEnd()
      if (!isUtf8(message.subarray(r.p, textEnd))) return undefined
      if (field === 10) name = text.toString('utf8', r.p, textEnd)
      else value = text.toString('utf8', r.p, textEnd)
      r.p = textEnd
    }
    r.end = outer
    if (name === '' || names.has(name)) return undefined
    names.add(name)
    if (name === METRIC_NAME) {
      if (value === '') return undefined
      hasName = true
    }
    pairs.push([name, value])
  }
  return hasName ? labelsFromPairs(pairs) : undefined
}

/**
 * Stores one request: {@link RemoteWriteReceiver.receive} without its memory of earlier requests.
 * @see RemoteWriteReceiver for a server, which keeps one
 */
export function receiveRemoteWrite(body: Uint8Array, appender: Appender, limits: RemoteWriteLimits = REMOTE_WRITE_LIMITS): RemoteWriteResult {
  return new RemoteWriteReceiver(appender, limits).receive(body)
}
