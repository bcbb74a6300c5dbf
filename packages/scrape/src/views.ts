import type { Labels } from '@haechi/model'

/** Whether the last scrape of a target worked; `unknown` before the first one. */
export type TargetHealth = 'up' | 'down' | 'unknown'

/** Evidence that several processes with counters of their own answer behind one address, in turn. */
export interface MultiProcessEvidence {
  /** The series whose value jumps between levels, as text: `name{label="value"}`. */
  readonly series: string
  /** Its values in the last scrapes, oldest first, e.g. `[144, 156, 144, 156]`. */
  readonly values: readonly number[]
  /** Times of these scrapes, Unix ms. */
  readonly timesMs: readonly number[]
}

/** A target that is scraped. Times are Unix ms. The objects are snapshots: the caller may keep them. */
export interface ActiveTarget {
  /** The name of its scrape pool: the `job_name`. */
  readonly scrapePool: string
  /** `http://host:port/path?query`, credentials removed. */
  readonly scrapeUrl: string
  /** Labels before relabeling, with all `__…` labels. */
  readonly discoveredLabels: Labels
  /** Labels that its series get: after relabeling, without `__…` labels. */
  readonly labels: Labels
  readonly health: TargetHealth
  /** Prometheus' text, `''` while all is well. */
  readonly lastError: string
  /** 0 before the first scrape. */
  readonly lastScrapeMs: number
  readonly lastScrapeDurationMs: number
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Samples in the last good body, before metric relabeling. */
  readonly samples: number
  /** Newest last, at most 60: 1 up, 0 down. */
  readonly history: readonly (0 | 1)[]
  /** Size of the last body after decompression, in bytes. */
  readonly bodyBytes: number
  /** Content-Type of the last answer, `''` if there was none. */
  readonly contentType: string
  /** Found by looking at this machine, not named by a file. */
  readonly discovered: boolean
  /** Its body comes from a function of this process. */
  readonly inProcess: boolean
  /** The target's host name does not resolve and loopback is asked in its place (`host.docker.internal`). */
  readonly loopbackFallback: boolean
  /** Beginning of the last answer when it was no metrics page (at most 512 bytes, printable), for a diagnosis. */
  readonly badBody?: string
  /** Series refused or lost since the start, by reason: what the log also says. */
  readonly duplicateSamples: number
  readonly outOfOrderSamples: number
  readonly outOfBoundsSamples: number
  /** New series of the last body that the storage refused, because its limit of series or memory is reached. */
  readonly refusedSeries?: number
  /** Native histograms that were recognised and left out of the last body. */
  readonly nativeHistogramsSkipped: number
  /** Counters jump back and forth between levels. */
  readonly multiProcessSuspected?: MultiProcessEvidence
  /** Counter series that were given a zero before their first value since the start (counter truth). */
  readonly zeroBirths: number
}

/** A target that relabeling dropped. */
export interface DroppedTarget {
  readonly scrapePool: string
  readonly discoveredLabels: Labels
}

/** The types a metric family can have. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'gaugehistogram' | 'summary' | 'info' | 'stateset' | 'unknown'

/** What a target says about one metric family. */
export interface MetricMetadata {
  /** Name of the family as Prometheus shows it (e.g. `http_requests_total` in text 0.0.4, `http_requests` in OpenMetrics). */
  readonly metric: string
  readonly type: MetricType
  readonly help: string
  readonly unit: string
}

/** The metadata of one target. */
export interface TargetMetadata extends MetricMetadata {
  /** The target's labels. */
  readonly target: Labels
}

/** Which metadata is asked for. */
export interface MetadataFilter {
  /** Only this family. */
  readonly metric?: string
  /** Only targets whose labels satisfy this. */
  readonly target?: (labels: Labels) => boolean
  /** At most so many entries; 0 or absent: all. */
  readonly limit?: number
}

/** What other parts may ask of the scrape manager. */
export interface ScrapeView {
  /** All targets that are scraped, ordered by pool, then URL. */
  activeTargets(): ActiveTarget[]
  /** The targets that relabeling dropped and that are kept for the eye (`keep_dropped_targets`). */
  droppedTargets(): DroppedTarget[]
  /** The number of dropped targets per pool, kept or not. */
  droppedCounts(): Map<string, number>
  /** The names of all scrape pools, sorted. */
  scrapePools(): string[]
  /** Metadata by target, as `/api/v1/targets/metadata` lists it. */
  targetMetadata(filter?: MetadataFilter): TargetMetadata[]
  /** Distinct metadata by metric name over all targets, as `/api/v1/metadata` lists it. `limitPerMetric` 0 or absent: all. */
  metadata(filter?: MetadataFilter & { readonly limitPerMetric?: number }): Map<string, MetricMetadata[]>
}
