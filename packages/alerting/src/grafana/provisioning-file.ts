import type { Fields } from '@haechi/model'
import { templateSet } from '../message-templates.ts'
import { timeIntervalConfig } from '../time-interval.ts'
import { grafanaContactPoint, isUnsupportedType } from './contact-point.ts'
import type { GrafanaContext, GrafanaReceiver } from './contact-point.ts'
import { grafanaRouteConfig } from './policies.ts'
import type { GrafanaMuteTime, GrafanaPolicy, GrafanaTemplate } from './policies.ts'
import { GrafanaAlertingError } from './settings.ts'

/** Contact points, policies, mute timings and templates of Grafana's files, and what they ask to delete. */
export interface GrafanaAlerting {
  readonly contactPoints: readonly GrafanaReceiver[]
  /** Undefined: no file has a tree. */
  readonly policies: GrafanaPolicy | undefined
  readonly muteTimes: readonly GrafanaMuteTime[]
  readonly templates: readonly GrafanaTemplate[]
  readonly deletes: { readonly contactPoints: readonly string[]; readonly muteTimes: readonly string[]; readonly templates: readonly string[]; readonly policies: boolean }
  /** The file of each thing, where they come from several. */
  readonly places?: GrafanaPlaces
  /** What is read and not acted on, one sentence each. */
  readonly warnings: readonly string[]
}

/** Files by uid of a contact point, by name of a mute timing, and that of the policies. */
export interface GrafanaPlaces {
  readonly contactPoints: Readonly<Record<string, string>>
  readonly muteTimes: Readonly<Record<string, string>>
  readonly policies?: string
}

export const NO_GRAFANA_ALERTING: GrafanaAlerting = { contactPoints: [], policies: undefined, muteTimes: [], templates: [], deletes: { contactPoints: [], muteTimes: [], templates: [], policies: false }, warnings: [] }

/**
 * Reads the keys of this package of one file of `provisioning/alerting`; the caller reads the others and then calls `done`.
 * @param filled  puts the values of variables into a text @throws ConfigError with file, line and column
 */
export function grafanaAlertingFile(top: Fields, filled: (text: string) => string, context: GrafanaContext): GrafanaAlerting {
  const warnings: string[] = []
  const deep = (v: unknown): unknown => {
    if (typeof v === 'string') return filled(v)
    if (Array.isArray(v)) return v.map(deep)
    if (typeof v === 'object' && v !== null) return Object.fromEntries(Object.entries(v).map(([k, inner]) => [k, deep(inner)]))
    return v
  }
  const contactPoints: GrafanaReceiver[] = []
  for (const c of top.list('contactPoints')) {
    c.integer('orgId', 1)
    const name = filled(c.string('name'))
    for (const r of c.list('receivers')) {
      const settings = deep(r.raw('settings') ?? {})
      if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) throw r.error('settings', 'expected keys with values')
      const receiver: GrafanaReceiver = { uid: filled(r.string('uid')), name, type: r.string('type'), settings: settings as Record<string, unknown>, disableResolveMessage: r.boolean('disableResolveMessage', false), provenance: 'file' }
      r.done()
      if (isUnsupportedType(receiver.type)) warnings.push(`contact point ${JSON.stringify(name)}: Haechi does not deliver to the type ${receiver.type}; its messages reach nobody`)
      else {
        try {
          grafanaContactPoint(receiver, context)
        } catch (err) {
          if (err instanceof GrafanaAlertingError) throw r.error('settings', err.message)
          throw err
        }
      }
      contactPoints.push(receiver)
    }
    c.done()
  }
  const trees = top.list('policies')
  if (trees.length > 1 && trees.filter(t => t.integer('orgId', 1) === 1).length > 1) throw top.error('policies', 'more than one tree of policies for one organisation')
  for (const t of trees) grafanaRouteConfig(t, true)
  const raw = (top.raw('policies') as unknown[] | undefined)?.[0]
  const policies = raw === undefined ? undefined : (deep(raw) as GrafanaPolicy)
  const times = (top.raw('muteTimes') as unknown[] | undefined) ?? []
  const muteTimes = top.list('muteTimes').map((m, i): GrafanaMuteTime => {
    m.integer('orgId', 1)
    const { name } = timeIntervalConfig(m, 'mute time interval')
    return { name, time_intervals: ((deep(times[i]) as { time_intervals?: unknown[] }).time_intervals ?? []), provenance: 'file' }
  })
  const templates = top.list('templates').map((t): GrafanaTemplate => {
    t.integer('orgId', 1)
    // A template's own dollars are variables of Go's language.
    const one: GrafanaTemplate = { name: t.string('name'), template: t.string('template'), provenance: 'file' }
    t.done()
    try {
      templateSet([templateFile(one)], 0, true)
    } catch (err) {
      throw t.error('template', (err as Error).message)
    }
    return one
  })
  const deleted = (key: string, name: 'uid' | 'name'): string[] => top.list(key).map(d => {
    d.integer('orgId', 1)
    const text = filled(d.string(name))
    d.done()
    return text
  })
  const deletes = { contactPoints: deleted('deleteContactPoints', 'uid'), muteTimes: deleted('deleteMuteTimes', 'name'), templates: deleted('deleteTemplates', 'name'), policies: top.has('resetPolicies') && top.strings('resetPolicies').includes('1') }
  return { contactPoints, policies, muteTimes, templates, deletes, warnings }
}

/** The text of a group of templates: without a definition it is one of its own name. */
export function templateFile(t: Pick<GrafanaTemplate, 'name' | 'template'>): { readonly name: string; readonly text: string } {
  return { name: t.name, text: /\{\{-?\s*define\b/.test(t.template) ? t.template : `{{ define ${JSON.stringify(t.name)} }}${t.template}{{ end }}` }
}

/** Where the things of several files stand; the later file wins, as in {@link joinedAlerting}. */
function placesOf(files: readonly GrafanaAlerting[], paths: readonly string[]): GrafanaPlaces {
  const by = (keys: (f: GrafanaAlerting) => readonly string[]): Record<string, string> => Object.fromEntries(files.flatMap((f, i) => keys(f).map(key => [key, paths[i]!])))
  const policies = files.findLastIndex(f => f.policies !== undefined)
  return { contactPoints: by(f => f.contactPoints.map(c => c.uid)), muteTimes: by(f => f.muteTimes.map(m => m.name)), ...(policies < 0 ? {} : { policies: paths[policies]! }) }
}

/** What several files say together. A uid or name that two have is the later one's. */
export function joinedAlerting(files: readonly GrafanaAlerting[], paths: readonly string[] = []): GrafanaAlerting {
  const last = <T>(items: readonly T[], key: (item: T) => string): T[] => [...new Map(items.map(item => [key(item), item])).values()]
  return {
    ...(paths.length === 0 ? {} : { places: placesOf(files, paths) }),
    contactPoints: last(files.flatMap(f => f.contactPoints), c => c.uid), policies: files.findLast(f => f.policies !== undefined)?.policies, muteTimes: last(files.flatMap(f => f.muteTimes), m => m.name),
    templates: last(files.flatMap(f => f.templates), t => t.name), warnings: files.flatMap(f => f.warnings),
    deletes: {
      contactPoints: files.flatMap(f => f.deletes.contactPoints), muteTimes: files.flatMap(f => f.deletes.muteTimes), templates: files.flatMap(f => f.deletes.templates), policies: files.some(f => f.deletes.policies),
    },
  }
}
