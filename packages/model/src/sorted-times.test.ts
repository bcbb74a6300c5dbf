import { expect, test } from 'vitest'
import { firstAtOrAfter } from './sorted-times.ts'

test('[T1] the first time of a stretch that is not before another, as a walk finds it', () => {
  const ts = Float64Array.of(-5, 0, 10, 10, 20.5)
  for (let from = 0; from <= ts.length; from++) {
    for (let to = from; to <= ts.length; to++) {
      for (const t of [-Infinity, -6, -5, -1, 0, 9, 10, 10.5, 20.5, 21, Infinity]) {
        const walked = ts.subarray(from, to).findIndex(v => v >= t)
        expect(firstAtOrAfter(ts, from, to, t), `${t} among ${from} to ${to}`).toBe(walked === -1 ? to : from + walked)
      }
    }
  }
})
