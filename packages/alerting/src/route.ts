import { goQuote, isLabelName, matchesLabels } from '@haechi/model'
import type { Fields, Labels, Matcher } from '@haechi/model'
import { MatcherError, alertMatcher, parseMatchers, printMatchers, sortMatchers } from './matchers.ts'

/** A route as it is written; what is undefined comes from the route above. */
export interface RouteConfig {
  readonly receiver: string | undefined
  /** Label names, or `['...']` for all labels. */
  readonly groupBy: readonly string[] | undefined
  readonly groupWaitMs: number | undefined
  readonly groupIntervalMs: number | undefined
  readonly repeatIntervalMs: number | undefined
  /** In Alertmanager's order. */
  readonly matchers: readonly Matcher[]
  readonly continues: boolean
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  readonly routes: readonly RouteConfig[]
}

/** A route with everything that it inherits. */
export interface Route {
  /** Alertmanager's key text: the matchers from the root down, `{}/{severity="critical"}`. Not unique. */
  readonly key: string
  /** Unique in the tree: positions from the root down. */
  readonly id: string
  readonly receiver: string
  readonly groupBy: readonly string[]
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  readonly matchers: readonly Matcher[]
  readonly continues: boolean
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  readonly routes: readonly Route[]
}

/** What the root has where it says nothing. @see alertmanager dispatch `DefaultRouteOpts` */
export const ROOT_DEFAULTS: Pick<Route, 'groupBy' | 'groupWaitMs' | 'groupIntervalMs' | 'repeatIntervalMs'> = { groupBy: [], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 }

/** The tree with everything inherited. Time intervals, matchers and `continue` are not inherited. */
export function routeTree(config: RouteConfig, parent?: Route, index = 0): Route {
  const above = parent ?? { ...ROOT_DEFAULTS, receiver: '' }
  const key = `${parent === undefined ? '' : `${parent.key}/`}${printMatchers(config.matchers)}`
  const id = parent === undefined ? '0' : `${parent.id}/${index}`
  const route: Omit<Route, 'routes'> = {
    key, id, receiver: config.receiver ?? above.receiver, groupBy: config.groupBy ?? above.groupBy, groupWaitMs: config.groupWaitMs ?? above.groupWaitMs,
    groupIntervalMs: config.groupIntervalMs ?? above.groupIntervalMs, repeatIntervalMs: config.repeatIntervalMs ?? above.repeatIntervalMs, matchers: config.matchers,
    continues: config.continues, muteTimeIntervals: config.muteTimeIntervals, activeTimeIntervals: config.activeTimeIntervals,
  }
  return { ...route, routes: config.routes.map((child, i) => routeTree(child, { ...route, routes: [] }, i)) }
}

/** The routes that an alert takes, depth first; none when the given route's own matchers refuse it. @see alertmanager dispatch `Route.Match` */
export function matchRoutes(route: Route, labels: Labels): Route[] {
  if (!matchesLabels(route.matchers, labels)) return []
  const found: Route[] = []
  for (const child of route.routes) {
    const below = matchRoutes(child, labels)
    found.push(...below)
    if (below.length > 0 && !child.continues) break
  }
  return found.length > 0 ? found : [route]
}

/** The route and all below it. */
export function allRoutes(route: Route): Route[] {
  return [route, ...route.routes.flatMap(allRoutes)]
}

/** Names of Prometheus 2: what the old `match` and `match_re` take. */
const CLASSIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** One node of `route`. Whether receivers and time intervals exist is checked with {@link checkNames}. @throws ConfigError with Alertmanager's reasons */
export function routeConfig(f: Fields, warnings: string[]): RouteConfig {
  const receiver = f.string('receiver', '') || undefined
  const groupBy = f.has('group_by') ? f.strings('group_by') : undefined
  const seen = new Set<string>()
  for (const name of groupBy ?? []) {
    if (name === '...') continue
    if (!isLabelName(name)) throw f.error('group_by', `invalid label name ${goQuote(name)} in group_by list`)
    if (groupBy!.includes('...')) throw f.error('group_by', 'cannot have wildcard group_by (`...`) and other labels at the same time')
    if (seen.has(name)) throw f.error('group_by', `duplicated label ${goQuote(name)} in group_by`)
    seen.add(name)
  }
  const duration = (key: string, zero: boolean): number | undefined => {
    if (!f.has(key)) return undefined
    const ms = f.durationMs(key)
    if (ms === 0 && !zero) throw f.error(key, `${key} cannot be zero`)
    return ms
  }
  if (f.has('labels')) {
    const labels = f.stringMap('labels')
    for (const name of Object.keys(labels)) if (!isLabelName(name)) throw f.error('labels', `invalid label name ${goQuote(name)} in route labels`)
    if (Object.keys(labels).length > 0) warnings.push(`${f.path}.labels: labels of routes are not acted on by this version`)
  }
  const config: RouteConfig = {
    receiver, groupBy, groupWaitMs: duration('group_wait', true), groupIntervalMs: duration('group_interval', false), repeatIntervalMs: duration('repeat_interval', false),
    matchers: sortMatchers([...oldMatchers(f, 'match', 'match_re'), ...newMatchers(f, 'matchers')]), continues: f.boolean('continue', false),
    muteTimeIntervals: f.strings('mute_time_intervals', []), activeTimeIntervals: f.strings('active_time_intervals', []), routes: f.list('routes').map(r => routeConfig(r, warnings)),
  }
  f.done()
  return config
}

/** Matchers as they were written before 0.22: two mappings of names to values and to expressions. @throws ConfigError */
export function oldMatchers(f: Fields, equalKey: string, patternKey: string): Matcher[] {
  const read = (key: string, type: '=' | '=~'): Matcher[] => Object.entries(f.stringMap(key)).map(([name, value]) => {
    if (!CLASSIC_NAME.test(name)) throw f.error(key, `invalid label name ${goQuote(name)}`)
    return explained(f, key, () => [alertMatcher(type, name, value)])[0]!
  })
  return [...read(equalKey, '='), ...read(patternKey, '=~')]
}

/** A list of texts, each with one or more matchers. @throws ConfigError */
export function newMatchers(f: Fields, key: string): Matcher[] {
  return f.strings(key, []).flatMap(text => explained(f, key, () => parseMatchers(text)))
}

function explained(f: Fields, key: string, read: () => Matcher[]): Matcher[] {
  try {
    return read()
  } catch (err) {
    if (err instanceof MatcherError) throw f.error(key, err.message)
    throw err
  }
}

/** What Alertmanager demands of the whole tree. @param f the node that `config` was read from @throws ConfigError */
export function checkNames(f: Fields, config: RouteConfig, receivers: ReadonlySet<string>, intervals: ReadonlySet<string>): void {
  f.list('routes').forEach((child, i) => checkNames(child, config.routes[i]!, receivers, intervals))
  if (config.receiver !== undefined && !receivers.has(config.receiver)) throw f.error('receiver', `undefined receiver ${goQuote(config.receiver)} used in route`)
  for (const key of ['active_time_intervals', 'mute_time_intervals'] as const) {
    for (const name of key === 'active_time_intervals' ? config.activeTimeIntervals : config.muteTimeIntervals) {
      if (!intervals.has(name)) throw f.error(key, `undefined time interval ${goQuote(name)} used in route`)
    }
  }
}
