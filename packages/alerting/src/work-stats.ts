/** Seconds of the buckets of short work, as Alertmanager's. */
export const QUERY_BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** How often something was done, and how long it took. */
export interface WorkCounts {
  readonly count: number
  /** ms */
  readonly sumMs: number
  /** Each in its first bucket of {@link QUERY_BUCKETS}; the last are those beyond. */
  readonly buckets: readonly number[]
}

/** Counts work with its duration. */
export class WorkStats implements WorkCounts {
  count = 0
  sumMs = 0
  readonly buckets: number[] = [...QUERY_BUCKETS, Infinity].map(() => 0)

  /** @param ms  what it took */
  add(ms: number): void {
    this.count++
    this.sumMs += Math.max(0, ms)
    const i = QUERY_BUCKETS.findIndex(seconds => ms <= 1000 * seconds)
    this.buckets[i === -1 ? QUERY_BUCKETS.length : i]!++
  }
}

/** What the silences did since the start. */
export interface SilenceWork {
  readonly queries: WorkCounts
  /** Silences that were compared with an alert, and those that were not because their answer was known. */
  readonly scanned: number
  readonly skipped: number
  readonly maintenance: WorkCounts
  readonly maintenanceErrors: number
  readonly kept: number
}
