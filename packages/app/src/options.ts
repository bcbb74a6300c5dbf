import type { WalCompression } from '@haechi/tsdb'

/** Everything that the command line decides; what can change without a restart is in the files. */
export interface AppOptions {
  /** `--config.file`; absent: `prometheus.yml` of the working directory if it is there, else services are found by looking at this machine. */
  readonly configFile?: string
  /** `--alertmanager.config.file`; absent: `alertmanager.yml` of the working directory if it is there, else every contact point gets every alert. */
  readonly alertmanagerConfigFile?: string
  /** `--provisioning`: a folder as Grafana's; absent: `provisioning` of the working directory if it is there. */
  readonly provisioning?: string
  /** `--env-file`; absent: `.env` of the working directory if it is there. */
  readonly envFile?: string
  /** `--web.config.file` */
  readonly webConfigFile?: string
  /** `--storage.tsdb.path` */
  readonly dataDirectory: string
  /** `--storage.tsdb.retention.time`, ms */
  readonly retentionMs: number
  /** `--storage.tsdb.retention.size`, bytes; 0: no limit. */
  readonly retentionBytes?: number
  /** `--storage.tsdb.min-block-duration`, ms; absent: 2 h. */
  readonly blockRangeMs?: number
  /** `--storage.tsdb.max-block-duration`, ms; absent: a tenth of the retention, at most 31 days. */
  readonly maxBlockRangeMs?: number
  /** `--storage.head.max-series`; 0 or absent: no limit. */
  readonly maxSeries?: number
  /** `--storage.head.max-memory`, bytes; 0: no limit; absent: derived from the memory of the machine. */
  readonly maxHeadMemoryBytes?: number
  /** `--storage.tsdb.wal-compression`, `--storage.tsdb.wal-compression-type` */
  readonly walCompression: WalCompression
  /** `--web.listen-address`, at least one */
  readonly listen: readonly string[]
  /** `--web.external-url` */
  readonly externalUrl?: string
  /** `--web.route-prefix` */
  readonly routePrefix?: string
  /** `--web.max-connections`; absent: 512. */
  readonly maxConnections?: number
  /** `--web.read-timeout`, ms; absent: 5 min. */
  readonly readTimeoutMs?: number
  /** `--config.auto-reload-interval`, ms, where the feature `auto-reload-config` is on; absent: 30 s. */
  readonly autoReloadIntervalMs?: number
  /** `--alerts.per-alertname-limit`; 0 or absent: any number. */
  readonly alertsPerName?: number
  /** `--web.cors.origin` */
  readonly corsOrigin: string
  /** `--web.enable-lifecycle` */
  readonly lifecycle: boolean
  /** `--web.enable-admin-api` */
  readonly adminApi?: boolean
  /** `--web.enable-remote-write-receiver` */
  readonly remoteWriteReceiver: boolean
  /** `--query.lookback-delta`, ms */
  readonly lookbackMs: number
  /** `--query.timeout`, ms */
  readonly queryTimeoutMs: number
  /** `--query.max-memory`: most bytes that one query may hold; 0: no limit. */
  readonly queryMaxBytes: number
  /** `--query.max-memory-total`: most bytes that all running queries may hold together; 0: no limit. */
  readonly queryMaxTotalBytes: number
  /** `--query.max-samples` */
  readonly queryMaxSamples: number
  /** `--query.max-concurrency`: how many queries may run at once; never more than there are threads. */
  readonly queryMaxConcurrency: number
  /** Query threads. */
  readonly queryThreads: number
  /** `--query.cache-size`: most bytes that all query threads together keep of what they read and answered; 0: nothing. */
  readonly queryCacheBytes: number
  /** `--rules.alert.for-outage-tolerance`, `--rules.alert.for-grace-period`, `--rules.alert.resend-delay`, ms, and `--rules.max-concurrent-evals`; absent: Prometheus' defaults. */
  readonly rules?: { readonly outageToleranceMs: number; readonly forGracePeriodMs: number; readonly resendDelayMs: number; readonly maxConcurrentEvals?: number }
  /** `--silences.max-silences`, `--silences.max-silence-size-bytes`; 0: any. Absent: 10,000 of 64 KiB. */
  readonly silenceLimits?: { readonly maxSilences: number; readonly maxBytes: number }
  /** `--alertmanager.notification-queue-capacity`, `--alertmanager.notification-batch-size`, `--alertmanager.drain-notification-queue-on-shutdown`; absent: Prometheus' defaults. */
  readonly alertmanagerQueue?: { readonly capacity: number; readonly batchSize: number; readonly drain: boolean }
  /** `--enable-feature`: names as in Prometheus; unknown ones are warned about. */
  readonly features?: readonly string[]
  /** `--heartbeat.url` (a secret), `--heartbeat.method`, `--heartbeat.interval`. */
  readonly heartbeat?: { readonly url: string; readonly method: 'GET' | 'POST'; readonly intervalMs: number }
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly logFormat: 'logfmt' | 'json'
  /** `--demo`: two small services to look at. */
  readonly demo: boolean
  /** Every flag as text, for `/api/v1/status/flags`. */
  readonly flags: Readonly<Record<string, string>>
  /** Version of the program. */
  readonly version: string
}

/** Something that keeps Haechi from starting, told in one sentence that says what to do. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartError'
  }
}
