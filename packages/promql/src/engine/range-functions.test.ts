import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newRangeKernel } from './range-functions.ts'
import { RangeWindow } from './range-window.ts'

/** Values at all steps of a range, NaN-safe as text. `step` 1: each step by a kernel and a window of its own. */
function values(func: string, scalar: number, ts: readonly number[], vs: readonly number[], steps: number, alone: boolean): string[] {
  const out: string[] = []
  const scalars = (n: number): Float64Array[] => [new Float64Array(n).fill(scalar)]
  const run = (first: number, n: number): void => {
    const window = new RangeWindow(n, 20, first, 3, first, 3, true)
    const kernel = newRangeKernel(func)
    const column = new Float64Array(n)
    const present = new Uint8Array(n)
    window.load(Float64Array.from(ts), Float64Array.from(vs), ts.length)
    kernel(window, scalars(n), column, present)
    for (let k = 0; k < n; k++) out.push(present[k] === 0 ? 'none' : Object.is(column[k], -0) ? '-0' : String(column[k]))
  }
  if (alone) for (let k = 0; k < steps; k++) run(3 * k, 1)
  else run(0, steps)
  return out
}

describe('functions over sliding windows', () => {
  const value = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -50, max: 1000 }) }, { weight: 1, arbitrary: fc.constantFrom(0, -0, 0.5, Infinity, -Infinity, NaN, 2 ** 53, 1e300) })
  const samples = fc.uniqueArray(fc.tuple(fc.nat(150), value), { selector: ([t]) => t, maxLength: 80 }).map(list => list.toSorted((a, b) => a[0] - b[0]))
  for (const func of ['sum_over_time', 'avg_over_time', 'quantile_over_time', 'rate', 'increase', 'delta', 'min_over_time', 'changes']) {
    test(`[E6] ${func} over many steps is that of each step alone`, () => {
      fc.assert(fc.property(samples, fc.constantFrom(0, 0.25, 0.9, 1, 2, NaN), (list, scalar) => {
        const ts = list.map(([t]) => t)
        const vs = list.map(([, v]) => v)
        expect(values(func, scalar, ts, vs, 50, false)).toEqual(values(func, scalar, ts, vs, 50, true))
      }))
    })
  }

  test('[E6] sums and means of whole numbers are exact, those of others are compensated', () => {
    expect(values('sum_over_time', 0, [1, 2, 3], [1, 2, 3], 2, false)).toEqual(['none', '6'])
    expect(values('avg_over_time', 0, [1, 2, 3], [1, 2, 4], 2, false)).toEqual(['none', String(7 / 3)])
    expect(values('sum_over_time', 0, [1, 2, 3], [0.1, 0.2, 0.3], 2, false)).toEqual(['none', String(0.1 + 0.2 + 0.3 - Number.EPSILON / 2)])
  })
})
