import { Worker } from 'node:worker_threads'
import type { CleanReport, CompactReport, CompactRequest } from '../block/compact.ts'
import type { DeleteReport, DeleteRequest } from '../block/delete-series.ts'
import type { HeadBlockReport, HeadBlockRequest } from '../block/head-block.ts'
import type { OooBlocksReport, OooBlocksRequest } from '../block/ooo-block.ts'
import type { SnapshotReport, SnapshotRequest } from '../block/snapshot.ts'
import type { Logger } from '../logger.ts'
import type { HeadHandles } from '../shared-memory.ts'
import type { CheckpointReport } from '../wal/checkpoint.ts'
import { LocalJobs } from './jobs.ts'
import type { CheckpointRequest, CleanRequest, MaintenanceJobs } from './jobs.ts'

/** `workerData` of a maintenance thread. */
export interface MaintenanceThreadData {
  readonly head: HeadHandles
}

type Job =
  | { readonly kind: 'headBlock'; readonly request: HeadBlockRequest }
  | { readonly kind: 'oooBlocks'; readonly request: OooBlocksRequest }
  | { readonly kind: 'deleteSeries'; readonly request: DeleteRequest }
  | { readonly kind: 'cleanTombstones'; readonly request: CleanRequest }
  | { readonly kind: 'snapshot'; readonly request: SnapshotRequest }
  | { readonly kind: 'compact'; readonly request: CompactRequest }
  | { readonly kind: 'checkpoint'; readonly request: CheckpointRequest }

type ToThread = Job & { readonly id: number }

type FromThread =
  | { readonly type: 'done'; readonly id: number; readonly report: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
  | { readonly type: 'log'; readonly level: keyof Logger; readonly fields: Readonly<Record<string, unknown>>; readonly message: string }

/** The end of a thread's port that this needs. */
export interface MaintenancePort {
  on(event: 'message', listener: (message: unknown) => void): unknown
  postMessage(message: unknown): void
}

/** What the entry file of a maintenance thread calls: does the jobs that come through the port. */
export function serveMaintenance(port: MaintenancePort, data: MaintenanceThreadData): void {
  const send = (message: FromThread): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    port.postMessage(message)
  }
  const say = (level: keyof Logger) => (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const { err, ...rest } = fields
    // Errors of other threads lose their class on the way; their text is what a log needs.
    send({ type: 'log', level, fields: err === undefined ? rest : { ...rest, err: errorText(err) }, message })
  }
  const jobs = new LocalJobs(data.head, { info: say('info'), warn: say('warn'), error: say('error') })
  const run = (job: ToThread): Promise<unknown> => {
    switch (job.kind) {
      case 'headBlock': return jobs.headBlock(job.request)
      case 'oooBlocks': return jobs.oooBlocks(job.request)
      case 'deleteSeries': return jobs.deleteSeries(job.request)
      case 'cleanTombstones': return jobs.cleanTombstones(job.request)
      case 'snapshot': return jobs.snapshot(job.request)
      case 'compact': return jobs.compact(job.request)
      case 'checkpoint': return jobs.checkpoint(job.request)
    }
  }
  port.on('message', message => {
    const job = message as ToThread
    run(job).then(
      report => send({ type: 'done', id: job.id, report }),
      (err: unknown) => send({ type: 'failed', id: job.id, message: errorText(err) }),
    )
  })
}

function errorText(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  return err.cause === undefined ? err.message : `${err.message}: ${errorText(err.cause)}`
}

/** A job did not end well in the maintenance thread. */
export class MaintenanceError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MaintenanceError'
  }
}

/** How long a thread without jobs lives on: its memory goes back to the system with it. */
const IDLE_MS = 5000

interface Waiting {
  readonly resolve: (report: unknown) => void
  readonly reject: (err: Error) => void
}

/** Lets a thread do the jobs. It lives from job to job: started by the first, ended after a while without one, started again by the next. */
export class ThreadJobs implements MaintenanceJobs {
  private readonly file: string | URL
  private readonly data: MaintenanceThreadData
  private readonly log: Logger
  /** Called when the thread has ended, so that what it held in the head is freed. */
  private readonly onEnd: () => void
  private worker: Worker | undefined
  private nextId = 1
  private idle: NodeJS.Timeout | undefined
  private closed = false
  private readonly waiting = new Map<number, Waiting>()

  constructor(file: string | URL, data: MaintenanceThreadData, log: Logger, onEnd: () => void) {
    this.file = file
    this.data = data
    this.log = log
    this.onEnd = onEnd
  }

  headBlock(request: HeadBlockRequest): Promise<HeadBlockReport> {
    return this.run({ kind: 'headBlock', request }) as Promise<HeadBlockReport>
  }

  oooBlocks(request: OooBlocksRequest): Promise<OooBlocksReport> {
    return this.run({ kind: 'oooBlocks', request }) as Promise<OooBlocksReport>
  }

  deleteSeries(request: DeleteRequest): Promise<DeleteReport> {
    return this.run({ kind: 'deleteSeries', request }) as Promise<DeleteReport>
  }

  cleanTombstones(request: CleanRequest): Promise<CleanReport> {
    return this.run({ kind: 'cleanTombstones', request }) as Promise<CleanReport>
  }

  snapshot(request: SnapshotRequest): Promise<SnapshotReport> {
    return this.run({ kind: 'snapshot', request }) as Promise<SnapshotReport>
  }

  compact(request: CompactRequest): Promise<CompactReport> {
    return this.run({ kind: 'compact', request }) as Promise<CompactReport>
  }

  checkpoint(request: CheckpointRequest): Promise<CheckpointReport> {
    return this.run({ kind: 'checkpoint', request }) as Promise<CheckpointReport>
  }

  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.idle)
    await this.worker?.terminate()
  }

  private run(job: Job): Promise<unknown> {
    clearTimeout(this.idle)
    if (this.closed) return Promise.reject(new MaintenanceError('the database is being closed'))
    return new Promise((resolve, reject) => {
      const id = this.nextId++
      const worker = this.worker ??= this.start()
      this.waiting.set(id, { resolve, reject })
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage({ ...job, id } satisfies ToThread)
    })
  }

  private end(worker: Worker): void {
    if (this.worker !== worker) return
    this.worker = undefined
    void worker.terminate()
  }

  private start(): Worker {
    const worker = new Worker(this.file, { workerData: this.data, resourceLimits: { maxYoungGenerationSizeMb: 16 } })
    worker.unref()
    let failure: Error | undefined
    worker.on('message', (message: FromThread) => {
      if (message.type === 'log') {
        this.log[message.level](message.fields, message.message)
        return
      }
      const waiting = this.waiting.get(message.id)
      this.waiting.delete(message.id)
      if (this.waiting.size === 0) {
        this.idle = setTimeout(() => this.end(worker), IDLE_MS)
        this.idle.unref()
      }
      if (message.type === 'done') waiting?.resolve(message.report)
      else waiting?.reject(new MaintenanceError(message.message))
    })
    worker.on('error', (err: unknown) => {
      failure = err instanceof Error ? err : new Error(String(err))
    })
    worker.on('exit', code => {
      // Ended because it was idle: another one may be at work already.
      if (this.worker !== worker) return
      this.worker = undefined
      this.onEnd()
      const reason = failure?.message ?? `code ${code}`
      for (const w of this.waiting.values()) w.reject(new MaintenanceError(`the maintenance thread ended: ${reason}`))
      this.waiting.clear()
    })
    return worker
  }
}
