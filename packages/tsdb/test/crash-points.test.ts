import * as realFs from 'node:fs'
import path from 'node:path'
import { newMatcher } from '@haechi/model'
import { expect, test, vi } from 'vitest'
import { openDatabase } from '../src/index.ts'
import type { Database } from '../src/index.ts'
import { listSegments } from '../src/wal/wal-files.ts'
import { HOUR, MINUTE, T0, clock, fill, open, stored } from './fault-fixture.ts'
import { FileHistory } from './file-history.ts'
import { tempDir } from './temp-dir.ts'

/** Every how manieth point is tried; HAECHI_CRASH_POINTS=1 tries all (`node scripts/crash.mjs` does). */
const STRIDE = Number(process.env['HAECHI_CRASH_POINTS'] ?? 61)
const SEED = Number(process.env['HAECHI_CRASH_SEED'] ?? Date.now() % 1_000_000)

/** What the storage does to its files while one is set. */
const recorder = vi.hoisted(() => ({ history: undefined as FileHistory | undefined }))

vi.mock('node:fs', async original => {
  const { recordingFs } = await import('./recording-fs.ts')
  return recordingFs(await original<typeof import('node:fs')>(), () => recorder.history)
})

let state = SEED || 1
/** Marsaglia's xorshift, below n. */
function random(n: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return Math.floor(((state >>> 0) / 2 ** 32) * n)
}

/** What must and what may be there, by the number of operations that were done. */
interface Step {
  readonly at: number
  /** Every sample by series and time. */
  readonly all: ReadonlyMap<string, number>
}

test(`[B7] whatever operation on files is the last one, done wholly or half, the directory is readable and complete; so it is when the power goes (seed ${SEED})`, async () => {
  const dir = tempDir()
  const history = new FileHistory(dir)
  recorder.history = history
  const db = await open(dir, [], { syncMs: 1, blockRangeMs: HOUR })
  /** States between which the operations lie: what a step began with, and what it left. */
  const steps: Step[] = [{ at: 0, all: new Map() }]
  const note = async (): Promise<void> => void steps.push({ at: history.length, all: await stored(db) })
  await note()
  const later = async (what: (db: Database) => unknown): Promise<void> => {
    await what(db)
    await note()
  }
  let t = T0
  const hours = async (n: number): Promise<void> => {
    for (let k = 0; k < 4 * n; k++) {
      fill(db, t, (t += 15 * MINUTE))
      // A turn for the timer that syncs.
      await new Promise(resolve => setTimeout(resolve, 2))
      await note()
    }
  }
  await hours(3)
  await later(d => d.maintain())
  await later(d => d.deleteSeries([[newMatcher('=', 'i', '3')]], T0, T0 + 2 * HOUR))
  await hours(2)
  await later(d => d.snapshot(false))
  await later(d => d.maintain())
  await later(d => d.cleanTombstones())
  await hours(2)
  await later(d => d.maintain())
  await db.close()
  steps.push({ at: Infinity, all: steps.at(-1)!.all })
  recorder.history = undefined
  const kinds = new Set(history.kinds())
  for (const kind of ['make', 'write', 'sync', 'rename', 'remove', 'folder', 'link']) expect(kinds, 'operations that were met').toContain(kind)

  const tried = { whole: 0, half: 0, power: 0 }
  let done = 0
  for (let n = 1; n <= history.length; n++) {
    history.forward(n)
    if ((n + SEED) % STRIDE !== 0 && n !== history.length) continue
    // The state before the step that the operation belongs to, and after it.
    const k = steps.findIndex(s => s.at >= n)
    const before = steps[k - 1]!.all
    const after = steps[k]!.all
    const what = `after ${n} of ${history.length} operations, the last: ${history.describe(n)}`
    await check(history, 'whole', before, after, what)
    tried.whole++
    if (history.isWrite(n)) {
      await check(history, 'half', before, after, `${what}, of which half was done`)
      tried.half++
    }
    // Of what was appended, what a sync has reached must be there.
    const durable = steps.findLast(s => s.at <= n && history.durable(s.at))
    await check(history, 'power', durable === undefined ? new Map() : both(both(durable.all, before), after), union(steps, k), `${what}, then the power went`)
    tried.power++
    done++
  }
  expect(done).toBeGreaterThan(history.length / STRIDE - 1)
  if (process.env['HAECHI_CRASH_POINTS'] !== undefined) process.stderr.write(`crash points: ${history.length} operations, ${JSON.stringify(tried)}, seed ${SEED}\n`)
}, 120_000 + 1_200_000 / STRIDE)

/** Opens what a crash left, compares it, and lets it live on. */
async function check(history: FileHistory, kind: 'whole' | 'half' | 'power', must: ReadonlyMap<string, number>, may: ReadonlyMap<string, number>, what: string): Promise<void> {
  const dir = tempDir()
  history.restore(dir, kind, random)
  try {
    clock.nowMs = T0 + 8 * HOUR
    let db = await openDatabase(options(dir))
    expect(db.report.damagedBlocks, what).toEqual([])
    if (kind !== 'power') expect(db.report.replay, what).toMatchObject({ lost: [], badRecords: 0 })
    const found = await stored(db)
    compare(found, must, may, what)
    if (kind !== 'whole') {
      await db.close()
      return
    }
    // Life goes on: what is left half is tidied, and nothing comes back or goes.
    await db.maintain()
    expect(same(await stored(db), found), `${what}: maintenance changes answers`).toBe(true)
    await db.close()
    const segments = listSegments(path.join(dir, 'wal')).map(s => s.index)
    expect(segments, `${what}: the log has gaps`).toEqual(segments.map((_, i) => segments[0]! + i))
    expect(realFs.readdirSync(dir).filter(n => n.includes('.tmp')), what).toEqual([])
    db = await openDatabase(options(dir))
    expect(same(await stored(db), found), `${what}: another start changes answers`).toBe(true)
    await db.close()
  } finally {
    realFs.rmSync(dir, { recursive: true, force: true })
  }
}

const options = (dataDir: string): Parameters<typeof openDatabase>[0] => ({ dataDir, retentionMs: 3650 * 24 * HOUR, maintenanceMs: 0, syncMs: 0, walCompression: false, outOfOrderWindowMs: 6 * HOUR, blockRangeMs: HOUR, now: () => clock.nowMs })

/** What both states have: a step may have done its part or not. */
function both(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...a].filter(([key, v]) => b.get(key) === v))
}

/** Everything that was ever there up to a step: a deletion that no sync has reached is undone by a power cut. */
function union(steps: readonly Step[], to: number): Map<string, number> {
  return new Map(steps.slice(0, to + 1).flatMap(s => [...s.all]))
}

function same(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([key, v]) => b.get(key) === v)
}

/** @param must what was there before the step: it is there still, unless the step removes it @param after what the step leads to: nothing else is there */
function compare(found: ReadonlyMap<string, number>, must: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>, what: string): void {
  const missing = [...both(must, after)].filter(([key, v]) => found.get(key) !== v)
  expect(missing.slice(0, 3), `${what}: ${missing.length} acknowledged samples are missing`).toEqual([])
  const foreign = [...found].filter(([key, v]) => must.get(key) !== v && after.get(key) !== v)
  expect(foreign.slice(0, 3), `${what}: ${foreign.length} samples are there that should not be`).toEqual([])
}
