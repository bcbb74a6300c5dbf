/** Types of WAL records. @see Prometheus tsdb/record/record.go */
export const RECORD = {
  series: 1,
  samples: 2,
  tombstones: 3,
  exemplars: 4,
  mmapMarkers: 5,
  metadata: 6,
  histograms: 7,
  floatHistograms: 8,
  customBucketsHistograms: 9,
  customBucketsFloatHistograms: 10,
  // The same with start times: `--enable-feature=st-storage` of Prometheus 3.11.
  samplesStarts: 11,
  histogramsStarts: 12,
  floatHistogramsStarts: 13,
} as const

/** Bytes of one record under construction; grows by doubling. Reused: `length = 0` empties it. */
export class RecordBuffer {
  bytes: Uint8Array = new Uint8Array(1 << 16)
  length = 0

  reserve(more: number): void {
    const want = this.length + more
    if (want <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(want, 2 * this.bytes.length))
    bytes.set(this.bytes.subarray(0, this.length))
    this.bytes = bytes
  }

  byte(v: number): void {
    this.reserve(1)
    this.bytes[this.length++] = v
  }

  /** A non-negative integer below 2^53 as 8 bytes, big-endian. */
  be64(v: number): void {
    this.reserve(8)
    this.be32(Math.floor(v / 4294967296))
    this.be32(v)
  }

  /** 64 bits given as two words, big-endian. */
  bits64(low: number, high: number): void {
    this.reserve(8)
    this.be32(high)
    this.be32(low)
  }

  private be32(v: number): void {
    const b = this.bytes
    let p = this.length
    b[p++] = v >>> 24
    b[p++] = v >>> 16
    b[p++] = v >>> 8
    b[p++] = v
    this.length = p
  }

  uvarint(v: number): void {
    this.reserve(10)
    const b = this.bytes
    let p = this.length
    while (v >= 128) {
      b[p++] = (v % 128) | 128
      v = Math.floor(v / 128)
    }
    b[p++] = v
    this.length = p
  }

  /** A signed integer as Go's varint (zigzag). */
  varint(v: number): void {
    this.uvarint(v < 0 ? -2 * v - 1 : 2 * v)
  }

  /** Length and bytes. */
  text(b: Uint8Array, from: number, to: number): void {
    const n = to - from
    this.uvarint(n)
    this.reserve(n)
    const { bytes, length } = this
    // Most labels are short: a view for each would cost more than its bytes.
    if (n < 64) for (let i = 0; i < n; i++) bytes[length + i] = b[from + i]!
    else bytes.set(b.subarray(from, to), length)
    this.length = length + n
  }
}

/** Builds a samples record. The first sample's ref and time stand in front; all, itself included, are differences to these. */
export class SamplesRecord {
  readonly buffer: RecordBuffer = new RecordBuffer()
  count = 0
  private firstRef = 0
  private firstT = 0

  /** Empties the record and makes room for `n` samples. */
  begin(n: number): void {
    this.count = 0
    this.buffer.length = 0
    // 17 bytes in front; two varints of at most 10 bytes and the value.
    this.buffer.reserve(17 + 28 * n)
  }

  /** Adds a sample; not more than `begin` was told. `lo` and `hi` are the bits of the value. */
  sample(ref: number, t: number, lo: number, hi: number): void {
    const buffer = this.buffer
    if (this.count++ === 0) {
      this.firstRef = ref
      this.firstT = t
      buffer.byte(RECORD.samples)
      buffer.be64(ref)
      buffer.be64(t)
    }
    const b = buffer.bytes
    let p = buffer.length
    const ref1 = ref - this.firstRef
    let v = ref1 < 0 ? -2 * ref1 - 1 : 2 * ref1
    if (v < 2147483648) {
      while (v >= 128) {
        b[p++] = (v & 127) | 128
        v >>>= 7
      }
      b[p++] = v
    } else p = putBigVarint(b, p, v)
    const t1 = t - this.firstT
    v = t1 < 0 ? -2 * t1 - 1 : 2 * t1
    if (v < 128) b[p++] = v
    else p = putBigVarint(b, p, v)
    b[p] = hi >>> 24
    b[p + 1] = hi >>> 16
    b[p + 2] = hi >>> 8
    b[p + 3] = hi
    b[p + 4] = lo >>> 24
    b[p + 5] = lo >>> 16
    b[p + 6] = lo >>> 8
    b[p + 7] = lo
    buffer.length = p + 8
  }
}

function putBigVarint(b: Uint8Array, p: number, v: number): number {
  while (v >= 128) {
    b[p++] = (v % 128) | 128
    v = Math.floor(v / 128)
  }
  b[p++] = v
  return p
}

/** A record that ends early or says impossible things. */
export class RecordError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RecordError'
  }
}

/** Reads the numbers of a record. Every method throws RecordError at the end of the bytes. */
export class RecordReader {
  b: Uint8Array
  p: number
  end: number

  constructor(b: Uint8Array, from: number, to: number) {
    this.b = b
    this.p = from
    this.end = to
  }

  byte(): number {
    if (this.p >= this.end) throw new RecordError('unexpected end of record')
    return this.b[this.p++]!
  }

  /** What {@link bits64} read last. */
  low = 0
  high = 0

  /** 8 bytes, big-endian, into `low` and `high`, unsigned. */
  bits64(): void {
    const { b, p } = this
    if (p + 8 > this.end) throw new RecordError('unexpected end of record')
    this.p = p + 8
    this.high = ((b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!) >>> 0
    this.low = ((b[p + 4]! << 24) | (b[p + 5]! << 16) | (b[p + 6]! << 8) | b[p + 7]!) >>> 0
  }

  /** 8 bytes, big-endian, as a signed integer; exact below 2^53. */
  be64(): number {
    const { b, p } = this
    if (p + 8 > this.end) throw new RecordError('unexpected end of record')
    this.p = p + 8
    return ((b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!) * 4294967296 + (((b[p + 4]! << 24) | (b[p + 5]! << 16) | (b[p + 6]! << 8) | b[p + 7]!) >>> 0)
  }

  uvarint(): number {
    let v = 0
    let mul = 1
    for (let i = 0; i < 10; i++) {
      const c = this.byte()
      v += (c & 127) * mul
      if (c < 128) return v
      mul *= 128
    }
    throw new RecordError('varint too long')
  }

  varint(): number {
    const v = this.uvarint()
    return v % 2 ? -(v + 1) / 2 : v / 2
  }

  /** Skips a length and its bytes. @returns the length; the bytes end at `p` */
  text(): number {
    const n = this.uvarint()
    if (n > this.end - this.p) throw new RecordError('unexpected end of record')
    this.p += n
    return n
  }
}

/** Columns of a decoded samples record; reused. */
export class SampleRows {
  refs: Float64Array = new Float64Array(1024)
  ts: Float64Array = new Float64Array(1024)
  lo: Int32Array = new Int32Array(1024)
  hi: Int32Array = new Int32Array(1024)
  length = 0
}

/** Samples that one call decodes: see {@link decodeSome}. */
const SAMPLES_AT_ONCE = 256

/** Decodes a samples record, type byte included. @throws RecordError */
export function decodeSamples(b: Uint8Array, from: number, to: number, into: SampleRows): void {
  into.length = 0
  if (to - from <= 1) return
  const r = new RecordReader(b, from + 1, to)
  const ref0 = r.be64()
  const t0 = r.be64()
  // The shortest sample has 10 bytes.
  const most = Math.floor((to - r.p) / 10) + 1
  if (most > into.ts.length) {
    into.refs = new Float64Array(most)
    into.ts = new Float64Array(most)
    into.lo = new Int32Array(most)
    into.hi = new Int32Array(most)
  }
  let n = 0
  while (r.p < to) n = decodeSome(r, ref0, t0, into, n)
  into.length = n
}

/** Decodes up to some hundred samples behind the `n` that are there. V8 optimises a function that is called often as a whole, a long loop only for the time that it runs. @returns how many there are now */
function decodeSome(r: RecordReader, ref0: number, t0: number, into: SampleRows, n: number): number {
  const { b, end: to } = r
  const { refs, ts, lo, hi } = into
  const most = n + SAMPLES_AT_ONCE
  // Two varints of ten bytes and the value: from here on every byte must be asked for.
  const near = to - 28
  let p = r.p
  for (; p < to && n < most; n++) {
    let read = false
    if (p <= near) {
      // Differences of up to four bytes, 28 bits; nearly all are.
      let q = p
      let c = b[q++]!
      let ref = c & 127
      if (c >= 128) {
        c = b[q++]!
        ref |= (c & 127) << 7
        if (c >= 128) {
          c = b[q++]!
          ref |= (c & 127) << 14
          if (c >= 128) {
            c = b[q++]!
            ref |= (c & 127) << 21
          }
        }
      }
      if (c < 128) {
        c = b[q++]!
        let t = c & 127
        if (c >= 128) {
          c = b[q++]!
          t |= (c & 127) << 7
          if (c >= 128) {
            c = b[q++]!
            t |= (c & 127) << 14
            if (c >= 128) {
              c = b[q++]!
              t |= (c & 127) << 21
            }
          }
        }
        if (c < 128) {
          refs[n] = ref0 + ((ref >>> 1) ^ -(ref & 1))
          ts[n] = t0 + ((t >>> 1) ^ -(t & 1))
          p = q
          read = true
        }
      }
    }
    if (!read) {
      r.p = p
      refs[n] = ref0 + r.varint()
      ts[n] = t0 + r.varint()
      p = r.p
      if (p + 8 > to) throw new RecordError('unexpected end of samples record')
    }
    hi[n] = (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!
    lo[n] = (b[p + 4]! << 24) | (b[p + 5]! << 16) | (b[p + 6]! << 8) | b[p + 7]!
    p += 8
  }
  r.p = p
  return n
}
