import {
  CTL_NAMES, CTL_PAIRS, CTL_PAIR_BITS, LABELS_COUNT, LABELS_HASH, LABELS_PAIRS, LIST_COUNT, LIST_ROWS, LIST_SORTED, NAME_PAIR, NAME_PAIRS, NAME_SYMBOL, NAME_WORDS, PAIR_CAP,
  PAIR_LIST, PAIR_NAME, PAIR_NEXT, PAIR_VALUE, PAIR_WORDS, ROW_LABELS, ROW_SHIFT,
} from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'
import { hashPair } from './symbols.ts'

/** Words that a postings list of a capacity class has: 4, 6, 8, 12, 16, 24 … (each power of two and the half step above it). */
export function listClass(words: number): number {
  let size = 4
  let index = 0
  while (size < words) {
    size += index % 2 === 0 ? size / 2 : size / 3
    index++
  }
  return index
}

/** Length of a class in words. */
export function classWords(index: number): number {
  const base = 4 << (index >> 1)
  return index % 2 === 0 ? base : base + base / 2
}

/** Finds the pair of two symbols. Any thread. @returns pair index (1 or more) or 0 */
export function findPair(m: HeadMemory, name: number, value: number): number {
  const bits = Atomics.load(m.ctl, CTL_PAIR_BITS)
  if (bits === 0) return 0
  m.refresh()
  const size = 1 << bits
  const table = m.pairTable
  for (let k = hashPair(name, value) & (size - 1); ; k = (k + 1) & (size - 1)) {
    const pair = Atomics.load(table, size + k)
    if (pair === 0) return 0
    if ((pair + 1) * PAIR_WORDS > m.pairs.length) m.refresh()
    const w = pair * PAIR_WORDS
    if (m.pairs[w + PAIR_NAME] === name && m.pairs[w + PAIR_VALUE] === value) return pair
  }
}

/** Writes postings, pairs, names and the labels of rows, and finds rows by their labels. One per head. */
export class IndexWriter {
  private readonly m: HeadMemory
  private readonly retireList: (at: number, words: number) => void
  private pairCount = 0
  private pairBits = 0
  private nameCount = 0
  /** Name symbol to index of the name; names are few. */
  private readonly nameOf = new Map<number, number>()
  private listEnd = 0
  private readonly freeLists: number[][] = []
  private labelsEnd = 1
  /** Free label entries by number of labels. */
  private readonly freeLabels: number[][] = []
  /** Open addressing: row + 1 by label hash; the writer's alone. */
  private rowTable: Int32Array = new Int32Array(1 << 12)
  private rowsInTable = 0

  /** @param retireList receives postings that are replaced; it calls {@link freeList} when no reader sees them any more */
  constructor(m: HeadMemory, retireList: (at: number, words: number) => void) {
    this.m = m
    this.retireList = retireList
    this.rehashPairs(10)
  }

  /**
   * The row with these pairs of symbols, or -1.
   * @param pairs name and value symbols in label order, `n` labels
   */
  findRow(pairs: Int32Array, n: number, hash: number): number {
    const { rows, labels } = this.m
    const table = this.rowTable
    const mask = table.length - 1
    for (let k = hash & mask; ; k = (k + 1) & mask) {
      const row = table[k]! - 1
      if (row < 0) return -1
      const at = rows[(row << ROW_SHIFT) + ROW_LABELS]!
      if (at === 0 || labels[at + LABELS_HASH] !== hash || labels[at + LABELS_COUNT] !== n) continue
      let i = 0
      while (i < 2 * n && labels[at + LABELS_PAIRS + i] === pairs[i]) i++
      if (i === 2 * n) return row
    }
  }

  /**
   * Stores the labels of a new row and makes it findable by its labels and by each pair.
   * @throws HeadMemoryError; then the row may have labels and be in some postings: it is to be swept as one that ended
   */
  addRow(row: number, pairs: Int32Array, n: number, hash: number): void {
    const m = this.m
    const at = this.takeLabels(n)
    m.labels[at + LABELS_HASH] = hash
    m.labels[at + LABELS_COUNT] = n
    for (let i = 0; i < 2 * n; i++) m.labels[at + LABELS_PAIRS + i] = pairs[i]!
    Atomics.store(m.rows, (row << ROW_SHIFT) + ROW_LABELS, at)
    if ((this.rowsInTable + 1) * 3 > this.rowTable.length * 2) this.rehashRows(this.rowTable.length * 2)
    this.placeRow(row, hash)
    for (let i = 0; i < n; i++) this.addPosting(this.pairOf(pairs[2 * i]!, pairs[2 * i + 1]!), row)
  }

  /**
   * Takes dead rows out of postings `from` to `to`. Rows are dead when their labels index is 0.
   * @returns the pair to go on with, 0 when all are done
   */
  sweepPostings(from: number, budget: number): number {
    const m = this.m
    let pair = from
    let work = 0
    for (; pair <= this.pairCount && work < budget; pair++) {
      const { pairs, postings, rows } = m
      const list = pairs[pair * PAIR_WORDS + PAIR_LIST]!
      const count = postings[list + LIST_COUNT]!
      work += count + 8
      let dead = 0
      for (let i = 0; i < count; i++) if (rows[(postings[list + LIST_ROWS + i]! << ROW_SHIFT) + ROW_LABELS] === 0) dead++
      if (dead > 0) this.rewriteList(pair, count - dead)
    }
    return pair > this.pairCount ? 0 : pair
  }

  /** Gives a row's labels back; the row must be out of all postings. */
  freeLabelsAt(at: number): void {
    const n = this.m.labels[at + LABELS_COUNT]!
    ;(this.freeLabels[n] ??= []).push(at)
  }

  /** Forgets all rows that are dead. */
  rebuildRowTable(rowCount: number): void {
    const { rows, labels } = this.m
    const table = this.rowTable
    table.fill(0)
    this.rowsInTable = 0
    for (let row = 0; row < rowCount; row++) {
      const at = rows[(row << ROW_SHIFT) + ROW_LABELS]!
      if (at !== 0) this.placeRow(row, labels[at + LABELS_HASH]!)
    }
  }

  /** Takes back postings that were handed to `retireList`. */
  freeList(at: number, words: number): void {
    ;(this.freeLists[listClass(words)] ??= []).push(at)
  }

  private placeRow(row: number, hash: number): void {
    const table = this.rowTable
    const mask = table.length - 1
    let k = hash & mask
    while (table[k] !== 0) k = (k + 1) & mask
    table[k] = row + 1
    this.rowsInTable++
  }

  private rehashRows(size: number): void {
    const old = this.rowTable
    const { rows, labels } = this.m
    this.rowTable = new Int32Array(size)
    this.rowsInTable = 0
    for (let k = 0; k < old.length; k++) {
      const row = old[k]! - 1
      if (row < 0) continue
      const at = rows[(row << ROW_SHIFT) + ROW_LABELS]!
      if (at !== 0) this.placeRow(row, labels[at + LABELS_HASH]!)
    }
  }

  private takeLabels(n: number): number {
    const free = this.freeLabels[n]?.pop()
    if (free !== undefined) return free
    const at = this.labelsEnd
    const end = at + LABELS_PAIRS + 2 * n
    if (end > this.m.labels.length) this.m.grow('labels', 4 * end)
    this.labelsEnd = end
    return at
  }

  private pairOf(name: number, value: number): number {
    const known = findPair(this.m, name, value)
    if (known !== 0) return known
    const m = this.m
    const pair = this.pairCount + 1
    // All that can fail comes first.
    if ((pair + 1) * PAIR_WORDS > m.pairs.length) m.grow('pairs', 4 * PAIR_WORDS * (pair + 2))
    if (pair * 2 > 1 << this.pairBits) m.grow('pairTable', 4 << (this.pairBits + 2))
    if ((this.nameCount + 1) * NAME_WORDS > m.names.length) m.grow('names', 4 * NAME_WORDS * (this.nameCount + 1))
    const list = this.takeList(4)
    m.postings[list + LIST_COUNT] = 0
    m.postings[list + LIST_SORTED] = 0
    const at = this.nameAt(name)
    const w = pair * PAIR_WORDS
    m.pairs[w + PAIR_NAME] = name
    m.pairs[w + PAIR_VALUE] = value
    m.pairs[w + PAIR_LIST] = list
    m.pairs[w + PAIR_CAP] = 4
    m.pairs[w + PAIR_NEXT] = m.names[at + NAME_PAIR]!
    this.pairCount = pair
    if (pair * 2 > 1 << this.pairBits) this.rehashPairs(this.pairBits + 1)
    else this.placePair(pair)
    Atomics.store(m.names, at + NAME_PAIR, pair)
    Atomics.add(m.names, at + NAME_PAIRS, 1)
    Atomics.store(m.ctl, CTL_PAIRS, pair)
    return pair
  }

  /** Word index of a name's record, made if need be. */
  private nameAt(symbol: number): number {
    const known = this.nameOf.get(symbol)
    if (known !== undefined) return known * NAME_WORDS
    const m = this.m
    const name = this.nameCount++
    m.names[name * NAME_WORDS + NAME_SYMBOL] = symbol
    this.nameOf.set(symbol, name)
    Atomics.store(m.ctl, CTL_NAMES, this.nameCount)
    return name * NAME_WORDS
  }

  private placePair(pair: number): void {
    const m = this.m
    const size = 1 << this.pairBits
    let k = hashPair(m.pairs[pair * PAIR_WORDS + PAIR_NAME]!, m.pairs[pair * PAIR_WORDS + PAIR_VALUE]!) & (size - 1)
    while (m.pairTable[size + k] !== 0) k = (k + 1) & (size - 1)
    Atomics.store(m.pairTable, size + k, pair)
  }

  private rehashPairs(bits: number): void {
    this.m.grow('pairTable', 4 << (bits + 1))
    this.pairBits = bits
    for (let pair = 1; pair <= this.pairCount; pair++) this.placePair(pair)
    Atomics.store(this.m.ctl, CTL_PAIR_BITS, bits)
  }

  private takeList(words: number): number {
    const index = listClass(words)
    const free = this.freeLists[index]?.pop()
    if (free !== undefined) return free
    const at = this.listEnd
    const end = at + classWords(index)
    if (end > this.m.postings.length) this.m.grow('postings', 4 * end)
    this.listEnd = end
    return at
  }

  private addPosting(pair: number, row: number): void {
    const m = this.m
    const w = pair * PAIR_WORDS
    let list = m.pairs[w + PAIR_LIST]!
    const cap = m.pairs[w + PAIR_CAP]!
    const count = m.postings[list + LIST_COUNT]!
    if (LIST_ROWS + count === cap) {
      list = this.rewriteList(pair, count + 1)
    }
    const postings = m.postings
    const sorted = postings[list + LIST_SORTED]!
    postings[list + LIST_ROWS + count] = row
    // A row that was used before may be lower than the last: then the tail of the list is out of order until it is written anew.
    if (sorted === count && (count === 0 || postings[list + LIST_ROWS + count - 1]! < row)) postings[list + LIST_SORTED] = count + 1
    Atomics.store(postings, list + LIST_COUNT, count + 1)
    if (sorted < count && count - sorted > 64 + sorted / 4) this.rewriteList(pair, count + 1)
  }

  /** Copies the living rows of a list, in order, into new memory with room for `want` rows and publishes it. @returns the new list */
  private rewriteList(pair: number, want: number): number {
    const m = this.m
    const w = pair * PAIR_WORDS
    const oldCap = m.pairs[w + PAIR_CAP]!
    const words = classWords(listClass(LIST_ROWS + want))
    const list = this.takeList(words)
    const { postings, rows } = m
    const old = m.pairs[w + PAIR_LIST]!
    const count = postings[old + LIST_COUNT]!
    const sorted = postings[old + LIST_SORTED]!
    let n = 0
    for (let i = 0; i < count; i++) {
      const row = postings[old + LIST_ROWS + i]!
      if (rows[(row << ROW_SHIFT) + ROW_LABELS] !== 0) postings[list + LIST_ROWS + n++] = row
    }
    if (sorted < count) postings.subarray(list + LIST_ROWS, list + LIST_ROWS + n).sort()
    postings[list + LIST_SORTED] = n
    postings[list + LIST_COUNT] = n
    m.pairs[w + PAIR_CAP] = words
    Atomics.store(m.pairs, w + PAIR_LIST, list)
    this.retireList(old, oldCap)
    return list
  }
}
