import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'
import { availableMemory, defaultHeadMemory, openDatabase } from '../src/index.ts'
import { bundle } from './bundle.ts'
import { tempDir } from './temp-dir.ts'

const T0 = 1_780_000_000_000
const HOUR = 3_600_000

test('[E5] beyond the limit of series new ones are refused and counted, those that are there go on', async () => {
  const db = await openDatabase({ dataDir: tempDir(), retentionMs: Infinity, maintenanceMs: 0, maxSeries: 100, now: () => T0 })
  const a = db.appender()
  const refs = Array.from({ length: 150 }, (_, i) => a.series(['__name__', 'm', 'id', String(i)]))
  expect(refs.filter(r => r === 0).length).toBe(50)
  expect(db.stats()).toMatchObject({ numSeries: 100, seriesRefused: 50, seriesRefusedMemory: 0, seriesLimit: 100 })
  for (const r of refs) if (r !== 0) a.append(r, T0, 1)
  expect(a.commit().appended).toBe(100)
  expect(a.series(['__name__', 'm', 'id', '7'])).toBe(refs[7])
  expect(a.series(['__name__', 'm', 'id', '120'])).toBe(0)
  await db.close()
})

test('[E5] beyond the limit of memory new series are refused; refused ones take no memory however many come; ended ones make room', async () => {
  let now = T0
  const db = await openDatabase({ dataDir: tempDir(), retentionMs: HOUR, maintenanceMs: 0, maxMemoryBytes: 24 << 20, now: () => now })
  const a = db.appender()
  let made = 0
  const flood = (from: number, n: number, t: number): number => {
    let refused = 0
    for (let i = from; i < from + n; i++) {
      const ref = a.series(['__name__', 'flood', 'id', `${i}-${'x'.repeat(60)}`])
      if (ref === 0) refused++
      else {
        made++
        a.append(ref, t, i)
      }
    }
    a.commit()
    return refused
  }
  flood(0, 120_000, T0)
  const full = db.stats()
  expect(full.seriesRefusedMemory).toBeGreaterThan(0)
  expect(full.seriesRefused).toBe(full.seriesRefusedMemory)
  expect(full.memoryBytes).toBeLessThan(48 << 20)
  expect(flood(200_000, 50_000, T0 + 1000)).toBe(50_000)
  expect(db.stats().memoryBytes).toBe(full.memoryBytes)
  // What is there goes on.
  expect(flood(0, made, T0 + 2000)).toBe(0)
  // Everything ends, and as many can come.
  now = T0 + 30 * HOUR
  const before = made
  for (let i = 0; i < 4 && db.stats().numSeries > 0; i++) await db.maintain()
  expect(db.stats().numSeries).toBe(0)
  made = 0
  flood(400_000, 1000, now)
  expect(made).toBe(1000)
  expect(before).toBeGreaterThan(1000)
  await db.close()
})

test('[E5] the default is a part of the memory that this process can have', () => {
  expect(availableMemory()).toBeGreaterThan(1 << 20)
  expect(defaultHeadMemory()).toBeLessThan(availableMemory() / 2)
})

test.skipIf(process.platform !== 'linux')('[E5] a flood of series under a limit of address space does not end the process', { timeout: 120_000 }, async () => {
  const entry = await bundle(path.join(import.meta.dirname, 'flood-entry.ts'), tempDir())
  const done = spawnSync('/bin/bash', ['-c', `ulimit -v 4000000; exec "${process.execPath}" "${entry}" "${tempDir()}"`], { encoding: 'utf8', timeout: 100_000 })
  expect(done.stderr).toBe('')
  const said = JSON.parse(done.stdout) as { made: number; refused: number; appended: number }
  expect(said.refused).toBeGreaterThan(0)
  expect(said.made).toBeGreaterThan(1000)
  expect(said.appended).toBe(said.made)
})

test('[E6] cardinality and churn tell which metrics, jobs and labels make series', async () => {
  let now = T0
  const db = await openDatabase({ dataDir: tempDir(), retentionMs: HOUR, maintenanceMs: 0, now: () => now })
  const a = db.appender()
  for (let i = 0; i < 50; i++) a.append(a.series(['__name__', i < 40 ? 'by_user' : 'steady', 'job', i < 40 ? 'web' : 'db', ...(i < 40 ? ['user', String(i)] : ['zone', `z${i % 2}`, 'zz', `${i}`].slice(0, i % 2 ? 2 : 4))]), now, 1)
  a.commit()
  const c = await db.cardinality(2)
  expect(c.seriesCountByMetricName).toEqual([{ name: 'by_user', value: 40 }, { name: 'steady', value: 6 }])
  expect(c.labelValueCountByLabelName[0]).toEqual({ name: 'user', value: 40 })
  expect(c.seriesCountByLabelValuePair).toEqual([{ name: '__name__=by_user', value: 40 }, { name: 'job=web', value: 40 }])
  const churn = db.churn(1)
  expect(churn).toMatchObject({ sinceMs: T0, created: 46, removed: 0, byMetric: [{ name: 'by_user', created: 40, removed: 0 }], byJob: [{ name: 'web', created: 40, removed: 0 }], byLabel: [{ name: 'user', created: 40, removed: 0 }] })
  now = T0 + HOUR + 60_000
  a.append(a.series(['__name__', 'late', 'job', 'web']), now, 1)
  a.commit()
  expect(db.churn(10)).toMatchObject({ sinceMs: T0, created: 47 })
  now = T0 + 2 * HOUR + 60_000
  expect(db.churn(10)).toMatchObject({ sinceMs: T0 + HOUR, created: 1 })
  for (let i = 0; i < 3; i++) {
    now += 20 * HOUR
    await db.maintain()
  }
  expect(db.churn(10)).toMatchObject({ removed: 0, created: 0 })
  await db.close()
})

test('[E6] the largest of many, equal ones by name', async () => {
  const db = await openDatabase({ dataDir: tempDir(), retentionMs: Infinity, maintenanceMs: 0, now: () => T0 })
  const a = db.appender()
  for (let i = 0; i < 3000; i++) a.append(a.series(['__name__', `m${String(i % 77).padStart(2, '0')}`, 'id', String(i)]), T0, 1)
  a.commit()
  const all = (await db.cardinality(10_000)).seriesCountByMetricName
  expect(all.length).toBe(77)
  expect(all).toEqual([...all].sort((x, y) => y.value - x.value || (x.name < y.name ? -1 : 1)))
  const three = (await db.cardinality(3)).seriesCountByMetricName
  expect(three.map(c => c.value)).toEqual([39, 39, 39])
  expect((await db.cardinality(10_000)).seriesCountByLabelValuePair.length).toBe(3077)
  await db.close()
})
