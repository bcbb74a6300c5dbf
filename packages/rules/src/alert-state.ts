import { worseValue } from '@haechi/model'
import type { Labels, Threshold } from '@haechi/model'
import type { AlertView, RuleState } from './views.ts'

/** How long a resolved alert is remembered and told again. @see Prometheus rules/alerting.go `resolvedRetention` */
export const RESOLVED_RETENTION_MS: number = 15 * 60_000

/** One alert of a rule. Times are Unix ms; NaN means never. */
export interface AlertInstance {
  state: RuleState
  readonly labels: Labels
  annotations: Labels
  value: number
  /** The worst value since it became active, by the direction of the rule's threshold. */
  peak: number
  activeAtMs: number
  firedAtMs: number
  resolvedAtMs: number
  lastSentAtMs: number
  keepFiringSinceMs: number
}

/** One element of the expression's answer with its labels and annotations expanded. */
export interface AlertSample {
  readonly labels: Labels
  /** Of the labels. */
  readonly key: string
  readonly annotations: Labels
  readonly value: number
}

/** What decides when an alert fires. */
export interface AlertTiming {
  readonly forMs: number
  readonly keepFiringForMs: number
  /** 0: none. */
  readonly limit: number
  readonly threshold?: Threshold | undefined
}

/** Two samples of one answer have the same identity. */
export class DuplicateAlertError extends Error {}
/** More active alerts than the group's limit. */
export class AlertLimitError extends Error {}

/** The alerts of one rule. A pure state machine: time and answers come in, states change; nothing is asked or sent from here. */
export class AlertStates {
  readonly byKey: Map<string, AlertInstance> = new Map()

  /**
   * Takes the answer of one evaluation.
   * @returns the active instances (pending, firing), in no particular order
   * @throws DuplicateAlertError, then nothing has changed; AlertLimitError, then all instances are forgotten
   */
  update(tMs: number, samples: readonly AlertSample[], timing: AlertTiming): AlertInstance[] {
    if (samples.length === 0 && this.byKey.size === 0) return []
    const present = new Map<string, AlertSample>()
    for (const s of samples) {
      const { key } = s
      if (present.has(key)) throw new DuplicateAlertError('vector contains metrics with the same labelset after applying alert labels')
      present.set(key, s)
    }
    for (const [key, s] of present) {
      const held = this.byKey.get(key)
      if (held !== undefined && held.state !== 'inactive') {
        held.value = s.value
        held.annotations = s.annotations
        held.peak = worseValue(held.peak, s.value, timing.threshold)
        continue
      }
      this.byKey.set(key, {
        state: 'pending', labels: s.labels, annotations: s.annotations, value: s.value, peak: s.value,
        activeAtMs: tMs, firedAtMs: NaN, resolvedAtMs: NaN, lastSentAtMs: NaN, keepFiringSinceMs: NaN,
      })
    }
    const active: AlertInstance[] = []
    for (const [key, a] of this.byKey) {
      if (present.has(key)) a.keepFiringSinceMs = NaN
      else if (!this.#keepsFiring(a, tMs, timing)) {
        if (a.state === 'pending' || tMs - a.resolvedAtMs > RESOLVED_RETENTION_MS) this.byKey.delete(key)
        if (a.state !== 'inactive') {
          a.state = 'inactive'
          a.resolvedAtMs = tMs
        }
        continue
      }
      if (a.state === 'pending' && tMs - a.activeAtMs >= timing.forMs) {
        a.state = 'firing'
        a.firedAtMs = tMs
      } else if (a.state === 'firing' && tMs - a.activeAtMs < timing.forMs) {
        // A reload made `for` longer than the alert is old.
        a.state = 'pending'
        a.firedAtMs = NaN
        a.lastSentAtMs = NaN
      }
      active.push(a)
    }
    if (timing.limit > 0 && active.length > timing.limit) {
      this.byKey.clear()
      throw new AlertLimitError(`exceeded limit of ${timing.limit} with ${active.length} alerts`)
    }
    return active
  }

  #keepsFiring(a: AlertInstance, tMs: number, timing: AlertTiming): boolean {
    if (a.state !== 'firing' || timing.keepFiringForMs <= 0) return false
    if (Number.isNaN(a.keepFiringSinceMs)) a.keepFiringSinceMs = tMs
    return tMs - a.keepFiringSinceMs < timing.keepFiringForMs
  }

  /** The instances that must be told now; marks them as told. */
  takeToSend(tMs: number, resendDelayMs: number): AlertInstance[] {
    const out: AlertInstance[] = []
    for (const a of this.byKey.values()) {
      if (!needsSending(a, tMs, resendDelayMs)) continue
      a.lastSentAtMs = tMs
      out.push(a)
    }
    return out
  }

  /** The highest state of any instance. */
  state(): RuleState {
    let state: RuleState = 'inactive'
    for (const a of this.byKey.values()) {
      if (a.state === 'firing') return 'firing'
      if (a.state === 'pending') state = 'pending'
    }
    return state
  }

  /** Active instances as others see them. */
  views(): AlertView[] {
    const out: AlertView[] = []
    for (const a of this.byKey.values()) {
      if (a.state === 'inactive') continue
      out.push({
        labels: a.labels, annotations: a.annotations, state: a.state, activeAtMs: a.activeAtMs, value: a.value,
        ...(Number.isNaN(a.firedAtMs) ? {} : { firedAtMs: a.firedAtMs }),
        ...(Number.isNaN(a.keepFiringSinceMs) ? {} : { keepFiringSinceMs: a.keepFiringSinceMs }),
      })
    }
    return out
  }
}

/** @see Prometheus rules/alerting.go `needsSending` */
function needsSending(a: AlertInstance, tMs: number, resendDelayMs: number): boolean {
  if (a.state === 'pending') return false
  if (Number.isNaN(a.lastSentAtMs)) return true
  if (a.resolvedAtMs > a.lastSentAtMs) return true
  return a.lastSentAtMs + resendDelayMs < tMs
}
