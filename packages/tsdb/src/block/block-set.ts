import { CTL_BLOCKS, CTL_SKIPPED_CHUNKS, CTL_TOMBSTONES } from '../layout.ts'
import { BlockReader } from './block-reader.ts'
import { listBlocks } from './block-meta.ts'
import type { BlockMeta, ListedBlock } from './block-meta.ts'

/** How long a block that nobody asks for stays open. */
const IDLE_MS = 600_000
const LOOK_MS = 30_000

/**
 * The blocks of a data directory as one thread sees them. Nobody sends it messages: a word in shared memory counts the changes of the
 * directory, and who sees another number than last time looks at the directory again.
 */
export class BlockSet {
  private readonly dataDir: string
  private readonly ctl: Int32Array
  private readonly metas = new Map<string, BlockMeta>()
  private seen = -1
  private seenTombstones = 0
  private listed: readonly ListedBlock[] = []
  private readonly open = new Map<string, BlockReader>()
  private readonly timer: NodeJS.Timeout

  /** @param ctl the control words of the head */
  constructor(dataDir: string, ctl: Int32Array) {
    this.dataDir = dataDir
    this.ctl = ctl
    // A thread without queries lets go of deleted blocks as well.
    this.timer = setInterval(() => this.tidy(), LOOK_MS)
    this.timer.unref()
  }

  /** The blocks that count now. */
  list(): readonly ListedBlock[] {
    this.refresh(false)
    return this.listed
  }

  /** Blocks that may have samples with `minMs <= t <= maxMs`, oldest first, open until `release`. @throws BlockError */
  acquire(minMs: number, maxMs: number): BlockReader[] {
    for (let attempt = 0; ; attempt++) {
      this.refresh(attempt > 0)
      const found: BlockReader[] = []
      try {
        for (const block of this.listed) {
          if (block.meta.minTime > maxMs || block.meta.maxTime <= minMs) continue
          const reader = this.open.get(block.meta.ulid) ?? new BlockReader(block)
          this.open.set(block.meta.ulid, reader)
          reader.users++
          reader.usedMs = performance.now()
          found.push(reader)
        }
        return found
      } catch (err) {
        this.release(found)
        // The block was replaced between the look at the directory and the opening: what replaces it is there.
        if ((err as NodeJS.ErrnoException).code !== 'ENOENT' || attempt >= 10) throw err
      }
    }
  }

  /** Ends the use of blocks that `acquire` gave. */
  release(readers: readonly BlockReader[]): void {
    for (const reader of readers) {
      if (--reader.users > 0) continue
      if (reader.skippedChunks > 0) {
        Atomics.add(this.ctl, CTL_SKIPPED_CHUNKS, reader.skippedChunks)
        reader.skippedChunks = 0
      }
      reader.release()
      if (!this.metas.has(reader.block.meta.ulid)) this.drop(reader)
    }
  }

  close(): void {
    clearInterval(this.timer)
    for (const reader of this.open.values()) reader.close()
    this.open.clear()
  }

  private refresh(again: boolean): void {
    // Before the look at the directory: a change during it is seen next time.
    const version = Atomics.load(this.ctl, CTL_BLOCKS)
    if (version === this.seen && !again) return
    const tombstones = Atomics.load(this.ctl, CTL_TOMBSTONES)
    const deletions = tombstones !== this.seenTombstones
    if (deletions) this.metas.clear()
    this.listed = listBlocks(this.dataDir, this.metas)
    const ulids = new Set(this.listed.map(b => b.meta.ulid))
    for (const ulid of this.metas.keys()) if (!ulids.has(ulid)) this.metas.delete(ulid)
    for (const reader of this.open.values()) if (reader.users === 0 && !ulids.has(reader.block.meta.ulid)) this.drop(reader)
    if (deletions) for (const reader of this.open.values()) if (ulids.has(reader.block.meta.ulid)) reader.reloadTombstones()
    this.seenTombstones = tombstones
    this.seen = version
  }

  private drop(reader: BlockReader): void {
    reader.close()
    this.open.delete(reader.block.meta.ulid)
  }

  private tidy(): void {
    this.refresh(false)
    const now = performance.now()
    for (const reader of this.open.values()) if (reader.users === 0 && now - reader.usedMs > IDLE_MS) this.drop(reader)
  }
}
