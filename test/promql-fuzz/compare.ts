import { isContradictory } from './order.ts'
import type { WantedOrder } from './order.ts'

/** An answer of `/api/v1/query` or `/api/v1/query_range`. */
export interface Envelope {
  readonly status: string
  readonly code: number
  readonly errorType?: string
  readonly error?: string
  readonly data?: { readonly resultType: string; readonly result: unknown }
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}

interface ApiHistogram { readonly count: string; readonly sum: string; readonly buckets?: readonly (readonly [number, string, string, string])[] }
interface ApiSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
  readonly histogram?: readonly [number, ApiHistogram]
  readonly histograms?: readonly (readonly [number, ApiHistogram])[]
}
type Points = ReadonlyMap<number, string | ApiHistogram>

/** Relative: sums are added up in another order, so that the last digits differ. */
const TOLERANCE = 1e-9

const number = (text: string): number => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text))

/** NaN equals NaN. */
function near(a: string, b: string): boolean {
  if (a === b) return true
  const [x, y] = [number(a), number(b)]
  if (!Number.isFinite(x) || !Number.isFinite(y)) return Object.is(x, y)
  return Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y)) || Math.abs(x - y) < 1e-300
}

function samePoint(a: string | ApiHistogram, b: string | ApiHistogram): boolean {
  if (typeof a === 'string' || typeof b === 'string') return typeof a === typeof b && near(a as string, b as string)
  const [own, theirs] = [a.buckets ?? [], b.buckets ?? []]
  return near(a.count, b.count) && near(a.sum, b.sum) && own.length === theirs.length
    && own.every((bucket, i) => bucket[0] === theirs[i]![0] && bucket.slice(1).every((v, k) => near(v as string, theirs[i]![k + 1] as string)))
}

const points = (s: ApiSeries): Points => new Map<number, string | ApiHistogram>([...(s.value === undefined ? [] : [s.value]), ...(s.values ?? []), ...(s.histogram === undefined ? [] : [s.histogram]), ...(s.histograms ?? [])])
/** Label values that `count_values` made of numbers may differ in the last digits, as the numbers do. */
const digits = (value: string): string => value.replace(/\d+(?:\.\d+)?(?:e[+-]\d+)?/g, text => (text.length < 13 ? text : Number(text).toPrecision(9)))
const key = (metric: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, digits(value)]))
const show = (v: string | ApiHistogram | undefined): string => (v === undefined ? 'nothing' : typeof v === 'string' ? v : JSON.stringify(v))

/**
 * Which series a message names depends on the order of a hash table. How many samples were not monotonic is not compared: the reference adds its count to itself at each step (3 steps of 6 are told as 60), until it overflows.
 * Calculated parameters in a text (`got 6.461081889226674e+24`) may differ in the last digits, as numbers do.
 * @see Prometheus util/annotations `Merge`
 */
const message = (text: string): string => text.replace(/over -?\d+ samples/, 'over … samples').replace(/\[?\{[^{}]*\}(, \{[^{}]*\})*\]?/g, '{…}').replace(/\d+\.\d{8,}(?:e[+-]\d+)?/g, digits)

/**
 * The first difference of our answer from the reference's, or undefined. Compared are code and error, type, label sets, instants, values, annotations (each text, or how many where more than ten are cut short) and,
 * where an order is wanted, that.
 */
export function difference(ours: Envelope, theirs: Envelope, order: WantedOrder | undefined): string | undefined {
  if (ours.status !== theirs.status) return `${ours.status} (${ours.error ?? ''}), reference ${theirs.status} (${theirs.error ?? ''})`
  if (theirs.status === 'error') {
    if (ours.code !== theirs.code || ours.errorType !== theirs.errorType) return `${ours.code} ${ours.errorType}, reference ${theirs.code} ${theirs.errorType}: ${theirs.error}`
    return message(ours.error!) === message(theirs.error!) ? undefined : `error ${ours.error}, reference ${theirs.error}`
  }
  if (ours.data!.resultType !== theirs.data!.resultType) return `type ${ours.data!.resultType}, reference ${theirs.data!.resultType}`
  return results(ours, theirs, order) ?? annotations('warnings', ours.warnings ?? [], theirs.warnings ?? []) ?? annotations('infos', ours.infos ?? [], theirs.infos ?? [])
}

function results(ours: Envelope, theirs: Envelope, order: WantedOrder | undefined): string | undefined {
  const [a, b] = [ours.data!.result, theirs.data!.result]
  if (theirs.data!.resultType === 'scalar' || theirs.data!.resultType === 'string') {
    const [own, their] = [a as [number, string], b as [number, string]]
    return own[0] === their[0] && (theirs.data!.resultType === 'string' ? own[1] === their[1] : near(own[1], their[1])) ? undefined : `${own.join(' ')}, reference ${their.join(' ')}`
  }
  const own = new Map((a as ApiSeries[]).map(s => [key(s.metric), points(s)]))
  if (own.size !== (a as ApiSeries[]).length) return 'a label set stands twice in our answer'
  for (const s of b as ApiSeries[]) {
    const name = key(s.metric)
    const mine = own.get(name)
    if (mine === undefined) return `no series ${name} (${own.size} series, reference ${(b as ApiSeries[]).length})`
    const wanted = points(s)
    for (const t of [...new Set([...wanted.keys(), ...mine.keys()])].sort((x, y) => x - y)) {
      const [x, y] = [mine.get(t), wanted.get(t)]
      if (x === undefined || y === undefined || !samePoint(x, y)) return `${name} at ${t}: ${show(x)}, reference ${show(y)}`
    }
  }
  if (own.size !== (b as ApiSeries[]).length) {
    const wanted = new Set((b as ApiSeries[]).map(s => key(s.metric)))
    return `unexpected series ${[...own.keys()].find(k => !wanted.has(k))} (${own.size} series, reference ${(b as ApiSeries[]).length})`
  }
  if (order === undefined) return undefined
  return order.by === 'value' ? valueOrder(a as ApiSeries[], b as ApiSeries[]) : labelOrder(a as ApiSeries[], b as ApiSeries[], order.labels, order.descending)
}

/** Equal values may stand in any order: the sequence of values is what must agree. */
function valueOrder(ours: readonly ApiSeries[], theirs: readonly ApiSeries[]): string | undefined {
  const at = theirs.findIndex((s, i) => !samePoint([...points(s).values()][0] ?? '', [...points(ours[i]!).values()][0] ?? ''))
  return at < 0 ? undefined : `another order from place ${at + 1} on`
}

/** Where the reference's comparison contradicts itself its order is chance: then ours must have what lacks a label before what has it. */
function labelOrder(ours: readonly ApiSeries[], theirs: readonly ApiSeries[], labels: readonly string[], descending: boolean): string | undefined {
  if (isContradictory(theirs.map(s => s.metric), labels)) {
    const at = ours.findIndex((s, i) => {
      const next = ours[i + 1]?.metric
      const name = next === undefined ? undefined : labels.find(l => (s.metric[l] ?? '') !== (next[l] ?? ''))
      return name !== undefined && (descending ? s.metric[name] : next![name]) === undefined
    })
    return at < 0 ? undefined : `place ${at + 1} and the next are in no order`
  }
  const at = theirs.findIndex((s, i) => key(s.metric) !== key(ours[i]!.metric))
  return at < 0 ? undefined : `another order from place ${at + 1} on`
}

function annotations(kind: string, ours: readonly string[], theirs: readonly string[]): string | undefined {
  const cut = (list: readonly string[]): string => list.filter(text => / more (warning|info) annotations omitted$/.test(text)).join()
  const same = cut(theirs) !== '' ? ours.length === theirs.length && cut(ours) === cut(theirs) : ours.map(message).sort().join('\n') === theirs.map(message).sort().join('\n')
  return same ? undefined : `${kind} ${JSON.stringify(ours)}, reference ${JSON.stringify(theirs)}`
}

/** Whether two series have the same value at one instant: an aggregation that chooses may then choose either. */
export function hasEquals(answer: Envelope): boolean {
  if (answer.status !== 'success') return false
  const seen = new Map<number, string[]>()
  for (const s of answer.data!.result as ApiSeries[]) {
    for (const [t, v] of points(s)) {
      if (typeof v !== 'string') continue
      const before = seen.get(t) ?? []
      if (before.some(other => near(other, v))) return true
      before.push(v)
      seen.set(t, before)
    }
  }
  return false
}
