import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { labelsFromObject, labelsKey } from '@haechi/model'
import { expect, test } from 'vitest'
import type { Database } from '../src/index.ts'
import { RetentionClock } from '../src/retention-clock.ts'
import { HOUR, MINUTE, T0, open } from './fault-fixture.ts'
import type { Line } from './fault-fixture.ts'
import { readAll } from './read-all.ts'
import { tempDir } from './temp-dir.ts'

const DAY = 24 * HOUR
const YEAR = 365 * DAY
const RETENTION = 15 * DAY
const LABELS = labelsFromObject({ __name__: 'up', job: 'x' })
const NOW = T0 + 40 * DAY

/** A directory with a clock that can be wrong and one that can't. */
class Machine {
  readonly dir: string = tempDir()
  readonly lines: Line[] = []
  readonly want = new Set<number>()
  clockMs: number = NOW
  upMs = 5000
  db!: Database

  async start(): Promise<void> {
    this.db = await open(this.dir, this.lines, { followClock: true, outOfOrderWindowMs: 0, retentionMs: RETENTION, now: () => this.clockMs, monotonic: () => this.upMs })
  }

  /** Time passes, with a scrape every `everyMs`; whole rounds of maintenance in between. */
  async run(ms: number, everyMs: number = MINUTE): Promise<void> {
    const a = this.db.appender()
    for (let passed = 0; passed < ms; passed += everyMs) {
      this.clockMs += everyMs
      this.upMs += everyMs
      a.append(a.series(LABELS), this.clockMs, passed)
      expect(a.commit(), new Date(this.clockMs).toISOString()).toMatchObject({ appended: 1, outOfOrder: 0, outOfBounds: 0 })
      this.want.add(this.clockMs)
      if ((passed / everyMs) % 100 === 99) await this.db.maintain()
    }
    await this.db.maintain()
  }

  async restart(): Promise<void> {
    await this.db.close()
    this.upMs = 77
    await this.start()
  }

  async times(): Promise<number[]> {
    return (await readAll(this.db)).get(labelsKey(LABELS))?.map(s => s.t) ?? []
  }

  async allThere(): Promise<void> {
    expect(await this.times()).toEqual([...this.want].sort((x, y) => x - y))
  }

  warnings(): string[] {
    return this.lines.filter(l => /clock/.test(l.message)).map(l => l.level)
  }
}

const JUMPS: readonly [string, number][] = [['-1 day', -DAY], ['+1 day', DAY], ['+ retention and a day', RETENTION + DAY], ['+1 year', YEAR]]

test.each(JUMPS)('[F11] the clock jumps by %s while running and comes back: nothing is lost', async (_, jump) => {
  const m = new Machine()
  await m.start()
  await m.run(5 * HOUR)
  m.clockMs += jump
  await m.run(5 * HOUR)
  expect(m.db.stats().clockHold?.aheadMs).toBe(jump > 0 ? jump : undefined)
  await m.allThere()
  await m.restart()
  await m.allThere()
  await m.run(2 * HOUR)
  expect(m.warnings().length).toBeGreaterThan(jump > 0 ? 0 : -1)
  m.clockMs -= jump
  await m.run(5 * HOUR)
  expect(m.db.stats().clockHold).toBeUndefined()
  await m.allThere()
  await m.restart()
  await m.allThere()
  await m.db.close()
})

test.each(JUMPS)('[F11] a restart with a clock that is wrong by %s, which is set right later: nothing is lost', async (_, jump) => {
  const m = new Machine()
  await m.start()
  await m.run(5 * HOUR)
  m.clockMs += jump
  await m.restart()
  await m.allThere()
  await m.run(HOUR)
  await m.restart()
  await m.run(4 * HOUR)
  await m.allThere()
  m.clockMs -= jump
  await m.restart()
  await m.allThere()
  await m.run(5 * HOUR)
  await m.allThere()
  await m.db.close()
})

test('[F11] a machine that was off for a year applies its retention after a day of running, over restarts', async () => {
  const m = new Machine()
  await m.start()
  await m.run(5 * HOUR)
  const old = [...m.want]
  m.clockMs += YEAR
  await m.restart()
  await m.run(13 * HOUR, 5 * MINUTE)
  await m.allThere()
  await m.restart()
  await m.run(13 * HOUR, 5 * MINUTE)
  for (const t of old) m.want.delete(t)
  await m.allThere()
  expect(m.db.stats().clockHold).toBeUndefined()
  // A year back: what was dropped stays so, but samples of the new time are taken.
  m.clockMs -= YEAR
  await m.run(5 * HOUR)
  await m.allThere()
  await m.db.close()
})

function clockOf(machine: { clockMs: number, upMs: number }, dataDir: string = tempDir(), lines: string[] = []): RetentionClock {
  const note = (_: object, message: string): void => void lines.push(message)
  return new RetentionClock({ dataDir, retentionMs: RETENTION, now: () => machine.clockMs, monotonic: () => machine.upMs, logger: { info: () => {}, warn: note, error: note } })
}

test('[F11] each step counts a day after it happened, steps back take the newest ones back', () => {
  const m = { clockMs: NOW, upMs: 0 }
  const c = clockOf(m)
  const pass = (ms: number): number => {
    m.clockMs += ms
    m.upMs += ms
    return c.nowMs() - NOW
  }
  expect(pass(HOUR)).toBe(HOUR)
  m.clockMs += 8 * HOUR
  expect(pass(0)).toBe(HOUR)
  expect(pass(12 * HOUR)).toBe(13 * HOUR)
  m.clockMs += YEAR
  expect(pass(0)).toBe(13 * HOUR)
  expect(pass(12 * HOUR)).toBe(33 * HOUR)
  expect(c.hold()).toEqual({ aheadMs: YEAR, leftMs: 12 * HOUR })
  m.clockMs -= YEAR - 9 * HOUR
  expect(pass(0)).toBe(33 * HOUR)
  expect(pass(11 * HOUR)).toBe(44 * HOUR)
  expect(pass(HOUR)).toBe(54 * HOUR)
  expect(c.hold()).toBeUndefined()
  // A clock that starts at zero until somebody tells it the time.
  m.clockMs = 0
  expect(c.nowMs()).toBe(0)
  m.clockMs = NOW + 54 * HOUR
  expect(pass(0)).toBe(54 * HOUR)
})

test('[F11] a clock that runs a little fast or slow is believed', () => {
  const m = { clockMs: NOW, upMs: 0 }
  const lines: string[] = []
  const c = clockOf(m, undefined, lines)
  for (let i = 0; i < 100; i++) {
    m.upMs += 10 * MINUTE
    m.clockMs += 10.5 * MINUTE
    expect(c.nowMs()).toBe(m.clockMs)
  }
  expect(lines).toEqual([])
})

test('[F11] without the file, or with a damaged one, the log says when data was written last', () => {
  const dir = tempDir()
  mkdirSync(path.join(dir, 'wal'))
  writeFileSync(path.join(dir, 'wal', '00000007'), '')
  utimesSync(path.join(dir, 'wal', '00000007'), NOW / 1000, NOW / 1000)
  const file = path.join(dir, 'haechi', 'clock.json')
  for (const damaged of [undefined, '', 'null', '{"believedMs":1e999,"steps":[]}', '{"believedMs":1,"steps":[null]}', '[]']) {
    if (damaged !== undefined) writeFileSync(file, damaged)
    const lines: string[] = []
    expect(clockOf({ clockMs: NOW + YEAR, upMs: 0 }, dir, lines).nowMs()).toBe(NOW)
    expect(lines).toHaveLength(1)
  }
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ believedMs: NOW, steps: [{ deltaMs: YEAR }] })
})
