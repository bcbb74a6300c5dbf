import type { SeriesLabels } from '../series-name.ts'
import type { Frame, FrameField } from './frame.ts'

/** A native histogram as the HTTP API tells it: buckets from the lowest to the highest, empty ones left out. */
export interface NativeSample {
  readonly count: number
  readonly sum: number
  readonly buckets: readonly NativeBucket[]
}

/** Counts of what lies between two bounds. */
export interface NativeBucket {
  readonly lower: number
  readonly upper: number
  readonly count: number
}

/**
 * The native histograms of a series as a table: a column of counts for each bucket, named by its upper bound, gaps between buckets with columns of
 * their own, which hold nothing. Where the resolution changes in time, the coarser buckets count what lies in them.
 *
 * @param ts  Unix ms, as many as `samples`; moments without a histogram are left out
 */
export function nativeFrame(refId: string, labels: SeriesLabels, ts: ArrayLike<number>, samples: readonly (NativeSample | null)[]): Frame {
  const at = samples.flatMap((s, i) => s === null ? [] : [i])
  const rows = coarsest(samples)
  const counts = rows.map(() => new Float64Array(at.length))
  at.forEach((i, row) => {
    for (const b of samples[i]!.buckets) {
      const column = rowOf(rows, b)
      if (column !== -1) counts[column]![row] = counts[column]![row]! + b.count
    }
  })
  const fields = rows.map((r, k): FrameField => {
    const le = boundText(r.upper)
    return { name: le, type: 'number', values: counts[k]!, labels: { ...labels, le }, sourceName: le }
  })
  return { name: '', refId, length: at.length, fields: [{ name: 'Time', type: 'time', values: at.map(i => ts[i]!) }, ...fields] }
}

/**
 * Several series of native histograms as one: at each moment the counts of all of them. Their buckets may differ: `nativeFrame` lays them on each other.
 * @returns columns of equal length, oldest first
 */
export function mergedNatives(series: readonly { readonly ts: ArrayLike<number>; readonly samples: readonly (NativeSample | null)[] }[]): { readonly ts: Float64Array; readonly samples: readonly NativeSample[] } {
  const all = new Map<number, NativeSample>()
  for (const { ts, samples } of series) {
    samples.forEach((s, i) => {
      if (s === null) return
      const before = all.get(ts[i]!)
      all.set(ts[i]!, before === undefined ? s : { count: before.count + s.count, sum: before.sum + s.sum, buckets: [...before.buckets, ...s.buckets] })
    })
  }
  const times = [...all.keys()].sort((a, b) => a - b)
  return { ts: Float64Array.from(times), samples: times.map(t => all.get(t)!) }
}

interface Stretch {
  readonly lower: number
  readonly upper: number
}

/** The buckets that lie in no other one, with what lies between them. */
function coarsest(samples: readonly (NativeSample | null)[]): Stretch[] {
  const all = new Map<string, Stretch>()
  for (const s of samples) for (const b of s?.buckets ?? []) all.set(`${b.lower} ${b.upper}`, { lower: b.lower, upper: b.upper })
  const out: Stretch[] = []
  for (const b of [...all.values()].sort((x, y) => x.lower - y.lower || y.upper - x.upper)) {
    const last = out.at(-1)
    if (last !== undefined && b.upper <= last.upper) continue
    if (last !== undefined && b.lower > last.upper) out.push({ lower: last.upper, upper: b.lower })
    out.push(b)
  }
  return out
}

/** The stretch that holds the middle of a bucket; -1 for none. */
function rowOf(rows: readonly Stretch[], b: Stretch): number {
  let low = 0
  let high = rows.length - 1
  const middle = !Number.isFinite(b.upper) ? b.upper : !Number.isFinite(b.lower) ? b.lower : b.lower + (b.upper - b.lower) / 2
  while (low <= high) {
    const mid = (low + high) >> 1
    if (middle > rows[mid]!.upper) low = mid + 1
    else if (middle < rows[mid]!.lower) high = mid - 1
    else return mid
  }
  return -1
}

function boundText(v: number): string {
  return v === Infinity ? '+Inf' : v === -Infinity ? '-Inf' : String(v)
}
