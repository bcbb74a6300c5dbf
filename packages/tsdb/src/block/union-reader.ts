import { compareLabels, compareText, labelsEqual, labelsKey } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Querier, Queryable, RecentView, SeriesSet } from '@haechi/storage'
import { appendColumns, copyColumns, mergeColumns } from '../columns.ts'
import { openHeadReader } from '../head-reader.ts'
import type { HeadReader } from '../head-reader.ts'
import type { HeadHandles } from '../shared-memory.ts'
import type { BlockReader } from './block-reader.ts'
import { BlockSet } from './block-set.ts'
import { newestBlockEnd } from './compaction-plan.ts'

/** What a thread needs to read a database: for `workerData` or `postMessage`. */
export interface DatabaseHandles {
  readonly head: HeadHandles
  readonly dataDir: string
}

/** A reader of head and blocks: a Queryable for one thread. */
export interface DatabaseReader extends Queryable {
  recent(): RecentView
  /** Gives the thread's place back and closes its files; queriers that are still open must not be used afterwards. */
  close(): void
}

/**
 * Opens head and blocks for reading, in any thread that got its handles. New and removed blocks are noticed without a message.
 * @param owner a number that names the thread (not 0), for `Head.releaseReader` if it dies without `close`
 */
export function openUnionReader(handles: DatabaseHandles, owner: number): UnionReader {
  return new UnionReader(openHeadReader(handles.head, owner), new BlockSet(handles.dataDir, new Int32Array(handles.head.control)))
}

/** Head and blocks of one thread. */
export class UnionReader implements DatabaseReader {
  readonly blocks: BlockSet
  private readonly head: HeadReader

  constructor(head: HeadReader, blocks: BlockSet) {
    this.head = head
    this.blocks = blocks
  }

  querier(minMs: number, maxMs: number): Querier {
    return new UnionQuerier(this.head.querier(minMs, maxMs), this.blocks)
  }

  recent(): RecentView {
    return new UnionRecentView(this, this.head.recent())
  }

  /** A view of the head alone. */
  headOnly(): Querier {
    return this.head.querier(-Infinity, Infinity)
  }

  /** Samples from here on are in the head alone; -Infinity without blocks. */
  headFromMs(): number {
    return this.blocks.list().reduce((end, b) => Math.max(end, b.meta.maxTime), -Infinity)
  }

  /** Samples before this come out of order only; blocks of such samples may reach beyond it. -Infinity without blocks. */
  inOrderFromMs(): number {
    return newestBlockEnd(this.blocks.list())
  }

  close(): void {
    this.head.close()
    this.blocks.close()
  }
}

class UnionQuerier implements Querier {
  private readonly head: Querier
  private readonly blocks: BlockSet
  private readonly held: BlockReader[] = []

  constructor(head: Querier, blocks: BlockSet) {
    this.head = head
    this.blocks = blocks
  }

  async select(matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<SeriesSet> {
    // The head first: what it drops is in a block that was published before, so whoever misses it here finds it there.
    const head = await this.head.select(matchers, minMs, maxMs)
    const blocks = this.acquire(minMs, maxMs)
    if (blocks.length === 0) return head
    const sets = blocks.map(b => b.series(matchers, minMs, maxMs)).filter(s => s.size > 0)
    if (sets.length === 0) return head
    if (head.size > 0) sets.push(head)
    return sets.length === 1 ? sets[0]! : new UnionSeries(sets)
  }

  async labelNames(matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<string[]> {
    const names = await this.head.labelNames(matchers, minMs, maxMs)
    return unite(names, this.acquire(minMs, maxMs).map(b => b.labelNames(matchers)))
  }

  async labelValues(name: string, matchers: readonly Matcher[], minMs: number, maxMs: number): Promise<string[]> {
    const values = await this.head.labelValues(name, matchers, minMs, maxMs)
    return unite(values, this.acquire(minMs, maxMs).map(b => b.labelValues(name, matchers)))
  }

  close(): void {
    this.head.close()
    this.blocks.release(this.held.splice(0))
  }

  private acquire(minMs: number, maxMs: number): BlockReader[] {
    const found = this.blocks.acquire(minMs, maxMs)
    this.held.push(...found)
    return found
  }
}

/** A view of the head, as far as the head alone is enough. */
class UnionRecentView implements RecentView {
  private readonly reader: UnionReader
  private readonly head: ReturnType<HeadReader['recent']>

  constructor(reader: UnionReader, head: ReturnType<HeadReader['recent']>) {
    this.reader = reader
    this.head = head
  }

  select(matchers: readonly Matcher[], minMs: number, maxMs: number): SeriesSet | undefined {
    const found = this.head.select(matchers, minMs, maxMs)
    // Behind the capture: what the head had dropped before it was in a block then, and such a block reaches beyond `minMs`.
    return this.reader.headFromMs() <= minMs ? found : undefined
  }

  close(): void {
    this.head.close()
  }
}

function unite(first: string[], others: readonly string[][]): string[] {
  const filled = others.filter(o => o.length > 0)
  if (filled.length === 0) return first
  if (filled.length === 1 && first.length === 0) return filled[0]!
  const all = new Set(first)
  for (const o of filled) for (const text of o) all.add(text)
  return [...all].sort(compareText)
}

/**
 * Numbers label sets in the order in which they come, equal ones alike. Blocks have their series in the order of the labels, and mostly the same
 * ones: so the series behind the one that was found last is tried first, and texts as keys are only made from the first miss on.
 */
class UnitedLabels {
  private readonly labels: Labels[] = []
  private byKey: Map<string, number> | undefined
  private next = 0

  get size(): number {
    return this.labels.length
  }

  beginSet(): void {
    this.next = 0
  }

  /** @param ofFirst  it comes from the first set, where ascending sets can't have come before */
  seriesOf(labels: Labels, ofFirst: boolean): number {
    const n = this.labels.length
    if (this.byKey === undefined) {
      if (ofFirst && (n === 0 || compareLabels(this.labels[n - 1]!, labels) < 0)) return this.labels.push(labels) - 1
      if (!ofFirst && this.next < n && labelsEqual(this.labels[this.next]!, labels)) return this.next++
      this.byKey = new Map(this.labels.map((own, i) => [labelsKey(own), i]))
    } else if (this.next < n && labelsEqual(this.labels[this.next]!, labels)) return this.next++
    const key = labelsKey(labels)
    const known = this.byKey.get(key)
    if (known === undefined) {
      this.byKey.set(key, n)
      this.labels.push(labels)
    }
    this.next = (known ?? n) + 1
    return known ?? n
  }
}

/** Series of several sets, each label set once. Later sets win where two have a sample of the same time. */
export class UnionSeries implements SeriesSet {
  readonly size: number
  private readonly sets: readonly SeriesSet[]
  /** Chains of parts: set and index of each, the next one of the same series (-1 at the end). */
  private readonly partSet: Int32Array
  private readonly partIndex: Int32Array
  private readonly partNext: Int32Array
  private readonly head: Int32Array
  private readonly scratch = new SampleColumns()
  private readonly merged = new SampleColumns()

  constructor(sets: readonly SeriesSet[]) {
    this.sets = sets
    const total = sets.reduce((sum, s) => sum + s.size, 0)
    this.partSet = new Int32Array(total)
    this.partIndex = new Int32Array(total)
    this.partNext = new Int32Array(total).fill(-1)
    const head = new Int32Array(total)
    const tail = new Int32Array(total)
    const found = new UnitedLabels()
    let part = 0
    for (let s = 0; s < sets.length; s++) {
      const set = sets[s]!
      found.beginSet()
      for (let i = 0; i < set.size; i++, part++) {
        this.partSet[part] = s
        this.partIndex[part] = i
        const before = found.size
        const series = found.seriesOf(set.labels(i), s === 0)
        if (series === before) head[series] = part
        else this.partNext[tail[series]!] = part
        tail[series] = part
      }
    }
    this.size = found.size
    this.head = head.slice(0, found.size)
  }

  labels(i: number): Labels {
    const part = this.head[i]!
    return this.sets[this.partSet[part]!]!.labels(this.partIndex[part]!)
  }

  read(i: number, minMs: number, maxMs: number, into: SampleColumns): number {
    let part = this.head[i]!
    this.sets[this.partSet[part]!]!.read(this.partIndex[part]!, minMs, maxMs, into)
    for (part = this.partNext[part]!; part >= 0; part = this.partNext[part]!) {
      const { scratch } = this
      const n = this.sets[this.partSet[part]!]!.read(this.partIndex[part]!, minMs, maxMs, scratch)
      if (n === 0) continue
      if (into.length === 0 || scratch.ts[0]! > into.ts[into.length - 1]!) appendColumns(into, scratch)
      else {
        mergeColumns(into, scratch, this.merged)
        copyColumns(this.merged, into)
      }
    }
    return into.length
  }
}
