import { bench, describe } from 'vitest'
import { labelsFromObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { Queryable, SeriesSet } from '@haechi/storage'
import { JsonBuffer, Stamps } from './json-buffer.ts'
import { LocalQueryEngine } from './local-engine.ts'

// 5,000 counters of 10 services, 20 targets each with own scrape times, 15 s apart with jitter, resets now and then; 6 hours and 5 minutes.
const SERIES = 5000
const TARGETS = 20
const TICKS = 1460
const START = 1_790_000_000_000

function random(seed: number): () => number {
  let r = seed
  return () => {
    r = (Math.imul(r, 1103515245) + 12345) >>> 0
    return r / 2 ** 32
  }
}

const rnd = random(7)
const times = Array.from({ length: TARGETS }, () => Float64Array.from({ length: TICKS }, (_, i) => START + i * 15_000 + Math.floor(rnd() * 40)))
const labels: Labels[] = []
const columns: Float64Array[] = []
for (let s = 0; s < SERIES; s++) {
  labels.push(labelsFromObject({ __name__: 'http_requests_total', service: `svc-${s % 10}`, instance: `10.0.0.${Math.floor(s * TARGETS / SERIES)}:8080`, route: `/r/${s}`, status: '200' }))
  let v = 0
  columns.push(Float64Array.from({ length: TICKS }, () => v = rnd() < 0.0005 ? 0 : v + Math.floor(rnd() * 30)))
}

/** Columns that are decoded already: what is measured is the engine. */
const decoded: Queryable = {
  querier: () => ({
    select: () => Promise.resolve<SeriesSet>({
      size: SERIES,
      labels: i => labels[i]!,
      read: (i, minMs, maxMs, into) => {
        const ts = times[Math.floor(i * TARGETS / SERIES)]!
        let from = 0
        while (from < TICKS && ts[from]! < minMs) from++
        let to = TICKS
        while (to > from && ts[to - 1]! > maxMs) to--
        into.reserve(to - from)
        into.ts.set(ts.subarray(from, to))
        into.vs.set(columns[i]!.subarray(from, to))
        into.length = to - from
        return into.length
      },
    }),
    labelNames: () => Promise.resolve([]),
    labelValues: () => Promise.resolve([]),
    close: () => {},
  }),
}

const engine = new LocalQueryEngine(decoded)
const range = { startMs: START + 300_000, endMs: START + 300_000 + 6 * 3_600_000, stepMs: 60_000 }

describe('5,000 series, 6 h at 60 s', () => {
  for (const expr of [
    'sum by (service) (rate(http_requests_total[5m]))',
    'sum by (service) (increase(http_requests_total[1h]))',
    'avg by (service) (avg_over_time(http_requests_total[5m]))',
    'max by (service) (max_over_time(http_requests_total[1h]))',
    'sum by (service) (http_requests_total)',
    'topk(5, rate(http_requests_total[5m]))',
    'rate(http_requests_total[5m]) / ignoring (status) rate(http_requests_total[5m])',
  ]) bench(expr, async () => void await engine.rangeJson({ expr, ...range }), { time: 2000, warmupTime: 500 })
})

describe('JSON of 590 series x 361 points', () => {
  const steps = 361
  const stamps = new Stamps(Float64Array.from({ length: steps }, (_, k) => START + k * 60_000))
  const present = new Uint8Array(steps).fill(1)
  const mixed = Array.from({ length: 590 }, (_, s) => Float64Array.from({ length: steps }, () => s % 3 === 0 ? 0 : Math.floor(rnd() * 60) / 285))
  const counts = Array.from({ length: 590 }, () => Float64Array.from({ length: steps }, () => Math.floor(rnd() * 1e6)))
  for (const [name, rows] of [['rates', mixed], ['counts', counts]] as const) {
    bench(name, () => {
      const out = new JsonBuffer(1 << 23)
      for (const row of rows) out.points(stamps, row, present, steps)
      out.finish()
    }, { time: 1000 })
  }
})
