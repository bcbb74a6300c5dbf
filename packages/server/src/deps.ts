import type { Matcher } from '@haechi/model'
import type { Queryable, QueryEngine } from '@haechi/storage'
import type { AlertPipeline, DeliveryQuery } from '@haechi/alerting'
import type { RuleManager } from '@haechi/rules'
import type { ScrapeView } from '@haechi/scrape'
import type {
  BoardSummary, CardinalityView, ContactPointView, DeliveryView, Diagnosis, EditableRule, HeartbeatEdit, HeartbeatView, NewContactPoint, NewRule, OverviewView, PolicyMatchView, PolicyTreeView, RuleEdit, ServiceView, StatusView, TargetView,
} from './api-types.ts'
import type { StateStore } from './state/state.ts'

/** What the server logs to (pino's order of arguments). */
export interface ServerLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What `/api/v1/status/tsdb` shows of the head; lists sorted, longest first. */
export interface TsdbStatus {
  readonly numSeries: number
  readonly numLabelPairs: number
  readonly chunkCount: number
  /** Unix ms; of an empty head Prometheus shows 9223372036854775807 and -9223372036854775808. */
  readonly minTimeMs: number
  readonly maxTimeMs: number
  readonly seriesCountByMetricName: readonly NamedCount[]
  readonly labelValueCountByLabelName: readonly NamedCount[]
  readonly memoryInBytesByLabelName: readonly NamedCount[]
  readonly seriesCountByLabelValuePair: readonly NamedCount[]
}
export interface NamedCount { readonly name: string; readonly value: number }

/** One family of the server's own metrics, beside those that it counts itself. */
export interface OwnMetric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly help: string
  /** `suffix`: of a histogram's parts, e.g. `_bucket`. */
  readonly values: readonly { readonly suffix?: '_bucket' | '_sum' | '_count'; readonly labels?: Readonly<Record<string, string>>; readonly value: number }[]
}

/** What the status pages show. All functions are cheap and synchronous unless they say otherwise. */
export interface StatusSource {
  /** The configuration as YAML with defaults, secrets shown as `<secret>`. */
  configYaml(): string
  /** Every flag with its value as text. */
  flags(): Readonly<Record<string, string>>
  readonly startedMs: number
  lastReload(): { readonly success: boolean; readonly tMs: number }
  /** As `--storage.tsdb.retention.*` are written, e.g. `15d`. */
  readonly retention: string
  /** At most `limit` entries per list. */
  tsdb(limit: number): TsdbStatus | Promise<TsdbStatus>
  /** Segments of the write-ahead log read so far; all equal when it is done. */
  walReplay(): { readonly min: number; readonly max: number; readonly current: number }
  /** False until the data is readable; then query paths answer 503. */
  ready(): boolean
  notifications(): readonly { readonly text: string; readonly tMs: number; readonly active: boolean }[]
  alertmanagers(): { readonly active: readonly string[]; readonly dropped: readonly string[] }
  /** Families for `/metrics`, e.g. `prometheus_tsdb_head_series`. */
  metrics(): readonly OwnMetric[]
}

/** What management requests do. Absent: the answer says that it is not available. */
export interface LifecycleActions {
  /** Reads the configuration again. @throws Error with what is wrong with it */
  reload(): Promise<void>
  quit(): void
}

/** What the admin API does with the storage. A thrown error's message is the answer. */
export interface AdminActions {
  /** Deletes the samples with `minMs <= t <= maxMs` of series that satisfy all matchers of at least one of the lists. */
  deleteSeries(matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): Promise<unknown>
  cleanTombstones(): Promise<unknown>
  /** @returns the name of the folder below `snapshots` */
  snapshot(skipHead: boolean): Promise<{ readonly name: string }>
}

/** The answer of a remote-write request. */
export interface ReceiveAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * What our own API shows and does; see api-types.ts for each path. A function may throw {@link ApiError} (or anything that has its `code`),
 * which becomes the answer; any other error becomes `internal` and is logged.
 */
export interface HaechiApi {
  status(): Promise<Omit<StatusView, 'auth'>>
  overview(): Promise<OverviewView>
  /** What is wrong with rules, panels and stored labels. Absent: not offered. */
  diagnoses?(): Promise<readonly Diagnosis[]>
  /** At most `limit` entries per list. */
  cardinality(limit: number): Promise<CardinalityView>
  services(): Promise<readonly ServiceView[]>
  targets(): Promise<readonly TargetView[]>
  rules(): Promise<readonly EditableRule[]>
  addRule(rule: NewRule): Promise<EditableRule>
  /** Undefined when there is no such rule. */
  editRule(uid: string, edit: RuleEdit): Promise<EditableRule | undefined>
  /** Restores a built-in rule (and answers it) or removes one made here (and answers null). Undefined when there is no such rule. */
  resetRule(uid: string): Promise<EditableRule | null | undefined>
  contactPoints(): Promise<readonly ContactPointView[]>
  addContactPoint(point: NewContactPoint): Promise<ContactPointView>
  /** False when there is none. */
  deleteContactPoint(uid: string): Promise<boolean>
  /** Undefined when there is none. */
  testContactPoint(uid: string): Promise<DeliveryView | undefined>
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<readonly DeliveryView[]>
  /** Who is told of what. */
  policies?(): PolicyTreeView
  /** The routes that an alert with these labels would take now. */
  matchPolicies?(labels: Readonly<Record<string, string>>): PolicyMatchView
  /** Null: none is configured. Absent here: not offered. */
  readonly heartbeat?: {
    view(): HeartbeatView | undefined
    set(edit: HeartbeatEdit): Promise<HeartbeatView>
    /** False when there is none. */
    remove(): Promise<boolean>
    beat(): Promise<HeartbeatView | undefined>
  }
}

/** What the Alertmanager API answers from. */
export interface AlertmanagerSource {
  readonly pipeline: Pick<AlertPipeline, 'alerts' | 'groups' | 'put' | 'receivers' | 'silences' | 'silence' | 'setSilence' | 'expireSilence'>
  /** The configuration, secrets shown as `<secret>`. */
  configYaml(): string
}

/** A board that comes with the program or from a provisioned file. */
export interface ProvidedBoard {
  readonly uid: string
  /** Grafana's dashboard JSON, as an object. */
  readonly dashboard: Readonly<Record<string, unknown>>
  /** The same with Korean texts, for who asks with `?lang=ko`. */
  readonly dashboardKo?: Readonly<Record<string, unknown>>
  readonly localTitle?: BoardSummary['localTitle']
  /** Built in, or a file of the user. */
  readonly origin: 'builtin' | 'file'
  /** Where it lies unless a saved one stands in for it. */
  readonly folderUid?: string
  /** Of a file: it may be saved here, and the saved one stands in for it. */
  readonly canSave?: boolean
}

/** Everything that the server answers from. */
export interface ServerDeps {
  readonly log: ServerLog
  readonly engine: QueryEngine
  readonly scrape: ScrapeView
  readonly rules: Pick<RuleManager, 'groups' | 'alerts'>
  readonly status: StatusSource
  readonly haechi: HaechiApi
  /** Raw samples for `/federate`; without it that path answers 501. */
  readonly queryable?: Queryable
  readonly lifecycle?: LifecycleActions
  /** Offered at `/api/v1/provisioning` when it is given. */
  readonly grafanaAlerting?: import('./grafana/provisioning.ts').GrafanaAlertingApi
  /** Offered at `/api/v1/admin/tsdb` when `options.adminApi` is set. */
  readonly admin?: AdminActions
  /** Grafana-managed rules; offered at Grafana's paths when it is given. */
  readonly grafanaRules?: import('./grafana/alert-rules.ts').GrafanaRulesApi
  /** Offered at `/api/v2` when it is given. */
  readonly alertmanager?: AlertmanagerSource
  /** Takes a remote-write request; offered at `/api/v1/write` when `options.remoteWriteReceiver` is set. */
  readonly receive?: (headers: Readonly<Record<string, string | string[] | undefined>>, body: Uint8Array) => Promise<ReceiveAnswer>
  /** Dashboards and sessions are kept here. `openState(':memory:', …)` keeps nothing. */
  readonly state: StateStore
  /** Built-in and provisioned boards. */
  readonly boards: () => readonly ProvidedBoard[] | Promise<readonly ProvidedBoard[]>
}

/** How the server listens and what it allows; all defaults are in {@link DEFAULT_SERVER_OPTIONS}. */
export interface ServerOptions {
  /** The program's version, e.g. `0.1.0`. */
  readonly version: string
  /** `host:port`, as `--web.listen-address`; `:9090` means every address. Default `127.0.0.1:9090`. */
  readonly listen?: readonly string[]
  /** `--web.external-url`, e.g. `https://example.org/haechi`. */
  readonly externalUrl?: string
  /** `--web.route-prefix`; default: the path of the external URL. */
  readonly routePrefix?: string
  /** `--web.cors.origin`, fully anchored. Default `.*`. */
  readonly corsOrigin?: string
  /** Users, TLS and headers from `web.config.yml`. */
  readonly webConfig?: import('./security/web-config.ts').WebConfig
  /** `--web.max-connections`: all listeners together; further ones wait. Default 512. */
  readonly maxConnections?: number
  /** `--web.read-timeout`, ms. Default 5 min; 0: none. */
  readonly readTimeoutMs?: number
  /** Folder of the built UI; without it `/` answers a short text. */
  readonly webRoot?: string
  /** `--web.enable-lifecycle` */
  readonly lifecycle?: boolean
  /** `--web.enable-admin-api` */
  readonly adminApi?: boolean
  /** `--web.enable-remote-write-receiver` */
  readonly remoteWriteReceiver?: boolean
  /** `--query.timeout`, ms. Default 2 min. */
  readonly queryTimeoutMs?: number
  /** `--query.lookback-delta`, ms, for `/federate`. Default 5 min. */
  readonly lookbackMs?: number
  /** External labels, for `/federate`. */
  readonly externalLabels?: Readonly<Record<string, string>>
  /** The Prometheus version that clients see in buildinfo and choose their features by. Default 3.5.3. */
  readonly prometheusVersion?: string
  /** Default: the real time. */
  readonly nowMs?: () => number
}
