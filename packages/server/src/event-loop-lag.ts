import { createHistogram } from 'node:perf_hooks'
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

/** Time between two looks. Node's own monitor looks every 10 ms, which keeps an idle process at one percent of a core. */
const LOOK_MS = 100

/**
 * Registers prom-client's statistics of the event loop's lag, from fewer looks: how much later than planned a timer runs. Each reading starts anew.
 * The timer does not keep the process alive.
 */
export function registerEventLoopLag(registry: Registry): void {
  const late = createHistogram()
  let planned = performance.now() + LOOK_MS
  setInterval(() => {
    const now = performance.now()
    // A histogram takes whole numbers from 1 on.
    late.record(Math.max(1, Math.round((now - planned) * 1e6)))
    planned = now + LOOK_MS
  }, LOOK_MS).unref()
  const value = (name: string, help: string, read: () => number): void => {
    const full = `nodejs_eventloop_lag_${name}_seconds`
    registry.removeSingleMetric(full)
    new Gauge({ name: full, help, registers: [registry], collect() { this.set(late.count === 0 ? 0 : read() / 1e9) } })
  }
  value('min', 'The minimum recorded event loop delay.', () => late.min)
  value('max', 'The maximum recorded event loop delay.', () => late.max)
  value('mean', 'The mean of the recorded event loop delays.', () => late.mean)
  value('stddev', 'The standard deviation of the recorded event loop delays.', () => late.stddev)
  value('p50', 'The 50th percentile of the recorded event loop delays.', () => late.percentile(50))
  value('p90', 'The 90th percentile of the recorded event loop delays.', () => late.percentile(90))
  value('p99', 'The 99th percentile of the recorded event loop delays.', () => {
    const p99 = late.percentile(99)
    late.reset()
    return p99
  })
}
