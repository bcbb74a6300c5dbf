import { isDeepStrictEqual } from 'node:util'
import type { FuzzAnswer, FuzzRequest } from './send.ts'

/** Members that tell of the moment, or that each server makes for itself. */
const OWN = new Set(['id', 'silenceID', 'silencedBy', 'updatedAt'])

/** Times that were not given are now. */
const RECENT_MS = 3_600_000

function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !OWN.has(name)).map(([name, v]) => [name, typeof v === 'string' && /^(?:starts|ends)At$/.test(name) ? instant(v) : steady(v)]))
}

/** Ours are in UTC, the reference's in the zone that was given. */
function instant(text: string): number | string {
  const tMs = Date.parse(text)
  return Math.abs(tMs - Date.now()) < RECENT_MS ? 'now' : tMs
}

/** As texts in order: lists come in no order that means something where times are equal. */
function inOrder(value: unknown): unknown {
  return Array.isArray(value) ? value.map(v => JSON.stringify(v, (name, member: unknown) => (name === 'receivers' ? inOrder(member) : member))).sort() : value
}

/** What may be told of any of several alerts, or is cut short. */
const SHORT = /generatorURL in body must be of type uri|silenceID in path must be of type uuid/

/** Go's decoder names the place of what is no JSON in its own words. */
const NO_JSON = /parsing (?:alerts|silence) body from \\?"\\?" failed, because/

interface Told { readonly fingerprint: string; readonly startsAt: string; readonly endsAt: string }

/**
 * Alerts of which the reference says another thing in its groups than in its list: several workers put alerts into groups, and of two words about one alert that come soon after
 * each other the older may be put there last. @see alertmanager dispatch/dispatch.go `run`
 */
export function overtaken(alerts: readonly Told[], groups: readonly { readonly alerts: readonly Told[] }[]): ReadonlySet<string> {
  const times = (list: readonly Told[]): Map<string, string> => new Map(list.map(a => [a.fingerprint, `${a.startsAt} ${a.endsAt}`]))
  const [listed, grouped] = [times(alerts), times(groups.flatMap(g => g.alerts))]
  return new Set([...listed.keys(), ...grouped.keys()].filter(f => listed.get(f) !== grouped.get(f)))
}

/** Groups without such alerts. */
function withoutAlerts(groups: unknown, left: ReadonlySet<string>): unknown {
  if (left.size === 0 || !Array.isArray(groups)) return groups
  return (groups as { readonly alerts: readonly Told[] }[]).map(g => ({ ...g, alerts: g.alerts.filter(a => !left.has(a.fingerprint)) })).filter(g => g.alerts.length > 0)
}

/** The first difference of our answer from Alertmanager's, or undefined. @param left  fingerprints of alerts in groups that are not judged */
export function alertmanagerDifference(request: FuzzRequest, ours: FuzzAnswer, theirs: FuzzAnswer, left: ReadonlySet<string> = new Set()): string | undefined {
  if (request.path.startsWith('/api/v2/status')) return ours.status === theirs.status ? undefined : `HTTP ${ours.status}, reference ${theirs.status}`
  // A slash at the end, bytes that are no type at all, and the order of methods, which is a hash table's.
  if (/\/(?:\?|$)/.test(request.path) || (ours.status === 415 && theirs.status !== 200) || (ours.status === theirs.status && (ours.status === 405 || ours.status === 415))) return undefined
  if (ours.text.includes('must be percent-encoded')) return undefined
  // What stands behind the first value of a body is not read there; null counts as a matcher or an alert.
  if (NO_JSON.test(ours.text) || /%f4%90|%ed%a0|%ff|%c3(?!%[89ab])/i.test(request.path)) return undefined
  if (SHORT.test(ours.text) && SHORT.test(theirs.text)) return undefined
  if (ours.status !== theirs.status) return `HTTP ${ours.status} ${ours.text.slice(0, 300)}\n  reference ${theirs.status} ${theirs.text.slice(0, 300)}`
  if (ours.text === theirs.text) return undefined
  if (NO_JSON.test(theirs.text)) return NO_JSON.test(ours.text) ? undefined : `${ours.text.slice(0, 400)}\n  reference ${theirs.text.slice(0, 400)}`
  try {
    const [own, their] = [inOrder(steady(withoutAlerts(JSON.parse(ours.text), left))), inOrder(steady(withoutAlerts(JSON.parse(theirs.text), left)))]
    if (isDeepStrictEqual(own, their)) return undefined
    if (Array.isArray(own) && Array.isArray(their)) return `only ours ${own.filter(x => !their.includes(x)).join(' ').slice(0, 400)}\n  only reference ${their.filter(x => !own.includes(x)).join(' ').slice(0, 400)}`
  } catch {
    // Told below.
  }
  return `${ours.text.slice(0, 400)}\n  reference ${theirs.text.slice(0, 400)}`
}
