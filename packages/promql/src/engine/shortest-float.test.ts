import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOT_WRITTEN, writeShortest } from './shortest-float.ts'

const bytes = new Uint8Array(32)
/** Undefined: left to the caller. */
function written(v: number): string | undefined {
  const end = writeShortest(bytes, 0, v)
  return end === NOT_WRITTEN ? undefined : String.fromCharCode(...bytes.subarray(0, end))
}

/** Writes many floats and counts those that were left out. */
function compare(floats: Iterable<number>): { readonly n: number; readonly left: number } {
  let n = 0
  let left = 0
  for (const v of floats) {
    n++
    const ours = written(v)
    if (ours === undefined) left++
    else if (ours !== String(v)) throw new Error(`${String(v)} was written as ${ours}`)
  }
  return { n, left }
}

function* random(count: number, make: (rnd: () => number) => number): Generator<number> {
  let seed = 12345
  const rnd = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  for (let i = 0; i < count; i++) yield make(rnd)
}

const words = new Uint32Array(2)
const float = new Float64Array(words.buffer)
function fromBits(low: number, high: number): number {
  words[0] = low
  words[1] = high
  return float[0]!
}

describe('[J1] the shortest digits are those of the runtime', () => {
  test.each([0.1, 0.3, 1 / 3, 2 / 3, 0.1 + 0.2, 123456.789, 1e16 + 2, 2 ** 53 + 2, 1e17 - 16, 1.0000000000000002, 0.9999999999999999, 9.999999999999999e-6, 1e-6, 0.000001234, 5e-6, 4.35, 1.1e16, 12345678901234568])('%d', v => {
    const ours = written(v)
    if (ours !== undefined) expect(ours).toBe(String(v))
  })
  test('floats outside are left to the caller', () => {
    for (const v of [0, -1, 9e-7, 1e17, 1e300, 5e-324, NaN, Infinity, -Infinity]) expect(written(v)).toBeUndefined()
  })
  test('all binary exponents, random digits', () => {
    const { n, left } = compare(random(300_000, rnd => fromBits(Math.floor(rnd() * 2 ** 32), (Math.floor(1003 + rnd() * 77) << 20) | Math.floor(rnd() * 2 ** 20))))
    // Those beyond 1e17 and below 1e-6, and ties among the large ones; else the path would be of no use.
    expect(left / n).toBeLessThan(0.05)
  })
  test('ratios, as rates are', () => {
    const { n, left } = compare(random(200_000, rnd => Math.floor(rnd() * 100_000) / Math.ceil(rnd() * 900)))
    expect(left / n).toBeLessThan(0.02)
  })
  test('decimal numbers of any length', () => compare(random(200_000, rnd => Number((rnd() * 10 ** Math.floor(rnd() * 14)).toPrecision(1 + Math.floor(rnd() * 17))))))
  test('neighbours of powers of two and of ten', () => {
    const floats: number[] = []
    for (let e = -20; e < 57; e++) for (let d = -20; d <= 20; d++) floats.push(2 ** e * (1 + d * 2 ** -52), 2 ** e * (1 + d * 2 ** -53))
    for (let e = -6; e < 17; e++) for (let d = -200; d <= 200; d++) floats.push(Number(`1e${e}`) * (1 + d * 2 ** -52), Number(`5e${e}`) * (1 + d * 2 ** -52))
    compare(floats)
  })
  test('any float', () => {
    fc.assert(fc.property(fc.double({ min: 1e-6, max: 1e17, noNaN: true }), v => {
      const ours = written(v)
      if (ours !== undefined) expect(ours).toBe(String(v))
    }), { numRuns: 20_000 })
  })
})
