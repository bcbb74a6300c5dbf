import { CHUNK_RANGE_MS } from '../head-store.ts'
import { FROM_OUT_OF_ORDER } from './block-meta.ts'
import type { BlockMeta, ListedBlock } from './block-meta.ts'

/** The longest block: 31 days, as Prometheus. */
const LONGEST_MS = 31 * 24 * 3_600_000
const STEPS = 10
const FACTOR = 3

/** A block is written anew when more than this part of its series is deleted. */
const TOMBSTONE_RATIO = 0.05

/**
 * The lengths of blocks, each three times the one before: 2 h, 6 h, 18 h …, none longer than a tenth of the retention or 31 days, unless other limits are given (ms).
 * @see Prometheus tsdb/compact.go `ExponentialBlockRanges`, cmd/prometheus/main.go
 */
export function blockRanges(retentionMs: number, shortestMs: number = CHUNK_RANGE_MS, longestMs: number = Math.min(LONGEST_MS, retentionMs / 10)): number[] {
  const longest = Math.max(shortestMs, longestMs)
  const out: number[] = []
  for (let range = shortestMs; out.length < STEPS && range <= longest; range *= FACTOR) out.push(range)
  return out
}

/**
 * The blocks to merge next; none when all is as it should be. First those that overlap, then the shortest range that is complete, then what has many deletions.
 * The newest block is left alone, so that it can be copied by people, and because a sibling may still come.
 *
 * @param blocks in order of time
 * @param excluded whether a block must not be touched
 * @see Prometheus tsdb/compact.go `LeveledCompactor.plan`
 */
export function planCompaction(blocks: readonly ListedBlock[], ranges: readonly number[], excluded: (ulid: string) => boolean = () => false): ListedBlock[] {
  const overlapping = overlappingBlocks(blocks.filter(b => !excluded(b.meta.ulid)))
  if (overlapping.length > 0) return overlapping
  // Out-of-order samples of the head's time stay apart until the head's block is there: a merged block would say that all before its end is in blocks.
  const inOrderEnd = newestBlockEnd(blocks)
  const older = blocks.slice(0, -1).filter(b => b.meta.maxTime <= inOrderEnd || !b.meta.compaction.hints.includes(FROM_OUT_OF_ORDER))
  const newestMs = older.at(-1)?.meta.minTime ?? 0
  for (const range of ranges.slice(1)) {
    for (const group of splitByRange(older, range)) {
      if (group.length < 2 || group.some(b => excluded(b.meta.ulid))) continue
      const minT = group[0]!.meta.minTime
      const maxT = group.at(-1)!.meta.maxTime
      if (maxT - minT === range || maxT <= newestMs) return group
    }
  }
  const half = ranges[Math.floor(ranges.length / 2)] ?? Infinity
  for (let i = older.length - 1; i >= 0; i--) {
    const { meta } = older[i]!
    if (excluded(meta.ulid)) continue
    if (meta.maxTime - meta.minTime < half) {
      // Deleted as a whole: worth it at any length.
      if (meta.stats.numTombstones > 0 && meta.stats.numTombstones >= meta.stats.numSeries) return [older[i]!]
      break
    }
    if (meta.stats.numTombstones / (meta.stats.numSeries + 1) > TOMBSTONE_RATIO) return [older[i]!]
  }
  return []
}

/** The first group of blocks whose times overlap. */
function overlappingBlocks(blocks: readonly ListedBlock[]): ListedBlock[] {
  let group: ListedBlock[] = []
  let maxT = -Infinity
  for (const b of blocks) {
    if (group.length > 0 && b.meta.minTime < maxT) group.push(b)
    else if (group.length > 1) return group
    else group = [b]
    maxT = Math.max(maxT, b.meta.maxTime)
  }
  return group.length > 1 ? group : []
}

/** Groups blocks by the aligned range that they lie in; those that lie in none are left out. */
function splitByRange(blocks: readonly ListedBlock[], range: number): ListedBlock[][] {
  const out: ListedBlock[][] = []
  let start = -Infinity
  for (const b of blocks) {
    const from = Math.floor(b.meta.minTime / range) * range
    if (b.meta.maxTime > from + range) continue
    if (from === start) out.at(-1)!.push(b)
    else out.push([b])
    start = from
  }
  return out
}

/** Blocks that end so long before the newest one, or before `nowMs` if that one is from the future, that they are beyond the retention. @see Prometheus tsdb/db.go `BeyondTimeRetention` */
export function beyondRetention(blocks: readonly ListedBlock[], retentionMs: number, nowMs: number = Infinity): ListedBlock[] {
  const newest = Math.min(nowMs, Math.max(...blocks.map(b => b.meta.maxTime)))
  return blocks.filter(b => newest - b.meta.maxTime >= retentionMs)
}

/**
 * The oldest blocks, as many as must go so that all data fits into `limitBytes`.
 * @param otherBytes what the log and the head's files take
 * @see Prometheus tsdb/db.go `BeyondSizeRetention`
 */
export function beyondSize(blocks: readonly ListedBlock[], bytesOf: (b: ListedBlock) => number, otherBytes: number, limitBytes: number): ListedBlock[] {
  let sum = otherBytes
  const newestFirst = [...blocks].sort((a, b) => b.meta.maxTime - a.meta.maxTime)
  for (const [i, b] of newestFirst.entries()) {
    sum += bytesOf(b)
    if (sum > limitBytes) return newestFirst.slice(i)
  }
  return []
}

/** The end of the newest block that was written from samples in order: the head holds nothing before it. -Infinity without a block. */
export function newestBlockEnd(blocks: readonly { readonly meta: BlockMeta }[]): number {
  let end = -Infinity
  for (const { meta } of blocks) if (!meta.compaction.hints.includes(FROM_OUT_OF_ORDER)) end = Math.max(end, meta.maxTime)
  return end
}
