import { labelsKey, newMatcher, withoutMetricName } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { printMatcher } from '@haechi/promql'
import type { QueryEngine, QueryValue } from '@haechi/storage'
import type { AlertingEvaluation } from './evaluate.ts'

/** When and how far `for` is carried over a restart. */
export interface RestoreSettings {
  readonly outageToleranceMs: number
  readonly forGracePeriodMs: number
  readonly restoreShortFor: boolean
}

/**
 * Gives the active alerts of rules the time that they were already active before a restart, as told by `ALERTS_FOR_STATE`.
 * Asked through the query engine with the outage tolerance as lookback, so that a series that ended (staleness marker) is not found, on every engine;
 * together where it can: a thousand rules have as many questions a few seconds after a start, when there is enough to do.
 * @param onError  told of each rule for which this failed; it goes on as it is
 * @see Prometheus rules/group.go `RestoreForState`
 */
export async function restoreForStates(
  rules: readonly AlertingEvaluation[], query: QueryEngine, nowMs: number, settings: RestoreSettings, onError: (rule: AlertingEvaluation, err: unknown) => void,
): Promise<void> {
  const wanted = rules.filter(r => isRestored(r, settings))
  const exprs = wanted.flatMap(rule => {
    const selector = forStateSelector(rule)
    return [selector, `timestamp(${selector})`]
  })
  const answers = exprs.length === 0 ? [] : await ask(query, exprs, nowMs, settings.outageToleranceMs)
  for (const [i, rule] of wanted.entries()) {
    const activeAt = answers[2 * i]!
    const sampleAt = answers[2 * i + 1]!
    if (activeAt instanceof Error || sampleAt instanceof Error) onError(rule, activeAt instanceof Error ? activeAt : sampleAt)
    else restore(rule, activeAt, sampleAt, nowMs, settings)
  }
}

function isRestored(rule: AlertingEvaluation, { forGracePeriodMs, restoreShortFor }: RestoreSettings): boolean {
  const { forMs } = rule.alerting
  return forMs !== 0 && (forMs >= forGracePeriodMs || restoreShortFor) && rule.states.byKey.size > 0
}

function forStateSelector({ alerting }: AlertingEvaluation): string {
  // Only labels that are not templates are known before an evaluation.
  const matchers = [newMatcher('=', 'alertname', alerting.name)]
  for (let i = 0; i < alerting.labels.length; i += 2) {
    const value = alerting.labels[i + 1]!
    if (alerting.labels[i] !== 'alertname' && !value.includes('{{')) matchers.push(newMatcher('=', alerting.labels[i]!, value))
  }
  return `ALERTS_FOR_STATE{${matchers.map(printMatcher).join(',')}}`
}

/** Values by the key of the labels without a name. */
type Found = ReadonlyMap<string, number>

async function ask(query: QueryEngine, exprs: readonly string[], tMs: number, lookbackMs: number): Promise<(Found | Error)[]> {
  if (query.instantBatch !== undefined) {
    try {
      return (await query.instantBatch({ exprs, tMs, lookbackMs, priority: 'rule' })).map(a => ('error' in a ? a.error : 'vector' in a ? found(a.vector.labels.sets, a.vector.values) : foundIn(a.value)))
    } catch {
      // Whichever of them did it, each is asked alone.
    }
  }
  const out: (Found | Error)[] = []
  for (const expr of exprs) {
    try {
      out.push(foundIn((await query.instant({ expr, tMs, lookbackMs, priority: 'rule' })).value))
    } catch (err) {
      out.push(err instanceof Error ? err : new Error(String(err)))
    }
  }
  return out
}

function foundIn(value: QueryValue): Found {
  return value.type === 'vector' ? found(value.samples.map(s => s.labels), value.samples.map(s => s.value)) : new Map()
}

function found(sets: readonly Labels[], values: ArrayLike<number>): Found {
  return new Map(sets.map((labels, i) => [labelsKey(withoutMetricName(labels)), values[i]!]))
}

function restore(rule: AlertingEvaluation, activeAt: Found, sampleAt: Found, nowMs: number, settings: RestoreSettings): void {
  const { forMs } = rule.alerting
  for (const [key, instance] of rule.states.byKey) {
    const activeSeconds = activeAt.get(key)
    const downSeconds = sampleAt.get(key)
    if (instance.state === 'inactive' || activeSeconds === undefined || downSeconds === undefined) continue
    instance.activeAtMs = restoredActiveAt(forMs, nowMs, activeSeconds * 1000, Math.floor(downSeconds) * 1000, forMs < settings.forGracePeriodMs ? 0 : settings.forGracePeriodMs)
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
