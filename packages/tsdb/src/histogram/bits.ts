/** Bytes that end early or say impossible things. */
export class HistogramChunkError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'HistogramChunkError'
  }
}

const TWO32 = 4294967296

/** Bits of one value, to and from integers; shared by all conversions of this module. */
const F64 = new Float64Array(1)
const U32 = new Uint32Array(F64.buffer)

/** Low word of a value's bits. An ordinary NaN has only one form, as Prometheus writes it. */
export function lowBits(value: number): number {
  if (value !== value) return 1
  F64[0] = value
  return U32[0]!
}

/** High word, likewise. */
export function highBits(value: number): number {
  if (value !== value) return 0x7ff80000
  F64[0] = value
  return U32[1]!
}

/** The value with these bits. */
export function fromBits(low: number, high: number): number {
  U32[0] = low
  U32[1] = high
  return F64[0]!
}

/** Bits written one behind the other, most significant first; grows by doubling. */
export class BitWriter {
  bytes: Uint8Array = new Uint8Array(4096)
  /** Position of the next bit. */
  bit = 0

  /** Empties the writer; `partial` is a first byte of which `used` bits count. */
  begin(used: number, partial: number): void {
    this.bytes.fill(0, 0, Math.min(this.bytes.length, ((this.bit + 7) >>> 3) + 1))
    this.bytes[0] = partial
    this.bit = used
  }

  /** The low `n` bits (1 to 32) of `v`. */
  put(v: number, n: number): void {
    const q = this.bit >>> 3
    if (q + 6 > this.bytes.length) this.grow()
    const b = this.bytes
    const used = this.bit & 7
    const w = n === 32 ? v : v << (32 - n)
    b[q]! |= w >>> (24 + used)
    if (used + n > 8) {
      const x = w << (8 - used)
      b[q + 1] = x >>> 24
      b[q + 2] = x >>> 16
      b[q + 3] = x >>> 8
      b[q + 4] = x
    }
    this.bit += n
  }

  put64(high: number, low: number): void {
    this.put(high, 32)
    this.put(low, 32)
  }

  /** A whole number below 2^53 in as many bits as it needs. @see Prometheus tsdb/chunkenc/varbit.go `putVarbitInt` */
  varbitInt(v: number): void {
    if (v === 0) this.bit++
    else if (v >= -3 && v <= 4) this.put((2 << 3) | (v & 7), 5)
    else if (v >= -31 && v <= 32) this.put((6 << 6) | (v & 63), 9)
    else if (v >= -255 && v <= 256) this.put((14 << 9) | (v & 511), 13)
    else if (v >= -2047 && v <= 2048) this.put((30 << 12) | (v & 4095), 17)
    else if (v >= -131071 && v <= 131072) this.put((62 << 18) | (v & 0x3ffff), 24)
    else if (v >= -16777215 && v <= 16777216) this.put((126 << 25) | (v & 0x1ffffff), 32)
    else this.large(v, v > -(2 ** 55) && v <= 2 ** 55)
    if (v === 0 && (this.bit >>> 3) + 1 >= this.bytes.length) this.grow()
  }

  /** A whole number from 0, likewise. @see `putVarbitUint` */
  varbitUint(v: number): void {
    if (v === 0) this.bit++
    else if (v <= 7) this.put((2 << 3) | v, 5)
    else if (v <= 63) this.put((6 << 6) | v, 9)
    else if (v <= 511) this.put((14 << 9) | v, 13)
    else if (v <= 4095) this.put((30 << 12) | v, 17)
    else if (v <= 262143) this.put((62 << 18) | v, 24)
    else if (v <= 33554431) this.put((126 << 25) | v, 32)
    else this.large(v, v < 2 ** 56)
    if (v === 0 && (this.bit >>> 3) + 1 >= this.bytes.length) this.grow()
  }

  /** Seven bits in each byte, the lowest first, as Go's uvarint; below 2^53. */
  leb(v: number): void {
    while (v >= 128) {
      this.put((v % 128) | 128, 8)
      v = Math.floor(v / 128)
    }
    this.put(v, 8)
  }

  private large(v: number, fits56: boolean): void {
    const high = Math.floor(v / TWO32)
    this.put(fits56 ? 254 : 255, 8)
    if (fits56) this.put(high & 0xffffff, 24)
    else this.put(high | 0, 32)
    this.put(v - high * TWO32, 32)
  }

  private grow(): void {
    const bytes = new Uint8Array(2 * this.bytes.length)
    bytes.set(this.bytes)
    this.bytes = bytes
  }
}

/** Bits read one behind the other. Every method throws HistogramChunkError at the end of the bytes. */
export class BitReader {
  private readonly b: Uint8Array
  private bit: number
  private readonly end: number
  /** What {@link double} read last. */
  low = 0
  high = 0

  /** @param from first byte @param to behind the last one */
  constructor(b: Uint8Array, from: number, to: number) {
    this.b = b
    this.bit = from * 8
    this.end = Math.min(to, b.length) * 8
  }

  /** Bits that are left. */
  get left(): number {
    return this.end - this.bit
  }

  /** `n` bits (1 to 32), unsigned. */
  bits(n: number): number {
    const { b, bit } = this
    if (bit + n > this.end) throw new HistogramChunkError('the chunk ends inside a sample')
    this.bit = bit + n
    const q = bit >>> 3
    const s = bit & 7
    // Bytes behind the end read as undefined, which is 0 here.
    const w = (((b[q]! << 24) | (b[q + 1]! << 16) | (b[q + 2]! << 8) | b[q + 3]!) << s) | (b[q + 4]! >>> (8 - s))
    return w >>> (32 - n)
  }

  /** 64 bits into `low` and `high`. */
  double(): void {
    this.high = this.bits(32)
    this.low = this.bits(32)
  }

  /** @see Prometheus tsdb/chunkenc/varbit.go `readVarbitInt` */
  varbitInt(): number {
    const size = this.prefix()
    if (size === 0) return 0
    if (size <= 25) {
      const v = this.bits(size)
      return v > 1 << (size - 1) ? v - (1 << size) : v
    }
    if (size === 56) {
      const high = this.bits(24)
      const low = this.bits(32)
      // The sign first: 56 bits are more than a number holds exactly. 2^55 itself is positive.
      return (high > 0x800000 || (high === 0x800000 && low > 0) ? high - 0x1000000 : high) * TWO32 + low
    }
    const high = this.bits(32) | 0
    return high * TWO32 + this.bits(32)
  }

  /** @see `readVarbitUint` */
  varbitUint(): number {
    const size = this.prefix()
    if (size === 0) return 0
    if (size <= 25) return this.bits(size)
    const high = this.bits(size - 32)
    return high * TWO32 + this.bits(32)
  }

  /** Go's uvarint. */
  leb(): number {
    let v = 0
    let mul = 1
    for (let i = 0; i < 10; i++) {
      const c = this.bits(8)
      v += (c & 127) * mul
      if (c < 128) return v
      mul *= 128
    }
    throw new HistogramChunkError('a number has more than 64 bits')
  }

  /** Go's varint. */
  lebInt(): number {
    const v = this.leb()
    return v % 2 ? -(v + 1) / 2 : v / 2
  }

  /** Ones in front of a number say how many bits it has. */
  private prefix(): number {
    let ones = 0
    while (ones < 8 && this.bits(1) === 1) ones++
    return PREFIX_BITS[ones]!
  }
}

const PREFIX_BITS = [0, 3, 6, 9, 12, 18, 25, 56, 64]
