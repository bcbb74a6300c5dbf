import { CTLF_MAX_TIME, CTLF_MIN_TIME, CTL_NAMES, LIST_COUNT, NAME_PAIR, NAME_PAIRS, NAME_SYMBOL, NAME_WORDS, PAIR_LIST, PAIR_NEXT, PAIR_VALUE, PAIR_WORDS, ROW_COUNT, ROW_LABELS, ROW_SHIFT } from './layout.ts'
import type { HeadCore, HeadCounters } from './head-core.ts'
import type { HeadMemory } from './shared-memory.ts'
import { symbolText } from './symbols.ts'

/** A name and a number, as Prometheus' `status/tsdb` lists them. */
export interface NamedCount {
  readonly name: string
  readonly value: number
}

/** The numbers of a head that cost nothing. */
export interface HeadStats extends Readonly<HeadCounters> {
  readonly numSeries: number
  /** Full and open chunks. */
  readonly chunkCount: number
  readonly numLabelPairs: number
  /** Unix ms; undefined while the head is empty. */
  readonly minTime: number | undefined
  readonly maxTime: number | undefined
  readonly walSegment: number
  /** Bytes that the buffers of the head have grown to. */
  readonly memoryBytes: number
  /** The limits in force; Infinity: none. */
  readonly memoryLimitBytes: number
  readonly seriesLimit: number
}

/** Which labels the series are made of; each list has the largest first. */
export interface HeadCardinality {
  readonly seriesCountByMetricName: readonly NamedCount[]
  readonly labelValueCountByLabelName: readonly NamedCount[]
  readonly memoryInBytesByLabelName: readonly NamedCount[]
  /** Names are `label=value`. */
  readonly seriesCountByLabelValuePair: readonly NamedCount[]
}

/** Takes the cheap numbers. */
export function headStats(core: HeadCore): HeadStats {
  const { ctlF, ctl } = core.store.memory
  const empty = ctlF[CTLF_MAX_TIME] === -Infinity
  return {
    ...core.counters, numSeries: core.store.series, chunkCount: core.store.fullChunks + openChunks(core), numLabelPairs: livePairs(core.store.memory, Atomics.load(ctl, CTL_NAMES)),
    minTime: empty ? undefined : ctlF[CTLF_MIN_TIME]!, maxTime: empty ? undefined : ctlF[CTLF_MAX_TIME]!, walSegment: core.wal?.segment ?? 0,
    memoryBytes: core.store.memory.bytes, memoryLimitBytes: core.maxBytes, seriesLimit: core.maxSeries,
  }
}

function openChunks(core: HeadCore): number {
  const { rows } = core.store.memory
  let n = 0
  for (let row = 0; row < core.store.rows; row++) if (rows[(row << ROW_SHIFT) + ROW_COUNT]! > 0 && rows[(row << ROW_SHIFT) + ROW_LABELS] !== 0) n++
  return n
}

function livePairs(m: HeadMemory, names: number): number {
  let n = 0
  for (let i = 0; i < names; i++) n += m.names[i * NAME_WORDS + NAME_PAIRS]!
  return n
}

/** Keeps the `limit` largest of what is offered: a heap with the smallest on top. */
class Top {
  private readonly limit: number
  private readonly found: { readonly name: () => string; readonly value: number }[] = []

  constructor(limit: number) {
    this.limit = limit
  }

  offer(value: number, name: () => string): void {
    const { found } = this
    if (found.length >= this.limit) {
      if (this.limit === 0 || value <= found[0]!.value) return
      this.sink({ name, value })
      return
    }
    let i = found.push({ name, value }) - 1
    for (let parent = (i - 1) >> 1; i > 0 && found[parent]!.value > value; i = parent, parent = (i - 1) >> 1) {
      found[i] = found[parent]!
      found[parent] = { name, value }
    }
  }

  /** Puts an entry in the place of the smallest. */
  private sink(entry: { readonly name: () => string; readonly value: number }): void {
    const { found } = this
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= found.length) break
      if (child + 1 < found.length && found[child + 1]!.value < found[child]!.value) child++
      if (found[child]!.value >= entry.value) break
      found[i] = found[child]!
      i = child
    }
    found[i] = entry
  }

  list(): NamedCount[] {
    return this.found.map(f => ({ name: f.name(), value: f.value })).sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
  }
}

/** Bytes of a length in front of a string, as Prometheus counts the memory of labels (`labels.SizeOfLabels`). */
const varintLength = (n: number): number => (n < 128 ? 1 : n < 16384 ? 2 : 3)

/** Label pairs that are looked at in one go: a few ms. */
const SLICE_PAIRS = 20_000

/** Counts series by label, the `limit` largest of each kind. Looks at every label pair once, at no series, and gives way to other work every few ms. */
export async function headCardinality(m: HeadMemory, limit: number): Promise<HeadCardinality> {
  const byMetric = new Top(limit)
  const byLabel = new Top(limit)
  const bytes = new Top(limit)
  const byPair = new Top(limit)
  const names = Atomics.load(m.ctl, CTL_NAMES)
  m.refresh()
  let seen = 0
  for (let i = 0; i < names; i++) {
    const name = symbolText(m, m.names[i * NAME_WORDS + NAME_SYMBOL]!)
    const nameLength = Buffer.byteLength(name)
    let values = 0
    let size = 0
    for (let pair = m.names[i * NAME_WORDS + NAME_PAIR]!; pair !== 0; pair = m.pairs[pair * PAIR_WORDS + PAIR_NEXT]!) {
      if (++seen % SLICE_PAIRS === 0) {
        await new Promise(resolve => setImmediate(resolve))
        m.refresh()
      }
      const series = m.postings[m.pairs[pair * PAIR_WORDS + PAIR_LIST]! + LIST_COUNT]!
      if (series === 0) continue
      const symbol = m.pairs[pair * PAIR_WORDS + PAIR_VALUE]!
      values++
      const length = m.symbols[2 * symbol + 1]!
      size += (nameLength + length + varintLength(nameLength) + varintLength(length)) * series
      const text = (): string => symbolText(m, symbol)
      if (name === '__name__') byMetric.offer(series, text)
      byPair.offer(series, () => `${name}=${text()}`)
    }
    if (values === 0) continue
    byLabel.offer(values, () => name)
    bytes.offer(size, () => name)
  }
  return {
    seriesCountByMetricName: byMetric.list(), labelValueCountByLabelName: byLabel.list(), memoryInBytesByLabelName: bytes.list(), seriesCountByLabelValuePair: byPair.list(),
  }
}
