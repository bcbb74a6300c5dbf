/** How often and how long a rule would have fired. */
export interface BacktestResult {
  readonly times: number
  readonly totalMs: number
  /** Whether there was any value at all. */
  readonly hasData: boolean
  /** When it would have fired, by steps of the grid, both ends included; at most the first {@link MOST_SPANS}. */
  readonly spans: readonly { readonly from: number; readonly to: number }[]
}

/** More than these are a grey band, not marks. */
const MOST_SPANS = 60

/**
 * Plays a rule over series on one grid: it fires once its condition has held without a break for `forMs`.
 * An estimate between the steps: a condition that broke and healed within one step is not seen.
 *
 * @param series     columns on the grid; NaN is "no value", which ends a condition
 * @param condition  whether a value is bad; for a full expression every value is
 */
export function backtest(series: readonly Float64Array[], stepMs: number, forMs: number, condition: (v: number) => boolean): BacktestResult {
  let times = 0
  let totalMs = 0
  let hasData = false
  const spans: { from: number; to: number }[] = []
  for (const vs of series) {
    let heldSteps = -1
    for (let i = 0; i < vs.length; i++) {
      const v = vs[i]!
      if (!Number.isNaN(v)) hasData = true
      if (Number.isNaN(v) || !condition(v)) {
        heldSteps = -1
        continue
      }
      heldSteps++
      const held = heldSteps * stepMs
      if (held < forMs) continue
      if (held - stepMs < forMs) {
        times++
        if (spans.length < MOST_SPANS) spans.push({ from: i, to: i })
      } else if (times <= MOST_SPANS) spans[times - 1]!.to = i
      totalMs += stepMs
    }
  }
  return { times, totalMs, hasData, spans }
}

/** Stretches of time without overlaps, in order: what several series have in common is one. */
export function joinedSpans(spans: BacktestResult['spans']): { from: number; to: number }[] {
  const out: { from: number; to: number }[] = []
  for (const s of [...spans].sort((x, y) => x.from - y.from)) {
    const last = out.at(-1)
    if (last !== undefined && s.from <= last.to) last.to = Math.max(last.to, s.to)
    else out.push({ from: s.from, to: s.to })
  }
  return out
}
