import { IndexWriter } from './index-writer.ts'
import { CTL_RECYCLED, CTL_ROWS, CTL_SERIES, LABELS_COUNT, LABELS_PAIRS, ROWF_LAST_T, ROW_GEN, ROW_LABELS, ROW_NO, ROW_SHIFT } from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'
import { SymbolWriter, encodeText, findSymbol, hashPair } from './symbols.ts'

/** The longest label set, in labels, whose symbols fit the scratch column at first. */
const SCRATCH_LABELS = 64

/** Takes what nothing published points to any more, and gives it back to {@link SeriesRows} when no reader can see it: a list to `freeList`, a row to `freeRow`. */
export interface RowRetirement {
  list(at: number): void
  row(row: number): void
}

/**
 * Which series there are: label sets and their rows in the head's memory, with the index that finds them.
 * A row that ended is swept from the index first and has a new series only when no reader can see the old one any more.
 */
export class SeriesRows {
  private readonly memory: HeadMemory
  private readonly symbols: SymbolWriter
  private readonly index: IndexWriter
  private readonly retirement: RowRetirement
  private rowCount = 0
  private liveRows = 0
  private readonly freeRows: number[] = []
  private pairScratch = new Int32Array(2 * SCRATCH_LABELS)
  /** Lists given to the retire queue: their place and length. */
  private readonly listWords = new Map<number, number>()
  /** Rows that died and wait to be swept from the postings, with their labels. */
  private dying: number[] = []
  private dyingLabels: number[] = []
  /** How many of these the sweep under way frees. */
  private sweeping = 0
  /** Labels of rows that wait for readers to close. */
  private readonly rowLabels = new Map<number, number>()

  constructor(memory: HeadMemory, retirement: RowRetirement) {
    this.memory = memory
    this.retirement = retirement
    this.symbols = new SymbolWriter(memory)
    this.index = new IndexWriter(memory, (at, words) => {
      this.listWords.set(at, words)
      retirement.list(at)
    })
  }

  /** Rows that were ever used; rows are numbered from 0. */
  get used(): number {
    return this.rowCount
  }

  /** Living series. */
  get live(): number {
    return this.liveRows
  }

  /** Rows of ended series that a new one can have: it then needs nearly no new memory. */
  get spare(): number {
    return this.freeRows.length
  }

  /** Series that died since the last sweep. */
  get dead(): number {
    return this.dying.length
  }

  /** The row of a label set, or -1. `texts` are names and values alternating, sorted by name. */
  find(texts: readonly string[]): number {
    const n = texts.length >>> 1
    this.reservePairs(n)
    // Interning them would let refused series fill the memory.
    for (let i = 0; i < 2 * n; i++) {
      const { bytes, length } = encodeText(texts[i]!)
      const symbol = findSymbol(this.memory, bytes, 0, length)
      if (symbol === 0) return -1
      this.pairScratch[i] = symbol
    }
    return this.index.findRow(this.pairScratch, n, labelsHash(this.pairScratch, n))
  }

  /** The row of a label set; made when it does not exist. @throws HeadMemoryError */
  of(texts: readonly string[]): { readonly row: number; readonly made: boolean } {
    const n = texts.length >>> 1
    this.reservePairs(n)
    for (let i = 0; i < 2 * n; i++) this.pairScratch[i] = this.symbols.internText(texts[i]!)
    return this.ofPairs(n)
  }

  /**
   * Likewise from UTF-8 bytes: `spans` holds start and end of name, value, name, value … in `bytes`.
   */
  ofBytes(bytes: Uint8Array, spans: Int32Array, n: number): { readonly row: number; readonly made: boolean } {
    this.reservePairs(n)
    for (let i = 0; i < 2 * n; i++) this.pairScratch[i] = this.symbols.intern(bytes, spans[2 * i]!, spans[2 * i + 1]!)
    return this.ofPairs(n)
  }

  private ofPairs(n: number): { readonly row: number; readonly made: boolean } {
    const hash = labelsHash(this.pairScratch, n)
    const known = this.index.findRow(this.pairScratch, n, hash)
    if (known >= 0) return { row: known, made: false }
    const m = this.memory
    const reused = this.freeRows.pop()
    const row = reused ?? this.rowCount
    const w = row << ROW_SHIFT
    if (w + 16 > m.rows.length) m.grow('rows', 4 * (w + 16))
    if (reused !== undefined) {
      // A dead row is all zeros but for its generation, and its chunk number goes on so that old captures can't match.
      m.rows[w + ROW_GEN] = m.rows[w + ROW_GEN]! + 1
    }
    m.rowsF[(w >>> 1) + ROWF_LAST_T] = -Infinity
    m.rows[w + ROW_NO] = m.rows[w + ROW_NO]! + 1
    if (reused === undefined) this.rowCount++
    try {
      this.index.addRow(row, this.pairScratch, n, hash)
    } catch (err) {
      this.takeBack(row)
      throw err
    }
    if (reused === undefined) Atomics.store(m.ctl, CTL_ROWS, this.rowCount)
    this.liveRows++
    m.ctl[CTL_SERIES] = this.liveRows
    return { row, made: true }
  }

  /** A row that was made in part: the next sweep takes it out of the postings that it came into. */
  private takeBack(row: number): void {
    const m = this.memory
    const w = row << ROW_SHIFT
    const at = m.rows[w + ROW_LABELS]!
    Atomics.store(m.rows, w + ROW_LABELS, 0)
    Atomics.store(m.ctl, CTL_ROWS, this.rowCount)
    if (at === 0) this.freeRows.push(row)
    else {
      this.dying.push(row)
      this.dyingLabels.push(at)
    }
  }

  private reservePairs(n: number): void {
    if (this.pairScratch.length < 2 * n) this.pairScratch = new Int32Array(4 * n)
  }

  /** The labels of a living row as text. */
  labelsOf(row: number): string[] {
    const m = this.memory
    const at = m.rows[(row << ROW_SHIFT) + ROW_LABELS]!
    const n = m.labels[at + LABELS_COUNT]!
    const out: string[] = []
    for (let i = 0; i < 2 * n; i++) {
      const id = m.labels[at + LABELS_PAIRS + i]!
      const from = m.symbols[2 * id]!
      out.push(m.textBuffer.toString('utf8', from, from + m.symbols[2 * id + 1]!))
    }
    return out
  }

  /** Whether a row is in use. */
  isLive(row: number): boolean {
    return this.memory.rows[(row << ROW_SHIFT) + ROW_LABELS] !== 0
  }

  /** Ends the series of a row: no reader that comes from now on sees it. What it has stored is the caller's to give back. */
  end(row: number): void {
    const m = this.memory
    const at = (row << ROW_SHIFT) + ROW_LABELS
    this.dying.push(row)
    this.dyingLabels.push(m.rows[at]!)
    Atomics.store(m.rows, at, 0)
    this.liveRows--
    m.ctl[CTL_SERIES] = this.liveRows
  }

  /**
   * Takes dead rows out of the index, a slice at a time: call with 0 first, then with the result, until it is 0 again.
   * New series may be made between slices; only rows that were dead at the first call become free at the end.
   */
  sweep(from: number, budget: number): number {
    if (from === 0) {
      this.sweeping = this.dying.length
      this.index.rebuildRowTable(this.rowCount)
    }
    const next = this.index.sweepPostings(Math.max(1, from), budget)
    if (next !== 0) return next
    for (let i = 0; i < this.sweeping; i++) {
      this.rowLabels.set(this.dying[i]!, this.dyingLabels[i]!)
      this.retirement.row(this.dying[i]!)
    }
    this.dying = this.dying.slice(this.sweeping)
    this.dyingLabels = this.dyingLabels.slice(this.sweeping)
    return 0
  }

  /** A list of the index that no reader can see any more. */
  freeList(at: number): void {
    this.index.freeList(at, this.listWords.get(at)!)
    this.listWords.delete(at)
  }

  /** A swept row that no reader can see any more. */
  freeRow(row: number): void {
    this.index.freeLabelsAt(this.rowLabels.get(row)!)
    this.rowLabels.delete(row)
    this.freeRows.push(row)
    Atomics.add(this.memory.ctl, CTL_RECYCLED, 1)
  }
}

function labelsHash(pairs: Int32Array, n: number): number {
  let h = n
  for (let i = 0; i < n; i++) h = Math.imul(h, 31) ^ hashPair(pairs[2 * i]!, pairs[2 * i + 1]!)
  h ^= h >>> 15
  return Math.imul(h, -2048144789) ^ (h >>> 13)
}
