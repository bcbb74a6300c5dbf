import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonBuffer, Stamps, timeText } from './json-buffer.ts'

function float(v: number): string {
  const out = new JsonBuffer(16)
  out.float(v)
  return new TextDecoder().decode(out.finish())
}

describe('[J1] floats have Prometheus\' texts', () => {
  test.each([
    [0, '0'], [-0, '-0'], [1, '1'], [-17, '-17'], [1234567890, '1234567890'], [-2147483648, '-2147483648'], [0.5, '0.5'], [0.25, '0.25'], [0.125, '0.125'], [12.04, '12.04'], [3.001, '3.001'], [0.1 + 0.2, '0.30000000000000004'],
    [1e20, '100000000000000000000'], [1e21, '1e+21'], [1.5e300, '1.5e+300'], [1e-6, '0.000001'], [1e-7, '1e-07'], [-2.5e-10, '-2.5e-10'], [5e-324, '5e-324'], [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [NaN, 'NaN'], [Infinity, '+Inf'], [-Infinity, '-Inf'],
  ])('%d is %s', (v, want) => expect(float(v)).toBe(`"${want}"`))

  test('any finite float reads back as itself', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), v => {
      expect(Number(float(v).slice(1, -1))).toBe(v)
    }), { numRuns: 2000 })
  })

  test('decimal fractions have no more digits than they need', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2_100_000_000 }), n => {
      expect(float(n / 1000)).toBe(`"${n / 1000}"`)
    }), { numRuns: 2000 })
  })
})

describe('[J2] times are seconds with three decimals or none', () => {
  test.each([[0, '0'], [1500, '1.500'], [1795289732900, '1795289732.900'], [7, '0.007'], [-1500, '-1.500'], [-1, '-0.001'], [60_000, '60']])('%d is %s', (ms, want) => expect(timeText(ms)).toBe(want))
})

describe('[J3] points', () => {
  test('absent steps are left out, equal neighbours written again', () => {
    const out = new JsonBuffer(4)
    out.points(new Stamps(Float64Array.of(0, 500, 1000, 2000, 3000)), Float64Array.of(9, 1.1, 1.1, 0, -0), Uint8Array.of(0, 1, 1, 1, 1), 5)
    expect(new TextDecoder().decode(out.finish())).toBe('[[0.500,"1.1"],[1,"1.1"],[2,"0"],[3,"-0"]]')
  })
})
