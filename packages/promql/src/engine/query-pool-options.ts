import type { Worker, WorkerOptions } from 'node:worker_threads'
import type { ChangeLog, ExemplarQueryable, QueryPriority, Queryable } from '@haechi/storage'
import type { EngineOptions } from './run-query.ts'

/** Settings of a pool of query threads. */
export interface QueryPoolOptions {
  /** Entry file of a thread, which calls `serveQueries(parentPort, …)`. */
  readonly file: string | URL
  /** Given to every thread as `workerData`; shared memory stays shared. */
  readonly workerData?: unknown
  /** More options of node's Worker, e.g. `resourceLimits`. */
  readonly worker?: WorkerOptions
  /** How many threads at most. Default 2. */
  readonly threads?: number
  /** How many of them are started at once, from 0; further ones when a query waits for a free one. Default: all. */
  readonly atOnce?: number
  /** How many threads range queries leave free for rules and instant queries. Default 1 if there are several threads, else 0. */
  readonly reserved?: number
  /** Most queries that wait (default 1000); further ones fail at once. */
  readonly maxQueue?: number
  /** Longest a query may take, waiting included, unless it asks for less. Default two minutes. */
  readonly timeoutMs?: number
  /** How long a thread may go on after a query was canceled or ran out of time before it is replaced. Default 5 s. */
  readonly graceMs?: number
  /** Keeps bodies for questions that come again word by word, as long as the storage that the threads read tells that they hold. Without it: none. */
  readonly keep?: { readonly maxBytes: number; readonly changes: ChangeLog }
  /** A view of the same storage for the calling thread, which then answers questions itself of which it knows that they take next to nothing. Without it: none. */
  readonly direct?: { readonly queryable: Queryable; readonly engine: EngineOptions }
  /** Where exemplars are; without it there are none. They are looked up in the calling thread. */
  readonly exemplars?: ExemplarQueryable
  /** Called with each thread when it has been started, also for replacements: for ports of one's own. */
  readonly onThread?: (thread: Worker) => void
  /** Called when a thread has died; the pool replaces it. */
  readonly onCrash?: (error: Error) => void
}

/** What a pool is doing and has done. */
export interface QueryPoolStats {
  readonly threads: number
  /** Threads that are started and idle or busy. */
  readonly ready: number
  readonly running: number
  readonly queued: Readonly<Record<QueryPriority, number>>
  readonly completed: number
  readonly failed: number
  readonly canceled: number
  readonly timedOut: number
  /** Range queries that several threads computed together. */
  readonly shared: number
  /** Answered in the calling thread. */
  readonly direct: number
  /** Refused because too many were waiting. */
  readonly refused: number
  /** Bytes that running queries hold, as far as they are counted. */
  readonly memoryBytes: number
  /** Refused because they, or all queries together, would have taken too much memory. */
  readonly refusedMemory: { readonly alone: number; readonly together: number }
  readonly crashes: number
  /** Time that threads have spent on queries, ms. */
  readonly busyMs: number
}
