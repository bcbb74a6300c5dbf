import { goQuote, parseFields } from '@haechi/model'
import type { Fields, Matcher } from '@haechi/model'
import { MatcherError, alertMatcher, sortMatchers } from '../matchers.ts'
import { RULE_UID_LABEL } from '../notification-alert.ts'
import { checkNames, newMatchers, oldMatchers } from '../route.ts'
import type { RouteConfig } from '../route.ts'
import { timeIntervalConfig } from '../time-interval.ts'
import type { TimeInterval } from '../time-interval.ts'
import type { Receiver, Routing } from '../views.ts'

/** What Grafana's root policy groups by where it says nothing. */
const ROOT_GROUP_BY: readonly string[] = ['grafana_folder', 'alertname']

/** A tree of policies as Grafana writes it. */
export type GrafanaPolicy = Readonly<Record<string, unknown>>

/** One mute timing as Grafana writes it. */
export interface GrafanaMuteTime {
  readonly name: string
  readonly time_intervals: readonly unknown[]
  readonly provenance?: 'api' | 'file'
}

/** One group of templates as Grafana writes it. */
export interface GrafanaTemplate {
  readonly name: string
  readonly template: string
  readonly provenance?: 'api' | 'file'
}

/** One policy and those below it. @throws ConfigError */
export function grafanaRouteConfig(f: Fields, isRoot: boolean): RouteConfig {
  for (const key of ['orgId', 'uid', 'provenance', 'version', 'name']) f.raw(key)
  const given = f.has('group_by') ? f.strings('group_by') : undefined
  // Grafana writes an empty list for "as above".
  const groupBy = given === undefined || given.length === 0 ? (isRoot ? ROOT_GROUP_BY : undefined) : given
  if (groupBy !== undefined && groupBy.includes('...') && groupBy.length > 1) throw f.error('group_by', 'cannot have wildcard group_by (`...`) and other labels at the same time')
  const duration = (key: string, zero: boolean): number | undefined => {
    if (!f.has(key) || f.string(key) === '') return undefined
    const ms = f.durationMs(key)
    if (ms === 0 && !zero) throw f.error(key, `${key} cannot be zero`)
    return ms
  }
  const receiver = f.string('receiver', '') || undefined
  const config: RouteConfig = {
    receiver, groupBy, groupWaitMs: duration('group_wait', true), groupIntervalMs: duration('group_interval', false), repeatIntervalMs: duration('repeat_interval', false),
    matchers: sortMatchers([...oldMatchers(f, 'match', 'match_re'), ...(f.has('matchers') ? newMatchers(f, 'matchers') : []), ...objectMatchers(f)]), continues: f.boolean('continue', false),
    muteTimeIntervals: f.strings('mute_time_intervals', []), activeTimeIntervals: f.strings('active_time_intervals', []), routes: f.list('routes').map(r => grafanaRouteConfig(r, false)),
  }
  f.done()
  if (!isRoot) return config
  if (receiver === undefined) throw f.error(undefined, 'the root policy must name a contact point in receiver')
  if (config.matchers.length > 0) throw f.error(undefined, 'the root policy must not have matchers')
  if (config.continues) throw f.error('continue', 'the root policy must not have continue')
  if (config.muteTimeIntervals.length > 0 || config.activeTimeIntervals.length > 0) throw f.error(undefined, 'the root policy must not have time intervals')
  return config
}

/** Triples `[name, operator, value]`. */
function objectMatchers(f: Fields): Matcher[] {
  const raw = f.raw('object_matchers')
  if (raw === undefined) return []
  if (!Array.isArray(raw)) throw f.error('object_matchers', 'expected a list of [name, operator, value]')
  return raw.map((item: unknown) => {
    if (!Array.isArray(item) || item.length !== 3) throw f.error('object_matchers', 'expected a list of [name, operator, value]')
    const [name, op, value] = item.map(String) as [string, string, string]
    if (op !== '=' && op !== '!=' && op !== '=~' && op !== '!~') throw f.error('object_matchers', `unknown operator ${goQuote(op)}`, 'one of =, !=, =~, !~')
    try {
      return alertMatcher(op, name, value)
    } catch (err) {
      if (err instanceof MatcherError) throw f.error('object_matchers', err.message)
      throw err
    }
  })
}

/** Reads a tree that came as JSON. @throws ConfigError */
export function policyOfJson(policy: GrafanaPolicy, receivers: ReadonlySet<string>, intervals: ReadonlySet<string>): RouteConfig {
  const fields = parseFields(JSON.stringify(policy), 'policies')
  const config = grafanaRouteConfig(fields, true)
  checkNames(fields, config, receivers, intervals)
  return config
}

/** Reads a mute timing that came as JSON. @throws ConfigError */
export function muteTimeOfJson(m: Pick<GrafanaMuteTime, 'name' | 'time_intervals'>): TimeInterval {
  return timeIntervalConfig(parseFields(JSON.stringify({ name: m.name, time_intervals: m.time_intervals }), `mute timing ${m.name}`), 'mute time interval')
}

/**
 * Both trees as one: what Grafana's rules raise goes by its policies, everything else by `alertmanager.yml`. Names that both have are told apart by `grafana/`.
 */
export function mergedRouting(file: Routing, grafana: Routing): Routing {
  const taken = new Set(file.receivers.map(r => r.name))
  const intervals = new Set(file.timeIntervals.map(t => t.name))
  const receiverName = (name: string): string => (taken.has(name) ? `grafana/${name}` : name)
  const intervalName = (name: string): string => (intervals.has(name) ? `grafana/${name}` : name)
  const renamed = (r: RouteConfig): RouteConfig => ({
    ...r, receiver: r.receiver === undefined ? undefined : receiverName(r.receiver), muteTimeIntervals: r.muteTimeIntervals.map(intervalName), activeTimeIntervals: r.activeTimeIntervals.map(intervalName), routes: r.routes.map(renamed),
  })
  const first: RouteConfig = { ...renamed(grafana.route), matchers: [alertMatcher('=~', RULE_UID_LABEL, '.+')], continues: false }
  return {
    route: { ...file.route, routes: [first, ...file.route.routes] }, inhibitRules: file.inhibitRules,
    receivers: [...file.receivers, ...grafana.receivers.map((r): Receiver => ({ ...r, name: receiverName(r.name), labels: { ...r.labels, name: receiverName(r.name) } }))],
    timeIntervals: [...file.timeIntervals, ...grafana.timeIntervals.map(t => ({ ...t, name: intervalName(t.name) }))],
  }
}
