import type { InstantBatch, InstantQuery, QueryErrorKind, QueryValue, RangeQuery, SeriesQuery } from '@haechi/storage'

/** Marks our messages on a port that others may use too. */
export const CHANNEL = 'haechi-query'

/** What may be asked of a query thread, named after the methods of `QueryEngine`. The signal stays behind; `timeoutMs` is what is left. */
export type Question =
  | { readonly method: 'instant' | 'instantJson'; readonly query: InstantQuery }
  | { readonly method: 'instantBatch'; readonly query: InstantBatch }
  | { readonly method: 'range' | 'rangeJson'; readonly query: RangeQuery }
  | { readonly method: 'explain'; readonly query: InstantQuery | RangeQuery }
  | { readonly method: 'series' | 'seriesJson' | 'labelNames' | 'labelNamesJson'; readonly query: SeriesQuery }
  | { readonly method: 'labelValues' | 'labelValuesJson'; readonly name: string; readonly query: SeriesQuery }

/** How a query of a batch crosses the threads: an error as its parts. */
export type SentBatchAnswer =
  | { readonly value: QueryValue; readonly ms: number }
  | { readonly kind: QueryErrorKind; readonly message: string; readonly span: { readonly start: number; readonly end: number } | undefined; readonly ms: number }

/** Pool to thread. */
export type ToThread =
  /** Non-zero words in `cancel` (an Int32Array's memory), the first: end the running query; the second: a question is on its way, leave off warming up. */
  | { readonly channel: typeof CHANNEL; readonly type: 'init'; readonly cancel: SharedArrayBuffer; /** The account of all queries, and the thread's place in it. */ readonly memory: SharedArrayBuffer; readonly place: number }
  | { readonly channel: typeof CHANNEL; readonly type: 'ask'; readonly id: number; readonly question: Question; /** How long it has waited, ms. */ readonly queuedMs: number }
  /** Get ready for questions whenever there are none. */
  | { readonly channel: typeof CHANNEL; readonly type: 'warm-up'; /** Unix ms. */ readonly nowMs: number }

/** Thread to pool. */
export type FromThread =
  | { readonly channel: typeof CHANNEL; readonly type: 'ready' }
  | { readonly channel: typeof CHANNEL; readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly channel: typeof CHANNEL; readonly type: 'failure'; readonly id: number; readonly kind: QueryErrorKind; readonly message: string; readonly span: { readonly start: number; readonly end: number } | undefined }

/** Words of the shared memory that `init` hands over. */
export const CANCEL_WORD = 0
export const WAITING_WORD = 1
export const SHARED_WORDS = 2

/** Whether a message is one of ours. */
export function isOurs(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'channel' in message && message.channel === CHANNEL
}
