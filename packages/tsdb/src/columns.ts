import { RESET_HINT, withResetHint } from '@haechi/model'
import type { SampleColumns } from '@haechi/storage'
import type { Intervals } from './intervals.ts'

/** Leaves no sample. */
export function emptyColumns(columns: SampleColumns): void {
  columns.length = 0
  columns.histograms = null
  columns.startsMs = null
}

/** Puts all samples of `from` behind those of `into`. */
export function appendColumns(into: SampleColumns, from: SampleColumns): void {
  const at = into.length
  into.reserve(at + from.length)
  into.ts.set(from.ts.subarray(0, from.length), at)
  into.bits.set(from.bits.subarray(0, 2 * from.length), 2 * at)
  into.length = at + from.length
  if (into.histograms !== null || from.histograms !== null) {
    into.histograms = [...histogramsOf(into, at), ...histogramsOf(from, from.length)]
  }
  if (into.startsMs !== null || from.startsMs !== null) {
    const starts = new Float64Array(into.length)
    if (into.startsMs !== null) starts.set(into.startsMs.subarray(0, at))
    if (from.startsMs !== null) starts.set(from.startsMs.subarray(0, from.length), at)
    into.startsMs = starts
  }
}

/** Makes `into` what `from` is. */
export function copyColumns(from: SampleColumns, into: SampleColumns): void {
  into.length = 0
  into.histograms = null
  into.startsMs = null
  appendColumns(into, from)
}

function histogramsOf(columns: SampleColumns, n: number): SampleColumns['histograms'] & object {
  return columns.histograms?.slice(0, n) ?? Array.from({ length: n }, () => null)
}

/** Merges two ascending columns into a third; where both have a time, the sample of `b` is taken. */
export function mergeColumns(a: SampleColumns, b: SampleColumns, into: SampleColumns): void {
  into.length = 0
  into.reserve(a.length + b.length)
  const { ts, bits } = into
  const histograms: SampleColumns['histograms'] = a.histograms === null && b.histograms === null ? null : []
  const starts = a.startsMs === null && b.startsMs === null ? null : new Float64Array(a.length + b.length)
  let i = 0
  let k = 0
  let n = 0
  let wasB: boolean | undefined
  while (i < a.length || k < b.length) {
    const ta = i < a.length ? a.ts[i]! : Infinity
    const tb = k < b.length ? b.ts[k]! : Infinity
    const fromB = tb <= ta
    const from = fromB ? b : a
    const at = fromB ? k : i
    ts[n] = fromB ? tb : ta
    bits[2 * n] = from.bits[2 * at]!
    bits[2 * n + 1] = from.bits[2 * at + 1]!
    if (histograms !== null) {
      const h = from.histograms?.[at] ?? null
      // What a chunk says about counters holds behind the sample before it in that chunk, and nowhere else.
      histograms[n] = h === null || fromB === wasB || h.resetHint === RESET_HINT.gauge ? h : withResetHint(h, RESET_HINT.unknown)
      wasB = fromB
    }
    if (starts !== null) starts[n] = from.startsMs?.[at] ?? 0
    if (fromB) {
      k++
      if (ta === tb) i++
    } else i++
    n++
  }
  if (histograms !== null) histograms.length = n
  into.length = n
  into.histograms = histograms
  into.startsMs = starts
}

/** Takes deleted samples out. */
export function dropDeletedColumns(columns: SampleColumns, intervals: Intervals): void {
  const { ts, bits, histograms, startsMs } = columns
  let kept = 0
  for (let i = 0; i < columns.length; i++) {
    const t = ts[i]!
    let dead = false
    for (let k = 0; k < intervals.length && !dead; k += 2) dead = t >= intervals[k]! && t <= intervals[k + 1]!
    if (dead) continue
    ts[kept] = t
    bits[2 * kept] = bits[2 * i]!
    bits[2 * kept + 1] = bits[2 * i + 1]!
    if (histograms !== null) histograms[kept] = histograms[i]!
    if (startsMs !== null) startsMs[kept] = startsMs[i]!
    kept++
  }
  if (histograms !== null) histograms.length = kept
  columns.length = kept
}
