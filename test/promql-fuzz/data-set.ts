import type { PushSeries } from '../support/write-request.ts'

/** What queries can be about. */
export interface FuzzMetric {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'classic' | 'native' | 'mixed' | 'info'
  /** Values by label; not every combination is a series. */
  readonly labels: Readonly<Record<string, readonly string[]>>
}

/** Samples and what is known of them. */
export interface DataSet {
  readonly name: string
  readonly metrics: readonly FuzzMetric[]
  /** The first instant, Unix ms. */
  readonly startMs: number
  readonly endMs: number
  /** Time between the samples of a series. */
  readonly intervalMs: number
  /** Remote write requests in the order in which they must be sent. */
  readonly requests: readonly (readonly PushSeries[])[]
}
