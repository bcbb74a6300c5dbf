import { NOT_WRITTEN, writeShortest } from './shortest-float.ts'

const QUOTE = 34
const COMMA = 44
const MINUS = 45
const POINT = 46
const ZERO = 48
const OPEN = 91
const CLOSE = 93

/** Longest text of a float, sign and exponent included. */
const LONGEST_FLOAT = 25

/**
 * JSON text of an answer, written straight into growing bytes.
 * The text of a time is made once per query, that of equal neighbouring values once.
 */
export class JsonBuffer {
  #bytes: Buffer
  #at = 0

  readonly #grows: (bytes: number, before: number) => void

  /** @param grows  told of bytes before they are taken, and of those that they take the place of, 0 at first */
  constructor(capacity: number = 1 << 16, grows: (bytes: number, before: number) => void = () => undefined) {
    this.#grows = grows
    grows(capacity, 0)
    // Not from the shared pool: the memory is handed to another thread.
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    const need = this.#at + more
    if (need <= this.#bytes.length) return
    const size = Math.max(need, 2 * this.#bytes.length)
    this.#grows(size, this.#bytes.length)
    const bytes = Buffer.allocUnsafeSlow(size)
    bytes.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = bytes
  }

  /** Appends text as it is, as UTF-8. */
  text(text: string): void {
    this.reserve(3 * text.length)
    this.#at += this.#bytes.write(text, this.#at, 'utf8')
  }

  /** Appends a float in Prometheus' text, with quotes. */
  float(v: number): void {
    this.reserve(LONGEST_FLOAT + 2)
    this.#bytes[this.#at++] = QUOTE
    this.#at = writeFloat(this.#bytes, this.#at, v)
    this.#bytes[this.#at++] = QUOTE
  }

  /** How many bytes there are so far. */
  get length(): number {
    return this.#at
  }

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** Appends `[[t,"v"],…]` of the present steps. There must be one. */
  points(stamps: Stamps, values: Float64Array, present: Uint8Array, steps: number): void {
    this.reserve(2)
    this.#bytes[this.#at++] = OPEN
    this.innerPoints(stamps, values, present, steps)
    this.reserve(1)
    this.#bytes[this.#at++] = CLOSE
  }

  /** Likewise, without the outer brackets. */
  innerPoints(stamps: Stamps, values: Float64Array, present: Uint8Array, steps: number): void {
    this.reserve(steps * (stamps.longest + LONGEST_FLOAT + 2) + 2)
    const bytes = this.#bytes
    const stampBytes = stamps.bytes
    const stampAt = stamps.at
    let at = this.#at
    let last = NaN
    let lastFrom = 0
    let lastLength = 0
    let first = true
    for (let k = 0; k < steps; k++) {
      if (present[k] === 0) continue
      const end = stampAt[k + 1]!
      let i = stampAt[k]!
      if (first) {
        // Without the comma.
        i++
        first = false
      }
      while (i < end) bytes[at++] = stampBytes[i++]!
      const v = values[k]!
      if (v === last && v !== 0) {
        for (let j = 0; j < lastLength; j++) bytes[at + j] = bytes[lastFrom + j]!
        lastFrom = at
        at += lastLength
      } else {
        lastFrom = at
        at = writeFloat(bytes, at, v)
        lastLength = at - lastFrom
        last = v
      }
      bytes[at++] = QUOTE
      bytes[at++] = CLOSE
    }
    this.#at = at
  }

  /** The text so far; its memory is the caller's. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes as Buffer<ArrayBuffer>
    // A mostly empty buffer is not worth keeping alive.
    const exact = bytes.length > 4096 && this.#at < bytes.length / 2
    return exact ? new Uint8Array(bytes.subarray(0, this.#at)) : new Uint8Array(bytes.buffer, bytes.byteOffset, this.#at)
  }
}

/** Texts of the times of a grid: `,[1790000000.5,"` each, in one stretch of bytes. */
export class Stamps {
  readonly bytes: Uint8Array
  /** Text k is `bytes[at[k]..at[k + 1])`. */
  readonly at: Int32Array
  readonly longest: number

  constructor(ts: Float64Array) {
    const n = ts.length
    this.at = new Int32Array(n + 1)
    const bytes = Buffer.allocUnsafe(n * 28)
    let at = 0
    let longest = 0
    for (let k = 0; k < n; k++) {
      bytes[at++] = COMMA
      bytes[at++] = OPEN
      at += bytes.write(timeText(ts[k]!), at, 'latin1')
      bytes[at++] = COMMA
      bytes[at++] = QUOTE
      longest = Math.max(longest, at - this.at[k]!)
      this.at[k + 1] = at
    }
    this.bytes = bytes.subarray(0, at)
    this.longest = longest
  }
}

/** Unix ms as seconds, the fraction with three digits or none. @see Prometheus util/jsonutil `MarshalTimestamp` */
export function timeText(tMs: number): string {
  const sign = tMs < 0 ? '-' : ''
  const ms = Math.abs(tMs)
  const fraction = ms % 1000
  const whole = (ms - fraction) / 1000
  return fraction === 0 ? sign + whole : `${sign}${whole}.${String(fraction).padStart(3, '0')}`
}

/** Writes a float's text and returns where it ends. */
function writeFloat(bytes: Buffer, from: number, v: number): number {
  let at = from
  const i = v | 0
  if (i === v && (v !== 0 || 1 / v > 0)) {
    if (i >= 0) return writeInteger(bytes, at, i)
    bytes[at++] = MINUS
    return writeInteger(bytes, at, -i)
  }
  return writeFraction(bytes, at, v)
}

/** Apart from {@link writeFloat}, which stays small enough to be inlined. */
function writeFraction(bytes: Buffer, from: number, v: number): number {
  let at = from
  // Up to three decimals: the quotient is the nearest float to that decimal number, so its digits are the shortest.
  const thousandths = Math.round(v * 1000)
  if (thousandths < 2_000_000_000 && thousandths > 0 && thousandths / 1000 === v) {
    const whole = (thousandths / 1000) | 0
    let fraction = thousandths - whole * 1000
    at = writeInteger(bytes, at, whole)
    bytes[at++] = POINT
    const hundreds = (fraction / 100) | 0
    fraction -= hundreds * 100
    const tens = (fraction / 10) | 0
    const units = fraction - tens * 10
    bytes[at++] = ZERO + hundreds
    if (tens !== 0 || units !== 0) bytes[at++] = ZERO + tens
    if (units !== 0) bytes[at++] = ZERO + units
    return at
  }
  // Two to three times as fast as the runtime's own text: json of rates, query.bench.ts.
  if (v > 0) {
    const end = writeShortest(bytes, at, v)
    if (end !== NOT_WRITTEN) return end
  } else if (v < 0) {
    bytes[at] = MINUS
    const end = writeShortest(bytes, at + 1, -v)
    if (end !== NOT_WRITTEN) return end
  }
  const text = floatText(v)
  // A loop beats a native call for texts this short.
  for (let j = 0; j < text.length; j++) bytes[at++] = text.charCodeAt(j)
  return at
}

function writeInteger(bytes: Buffer, from: number, v: number): number {
  if (v < 10) {
    bytes[from] = ZERO + v
    return from + 1
  }
  let digits = v < 100 ? 2 : v < 1000 ? 3 : v < 10_000 ? 4 : v < 100_000 ? 5 : v < 1_000_000 ? 6 : v < 10_000_000 ? 7 : v < 100_000_000 ? 8 : v < 1_000_000_000 ? 9 : 10
  const end = from + digits
  let rest = v
  while (digits > 0) {
    const next = (rest / 10) | 0
    bytes[from + --digits] = ZERO + rest - next * 10
    rest = next
  }
  return end
}

function floatText(v: number): string {
  if (v !== v) return 'NaN'
  if (v === Infinity) return '+Inf'
  if (v === -Infinity) return '-Inf'
  if (v === 0) return '-0'
  const text = String(v)
  const e = text.indexOf('e')
  // Go writes at least two digits of an exponent.
  return e < 0 || text.length - e > 3 ? text : `${text.slice(0, e + 2)}0${text.slice(e + 2)}`
}
