import { labelsEqual, labelsFromObject, labelsKey, labelsToObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { ExecErrState, NoDataState } from './rule.ts'

/** What an alert instance is. */
export type InstanceState = 'Normal' | 'Pending' | 'Alerting' | 'Recovering' | 'NoData' | 'Error'

/** How long a resolved alert is told again. */
export const RESOLVED_RETENTION_MS: number = 15 * 60_000
/** How often an alert that goes on is told again. */
export const RESEND_DELAY_MS = 30_000
/** Evaluations without a series until its alert ends, where the rule does not say. */
const DEFAULT_MISSING_EVALS = 2

/** One alert instance of a rule. Times are Unix ms; NaN means never. */
export interface GrafanaInstance {
  state: InstanceState
  /** Why it is in a state that its own values did not bring, e.g. `NoData`, `MissingSeries`. */
  reason: string
  /** Labels of the result alone: what the recovery threshold knows it by. */
  readonly resultLabels: Labels
  /** With the rule's and the reserved ones: its identity. */
  readonly labels: Labels
  annotations: Labels
  /** By refId; a number that is missing is null. */
  values: Readonly<Record<string, number | null>>
  valueString: string
  /** Of the state Error, or what the last evaluation failed with. */
  error: string
  startsAtMs: number
  endsAtMs: number
  lastEvaluationMs: number
  resolvedAtMs: number
  lastSentAtMs: number
}

/** What one evaluation says about one label set; its texts are expanded. */
export interface InstanceResult {
  readonly kind: 'Normal' | 'Alerting' | 'NoData' | 'Error'
  readonly resultLabels: Labels
  readonly labels: Labels
  readonly annotations: Labels
  readonly values: Readonly<Record<string, number | null>>
  readonly valueString: string
  readonly error?: string
}

/** What decides about states. */
export interface StateSettings {
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly intervalMs: number
  readonly missingSeriesEvalsToResolve: number | undefined
  readonly noDataState: NoDataState
  readonly execErrState: ExecErrState
}

/** The instances of one rule. A pure state machine: time and results come in, states change. @see Grafana pkg/services/ngalert/state */
export class GrafanaStates {
  readonly byKey: Map<string, GrafanaInstance> = new Map()

  /** Takes the results of one evaluation at `tMs`. Instances that ended and were told leave. */
  update(tMs: number, results: readonly InstanceResult[], s: StateSettings): void {
    this.#forgetResolved(tMs)
    const known = [...this.byKey.values()]
    const seen = new Set<GrafanaInstance>()
    for (const r of results) {
      const setting = r.kind === 'NoData' ? s.noDataState : r.kind === 'Error' ? s.execErrState : r.kind
      const own = setting === r.kind
      // Where there is nothing else, no data and errors stand for the whole rule, unless they are alerts of their own; beside others they are about one label set.
      const isWhole = !own && known.length > 0 && results.every(x => x.kind === r.kind)
      for (const i of isWhole ? known : [this.#instance(r)]) {
        if (!isWhole) take(i, r)
        else i.error = r.error ?? ''
        seen.add(i)
        i.lastEvaluationMs = tMs
        if (own) enterOwn(i, r.kind, tMs, s)
        else applySetting(i, setting, r.kind, tMs, s)
      }
    }
    for (const [key, i] of this.byKey) if (!seen.has(i)) this.#missing(key, i, tMs, s)
  }

  #instance(r: InstanceResult): GrafanaInstance {
    const key = labelsKey(r.labels)
    let i = this.byKey.get(key)
    if (i === undefined) {
      i = {
        state: 'Normal', reason: '', resultLabels: r.resultLabels, labels: r.labels, annotations: r.annotations, values: r.values, valueString: r.valueString, error: '',
        startsAtMs: NaN, endsAtMs: NaN, lastEvaluationMs: NaN, resolvedAtMs: NaN, lastSentAtMs: NaN,
      }
      this.byKey.set(key, i)
    }
    return i
  }

  /** A label set that is not among the results: it stays as it is until it was missing for long enough. */
  #missing(key: string, i: GrafanaInstance, tMs: number, s: StateSettings): void {
    const evals = i.state === 'NoData' || i.state === 'Error' ? 1 : s.missingSeriesEvalsToResolve ?? DEFAULT_MISSING_EVALS
    if (tMs - i.lastEvaluationMs < evals * s.intervalMs) {
      if (isActive(i.state)) i.endsAtMs = endOfValidity(tMs, s)
      return
    }
    if (isActive(i.state)) {
      toNormal(i, tMs, 'MissingSeries')
      return
    }
    // What was told to have ended stays until it was told often enough.
    if (i.state === 'Pending' || Number.isNaN(i.resolvedAtMs)) this.byKey.delete(key)
  }

  #forgetResolved(tMs: number): void {
    for (const [key, i] of this.byKey) {
      if (i.state !== 'Normal' || Number.isNaN(i.resolvedAtMs) || tMs - i.resolvedAtMs <= RESOLVED_RETENTION_MS) continue
      // One whose series is there stays as a normal one.
      if (i.reason === 'MissingSeries' || tMs - i.lastEvaluationMs > RESOLVED_RETENTION_MS) this.byKey.delete(key)
      else i.resolvedAtMs = NaN
    }
  }

  /** Ends everything at once, because of the rule and not of values. @param reason `Paused`, `RuleDeleted`, `Updated` */
  endAll(tMs: number, reason: string): void {
    for (const [key, i] of this.byKey) {
      if (isActive(i.state)) {
        toNormal(i, tMs, reason)
        // Told even when it was told as firing in the same instant.
        i.lastSentAtMs = NaN
      } else if (Number.isNaN(i.resolvedAtMs)) this.byKey.delete(key)
    }
  }

  /** The instances that must be told now; marks them as told. */
  takeToSend(tMs: number): GrafanaInstance[] {
    const out: GrafanaInstance[] = []
    for (const i of this.byKey.values()) {
      if (!needsSending(i, tMs)) continue
      i.lastSentAtMs = tMs
      out.push(i)
    }
    return out
  }

  /** Keys of the result labels whose alert is on or coming: for the recovery threshold. */
  loaded(): Set<string> {
    return new Set([...this.byKey.values()].filter(i => i.state === 'Alerting' || i.state === 'Pending' || i.state === 'Recovering').map(i => labelsKey(i.resultLabels)))
  }

  /** What must be kept over a restart: everything but instances that are normal and told. */
  stored(): StoredInstance[] {
    const time = (t: number): number | null => (Number.isNaN(t) ? null : t)
    return [...this.byKey.values()].filter(i => i.state !== 'Normal' || !Number.isNaN(i.resolvedAtMs)).map(i => ({
      state: i.state, reason: i.reason, resultLabels: labelsToObject(i.resultLabels), labels: labelsToObject(i.labels), annotations: labelsToObject(i.annotations), values: i.values,
      valueString: i.valueString, error: i.error, startsAtMs: time(i.startsAtMs), endsAtMs: time(i.endsAtMs), lastEvaluationMs: time(i.lastEvaluationMs), resolvedAtMs: time(i.resolvedAtMs),
      lastSentAtMs: time(i.lastSentAtMs),
    }))
  }

  /** Takes what was kept. */
  restore(stored: readonly StoredInstance[]): void {
    const time = (t: number | null): number => t ?? NaN
    for (const s of stored) {
      const labels = labelsFromObject(s.labels)
      this.byKey.set(labelsKey(labels), {
        ...s, resultLabels: labelsFromObject(s.resultLabels), labels, annotations: labelsFromObject(s.annotations), startsAtMs: time(s.startsAtMs), endsAtMs: time(s.endsAtMs),
        lastEvaluationMs: time(s.lastEvaluationMs), resolvedAtMs: time(s.resolvedAtMs), lastSentAtMs: time(s.lastSentAtMs),
      })
    }
  }
}

/** An instance as JSON; null: never. */
export interface StoredInstance extends Pick<GrafanaInstance, 'state' | 'reason' | 'values' | 'valueString' | 'error'> {
  readonly resultLabels: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAtMs: number | null
  readonly endsAtMs: number | null
  readonly lastEvaluationMs: number | null
  readonly resolvedAtMs: number | null
  readonly lastSentAtMs: number | null
}

/** Whether somebody is told that it is going on. */
export function isActive(state: InstanceState): boolean {
  return state === 'Alerting' || state === 'Recovering' || state === 'NoData' || state === 'Error'
}

/** Until when an active state counts without further word. */
function endOfValidity(tMs: number, s: StateSettings): number {
  return tMs + 4 * Math.max(RESEND_DELAY_MS, s.intervalMs)
}

function take(i: GrafanaInstance, r: InstanceResult): void {
  i.values = r.values
  i.valueString = r.valueString
  i.error = r.error ?? ''
  if (!labelsEqual(i.annotations, r.annotations)) i.annotations = r.annotations
}

/** A result that is a state of its own: Normal and Alerting by the table, NoData and Error at once. */
function enterOwn(i: GrafanaInstance, kind: InstanceResult['kind'], tMs: number, s: StateSettings): void {
  if (kind === 'Normal') normalResult(i, tMs, s, '')
  else if (kind === 'Alerting') alertingResult(i, tMs, s, '')
  else enterActive(i, kind, tMs, s, '')
}

/** No data or an error that the rule wants to be something else. */
function applySetting(i: GrafanaInstance, setting: string, kind: string, tMs: number, s: StateSettings): void {
  switch (setting) {
    case 'Alerting': alertingResult(i, tMs, s, kind); return
    case 'OK': normalResult(i, tMs, s, kind); return
    default: break
  }
  const reason = `${kind}, KeepLast`
  if (i.state === 'Alerting' || i.state === 'Pending' || i.state === 'Recovering') alertingResult(i, tMs, s, reason, i.state === 'Recovering')
  else normalResult(i, tMs, s, reason)
}

function alertingResult(i: GrafanaInstance, tMs: number, s: StateSettings, reason: string, keepRecovering = false): void {
  i.reason = reason
  switch (i.state) {
    case 'Alerting': break
    case 'Recovering':
      // Comes back at once, without waiting for `for` again.
      if (!keepRecovering) i.state = 'Alerting'
      break
    case 'Pending':
      if (tMs - i.startsAtMs < s.forMs) break
      enterActive(i, 'Alerting', tMs, s, reason)
      return
    default:
      if (s.forMs === 0) {
        enterActive(i, 'Alerting', tMs, s, reason)
        return
      }
      i.state = 'Pending'
      i.startsAtMs = tMs
      i.resolvedAtMs = NaN
  }
  i.endsAtMs = endOfValidity(tMs, s)
}

function enterActive(i: GrafanaInstance, state: InstanceState, tMs: number, s: StateSettings, reason: string): void {
  i.reason = reason
  if (i.state !== state) {
    i.state = state
    i.startsAtMs = tMs
    i.resolvedAtMs = NaN
    i.lastSentAtMs = NaN
  }
  i.endsAtMs = endOfValidity(tMs, s)
}

function normalResult(i: GrafanaInstance, tMs: number, s: StateSettings, reason: string): void {
  switch (i.state) {
    case 'Normal':
      i.reason = reason
      return
    case 'Pending':
      i.state = 'Normal'
      i.reason = reason
      i.startsAtMs = i.endsAtMs = tMs
      return
    case 'Alerting':
      if (s.keepFiringForMs === 0) break
      i.state = 'Recovering'
      i.reason = reason
      i.startsAtMs = tMs
      i.endsAtMs = endOfValidity(tMs, s)
      return
    case 'Recovering':
      if (tMs - i.startsAtMs >= s.keepFiringForMs) break
      i.reason = reason
      i.endsAtMs = endOfValidity(tMs, s)
      return
    default: break
  }
  toNormal(i, tMs, reason)
}

/** An alert ends, and is told so. */
function toNormal(i: GrafanaInstance, tMs: number, reason: string): void {
  i.state = 'Normal'
  i.reason = reason
  i.resolvedAtMs = i.endsAtMs = tMs
}

function needsSending(i: GrafanaInstance, tMs: number): boolean {
  if (i.state === 'Pending') return false
  const resolved = !Number.isNaN(i.resolvedAtMs)
  if (i.state === 'Normal' && !resolved) return false
  if (Number.isNaN(i.lastSentAtMs)) return true
  if (resolved && i.resolvedAtMs > i.lastSentAtMs) return true
  return i.lastSentAtMs + RESEND_DELAY_MS <= tMs
}
