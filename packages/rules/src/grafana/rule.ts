/** What becomes of a rule whose queries bring nothing. */
export const NO_DATA_STATES = ['NoData', 'Alerting', 'OK', 'KeepLast'] as const
export type NoDataState = (typeof NO_DATA_STATES)[number]

/** What becomes of a rule that can't be evaluated. */
export const EXEC_ERR_STATES = ['Error', 'Alerting', 'OK', 'KeepLast'] as const
export type ExecErrState = (typeof EXEC_ERR_STATES)[number]

/** Data source uids that mark an expression; the second is how old files write it. */
export const EXPRESSION_UIDS: ReadonlySet<string> = new Set(['__expr__', '-100'])

/** One node of a rule's graph: a query or an expression. */
export interface GrafanaQuery {
  readonly refId: string
  readonly queryType: string
  /** Seconds before the evaluation time. */
  readonly relativeTimeRange: { readonly from: number; readonly to: number }
  readonly datasourceUid: string
  /** Grafana's JSON, kept as it is. */
  readonly model: Readonly<Record<string, unknown>>
}

/** Routing of one rule past the policies. */
export interface NotificationSettings {
  /** Name of a contact point. */
  readonly receiver: string
  readonly groupBy?: readonly string[]
  readonly groupWaitMs?: number
  readonly groupIntervalMs?: number
  readonly repeatIntervalMs?: number
  readonly muteTimeIntervals?: readonly string[]
  readonly activeTimeIntervals?: readonly string[]
}

/** Where a rule comes from: `file`: a provisioning file, `api`: the provisioning API, '': made in the UI (or with `X-Disable-Provenance`). */
export type Provenance = '' | 'api' | 'file'

/** A Grafana-managed rule as plain data, all defaults filled in. */
export interface GrafanaRule {
  readonly uid: string
  readonly title: string
  readonly folderUid: string
  readonly group: string
  /** refId of the node that decides. */
  readonly condition: string
  readonly data: readonly GrafanaQuery[]
  readonly forMs: number
  readonly keepFiringForMs: number
  /** Evaluations without a series until its alert ends; undefined: 2. */
  readonly missingSeriesEvalsToResolve: number | undefined
  readonly noDataState: NoDataState
  readonly execErrState: ExecErrState
  /** Templates. */
  readonly labels: Readonly<Record<string, string>>
  /** Templates. */
  readonly annotations: Readonly<Record<string, string>>
  readonly isPaused: boolean
  readonly notificationSettings: NotificationSettings | undefined
  /** A recording rule: writes the node `from` as the metric. */
  readonly record: { readonly metric: string; readonly from: string } | undefined
}

/** Rules of one folder that are evaluated together. */
export interface GrafanaGroup {
  readonly name: string
  readonly folderUid: string
  /** Becomes the label `grafana_folder`. */
  readonly folderTitle: string
  readonly intervalMs: number
  readonly rules: readonly GrafanaRule[]
}

/** Grafana's scheduler looks this often; intervals are multiples of it. */
export const SCHEDULER_TICK_MS = 10_000

/** What a rule is compared by: any other change ends its alerts. Pausing and routing are none. */
export function ruleVersion(rule: GrafanaRule, folderTitle: string): string {
  const { isPaused: _p, notificationSettings: _n, group: _g, ...rest } = rule
  return JSON.stringify([rest, folderTitle])
}
