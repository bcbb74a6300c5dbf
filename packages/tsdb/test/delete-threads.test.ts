import { once } from 'node:events'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { labelsFromObject, newMatcher } from '@haechi/model'
import { expect, test } from 'vitest'
import { openDatabase } from '../src/index.ts'
import { bundle } from './bundle.ts'
import { tempDir } from './temp-dir.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Math.floor(1_700_000_000_000 / (54 * HOUR)) * 54 * HOUR

test('[T1] query threads, with and without kept columns, miss what was deleted from the first look after the answer: in the head, late samples, blocks, and after cleaning', { timeout: 60_000 }, async () => {
  const out = tempDir()
  const db = await openDatabase({ dataDir: tempDir(), retentionMs: 1e13, maintenanceMs: 0, syncMs: 0, outOfOrderWindowMs: 3 * HOUR, maintenanceFile: await bundle(path.join(import.meta.dirname, 'maintenance-entry.ts'), out) })
  const file = await bundle(path.join(import.meta.dirname, 'counting-thread.ts'), out)
  const workers = [0, 10_000_000].map((keepBytes, i) => new Worker(file, { workerData: { handles: db.readerHandles(), keepBytes, owner: 11 + i } }))
  const looks = async (): Promise<unknown[]> => Promise.all(workers.map(async w => {
    const answer = once(w, 'message')
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    w.postMessage('look')
    return (await answer as [unknown])[0]
  }))
  const both = async (counts: Record<string, number>): Promise<void> => expect(await looks()).toEqual([counts, counts])
  const a = db.appender()
  for (let t = START; t < START + 7 * HOUR; t += MINUTE) {
    for (const i of ['a', 'b', 'c']) a.append(a.series(labelsFromObject({ __name__: 'm', i })), t, t / 1000)
    a.commit()
  }
  await db.maintain()
  expect(db.blocks().length).toBeGreaterThan(1)
  for (let k = 1; k <= 50; k++) a.append(a.series(labelsFromObject({ __name__: 'm', i: 'b' })), START + 6 * HOUR + k * MINUTE + 1, k)
  expect(a.commit().appended).toBe(50)
  const n = 7 * 60
  // Twice: the second time they answer from what they keep.
  for (let k = 0; k < 3; k++) await both({ a: n, b: n + 50, c: n })
  const matching = (i: string): Parameters<typeof db.deleteSeries>[0] => [[newMatcher('=', 'i', i)]]
  // The head's last hour, then times of blocks, then a whole series.
  await db.deleteSeries(matching('a'), START + 6 * HOUR, START + 7 * HOUR)
  await both({ a: n - 60, b: n + 50, c: n })
  await db.deleteSeries(matching('b'), START + 6 * HOUR, START + 6 * HOUR + 30 * MINUTE)
  await both({ a: n - 60, b: n - 31 + 50 - 29, c: n })
  await db.deleteSeries(matching('b'), START, START + HOUR - 1)
  await both({ a: n - 60, b: n - 60 - 31 + 50 - 29, c: n })
  await db.deleteSeries(matching('c'), -8e15, 8e15)
  await both({ a: n - 60, b: n - 60 - 31 + 50 - 29 })
  await db.cleanTombstones()
  await both({ a: n - 60, b: n - 60 - 31 + 50 - 29 })
  await Promise.all(workers.map(w => w.terminate()))
  await db.close()
})
