import { LABELS_COUNT, LABELS_PAIRS, LIST_COUNT, PAIR_LIST, PAIR_WORDS, ROW_LABELS, ROW_SHIFT } from './layout.ts'
import { findPair } from './index-writer.ts'
import type { HeadMemory } from './shared-memory.ts'
import { encodeText, findSymbol, symbolText } from './symbols.ts'

/** Series that began and ended under one name. */
export interface ChurnCount {
  readonly name: string
  readonly created: number
  readonly removed: number
}

/** The churn of a time. Lists are sorted by series created and removed together, largest first. */
export interface HeadChurn {
  /** Unix ms: counted since then. */
  readonly sinceMs: number
  readonly created: number
  readonly removed: number
  readonly byMetric: readonly ChurnCount[]
  readonly byJob: readonly ChurnCount[]
  /** Series that began with a value of this label that no other series had: labels that make series. */
  readonly byLabel: readonly ChurnCount[]
}

const HOUR_MS = 3_600_000
/** Names of each kind that are counted one by one in an hour; what comes later counts in the totals only. */
const MOST_NAMES = 10_000

class Counts {
  readonly created = new Map<number, number>()
  readonly removed = new Map<number, number>()

  add(symbol: number, removed: boolean): void {
    const map = removed ? this.removed : this.created
    const n = map.get(symbol)
    if (n === undefined && map.size >= MOST_NAMES) return
    map.set(symbol, (n ?? 0) + 1)
  }
}

class Hour {
  readonly startMs: number
  created = 0
  removed = 0
  readonly metrics = new Counts()
  readonly jobs = new Counts()
  readonly labels = new Counts()

  constructor(startMs: number) {
    this.startMs = startMs
  }
}

/** Counts which series begin and end, of this hour and the one before. A few hundred ns for each. */
export class ChurnCounter {
  private readonly m: HeadMemory
  private readonly nowMs: () => number
  private current: Hour
  private previous: Hour | undefined
  private nameSymbol = 0
  private jobSymbol = 0

  constructor(m: HeadMemory, nowMs: () => number) {
    this.m = m
    this.nowMs = nowMs
    this.current = new Hour(nowMs())
  }

  /** A series began. */
  created(row: number): void {
    this.hour().created++
    this.count(row, false)
  }

  /** A series ended; its labels are still there. */
  removed(row: number): void {
    this.hour().removed++
    this.count(row, true)
  }

  /** The counts of the last hour to two, at most `limit` names per list. */
  churn(limit: number): HeadChurn {
    const hour = this.hour()
    const hours = this.previous === undefined ? [hour] : [this.previous, hour]
    const list = (of: (h: Hour) => Counts): ChurnCount[] => {
      const all = new Map<number, [created: number, removed: number]>()
      for (const h of hours) {
        for (const [symbol, n] of of(h).created) all.set(symbol, [(all.get(symbol)?.[0] ?? 0) + n, all.get(symbol)?.[1] ?? 0])
        for (const [symbol, n] of of(h).removed) all.set(symbol, [all.get(symbol)?.[0] ?? 0, (all.get(symbol)?.[1] ?? 0) + n])
      }
      return [...all].sort(([a, [c, r]], [b, [d, s]]) => d + s - c - r || a - b).slice(0, limit).map(([symbol, [created, removed]]) => ({ name: symbolText(this.m, symbol), created, removed }))
    }
    return {
      sinceMs: hours[0]!.startMs, created: hours.reduce((n, h) => n + h.created, 0), removed: hours.reduce((n, h) => n + h.removed, 0),
      byMetric: list(h => h.metrics), byJob: list(h => h.jobs), byLabel: list(h => h.labels),
    }
  }

  private hour(): Hour {
    const now = this.nowMs()
    const behind = now - this.current.startMs
    if (behind >= HOUR_MS || behind < 0) {
      // After a longer rest, or a clock that was set back, there is nothing before.
      this.previous = behind >= 2 * HOUR_MS || behind < 0 ? undefined : this.current
      this.current = new Hour(this.previous === undefined ? now : this.current.startMs + HOUR_MS)
    }
    return this.current
  }

  private count(row: number, removed: boolean): void {
    const { m, current } = this
    const at = m.rows[(row << ROW_SHIFT) + ROW_LABELS]!
    if (at === 0) return
    const n = m.labels[at + LABELS_COUNT]!
    if (this.nameSymbol === 0) this.nameSymbol = symbolOf(m, '__name__')
    if (this.jobSymbol === 0) this.jobSymbol = symbolOf(m, 'job')
    for (let i = 0; i < n; i++) {
      const name = m.labels[at + LABELS_PAIRS + 2 * i]!
      const value = m.labels[at + LABELS_PAIRS + 2 * i + 1]!
      if (name === this.nameSymbol) current.metrics.add(value, removed)
      else if (name === this.jobSymbol) current.jobs.add(value, removed)
      const pair = findPair(m, name, value)
      if (pair !== 0 && m.postings[m.pairs[pair * PAIR_WORDS + PAIR_LIST]! + LIST_COUNT] === 1) current.labels.add(name, removed)
    }
  }
}

function symbolOf(m: HeadMemory, text: string): number {
  const { bytes, length } = encodeText(text)
  return findSymbol(m, bytes, 0, length)
}
