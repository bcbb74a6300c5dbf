/** The types of our own HTTP API, `/api/haechi/v1`. Shared with the UI; nothing but types and plain constants here. */

import type { Diagnosis, Health, LocalText, ServiceQueries } from '@haechi/insight'

export type { Diagnosis, DiagnosisPlace, Health, LocalText, ServiceQueries } from '@haechi/insight'
/** GET /explain?query=&time= or &start=&end=&step=, times as in Prometheus' API. */
export type { EmptyReason, ExplainNode, QueryExplanation } from '@haechi/storage'

/** GET /status */
export interface StatusView {
  readonly version: string
  readonly demo: boolean
  readonly startedMs: number
  readonly nowMs: number
  /** Files in use and how they stand, e.g. `{ role: 'prometheus.yml', path: 'prometheus.yml', state: 'ok' }`; path null: not given, defaults apply. */
  readonly files: readonly { readonly role: string; readonly path: string | null; readonly state: 'ok' | 'error' | 'default'; readonly error?: string }[]
  /** True when services are found by looking at this machine instead of by a prometheus.yml. */
  readonly discovery: boolean
  readonly dataDirectory: string
  readonly retentionMs: number
  /** The machine's clock is `aheadMs` ahead of the time by which old data is dropped; it counts in `leftMs` if it stays. Absent: all is well. */
  readonly clockHold?: { readonly aheadMs: number; readonly leftMs: number }
  /** How often targets are scraped (the shortest interval of all jobs): what `$__rate_interval` is made from. */
  readonly scrapeIntervalMs: number
  readonly headSeries: number
  readonly samplesPerSecond: number
  readonly rssBytes: number
  /** Absent: none is configured. */
  readonly heartbeat?: HeartbeatView | undefined
  /** Whether a password is asked for. */
  readonly auth: boolean
}

/** The sign of life that is told to somebody else. GET /heartbeat (null: none); PUT /heartbeat takes {@link HeartbeatEdit}; DELETE /heartbeat; POST /heartbeat/test tells it once and answers how it went. */
export interface HeartbeatView {
  /** Host only: the rest is a secret. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly intervalMs: number
  /** `flag`, `env`: can't be changed here. */
  readonly origin: 'flag' | 'env' | 'ui'
  readonly lastTryMs: number | null
  readonly lastOkMs: number | null
  /** HTTP status of the last answer. */
  readonly lastStatus?: number
  /** Why the last one failed. */
  readonly error?: string
  /** In a row. */
  readonly failures: number
}
export interface HeartbeatEdit { readonly url: string; readonly method?: 'GET' | 'POST'; readonly intervalMs?: number }

/** One service or host as found by its metrics. GET /services */
export interface ServiceView {
  /** The job label. */
  readonly id: string
  readonly kind: 'service' | 'host'
  /** What exposes the metrics, e.g. `FastAPI`, `Django`, `Express`, `node_exporter`; undefined if not recognised. */
  readonly library?: string
  /** Its entry in the table of libraries (`SERVICE_KINDS`), if it has one. */
  readonly kindId?: string
  readonly instances: readonly { readonly instance: string; readonly health: Health }[]
  readonly health: Health
  readonly queries: ServiceQueries
  /** The uid of the board that shows it. */
  readonly boardUid?: string
  readonly demo: boolean
}

/** One target, with its state explained. GET /targets */
export interface TargetView {
  readonly job: string
  readonly instance: string
  readonly url: string
  readonly health: 'up' | 'down' | 'unknown'
  readonly lastScrapeMs: number | null
  readonly lastScrapeDurationMs: number
  readonly lastError: string
  readonly samples: number
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly diagnosis?: Diagnosis
  /** Newest last, at most 60: 1 up, 0 down. */
  readonly history: readonly (0 | 1)[]
  /** Found by looking at this machine, not named by a file. */
  readonly discovered: boolean
}

/** A rule that can be edited here. GET /rules, POST /rules ({@link NewRule}), PUT /rules/:uid, DELETE /rules/:uid (restores a built-in one) */
export interface EditableRule {
  readonly uid: string
  /** The alert's name, which is its `alertname` label too. */
  readonly title: string
  /** What a page calls it; only built-in rules have one. */
  readonly localTitle?: LocalText
  readonly expr: string
  /** `expr` without its comparison, for the preview chart. */
  readonly threshold?: { readonly op: '>' | '<'; readonly value: number; readonly unit: string }
  readonly forMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly enabled: boolean
  readonly builtIn: boolean
  /** Differs from what is built in. */
  readonly edited: boolean
  readonly state: 'inactive' | 'pending' | 'firing' | 'disabled' | 'unknown'
  readonly lastError?: string
  readonly lastEvaluationMs: number | null
}

/** POST /rules: a rule of one's own; answers an {@link EditableRule}. DELETE /rules/:uid removes it. */
export interface NewRule {
  /** The alert's name. */
  readonly title: string
  /** With its comparison. */
  readonly expr: string
  readonly forMs: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** In what the compared value is measured, by Grafana's id. */
  readonly unit?: string
}

/**
 * A Grafana-managed rule with what it does now. GET /grafana-rules, in order of folder, group and place in the group. Rules are made, changed and removed by
 * Grafana's provisioning API (`/api/v1/provisioning/alert-rules`, with the header `X-Disable-Provenance: true`), whose JSON `rule` is.
 */
export interface GrafanaRuleSummary {
  readonly uid: string
  readonly title: string
  readonly folderUid: string
  readonly folderTitle: string
  readonly group: string
  readonly intervalMs: number
  /** `file`: a provisioning file, can't be changed here; `api`: over the API; '': made on our page. */
  readonly provenance: '' | 'api' | 'file'
  /** The provisioning file that it stands in. */
  readonly file?: string
  readonly paused: boolean
  readonly state: 'inactive' | 'pending' | 'firing'
  readonly health: 'unknown' | 'ok' | 'err'
  readonly lastError?: string
  readonly lastEvaluationMs: number | null
  readonly instances: readonly GrafanaInstanceView[]
  /** What its condition compares with. */
  readonly threshold?: LimitView
  /** As the provisioning API answers and takes it. */
  readonly rule: Readonly<Record<string, unknown>>
}

/** What a value is compared with; `within` and `outside` have a range. */
export interface LimitView {
  readonly op: string
  /** Of a range the lower one. */
  readonly value: number
  /** Of a range the upper one. */
  readonly high?: number
  /** `ratio`, `s`, `bytes` …; '' or absent: not known. */
  readonly unit?: string
}

/** What Alertmanager's list does not say of an alert. GET /alerts, of those that fire or were sent. */
export interface AlertFactsView {
  /** As GET /api/v2/alerts has it. */
  readonly fingerprint: string
  /** Absent: not known, e.g. of an alert that another server sent; null: no number. */
  readonly value?: number | null
  readonly threshold?: LimitView
  /** Of the rule that raised it, where it can be changed here. */
  readonly ruleUid?: string
}

/** One alert instance of a Grafana-managed rule. */
export interface GrafanaInstanceView {
  readonly state: 'Normal' | 'Pending' | 'Alerting' | 'Recovering' | 'NoData' | 'Error'
  /** Why it is in a state that its own values did not bring, e.g. `NoData`, `MissingSeries`; '' without. */
  readonly reason: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** By refId; null: no value. */
  readonly values: Readonly<Record<string, number | null>>
  /** Unix ms; null: never. */
  readonly sinceMs: number | null
}

/** A Grafana-managed rule, which need not exist, played over a range. POST /grafana-rules/preview */
export interface RulePreviewView {
  /** What each step gives at the end of the range: at most 20 label sets, and how many there are. */
  readonly nodes: readonly RulePreviewNode[]
  /** Why it could not be evaluated, at the last time that it could not. */
  readonly error?: string
  /** Time of the first evaluation, Unix ms. */
  readonly startMs: number
  readonly stepMs: number
  /** How many evaluations. */
  readonly steps: number
  /** What the condition looks at, at each evaluation; null: no value. */
  readonly series: readonly { readonly labels: Readonly<Record<string, string>>; readonly values: readonly (number | null)[] }[]
  /** Stretches of evaluations, both ends included, in which a label set was not normal. */
  readonly instances: readonly { readonly labels: Readonly<Record<string, string>>; readonly spans: readonly { readonly from: number; readonly to: number; readonly state: Exclude<GrafanaInstanceView['state'], 'Normal'> }[] }[]
  readonly threshold?: LimitView
}

/** What one step of a rule gives. `value`: as PromQL writes numbers; null: none. `points`: of a series, whose newest value it is. */
export interface RulePreviewNode {
  readonly refId: string
  readonly error?: string
  readonly count: number
  readonly results: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string | null; readonly points?: number }[]
}

/** What PUT /rules/:uid takes; an absent member stays as it is. */
export interface RuleEdit {
  readonly expr?: string
  readonly threshold?: number
  readonly forMs?: number
  readonly enabled?: boolean
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Where messages go. Secrets never leave the server: `url` is masked. GET/POST /contact-points, DELETE /contact-points/:uid, POST /contact-points/:uid/test */
export interface ContactPointView {
  readonly uid: string
  readonly name: string
  readonly type: ContactPointType
  /** Where it leads: host, mail server and readers, or chat; never a secret. */
  readonly url: string
  /** The file that it stands in. */
  readonly file?: string
  /** `env`: DISCORD_WEBHOOK; `file`: from a file of the user; `ui`: made here. */
  readonly origin: 'env' | 'file' | 'ui'
}
/** The kinds of contact points. */
export type ContactPointType = 'discord' | 'webhook' | 'slack' | 'telegram' | 'email' | 'teams' | 'pagerduty' | 'opsgenie' | 'googlechat' | 'line' | 'kakaowork'
  | 'pushover' | 'sns' | 'victorops' | 'webex' | 'wechat' | 'rocketchat' | 'mattermost' | 'jira' | 'incidentio'
/** Discord and webhooks need an address and no more; other kinds have `settings`, by Grafana's names (see GET /contact-point-kinds). */
export interface NewContactPoint { readonly name: string; readonly type: ContactPointType; readonly url?: string; readonly settings?: Readonly<Record<string, unknown>>; readonly sendResolved?: boolean }
/** One setting of a kind of contact point, for a form. */
export interface ContactPointField {
  /** Grafana's name; a dot leads into an object. */
  readonly key: string
  readonly label: LocalText
  /** `map`: names with texts; `json`: an object or a list; `rows`: a list of objects with `columns`. */
  readonly input: 'text' | 'secret' | 'url' | 'lines' | 'boolean' | 'choice' | 'map' | 'json' | 'rows'
  /** Few need it: shown on demand. */
  readonly extra?: boolean
  readonly required: boolean
  readonly choices?: readonly string[]
  readonly placeholder?: string
  readonly help?: LocalText
  /** Of `rows`. */
  readonly columns?: readonly ContactPointField[]
}
/** GET /contact-point-kinds, in the order of a menu. */
export interface ContactPointKind {
  readonly type: ContactPointType
  readonly label: LocalText
  readonly fields: readonly ContactPointField[]
}

/** One condition of a silence: on a whole label value; `isRegex`: an RE2 expression; `isEqual` false: it must not hold. */
export interface SilenceMatcherView { readonly name: string; readonly value: string; readonly isRegex: boolean; readonly isEqual: boolean }
/** Alerts that satisfy all its matchers are not told from start to end. GET /silences: active ones, then pending, then expired. */
export interface SilenceView {
  readonly id: string
  readonly state: 'active' | 'pending' | 'expired'
  readonly matchers: readonly SilenceMatcherView[]
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly updatedAtMs: number
  readonly createdBy: string
  /** Of an acknowledgement without its mark. */
  readonly comment: string
  /** Somebody has seen these alerts: they are not told again until they are over, then the silence ends by itself. */
  readonly acknowledgement?: true
}
/** POST /silences answers a {@link SilenceView}; with an id that one is changed, or ended and made anew where its past would change. DELETE /silences/:id ends one. */
export interface NewSilence {
  readonly id?: string
  readonly matchers: readonly SilenceMatcherView[]
  /** Absent: now. */
  readonly startsAtMs?: number
  readonly endsAtMs: number
  readonly createdBy: string
  readonly comment: string
  /** Ends by itself once no alert satisfies its matchers any more. */
  readonly acknowledgement?: true
}

/** GET /policies: who is told of what, as it holds now. */
export interface PolicyTreeView {
  /** `none`: no policies, every contact point gets everything; `alertmanager`: alertmanager.yml; `file`: a provisioning file; `ui`: made here or over the API; `both`: alertmanager.yml and policies beside it. */
  readonly origin: 'none' | 'alertmanager' | 'file' | 'ui' | 'both'
  /** Whether PUT /api/v1/provisioning/policies changes it. */
  readonly editable: boolean
  readonly root: PolicyNodeView
  /** All that there are, used by a policy or not. */
  readonly timeIntervals: readonly TimeIntervalView[]
  /** The file that the tree stands in. */
  readonly file?: string
}
/** One route with everything that it inherits. Times are ms. */
export interface PolicyNodeView {
  /** Unique in the tree. */
  readonly id: string
  /** Its place in the tree of PUT /api/v1/provisioning/policies, from the root down; absent: it is not part of that. */
  readonly path?: readonly number[]
  /** `rule`: made by a rule that names its own contact point. */
  readonly madeBy?: 'rule'
  readonly matchers: readonly SilenceMatcherView[]
  readonly receiver: string
  /** Names of the contact points behind the receiver; none: nobody is told. */
  readonly contactPoints: readonly string[]
  readonly groupBy: readonly string[]
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  /** Later siblings are asked, too. */
  readonly continues: boolean
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  readonly routes: readonly PolicyNodeView[]
}
/** A mute timing or time interval; `isNow`: this moment lies in it. */
export interface TimeIntervalView { readonly name: string; readonly isNow: boolean; readonly specs: readonly TimeSpecView[]; /** The file that it stands in. */ readonly file?: string | undefined }
/** Every member that is there must match. Minutes of the day (end excluded), 0 = Sunday, days -31…31, months 1…12; both ends included otherwise. */
export interface TimeSpecView {
  readonly times?: readonly RangeView[]
  readonly weekdays?: readonly RangeView[]
  readonly daysOfMonth?: readonly RangeView[]
  readonly months?: readonly RangeView[]
  readonly years?: readonly RangeView[]
  readonly timeZone: string
}
export interface RangeView { readonly begin: number; readonly end: number }
/** POST /policies/match takes `{labels}`. */
export interface PolicyMatchView {
  /** In the order in which they are told; more than one where a route continues. */
  readonly ends: readonly PolicyEndView[]
  /** Silences that hold for it at this moment: nobody is told. */
  readonly silencedBy: readonly SilenceView[]
  /** Labels of alerts that fire now and make this one unimportant. */
  readonly inhibitedBy: readonly Readonly<Record<string, string>>[]
}
export interface PolicyEndView {
  /** The route's id. */
  readonly id: string
  /** Ids from the root to it. */
  readonly way: readonly string[]
  readonly receiver: string
  readonly contactPoints: readonly string[]
  /** The group's labels that this alert would have. */
  readonly group: Readonly<Record<string, string>>
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  /** The time interval that keeps messages back at this moment. */
  readonly heldBackBy?: string
}

/**
 * One attempt to deliver a message. GET /deliveries, newest first, filtered by `rule` (name of an alert in it), `contactPoint`, `status`, `ok`, `fromMs`, `toMs`; at most `limit` (100); `before=<id>`
 * for the next page. Kept are 20,000 attempts of 90 days. POST …/test answers one.
 */
export interface DeliveryView {
  readonly id: number
  readonly tMs: number
  readonly contactPoint: string
  readonly status: 'firing' | 'resolved' | 'test'
  readonly title: string
  readonly alerts: number
  /** Names of the alerts in it, each once; absent for trials and for what was sent before names were kept. */
  readonly alertNames?: readonly string[]
  readonly attempt: number
  readonly ok: boolean
  readonly httpStatus?: number
  /** Why it failed, in words, without secrets. */
  readonly error?: string
  /** What the other side said, cut; without secrets. */
  readonly answer?: string
  /** Nobody knows whether it arrived. */
  readonly uncertain?: boolean
  /** The same may have arrived before: the server ended during an attempt, or an attempt had no answer. */
  readonly mayRepeat?: 'restart' | 'no_answer'
  /** What the user should know though it was accepted, e.g. why their template was not used. */
  readonly warning?: string
  readonly durationMs: number
  readonly nextAttemptMs?: number
  /** Of a trial: the exact request and answer, secrets shown as `<secret>`. */
  readonly exchange?: { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly status?: number; readonly answer?: string }
}

/** Series that began and ended under one name. */
export interface ChurnView { readonly name: string; readonly created: number; readonly removed: number }

/** GET /cardinality?limit= : what the newest hours are made of. Lists have the largest first, at most `limit` (1 to 1000, default 20) entries. Counted anew at most every 5 s. */
export interface CardinalityView {
  readonly countedMs: number
  /** Living series of the head. */
  readonly series: number
  readonly labelPairs: number
  readonly chunks: number
  /** Limits in force, null: none; how often a series was refused since the start (each scrape asks again), for lack of memory among these. */
  readonly limits: { readonly series: number | null; readonly memoryBytes: number; readonly memoryLimitBytes: number | null; readonly refused: number; readonly refusedForMemory: number }
  readonly metrics: readonly { readonly name: string; readonly series: number }[]
  /** By number of values; `bytes`: names and values of all series, where it is among the largest. */
  readonly labelNames: readonly { readonly name: string; readonly values: number; readonly bytes?: number }[]
  readonly labelPairsTop: readonly { readonly name: string; readonly value: string; readonly series: number }[]
  /** Since `sinceMs`, one to two hours ago or the start. `byLabel`: series that came with a value of that label that no other series had. */
  readonly churn: { readonly sinceMs: number; readonly created: number; readonly removed: number; readonly byMetric: readonly ChurnView[]; readonly byJob: readonly ChurnView[]; readonly byLabel: readonly ChurnView[] }
  /** Oldest first; `maxMs` is exclusive. */
  readonly blocks: readonly { readonly ulid: string; readonly minMs: number; readonly maxMs: number; readonly series: number; readonly chunks: number; readonly samples: number; readonly bytes: number; readonly level: number }[]
}

/** GET /overview: what the first page needs besides the charts. */
export interface OverviewView {
  readonly health: Health
  /** The one sentence. */
  readonly verdict: LocalText
  readonly services: readonly ServiceView[]
  readonly firing: readonly { readonly name: string; readonly sinceMs: number; readonly value: string; readonly summary: string; readonly localSummary?: LocalText; readonly severity: string; readonly labels: Readonly<Record<string, string>>; /** Acknowledged, silenced or inhibited. */ readonly quiet?: true }[]
  readonly pending: number
  readonly targetsDown: readonly TargetView[]
  readonly targets: number
  readonly noticed: readonly Diagnosis[]
}

/** One line of GET /boards; the board itself is Grafana's GET /api/dashboards/uid/:uid. */
export interface BoardSummary {
  readonly uid: string
  readonly title: string
  readonly tags: readonly string[]
  readonly builtIn: boolean
  /** Translated titles of built-in boards. */
  readonly localTitle?: LocalText
  /** Comes from a file of the user and can't be saved here. */
  readonly fromFile?: boolean
  /** A built-in board for which a saved one stands in. */
  readonly edited?: boolean
  /** Absent: in no folder. */
  readonly folderUid?: string
  /** Marked by the person who asks. */
  readonly starred?: boolean
  /** When it was last saved here, Unix ms. */
  readonly updatedMs?: number
}

/** One of GET /board-panels: a panel that a search may lead to. */
export interface BoardPanelView {
  readonly boardUid: string
  readonly id: number
  readonly title: string
}

/** GET /session and the answer of POST /login. Both, and POST /logout, are answered without signing in. */
export interface SessionView {
  /** Whether a password is asked for at all. */
  readonly required: boolean
  /** Who is signed in by the cookie; null: nobody. */
  readonly user: string | null
}
/** POST /login */
export interface LoginRequest { readonly username: string; readonly password: string }

/** Every error of this API. */
export interface ApiErrorBody {
  readonly status: 'error'
  readonly errorType: string
  readonly error: string
  readonly next?: LocalText
}

/** POST /api/haechi/v1/data-sources/test: what a data source answered. `url`: where it would have answered as Prometheus does. */
export type DataSourceTestView =
  | { readonly ok: true; readonly ms: number; readonly application: string; readonly version: string }
  | { readonly ok: false; readonly code: string; readonly what: LocalText; readonly next: LocalText; readonly url?: string }
