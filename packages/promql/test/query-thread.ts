import { parentPort } from 'node:worker_threads'
import { labelsFromObject } from '@haechi/model'
import { serveQueries } from '@haechi/promql'
import type { Queryable, SeriesSet } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'

// A query thread over a small storage in memory, with selectors that misbehave.
const storage = new MemoryStorage()
for (let t = 0; t <= 120_000; t += 15_000) for (const job of ['a', 'b']) storage.add(labelsFromObject({ __name__: 'up', job }), t, 1)

/** Series that take a millisecond each to read: minutes in all. */
const slow: SeriesSet = {
  size: 200_000,
  labels: () => ['__name__', 'slow'],
  read: (_i, _minMs, _maxMs, into) => {
    pause(1)
    return into.length = 0
  },
}

/** Series that take three milliseconds each to read, a few of them. */
const metered: SeriesSet = {
  size: 12,
  labels: i => ['__name__', 'metered', 'i', String(i % 10), 'n', String(i)],
  read: (i, minMs, maxMs, into) => {
    pause(3)
    into.length = 0
    into.histograms = null
    // Two of them have samples at one end of the range alone.
    for (let t = Math.ceil(minMs / 15_000) * 15_000; t <= maxMs; t += 15_000) if (i < 10 || (i === 10 ? t < 600_000 : t > 3_000_000)) into.push(t, t / 15_000 + i / 7)
    return into.length
  },
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const queryable: Queryable = {
  querier: (minMs, maxMs) => {
    const querier = storage.querier(minMs, maxMs)
    return {
      ...querier,
      select: (matchers, from, to) => {
        if (matchers.some(m => m.value === 'crash')) process.exit(3)
        if (matchers.some(m => m.value === 'stuck')) for (;;) pause(1000)
        if (matchers.some(m => m.value === 'slow')) return Promise.resolve(slow)
        if (matchers.some(m => m.value === 'metered')) return Promise.resolve(metered)
        return querier.select(matchers, from, to)
      },
    }
  },
}

serveQueries(parentPort!, queryable)
