import { labelsKey, newMatcher, withoutMetricName } from '@haechi/model'
import { printMatcher } from '@haechi/promql'
import type { QueryEngine } from '@haechi/storage'
import type { AlertingEvaluation } from './evaluate.ts'

/** When and how far `for` is carried over a restart. */
export interface RestoreSettings {
  readonly outageToleranceMs: number
  readonly forGracePeriodMs: number
  readonly restoreShortFor: boolean
}

/**
 * Gives the active alerts of a rule the time that they were already active before a restart, as told by `ALERTS_FOR_STATE`.
 * Asked through the query engine with the outage tolerance as lookback, so that a series that ended (staleness marker) is not found, on every engine.
 * @see Prometheus rules/group.go `RestoreForState`
 */
export async function restoreForState(rule: AlertingEvaluation, query: QueryEngine, nowMs: number, settings: RestoreSettings): Promise<void> {
  const { forMs } = rule.alerting
  const short = forMs < settings.forGracePeriodMs
  if (forMs === 0 || (short && !settings.restoreShortFor) || rule.states.byKey.size === 0) return
  // Only labels that are not templates are known before an evaluation.
  const matchers = [newMatcher('=', 'alertname', rule.alerting.name)]
  for (let i = 0; i < rule.alerting.labels.length; i += 2) {
    const value = rule.alerting.labels[i + 1]!
    if (rule.alerting.labels[i] !== 'alertname' && !value.includes('{{')) matchers.push(newMatcher('=', rule.alerting.labels[i]!, value))
  }
  const selector = `ALERTS_FOR_STATE{${matchers.map(printMatcher).join(',')}}`
  const ask = async (expr: string): Promise<Map<string, number>> => {
    const { value } = await query.instant({ expr, tMs: nowMs, lookbackMs: settings.outageToleranceMs, priority: 'rule' })
    const out = new Map<string, number>()
    if (value.type === 'vector') for (const s of value.samples) out.set(labelsKey(withoutMetricName(s.labels)), s.value)
    return out
  }
  const [activeAt, sampleAt] = await Promise.all([ask(selector), ask(`timestamp(${selector})`)])
  for (const [key, instance] of rule.states.byKey) {
    const activeSeconds = activeAt.get(key)
    const downSeconds = sampleAt.get(key)
    if (instance.state === 'inactive' || activeSeconds === undefined || downSeconds === undefined) continue
    instance.activeAtMs = restoredActiveAt(forMs, nowMs, activeSeconds * 1000, Math.floor(downSeconds) * 1000, short ? 0 : settings.forGracePeriodMs)
  }
}

function restoredActiveAt(forMs: number, nowMs: number, storedMs: number, downMs: number, graceMs: number): number {
  const leftMs = forMs - (downMs - storedMs)
  // Was firing: fires again with the next evaluation.
  if (leftMs <= 0) return storedMs
  if (leftMs < graceMs) return nowMs + graceMs - forMs
  // The time while nobody looked does not count.
  return storedMs + (nowMs - downMs)
}
