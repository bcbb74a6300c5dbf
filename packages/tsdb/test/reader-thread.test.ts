import { once } from 'node:events'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { openHead } from '../src/index.ts'
import { bundle } from './bundle.ts'
import { tempDir } from './temp-dir.ts'

test('[R4] readers in other threads see prefixes only, while the writer appends, seals, grows and frees', async () => {
  const script = await bundle(path.join(import.meta.dirname, 'reader-thread.ts'), tempDir())
  const start = 1_790_000_000_000
  const head = await openHead({ dataDir: tempDir(), retentionMs: Infinity, maintenanceMs: 0 })
  const stop = new SharedArrayBuffer(4)
  const workers = [0, 1].map(() => new Worker(script, { workerData: { handles: head.handles(), start, stop } }))
  const results = workers.map(w => once(w, 'message') as Promise<[{ reads: number; samples: number; fault: string }]>)
  const appender = head.appender()
  const began = performance.now()
  const refs: number[] = []
  let rounds = 0
  for (; performance.now() - began < 4000; rounds++) {
    // Series start together, so that sample k of each has the same time; ten new series per round make every buffer grow.
    if (rounds === 0) for (let i = 1; i <= 40; i++) refs.push(appender.series(['__name__', 'load', 'i', String(i)]))
    const t = start + 1000 * rounds
    for (let i = 0; i < refs.length; i++) appender.append(refs[i]!, t, rounds % 5 === 0 ? i + 1 : rounds * 0.37 * (i + 1))
    for (let i = 0; i < 10; i++) appender.append(appender.series(['__name__', 'churn', 'i', String(i), 'round', String(rounds)]), t, i)
    appender.commit()
    if (rounds % 20 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  Atomics.store(new Int32Array(stop), 0, 1)
  for (const [result] of await Promise.all(results)) {
    expect(result.fault).toBe('')
    expect(result.reads).toBeGreaterThan(100)
  }
  expect(rounds).toBeGreaterThan(300)
  await Promise.all(workers.map(w => w.terminate()))
  await head.close()
}, 30_000)
