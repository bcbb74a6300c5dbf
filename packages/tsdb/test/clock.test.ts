import { labelsFromObject, labelsKey } from '@haechi/model'
import { expect, test } from 'vitest'
import { HOUR, MINUTE, T0, clock, open } from './fault-fixture.ts'
import type { Line } from './fault-fixture.ts'
import { readAll } from './read-all.ts'
import { tempDir } from './temp-dir.ts'

const DAY = 24 * HOUR
const LABELS = labelsFromObject({ __name__: 'up', job: 'x' })

test.each([-DAY, DAY])('[F9] the clock jumps by %i ms and comes back: no scrape is refused, nothing is lost, rounds and restarts in between', async jump => {
  const dir = tempDir()
  const lines: Line[] = []
  const options = { followClock: true, outOfOrderWindowMs: 0, retentionMs: 15 * DAY }
  let db = await open(dir, lines, options)
  const want = new Set<number>()
  const scrapes = (fromMs: number, n: number): void => {
    const a = db.appender()
    for (let k = 0; k < n; k++) {
      clock.nowMs = fromMs + k * MINUTE
      a.append(a.series(LABELS), clock.nowMs, k)
      expect(a.commit(), `${k} minutes after ${fromMs - T0}`).toMatchObject({ appended: 1, outOfOrder: 0, outOfBounds: 0 })
      want.add(clock.nowMs)
    }
  }
  const there = async (): Promise<void> => expect((await readAll(db)).get(labelsKey(LABELS))!.map(s => s.t)).toEqual([...want].sort((x, y) => x - y))
  const now = T0 + 10 * DAY
  scrapes(now, 200)
  scrapes(now + 200 * MINUTE + jump, 200)
  await there()
  await db.maintain()
  await there()
  await db.close()
  db = await open(dir, lines, options)
  await there()
  scrapes(now + 400 * MINUTE + jump, 60)
  // Set right again.
  scrapes(now + 460 * MINUTE, 200)
  await db.maintain()
  await there()
  await db.close()
  db = await open(dir, lines, options)
  await there()
  expect(lines).toEqual([])
  await db.close()
})
