import type { Matcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { readBlockMeta } from '../block/block-meta.ts'
import type { BlockMeta } from '../block/block-meta.ts'
import { BlockReader } from '../block/block-reader.ts'
import { SeriesEntry } from '../block/index-file.ts'
import { emptyColumns } from '../columns.ts'
import type { NamedCount } from '../head-stats.ts'
import { isHistogramEncoding, samplesOf } from '../start-times.ts'

/** What a block is made of. Lists hold everything, largest first, equal ones by name. */
export interface BlockAnalysis {
  readonly meta: BlockMeta
  /** Series that the matchers select; all without matchers. */
  readonly series: number
  readonly labelNames: number
  readonly labelPairs: number
  /** Label pairs of all series together. */
  readonly entries: number
  /** Series that came or went, in whole series: the part of the block's time that each does not cover, added up. */
  readonly churnByPair: readonly NamedCount[]
  readonly churnByName: readonly NamedCount[]
  readonly seriesByPair: readonly NamedCount[]
  /** Bytes of the distinct values. */
  readonly valueBytesByName: readonly NamedCount[]
  readonly valuesByName: readonly NamedCount[]
  readonly seriesByMetric: readonly NamedCount[]
  readonly chunks: ChunkAnalysis | undefined
}

/** Sizes of chunks, unsorted: one entry per chunk. */
export interface ChunkAnalysis {
  readonly total: number
  readonly floatSamples: readonly number[]
  readonly floatBytes: readonly number[]
  readonly histogramSamples: readonly number[]
  readonly histogramBytes: readonly number[]
  /** Of all samples of a chunk together. */
  readonly histogramBuckets: readonly number[]
}

/**
 * Counts what a block is made of, as `promtool tsdb analyze` does.
 * @param matchers none: all series
 * @param withChunks also reads every chunk
 * @throws BlockError
 */
export function analyzeBlock(dir: string, matchers: readonly Matcher[], withChunks: boolean): BlockAnalysis {
  const meta = readBlockMeta(dir)
  const reader = new BlockReader({ dir, meta })
  try {
    return analyze(reader, meta, matchers, withChunks)
  } finally {
    reader.close()
  }
}

function analyze(reader: BlockReader, meta: BlockMeta, matchers: readonly Matcher[], withChunks: boolean): BlockAnalysis {
  const { index } = reader
  const range = meta.maxTime - meta.minTime
  const refs = matchers.length === 0 ? index.all() : reader.select(matchers)
  const entry = new SeriesEntry()
  const columns = new SampleColumns()
  /** By name · symbols + value: place in the two columns. */
  const pairs = new Map<number, number>()
  let counts = new Float64Array(1024)
  let uncovered = new Float64Array(1024)
  let entries = 0
  const chunks: { total: number; floatSamples: number[]; floatBytes: number[]; histogramSamples: number[]; histogramBytes: number[]; histogramBuckets: number[] } = { total: 0, floatSamples: [], floatBytes: [], histogramSamples: [], histogramBytes: [], histogramBuckets: [] }
  for (const ref of refs) {
    index.series(ref, entry)
    const covered = entry.chunks === 0 ? 0 : entry.maxTs[entry.chunks - 1]! - entry.minTs[0]!
    for (let i = 0; i < entry.count; i++) {
      const key = entry.pairs[2 * i]! * index.symbolCount + entry.pairs[2 * i + 1]!
      let at = pairs.get(key)
      if (at === undefined) {
        at = pairs.size
        pairs.set(key, at)
        if (at === counts.length) {
          counts = longer(counts)
          uncovered = longer(uncovered)
        }
      }
      counts[at]!++
      uncovered[at]! += range - covered
      entries++
    }
    if (!withChunks) continue
    for (let k = 0; k < entry.chunks; k++) {
      reader.chunks.read(entry.refs[k]!)
      chunks.total++
      const { bytes, from, length, encoding } = reader.chunks
      const samples = length < 2 ? 0 : samplesOf(encoding, bytes, from)
      if (!isHistogramEncoding(encoding)) {
        chunks.floatSamples.push(samples)
        chunks.floatBytes.push(length)
      } else {
        chunks.histogramSamples.push(samples)
        chunks.histogramBytes.push(length)
        chunks.histogramBuckets.push(buckets(reader, entry.refs[k]!, columns))
      }
    }
  }
  const names = new Map<number, { uncovered: number; values: number; bytes: number }>()
  const churnByPair: NamedCount[] = []
  const seriesByPair: NamedCount[] = []
  const seriesByMetric: NamedCount[] = []
  for (const [key, at] of pairs) {
    const nameSymbol = Math.floor(key / index.symbolCount)
    const valueSymbol = key % index.symbolCount
    let name = names.get(nameSymbol)
    if (name === undefined) names.set(nameSymbol, (name = { uncovered: 0, values: 0, bytes: 0 }))
    name.uncovered += uncovered[at]!
    name.values++
    name.bytes += index.symbolView(valueSymbol).length
    const label = index.text(nameSymbol)
    const value = index.text(valueSymbol)
    churnByPair.push({ name: `${label}=${value}`, value: Math.trunc(uncovered[at]! / range) })
    seriesByPair.push({ name: `${label}=${value}`, value: counts[at]! })
    if (label === '__name__') seriesByMetric.push({ name: value, value: counts[at]! })
  }
  const byName = (of: (n: { uncovered: number; values: number; bytes: number }) => number): NamedCount[] => largestFirst([...names].map(([symbol, n]) => ({ name: index.text(symbol), value: of(n) })))
  return {
    meta, series: refs.length, labelNames: names.size, labelPairs: pairs.size, entries,
    churnByPair: largestFirst(churnByPair), churnByName: byName(n => Math.trunc(n.uncovered / range)), seriesByPair: largestFirst(seriesByPair),
    valueBytesByName: byName(n => n.bytes), valuesByName: byName(n => n.values), seriesByMetric: largestFirst(seriesByMetric), chunks: withChunks ? chunks : undefined,
  }
}

/** Buckets of all histograms of a chunk. */
function buckets(reader: BlockReader, ref: number, into: SampleColumns): number {
  emptyColumns(into)
  reader.appendChunk(ref, into)
  let n = 0
  for (const h of into.histograms ?? []) if (h !== null) n += h.positiveCounts.length + h.negativeCounts.length
  return n
}

function largestFirst(list: NamedCount[]): NamedCount[] {
  return list.sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
}

function longer(a: Float64Array): Float64Array<ArrayBuffer> {
  const b = new Float64Array(2 * a.length)
  b.set(a)
  return b
}
