// The shortest decimal digits that read back as a float, for floats from 1e-6 to 1e17, without a string in between.
//
// Scaled by a power of ten that is itself a float (10^0 … 10^22), a float becomes a number of 17 digits before the point; the product is held exactly
// as the sum of two floats (Dekker). Every decimal number nearer to it than half the distance to the next float reads back as the same float, so the
// answer is the one among them with the most zeros at its end.
//
//     scaled = high * 1e8 + low     high: 9 digits, an integer; low: 8 digits and a fraction
//
// Where two candidates are too close to call in the precision of `low`, the caller asks the runtime instead (about one float in a million).

const ZERO = 48
const POINT = 46

/** What {@link writeShortest} answers for a float that it leaves to the caller. */
export const NOT_WRITTEN = -1

/** `low` is off by at most 2^-26. */
const DOUBT = 1e-6

const SPLITTER = 134_217_729

const POWERS: Float64Array = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`))
/** The powers as sums of two floats of 26 bits each. */
const POWERS_HIGH: Float64Array = POWERS.map(p => {
  const c = SPLITTER * p
  return c - (c - p)
})
const POWERS_LOW: Float64Array = POWERS.map((p, k) => p - POWERS_HIGH[k]!)

/** Binary exponents of the floats in question, as they stand in their bits. */
const LEAST_EXPONENT = 1003
const MOST_EXPONENT = 1079
/** By binary exponent: half the distance to the next float, and the decimal exponent of the least float. */
const HALF_STEP: Float64Array = Float64Array.from({ length: MOST_EXPONENT - LEAST_EXPONENT + 1 }, (_, i) => 2 ** (i + LEAST_EXPONENT - 1023 - 53))
const DECIMAL_EXPONENT: Int32Array = Int32Array.from({ length: MOST_EXPONENT - LEAST_EXPONENT + 1 }, (_, i) => Math.floor((i + LEAST_EXPONENT - 1023) * Math.LOG10E * Math.LN2))

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
const digits = new Uint8Array(17)

/**
 * Writes a positive float.
 * @param bytes  with room for 24 bytes behind `from`
 * @returns      where the text ends, or {@link NOT_WRITTEN} (then bytes may have been written all the same)
 */
export function writeShortest(bytes: Uint8Array, from: number, v: number): number {
  if (!(v >= 1e-6 && v < 1e17)) return NOT_WRITTEN
  float[0] = v
  const upper = words[1]!
  // Below a power of two the floats are denser than above it.
  if (words[0] === 0 && (upper & 0xfffff) === 0) return NOT_WRITTEN
  const slot = (upper >>> 20) - LEAST_EXPONENT
  let exponent = DECIMAL_EXPONENT[slot]!
  if (exponent < 0 ? v * POWERS[-exponent - 1]! >= 1 : v >= POWERS[exponent + 1]!) exponent++
  const k = 16 - exponent
  if (k > 22) return NOT_WRITTEN
  const power = POWERS[k]!
  const product = v * power
  const c = SPLITTER * v
  const vHigh = c - (c - v)
  const vLow = v - vHigh
  const pHigh = POWERS_HIGH[k]!
  const pLow = POWERS_LOW[k]!
  const rest = vLow * pLow - (((product - vHigh * pHigh) - vLow * pHigh) - vHigh * pLow)
  let high = Math.floor(product / 1e8)
  let low = product - high * 1e8 + rest
  if (low < 0) {
    high--
    low += 1e8
  } else if (low >= 1e8) {
    high++
    low -= 1e8
  }
  const half = HALF_STEP[slot]! * power
  // A whole number of 17 digits is always near enough; then as many zeros as can be.
  const whole = low | 0
  const fraction = low - whole
  if (fraction > 0.5 - DOUBT && fraction < 0.5 + DOUBT) return NOT_WRITTEN
  let best = fraction > 0.5 ? whole + 1 : whole
  for (let unit = 10; unit <= 100_000_000; unit *= 10) {
    const below = whole % unit
    const down = below + fraction
    const up = unit - down
    const away = down < up ? down : up
    if (away > half - DOUBT) {
      if (away < half + DOUBT) return NOT_WRITTEN
      break
    }
    const between = down - up
    if (between > -DOUBT && between < DOUBT) return NOT_WRITTEN
    best = down < up ? whole - below : whole - below + unit
  }
  if (best >= 100_000_000) {
    best -= 100_000_000
    high++
  }
  if (high >= 1_000_000_000 || high < 100_000_000) return NOT_WRITTEN
  return writeDigits(bytes, from, high | 0, best | 0, exponent)
}

/** Writes `0.high low`, times ten to the power `exponent + 1`, without zeros at the end. */
function writeDigits(bytes: Uint8Array, from: number, high: number, low: number, exponent: number): number {
  let rest = low
  let n = 17
  if (rest === 0) {
    n = 9
    rest = high
  } else {
    // The last digits that are not zero, then those before them.
    while (rest % 10 === 0) {
      rest = (rest / 10) | 0
      n--
    }
    for (let i = n - 1; i >= 9; i--) {
      const next = (rest / 10) | 0
      digits[i] = ZERO + rest - next * 10
      rest = next
    }
    rest = high
  }
  if (n === 9) {
    while (rest % 10 === 0) {
      rest = (rest / 10) | 0
      n--
    }
  }
  for (let i = (n < 9 ? n : 9) - 1; i >= 0; i--) {
    const next = (rest / 10) | 0
    digits[i] = ZERO + rest - next * 10
    rest = next
  }
  let at = from
  if (exponent < 0) {
    bytes[at++] = ZERO
    bytes[at++] = POINT
    for (let i = -1; i > exponent; i--) bytes[at++] = ZERO
    for (let i = 0; i < n; i++) bytes[at++] = digits[i]!
    return at
  }
  const before = exponent + 1
  for (let i = 0; i < before; i++) bytes[at++] = i < n ? digits[i]! : ZERO
  if (n > before) {
    bytes[at++] = POINT
    for (let i = before; i < n; i++) bytes[at++] = digits[i]!
  }
  return at
}
