/** The evaluation times of a node: `startMs + k * stepMs` for k in [0, steps). */
export interface Grid {
  readonly startMs: number
  /** > 0, also when there is one step. */
  readonly stepMs: number
  readonly steps: number
  /** Whether start and end are the same time: then the order of an instant vector is kept. */
  readonly instant: boolean
}

/** The grid of a range from start to end, both inclusive; no steps if the end lies before the start. */
export function rangeGrid(startMs: number, endMs: number, stepMs: number): Grid {
  const steps = endMs < startMs ? 0 : Math.floor((endMs - startMs) / stepMs) + 1
  return { startMs, stepMs, steps, instant: startMs === endMs }
}

/** One evaluation at one time. */
export function instantGrid(tMs: number): Grid {
  return { startMs: tMs, stepMs: 1, steps: 1, instant: true }
}
