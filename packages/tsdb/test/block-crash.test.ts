import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { newMatcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { expect, test, vi } from 'vitest'
import { openDatabase } from '../src/index.ts'
import { bundle } from './bundle.ts'
import { tempDir } from './temp-dir.ts'

const ROUNDS = Number(process.env['HAECHI_CRASH_ROUNDS'] ?? 6)
const HOUR = 3_600_000
const START = Math.floor(1_700_000_000_000 / (54 * HOUR)) * 54 * HOUR
const SERIES = 40

test(`[B7] kill -9 at random points of writing, merging and deleting blocks loses no acknowledged sample (${ROUNDS} rounds)`, async () => {
  const dir = tempDir()
  const out = tempDir()
  const writer = await bundle(path.join(import.meta.dirname, 'block-crash-writer.ts'), out)
  const thread = await bundle(path.join(import.meta.dirname, 'maintenance-entry.ts'), out)
  let acknowledged = 0
  let merged = 0
  let blocks = 0
  for (let i = 0; i < ROUNDS; i++) {
    const child = spawn(process.execPath, [writer, dir, String(START), String(SERIES), thread], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    let text = ''
    child.stdout.setEncoding('latin1').on('data', (s: string) => {
      text += s
    })
    await Promise.race([once(child.stdout, 'data'), exited])
    // On a slow machine the last round waits until blocks were merged: killed somewhere in the first second, no round might have come to it.
    if (i === ROUNDS - 1 && merged === 0) await vi.waitUntil(() => child.exitCode !== null || / [1-9]\d*\n/.test(text), { timeout: 60_000, interval: 20 })
    await new Promise(resolve => setTimeout(resolve, 300 + Math.random() * 700))
    child.kill('SIGKILL')
    await exited
    if (!child.stdout.readableEnded) await once(child.stdout, 'end')
    const last = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1)!.split(' ').map(Number)
    acknowledged = last[0]!
    merged += last[1]!

    const db = await openDatabase({ dataDir: dir, retentionMs: 1e13, maintenanceMs: 0 })
    expect(db.report.replay).toMatchObject({ lost: [], badRecords: 0 })
    expect(db.report.damagedBlocks).toEqual([])
    expect(readdirSync(dir).filter(n => n.includes('tmp'))).toEqual([])
    blocks = db.blocks().length
    const querier = db.querier(0, 2 * START)
    const set = await querier.select([newMatcher('=', '__name__', 'crash')], 0, 2 * START)
    expect(set.size).toBe(SERIES)
    const into = new SampleColumns()
    for (let k = 0; k < set.size; k++) {
      const index = Number(set.labels(k)[3])
      const n = set.read(k, 0, 2 * START, into)
      for (let s = 0; s < n; s++) {
        if (into.ts[s] !== START + 60_000 * s || into.vs[s] !== s * 1000 + index) throw new Error(`series ${index}: sample ${s} is (${(into.ts[s]! - START) / 60_000}, ${into.vs[s]})`)
      }
      expect(n - 1).toBeGreaterThanOrEqual(acknowledged)
    }
    querier.close()
    await db.close()
  }
  expect(blocks).toBeGreaterThan(1)
  expect(merged).toBeGreaterThan(0)
}, 90_000 + 30_000 * ROUNDS)
