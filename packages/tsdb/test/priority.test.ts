import { once } from 'node:events'
import { getPriority } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { tempDir } from './temp-dir.ts'

test.skipIf(process.platform !== 'linux')('[B11] a thread that gives way does so alone', async () => {
  const script = await bundle(path.join(import.meta.dirname, 'priority-thread.ts'), tempDir())
  const before = getPriority(process.pid)
  const nice = Math.min(19, before + 3)
  const worker = new Worker(script, { workerData: nice })
  const [told] = await once(worker, 'message') as [unknown]
  expect(told).toEqual({ before, said: nice, after: nice, again: nice })
  expect(getPriority(process.pid)).toBe(before)
  await worker.terminate()
})
