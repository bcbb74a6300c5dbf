import type { SilenceWork, WorkCounts } from './work-stats.ts'
import type { Labels } from '@haechi/model'
import type { Proxy } from '@haechi/model/proxy'
import type { IntegrationCounts } from './delivery-stats.ts'
import type { InhibitRule } from './inhibit.ts'
import type { TemplateFile } from './message-templates.ts'
import type {
  EmailSettings, GrafanaForm, HmacSettings, JiraSettings, LineSettings, MattermostSettings, OpsgenieSettings, PagerDutySettings, PayloadSettings, PushoverSettings, RocketchatSettings, SnsSettings, TeamsSettings, TelegramSettings, TlsSettings, WechatSettings,
} from './receivers/settings.ts'
import type { RouteConfig } from './route.ts'
import type { TimeInterval } from './time-interval.ts'

/** Where time comes from; real time is never read inside. */
export interface Clock {
  /** Unix ms. */
  nowMs(): number
  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void
}

/** What the pipeline logs to (pino's order of arguments). */
export interface AlertingLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** A limit that an alert's value crossed. */
export interface AlertThreshold {
  /** `within` and `outside` have a range. */
  readonly op: string
  /** Of a range the lower one. */
  readonly value: number
  /** Of a range the upper one. */
  readonly high?: number
  /** `ratio`, `s`, `bytes` … or ''. */
  readonly unit: string
}

/** An alert as given to the pipeline, by the rules or by `POST /api/v2/alerts`. Times are Unix ms. */
export interface PostableAlert {
  readonly labels: Labels
  readonly annotations: Labels
  /** Absent: now. */
  readonly startsAtMs?: number
  /** Absent: now + resolve timeout. In the past: resolved. */
  readonly endsAtMs?: number
  readonly generatorUrl?: string
  readonly value?: number
  /** The worst value since it began to fire. */
  readonly peak?: number
  readonly threshold?: AlertThreshold
  readonly ruleUid?: string
  /** Grafana's results by refId. */
  readonly values?: Readonly<Record<string, number>>
}

/** One alert that the pipeline holds. `GET /api/v2/alerts` */
export interface PipelineAlertView {
  /** 16 hex digits, FNV-1a over the sorted labels. */
  readonly fingerprint: string
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly updatedAtMs: number
  readonly generatorUrl: string
  /** Names of the receivers whose groups hold it. */
  readonly receivers: readonly string[]
  readonly state: 'unprocessed' | 'active' | 'suppressed'
  readonly silencedBy: readonly string[]
  readonly inhibitedBy: readonly string[]
  readonly mutedBy: readonly string[]
  readonly value?: number
  readonly threshold?: AlertThreshold
  readonly ruleUid?: string
}

/** One group of alerts. `GET /api/v2/alerts/groups` */
export interface AlertGroupView {
  readonly key: string
  readonly labels: Labels
  readonly receiver: string
  readonly alerts: readonly PipelineAlertView[]
  /** When it is looked at next. */
  readonly nextFlushMs: number
  /** Names of the time intervals that keep its messages back now. */
  readonly mutedBy: readonly string[]
}

/** One condition of a silence. */
export interface SilenceMatcher {
  readonly name: string
  readonly value: string
  /** An RE2 expression that must match the whole value. */
  readonly isRegex: boolean
  /** False: the value must not be equal or match. */
  readonly isEqual: boolean
}

/** Alerts that match all its matchers are not told from start to end. Times are Unix ms. */
export interface Silence {
  readonly id: string
  readonly matchers: readonly SilenceMatcher[]
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly updatedAtMs: number
  readonly createdBy: string
  readonly comment: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** A silence as it is given: with an id to change that one. */
export interface PostableSilence extends Omit<Silence, 'id' | 'updatedAtMs'> {
  readonly id?: string
}

export type SilenceState = 'pending' | 'active' | 'expired'

export interface SilenceView extends Silence {
  readonly state: SilenceState
}

/** One attempt to deliver a message, or a test. Never holds a secret. */
export interface DeliveryAttempt {
  /** Unix ms when the attempt began. */
  readonly tMs: number
  readonly contactPointUid: string
  readonly contactPoint: string
  readonly groupKey: string
  readonly status: 'firing' | 'resolved' | 'test'
  readonly title: string
  /** Alerts in the message. */
  readonly alerts: number
  /** Names of the alerts in the message (`alertname`), each once. */
  readonly alertNames?: readonly string[]
  /** 1-based, within one message. */
  readonly attempt: number
  readonly ok: boolean
  readonly httpStatus?: number
  readonly error?: string
  /** What the other side said, cut; without secrets. */
  readonly answer?: string
  /** Nobody knows whether it arrived: the process ended during it, or the connection was lost after the request had been sent. */
  readonly uncertain?: boolean
  /** The same may have arrived before, with an attempt that is `uncertain`. */
  readonly mayRepeat?: RepeatReason
  /** What the user should know though it was accepted. */
  readonly warning?: string
  readonly durationMs: number
  readonly nextAttemptMs?: number
  /** Of a trial only. */
  readonly exchange?: DeliveryExchange
}

/** What went over the wire, secrets shown as `<secret>`, each text at most 16 KiB. */
export interface DeliveryExchange {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly status?: number
  readonly answer?: string
}
/** Why a message may be there twice: the process ended during an attempt, or an attempt had no answer. */
export type RepeatReason = 'restart' | 'no_answer'

/** Which attempts are asked for. Times are Unix ms, both inclusive; absent members ask for all. */
export interface DeliveryQuery {
  /** Most that are answered; the newest. */
  readonly limit: number
  /** Only those with a smaller id: the next page. */
  readonly beforeId?: number
  /** Name of a contact point. */
  readonly contactPoint?: string
  readonly status?: DeliveryAttempt['status']
  readonly ok?: boolean
  /** `alertname` of an alert in the message. */
  readonly alertName?: string
  readonly fromMs?: number
  readonly toMs?: number
}

/** A stored attempt; `id` ascends. */
export interface StoredDelivery extends DeliveryAttempt {
  readonly id: number
}

/** A message that is under way. */
export interface SendingMark extends Pick<DeliveryAttempt, 'tMs' | 'contactPoint' | 'status' | 'title' | 'alerts' | 'alertNames'> {
  /** Fingerprints. */
  readonly firing: readonly string[]
  readonly resolved: readonly string[]
}

/** Fingerprints of a message of which nobody knows whether it arrived. */
export interface UncertainMark {
  readonly reason: RepeatReason
  readonly firing: readonly string[]
  readonly resolved: readonly string[]
}

/** What was last sent to one contact point for one group: the memory against sending twice. */
export interface NotificationLogEntry {
  readonly groupKey: string
  readonly contactPointUid: string
  /** When the last message was accepted. 0: none yet, only failures. */
  readonly sentMs: number
  /** Fingerprints that the last accepted message said were firing / resolved. */
  readonly firing: readonly string[]
  readonly resolved: readonly string[]
  /** Ids of the group's messages at the other side, where they can be edited; oldest first. */
  readonly messages?: readonly string[]
  /** Fingerprints that should have been told as firing but could not be delivered yet. */
  readonly undelivered: readonly string[]
  /** The message under way; left behind where the process ended before it knew what came of it. */
  readonly sending?: SendingMark
  /** What may have arrived without our knowing. */
  readonly uncertain?: UncertainMark
  readonly expiresMs: number
}

/** An alert as it is kept across a restart. */
export interface StoredAlert {
  readonly fingerprint: string
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly updatedAtMs: number
  /** True when `endsAtMs` is only the time of validity, not a known end. */
  readonly timeout: boolean
  readonly generatorUrl: string
  readonly value?: number
  readonly peak?: number
  readonly threshold?: AlertThreshold
  readonly ruleUid?: string
  readonly values?: Readonly<Record<string, number>>
}

/**
 * What the pipeline keeps across a restart. When a method's promise resolves, the change survives `kill -9`.
 * Calls may overlap; later calls for the same key win.
 */
export interface AlertingStore {
  /** Everything that is kept, once at the start. */
  load(): Promise<{ readonly alerts: readonly StoredAlert[]; readonly log: readonly NotificationLogEntry[] }>
  /** Adds or replaces by fingerprint. */
  putAlerts(alerts: readonly StoredAlert[]): Promise<void>
  deleteAlerts(fingerprints: readonly string[]): Promise<void>
  /** Adds or replaces by (groupKey, contactPointUid). */
  putLog(entry: NotificationLogEntry): Promise<void>
  deleteLog(groupKey: string, contactPointUid: string): Promise<void>
  /** Keeps one attempt; the store may forget old ones (at least the newest 1000 of the last days stay). Resolves to its id. */
  addDelivery(attempt: DeliveryAttempt): Promise<number>
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<StoredDelivery[]>
  /** All silences that are kept, once at the start. */
  loadSilences(): Promise<readonly Silence[]>
  /** Adds or replaces by id. */
  putSilence(silence: Silence): Promise<void>
  deleteSilences(ids: readonly string[]): Promise<void>
}

/** Kinds that have Alertmanager's form only: read by the reader of `alertmanager.yml`. */
export type FileOnlyType = 'pushover' | 'sns' | 'victorops' | 'webex' | 'wechat' | 'rocketchat' | 'mattermost' | 'jira' | 'incidentio'

/** The kinds of contact points. */
export type ContactPointType = 'discord' | 'webhook' | 'slack' | 'telegram' | 'email' | 'teams' | 'pagerduty' | 'opsgenie' | 'googlechat' | 'line' | 'kakaowork'
  | FileOnlyType

/** Where messages go. `url` is a secret for Discord: never log, print or send it to a browser; see `maskUrl`. */
export interface ContactPoint {
  readonly uid: string
  readonly name: string
  readonly type: ContactPointType
  readonly url: string
  readonly origin: 'env' | 'file' | 'ui'
  /** Default true. */
  readonly sendResolved?: boolean
  /** Of messages in our own form, default 'en'. */
  readonly language?: 'en' | 'ko'
  /** Webhook only: Alertmanager's body ("4", default) or Grafana's ("1"). */
  readonly body?: 'alertmanager' | 'grafana'
  /** Webhook only, most alerts in a body; 0 = all. */
  readonly maxAlerts?: number
  /** Webhook only, default POST. */
  readonly method?: 'POST' | 'PUT'
  /** Webhook only. */
  readonly hmac?: HmacSettings
  /** Webhook only: in the place of `body`. */
  readonly payload?: PayloadSettings
  /** ms; default 10 s. */
  readonly timeoutMs?: number
  /** Checking of the other side's certificate, where it is not the usual one. */
  readonly tls?: TlsSettings
  /** Its address may hold a password. */
  readonly proxy?: Proxy
  /** Default true: redirects that send the same request again (307, 308) are followed. */
  readonly followRedirects?: boolean
  /** Further request headers. Secrets, as `url`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Templates of the message's parts by their keys in `alertmanager.yml`. Kinds that people read have our form without a text of their own. */
  readonly texts?: Readonly<Record<string, string>>
  /** Slack only. */
  readonly slack?: { readonly fields: readonly SlackField[]; readonly actions?: readonly SlackAction[]; /** The group's message is changed instead of a new one being sent. */ readonly update?: boolean; readonly linkNames: boolean; readonly mrkdwnIn: readonly string[] }
  /** Discord only: the message of the end replaces that of the beginning; default true. */
  readonly edit?: boolean
  /** A picture of the value goes along where the kind can carry one; default true. */
  readonly chart?: boolean
  readonly telegram?: TelegramSettings
  readonly email?: EmailSettings
  readonly teams?: TeamsSettings
  readonly pagerduty?: PagerDutySettings
  readonly opsgenie?: OpsgenieSettings
  readonly line?: LineSettings
  readonly pushover?: PushoverSettings
  readonly sns?: SnsSettings
  readonly wechat?: WechatSettings
  readonly rocketchat?: RocketchatSettings
  readonly mattermost?: MattermostSettings
  readonly jira?: JiraSettings
  /** Keys and tokens by name, of kinds that have no place of their own for them. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly grafana?: GrafanaForm
}

/** A field of a Slack message; title and value are templates. */
/** A button of a Slack message; all texts are templates. */
export interface SlackAction {
  readonly texts: Readonly<Record<string, string>>
  /** What is asked before it does anything. */
  readonly confirm?: Readonly<Record<string, string>>
}

export interface SlackField {
  readonly title: string
  readonly value: string
  readonly short: boolean
}

/** The one default route, where there is no {@link Routing}. */
export interface RouteSettings {
  /** Label names, or `['...']` for all labels. Default `['alertname']`. */
  readonly groupBy?: readonly string[]
  /** Default 30 s. */
  readonly groupWaitMs?: number
  /** Default 5 m. */
  readonly groupIntervalMs?: number
  /** Default 4 h. */
  readonly repeatIntervalMs?: number
}

/** Who is told: a named set of contact points, possibly none. */
export interface Receiver {
  readonly name: string
  /** `name` is always among them. */
  readonly labels: Readonly<Record<string, string>>
  /** Their uids. */
  readonly contactPoints: readonly string[]
}

/** What `alertmanager.yml` says about who is told of what and when. Names are checked: every receiver and time interval of a route exists. */
export interface Routing {
  readonly route: RouteConfig
  readonly receivers: readonly Receiver[]
  readonly inhibitRules: readonly InhibitRule[]
  readonly timeIntervals: readonly TimeInterval[]
}

export interface AlertingConfig {
  /** Without `routing` all of them get every group. */
  readonly contactPoints: readonly ContactPoint[]
  /** In its place `route` and `receiver` are not looked at. */
  readonly routing?: Routing
  /** Files that the texts of contact points call templates of; their syntax is checked before. */
  readonly templates?: readonly TemplateFile[]
  readonly route?: RouteSettings
  /** Name of the receiver in bodies and in the API; default `default`. */
  readonly receiver?: string
  /** Default 5 m. */
  readonly resolveTimeoutMs?: number
}

/** Groups alerts, decides what to tell, and tells it until it is accepted. */
export interface AlertPipeline {
  /** Replaces contact points and route. What was told stays known, so nothing is repeated. */
  configure(config: AlertingConfig): void
  /** Loads what was kept, then begins. */
  start(): Promise<void>
  /** Stops timers, aborts attempts under way; what was not accepted is tried again after the next start. */
  stop(): Promise<void>
  /** Takes alerts. Resolves when they are stored. @throws AlertInputError listing the bad ones; the good ones are taken */
  put(alerts: readonly PostableAlert[]): Promise<void>
  /** Sorted by fingerprint; those past their end are left out. */
  alerts(): PipelineAlertView[]
  /** In Alertmanager's order; groups without an alert that lasts are left out. */
  groups(): AlertGroupView[]
  receivers(): readonly Receiver[]
  /** What would keep an alert with these labels from being told at this moment, whether there is one or not: ids of silences, fingerprints of inhibiting alerts. */
  heldBack(labels: Labels): { readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[] }
  /** Active ones by their end, pending ones by their start, expired ones, the last ended first. */
  silences(): SilenceView[]
  silence(id: string): SilenceView | undefined
  /** Makes or changes a silence. Resolves to its id when it is stored; a silence whose past would change is ended and gets a new id. @throws SilenceError */
  setSilence(silence: PostableSilence): Promise<string>
  /** Ends a silence now. False when there is none. */
  expireSilence(id: string): Promise<boolean>
  contactPoints(): readonly ContactPoint[]
  /** Sends a test message at once, one attempt, and records it. @throws Error when there is no such contact point */
  test(contactPointUid: string): Promise<StoredDelivery>
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<StoredDelivery[]>
  /** Counts since the start, and how much there is now. */
  stats(): PipelineStats
}

/** What `alertmanager_*` metrics are made from. Counts are since the start where they can only grow. */
export interface PipelineStats {
  readonly received: { readonly firing: number; readonly resolved: number; readonly invalid: number }
  readonly alerts: { readonly active: number; readonly suppressed: number; readonly unprocessed: number }
  readonly silences: { readonly active: number; readonly pending: number; readonly expired: number }
  readonly suppressed: { readonly inhibition: number; readonly silence: number; readonly muteTimeInterval: number; readonly activeTimeInterval: number }
  /** By kind of contact point. */
  readonly integrations: ReadonlyMap<string, Readonly<IntegrationCounts>>
  readonly groups: number
  /** Alerts that were put into their groups. */
  readonly placed: WorkCounts
  /** Most alerts of one name (0: any), and how many were refused for it. */
  readonly limit: { readonly perName: number; readonly refused: number }
  /** Questions to the notification log; `misses`: it knew nothing. */
  readonly logWork: { readonly queries: WorkCounts; readonly misses: number }
  readonly silenceWork: SilenceWork
  readonly logEntries: number
  readonly inhibitRules: number
  readonly receivers: number
  readonly contactPoints: number
}
