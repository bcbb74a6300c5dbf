import { parentPort, workerData } from 'node:worker_threads'
import { newMatcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { openDatabaseReader } from '../src/index.ts'
import type { DatabaseHandles } from '../src/index.ts'

// Reads everything again and again, while another thread appends and a third writes, merges and deletes blocks. Every look must give a
// prefix without a gap that is at least as long as the one before.
const { handles, stop, start, series, keepBytes } = workerData as { handles: DatabaseHandles; stop: Int32Array; start: number; series: number; keepBytes: number }
const reader = openDatabaseReader(handles, 3, keepBytes)
const into = new SampleColumns()
let looks = 0
let least = 0
let mostBlocks = 0
try {
  while (Atomics.load(stop, 0) === 0) {
    const querier = reader.querier(0, 2 * start)
    const set = await querier.select([newMatcher('=', '__name__', 'm')], 0, 2 * start)
    // Now and then the querier stays open while blocks are replaced.
    if (looks % 3 === 0) await new Promise(resolve => setTimeout(resolve, 20))
    let shortest = Infinity
    for (let i = 0; i < set.size; i++) {
      const index = Number(set.labels(i)[3])
      const n = set.read(i, 0, 2 * start, into)
      for (let k = 0; k < n; k++) if (into.ts[k] !== start + k * 60_000 || into.vs[k] !== k * 100 + index) throw new Error(`look ${looks}, series ${index}: sample ${k} of ${n} is (${(into.ts[k]! - start) / 60_000}, ${into.vs[k]})`)
      shortest = Math.min(shortest, n)
    }
    if (set.size !== 0 && set.size !== series) throw new Error(`look ${looks}: ${set.size} series`)
    if (set.size > 0 && shortest < least) throw new Error(`look ${looks}: ${shortest} samples after ${least}`)
    if (set.size > 0) least = shortest
    querier.close()
    mostBlocks = Math.max(mostBlocks, new Int32Array(handles.head.control)[13]!)
    looks++
    await new Promise(resolve => setImmediate(resolve))
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort!.postMessage({ looks, least, changes: mostBlocks })
} finally {
  reader.close()
}
