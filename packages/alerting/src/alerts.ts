import { compareText, labelsFromPairs, worseValue } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { fingerprint } from './fingerprint.ts'
import type { PostableAlert, StoredAlert } from './views.ts'

/** Alerts that were refused; the others of the same call were taken. The message is Alertmanager's. */
export class AlertInputError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'AlertInputError'
    this.problems = problems
  }
}

/** Fills in what is missing and checks an alert. @throws Error with the reason */
export function acceptedAlert(a: PostableAlert, nowMs: number, resolveTimeoutMs: number): StoredAlert {
  let endsAtMs = a.endsAtMs
  const startsAtMs = a.startsAtMs ?? endsAtMs ?? nowMs
  const timeout = endsAtMs === undefined
  endsAtMs ??= nowMs + resolveTimeoutMs
  if (!Number.isFinite(startsAtMs) || !Number.isFinite(endsAtMs)) throw new Error('start and end must be times')
  if (endsAtMs < startsAtMs) throw new Error('start time must be before end time')
  const labels = labelsFromPairs(named(a.labels, 'label set').filter(([, value]) => value !== ''))
  if (labels.length === 0) throw new Error('at least one label pair required')
  // Unlike a label, an annotation may be empty.
  const annotations = named(a.annotations, 'annotations').sort(([x], [y]) => compareText(x, y)).flat()
  return {
    fingerprint: fingerprint(labels), labels, annotations, startsAtMs, endsAtMs, updatedAtMs: nowMs, timeout, generatorUrl: a.generatorUrl ?? '',
    ...(a.value === undefined ? {} : { value: a.value }), ...(a.peak === undefined ? {} : { peak: a.peak }), ...(a.threshold === undefined ? {} : { threshold: a.threshold }),
    ...(a.ruleUid === undefined ? {} : { ruleUid: a.ruleUid }), ...(a.values === undefined ? {} : { values: a.values }),
  }
}

/** Names and values; a name must not be empty, but for a label without a value, which is none. */
function named(list: Labels, what: 'label set' | 'annotations'): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === '' && (what === 'annotations' || list[i + 1] !== '')) throw new Error(`invalid ${what}: invalid name ""`)
    pairs.push([list[i]!, list[i + 1]!])
  }
  return pairs
}

/**
 * What is known after a newer word about an alert. Where the times of activity touch, the earliest start stays, so that an alert which is sent again
 * (after a restart, say) is the same alert. @see Alertmanager types.go `Merge`
 */
export function mergedAlert(old: StoredAlert, fresh: StoredAlert, nowMs: number): StoredAlert {
  const touches = (fresh.endsAtMs > old.startsAtMs && fresh.endsAtMs < old.endsAtMs) || (fresh.startsAtMs >= old.startsAtMs && fresh.startsAtMs < old.endsAtMs)
  if (!touches) return fresh
  const startsAtMs = Math.min(old.startsAtMs, fresh.startsAtMs)
  let { endsAtMs } = fresh
  if (fresh.endsAtMs <= nowMs) {
    if (old.endsAtMs <= nowMs && old.endsAtMs > endsAtMs) endsAtMs = old.endsAtMs
  } else if (old.endsAtMs > endsAtMs && !old.timeout) endsAtMs = old.endsAtMs
  const peak = worsePeak(old, fresh)
  return { ...fresh, startsAtMs, endsAtMs, ...(peak === undefined ? {} : { peak }) }
}

function worsePeak(old: StoredAlert, fresh: StoredAlert): number | undefined {
  const a = old.peak ?? old.value
  const b = fresh.peak ?? fresh.value
  if (a === undefined) return b
  return b === undefined ? a : worseValue(a, b, fresh.threshold)
}

/** How much the time for which an alert is valid may differ from word to word, ms: senders count it from before their way to us. */
const SAME_VALIDITY_MS = 1000

/** Whether nothing is new but that an alert lasts longer: after a restart {@link revivedAlert} makes the same of both, so only one of them needs to be stored. */
export function onlyLasts(old: StoredAlert, fresh: StoredAlert): boolean {
  const oldMs = old.endsAtMs - old.updatedAtMs
  const freshMs = fresh.endsAtMs - fresh.updatedAtMs
  if (oldMs <= 0 || freshMs <= 0 || Math.abs(oldMs - freshMs) > SAME_VALIDITY_MS) return false
  return JSON.stringify({ ...old, endsAtMs: 0, updatedAtMs: 0 }) === JSON.stringify({ ...fresh, endsAtMs: 0, updatedAtMs: 0 })
}

/**
 * An alert as it goes on after a restart. Who sends it needs time to find it again (rules ask twice before they know), so one that was firing is given
 * as long as it was last valid for; one that ended stays ended.
 */
export function revivedAlert(a: StoredAlert, nowMs: number): StoredAlert {
  if (a.endsAtMs <= a.updatedAtMs) return a
  return { ...a, endsAtMs: Math.max(a.endsAtMs, nowMs + (a.endsAtMs - a.updatedAtMs)) }
}
