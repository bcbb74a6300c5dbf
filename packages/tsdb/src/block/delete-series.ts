import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newMatcher } from '@haechi/model'
import type { Matcher, MatchType } from '@haechi/model'
import { addInterval } from '../intervals.ts'
import { listBlocks } from './block-meta.ts'
import { BlockReader } from './block-reader.ts'
import { syncFolder } from './block-writer.ts'
import { SeriesEntry } from './index-file.ts'
import { Pace } from './pace.ts'
import { printTombstones } from './tombstones.ts'

/** A matcher that crosses threads. */
export interface PlainMatcher {
  readonly type: MatchType
  readonly name: string
  readonly value: string
}

/** Which samples of the blocks to delete. */
export interface DeleteRequest {
  readonly dataDir: string
  /** Series that satisfy all matchers of at least one of the lists. */
  readonly matchers: readonly (readonly PlainMatcher[])[]
  /** Unix ms, both included. */
  readonly minMs: number
  readonly maxMs: number
}

/** What was deleted. */
export interface DeleteReport {
  readonly blocks: number
  /** Series of blocks that lost samples, each block's counted. */
  readonly series: number
}

/** Copies matchers without what can't cross threads. */
export function plainMatchers(matchers: readonly Matcher[]): PlainMatcher[] {
  return matchers.map(({ type, name, value }) => ({ type, name, value }))
}

/**
 * Marks samples of blocks as deleted: writes their tombstones, then the number of these into their metas. Whoever reads them must be told afterwards.
 * @throws BlockError; Error of the file system: what was written before it stays deleted
 * @see Prometheus tsdb/block.go `Delete`
 */
export async function deleteFromBlocks(request: DeleteRequest): Promise<DeleteReport> {
  const { minMs, maxMs } = request
  const lists = request.matchers.map(list => list.map(m => newMatcher(m.type, m.name, m.value)))
  const pace = new Pace()
  let blocks = 0
  let series = 0
  const entry = new SeriesEntry()
  for (const block of listBlocks(request.dataDir)) {
    if (block.meta.minTime > maxMs || block.meta.maxTime <= minMs) continue
    const reader = new BlockReader(block)
    try {
      const found = new Map<number, readonly number[]>()
      for (const matchers of lists) {
        for (const ref of reader.select(matchers)) {
          const pause = pace.turn()
          if (pause !== undefined) await pause
          if (found.has(ref)) continue
          reader.index.series(ref, entry)
          let overlaps = false
          for (let k = 0; k < entry.chunks && !overlaps; k++) overlaps = entry.minTs[k]! <= maxMs && entry.maxTs[k]! >= minMs
          if (!overlaps) continue
          found.set(ref, addInterval(reader.tombstones.get(ref) ?? [], Math.max(minMs, entry.minTs[0]!), Math.min(maxMs, entry.maxTs[entry.chunks - 1]!)))
        }
      }
      if (found.size === 0) continue
      const all = new Map([...reader.tombstones, ...found].sort(([a], [b]) => a - b))
      replaceFile(path.join(block.dir, 'tombstones'), printTombstones(all))
      let count = 0
      for (const intervals of all.values()) count += intervals.length / 2
      writeTombstoneCount(path.join(block.dir, 'meta.json'), count)
      syncFolder(block.dir)
      blocks++
      series += found.size
    } finally {
      reader.close()
    }
  }
  return { blocks, series }
}

/** Keeps what else the meta says, members that we don't know included. */
function writeTombstoneCount(file: string, count: number): void {
  const meta = JSON.parse(readFileSync(file, 'utf8')) as { stats?: Record<string, unknown> }
  meta.stats = { ...meta.stats, numTombstones: count }
  replaceFile(file, JSON.stringify(meta, undefined, '\t'))
}

function replaceFile(file: string, content: string | Uint8Array): void {
  const temp = `${file}.tmp`
  const fd = openSync(temp, 'w')
  try {
    try {
      writeFileSync(fd, content)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temp, file)
  } catch (err) {
    rmSync(temp, { force: true })
    throw new Error(`cannot write ${file}`, { cause: err })
  }
}
