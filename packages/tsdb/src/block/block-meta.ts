import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { BlockError } from './block-error.ts'
import { isUlid } from './ulid.ts'

/** What a block of out-of-order samples says of itself. @see Prometheus tsdb/block.go `CompactionHintFromOutOfOrder` */
export const FROM_OUT_OF_ORDER = 'from-out-of-order'

/** A block that went into another one. */
export interface BlockParent {
  readonly ulid: string
  readonly minTime: number
  readonly maxTime: number
}

/** A block's `meta.json`. Members that we don't know are kept by nobody: a block is never rewritten in place. @see Prometheus tsdb/block.go `BlockMeta` */
export interface BlockMeta {
  readonly ulid: string
  /** Unix ms of the oldest sample that may be in it. */
  readonly minTime: number
  /** Unix ms, exclusive. */
  readonly maxTime: number
  readonly stats: { readonly numSamples: number; readonly numSeries: number; readonly numChunks: number; readonly numTombstones: number }
  readonly compaction: {
    /** 1: written from the head. */
    readonly level: number
    /** The level 1 blocks that are in it. */
    readonly sources: readonly string[]
    readonly parents: readonly BlockParent[]
    /** `from-out-of-order` and the like. */
    readonly hints: readonly string[]
  }
}

/** Reads a `meta.json`'s text. @throws BlockError */
export function parseBlockMeta(file: string, text: string): BlockMeta {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (err) {
    throw new BlockError(file, 'is not JSON', { cause: err })
  }
  const meta = record(raw)
  if (meta === undefined) throw new BlockError(file, 'is not an object')
  if (meta['version'] !== 1) throw new BlockError(file, `has version ${JSON.stringify(meta['version'])}, only version 1 is known`)
  const { ulid, minTime, maxTime } = meta
  if (typeof ulid !== 'string' || !isUlid(ulid)) throw new BlockError(file, 'has no ulid')
  if (!Number.isSafeInteger(minTime) || !Number.isSafeInteger(maxTime) || (minTime as number) > (maxTime as number)) throw new BlockError(file, 'has no valid time range')
  const stats = record(meta['stats']) ?? {}
  const compaction = record(meta['compaction']) ?? {}
  const parents: BlockParent[] = []
  for (const p of list(compaction['parents'])) {
    const parent = record(p)
    if (typeof parent?.['ulid'] === 'string') parents.push({ ulid: parent['ulid'], minTime: count(parent['minTime']), maxTime: count(parent['maxTime']) })
  }
  return {
    ulid, minTime: minTime as number, maxTime: maxTime as number,
    stats: { numSamples: count(stats['numSamples']), numSeries: count(stats['numSeries']), numChunks: count(stats['numChunks']), numTombstones: count(stats['numTombstones']) },
    compaction: {
      level: count(compaction['level']), sources: list(compaction['sources']).filter(s => typeof s === 'string'), parents,
      hints: list(compaction['hints']).filter(s => typeof s === 'string'),
    },
  }
}

/** The text of a `meta.json`, as Prometheus writes it. */
export function printBlockMeta(meta: BlockMeta): string {
  const { stats, compaction } = meta
  return JSON.stringify({
    ulid: meta.ulid, minTime: meta.minTime, maxTime: meta.maxTime,
    stats: { numSamples: stats.numSamples, numSeries: stats.numSeries, numChunks: stats.numChunks, ...(stats.numTombstones === 0 ? {} : { numTombstones: stats.numTombstones }) },
    compaction: {
      level: compaction.level, sources: compaction.sources, ...(compaction.parents.length === 0 ? {} : { parents: compaction.parents }),
      ...(compaction.hints.length === 0 ? {} : { hints: compaction.hints }),
    },
    version: 1,
  }, undefined, '\t')
}

/** A block's folder with its meta. */
export interface ListedBlock {
  readonly dir: string
  readonly meta: BlockMeta
}

/**
 * The blocks of a data directory in order of time: folders named by a ULID with a readable `meta.json`, without those that are contained in a newer one.
 * @param known metas that were read before, by ULID; what is read anew is added
 * @param onDamage called for each block whose meta can't be read
 */
export function listBlocks(dataDir: string, known: Map<string, BlockMeta> = new Map(), onDamage: (dir: string, err: BlockError) => void = () => {}): ListedBlock[] {
  const found: ListedBlock[] = []
  for (const name of existsSync(dataDir) ? readdirSync(dataDir) : []) {
    if (!isUlid(name)) continue
    const dir = path.join(dataDir, name)
    let meta = known.get(name)
    if (meta === undefined) {
      try {
        meta = readBlockMeta(dir)
      } catch (err) {
        // A folder that went away between the two looks is a block that was deleted.
        if (err instanceof BlockError && existsSync(dir)) onDamage(dir, err)
        continue
      }
      known.set(name, meta)
    }
    found.push({ dir, meta })
  }
  const replaced = new Set(found.flatMap(b => b.meta.compaction.parents.map(p => p.ulid)))
  return found.filter(b => !replaced.has(b.meta.ulid)).sort((a, b) => a.meta.minTime - b.meta.minTime || a.meta.maxTime - b.meta.maxTime)
}

/** Reads the meta of a block's folder. @throws BlockError */
export function readBlockMeta(dir: string): BlockMeta {
  const file = path.join(dir, 'meta.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (err) {
    throw new BlockError(file, (err as NodeJS.ErrnoException).code === 'ENOENT' ? 'is missing' : 'cannot be read', { cause: err })
  }
  return parseBlockMeta(file, text)
}

/** Bytes of all files of a folder; 0 if it is gone. */
export function folderBytes(dir: string): number {
  let sum = 0
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const file = path.join(dir, entry.name)
      sum += entry.isDirectory() ? folderBytes(file) : statSync(file).size
    }
  } catch {
    return sum
  }
  return sum
}

function record(v: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof v === 'object' && v !== null && !Array.isArray(v) ? v as Readonly<Record<string, unknown>> : undefined
}

const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : [])
const count = (v: unknown): number => (typeof v === 'number' && Number.isFinite(v) ? v : 0)
