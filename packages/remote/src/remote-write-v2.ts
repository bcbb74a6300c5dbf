import { isUtf8 } from 'node:buffer'
import { SnappyBlockError, labelsText, uncompressBlock } from '@haechi/exposition'
import { METRIC_NAME, histogramFault, labelValue, labelsFromPairs } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { APPEND, NO_SERIES } from '@haechi/storage'
import type { Appender, CommitResult, SeriesMetadata, SeriesRef } from '@haechi/storage'
import { goFloat } from './go-float.ts'
import { readHistogram } from './histogram-message.ts'
import { ProtobufError, ProtobufReader } from './protobuf.ts'
import { REMOTE_WRITE_LIMITS } from './remote-write.ts'
import type { RemoteWriteLimits } from './remote-write.ts'
import { SeriesCache } from './series-cache.ts'

/** What a request of version 2.0 did: part of it may be stored although the status is 400. */
export interface RemoteWriteV2Result {
  readonly status: 204 | 400 | 500
  /** One line per refusal; '' when all was taken. */
  readonly message: string
  readonly samples: number
  readonly histograms: number
  readonly exemplars: number
  readonly cause?: unknown
}

/** Refusals that an answer lists at most. */
const MAX_REFUSALS = 100
/** `Metadata.MetricType` of io.prometheus.write.v2. */
const TYPES = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'] as const
const TYPE_LABEL = '__type__'
const UNIT_LABEL = '__unit__'
const FLOAT = 0
const HISTOGRAM = 1

/** What of one series was refused; the texts stand in the order of the request. */
interface Refusal { readonly series: number; readonly text: string }

/**
 * Receives remote write 2.0 requests (`io.prometheus.write.v2.Request`): one per storage, used for all requests, because it remembers the refs of series.
 * What the storage refuses does not fail the rest: it is stored, and the answer is 400 with one line per refusal.
 * @see Prometheus storage/remote/write_handler.go `appendV2`
 */
export class RemoteWriteV2Receiver {
  readonly #appender: Appender
  readonly #limits: RemoteWriteLimits
  readonly #now: () => number
  readonly #cache = new SeriesCache()
  /** A series' labels as bytes: lengths and texts. */
  #key: Uint8Array = new Uint8Array(1024)
  readonly #value = new Float64Array(1)
  readonly #valueBytes = new Uint8Array(this.#value.buffer)
  readonly #valueBits = new Uint32Array(this.#value.buffer)
  /** Since when the sample read last counts, 0: not known. */
  #startMs = 0
  /** Series and kind of each sample handed to the appender. */
  #owner: Int32Array = new Int32Array(256)
  #kinds: Uint8Array = new Uint8Array(256)
  #pushed = 0

  readonly #typeLabels: boolean

  /**
   * @param now         Unix ms, for the bound on the future
   * @param typeLabels  whether type and unit in a series' metadata become its labels `__type__` and `__unit__` (`--enable-feature=type-and-unit-labels`)
   */
  constructor(appender: Appender, limits: RemoteWriteLimits = REMOTE_WRITE_LIMITS, now: () => number = Date.now, typeLabels = false) {
    this.#typeLabels = typeLabels
    this.#appender = appender
    this.#limits = limits
    this.#now = now
  }

  /** Stores a request: a snappy block. Everything happens before this returns. */
  receive(body: Uint8Array): RemoteWriteV2Result {
    let message: Uint8Array
    try {
      message = uncompressBlock(body, this.#limits.maxDecodedBytes)
    } catch (err) {
      if (err instanceof SnappyBlockError) return nothing(400, err.message)
      throw err
    }
    const first = this.#store(message)
    if (first !== 'staleRefs') return first
    // Remembered series have ended since: what was stored already is met again as the same samples.
    this.#cache.clear()
    const second = this.#store(message)
    return second === 'staleRefs' ? nothing(500, 'series ended while the request was stored') : second
  }

  #store(message: Uint8Array): RemoteWriteV2Result | 'staleRefs' {
    this.#pushed = 0
    let request: Request
    let exemplars = 0
    const refusals: Refusal[] = []
    let result: CommitResult
    try {
      request = readRequest(message, this.#typeLabels)
      for (let i = 0; i < request.series.length; i += 2) exemplars += this.#series(request, i, refusals)
      result = this.#appender.commit()
    } catch (err) {
      this.#appender.rollback()
      if (err instanceof ProtobufError) return nothing(400, err.message)
      return nothing(500, err instanceof Error ? err.message : String(err), err)
    }
    const written = [0, 0]
    const { statuses } = this.#appender
    let existing = result.duplicateSample
    for (let i = 0; i < this.#pushed; i++) {
      const status = statuses[i]!
      if (status === APPEND.unknownSeries) return 'staleRefs'
      if (status === APPEND.ok) {
        written[this.#kinds[i]!]!++
        continue
      }
      const series = this.#owner[i]!
      let text = 'out of order sample'
      if (status === APPEND.outOfBounds) text = result.tooOld === undefined ? 'out of bounds' : 'too old sample'
      else if (status === APPEND.duplicate) {
        text = 'duplicate sample for timestamp'
        if (existing !== undefined && this.#kinds[i] === FLOAT) {
          text += ` ${existing.tMs}; overrides not allowed: existing ${goFloat(existing.existing)}, new value ${goFloat(existing.value)}`
          existing = undefined
        }
      }
      refusals.push({ series, text: `${text} for series ${seriesText(request, series)}` })
    }
    refusals.sort((a, b) => a.series - b.series)
    const lines = refusals.slice(0, MAX_REFUSALS).map(r => r.text)
    if (refusals.length > MAX_REFUSALS) lines.push(`and ${refusals.length - MAX_REFUSALS} more`)
    return { status: refusals.length === 0 ? 204 : 400, message: lines.join('\n'), samples: written[FLOAT]!, histograms: written[HISTOGRAM]!, exemplars }
  }

  /** Hands one series to the appender. @returns the exemplars that were */
  #series(request: Request, series: number, refusals: Refusal[]): number {
    const { message } = request
    const start = request.series[series]!
    const end = request.series[series + 1]!
    const r = new ProtobufReader(message)
    r.p = start
    r.end = end
    const { refs, metadata } = readHead(r, request)
    const refuse = (text: string): void => void refusals.push({ series, text })
    const fault = refsFault(refs, request)
    if (fault !== undefined) {
      refuse(`parsing labels for series [${refs.join(' ')}]: ${fault}`)
      return 0
    }
    if (typeof metadata === 'string') {
      refuse(`parsing metadata for series [${refs.join(' ')}]: ${metadata}`)
      return 0
    }
    const ref = this.#ref(request, refs, metadata, refuse)
    if (ref === NO_SERIES) return 0
    if (metadata !== undefined) this.#appender.appendMetadata(ref, metadata)
    const { appender, latest } = { appender: this.#appender, latest: this.#now() + this.#limits.maxFutureMs }
    const tooFar = (): void => refuse(`out of bounds: timestamp is too far in the future for series ${seriesText(request, series)}`)
    let exemplars = 0
    r.p = start
    while (r.p < end) {
      const key = r.varint()
      if (key !== 18 && key !== 26 && key !== 34) {
        r.skip(key)
        continue
      }
      const fieldEnd = r.lengthEnd()
      r.end = fieldEnd
      if (key === 18) {
        const tMs = this.#readSample(r)
        if (tMs > latest) tooFar()
        else {
          this.#note(series, FLOAT)
          appender.appendBits(ref, tMs, this.#valueBits[0]!, this.#valueBits[1]!, this.#startMs)
        }
      } else if (key === 26) {
        const { tMs, histogram, startMs } = readHistogram(r, fieldEnd)
        const fault = histogram === null ? undefined : histogramFault(histogram)
        if (fault !== undefined) refuse(`${fault} for series ${seriesText(request, series)}`)
        else if (tMs > latest) tooFar()
        else if (histogram === null) {
          this.#note(series, HISTOGRAM)
          appender.appendStale(ref, tMs)
        } else {
          this.#note(series, HISTOGRAM)
          appender.appendHistogram(ref, tMs, histogram, startMs)
        }
      } else if (this.#exemplar(r, request, series, ref, refuse)) exemplars++
      r.p = fieldEnd
      r.end = end
    }
    return exemplars
  }

  /** The ref of labels; NO_SERIES, and the refusal is noted, when they don't name a series or there is no room for another. */
  #ref(request: Request, refs: readonly number[], metadata: SeriesMetadata | undefined, refuse: (text: string) => void): SeriesRef {
    const typed = request.typeLabels && saysTypeOrUnit(metadata) ? metadata : undefined
    const length = this.#writeKey(request, refs, typed === undefined ? '' : `${typed.type}\xff${typed.unit.length}\xff${typed.unit}`)
    let ref = this.#cache.get(this.#key, 0, length)
    if (ref !== undefined) return ref
    let wellFormed = true
    for (let i = 0; i < refs.length; i += 2) {
      if (!isSymbolUtf8(request, refs[i]!) || !isSymbolUtf8(request, refs[i + 1]!) || refs[i] === 0) wellFormed = false
    }
    const pairs = labelPairs(request, refs, metadata)
    const labels = labelsFromPairs(pairs)
    const text = (): string => labelsText(pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).flat())
    if (!wellFormed || labelValue(labels, METRIC_NAME) === '') {
      refuse(`invalid metric name or labels, got ${text()}`)
      return NO_SERIES
    }
    const double = pairs.map(([name]) => name).sort().find((name, i, sorted) => sorted[i + 1] === name)
    if (double !== undefined) {
      refuse(`invalid labels for series, labels ${text()}, duplicated label ${double}`)
      return NO_SERIES
    }
    ref = this.#appender.series(labels)
    if (ref === NO_SERIES) refuse(`the storage takes no more series: its limit is reached for series ${text()}`)
    else this.#cache.set(this.#key, 0, length, ref)
    return ref
  }

  /** @param typed what metadata adds to the labels. @returns the length of the labels' bytes in `#key` */
  #writeKey({ message, symbols }: Request, refs: readonly number[], typed: string): number {
    let to = Buffer.byteLength(typed)
    if (to > this.#key.length) this.#key = new Uint8Array(2 * to)
    if (to > 0) Buffer.from(this.#key.buffer).write(typed)
    for (const ref of refs) {
      const from = symbols[2 * ref]!
      const length = symbols[2 * ref + 1]! - from
      if (to + length + 4 > this.#key.length) {
        const larger = new Uint8Array(2 * (to + length + 4))
        larger.set(this.#key)
        this.#key = larger
      }
      const key = this.#key
      key[to] = length
      key[to + 1] = length >>> 8
      key[to + 2] = length >>> 16
      key[to + 3] = length >>> 24
      to += 4
      for (let i = 0; i < length; i++) key[to + i] = message[from + i]!
      to += length
    }
    return to
  }

  /** A Sample message (1 value, 2 timestamp, 3 start_timestamp) up to the reader's end, into `#value` and `#startMs`. @returns its time */
  #readSample(r: ProtobufReader): number {
    const { b, end } = r
    this.#value[0] = 0
    this.#startMs = 0
    let tMs = 0
    while (r.p < end) {
      const key = r.varint()
      if (key === 9) {
        if (r.p + 8 > end) throw new ProtobufError('unexpected EOF')
        for (let i = 0; i < 8; i++) this.#valueBytes[i] = b[r.p + i]!
        r.p += 8
      } else if (key === 16) tMs = r.int64()
      else if (key === 24) this.#startMs = r.int64()
      else r.skip(key)
    }
    return tMs
  }

  /** An Exemplar message: 1 labels_refs, 2 value, 3 timestamp. @returns whether it was handed over */
  #exemplar(r: ProtobufReader, request: Request, series: number, ref: SeriesRef, refuse: (text: string) => void): boolean {
    const refs: number[] = []
    let value = 0
    let tMs = 0
    while (r.p < r.end) {
      const key = r.varint()
      if (key >> 3 === 1) readRefs(r, key, refs)
      else if (key === 17) value = r.double()
      else if (key === 24) tMs = r.int64()
      else r.skip(key)
    }
    const fault = refsFault(refs, request)
    if (fault !== undefined) {
      refuse(`parsing exemplar for series ${seriesText(request, series)}: ${fault}`)
      return false
    }
    const pairs: [string, string][] = []
    for (let i = 0; i < refs.length; i += 2) pairs.push([symbol(request, refs[i]!), symbol(request, refs[i + 1]!)])
    this.#appender.appendExemplar(ref, { labels: labelsFromPairs(pairs), value, tMs })
    return true
  }

  #note(series: number, kind: number): void {
    const i = this.#pushed++
    if (i === this.#kinds.length) {
      const owner = new Int32Array(2 * i)
      owner.set(this.#owner)
      this.#owner = owner
      const kinds = new Uint8Array(2 * i)
      kinds.set(this.#kinds)
      this.#kinds = kinds
    }
    this.#owner[i] = series
    this.#kinds[i] = kind
  }
}

/** Where the parts of a request stand in its bytes. */
interface Request {
  readonly message: Uint8Array
  /** Start and end of each symbol. */
  readonly symbols: readonly number[]
  /** Start and end of each TimeSeries message. */
  readonly series: readonly number[]
  /** Symbols as text, as far as they were asked for. */
  readonly texts: Map<number, string>
  /** Whether type and unit become labels. */
  readonly typeLabels: boolean
}

/** Fields of Request: 4 symbols, 5 timeseries. */
function readRequest(message: Uint8Array, typeLabels: boolean): Request {
  const r = new ProtobufReader(message)
  const symbols: number[] = []
  const series: number[] = []
  while (r.p < message.length) {
    const key = r.varint()
    if (key !== 34 && key !== 42) {
      r.skip(key)
      continue
    }
    const end = r.lengthEnd()
    if (key === 34) symbols.push(r.p, end)
    else series.push(r.p, end)
    r.p = end
  }
  return { message, symbols, series, texts: new Map(), typeLabels }
}

/** References to symbols, packed or not. */
function readRefs(r: ProtobufReader, key: number, into: number[]): void {
  if ((key & 7) === 0) {
    into.push(r.varint())
    return
  }
  if ((key & 7) !== 2) throw new ProtobufError(`proto: wrong wireType = ${key & 7} for field LabelsRefs`)
  const end = r.lengthEnd()
  while (r.p < end) into.push(r.varint())
}

function refsFault(refs: readonly number[], { symbols }: Request): string | undefined {
  if (refs.length % 2 !== 0) return `invalid labelRefs length ${refs.length}`
  const size = symbols.length / 2
  for (let i = 0; i < refs.length; i += 2) {
    if (refs[i]! >= size || refs[i + 1]! >= size) return `labelRefs ${refs[i]!} (name) = ${refs[i + 1]!} (value) outside of symbols table (size ${size})`
  }
  return undefined
}

function symbol(request: Request, ref: number): string {
  let text = request.texts.get(ref)
  if (text === undefined) {
    const { message, symbols } = request
    text = Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString('utf8', symbols[2 * ref]!, symbols[2 * ref + 1]!)
    request.texts.set(ref, text)
  }
  return text
}

function isSymbolUtf8({ message, symbols }: Request, ref: number): boolean {
  return isUtf8(message.subarray(symbols[2 * ref]!, symbols[2 * ref + 1]!))
}

/** Labels and metadata of the series at the reader, up to its end. Metadata whose symbols are missing is Prometheus' text about it. */
function readHead(r: ProtobufReader, request: Request): { readonly refs: readonly number[]; readonly metadata: SeriesMetadata | string | undefined } {
  const { end } = r
  const refs: number[] = []
  let metadata: SeriesMetadata | string | undefined
  while (r.p < end) {
    const key = r.varint()
    if (key >> 3 === 1) readRefs(r, key, refs)
    else if (key === 42) {
      r.end = r.lengthEnd()
      metadata = readMetadata(r, request)
      r.p = r.end
      r.end = end
    } else r.skip(key)
  }
  return { refs, metadata }
}

const saysTypeOrUnit = (metadata: SeriesMetadata | undefined): metadata is SeriesMetadata => metadata !== undefined && (metadata.type !== 'unknown' || metadata.unit !== '')

/** The labels that a series is stored with. @see Prometheus storage/remote/write_handler.go `appendV2` */
function labelPairs(request: Request, refs: readonly number[], metadata: SeriesMetadata | undefined): [string, string][] {
  const typed = request.typeLabels && saysTypeOrUnit(metadata) ? metadata : undefined
  const pairs: [string, string][] = []
  for (let i = 0; i < refs.length; i += 2) {
    const name = symbol(request, refs[i]!)
    if (typed === undefined || (name !== TYPE_LABEL && name !== UNIT_LABEL)) pairs.push([name, symbol(request, refs[i + 1]!)])
  }
  if (typed !== undefined && typed.type !== 'unknown') pairs.push([TYPE_LABEL, typed.type])
  if (typed !== undefined && typed.unit !== '') pairs.push([UNIT_LABEL, typed.unit])
  return pairs
}

/** A Metadata message: 1 type, 3 help_ref, 4 unit_ref. @returns Prometheus' text when a symbol is missing */
function readMetadata(r: ProtobufReader, request: Request): SeriesMetadata | string {
  let type = 0
  let help = 0
  let unit = 0
  while (r.p < r.end) {
    const key = r.varint()
    if (key === 8) type = r.varint()
    else if (key === 24) help = r.varint()
    else if (key === 32) unit = r.varint()
    else r.skip(key)
  }
  const size = request.symbols.length / 2
  if (unit >= size) return `metadata unit_ref ${unit} outside of symbols table (size ${size})`
  if (help >= size) return `metadata help_ref ${help} outside of symbols table (size ${size})`
  return { type: TYPES[type] ?? 'unknown', help: symbol(request, help), unit: symbol(request, unit) }
}

/** The labels of a series that was taken, as Prometheus prints them. */
function seriesText(request: Request, series: number): string {
  const r = new ProtobufReader(request.message)
  r.p = request.series[series]!
  r.end = request.series[series + 1]!
  const { refs, metadata } = readHead(r, request)
  const labels: Labels = labelsFromPairs(labelPairs(request, refs, typeof metadata === 'string' ? undefined : metadata))
  return labelsText(labels)
}

function nothing(status: 400 | 500, message: string, cause?: unknown): RemoteWriteV2Result {
  return { status, message, samples: 0, histograms: 0, exemplars: 0, ...(cause === undefined ? {} : { cause }) }
}
