const SEED: number = (Math.random() * 0x100000000) | 0

/** Hash of `b[from, to)`. Seeded anew in each process, so that nobody can prepare a body whose series all collide. */
export function hashBytes(b: Uint8Array, from: number, to: number): number {
  let h = SEED ^ (to - from)
  let i = from
  for (const stop = to - 3; i < stop; i += 4) {
    h = Math.imul(h ^ (b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24)), 0x9e3779b1)
    h ^= h >>> 15
  }
  for (; i < to; i++) h = Math.imul(h ^ b[i]!, 0x01000193)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  return h ^ (h >>> 13)
}

/**
 * Finds rows by the hash of their series text: open addressing over row numbers. The texts stay where they are, so the caller compares them.
 *
 * ```
 *   slots:  [ 0 | row+1 | 0 | row+1 | row+1 | 0 ... ]   a power of two, at most half full
 * ```
 */
export class SeriesTable {
  #slots: Int32Array
  #mask: number
  #size = 0

  constructor(expected: number) {
    let slots = 16
    while (slots < expected * 2) slots *= 2
    this.#slots = new Int32Array(slots)
    this.#mask = slots - 1
  }

  /** The first slot to look at for a hash. */
  first(hash: number): number {
    return hash & this.#mask
  }

  /** The slot to look at after `slot`. */
  after(slot: number): number {
    return (slot + 1) & this.#mask
  }

  /** The row in a slot, -1 if it is free: then the search is over and the slot can be filled by {@link put}. */
  row(slot: number): number {
    return this.#slots[slot]! - 1
  }

  /** Fills a free slot. `hashes` are those of all rows, for growing. */
  put(slot: number, row: number, hashes: Int32Array): void {
    this.#slots[slot] = row + 1
    if (++this.#size * 2 > this.#slots.length) this.#grow(hashes)
  }

  /** Adds a row that is known not to be there. */
  add(row: number, hashes: Int32Array): void {
    let slot = this.first(hashes[row]!)
    while (this.#slots[slot] !== 0) slot = this.after(slot)
    this.put(slot, row, hashes)
  }

  #grow(hashes: Int32Array): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2)
    this.#mask = this.#slots.length - 1
    for (const entry of old) {
      if (entry === 0) continue
      let slot = this.first(hashes[entry - 1]!)
      while (this.#slots[slot] !== 0) slot = this.after(slot)
      this.#slots[slot] = entry
    }
  }
}
