import { labelValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { BodyReader, ExpositionError, FLAG, SERIES_DROPPED, SERIES_REFUSED, convertClassicHistograms, formatOf, protobufToText } from '@haechi/exposition'
import type { Exemplar, ExpositionFormat, Family, NativeSample, SeriesExemplar, SeriesResolver } from '@haechi/exposition'
import { APPEND, NO_SERIES } from '@haechi/storage'
import type { Appender, CommitResult } from '@haechi/storage'
import type { ScrapeConfig } from './config.ts'
import { CounterTruth } from './counter-truth.ts'
import type { BufferPool, FetchedBody } from './fetcher.ts'
import { NativeSeries } from './native-series.ts'
import { MetadataLog } from './metadata-log.ts'
import { MultiProcessWatch } from './multi-process.ts'
import { reportLabels, sampleLabels } from './sample-labels.ts'
import type { ScrapeLog } from './surroundings.ts'
import { familyOf, withTypeAndUnit } from './type-labels.ts'
import type { MultiProcessEvidence } from './views.ts'

/** Samples further in the future than this are refused. @see Prometheus scrape/scrape.go `maxAheadTime` */
const MAX_AHEAD_MS = 600_000

/** Series about the scrape itself, in the order in which they are stored. */
const REPORT = ['up', 'scrape_duration_seconds', 'scrape_samples_scraped', 'scrape_samples_post_metric_relabeling', 'scrape_series_added'] as const
const EXTRA_REPORT = ['scrape_timeout_seconds', 'scrape_sample_limit', 'scrape_body_size_bytes'] as const

/** What one scrape came to. */
export interface ScrapeOutcome {
  /** Prometheus' text, '' when all is well. */
  readonly error: string
  readonly samples: number
  readonly kept: number
  readonly seriesAdded: number
  readonly nativeHistograms: number
  readonly zeroBirths: number
  readonly bodyBytes: number
}

/** A body as text, with what text can't say. */
interface BodyText {
  readonly bytes: Uint8Array
  readonly length: number
  /** Native histograms that are not stored. */
  readonly skippedNatives: number
  readonly natives: readonly NativeSample[]
  readonly exemplars: readonly SeriesExemplar[]
}

/** Counts since the start, of one target. */
export interface WriterCounts {
  duplicates: number
  outOfOrder: number
  outOfBounds: number
  zeroBirths: number
}

/** Stores the bodies of one target: parsing, labels, limits, ended series, the series about the scrape. One `store` call is one batch, without pauses. */
export class TargetWriter implements SeriesResolver {
  readonly counts: WriterCounts = { duplicates: 0, outOfOrder: 0, outOfBounds: 0, zeroBirths: 0 }
  readonly #labels: Labels
  #config: ScrapeConfig
  readonly #appender: Appender
  readonly #log: ScrapeLog
  readonly #pool: BufferPool
  #reader: BodyReader | undefined
  #format: ExpositionFormat = 'text'
  /** The header that `#format` was read from. */
  #contentType = ''
  /** Refs that were stored under another format or configuration; they end unless the next body has them. */
  #carried: number[] = []
  #reports: number[] = []
  /** Series made since the last commit. */
  #fresh: number[] = []
  #refused = 0
  /** Series of the last body that the storage refused. */
  refusedSeries = 0
  #sinceRefused = 0
  #previousMs = 0
  /** Time of the scrape that is being stored. */
  #scrapeMs = 0
  readonly #truth: CounterTruth | undefined
  readonly #watch = new MultiProcessWatch()
  readonly #natives = new NativeSeries()
  readonly #metadata: MetadataLog | undefined
  readonly #typeLabels: boolean

  /**
   * @param metadataInLog   whether the storage is told what the target says about its metrics
   * @param typeLabels      whether type and unit of a metric become labels of its series
   */
  constructor(labels: Labels, config: ScrapeConfig, appender: Appender, log: ScrapeLog, pool: BufferPool, metadataInLog = false, typeLabels = false) {
    this.#typeLabels = typeLabels
    this.#labels = labels
    this.#config = config
    this.#appender = appender
    this.#log = log
    this.#pool = pool
    this.#metadata = metadataInLog ? new MetadataLog(appender) : undefined
    this.#truth = config.extras.zeroBirth ? new CounterTruth() : undefined
  }

  /** Goes on with another configuration of the same job; series that it no longer gives end with the next scrape. */
  reconfigure(config: ScrapeConfig): void {
    this.#config = config
    this.#carried = this.#endAll()
    this.#reader = undefined
    this.#natives.reset()
    this.#reports = []
  }

  /** Evidence of several processes behind the target. */
  get multiProcess(): MultiProcessEvidence | undefined {
    return this.#watch.evidence
  }

  /** Metric families of the last good body. */
  families(): readonly Family[] {
    return this.#reader?.metadata.list() ?? []
  }

  /** One family of the last good body. */
  family(name: string): Family | undefined {
    return this.#reader?.metadata.get(name)
  }

  /** Bytes held for this target. */
  get sizeBytes(): number {
    return this.#reader?.sizeBytes ?? 0
  }

  /** The size of body to expect. */
  bodyBytes = 0

  /** The labels that a new series is stored with, or that it is not stored. Called by the reader. */
  resolve(exposed: Labels, row: number, family: number): number {
    const reader = this.#reader!
    if (this.#truth !== undefined && this.#truth.takeCreated(exposed, row, reader.metadata)) return SERIES_DROPPED
    const said = this.#typeLabels && family >= 0 ? withTypeAndUnit(exposed, reader.metadata.at(family)) : exposed
    const labels = sampleLabels(said, this.#labels, this.#config)
    if (labels === undefined) return SERIES_DROPPED
    if (this.#config.sampleLimit > 0 && reader.kept > this.#config.sampleLimit) return SERIES_REFUSED
    const ref = this.#appender.series(labels)
    if (ref === NO_SERIES) {
      this.#refused++
      return SERIES_REFUSED
    }
    this.#fresh.push(ref)
    this.#truth?.add(exposed, row, ref)
    if (family >= 0) this.#metadata?.add(ref, exposed, reader.metadata.at(family))
    return ref
  }

  /** An exemplar of a line that changed. Called by the reader. */
  exemplar(ref: number, exemplar: Exemplar): void {
    this.#appendExemplar(ref, exemplar, this.#scrapeMs)
  }

  /**
   * Stores one scrape.
   * @param tMs         time of the samples
   * @param body        what the target answered, or the text why it did not
   * @param durationMs  called when parsing is done: time since the scrape began
   */
  store(tMs: number, body: FetchedBody | string, durationMs: () => number, timeoutMs: number): ScrapeOutcome {
    const appender = this.#appender
    const refusedBefore = this.#refused
    let error = typeof body === 'string' ? body : ''
    let samples = 0
    let kept = 0
    let seriesAdded = 0
    let nativeHistograms = 0
    let births = 0
    let pushed = 0
    let timed = false
    let column: BodyReader | undefined
    const bodyBytes = typeof body === 'string' ? (body === 'body size limit exceeded' ? -1 : 0) : body.length
    this.#fresh = []
    this.#scrapeMs = tMs
    this.#truth?.begin()
    if (typeof body !== 'string') {
      try {
        if (body.length > 0) {
          const text = this.#textOf(body)
          nativeHistograms = text.skippedNatives
          const reader = this.#reader!
          try {
            this.#pool.give(reader.read(text.bytes, text.length, this))
          } finally {
            samples = reader.samples
            kept = reader.kept
          }
          seriesAdded = reader.seriesAdded
          if (this.#config.sampleLimit > 0 && kept > this.#config.sampleLimit) throw new ExpositionError('sample limit exceeded')
          const zeros = this.#truth?.births(reader, this.#previousMs, tMs) ?? []
          for (const zero of zeros) appender.append(zero.ref, zero.tMs, 0)
          births = zeros.length
          timed = reader.timed > 0
          pushed = births
          if (timed) pushed += this.#appendTimed(reader, tMs)
          else {
            appender.appendColumn(reader.columns.refs, tMs, reader.columns.values, reader.columns.count)
            column = reader
          }
          const natives = this.#natives.store(text.natives, tMs, this.#config.honorTimestamps, this.#config, labels => this.#resolveNative(labels), appender)
          samples += natives.samples
          kept += natives.kept
          seriesAdded += natives.added
          pushed += natives.pushed
          for (const ref of this.#ended(reader)) {
            appender.appendStale(ref, tMs)
            pushed++
          }
          if (this.#config.sampleLimit > 0 && kept > this.#config.sampleLimit) throw new ExpositionError('sample limit exceeded')
          this.#appendExemplars(text.exemplars, tMs)
          this.#metadata?.changed(reader.metadata, [reader.columns.refs.subarray(0, reader.columns.count), Float64Array.from(this.#natives.refs())])
          this.#watch.observe(reader, tMs)
        } else pushed = this.#appendEnd(this.#endAll(), tMs)
      } catch (err) {
        // The world's errors are texts for the target's page; anything else is ours.
        if (!(err instanceof ExpositionError)) throw err
        error = err.message
        appender.rollback()
        births = 0
        column = undefined
        pushed = this.#appendEnd(this.#endAfterError(), tMs)
      }
    } else pushed = this.#appendEnd(this.#endAll(), tMs)
    this.#report(tMs, [error === '' ? 1 : 0, durationMs() / 1000, samples, kept, seriesAdded, timeoutMs / 1000, this.#config.sampleLimit, bodyBytes])
    const reports = this.#reports.length
    this.#commit(pushed + reports, column, reports, error === '' && typeof body !== 'string' ? (this.#reader?.duplicates ?? 0) : 0)
    if (error === '') this.#previousMs = tMs
    if (typeof body !== 'string') this.bodyBytes = body.length
    this.counts.zeroBirths += births
    this.refusedSeries = this.#refused - refusedBefore
    this.#retryRefused()
    return { error, samples, kept, seriesAdded, nativeHistograms, zeroBirths: births, bodyBytes: Math.max(0, bodyBytes) }
  }

  /** Marks every series of the target as ended, those about the scrape included. */
  end(tMs: number): void {
    for (const ref of [...this.#carried, ...this.#endAll()]) this.#appender.appendStale(ref, tMs)
    for (const ref of this.#reports) this.#appender.appendStale(ref, tMs)
    this.#carried = []
    this.#appender.commit()
  }

  /** The body as text, and the reader for its format ready. */
  #textOf(body: FetchedBody): BodyText {
    const format = this.#reader !== undefined && body.contentType === this.#contentType ? this.#format : formatOf(body.contentType, this.#config.fallbackProtocol)
    this.#contentType = body.contentType
    if (this.#reader === undefined || format !== this.#format) {
      this.#carried = this.#endAll()
      this.#format = format
      this.#reader = new BodyReader({ openMetrics: format === 'openmetrics', ofProtobuf: format === 'protobuf', honorTimestamps: this.#config.honorTimestamps, trackTimestamps: this.#config.trackTimestampsStaleness })
    }
    const { scrape, alwaysClassic, convertClassic } = this.#config.nativeHistograms
    if (format !== 'protobuf') {
      if (!convertClassic) return { bytes: body.bytes, length: body.length, skippedNatives: 0, natives: [], exemplars: [] }
      const { text, length, natives } = convertClassicHistograms(body.bytes, body.length, format === 'openmetrics', alwaysClassic)
      this.#pool.give(body.bytes)
      return { bytes: text, length, skippedNatives: 0, natives, exemplars: [] }
    }
    const converted = protobufToText(body.bytes, body.length, { natives: scrape, classic: !scrape || alwaysClassic, ...(convertClassic && { convert: { keepClassic: alwaysClassic } }) })
    this.#pool.give(body.bytes)
    return { bytes: converted.text, length: converted.length, skippedNatives: scrape ? 0 : converted.nativeHistograms, natives: converted.natives, exemplars: converted.exemplars }
  }

  /** The ref of a native histogram; 0 if it is not stored. */
  #resolveNative(exposed: Labels): number {
    const labels = sampleLabels(this.#typed(exposed), this.#labels, this.#config)
    if (labels === undefined) return 0
    const ref = this.#appender.series(labels)
    if (ref === NO_SERIES) this.#refused++
    else {
      this.#fresh.push(ref)
      this.#metadata?.add(ref, exposed, this.#reader!.metadata.get(labelValue(exposed, '__name__')))
    }
    return ref
  }

  /** Labels of a series that stands beside the text, with what the text says of its family. */
  #typed(exposed: Labels): Labels {
    if (!this.#typeLabels) return exposed
    const family = familyOf(this.#reader!.metadata, labelValue(exposed, '__name__'))
    return family === undefined ? exposed : withTypeAndUnit(exposed, family)
  }

  /** Exemplars of series that are stored. */
  #appendExemplars(list: readonly SeriesExemplar[], tMs: number): void {
    for (const { labels, exemplar } of list) {
      const stored = sampleLabels(this.#typed(labels), this.#labels, this.#config)
      if (stored === undefined) continue
      this.#appendExemplar(this.#appender.series(stored), exemplar, tMs)
    }
  }

  #appendExemplar(ref: number, { labels, value, timeMs }: Exemplar, tMs: number): void {
    this.#appender.appendExemplar(ref, timeMs === undefined ? { labels, value, tMs, scrapeTime: true } : { labels, value, tMs: timeMs })
  }

  #appendTimed(reader: BodyReader, tMs: number): number {
    const { refs, values, flags, timesMs, count } = reader.columns
    let pushed = 0
    for (let i = 0; i < count; i++) {
      if (refs[i]! <= 0) continue
      const own = (flags[i]! & FLAG.timed) !== 0
      const at = own ? timesMs![i]! : tMs
      if (own && at > tMs + MAX_AHEAD_MS) {
        this.counts.outOfBounds++
        continue
      }
      this.#appender.append(refs[i]!, at, values[i]!)
      pushed++
    }
    return pushed
  }

  #appendEnd(refs: readonly number[], tMs: number): number {
    for (const ref of refs) this.#appender.appendStale(ref, tMs)
    return refs.length
  }

  /** Refs that end with this body. */
  #ended(reader: BodyReader): number[] {
    if (this.#carried.length === 0) return reader.stale
    const gone = new Set([...this.#carried, ...reader.stale])
    this.#carried = []
    const { refs, count } = reader.columns
    for (let i = 0; i < count; i++) gone.delete(refs[i]!)
    for (const ref of this.#natives.refs()) gone.delete(ref)
    return [...gone]
  }

  /** Refs that end when a scrape gives nothing. */
  #endAll(): number[] {
    const refs = [...this.#reader?.gone() ?? [], ...this.#natives.gone()]
    if (this.#carried.length === 0) return refs
    const all = [...new Set([...this.#carried, ...refs])]
    this.#carried = []
    return all
  }

  /** Refs that end after a body that could not be used: what was stored before, without what this body brought. */
  #endAfterError(): number[] {
    const reader = this.#reader
    const gone = new Set<number>(this.#carried)
    this.#carried = []
    for (const ref of reader?.stale ?? []) gone.add(ref)
    for (const ref of reader?.gone() ?? []) gone.add(ref)
    for (const ref of this.#natives.gone()) gone.add(ref)
    // Series that were never stored have nothing to end.
    if (reader?.columns.count !== 0) for (const ref of this.#fresh) gone.delete(ref)
    reader?.reset()
    return [...gone]
  }

  #report(tMs: number, values: readonly number[]): void {
    if (this.#reports.length === 0) this.#reports = this.#reportRefs()
    for (let i = 0; i < this.#reports.length; i++) this.#appender.append(this.#reports[i]!, tMs, values[i]!)
  }

  #reportRefs(): number[] {
    const names = this.#config.extraScrapeMetrics ? [...REPORT, ...EXTRA_REPORT] : REPORT
    return names.map(name => this.#appender.series(reportLabels(name, this.#labels)))
  }

  /**
   * Stores the batch and counts what was refused. The samples about the scrape are the last of the batch; theirs do not count.
   * @param pushed  samples appended one by one
   * @param column  whose columns were appended as a whole
   */
  #commit(pushed: number, column: BodyReader | undefined, reports: number, duplicates: number): void {
    let result: CommitResult
    try {
      result = this.#appender.commit()
    } catch (err) {
      this.#log.error({ err }, 'Scrape commit failed')
      this.#appender.rollback()
      return
    }
    const { statuses } = this.#appender
    let { outOfOrder, duplicate, outOfBounds } = result
    if (result.appended < statuses.length) {
      for (let i = Math.max(0, statuses.length - reports); i < statuses.length; i++) {
        if (statuses[i] === APPEND.outOfOrder) outOfOrder--
        else if (statuses[i] === APPEND.duplicate) duplicate--
        else if (statuses[i] === APPEND.outOfBounds) outOfBounds--
      }
      this.#checkUnknown(statuses, pushed, column)
    }
    duplicate += duplicates
    this.counts.outOfOrder += outOfOrder
    this.counts.duplicates += duplicate
    this.counts.outOfBounds += outOfBounds
    if (outOfOrder > 0) this.#log.warn({ num_dropped: outOfOrder }, 'Error on ingesting out-of-order samples')
    if (duplicate > 0) this.#log.warn({ num_dropped: duplicate }, 'Error on ingesting samples with different value but same timestamp')
    if (outOfBounds > 0) this.#log.warn({ num_dropped: outOfBounds }, 'Error on ingesting samples that are too old or are too far into the future')
  }

  /** Series that the storage has dropped although this target held refs to them: the next body is read with new ones. Rows without a series may have a status, or none. */
  #checkUnknown(statuses: Uint8Array, pushed: number, column: BodyReader | undefined): void {
    let known = pushed
    if (column !== undefined) for (let i = 0; i < column.columns.count; i++) if (column.columns.refs[i]! > 0) known++
    let unknown = 0
    for (const status of statuses) if (status === APPEND.unknownSeries) unknown++
    if (unknown <= statuses.length - known) return
    this.#carried = []
    this.#reader?.reset()
    this.#natives.reset()
    this.#reports = []
  }

  /** A storage that was full may have room again. */
  #retryRefused(): void {
    if (this.#refused === 0 || ++this.#sinceRefused < 20) return
    this.#refused = 0
    this.#sinceRefused = 0
    this.#carried = this.#endAll()
    this.#reader?.reset()
    this.#natives.reset()
  }
}
