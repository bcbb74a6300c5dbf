import { Compactor } from '../block/compact.ts'
import type { CleanReport, CompactReport, CompactRequest } from '../block/compact.ts'
import { deleteFromBlocks } from '../block/delete-series.ts'
import type { DeleteReport, DeleteRequest } from '../block/delete-series.ts'
import { writeHeadBlock } from '../block/head-block.ts'
import type { HeadBlockReport, HeadBlockRequest } from '../block/head-block.ts'
import { writeOooBlocks } from '../block/ooo-block.ts'
import type { OooBlocksReport, OooBlocksRequest } from '../block/ooo-block.ts'
import { writeSnapshot } from '../block/snapshot.ts'
import type { SnapshotReport, SnapshotRequest } from '../block/snapshot.ts'
import { CTL_BLOCKS, CTL_TOMBSTONES } from '../layout.ts'
import type { Logger } from '../logger.ts'
import type { HeadHandles } from '../shared-memory.ts'
import { writeCheckpoint } from '../wal/checkpoint.ts'
import type { CheckpointReport } from '../wal/checkpoint.ts'
import type { WalCompression } from '../wal/wal-writer.ts'

/** A checkpoint to write; see `writeCheckpoint`. */
export interface CheckpointRequest {
  readonly walDir: string
  readonly upTo: number
  readonly minMs: number
  /** Deletions that end before this go. */
  readonly deletionsMinMs: number
  readonly compress: WalCompression
  /** Series numbers that are still needed, in any order. */
  readonly keep: Float64Array
}

/** Where to clean tombstones. */
export interface CleanRequest {
  readonly dataDir: string
  readonly nowMs: number
}

/** The heavy work of a database. One job at a time. */
export interface MaintenanceJobs {
  /** Writes a time range of the head as a block and publishes it. */
  headBlock(request: HeadBlockRequest): Promise<HeadBlockReport>
  /** Writes the out-of-order samples of a cut as blocks and publishes them. */
  oooBlocks(request: OooBlocksRequest): Promise<OooBlocksReport>
  /** Marks samples of blocks as deleted, and tells the readers. */
  deleteSeries(request: DeleteRequest): Promise<DeleteReport>
  /** Writes blocks with deletions anew. */
  cleanTombstones(request: CleanRequest): Promise<CleanReport>
  snapshot(request: SnapshotRequest): Promise<SnapshotReport>
  /** Merges and deletes blocks. */
  compact(request: CompactRequest): Promise<CompactReport>
  checkpoint(request: CheckpointRequest): Promise<CheckpointReport>
  /** Ends what is running, wherever it is: every job may be cut off at any point. */
  close(): Promise<void>
}

/** Name of the maintenance among the readers of a head, so that its place can be freed when it was cut off. */
export const MAINTENANCE_OWNER = 0x6d61696e

/** Does the work in the thread that it is made in, with pauses. */
export class LocalJobs implements MaintenanceJobs {
  private readonly handles: HeadHandles
  private readonly ctl: Int32Array
  private readonly log: Logger
  private readonly compactor: Compactor

  constructor(handles: HeadHandles, log: Logger) {
    this.handles = handles
    this.ctl = new Int32Array(handles.control)
    this.log = log
    this.compactor = new Compactor(this.ctl, log)
  }

  async headBlock(request: HeadBlockRequest): Promise<HeadBlockReport> {
    const report = await writeHeadBlock(this.handles, MAINTENANCE_OWNER, request)
    // Published before the head drops anything: whoever misses samples there looks here.
    Atomics.add(this.ctl, CTL_BLOCKS, 1)
    return report
  }

  async oooBlocks(request: OooBlocksRequest): Promise<OooBlocksReport> {
    const report = await writeOooBlocks(this.handles, MAINTENANCE_OWNER, request)
    Atomics.add(this.ctl, CTL_BLOCKS, 1)
    return report
  }

  async deleteSeries(request: DeleteRequest): Promise<DeleteReport> {
    try {
      return await deleteFromBlocks(request)
    } finally {
      // Also after a failure: some blocks may have lost samples before it.
      Atomics.add(this.ctl, CTL_TOMBSTONES, 1)
      Atomics.add(this.ctl, CTL_BLOCKS, 1)
    }
  }

  cleanTombstones(request: CleanRequest): Promise<CleanReport> {
    return this.compactor.cleanTombstones(request.dataDir, request.nowMs)
  }

  snapshot(request: SnapshotRequest): Promise<SnapshotReport> {
    return writeSnapshot(this.handles, MAINTENANCE_OWNER, request)
  }

  compact(request: CompactRequest): Promise<CompactReport> {
    return this.compactor.run(request)
  }

  checkpoint(request: CheckpointRequest): Promise<CheckpointReport> {
    const keep = new Set(request.keep)
    return writeCheckpoint(request.walDir, request.upTo, { minMs: request.minMs, deletionsMinMs: request.deletionsMinMs, compress: request.compress, logger: this.log, keepSeries: ref => keep.has(ref) })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
