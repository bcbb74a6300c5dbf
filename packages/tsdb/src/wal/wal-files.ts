import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/** A segment file of a log. */
export interface SegmentFile {
  readonly index: number
  readonly file: string
  readonly bytes: number
}

/** The segments of a log in order. A directory that is not there has none. */
export function listSegments(dir: string): SegmentFile[] {
  if (!existsSync(dir)) return []
  const out: SegmentFile[] = []
  for (const name of readdirSync(dir)) {
    if (!/^\d+$/.test(name)) continue
    const file = path.join(dir, name)
    out.push({ index: Number(name), file, bytes: statSync(file).size })
  }
  return out.sort((a, b) => a.index - b.index)
}

/** A checkpoint: a log of its own that stands for all segments up to its index. */
export interface Checkpoint {
  readonly index: number
  readonly dir: string
}

/** The checkpoints of a log in order; those that were not finished (`.tmp`) are left out. */
export function listCheckpoints(walDir: string): Checkpoint[] {
  if (!existsSync(walDir)) return []
  const out: Checkpoint[] = []
  for (const name of readdirSync(walDir)) {
    const index = /^checkpoint\.(\d+)$/.exec(name)?.[1]
    if (index !== undefined) out.push({ index: Number(index), dir: path.join(walDir, name) })
  }
  return out.sort((a, b) => a.index - b.index)
}

/** Name of a checkpoint's folder. */
export function checkpointName(index: number): string {
  return `checkpoint.${String(index).padStart(8, '0')}`
}
