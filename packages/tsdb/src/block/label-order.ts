import { CTL_SYMBOLS, LABELS_COUNT, LABELS_PAIRS } from '../layout.ts'
import type { HeadMemory } from '../shared-memory.ts'

/**
 * Symbols that some label sets of the head use, in the order of their bytes, and the place of each symbol of the head among them.
 * @param labelsAt places in the labels buffer
 */
export function rankSymbols(m: HeadMemory, labelsAt: Int32Array): { readonly symbols: Uint8Array[]; readonly rank: Int32Array } {
  m.refresh()
  const rank = new Int32Array(Atomics.load(m.ctl, CTL_SYMBOLS) + 1)
  let used = 0
  for (const at of labelsAt) {
    const n = m.labels[at + LABELS_COUNT]!
    for (let k = 0; k < 2 * n; k++) {
      const id = m.labels[at + LABELS_PAIRS + k]!
      if (rank[id] === 0) {
        rank[id] = 1
        used++
      }
    }
  }
  const ids = new Int32Array(used)
  for (let id = 0, k = 0; id < rank.length; id++) if (rank[id] !== 0) ids[k++] = id
  const { symbols, text } = m
  ids.sort((a, b) => {
    const pa = symbols[2 * a]!
    const pb = symbols[2 * b]!
    const la = symbols[2 * a + 1]!
    const lb = symbols[2 * b + 1]!
    for (let i = 0; i < la && i < lb; i++) {
      const d = text[pa + i]! - text[pb + i]!
      if (d !== 0) return d
    }
    return la - lb
  })
  // As in Prometheus' blocks, the empty text is a symbol: that of the list of all series.
  const out: Uint8Array[] = [new Uint8Array(0)]
  ids.forEach(id => {
    rank[id] = out.length
    out.push(text.slice(symbols[2 * id]!, symbols[2 * id]! + symbols[2 * id + 1]!))
  })
  return { symbols: out, rank }
}

/** Indexes of label sets in the order of their labels. */
export function orderByLabels(m: HeadMemory, labelsAt: Int32Array, rank: Int32Array): Int32Array {
  const { labels } = m
  return Int32Array.from({ length: labelsAt.length }, (_, i) => i).sort((a, b) => {
    const pa = labelsAt[a]!
    const pb = labelsAt[b]!
    const na = 2 * labels[pa + LABELS_COUNT]!
    const nb = 2 * labels[pb + LABELS_COUNT]!
    for (let i = LABELS_PAIRS; i < LABELS_PAIRS + na && i < LABELS_PAIRS + nb; i++) {
      if (labels[pa + i] !== labels[pb + i]) return rank[labels[pa + i]!]! - rank[labels[pb + i]!]!
    }
    return na - nb
  })
}
