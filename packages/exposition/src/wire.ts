import { ExpositionError } from './error.ts'
import { textOf } from './go-text.ts'

/** Reads protobuf's wire format within [i, end). */
export class Wire {
  readonly b: Uint8Array
  i: number
  readonly end: number
  /** Of the field that {@link tag} found. */
  field = 0
  type = 0
  readonly #view: DataView

  constructor(b: Uint8Array, from: number, end: number) {
    this.b = b
    this.i = from
    this.end = end
    this.#view = new DataView(b.buffer, b.byteOffset, b.length)
  }

  tag(): boolean {
    if (this.i >= this.end) return false
    const key = this.varint()
    this.field = Math.floor(key / 8)
    this.type = key % 8
    if (this.field === 0) throw new ExpositionError(`proto: MetricFamily: illegal tag 0 (wire type ${this.type})`)
    return true
  }

  /** An unsigned integer; exact up to 2^53, above that the nearest double. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let n = 0; n < 10; n++) {
      if (this.i >= this.end) throw new ExpositionError('unexpected EOF')
      const c = this.b[this.i++]!
      value += (c & 0x7f) * scale
      if (c < 0x80) return value
      scale *= 128
    }
    throw new ExpositionError('proto: integer overflow')
  }

  double(): number {
    if (this.i + 8 > this.end) throw new ExpositionError('unexpected EOF')
    const v = this.#view.getFloat64(this.i, true)
    this.i += 8
    return v
  }

  /** An integer in zigzag form; exact up to 2^53. */
  zigzag(): number {
    const v = this.varint()
    return v % 2 === 0 ? v / 2 : -(v + 1) / 2
  }

  /** A reader for the nested message or the bytes that stand here. */
  nested(): Wire {
    const size = this.varint()
    if (this.i + size > this.end) throw new ExpositionError('unexpected EOF')
    const inner = new Wire(this.b, this.i, this.i + size)
    this.i += size
    return inner
  }

  skip(): void {
    switch (this.type) {
      case 0:
        this.varint()
        return
      case 1:
        this.i += 8
        break
      case 2:
        this.nested()
        return
      case 5:
        this.i += 4
        break
      default: throw new ExpositionError(`proto: illegal wireType ${this.type}`)
    }
    if (this.i > this.end) throw new ExpositionError('unexpected EOF')
  }

  text(): string {
    const inner = this.nested()
    return textOf(inner.b, inner.i, inner.end)
  }
}
