import { parentPort } from 'node:worker_threads'
import { labelsFromObject } from '@haechi/model'
import { serveQueries } from '@haechi/promql'
import type { Queryable } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'

// A query thread over a small storage in memory, with two selectors that misbehave.
const storage = new MemoryStorage()
for (let t = 0; t <= 120_000; t += 15_000) for (const job of ['a', 'b']) storage.add(labelsFromObject({ __name__: 'up', job }), t, 1)
for (let i = 0; i < 2000; i++) storage.add(labelsFromObject({ __name__: 'slow', i: String(i) }), 0, 1)

const queryable: Queryable = {
  querier: (minMs, maxMs) => {
    const querier = storage.querier(minMs, maxMs)
    return {
      ...querier,
      select: (matchers, from, to) => {
        if (matchers.some(m => m.value === 'crash')) process.exit(3)
        if (matchers.some(m => m.value === 'stuck')) for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
        return querier.select(matchers, from, to)
      },
    }
  },
}

serveQueries(parentPort!, queryable)
