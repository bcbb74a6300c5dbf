import type { ChartSeries, Stacking } from './chart-model.ts'

/** Values on a time axis; `null` is a gap. A column without gaps may be the numbers of the series themselves: it is never changed. */
export type Column = (number | null | undefined)[] | Float64Array

/** Columns that share one time axis. `null` is a gap. */
export interface AlignedColumns {
  /** Unix ms, ascending, equally spaced unless the series have different grids. */
  readonly ts: number[]
  readonly columns: Column[]
}

/**
 * Puts series on one time axis. Steps without a sample become gaps; so do NaN and infinities, which have no place on an axis.
 *
 * @param stepMs  the grid on which the series lie; times off it are put on the union of all times
 */
export function alignSeries(series: readonly ChartSeries[], stepMs: number): AlignedColumns {
  let first = Infinity
  let last = -Infinity
  for (const s of series) {
    if (s.ts.length === 0) continue
    if (s.ts[0]! < first) first = s.ts[0]!
    if (s.ts[s.ts.length - 1]! > last) last = s.ts[s.ts.length - 1]!
  }
  if (first > last) return { ts: [], columns: series.map(() => []) }
  const n = Math.round((last - first) / stepMs) + 1
  if (stepMs > 0 && n <= 50_000 && series.every(s => onGrid(s.ts, first, stepMs))) return gridColumns(series, first, stepMs, n)
  return unionColumns(series)
}

/** Whether every time is a whole number of steps after the first. Runs of equal distance, the usual case, cost a comparison each. */
function onGrid(ts: Float64Array, first: number, stepMs: number): boolean {
  let expected = first
  for (let i = 0; i < ts.length; i++) {
    const t = ts[i]!
    if (t !== expected && (t - first) % stepMs !== 0) return false
    expected = t + stepMs
  }
  return true
}

function gridColumns(series: readonly ChartSeries[], first: number, stepMs: number, n: number): AlignedColumns {
  const ts: number[] = []
  for (let i = 0; i < n; i++) ts.push(first + i * stepMs)
  const columns = series.map((s): Column => {
    if (s.ts.length === n && isGapless(s.vs)) return s.vs
    const column: (number | null)[] = []
    for (let i = 0; i < s.ts.length; i++) {
      const at = Math.round((s.ts[i]! - first) / stepMs)
      while (column.length < at) column.push(null)
      const v = s.vs[i]!
      column.push(v - v === 0 ? v : null) // NaN and infinities have no zero difference with themselves.
    }
    while (column.length < n) column.push(null)
    return column
  })
  return { ts, columns }
}

/** Whether all values are numbers: NaN and infinities make a sum that has no zero difference with itself. */
function isGapless(vs: Float64Array): boolean {
  let sum = 0
  for (let i = 0; i < vs.length; i++) sum += vs[i]! - vs[i]!
  return sum === 0
}

/** Different grids: the union of the times. A step that another series alone has is `undefined` here, which is drawn over, not a gap. */
function unionColumns(series: readonly ChartSeries[]): AlignedColumns {
  const all = new Set<number>()
  for (const s of series) for (let i = 0; i < s.ts.length; i++) all.add(s.ts[i]!)
  const ts = [...all].sort((a, b) => a - b)
  const at = new Map(ts.map((t, i) => [t, i]))
  const columns = series.map(s => {
    const column: (number | null | undefined)[] = Array.from({ length: ts.length })
    const own = ownStep(s.ts)
    for (let i = 0; i < s.ts.length; i++) {
      const v = s.vs[i]!
      column[at.get(s.ts[i]!)!] = Number.isFinite(v) ? v : null
      const next = s.ts[i + 1]
      // A hole wider than the series' own step is a gap; mark one place inside it.
      if (next !== undefined && next - s.ts[i]! > own * 1.5) {
        const hole = at.get(s.ts[i]!)! + 1
        if (ts[hole]! < next) column[hole] = null
      }
    }
    return column
  })
  return { ts, columns }
}

function ownStep(ts: Float64Array): number {
  let step = Infinity
  for (let i = 1; i < ts.length; i++) step = Math.min(step, ts[i]! - ts[i - 1]!)
  return step
}

/**
 * Sums columns upwards, so that each lies on the one before; hidden ones count nothing. Where a series has a gap it lies flat on the one below, and
 * where none has a value there is a gap.
 *
 * @returns new columns; with `percent` shares of the total, 0..100
 */
export function stackColumns(columns: readonly Column[], shown: readonly boolean[], stacking: Stacking): Column[] {
  if (stacking === 'none') return columns as Column[]
  const n = columns[0]?.length ?? 0
  const totals = new Float64Array(n)
  const hasValue = new Uint8Array(n)
  columns.forEach((c, k) => {
    if (!shown[k]) return
    for (let i = 0; i < n; i++) {
      const v = c[i]
      if (v === null || v === undefined) continue
      totals[i] = totals[i]! + Math.abs(v)
      hasValue[i] = 1
    }
  })
  const sums = new Float64Array(n)
  return columns.map((c, k) => {
    if (!shown[k]) return c
    const out: (number | null)[] = Array.from({ length: n })
    for (let i = 0; i < n; i++) {
      const v = c[i] ?? 0
      sums[i] = sums[i]! + (stacking === 'normal' ? v : totals[i] === 0 ? 0 : v / totals[i]! * 100)
      out[i] = hasValue[i] === 1 ? sums[i]! : null
    }
    return out
  })
}

/**
 * As `stackColumns`, group by group: series of one axis and one stack lie on each other, those that lie alone stay as they are.
 */
export function stackGroups(series: readonly ChartSeries[], columns: readonly Column[], shown: readonly boolean[], stacking: Stacking): Column[] {
  if (stacking === 'none') return columns as Column[]
  const out = [...columns]
  for (const members of stackMembers(series).values()) {
    const stacked = stackColumns(members.map(i => columns[i]!), members.map(i => shown[i] ?? true), stacking)
    members.forEach((i, k) => { out[i] = stacked[k]! })
  }
  return out
}

/** The series of each stack, in order. */
export function stackMembers(series: readonly ChartSeries[]): Map<string, number[]> {
  const groups = new Map<string, number[]>()
  series.forEach((s, i) => {
    if (s.stack === false) return
    const key = `${s.axis ?? 0} ${s.stack ?? ''}`
    const members = groups.get(key)
    if (members === undefined) groups.set(key, [i])
    else members.push(i)
  })
  return groups
}
