import { STALE_HIGH, STALE_LOW } from '@haechi/storage'

/** Bytes that are not the protobuf message they should be. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ProtobufError'
  }
}

/** Reads the fields of a protobuf message; one object walks nested messages too, by moving `p` and `end`. */
export class ProtobufReader {
  readonly b: Uint8Array
  p: number
  end: number

  constructor(b: Uint8Array) {
    this.b = b
    this.p = 0
    this.end = b.length
  }

  /** An unsigned varint; exact below 2^53. */
  varint(): number {
    const { b, end } = this
    let p = this.p
    if (p >= end) throw new ProtobufError('unexpected EOF')
    let c = b[p++]!
    if (c < 128) {
      this.p = p
      return c
    }
    let v = c & 127
    let mul = 128
    for (let i = 1; i < 10; i++) {
      if (p >= end) throw new ProtobufError('unexpected EOF')
      c = b[p++]!
      v += (c & 127) * mul
      if (c < 128) {
        this.p = p
        return v
      }
      mul *= 128
    }
    throw new ProtobufError('proto: integer overflow')
  }

  /** A varint that holds a signed 64-bit integer in two's complement. */
  int64(): number {
    const { b, end } = this
    let p = this.p
    let low = 0
    let middle = 0
    let high = 0
    // Seven bits at a time into 28 + 28 + 8 bits: integers all the way, and the sign stands in the last part.
    for (let i = 0; i < 10; i++) {
      if (p >= end) throw new ProtobufError('unexpected EOF')
      const c = b[p++]!
      if (i < 4) low |= (c & 127) << (7 * i)
      else if (i < 8) middle |= (c & 127) << (7 * (i - 4))
      else high |= (c & 127) << (7 * (i - 8))
      if (c < 128) {
        this.p = p
        if ((high & 128) === 0) return (high & 127) * 2 ** 56 + (middle * 268435456 + low)
        // Negative: the complement is small where the number is, so nothing is lost to rounding.
        return -((~high & 127) * 2 ** 56 + ((~middle & 0xfffffff) * 268435456 + (~low & 0xfffffff)) + 1)
      }
    }
    throw new ProtobufError('proto: integer overflow')
  }

  /** A varint in zigzag form; exact below 2^53. */
  zigzag(): number {
    const v = this.varint()
    return v % 2 === 0 ? v / 2 : -(v + 1) / 2
  }

  double(): number {
    const { b, p } = this
    if (p + 8 > this.end) throw new ProtobufError('unexpected EOF')
    this.p = p + 8
    return new DataView(b.buffer, b.byteOffset, b.byteLength).getFloat64(p, true)
  }

  /** Whether the double that comes next is the staleness marker. */
  isStale(): boolean {
    const { b, p } = this
    if (p + 8 > this.end) throw new ProtobufError('unexpected EOF')
    const view = new DataView(b.buffer, b.byteOffset, b.byteLength)
    return view.getUint32(p, true) === STALE_LOW && view.getUint32(p + 4, true) === STALE_HIGH
  }

  /** The length in front of a nested message, checked. @returns where it ends */
  lengthEnd(): number {
    const n = this.varint()
    if (n > this.end - this.p) throw new ProtobufError('unexpected EOF')
    return this.p + n
  }

  /** Skips the value of a field whose key was read. */
  skip(key: number): void {
    switch (key & 7) {
      case 0: this.varint(); return
      case 1: this.p += 8; break
      case 2: this.p = this.lengthEnd(); return
      case 5: this.p += 4; break
      default: throw new ProtobufError(`proto: illegal wireType ${key & 7}`)
    }
    if (this.p > this.end) throw new ProtobufError('unexpected EOF')
  }
}
