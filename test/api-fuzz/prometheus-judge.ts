import { isDeepStrictEqual } from 'node:util'
import { changedSince } from '../promql-fuzz/changed-since.ts'
import { difference } from '../promql-fuzz/compare.ts'
import type { Envelope } from '../promql-fuzz/compare.ts'
import type { FuzzAnswer, FuzzRequest } from './send.ts'

/** Members that tell of the moment or the machine. */
const OF_THE_MOMENT = new Set(['lastScrape', 'lastScrapeDuration', 'lastError', 'health', 'lastEvaluation', 'evaluationTime', 'file', 'stats', 'globalUrl'])
/** Endpoints that tell of the program: only their members are compared, or nothing. */
const OF_THE_PROGRAM = /^\/api\/v1\/status\//
const OTHER_PROGRAM = /^\/api\/v1\/status\/(?:flags|config)/
/** What newer releases say, or what is another on purpose. */
const ON_PURPOSE: readonly ((request: FuzzRequest, ours: FuzzAnswer, theirs: FuzzAnswer) => boolean)[] = [
  // Remote read is not served.
  ({ path }, ours) => path.startsWith('/api/v1/read') && ours.status === 404,
  // Paths are not put in order by sending somewhere else.
  (_request, _ours, theirs) => theirs.status === 301 || theirs.status === 307,
  // Since 3.12, a warning about values of `stats` that will be refused.
  (_request, ours) => ours.text.includes('for parameter \\"stats\\" is deprecated'),
  // Only the pages' paths may be written anyhow.
  ({ path }) => !/^\/(?:api\/|-\/|federate(?:\?|$))/.test(path),
  // A slash in a label's name ends it there.
  ({ path }, _ours, theirs) => /\/label\/.*%2f/i.test(path) && theirs.status === 404,
  // Since 3.14 durations may be calculated, which is told.
  (_request, ours, theirs) => /expected number(?:, duration, step|\b.* in subquery)/.test(ours.text) || theirs.text.includes('expected number or duration'),
  // Bodies whose type is no type are refused where nothing reads them.
  (_request, ours, theirs) => ours.status === 415 && (theirs.status === 404 || theirs.status === 405),
  // The name of `@` in the texts of parse errors, since 3.14.
  (_request, _ours, theirs) => theirs.text.includes('<Item 57'),
  // A name that is escaped badly is told as it came.
  ({ path }) => /\/label\/(?:U|%55).*%[89a-f]/i.test(path),
  // Whether chunks reach from the end of a range that begins behind it depends on where they were cut.
  ({ path, body }) => path.startsWith('/api/v1/series') && endsBeforeStart(`${body?.toString('latin1') ?? ''}&${path.split('?')[1] ?? ''}`),
  // Preflights of paths that there are not.
  ({ method }, ours, theirs) => method === 'OPTIONS' && ours.status === 404 && theirs.status === 204,
  // Paths that there are not below /api are told as JSON, as Grafana does.
  (_request, ours, theirs) => ours.status === 404 && theirs.status === 404,
  // No expression is read that deep.
  (_request, ours) => ours.text.includes('nested more than'),
  // The type is told as one that can be read.
  ({ path, headers }) => path.startsWith('/api/v1/write') && !/\w\/\w/.test(headers['content-type'] ?? ''),
  // Node's reader of HTTP takes no bytes beyond ASCII in an address; the answer says so.
  ({ method }, ours) => ours.text.includes('must be percent-encoded') || (method === 'HEAD' && ours.status === 400),
  // Instants that Go's nanoseconds can't count run over there.
  ({ path, body }) => /(?:time|start|end)=[^&]*?(?:\d{11}|292277|e99|inf|nan|922337|0x[0-9a-f.]{2,}p)/i.test(decoded(`${path}&${body?.toString('latin1') ?? ''}`)) && /query/.test(path),
  // A time-out of no time is told as what it is.
  (_request, ours) => ours.status === 503 && ours.text.includes('query timed out in'),
  (_request, _ours, theirs) => theirs.text.includes('context deadline exceeded') || theirs.text.includes('query timed out in'),
]

function endsBeforeStart(text: string): boolean {
  const form = new URLSearchParams(text)
  const at = (name: string): number => Number(form.get(name)) || Date.parse(form.get(name) ?? '') / 1000
  return at('end') < at('start')
}

function decoded(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_m, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !OF_THE_MOMENT.has(name)).map(([name, v]) => [name, steady(v)]))
}

/** Members of a tree that came after 3.5; a server of 3.5 knows none of what they stand for. */
const NEWER_MEMBERS = new Set(['anchored', 'smoothed', 'offsetExpr', 'rangeExpr', 'stepExpr', 'fillValues'])

function olderTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(olderTree)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !NEWER_MEMBERS.has(name)).map(([name, v]) => [name, olderTree(v)]))
}

const members = (value: unknown): unknown => (typeof value !== 'object' || value === null ? value : Object.keys(value).sort())

/** What of an answer can't be right in any case: a failure of ours, or JSON that is none. */
export function broken(answer: FuzzAnswer): string | undefined {
  if (/internal error|BUG:/.test(answer.text)) return `an internal error: ${answer.text.slice(0, 300)}`
  if (answer.status >= 500 && !/"errorType":"(?:timeout|unavailable|internal)"/.test(answer.text)) return `HTTP ${answer.status}: ${answer.text.slice(0, 300)}`
  if (!answer.type.startsWith('application/json') || answer.text === '') return undefined
  try {
    JSON.parse(answer.text)
    return undefined
  } catch {
    return `no JSON: ${answer.text.slice(0, 300)}`
  }
}

/** The query of a request, for the list of what newer releases answer otherwise. */
function queryOf(request: FuzzRequest): string {
  const form = new URLSearchParams(`${request.body?.toString('latin1') ?? ''}&${request.path.split('?')[1] ?? ''}`)
  return form.get('query') ?? ''
}

/** The first difference of our answer from Prometheus' that is none on purpose, or undefined. `version`: Prometheus'. */
export function prometheusDifference(request: FuzzRequest, ours: FuzzAnswer, theirs: FuzzAnswer, version: readonly [number, number]): string | undefined {
  if (ON_PURPOSE.some(on => on(request, ours, theirs))) return undefined
  const path = request.path.split('?', 1)[0]!.replaceAll('%73', 's')
  if (ours.status !== theirs.status) return `HTTP ${ours.status} ${ours.text.slice(0, 300)}\n  reference ${theirs.status} ${theirs.text.slice(0, 300)}`
  if (theirs.text !== '' && ours.type !== theirs.type) return `type ${ours.type}, reference ${theirs.type}`
  if (ours.headers.allow !== theirs.headers.allow) return `Allow ${ours.headers.allow}, reference ${theirs.headers.allow}`
  if (!theirs.type.startsWith('application/json')) {
    return path === '/federate' ? (sorted(ours.text) === sorted(theirs.text) ? undefined : `${ours.text.slice(0, 300)}, reference ${theirs.text.slice(0, 300)}`) : ours.text === theirs.text ? undefined : `${JSON.stringify(ours.text.slice(0, 300))}, reference ${JSON.stringify(theirs.text.slice(0, 300))}`
  }
  if (ours.text === theirs.text) return undefined
  const own = JSON.parse(ours.text) as Envelope
  const their = JSON.parse(theirs.text) as Envelope
  if (/^\/api\/v1\/query(?:_range)?$/.test(path) || their.status === 'error' || own.status === 'error') {
    // An instant that was not given is now.
    if (path === '/api/v1/query' && Math.abs(instantOf(own) - instantOf(their)) < 30) return undefined
    const found = difference({ ...own, code: ours.status }, { ...their, code: theirs.status }, undefined) ?? statsDifference(own, their)
    return found === undefined || changedSince(version, `${queryOf(request)} ${found}`, found) !== undefined ? undefined : found
  }
  if (OTHER_PROGRAM.test(path)) return undefined
  if (path === '/api/v1/parse_query' && isDeepStrictEqual(olderTree(own), their)) return undefined
  if (/\/(?:series|query_exemplars|labels|values)$/.test(path)) return setDifference(own.data as unknown as readonly unknown[], their.data as unknown as readonly unknown[], /[?&]limit/.test(`${request.path}&${request.body?.toString('latin1') ?? ''}`))
  const same = OF_THE_PROGRAM.test(path) ? isDeepStrictEqual(members(own.data), members(their.data)) : isDeepStrictEqual(steady(own), steady(their))
  return same ? undefined : `${ours.text.slice(0, 500)}\n  reference ${theirs.text.slice(0, 500)}`
}

/** Series come in any order; with a limit, any of them. */
function setDifference(ours: readonly unknown[], theirs: readonly unknown[], limited: boolean): string | undefined {
  const texts = (list: readonly unknown[]): string => list.map(v => JSON.stringify(v)).sort().join('\n')
  return (limited ? ours.length === theirs.length : texts(ours) === texts(theirs)) ? undefined : `${ours.length} series, reference ${theirs.length}`
}

function instantOf(e: Envelope): number {
  const result = e.data?.result as readonly unknown[] | undefined
  const at = typeof result?.[0] === 'number' ? result[0] : (result?.[0] as { readonly value?: readonly [number, string] } | undefined)?.value?.[0]
  return at !== undefined && at > 1_795_300_000 ? at : NaN
}

const sorted = (text: string): string => text.split('\n').sort().join('\n')

/** Which statistics there are, and how many samples were counted where the order of work does not matter. */
function statsDifference(ours: Envelope, theirs: Envelope): string | undefined {
  const shape = (e: Envelope): unknown => {
    const stats = (e.data as { readonly stats?: Readonly<Record<string, Readonly<Record<string, unknown>>>> } | undefined)?.stats
    return stats === undefined ? undefined : Object.fromEntries(Object.entries(stats).map(([part, value]) => [part, Object.keys(value).filter(k => k !== 'samplesRead').sort()]))
  }
  const [a, b] = [shape(ours), shape(theirs)]
  return isDeepStrictEqual(a, b) ? undefined : `stats ${JSON.stringify(a)}, reference ${JSON.stringify(b)}`
}
