import { once } from 'node:events'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { labelsFromObject } from '@haechi/model'
import { expect, test } from 'vitest'
import { openDatabase } from '../src/index.ts'
import { bundle } from './bundle.ts'
import { tempDir } from './temp-dir.ts'

const HOUR = 3_600_000
const START = Math.floor(1_700_000_000_000 / (54 * HOUR)) * 54 * HOUR
const SERIES = 50

test('[B8] readers in other threads see no gap while blocks are written, merged and deleted', async () => {
  const dir = tempDir()
  const out = tempDir()
  const [readerFile, maintenanceFile] = [await bundle(path.join(import.meta.dirname, 'block-reader-thread.ts'), out), await bundle(path.join(import.meta.dirname, 'maintenance-entry.ts'), out)]
  const db = await openDatabase({ dataDir: dir, retentionMs: 1e13, maintenanceMs: 0, syncMs: 0, maintenanceFile })
  const stop = new Int32Array(new SharedArrayBuffer(4))
  // One of them keeps what it reads.
  const readers = [0, 10_000_000].map(keepBytes => new Worker(readerFile, { workerData: { handles: db.readerHandles(), stop, start: START, series: SERIES, keepBytes } }))
  const answers = Promise.all(readers.map(async r => (await once(r, 'message') as [{ looks: number; least: number; changes: number }])[0]))
  // Also a fault that comes long before the end.
  answers.catch(() => {})
  const a = db.appender()
  const refs = Float64Array.from({ length: SERIES }, () => 0)
  const values = new Float64Array(SERIES)
  let merged = 0
  let deleted = 0
  for (let round = 0; round < 60 * 46; round++) {
    for (let i = 0; i < SERIES; i++) {
      refs[i] = a.series(labelsFromObject({ __name__: 'm', i: String(i) }))
      values[i] = round * 100 + i
    }
    a.appendColumn(refs, START + round * 60_000, values, SERIES)
    expect(a.commit().appended).toBe(SERIES)
    if (round % 60 === 0) {
      const report = await db.maintain()
      merged += report.compaction?.merged.length ?? 0
      deleted += report.compaction?.deleted.length ?? 0
    }
  }
  Atomics.store(stop, 0, 1)
  for (const found of await answers) {
    expect(found.looks).toBeGreaterThan(5)
    expect(found.least).toBeGreaterThan(60 * 20)
    expect(found.changes).toBeGreaterThan(20)
  }
  expect(merged).toBeGreaterThan(5)
  expect(deleted).toBeGreaterThan(15)
  await Promise.all(readers.map(r => r.terminate()))
  await db.close()
}, 120_000)

test('[B7] closing during maintenance does not wait for it and leaves a readable directory', async () => {
  const dir = tempDir()
  const maintenanceFile = await bundle(path.join(import.meta.dirname, 'maintenance-entry.ts'), tempDir())
  const open = (): ReturnType<typeof openDatabase> => openDatabase({ dataDir: dir, retentionMs: 1e13, maintenanceMs: 0, syncMs: 0, maintenanceFile })
  let db = await open()
  const a = db.appender()
  for (let t = START; t < START + 30 * HOUR; t += 60_000) {
    for (let i = 0; i < SERIES; i++) a.append(a.series(labelsFromObject({ __name__: 'm', i: String(i) })), t, i)
    a.commit()
  }
  for (let waitMs = 40; ; waitMs += 60) {
    const running = db.maintain().then(() => true, () => false)
    await new Promise(resolve => setTimeout(resolve, waitMs))
    const started = performance.now()
    await db.close()
    expect(performance.now() - started).toBeLessThan(5000)
    const done = await running
    db = await open()
    expect(db.report.damagedBlocks).toEqual([])
    const q = db.querier(START, START + 30 * HOUR)
    const set = await q.select([], START, START + 30 * HOUR)
    expect(set.size).toBe(SERIES)
    const { SampleColumns } = await import('@haechi/storage')
    expect(set.read(0, START, START + 30 * HOUR, new SampleColumns())).toBe(30 * 60)
    q.close()
    if (done && db.blocks().length < 6) break
  }
  await db.close()
}, 120_000)
