/** Columns of one series; `null` gaps of Grafana's frames are NaN in our columns only where PromQL says NaN, so lists may hold null. */
export type Values = ArrayLike<number | null>

interface Sums {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly logmin: number
  readonly first: number | null
  readonly last: number | null
  readonly delta: number
  readonly step: number
  readonly allZero: boolean
}

/** One pass over the values that every simple reducer shares; null and NaN are skipped. */
function sums(vs: Values): Sums {
  let count = 0
  let sum = 0
  let min = Infinity
  let max = -Infinity
  let logmin = Infinity
  let first: number | null = null
  let last: number | null = null
  let delta = 0
  let deltaUp = true
  let step = Infinity
  let allZero = vs.length > 0
  for (let i = 0; i < vs.length; i++) {
    const v = vs[i]!
    if (v === null) {
      allZero = false
      continue
    }
    if (Number.isNaN(v)) continue
    if (first === null) first = v
    if (last !== null) {
      const d = v - last
      if (d < step) step = d
      // After a drop (a counter reset) the next rise is not counted.
      if (last > v) deltaUp = false
      else {
        if (deltaUp) delta += d
        deltaUp = true
      }
    }
    sum += v
    if (v > max) max = v
    if (v < min) min = v
    if (v < logmin && v > 0) logmin = v
    if (v !== 0) allZero = false
    last = v
    count++
  }
  return { count, sum, min, max, logmin, first, last, delta, step, allZero }
}

/** One value of a series, by the id of a reducer. */
export interface Reducer {
  readonly id: string
  readonly name: string
  /** `undefined` where an empty series has no answer. */
  readonly reduce: (vs: Values) => number | boolean | null | undefined | readonly (number | null)[]
}

const finite = (n: number): number | null => Number.isFinite(n) ? n : null
const numbers = (vs: Values): number[] => Array.from(vs).filter(v => v !== null)

function variance(vs: Values): number {
  // Welford's method, population variance.
  let n = 0
  let mean = 0
  let m2 = 0
  for (let i = 0; i < vs.length; i++) {
    const v = vs[i]!
    if (v === null) continue
    n++
    const d = v - mean
    mean += d / n
    m2 += d * (v - mean)
  }
  return n === 0 ? 0 : m2 / n
}

function median(vs: Values): number {
  const list = numbers(vs)
  if (list.length === 0 || list.some(Number.isNaN)) return NaN
  list.sort((a, b) => a - b)
  const half = list.length >> 1
  return list.length % 2 === 1 ? list[half]! : (list[half - 1]! + list[half]!) / 2
}

/** How often the value differs from the one before; NaN differs from everything. */
function changeCount(vs: Values): number {
  const list = numbers(vs)
  let n = 0
  for (let i = 1; i < list.length; i++) if (list[i] !== list[i - 1]) n++
  return n
}

function percentile(vs: Values, p: number): number | undefined {
  const list = numbers(vs).sort((a, b) => a - b)
  return list[Math.round((list.length - 1) * p)]
}

const some = (f: (s: Sums) => number | null) => (vs: Values): number | null | undefined => vs.length === 0 ? undefined : f(sums(vs))

const REDUCERS: readonly Reducer[] = [
  { id: 'lastNotNull', name: 'Last *', reduce: some(s => s.last) },
  { id: 'last', name: 'Last', reduce: vs => vs.length === 0 ? undefined : vs[vs.length - 1]! },
  { id: 'firstNotNull', name: 'First *', reduce: some(s => s.first) },
  { id: 'first', name: 'First', reduce: vs => vs.length === 0 ? undefined : vs[0]! },
  { id: 'min', name: 'Min', reduce: some(s => finite(s.min)) },
  { id: 'max', name: 'Max', reduce: some(s => finite(s.max)) },
  { id: 'mean', name: 'Mean', reduce: some(s => s.count === 0 ? null : s.sum / s.count) },
  { id: 'median', name: 'Median', reduce: vs => vs.length === 0 ? undefined : median(vs) },
  { id: 'variance', name: 'Variance', reduce: vs => vs.length === 0 ? undefined : variance(vs) },
  { id: 'stdDev', name: 'StdDev', reduce: vs => vs.length === 0 ? undefined : Math.sqrt(variance(vs)) },
  { id: 'sum', name: 'Total', reduce: vs => sums(vs).sum },
  { id: 'count', name: 'Count', reduce: vs => numbers(vs).length },
  { id: 'countAll', name: 'Count all', reduce: vs => vs.length },
  { id: 'range', name: 'Range', reduce: some(s => finite(s.max - s.min)) },
  { id: 'delta', name: 'Delta', reduce: some(s => s.delta) },
  { id: 'step', name: 'Step', reduce: some(s => finite(s.step)) },
  { id: 'diff', name: 'Difference', reduce: some(s => s.first === null || s.last === null ? null : s.last - s.first) },
  { id: 'diffperc', name: 'Difference percent', reduce: some(s => s.first === null || s.last === null ? 0 : (s.last - s.first) / s.first * 100) },
  { id: 'logmin', name: 'Min (above zero)', reduce: some(s => s.logmin === Infinity ? Number.MAX_VALUE : s.logmin) },
  { id: 'allIsZero', name: 'All Zeros', reduce: vs => sums(vs).allZero },
  { id: 'allIsNull', name: 'All Nulls', reduce: vs => numbers(vs).length === 0 },
  { id: 'changeCount', name: 'Change Count', reduce: vs => vs.length === 0 ? undefined : changeCount(vs) },
  { id: 'distinctCount', name: 'Distinct Count', reduce: vs => vs.length === 0 ? undefined : new Set(numbers(vs)).size },
  { id: 'allValues', name: 'All values', reduce: vs => vs.length === 0 ? undefined : Array.from(vs) },
  { id: 'uniqueValues', name: 'All unique values', reduce: vs => vs.length === 0 ? undefined : [...new Set(Array.from(vs))] },
]

const ALIASES: Readonly<Record<string, string>> = { avg: 'mean', current: 'lastNotNull', total: 'sum' }
const ordinal = (n: number): string => n % 10 === 1 && n !== 11 ? 'st' : n % 10 === 2 && n !== 12 ? 'nd' : n % 10 === 3 && n !== 13 ? 'rd' : 'th'

/** The reducer of an id, old names and `p1`…`p99` included; undefined if there is none. */
export function reducer(id: string): Reducer | undefined {
  const name = ALIASES[id] ?? id
  const known = REDUCERS.find(r => r.id === name)
  if (known) return known
  const p = /^p([1-9]\d?)$/.exec(name)
  if (!p) return undefined
  const n = Number(p[1])
  return { id: name, name: `${n}${ordinal(n)} %`, reduce: vs => vs.length === 0 ? undefined : percentile(vs, n / 100) }
}

/** The number that a reducer makes of a series; null where there is none. An unknown id takes the last value. */
export function reduceNumber(id: string, vs: Values): number | null {
  const v = (reducer(id) ?? REDUCERS[0]!).reduce(vs)
  return typeof v === 'number' ? v : typeof v === 'boolean' ? Number(v) : null
}
