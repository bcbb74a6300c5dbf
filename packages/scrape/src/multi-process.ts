import type { BodyReader } from '@haechi/exposition'
import type { MultiProcessEvidence } from './views.ts'

/** So many scrapes of a series are looked at together. */
const WINDOW = 8
const MAX_WATCHED = 16
/** Without another fall for so long, the suspicion is dropped. */
const FORGET_MS = 600_000

interface Watched { row: number; readonly ref: number; values: number[]; timesMs: number[] }

/**
 * Notices counters that jump back and forth between levels: several processes with counters of their own answer behind one address in turn.
 *
 * A restart makes a counter fall once, to almost nothing, and grow from there. Here it falls, is back at its old height soon after, and falls again, not below
 * where it fell to before.
 */
export class MultiProcessWatch {
  #watched: Watched[] = []
  #evidence: MultiProcessEvidence | undefined
  #lastFallMs = 0
  #previousMs = 0

  /** To be called after every good body. */
  observe(reader: BodyReader, tMs: number): void {
    const { refs, values, count } = reader.columns
    for (const w of this.#watched) {
      if (w.row >= count || refs[w.row] !== w.ref) w.row = refs.subarray(0, count).indexOf(w.ref)
      if (w.row < 0) continue
      w.values.push(values[w.row]!)
      w.timesMs.push(tMs)
      if (w.values.length > WINDOW) {
        w.values.shift()
        w.timesMs.shift()
      }
    }
    this.#watched = this.#watched.filter(w => w.row >= 0 && (w.values.length < WINDOW || falls(w.values) > 0))
    for (let i = 0; i < reader.falls; i++) {
      const row = reader.fallRow[i]!
      const ref = refs[row]!
      const watched = this.#watched.find(w => w.ref === ref)
      if (watched === undefined) {
        if (this.#watched.length < MAX_WATCHED && ref > 0) this.#watched.push({ row, ref, values: [reader.fallFrom[i]!, values[row]!], timesMs: [this.#previousMs, tMs] })
      } else if (alternates(watched.values)) {
        this.#lastFallMs = tMs
        this.#evidence = { series: reader.seriesText(row), values: [...watched.values], timesMs: [...watched.timesMs] }
      }
    }
    if (this.#evidence !== undefined && tMs - this.#lastFallMs > FORGET_MS) this.#evidence = undefined
    this.#previousMs = tMs
  }

  /** What speaks for several processes now. */
  get evidence(): MultiProcessEvidence | undefined {
    return this.#evidence
  }
}

function falls(values: readonly number[]): number {
  let n = 0
  for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) n++
  return n
}

/** Two falls, the old height reached again between them, and the second not deeper than the first. */
export function alternates(values: readonly number[]): boolean {
  let high = -1
  let low = -1
  let recovered = false
  for (let i = 1; i < values.length; i++) {
    const v = values[i]!
    if (v < values[i - 1]!) {
      if (recovered && v >= low) return true
      high = values[i - 1]!
      low = v
      recovered = false
    } else if (high >= 0 && v >= high) recovered = true
  }
  return false
}
