import type { InstantBatch, InstantQuery, QueryErrorKind, RangeQuery, SeriesQuery } from '@haechi/storage'
import type { RangePart } from './range-part.ts'

/** Marks our messages on a port that others may use too. */
export const CHANNEL = 'haechi-query'

/** What may be asked of a query thread, named after the methods of `QueryEngine`. The signal stays behind; `timeoutMs` is what is left. */
export type Question =
  | { readonly method: 'instant' | 'instantJson'; readonly query: InstantQuery }
  | { readonly method: 'instantBatch'; readonly query: Omit<InstantBatch, 'known'>; /** Versions of the label sets that the asker has, 0 for none. */ readonly known: readonly number[] }
  | { readonly method: 'range' | 'rangeJson'; readonly query: RangeQuery }
  /** Some steps of a range query that another thread answers; a `RangePart`, or undefined where only the whole can be told. */
  | { readonly method: 'rangePart'; readonly query: RangeQuery; readonly from: number; readonly steps: number }
  | { readonly method: 'explain'; readonly query: InstantQuery | RangeQuery }
  | { readonly method: 'series' | 'seriesJson' | 'labelNames' | 'labelNamesJson'; readonly query: SeriesQuery }
  | { readonly method: 'labelValues' | 'labelValuesJson'; readonly name: string; readonly query: SeriesQuery }

/** One question by itself. */
export type SingleQuestion = Exclude<Question, { readonly method: 'instantBatch' }>

/** Pool to thread. */
export type ToThread =
  /** Non-zero words in `cancel` (an Int32Array's memory), the first: end the running query; the second: a question is on its way, leave off warming up. */
  | { readonly channel: typeof CHANNEL; readonly type: 'init'; readonly cancel: SharedArrayBuffer; /** The account of all queries, and the thread's place in it. */ readonly memory: SharedArrayBuffer; readonly place: number; /** Which thread since the start, from 0. */ readonly thread: number }
  | { readonly channel: typeof CHANNEL; readonly type: 'ask'; readonly id: number; readonly question: Question; /** How long it has waited, ms. */ readonly queuedMs: number; /** Set where other threads compute the steps before `from`, in so many parts. */ readonly parts?: Shares; /** Whether it may ask for that. */ readonly mayAsk?: boolean }
  /** The answer to `help`: what others compute; absent: nobody can. */
  | { readonly channel: typeof CHANNEL; readonly type: 'shares'; readonly id: number; readonly shares: Shares | undefined }
  /** What another thread computed for the question `id`. */
  | { readonly channel: typeof CHANNEL; readonly type: 'part'; readonly id: number; /** Its place among the others. */ readonly index: number; readonly part: RangePart | undefined }
  /** Get ready for questions whenever there are none. */
  | { readonly channel: typeof CHANNEL; readonly type: 'warm-up'; /** Unix ms. */ readonly nowMs: number }

/** In how many parts a query is best computed, and what each of them takes, roughly. */
export interface Parts { readonly parts: number; readonly msEach: number }

/** Other threads compute the steps before `from`, in so many parts. */
export interface Shares { readonly from: number; readonly others: number }

/** Thread to pool. */
export type FromThread =
  /** The question `id` is best computed in so many parts. */
  | { readonly channel: typeof CHANNEL; readonly type: 'help'; readonly id: number; readonly parts: Parts }
  | { readonly channel: typeof CHANNEL; readonly type: 'ready' }
  | { readonly channel: typeof CHANNEL; readonly type: 'answer'; readonly id: number; readonly answer: unknown; /** What it took in the thread, ms. */ readonly ms: number; /** It was not worth it to compute it in parts, and never will be. */ readonly whole?: boolean }
  | { readonly channel: typeof CHANNEL; readonly type: 'failure'; readonly id: number; readonly kind: QueryErrorKind; readonly message: string; readonly span: { readonly start: number; readonly end: number } | undefined }

/** Words of the shared memory that `init` hands over. */
export const CANCEL_WORD = 0
export const WAITING_WORD = 1
export const SHARED_WORDS = 2

/** Whether a message is one of ours. */
export function isOurs(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'channel' in message && message.channel === CHANNEL
}
