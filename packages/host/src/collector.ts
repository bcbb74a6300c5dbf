import type { MetricBuffer } from './metric-buffer.ts'

/** One group of metrics, named as in node_exporter. */
export interface Collector {
  readonly name: string
  /**
   * Adds its metrics. Synchronous and quick; no child processes.
   * @throws {@link NoData} where this machine has none; anything else is a failure, which is logged
   */
  collect(out: MetricBuffer): void
}

/** What a collector throws where there is nothing to collect: it did not succeed, but nobody needs to be told. */
export class NoData extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NoData'
  }
}
