import { CTL_SYMBOLS, CTL_SYMBOL_BITS } from './layout.ts'
import type { HeadMemory } from './shared-memory.ts'

/** FNV-1a of `b[from..to)` with a last mix, so that its low bits are good for a table. @returns a signed 32-bit integer */
export function hashBytes(b: Uint8Array, from: number, to: number): number {
  let h = -2128831035
  for (let i = from; i < to; i++) h = Math.imul(h ^ b[i]!, 16777619)
  h ^= h >>> 15
  h = Math.imul(h, -2048144789)
  return h ^ (h >>> 13)
}

/** Hash of two integers, for the pair table. */
export function hashPair(a: number, b: number): number {
  let h = Math.imul(a, -1640531535) ^ b
  h = Math.imul(h ^ (h >>> 15), -2048144789)
  h = Math.imul(h ^ (h >>> 13), -1028477387)
  return h ^ (h >>> 16)
}

const SCRATCH = { buffer: Buffer.alloc(0), bytes: new Uint8Array(0) }

/** Writes a text as UTF-8 into a scratch buffer shared by all callers of this thread. @returns the buffer; the text is in [0, length) */
export function encodeText(text: string): { readonly bytes: Uint8Array; readonly length: number } {
  if (SCRATCH.bytes.length < text.length * 3) {
    SCRATCH.bytes = new Uint8Array(1024 + text.length * 4)
    SCRATCH.buffer = Buffer.from(SCRATCH.bytes.buffer)
  }
  const b = SCRATCH.bytes
  const n = text.length
  let i = 0
  if (n < 64) {
    // Most labels are short ASCII: a loop beats the call into the runtime.
    for (; i < n; i++) {
      const c = text.charCodeAt(i)
      if (c >= 128) break
      b[i] = c
    }
    if (i === n) return { bytes: b, length: n }
  }
  return { bytes: b, length: SCRATCH.buffer.write(text, 'utf8') }
}

/** Looks a text up. Any thread. @returns its symbol (1 or more), 0 if no series of this head ever used it */
export function findSymbol(m: HeadMemory, b: Uint8Array, from: number, to: number): number {
  const bits = Atomics.load(m.ctl, CTL_SYMBOL_BITS)
  if (bits === 0) return 0
  m.refresh()
  const size = 1 << bits
  const table = m.symbolTable
  const length = to - from
  for (let k = hashBytes(b, from, to) & (size - 1); ; k = (k + 1) & (size - 1)) {
    const id = Atomics.load(table, size + k)
    if (id === 0) return 0
    if (id * 2 + 1 >= m.symbols.length) m.refresh()
    const at = m.symbols[2 * id]!
    if (m.symbols[2 * id + 1] === length) {
      if (at + length > m.text.length) m.refresh()
      const text = m.text
      let i = 0
      while (i < length && text[at + i] === b[from + i]) i++
      if (i === length) return id
    }
  }
}

/** The text of a symbol. Any thread. */
export function symbolText(m: HeadMemory, id: number): string {
  const at = m.symbols[2 * id]!
  return m.textBuffer.toString('utf8', at, at + m.symbols[2 * id + 1]!)
}

/** Symbols that the writer knows by their texts, and the longest of these. */
const KEPT_TEXTS = 8192
const LONGEST_KEPT = 64

/** Interns texts: the head's writer has one. Symbols are never given up while the process runs. */
export class SymbolWriter {
  private readonly m: HeadMemory
  private count = 0
  private textEnd = 0
  private bits = 0
  /** Of late: label sets come in runs that share most of their texts. */
  private readonly recent = new Map<string, number>()

  constructor(m: HeadMemory) {
    this.m = m
    this.rehash(10)
  }

  /** The symbol of `b[from..to)` (UTF-8), made if need be. The bytes are copied. */
  intern(b: Uint8Array, from: number, to: number): number {
    const known = findSymbol(this.m, b, from, to)
    if (known !== 0) return known
    const m = this.m
    const length = to - from
    const id = this.count + 1
    if (this.textEnd + length > m.text.length) m.grow('text', this.textEnd + length)
    if (2 * id + 1 >= m.symbols.length) m.grow('symbols', 8 * (id + 1))
    if (id * 2 > 1 << this.bits) m.grow('symbolTable', 4 << (this.bits + 2))
    m.text.set(b.subarray(from, to), this.textEnd)
    m.symbols[2 * id] = this.textEnd
    m.symbols[2 * id + 1] = length
    this.textEnd += length
    this.count = id
    if (this.count * 2 > 1 << this.bits) this.rehash(this.bits + 1)
    else this.place(id)
    Atomics.store(m.ctl, CTL_SYMBOLS, id)
    return id
  }

  internText(text: string): number {
    const known = this.recent.get(text)
    if (known !== undefined) return known
    const { bytes, length } = encodeText(text)
    const id = this.intern(bytes, 0, length)
    if (length <= LONGEST_KEPT) {
      if (this.recent.size >= KEPT_TEXTS) this.recent.clear()
      this.recent.set(text, id)
    }
    return id
  }

  private place(id: number): void {
    const m = this.m
    const size = 1 << this.bits
    const at = m.symbols[2 * id]!
    let k = hashBytes(m.text, at, at + m.symbols[2 * id + 1]!) & (size - 1)
    while (m.symbolTable[size + k] !== 0) k = (k + 1) & (size - 1)
    Atomics.store(m.symbolTable, size + k, id)
  }

  /** Fills the table of the next size, which lies behind the present one, and then lets readers change over. */
  private rehash(bits: number): void {
    const m = this.m
    m.grow('symbolTable', 4 << (bits + 1))
    this.bits = bits
    for (let id = 1; id <= this.count; id++) this.place(id)
    Atomics.store(m.ctl, CTL_SYMBOL_BITS, bits)
  }
}
