import { compareLabels, labelsKey, matchesLabels } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import type { Exemplar, ExemplarSeries } from '@haechi/storage'

/** How many exemplars are kept unless told otherwise. @see Prometheus config/config.go `DefaultExemplarsConfig` */
export const DEFAULT_MAX_EXEMPLARS = 100_000
/** Characters that the labels of one exemplar may have together. @see OpenMetrics, "Exemplars" */
const MAX_LABEL_CHARS = 128

/** A place of the ring. */
interface Entry {
  readonly series: Series
  readonly exemplar: Exemplar
}

/** The exemplars of one series that are in the ring, oldest first. */
interface Series {
  readonly key: string
  readonly labels: Labels
  readonly exemplars: Exemplar[]
}

/**
 * The newest exemplars of all series together, in a ring: each new one takes the place of the oldest.
 * @see Prometheus tsdb/exemplar.go `CircularExemplarStorage`
 */
export class ExemplarStore {
  private readonly max: number
  private readonly ring: Entry[] = []
  private next = 0
  private readonly bySeries = new Map<string, Series>()

  /** @param max 0 keeps none */
  constructor(max: number) {
    this.max = max
  }

  /** Exemplars that are kept. */
  get size(): number {
    return this.ring.length
  }

  /** Whether an exemplar would be kept: not too long, and behind the newest of its series by time, then value, then labels. */
  takes(labels: Labels, e: Exemplar): boolean {
    if (this.max === 0 || tooLong(e.labels)) return false
    const newest = this.bySeries.get(labelsKey(labels))?.exemplars.at(-1)
    if (newest === undefined) return true
    // Without a time of its own it is the same one at each scrape.
    if (e.scrapeTime === true && newest.scrapeTime === true && Object.is(e.value, newest.value) && compareLabels(e.labels, newest.labels) === 0) return false
    return order(newest, e) < 0
  }

  /** Adds an exemplar. @returns whether it was taken */
  add(labels: Labels, e: Exemplar): boolean {
    if (!this.takes(labels, e)) return false
    const old = this.ring[this.next]
    if (old !== undefined) {
      old.series.exemplars.shift()
      if (old.series.exemplars.length === 0) this.bySeries.delete(old.series.key)
    }
    const key = labelsKey(labels)
    let series = this.bySeries.get(key)
    if (series === undefined) {
      series = { key, labels, exemplars: [] }
      this.bySeries.set(key, series)
    }
    series.exemplars.push(e)
    this.ring[this.next] = { series, exemplar: e }
    this.next = (this.next + 1) % this.max
    return true
  }

  /** Exemplars with `minMs <= t <= maxMs` of the series that satisfy all matchers of at least one list, by their labels. */
  select(matchers: readonly (readonly Matcher[])[], minMs: number, maxMs: number): ExemplarSeries[] {
    const out: ExemplarSeries[] = []
    for (const { labels, exemplars } of this.bySeries.values()) {
      if (!matchers.some(list => matchesLabels(list, labels))) continue
      const found = exemplars.filter(e => e.tMs >= minMs && e.tMs <= maxMs)
      if (found.length > 0) out.push({ labels, exemplars: found })
    }
    return out.sort((a, b) => compareLabels(a.labels, b.labels))
  }
}

function tooLong(labels: Labels): boolean {
  let chars = 0
  for (const text of labels) for (const _ of text) if (++chars > MAX_LABEL_CHARS) return true
  return false
}

/** Order of exemplars of one series; 0 for equal ones. */
function order(a: Exemplar, b: Exemplar): number {
  return a.tMs - b.tMs || (Object.is(a.value, b.value) ? 0 : a.value - b.value) || compareLabels(a.labels, b.labels)
}
