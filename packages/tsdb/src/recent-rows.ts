import type { Labels, Matcher } from '@haechi/model'
import { CTL_CREATED, CTL_RECYCLED, LIST_COUNT, LIST_ROWS, PAIR_LIST, PAIR_WORDS, ROW_LABELS, ROW_SHIFT } from './layout.ts'
import type { RowSelector } from './select-rows.ts'
import type { HeadMemory } from './shared-memory.ts'

/** What more series than this are found by is looked for each time. */
const MOST_ROWS = 100_000

/** Words that are noted of each list of postings that was looked into: pair, place of the list, rows. */
const NOTED = 3

/** The rows that matchers found, and the labels of those of them that had samples last time. */
export class RecentRows {
  readonly rows: Int32Array
  /** Places of the labels of each row when it was found: a row that has others now is another series. */
  readonly places: Int32Array
  private created: number
  private readonly recycled: number
  /** The postings of the equalities among the matchers, as they were before the rows were looked for. */
  private readonly lists: Int32Array
  private shown: Int32Array = new Int32Array(0)
  private labels: readonly Labels[] = []

  /** @param created  and `recycled`: the counters as they were before the rows were looked for; likewise `lists` */
  constructor(m: HeadMemory, rows: Int32Array, created: number, recycled: number, lists: Int32Array) {
    this.rows = rows
    this.created = created
    this.recycled = recycled
    this.lists = lists
    this.places = new Int32Array(rows.length)
    for (let i = 0; i < rows.length; i++) this.places[i] = Atomics.load(m.rows, (rows[i]! << ROW_SHIFT) + ROW_LABELS)
  }

  /** Whether the same rows would be found now. Series that were made since are others if one of the lists did not grow. */
  holds(m: HeadMemory, created: number, recycled: number): boolean {
    if (this.recycled !== recycled) return false
    if (this.created === created) return true
    const { lists } = this
    for (let i = 0; i < lists.length; i += NOTED) {
      const list = listOf(m, lists[i]!)
      if (list !== lists[i + 1] || Atomics.load(m.postings, list + LIST_COUNT) !== lists[i + 2]) continue
      this.created = created
      return true
    }
    return false
  }

  /** Labels by their places, `places[i * stride]` for i in [0, n): the array of last time if they are the same. */
  labelsAt(places: Int32Array, stride: number, n: number, text: (place: number) => Labels): readonly Labels[] {
    const { shown } = this
    let same = n === this.labels.length
    for (let i = 0; same && i < n; i++) same = shown[i] === places[i * stride]
    if (same) return this.labels
    const labels: Labels[] = []
    if (shown.length < n) this.shown = new Int32Array(this.rows.length)
    for (let i = 0; i < n; i++) {
      this.shown[i] = places[i * stride]!
      labels.push(text(places[i * stride]!))
    }
    return this.labels = labels
  }
}

/** Remembers which rows matchers found, for those who ask with the same array of matchers again. One per thread. */
export class RecentSelections {
  private readonly m: HeadMemory
  private readonly selector: RowSelector
  private readonly kept = new WeakMap<readonly Matcher[], RecentRows>()

  constructor(m: HeadMemory, selector: RowSelector) {
    this.m = m
    this.selector = selector
  }

  /** @param again  look for them anew even if nothing seems to have changed */
  rowsOf(matchers: readonly Matcher[], again: boolean): RecentRows {
    const { ctl } = this.m
    // Before the search: series that come during it are looked for next time.
    const created = Atomics.load(ctl, CTL_CREATED)
    const recycled = Atomics.load(ctl, CTL_RECYCLED)
    const known = again ? undefined : this.kept.get(matchers)
    if (known?.holds(this.m, created, recycled) === true) return known
    const lists = this.listsOf(matchers)
    const found = new RecentRows(this.m, this.selector.select(matchers), created, recycled, lists)
    if (found.rows.length <= MOST_ROWS) this.kept.set(matchers, found)
    else this.kept.delete(matchers)
    return found
  }

  private listsOf(matchers: readonly Matcher[]): Int32Array {
    const { m } = this
    const out: number[] = []
    for (const { type, name, value } of matchers) {
      const pair = type !== '=' || value === '' ? 0 : this.selector.pairOf(name, value)
      if (pair === 0) continue
      const list = listOf(m, pair)
      out.push(pair, list, Atomics.load(m.postings, list + LIST_COUNT))
    }
    return Int32Array.from(out)
  }
}

/** Place of a pair's postings, inside the view of them. */
function listOf(m: HeadMemory, pair: number): number {
  if ((pair + 1) * PAIR_WORDS > m.pairs.length) m.refresh()
  const list = Atomics.load(m.pairs, pair * PAIR_WORDS + PAIR_LIST)
  if (list + LIST_ROWS >= m.postings.length) m.refresh()
  return list
}
