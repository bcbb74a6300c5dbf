import { parentPort, workerData } from 'node:worker_threads'
import { newMatcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { openHeadReader } from '../src/index.ts'
import type { HeadHandles } from '../src/index.ts'

// Reads all the time while another thread writes, and checks that what it sees is a prefix: sample k of series i is (start + 1000 k, f(i, k)).
const { handles, start, stop } = workerData as { handles: HeadHandles; start: number; stop: SharedArrayBuffer }
const reader = openHeadReader(handles, 7)
const into = new SampleColumns()
const flag = new Int32Array(stop)
let reads = 0
let samples = 0
let fault = ''
const seen = new Map<number, number>()
while (Atomics.load(flag, 0) === 0 && fault === '') {
  const querier = reader.querier(0, 2 * start)
  const set = await querier.select([newMatcher('=', '__name__', 'load')], 0, 2 * start)
  for (let k = 0; k < set.size && fault === ''; k++) {
    const i = Number(set.labels(k)[3])
    const n = set.read(k, 0, 2 * start, into)
    reads++
    samples += n
    if (n < (seen.get(i) ?? 0)) fault = `series ${i} shrank from ${seen.get(i)} to ${n}`
    seen.set(i, n)
    for (let s = 0; s < n; s++) {
      if (into.ts[s] !== start + 1000 * s || into.vs[s] !== (s % 5 === 0 ? i : s * 0.37 * i)) {
        fault = `series ${i} sample ${s} of ${n}: (${into.ts[s]! - start}, ${into.vs[s]})`
        break
      }
    }
  }
  querier.close()
}
reader.close()
parentPort!.postMessage({ reads, samples, fault })
