import path from 'node:path'
import { formatDuration, relabelConfig } from '@haechi/model'
import type { ConfigError, Fields, RelabelConfig } from '@haechi/model'
import { DEFAULT_SCRAPE_PROTOCOLS, NATIVE_SCRAPE_PROTOCOLS, SCRAPE_PROTOCOLS } from '@haechi/exposition'
import type { EscapingScheme, ScrapeProtocol } from '@haechi/exposition'
import { DEFAULT_HTTP_CONFIG, besideFile, httpConfig } from './http-config.ts'
import type { HttpConfig } from './http-config.ts'
import { discoveryConfigs } from './discovery-config.ts'
import type { DiscoveryConfig } from './discovery-config.ts'

/** The keys of `global` that scraping reads, with defaults filled in. */
export interface GlobalScrapeConfig {
  readonly scrapeIntervalMs: number
  readonly scrapeTimeoutMs: number
  readonly protocols: readonly ScrapeProtocol[]
  readonly bodySizeLimit: number
  readonly sampleLimit: number
  readonly targetLimit: number
  readonly labelLimit: number
  readonly labelNameLengthLimit: number
  readonly labelValueLengthLimit: number
  readonly keepDroppedTargets: number
  readonly nameValidation: 'utf8' | 'legacy'
  readonly nameEscaping: EscapingScheme
  readonly failureLogFile: string
  /** Adds scrape_timeout_seconds, scrape_sample_limit and scrape_body_size_bytes. */
  readonly extraScrapeMetrics: boolean
  readonly nativeHistograms: NativeHistogramConfig
}

/** How native histograms are scraped. */
export interface NativeHistogramConfig {
  /** They are asked for and stored. */
  readonly scrape: boolean
  /** Their classic buckets are stored all the same. */
  readonly alwaysClassic: boolean
  /** Classic histograms are stored as native ones with custom buckets. */
  readonly convertClassic: boolean
}

/** Options that no file can set: how jobs that Haechi found itself are treated. */
export interface JobExtras {
  /** Targets were found by looking at this machine. */
  readonly discovered: boolean
  /** Counter truth: counters that appear on a target that was scraped before start from zero, and `_created` series are used instead of stored. */
  readonly zeroBirth: boolean
  /** So many first scrapes come `quickIntervalMs` after each other, so that rates exist at once. */
  readonly quickScrapes: number
  readonly quickIntervalMs: number
}

/** One entry of `scrape_configs`, with all defaults filled in. Sizes and limits: 0 means none. */
export interface ScrapeConfig {
  readonly jobName: string
  readonly scrapeIntervalMs: number
  readonly scrapeTimeoutMs: number
  readonly metricsPath: string
  readonly scheme: string
  /** In file order; sent sorted by name. */
  readonly params: Readonly<Record<string, readonly string[]>>
  readonly honorLabels: boolean
  readonly honorTimestamps: boolean
  readonly trackTimestampsStaleness: boolean
  readonly protocols: readonly ScrapeProtocol[]
  readonly fallbackProtocol?: ScrapeProtocol
  readonly enableCompression: boolean
  readonly bodySizeLimit: number
  readonly sampleLimit: number
  readonly targetLimit: number
  readonly labelLimit: number
  readonly labelNameLengthLimit: number
  readonly labelValueLengthLimit: number
  readonly keepDroppedTargets: number
  readonly nameValidation: 'utf8' | 'legacy'
  readonly nameEscaping: EscapingScheme
  readonly failureLogFile: string
  readonly extraScrapeMetrics: boolean
  readonly nativeHistograms: NativeHistogramConfig
  /** Buckets that a native histogram may have; its resolution is reduced to that. 0: any number. */
  readonly bucketLimit: number
  /** The finest schema that is stored. */
  readonly maxSchema: number
  readonly http: HttpConfig
  readonly relabel: readonly RelabelConfig[]
  readonly metricRelabel: readonly RelabelConfig[]
  readonly discovery: readonly DiscoveryConfig[]
  readonly extras: JobExtras
}

/** Prometheus' defaults. @see config/config.go `DefaultGlobalConfig`, `DefaultScrapeConfig` */
export const DEFAULT_GLOBAL_SCRAPE: GlobalScrapeConfig = {
  scrapeIntervalMs: 60_000, scrapeTimeoutMs: 10_000, protocols: DEFAULT_SCRAPE_PROTOCOLS, bodySizeLimit: 0, sampleLimit: 0, targetLimit: 0, labelLimit: 0,
  labelNameLengthLimit: 0, labelValueLengthLimit: 0, keepDroppedTargets: 0, nameValidation: 'utf8', nameEscaping: 'allow-utf-8', failureLogFile: '',
  extraScrapeMetrics: false, nativeHistograms: { scrape: false, alwaysClassic: false, convertClassic: false },
}

/** What a job of a file gets. */
export const FILE_JOB: JobExtras = { discovered: false, zeroBirth: false, quickScrapes: 0, quickIntervalMs: 0 }

/** The finest schema of native histograms. */
const MAX_SCHEMA = 8
const MIN_SCHEMA = -4

const ESCAPINGS: readonly EscapingScheme[] = ['allow-utf-8', 'underscores', 'dots', 'values']

/**
 * Reads the scraping keys of `global`; other keys are left to their owners, so the caller calls `done()`.
 * @param scrapeNatives whether native histograms are scraped where the file does not say
 * @throws ConfigError with Prometheus' text
 */
export function globalScrapeConfig(f: Fields | undefined, scrapeNatives = false): GlobalScrapeConfig {
  if (f === undefined) return scrapeNatives ? { ...DEFAULT_GLOBAL_SCRAPE, nativeHistograms: { scrape: true, alwaysClassic: false, convertClassic: false }, protocols: NATIVE_SCRAPE_PROTOCOLS } : DEFAULT_GLOBAL_SCRAPE
  const scrapeIntervalMs = f.durationMs('scrape_interval', 0) || DEFAULT_GLOBAL_SCRAPE.scrapeIntervalMs
  const timeout = f.durationMs('scrape_timeout', 0)
  if (timeout > scrapeIntervalMs) throw f.error('scrape_timeout', 'global scrape timeout greater than scrape interval')
  const nativeHistograms = nativeConfig(f, { scrape: scrapeNatives, alwaysClassic: false, convertClassic: false })
  const nameValidation = validation(f, 'unknown global name validation method specified', 'utf8')
  return {
    scrapeIntervalMs, scrapeTimeoutMs: timeout || Math.min(DEFAULT_GLOBAL_SCRAPE.scrapeTimeoutMs, scrapeIntervalMs),
    protocols: f.has('scrape_protocols') ? protocols(f, ' for global config') : nativeHistograms.scrape ? NATIVE_SCRAPE_PROTOCOLS : DEFAULT_SCRAPE_PROTOCOLS,
    ...limits(f), nameValidation, nativeHistograms, nameEscaping: escaping(f, 'unknown global name escaping method specified', nameValidation === 'legacy' ? 'underscores' : 'allow-utf-8'),
    failureLogFile: besideFile(f, f.string('scrape_failure_log_file', '')),
    extraScrapeMetrics: f.boolean('extra_scrape_metrics', false),
  }
}

/**
 * Reads `scrape_configs`.
 * @throws ConfigError with Prometheus' text
 */
export function scrapeConfigs(list: readonly Fields[], global: GlobalScrapeConfig): ScrapeConfig[] {
  const names = new Set<string>()
  return list.map(f => {
    const config = scrapeConfig(f, global)
    if (names.has(config.jobName)) throw f.error('job_name', `found multiple scrape configs with job name ${JSON.stringify(config.jobName)}`)
    names.add(config.jobName)
    return config
  })
}

/** Reads one scrape config. @throws ConfigError with Prometheus' text */
export function scrapeConfig(f: Fields, global: GlobalScrapeConfig): ScrapeConfig {
  const jobName = f.string('job_name', '')
  if (jobName === '') throw f.error(undefined, 'job_name is empty')
  const quoted = JSON.stringify(jobName)
  const scrapeIntervalMs = f.durationMs('scrape_interval', 0) || global.scrapeIntervalMs
  const timeout = f.durationMs('scrape_timeout', 0)
  if (timeout > scrapeIntervalMs) throw f.error('scrape_timeout', `scrape timeout greater than scrape interval for scrape config with job name ${quoted}`)
  const http = httpConfig(f)
  const relabel = f.list('relabel_configs').map(relabelConfig)
  const metricRelabel = f.list('metric_relabel_configs').map(relabelConfig)
  const discovery = discoveryConfigs(f, relabel.length === 0)
  const own = limits(f)
  const params: Record<string, readonly string[]> = {}
  const p = f.fields('params')
  for (const name of p?.keys() ?? []) params[name] = p!.strings(name)
  const nameValidation = validation(f, 'unknown scrape config name validation method specified', global.nameValidation)
  const nameEscaping = escaping(f, 'unknown scrape config name escaping method specified', nameValidation === 'legacy' && global.nameEscaping === 'allow-utf-8' ? 'underscores' : global.nameEscaping)
  if (nameEscaping === 'allow-utf-8' && nameValidation !== 'utf8') throw f.error('metric_name_escaping_scheme', 'utf8 metric names requested but validation scheme is not set to UTF8')
  const fallback = f.string('fallback_scrape_protocol', '')
  if (fallback !== '' && !isProtocol(fallback)) throw f.error('fallback_scrape_protocol', `invalid fallback_scrape_protocol for scrape config with job name ${quoted}: ${unknownProtocol(fallback)}`)
  const nativeHistograms = nativeConfig(f, global.nativeHistograms)
  // A job that asks for native histograms where the others don't asks for the format that has them.
  const inherited = nativeHistograms.scrape && global.protocols === DEFAULT_SCRAPE_PROTOCOLS ? NATIVE_SCRAPE_PROTOCOLS : global.protocols
  const bucketLimit = f.integer('native_histogram_bucket_limit', 0)
  const maxSchema = schemaOf(f.has('native_histogram_min_bucket_factor') ? f.float('native_histogram_min_bucket_factor') : 0)
  const failureLogFile = f.string('scrape_failure_log_file', '')
  const config: ScrapeConfig = {
    jobName, scrapeIntervalMs, scrapeTimeoutMs: timeout || Math.min(global.scrapeTimeoutMs, scrapeIntervalMs),
    metricsPath: f.string('metrics_path', '/metrics'), scheme: f.string('scheme', 'http'), params,
    honorLabels: f.boolean('honor_labels', false), honorTimestamps: f.boolean('honor_timestamps', true), trackTimestampsStaleness: f.boolean('track_timestamps_staleness', false),
    protocols: f.has('scrape_protocols') ? protocols(f, ` for scrape config with job name ${quoted}`) : inherited,
    ...(fallback !== '' && isProtocol(fallback) && { fallbackProtocol: fallback }),
    enableCompression: f.boolean('enable_compression', true),
    bodySizeLimit: own.bodySizeLimit || global.bodySizeLimit, sampleLimit: own.sampleLimit || global.sampleLimit, targetLimit: own.targetLimit || global.targetLimit,
    labelLimit: own.labelLimit || global.labelLimit, labelNameLengthLimit: own.labelNameLengthLimit || global.labelNameLengthLimit,
    labelValueLengthLimit: own.labelValueLengthLimit || global.labelValueLengthLimit, keepDroppedTargets: own.keepDroppedTargets || global.keepDroppedTargets,
    nameValidation, nameEscaping, failureLogFile: failureLogFile === '' ? global.failureLogFile : path.resolve(path.dirname(f.file), failureLogFile),
    extraScrapeMetrics: f.boolean('extra_scrape_metrics', global.extraScrapeMetrics), nativeHistograms, bucketLimit, maxSchema, http, relabel, metricRelabel, discovery, extras: FILE_JOB,
  }
  f.done()
  return config
}

/** A job made by the program itself: addresses on this machine, or bodies from functions of this process. */
export interface OwnJob {
  readonly jobName: string
  readonly targets: readonly { readonly address: string; readonly labels?: Readonly<Record<string, string>>; readonly metricsPath?: string }[]
  readonly scrapeIntervalMs?: number
  readonly scrapeTimeoutMs?: number
  readonly extras?: Partial<JobExtras>
}

/** A scrape config for targets that no file names. */
export function ownScrapeConfig(job: OwnJob): ScrapeConfig {
  const { protocols: wanted, ...global } = DEFAULT_GLOBAL_SCRAPE
  const scrapeIntervalMs = job.scrapeIntervalMs ?? 15_000
  return {
    ...global, protocols: wanted, jobName: job.jobName, scrapeIntervalMs, scrapeTimeoutMs: job.scrapeTimeoutMs ?? Math.min(global.scrapeTimeoutMs, scrapeIntervalMs),
    metricsPath: '/metrics', scheme: 'http', params: {}, honorLabels: false, honorTimestamps: true, trackTimestampsStaleness: false, enableCompression: true,
    // A page without a usable Content-Type was looked at before it was taken as a target.
    fallbackProtocol: 'PrometheusText0.0.4',
    bucketLimit: 0, maxSchema: MAX_SCHEMA,
    http: DEFAULT_HTTP_CONFIG, relabel: [], metricRelabel: [],
    discovery: job.targets.map((t, i) => ({
      kind: 'static', groups: [{ source: `${i}`, targets: [{ __address__: t.address, ...(t.metricsPath !== undefined && { __metrics_path__: t.metricsPath }) }], labels: t.labels ?? {} }],
    })),
    extras: { ...FILE_JOB, ...job.extras },
  }
}

/** A duration as labels and messages show it. */
export function durationText(ms: number): string {
  return formatDuration(ms)
}

type Limits = Pick<GlobalScrapeConfig, 'bodySizeLimit' | 'sampleLimit' | 'targetLimit' | 'labelLimit' | 'labelNameLengthLimit' | 'labelValueLengthLimit' | 'keepDroppedTargets'>

function limits(f: Fields): Limits {
  return {
    bodySizeLimit: f.sizeBytes('body_size_limit', 0), sampleLimit: f.integer('sample_limit', 0), targetLimit: f.integer('target_limit', 0), labelLimit: f.integer('label_limit', 0),
    labelNameLengthLimit: f.integer('label_name_length_limit', 0), labelValueLengthLimit: f.integer('label_value_length_limit', 0), keepDroppedTargets: f.integer('keep_dropped_targets', 0),
  }
}

function nativeConfig(f: Fields, fallback: NativeHistogramConfig): NativeHistogramConfig {
  return {
    scrape: f.boolean('scrape_native_histograms', fallback.scrape), alwaysClassic: f.boolean('always_scrape_classic_histograms', fallback.alwaysClassic),
    convertClassic: f.boolean('convert_classic_histograms_to_nhcb', fallback.convertClassic),
  }
}

/** The finest schema whose buckets grow by at least this factor. @see Prometheus scrape/scrape.go `pickSchema` */
function schemaOf(minBucketFactor: number): number {
  if (minBucketFactor <= 1) return MAX_SCHEMA
  return Math.max(MIN_SCHEMA, Math.min(MAX_SCHEMA, Math.floor(-Math.log2(Math.log2(minBucketFactor)))))
}

function isProtocol(name: string): name is ScrapeProtocol {
  return (SCRAPE_PROTOCOLS as readonly string[]).includes(name)
}

function unknownProtocol(name: string): string {
  return `unknown scrape protocol ${name}, supported: [${SCRAPE_PROTOCOLS.join(' ')}]`
}

function protocols(f: Fields, where: string): readonly ScrapeProtocol[] {
  const names = f.strings('scrape_protocols')
  const wrong = (message: string): ConfigError => f.error('scrape_protocols', `${message}${where}`)
  if (names.length === 0) throw wrong('scrape_protocols cannot be empty')
  if (new Set(names.map(n => n.toLowerCase())).size < names.length) throw wrong(`duplicated protocol in scrape_protocols, got [${names.join(' ')}]`)
  return names.map(name => {
    if (!isProtocol(name)) throw wrong(`scrape_protocols: ${unknownProtocol(name)}`)
    return name
  })
}

function validation(f: Fields, message: string, fallback: 'utf8' | 'legacy'): 'utf8' | 'legacy' {
  const word = f.string('metric_name_validation_scheme', '')
  if (word === '') return fallback
  if (word !== 'utf8' && word !== 'legacy') throw f.error('metric_name_validation_scheme', `${message}, must be either 'legacy' or 'utf8', got ${word}`)
  return word
}

function escaping(f: Fields, message: string, fallback: EscapingScheme): EscapingScheme {
  const word = f.string('metric_name_escaping_scheme', '')
  if (word === '') return fallback
  const found = ESCAPINGS.find(e => e === word)
  if (found === undefined) throw f.error('metric_name_escaping_scheme', `${message}, must be one of 'allow-utf-8', 'underscores', 'dots', or 'values', got ${word}`)
  return found
}
