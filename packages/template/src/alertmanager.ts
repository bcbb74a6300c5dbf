import { escapeHtml, escapeQuery } from './builtins.ts'
import { formatFloat } from './format.ts'
import { humanizeDuration } from './numbers.ts'
import { matchesAnywhere, replaceAllRegexp, titleWords } from './prometheus.ts'
import { durationText, formatGoTime, goTime, goTimeMs, inZone } from './time.ts'
import { GoList, GoMap, GoStruct, compareBytes, listItems, stringMap } from './values.ts'
import type { GoFunction, Methods } from './values.ts'

/** Names and values. */
export type TemplatePairs = Iterable<readonly [string, string]>

/** One alert as a notification template sees it. Times are Unix ms; `endsAtMs` is the zero time while firing. */
export interface TemplateAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: TemplatePairs
  readonly annotations: TemplatePairs
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly generatorUrl: string
  readonly fingerprint: string
  /** Grafana's further fields, by their names in templates (`Values`, `ValueString`, `SilenceURL` …). */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** What a notification template is given. */
export interface NotificationData {
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
  readonly alerts: readonly TemplateAlert[]
  readonly groupLabels: TemplatePairs
  readonly commonLabels: TemplatePairs
  readonly commonAnnotations: TemplatePairs
  readonly externalUrl: string
  readonly notificationReason?: string
  readonly extra?: Readonly<Record<string, unknown>>
}

function sortedNames(map: ReadonlyMap<string, string>): string[] {
  // alertname first, the rest by name.
  return [...map.keys()].sort((a, b) => (a === b ? 0 : a === 'alertname' ? -1 : b === 'alertname' ? 1 : compareBytes(a, b)))
}

function strings(items: readonly string[]): GoList {
  return new GoList(items, 'template.Names', { Join: { params: ['string'], call: (sep: string) => items.join(sep) } })
}

/** A label or annotation map with `SortedPairs`, `Names`, `Values`, `Remove`. */
export function kv(pairs: TemplatePairs): GoMap {
  const map = new Map(pairs)
  const methods: Methods = {
    SortedPairs: { params: [], call: () => pairList(map) },
    Names: { params: [], call: () => strings(sortedNames(map)) },
    Values: { params: [], call: () => strings(sortedNames(map).map(n => map.get(n)!)) },
    Remove: { params: ['strings'], call: (names: readonly string[]) => kv([...map].filter(([n]) => !names.includes(n))) },
    String: { params: [], call: () => sortedNames(map).map(n => `${n}=${map.get(n)!}`).join(', ') },
  }
  return stringMap(map, methods, 'template.KV')
}

function pairList(map: ReadonlyMap<string, string>): GoList {
  const names = sortedNames(map)
  return new GoList(names.map(n => new GoStruct('template.Pair', { Name: n, Value: map.get(n)! })), 'template.Pairs', {
    Names: { params: [], call: () => strings(names) },
    Values: { params: [], call: () => strings(names.map(n => map.get(n)!)) },
  })
}

function alertStruct(a: TemplateAlert): GoStruct {
  return new GoStruct('template.Alert', {
    Status: a.status, Labels: kv(a.labels), Annotations: kv(a.annotations), StartsAt: goTime(a.startsAtMs), EndsAt: goTime(a.endsAtMs), GeneratorURL: a.generatorUrl,
    Fingerprint: a.fingerprint, ...a.extra,
  })
}

function alertList(alerts: readonly GoStruct[]): GoList {
  const by = (status: string): GoList => new GoList(alerts.filter(a => a.fields.get('Status') === status), '[]template.Alert')
  return new GoList(alerts, 'template.Alerts', { Firing: { params: [], call: () => by('firing') }, Resolved: { params: [], call: () => by('resolved') } })
}

/** The dot of a notification template. @see Alertmanager template/template.go `Data` */
export function notificationData(d: NotificationData): GoStruct {
  return new GoStruct('*template.Data', {
    Receiver: d.receiver, Status: d.status, Alerts: alertList(d.alerts.map(alertStruct)), GroupLabels: kv(d.groupLabels), CommonLabels: kv(d.commonLabels),
    CommonAnnotations: kv(d.commonAnnotations), ExternalURL: d.externalUrl, NotificationReason: d.notificationReason ?? '', ...d.extra,
  })
}

const string1 = (call: (s: string) => unknown): GoFunction => ({ params: ['string'], call })

/** What Go calls the fields of a message and of an alert in JSON, in their order; others are not written. @see Alertmanager template/template.go */
const JSON_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '*template.Data': {
    Receiver: 'receiver', Status: 'status', Alerts: 'alerts', NotificationReason: 'notification_reason', GroupLabels: 'groupLabels', CommonLabels: 'commonLabels', CommonAnnotations: 'commonAnnotations', ExternalURL: 'externalURL',
  },
  'template.Alert': { Status: 'status', Labels: 'labels', Annotations: 'annotations', StartsAt: 'startsAt', EndsAt: 'endsAt', GeneratorURL: 'generatorURL', Fingerprint: 'fingerprint' },
}

/** JSON as Go's `encoding/json` writes it: sorted map keys, `<`, `>` and `&` escaped. */
function toJson(value: unknown): string {
  const plain = (v: unknown): string => {
    if (v === undefined || v === null) return 'null'
    if (typeof v === 'string') return JSON.stringify(v).replace(/[<>&\u2028\u2029]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    if (typeof v === 'number') {
      if (!Number.isFinite(v)) throw new Error(`json: unsupported value: ${formatFloat(v)}`)
      return JSON.stringify(v)
    }
    if (typeof v === 'bigint' || typeof v === 'boolean') return String(v)
    const items = listItems(v)
    if (items !== undefined) return `[${items.map(plain).join(',')}]`
    if (v instanceof GoMap) return `{${v.keys().map(k => `${plain(k)}:${plain(v.entries.get(k))}`).join(',')}}`
    if (v instanceof GoStruct && v.typeName === 'time.Time') return plain(formatGoTime(v, '2006-01-02T15:04:05.999999999Z07:00'))
    if (v instanceof GoStruct && typeof v.payload === 'bigint') return String(v.payload)
    const tags = v instanceof GoStruct ? JSON_NAMES[v.typeName] : undefined
    if (v instanceof GoStruct && tags !== undefined) return `{${Object.entries(tags).map(([field, name]) => `${plain(name)}:${plain(v.fields.get(field))}`).join(',')}}`
    if (v instanceof GoStruct) return `{${[...v.fields].map(([k, f]) => `${plain(k)}:${plain(f)}`).join(',')}}`
    throw new Error(`json: unsupported type: ${typeof v}`)
  }
  return plain(value)
}

/** The functions of notification templates. @see Alertmanager template/template.go `DefaultFuncs` */
export function alertmanagerFunctions(options: { readonly nowMs: number }): ReadonlyMap<string, GoFunction> {
  return new Map<string, GoFunction>([
    ['toUpper', string1(s => s.toUpperCase())],
    ['toLower', string1(s => s.toLowerCase())],
    // Unlike Prometheus' function of the name, the rest of each word becomes lower case.
    ['title', string1(s => titleWords(s.toLowerCase()))],
    ['trimSpace', string1(s => s.trim())],
    ['join', { params: ['string', 'strings'], call: (sep: string, list: readonly string[]) => list.join(sep) }],
    ['match', { params: ['string', 'string'], call: (pattern: string, text: string) => matchesAnywhere(pattern, text) }],
    ['safeHtml', string1(s => s)],
    ['safeUrl', string1(s => s)],
    ['urlUnescape', string1(s => {
      try {
        return decodeURIComponent(s.replaceAll('+', ' '))
      } catch (err) {
        throw new Error(`invalid URL escape ${JSON.stringify(/%.{0,2}/.exec(s)?.[0] ?? s)}`, { cause: err })
      }
    })],
    ['urlQueryEscape', string1(escapeQuery)],
    ['htmlEscape', string1(escapeHtml)],
    ['reReplaceAll', { params: ['string', 'string', 'string'], call: (pattern: string, replacement: string, text: string) => replaceAllRegexp(pattern, replacement, text) }],
    ['stringSlice', { params: [], variadic: 'string', call: (...items: string[]) => new GoList(items, '[]string') }],
    ['date', { params: ['string', 'struct'], call: (layout: string, t: GoStruct) => formatGoTime(t, layout) }],
    ['tz', { params: ['string', 'struct'], call: (zone: string, t: GoStruct) => inZone(t, zone) }],
    ['since', { params: ['struct'], call: (t: GoStruct) => sinceDuration(options.nowMs, t) }],
    ['now', { params: [], call: () => goTime(options.nowMs) }],
    ['humanizeDuration', { params: ['any'], call: (v: unknown) => humanizeDuration(v instanceof GoStruct && typeof v.payload === 'bigint' ? Number(v.payload) / 1e9 : v) }],
    ['toJson', { params: ['any'], call: toJson }],
    ['toDate', { params: ['string', 'string'], call: (layout: string, text: string) => parseDate(layout, text) ?? goTime(0) }],
    ['mustToDate', { params: ['string', 'string'], call: (layout: string, text: string) => {
      const t = parseDate(layout, text)
      if (t === undefined) throw new Error(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse`)
      return t
    } }],
    ['base64encode', string1(s => Buffer.from(s, 'utf8').toString('base64url'))],
    ['base64decode', string1(s => Buffer.from(s, 'base64url').toString('utf8'))],
    ['list', { params: [], variadic: 'any', call: (...items: unknown[]) => items }],
    ['append', { params: ['list'], variadic: 'any', call: (list: readonly unknown[], ...items: unknown[]) => [...list, ...items] }],
    ['dict', { params: [], variadic: 'any', call: (...pairs: unknown[]) => {
      if (pairs.length % 2 !== 0) throw new Error('dict expected an even number of arguments')
      const map = new Map<string, unknown>()
      for (let i = 0; i < pairs.length; i += 2) {
        if (typeof pairs[i] !== 'string') throw new Error('dict keys must be strings')
        map.set(pairs[i] as string, pairs[i + 1])
      }
      return new GoMap(map)
    } }],
  ])
}

function sinceDuration(nowMs: number, t: GoStruct): GoStruct {
  const ns = BigInt(Math.round(nowMs - goTimeMs(t))) * 1_000_000n
  return new GoStruct('time.Duration', {}, {
    Seconds: { params: [], call: () => Number(ns) / 1e9 }, Minutes: { params: [], call: () => Number(ns) / 60e9 }, Hours: { params: [], call: () => Number(ns) / 3600e9 },
    String: { params: [], call: () => durationText(ns) },
  }, () => durationText(ns), ns)
}

/** Reads a date by the common layouts; zone-less ones are UTC. */
function parseDate(layout: string, text: string): GoStruct | undefined {
  const names: string[] = []
  const source = layout.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/2006|01|02|15|04|05|Z07:00|-0700/g, token => {
    names.push(token)
    return token === '2006' ? '(\\d{4})' : token === 'Z07:00' ? '(Z|[+-]\\d\\d:\\d\\d)' : token === '-0700' ? '([+-]\\d{4})' : '(\\d\\d)'
  })
  const m = new RegExp(`^${source}$`).exec(text)
  if (m === null) return undefined
  const part = (token: string, fallback: number): number => (names.includes(token) ? Number(m[names.indexOf(token) + 1]) : fallback)
  const zoneAt = names.findIndex(n => n.startsWith('Z') || n.startsWith('-'))
  const zone = zoneAt < 0 ? 'Z' : m[zoneAt + 1]!
  const offset = zone === 'Z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)))
  return goTime(Date.UTC(part('2006', 1), part('01', 1) - 1, part('02', 1), part('15', 0), part('04', 0), part('05', 0)) - offset * 60_000)
}
