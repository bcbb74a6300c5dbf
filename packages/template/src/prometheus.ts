import { RE2JS } from 're2js'
import { DurationError, parseDuration } from '@haechi/model'
import { escapeQuery } from './builtins.ts'
import { formatFloat } from './format.ts'
import { humanize, humanize1024, humanizeDuration, humanizePercentage, toFloat } from './numbers.ts'
import { goDuration, goTime } from './time.ts'
import { GoMap, GoStruct, stringMap } from './values.ts'
import type { GoFunction } from './values.ts'

/** One element of a query's answer. */
export interface QueriedSample {
  /** Names and values, in order. */
  readonly labels: Iterable<readonly [string, string]>
  readonly value: number
}

/** What the functions of rule templates need. */
export interface PrometheusFunctionOptions {
  /** Answers the function `query`; may throw a TemplateInterrupt to be run again when the answer is there. Absent: `query` fails. */
  readonly query?: (expr: string) => readonly QueriedSample[]
  /** With a scheme, without a slash at the end. */
  readonly externalUrl: string
  /** The evaluation time, Unix ms; asked when a template wants to know. */
  readonly nowMs: () => number
}

/** A word as Unicode divides texts: an apostrophe, point or colon between letters does not end it. */
const WORD = /[\p{L}\p{N}\p{M}_]+(?:['’.:·][\p{L}\p{M}]+)*/gu

/** The first letter of each word in upper case, the rest as it is. @see golang.org/x/text/cases `Title` with `NoLower` */
export function titleWords(text: string): string {
  return text.replace(WORD, word => word.replace(/\p{L}/u, c => {
    const upper = c.toUpperCase()
    return [...upper].length === 1 ? upper : c
  }))
}

/** A bad regular expression fails the expansion, with Go's text. */
function compile(source: string, prefix = ''): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (err) {
    throw new Error(prefix + (err instanceof Error ? err.message : String(err)), { cause: err })
  }
}

/** Go's `regexp.ReplaceAllString`: `$1`, `${1}`, `${name}`, `$name` (the longest word counts), `$$`. */
export function replaceAllRegexp(pattern: string, replacement: string, text: string): string {
  const re = compile(pattern, `regexp: Compile(\`${pattern}\`): `)
  const matcher = re.matcher(text)
  let out = ''
  let last = 0
  const names = re.namedGroups() as Record<string, number>
  while (matcher.find()) {
    out += text.slice(last, matcher.start())
    out += replacement.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, plain: string | undefined) => {
      const name = braced ?? plain
      if (name === undefined) return whole === '$$' ? '$' : whole
      const group = /^\d+$/.test(name) ? Number(name) : names[name]
      if (group === undefined || group > matcher.groupCount()) return ''
      return matcher.group(group) ?? ''
    })
    last = matcher.end()
  }
  return out + text.slice(last)
}

/** RE2 match anywhere in the text. */
export function matchesAnywhere(pattern: string, text: string): boolean {
  return compile(pattern).matcher(text).find()
}

function stripPort(host: string): string {
  const bracketed = /^\[([^\][]*)\]:[^:]*$/.exec(host)
  if (bracketed !== null) return bracketed[1]!
  const plain = /^([^:\][]*):[^:\][]*$/.exec(host)
  return plain === null ? host : plain[1]!
}

function stripDomain(hostPort: string): string {
  const host = stripPort(hostPort)
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(':')) return hostPort
  const port = hostPort === host ? '' : hostPort.slice(hostPort.lastIndexOf(':'))
  return host.split('.')[0]! + port
}

/** Seconds since 1970 that fit into Go's int64 nanoseconds, or an error. */
function checkTime(v: number): void {
  if (Math.abs(v * 1e9) > 2 ** 63) throw new Error(`${formatFloat(v)} cannot be represented as a nanoseconds timestamp since it overflows int64`)
}

function timeOf(v: number): GoStruct {
  checkTime(v)
  // Prometheus' times have milliseconds.
  return goTime(Math.trunc(v * 1000))
}

function sampleStruct(s: QueriedSample): GoStruct {
  return new GoStruct('template.sample', { Labels: stringMap(s.labels), Value: s.value })
}

function sampleLabel(s: GoStruct, name: string): string {
  const labels = s.fields.get('Labels')
  const value = labels instanceof GoMap ? labels.entries.get(name) : undefined
  return typeof value === 'string' ? value : ''
}

function externalPath(url: string): string {
  try {
    const path = new URL(url).pathname
    return path === '/' && !url.endsWith('/') ? '' : path
  } catch {
    return ''
  }
}

const string1 = (call: (s: string) => unknown): GoFunction => ({ params: ['string'], call })
const any1 = (call: (v: unknown) => unknown): GoFunction => ({ params: ['any'], call })

/** The functions of Prometheus' rule templates. @see Prometheus template/template.go */
export function prometheusFunctions(options: PrometheusFunctionOptions): ReadonlyMap<string, GoFunction> {
  const external = options.externalUrl
  return new Map<string, GoFunction>([
    ['query', string1(expr => {
      if (options.query === undefined) throw new Error('query is not available here')
      return options.query(expr).map(sampleStruct)
    })],
    ['first', { params: ['list'], call: (list: readonly unknown[]) => {
      if (list.length === 0) throw new Error('first() called on vector with no elements')
      return list[0]
    } }],
    ['label', { params: ['string', 'struct'], call: (name: string, s: GoStruct) => sampleLabel(s, name) }],
    ['value', { params: ['struct'], call: (s: GoStruct) => s.fields.get('Value') }],
    ['strvalue', { params: ['struct'], call: (s: GoStruct) => sampleLabel(s, '__value__') }],
    ['args', { params: [], variadic: 'any', call: (...values: unknown[]) => new GoMap(new Map(values.map((v, i) => [`arg${i}`, v]))) }],
    ['reReplaceAll', { params: ['string', 'string', 'string'], call: (pattern: string, replacement: string, text: string) => replaceAllRegexp(pattern, replacement, text) }],
    ['safeHtml', string1(s => s)],
    ['match', { params: ['string', 'string'], call: (pattern: string, text: string) => matchesAnywhere(pattern, text) }],
    ['title', string1(titleWords)],
    ['toUpper', string1(s => s.toUpperCase())],
    ['toLower', string1(s => s.toLowerCase())],
    ['graphLink', string1(expr => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=0`)],
    ['tableLink', string1(expr => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=1`)],
    ['sortByLabel', { params: ['string', 'list'], call: (name: string, list: readonly GoStruct[]) => [...list].sort((a, b) => {
      const x = sampleLabel(a, name)
      const y = sampleLabel(b, name)
      return x < y ? -1 : x > y ? 1 : 0
    }) }],
    ['stripPort', string1(stripPort)],
    ['stripDomain', string1(stripDomain)],
    ['humanize', any1(humanize)],
    ['humanize1024', any1(humanize1024)],
    ['humanizeDuration', any1(humanizeDuration)],
    ['humanizePercentage', any1(humanizePercentage)],
    ['humanizeTimestamp', any1(value => {
      const v = toFloat(value)
      if (!Number.isFinite(v)) return Number.isNaN(v) ? 'NaN' : v > 0 ? '+Inf' : '-Inf'
      return timeOf(v).text!()
    })],
    ['toTime', any1(value => {
      const v = toFloat(value)
      if (!Number.isFinite(v)) throw new Error(`${formatFloat(v)} cannot be represented as a nanoseconds timestamp since it overflows int64`)
      return timeOf(v)
    })],
    ['toDuration', any1(value => {
      const v = toFloat(value)
      checkTime(v)
      return goDuration(BigInt(Math.trunc(v * 1e9)))
    })],
    ['now', { params: [], call: () => options.nowMs() / 1000 }],
    ['pathPrefix', { params: [], call: () => externalPath(external) }],
    ['externalURL', { params: [], call: () => external }],
    ['parseDuration', string1(text => {
      try {
        return text.startsWith('-') ? -parseDuration(text.slice(1)) / 1000 : parseDuration(text) / 1000
      } catch (err) {
        if (err instanceof DurationError) throw new Error(err.message, { cause: err })
        throw err
      }
    })],
    ['urlQueryEscape', string1(escapeQuery)],
  ])
}

