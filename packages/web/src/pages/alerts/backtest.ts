/** How often and how long a rule would have fired. */
export interface BacktestResult {
  readonly times: number
  readonly totalMs: number
  /** Whether there was any value at all. */
  readonly hasData: boolean
}

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
      if (held - stepMs < forMs) times++
      totalMs += stepMs
    }
  }
  return { times, totalMs, hasData }
}
