import type { SeriesRef } from '@haechi/storage'

/** Bytes of label sets that are kept at most; beyond them the cache starts anew. */
const MAX_BYTES = 128 * 1024 * 1024

/**
 * Remembers the ref of label sets by their bytes as they stand in requests, so that known series cost no strings.
 *
 * Senders repeat their series in the same order: the entry after the last hit is tried first and costs one comparison. Else a hash finds
 * the entry; the bytes are compared either way.
 */
export class SeriesCache {
  private bytes: Uint8Array = new Uint8Array(1 << 20)
  private view = new DataView(this.bytes.buffer)
  private end = 0
  private at: Int32Array = new Int32Array(1024)
  private lengths: Int32Array = new Int32Array(1024)
  private refs: Float64Array = new Float64Array(1024)
  private count = 0
  private table: Int32Array = new Int32Array(4096)
  private last = -1
  private seen: Uint8Array = this.bytes
  private seenView: DataView = this.view

  /** @returns the ref of `b[from..to)`, or undefined if it is not known */
  get(b: Uint8Array, from: number, to: number): SeriesRef | undefined {
    const next = this.last + 1
    if (next < this.count && this.equals(next, b, from, to)) {
      this.last = next
      return this.refs[next]!
    }
    const mask = this.table.length - 1
    for (let k = hash(b, from, to) & mask; ; k = (k + 1) & mask) {
      const entry = this.table[k]! - 1
      if (entry < 0) return undefined
      if (this.equals(entry, b, from, to)) {
        this.last = entry
        return this.refs[entry]!
      }
    }
  }

  /** Keeps a ref; the bytes are copied. They must not be in the cache already. */
  set(b: Uint8Array, from: number, to: number, ref: SeriesRef): void {
    if (this.end + to - from > MAX_BYTES) this.clear()
    if (this.count * 2 >= this.table.length) this.rehash()
    const need = this.end + to - from
    if (need > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(need, Math.min(MAX_BYTES, 2 * this.bytes.length)))
      bytes.set(this.bytes.subarray(0, this.end))
      this.bytes = bytes
      this.view = new DataView(bytes.buffer)
    }
    const entry = this.count++
    if (entry === this.at.length) {
      this.at = grown(this.at, new Int32Array(2 * entry))
      this.lengths = grown(this.lengths, new Int32Array(2 * entry))
      const refs = new Float64Array(2 * entry)
      refs.set(this.refs)
      this.refs = refs
    }
    this.bytes.set(b.subarray(from, to), this.end)
    this.at[entry] = this.end
    this.lengths[entry] = to - from
    this.refs[entry] = ref
    this.end = need
    this.place(entry)
    this.last = entry
  }

  clear(): void {
    this.end = 0
    this.count = 0
    this.last = -1
    this.table.fill(0)
  }

  private equals(entry: number, b: Uint8Array, from: number, to: number): boolean {
    if (this.lengths[entry] !== to - from) return false
    const known = this.view
    const view = this.viewOf(b)
    // From the end, four bytes at a time: label values that differ stand behind names that don't.
    let i = to - 4
    let p = this.at[entry]! + to - from - 4
    for (; i >= from; i -= 4, p -= 4) if (view.getInt32(i) !== known.getInt32(p)) return false
    for (i += 3, p += 3; i >= from; i--, p--) if (view.getUint8(i) !== known.getUint8(p)) return false
    return true
  }

  /** A view on the bytes of the request at hand. */
  private viewOf(b: Uint8Array): DataView {
    if (b !== this.seen) {
      this.seen = b
      this.seenView = new DataView(b.buffer, b.byteOffset, b.byteLength)
    }
    return this.seenView
  }

  private place(entry: number): void {
    const mask = this.table.length - 1
    const from = this.at[entry]!
    let k = hash(this.bytes, from, from + this.lengths[entry]!) & mask
    while (this.table[k] !== 0) k = (k + 1) & mask
    this.table[k] = entry + 1
  }

  private rehash(): void {
    this.table = new Int32Array(2 * this.table.length)
    for (let entry = 0; entry < this.count; entry++) this.place(entry)
  }
}

function grown(from: Int32Array, to: Int32Array): Int32Array {
  to.set(from)
  return to
}

/** Mixes four bytes per step. */
function hash(b: Uint8Array, from: number, to: number): number {
  let h = to - from
  let i = from
  for (; i + 4 <= to; i += 4) {
    h = Math.imul(h ^ (b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24)), -1640531535)
    h ^= h >>> 15
  }
  for (; i < to; i++) h = Math.imul(h ^ b[i]!, 16777619)
  h ^= h >>> 16
  h = Math.imul(h, -2048144789)
  return h ^ (h >>> 13)
}
