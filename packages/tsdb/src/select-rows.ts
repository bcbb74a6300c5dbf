import { matchesValue } from '@haechi/model'
import type { Matcher } from '@haechi/model'
import { findPair } from './index-writer.ts'
import {
  CTL_NAMES, CTL_ROWS, LABELS_COUNT, LABELS_PAIRS, LIST_COUNT, LIST_ROWS, LIST_SORTED, NAME_PAIR, NAME_SYMBOL, NAME_WORDS, PAIR_LIST, PAIR_NEXT, PAIR_VALUE, PAIR_WORDS, ROW_LABELS,
  ROW_SHIFT,
} from './layout.ts'
import { RecentMap } from './recent-map.ts'
import type { HeadMemory } from './shared-memory.ts'
import { encodeText, findSymbol, symbolText } from './symbols.ts'

/** Verdicts of one expression, by value symbol; symbols never change their text, so a verdict holds for ever. */
type Verdicts = Map<number, boolean>

/** Most verdicts kept for one expression. */
const MAX_VERDICTS = 200_000

/** Finds the rows that satisfy matchers. One per thread; keeps the verdicts of regular expressions. */
export class RowSelector {
  private readonly m: HeadMemory
  private readonly verdicts = new RecentMap<string, Verdicts>(128)

  constructor(m: HeadMemory) {
    this.m = m
  }

  /** @returns ascending rows, alive when looked at; owned by the caller */
  select(matchers: readonly Matcher[]): Int32Array {
    const m = this.m
    m.refresh()
    // Equalities with a value first: each is one list.
    const lists: Int32Array[] = []
    const rest: Matcher[] = []
    for (const matcher of matchers) {
      if (matcher.type === '=' && matcher.value !== '') {
        const list = this.equalRows(matcher.name, matcher.value)
        if (list.length === 0) return list
        lists.push(list)
      } else rest.push(matcher)
    }
    let rows: Int32Array
    if (lists.length > 0) {
      lists.sort((a, b) => a.length - b.length)
      rows = lists[0]!.slice()
      for (let i = 1; i < lists.length && rows.length > 0; i++) rows = intersect(rows, lists[i]!)
    } else {
      // Without one: a matcher that a missing label can't satisfy names the candidates, else every row is one.
      const at = rest.findIndex(x => !matchesValue(x, ''))
      if (at >= 0) {
        rows = this.unionRows(rest[at]!)
        rest.splice(at, 1)
      } else rows = this.allRows()
    }
    for (const matcher of rest) {
      if (rows.length === 0) break
      rows = this.filter(rows, matcher)
    }
    return rows
  }

  /** Symbol of a text, 0 if the head does not know it. */
  symbolOf(text: string): number {
    const { bytes, length } = encodeText(text)
    return findSymbol(this.m, bytes, 0, length)
  }

  /** Word index of a name's record, or -1. Names are few. */
  nameAt(name: string): number {
    const m = this.m
    const symbol = this.symbolOf(name)
    if (symbol === 0) return -1
    const count = Atomics.load(m.ctl, CTL_NAMES)
    m.refresh()
    for (let i = 0; i < count; i++) if (m.names[i * NAME_WORDS + NAME_SYMBOL] === symbol) return i * NAME_WORDS
    return -1
  }

  /** Rows of a pair in ascending order: a view of shared memory where it is in order, else a copy. Don't write into it. */
  pairRows(pair: number): Int32Array {
    const m = this.m
    const list = Atomics.load(m.pairs, pair * PAIR_WORDS + PAIR_LIST)
    if (list + LIST_ROWS >= m.postings.length) m.refresh()
    const count = Atomics.load(m.postings, list + LIST_COUNT)
    const sorted = m.postings[list + LIST_SORTED]!
    if (list + LIST_ROWS + count > m.postings.length) m.refresh()
    const view = m.postings.subarray(list + LIST_ROWS, list + LIST_ROWS + count)
    // `sorted` is written before `count`: where it is at least `count`, all that we look at is in order.
    return sorted >= count ? view : view.slice().sort()
  }

  /** The pair of a label's name and value, 0 if the head does not know it. */
  pairOf(name: string, value: string): number {
    const n = this.symbolOf(name)
    const v = n === 0 ? 0 : this.symbolOf(value)
    return v === 0 ? 0 : findPair(this.m, n, v)
  }

  private equalRows(name: string, value: string): Int32Array {
    const pair = this.pairOf(name, value)
    return pair === 0 ? new Int32Array(0) : this.pairRows(pair)
  }

  private allRows(): Int32Array {
    const m = this.m
    const count = Atomics.load(m.ctl, CTL_ROWS)
    m.refresh()
    const out = new Int32Array(count)
    let n = 0
    for (let row = 0; row < count; row++) if (m.rows[(row << ROW_SHIFT) + ROW_LABELS] !== 0) out[n++] = row
    return out.subarray(0, n)
  }

  /** Rows whose value of the matcher's label satisfies it; only for matchers that the empty value does not satisfy. */
  private unionRows(matcher: Matcher): Int32Array {
    const m = this.m
    const at = this.nameAt(matcher.name)
    if (at < 0) return new Int32Array(0)
    const verdicts = this.verdictsOf(matcher)
    const found: Int32Array[] = []
    let total = 0
    const newest = Atomics.load(m.names, at + NAME_PAIR)
    m.refresh()
    for (let pair = newest; pair !== 0; pair = m.pairs[pair * PAIR_WORDS + PAIR_NEXT]!) {
      if (!this.verdict(matcher, verdicts, m.pairs[pair * PAIR_WORDS + PAIR_VALUE]!)) continue
      const rows = this.pairRows(pair)
      found.push(rows)
      total += rows.length
    }
    if (found.length === 1) return found[0]!.slice()
    const out = new Int32Array(total)
    let n = 0
    // A row has one value per label, so the lists have no row in common.
    for (const rows of found) {
      out.set(rows, n)
      n += rows.length
    }
    return out.sort()
  }

  /** Keeps the rows whose value (empty when the label is missing) satisfies the matcher. Works in place. */
  private filter(rows: Int32Array, matcher: Matcher): Int32Array {
    const m = this.m
    const nameSymbol = this.symbolOf(matcher.name)
    const verdicts = this.verdictsOf(matcher)
    const missing = matchesValue(matcher, '')
    m.refresh()
    let n = 0
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      const at = Atomics.load(m.rows, (row << ROW_SHIFT) + ROW_LABELS)
      if (at === 0) continue
      if (at + LABELS_PAIRS >= m.labels.length) m.refresh()
      const end = at + LABELS_PAIRS + 2 * m.labels[at + LABELS_COUNT]!
      let value = 0
      for (let k = at + LABELS_PAIRS; k < end; k += 2) {
        if (m.labels[k] === nameSymbol) {
          value = m.labels[k + 1]!
          break
        }
      }
      if (value === 0 ? missing : this.verdict(matcher, verdicts, value)) rows[n++] = row
    }
    return rows.subarray(0, n)
  }

  private verdictsOf(matcher: Matcher): Verdicts {
    const key = `${matcher.type}${matcher.name}\xff${matcher.value}`
    let verdicts = this.verdicts.get(key)
    if (verdicts === undefined || verdicts.size > MAX_VERDICTS) {
      verdicts = new Map()
      this.verdicts.set(key, verdicts)
    }
    return verdicts
  }

  private verdict(matcher: Matcher, verdicts: Verdicts, symbol: number): boolean {
    let verdict = verdicts.get(symbol)
    if (verdict === undefined) {
      verdict = matchesValue(matcher, symbolText(this.m, symbol))
      verdicts.set(symbol, verdict)
    }
    return verdict
  }
}

/** Values in both ascending arrays; writes into the first, which is the shorter. */
export function intersect(a: Int32Array, b: Int32Array): Int32Array {
  let n = 0
  let lo = 0
  const bn = b.length
  for (let i = 0; i < a.length && lo < bn; i++) {
    const x = a[i]!
    if (b[lo]! < x) {
      // Gallop: double the step until it is past x, then halve.
      let step = 1
      while (lo + step < bn && b[lo + step]! < x) step *= 2
      let hi = Math.min(bn, lo + step)
      lo += step >>> 1
      while (lo < hi) {
        const mid = (lo + hi) >>> 1
        if (b[mid]! < x) lo = mid + 1
        else hi = mid
      }
    }
    if (lo < bn && b[lo] === x) a[n++] = x
  }
  return a.subarray(0, n)
}
