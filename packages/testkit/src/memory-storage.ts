import { EMPTY_LABELS, compareText, labelValue, labelsKey, matchesLabels } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Querier, Queryable, SeriesSet } from '@haechi/storage'

/** A storage for tests: everything in memory, plain and obvious. Samples of a series must come in order of time. */
export class MemoryStorage implements Queryable {
  readonly #series = new Map<string, { readonly labels: Labels; readonly samples: SampleColumns }>()

  /** Adds a sample. */
  add(labels: Labels, tMs: number, value: number): void {
    this.#columns(labels).push(tMs, value)
  }

  /** Adds a staleness marker. */
  addStale(labels: Labels, tMs: number): void {
    this.#columns(labels).pushStale(tMs)
  }

  /** Forgets everything. */
  clear(): void {
    this.#series.clear()
  }

  querier(_minMs: number, _maxMs: number): Querier {
    const matching = (matchers: readonly Matcher[], minMs: number, maxMs: number): { readonly labels: Labels; readonly samples: SampleColumns }[] =>
      [...this.#series.values()].filter(s => matchesLabels(matchers, s.labels) && s.samples.length > 0 && s.samples.ts[0]! <= maxMs && s.samples.ts[s.samples.length - 1]! >= minMs)
    return {
      select: (matchers, minMs, maxMs) => Promise.resolve(seriesSet(matching(matchers, minMs, maxMs))),
      labelNames: (matchers, minMs, maxMs) => Promise.resolve(distinct(matching(matchers, minMs, maxMs).flatMap(s => s.labels.filter((_, i) => i % 2 === 0)))),
      labelValues: (name, matchers, minMs, maxMs) => Promise.resolve(distinct(matching(matchers, minMs, maxMs).map(s => labelValue(s.labels, name)).filter(v => v !== ''))),
      close: () => {},
    }
  }

  #columns(labels: Labels): SampleColumns {
    const key = labelsKey(labels)
    let found = this.#series.get(key)
    if (found === undefined) {
      found = { labels: labels.length === 0 ? EMPTY_LABELS : labels, samples: new SampleColumns(16) }
      this.#series.set(key, found)
    }
    return found.samples
  }
}

function distinct(texts: string[]): string[] {
  return [...new Set(texts)].sort(compareText)
}

function seriesSet(series: readonly { readonly labels: Labels; readonly samples: SampleColumns }[]): SeriesSet {
  return {
    size: series.length,
    labels: i => series[i]!.labels,
    read: (i, minMs, maxMs, into) => {
      const { samples } = series[i]!
      let from = 0
      while (from < samples.length && samples.ts[from]! < minMs) from++
      let to = from
      while (to < samples.length && samples.ts[to]! <= maxMs) to++
      into.length = 0
      into.reserve(to - from)
      into.ts.set(samples.ts.subarray(from, to))
      into.bits.set(samples.bits.subarray(2 * from, 2 * to))
      into.length = to - from
      return into.length
    },
  }
}
