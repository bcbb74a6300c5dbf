import type { Appendable, QueryEngine } from '@haechi/storage'
import type { Labels, Threshold } from '@haechi/model'

/** Where time comes from. Nothing here reads the real one, so the same code runs live, in backtests and in tests. */
export interface Clock {
  /** Unix ms. */
  nowMs(): number
  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void
}

/** What rules log to: constant message, variable parts as fields (pino's order of arguments). */
export interface RuleLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Where a group comes from: a rule file of the user, the UI, built in, or Grafana-managed. */
export type RuleSource = 'file' | 'ui' | 'builtin' | 'grafana'

/** One recording rule. */
export interface RecordingRule {
  readonly kind: 'recording'
  readonly name: string
  /** PromQL as written. */
  readonly expr: string
  /** Static labels; the group's labels are already merged in. */
  readonly labels: Labels
}

/** One alerting rule. */
export interface AlertingRule {
  readonly kind: 'alerting'
  readonly name: string
  readonly expr: string
  readonly forMs: number
  readonly keepFiringForMs: number
  /** Raw templates; the group's labels are already merged in. */
  readonly labels: Labels
  /** Raw templates. */
  readonly annotations: Labels
  /** Identity of a rule that was made in the UI or is built in. */
  readonly uid?: string
  /** Stands in for what {@link AlertingRule.expr} compares with; found from the expression when absent. */
  readonly threshold?: Threshold
}

export type Rule = RecordingRule | AlertingRule

/** A group of rules that are evaluated together, in order. Plain data: from a file, the UI or code. */
export interface RuleGroup {
  readonly name: string
  /** Path of the rule file; for other sources a stable pseudo path such as `haechi:builtin`. */
  readonly file: string
  readonly source: RuleSource
  readonly intervalMs: number
  /** Most alerts of a rule (series of a recording rule); 0: none. */
  readonly limit: number
  /** How far before the evaluation time the expression is asked. */
  readonly queryOffsetMs: number
  readonly rules: readonly Rule[]
}

export type RuleHealth = 'unknown' | 'ok' | 'err'
export type RuleState = 'inactive' | 'pending' | 'firing'

/** One active alert, as `/api/v1/alerts` and `/api/v1/rules` list it. Times are Unix ms. */
export interface AlertView {
  readonly labels: Labels
  /** Expanded. */
  readonly annotations: Labels
  readonly state: 'pending' | 'firing'
  readonly activeAtMs: number
  /** When it began to fire; undefined while pending. */
  readonly firedAtMs?: number
  readonly keepFiringSinceMs?: number
  readonly value: number
}

interface RuleViewBase {
  readonly name: string
  /** Normalised PromQL. */
  readonly query: string
  /** Raw templates. */
  readonly labels: Labels
  readonly health: RuleHealth
  /** '' when the last evaluation went well. */
  readonly lastError: string
  /** How long the last evaluation took, ms. */
  readonly evaluationMs: number
  /** Unix ms; 0 before the first evaluation. */
  readonly lastEvaluationMs: number
}

export interface RecordingRuleView extends RuleViewBase {
  readonly type: 'recording'
}

export interface AlertingRuleView extends RuleViewBase {
  readonly type: 'alerting'
  readonly state: RuleState
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly annotations: Labels
  /** Active (pending, firing) alerts only. */
  readonly alerts: readonly AlertView[]
  readonly uid?: string
  readonly threshold?: Threshold
}

export type RuleView = RecordingRuleView | AlertingRuleView

/** One group as `/api/v1/rules` lists it. */
export interface RuleGroupView {
  readonly name: string
  readonly file: string
  readonly source: RuleSource
  readonly intervalMs: number
  readonly limit: number
  readonly rules: readonly RuleView[]
  readonly evaluationMs: number
  /** Unix ms; 0 before the first evaluation. */
  readonly lastEvaluationMs: number
  /** For the metrics of the server itself. */
  readonly iterations: number
  readonly iterationsMissed: number
  readonly evaluations: number
  readonly evaluationFailures: number
  /** Samples that the last iteration wrote. */
  readonly lastSamples: number
}

/** What a rule tells the notification pipeline about one alert. Structurally the `PostableAlert` of `@haechi/alerting`. */
export interface RuleAlert {
  /** Instance labels, before external labels and relabelling. */
  readonly labels: Labels
  readonly annotations: Labels
  /** Unix ms: began to fire. */
  readonly startsAtMs: number
  /** Unix ms: ended (resolved), or the time until which it counts as firing without further word. */
  readonly endsAtMs: number
  readonly resolved: boolean
  /** Time of the evaluation that says so. */
  readonly tMs: number
  readonly generatorUrl: string
  readonly value: number
  /** The worst value since it began to fire. */
  readonly peak: number
  readonly threshold?: Threshold
  /** Uid of a rule that can be edited here. */
  readonly ruleUid?: string
}

/** Everything that the rules need from outside. */
export interface RuleManagerOptions {
  readonly query: QueryEngine
  readonly appendable: Appendable
  readonly clock: Clock
  readonly log: RuleLog
  /** Without a slash at the end, e.g. `http://host:9090`. */
  readonly externalUrl: string
  /** A reload may change them. */
  readonly externalLabels: Labels
  /** Takes the alerts to send; called once per evaluation of a rule that has some. A rejection is logged; the alerts are sent again after the resend delay. */
  readonly notify: (alerts: readonly RuleAlert[]) => void | Promise<void>
  /** `--rules.alert.for-outage-tolerance`, default 1 h. */
  readonly outageToleranceMs?: number
  /** `--rules.alert.for-grace-period`, default 10 m. */
  readonly forGracePeriodMs?: number
  /**
   * Also restores rules whose `for` is shorter than the grace period, with the time that is left (default true).
   * Prometheus starts those afresh, which makes a firing alert resolve and fire again around a restart.
   */
  readonly restoreShortFor?: boolean
  /** `--rules.alert.resend-delay`, default 1 m. */
  readonly resendDelayMs?: number
  /** `--rules.max-concurrent-evals`: most questions of rules under way at once, default 4. */
  readonly maxConcurrentEvals?: number
}

/** Evaluates rule groups on time. */
export interface RuleManager {
  /**
   * Replaces all groups. Groups that did not change keep running; state moves to rules of the same name and labels.
   * Groups whose expressions or templates do not parse are refused as a whole.
   * @throws RuleError naming file, group, rule; then the previous groups go on. Use `checkGroups` for all problems at once
   */
  load(groups: readonly RuleGroup[]): void
  /** Starts the schedule. Groups loaded before it restore their `for` state. */
  start(): void
  /** Stops the schedule and waits for running evaluations; no staleness markers are written. */
  stop(): Promise<void>
  /** Sorted by file, then name. */
  groups(): RuleGroupView[]
  /** Active alerts of all rules. */
  alerts(): AlertView[]
}
