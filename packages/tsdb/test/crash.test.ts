import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { newMatcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { expect, test } from 'vitest'
import { openHead } from '../src/index.ts'
import { bundle } from './bundle.ts'
import { tempDir } from './temp-dir.ts'

const ROUNDS = Number(process.env['HAECHI_CRASH_ROUNDS'] ?? 5)
const START = 1_790_000_000_000
const SERIES = 300

test(`[W8] kill -9 at random points loses no acknowledged sample (${ROUNDS} rounds)`, async () => {
  const dir = tempDir()
  const writer = await bundle(path.join(import.meta.dirname, 'crash-writer.ts'), tempDir())
  let acknowledged = 0
  for (let i = 0; i < ROUNDS; i++) {
    const child = spawn(process.execPath, [writer, dir, String(START), String(SERIES)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    let text = ''
    child.stdout.setEncoding('latin1').on('data', (s: string) => {
      text += s
    })
    // From the first acknowledgement on, at any moment.
    await Promise.race([once(child.stdout, 'data'), exited])
    await new Promise(resolve => setTimeout(resolve, 20 + Math.random() * 300))
    child.kill('SIGKILL')
    await exited
    if (!child.stdout.readableEnded) await once(child.stdout, 'end')
    acknowledged = Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1))
    expect(acknowledged).toBeGreaterThan(0)

    const head = await openHead({ dataDir: dir, retentionMs: Infinity })
    expect(head.report.replay.lost).toEqual([])
    expect(head.report.replay.badRecords).toBe(0)
    const querier = head.querier(0, 2 * START)
    const set = await querier.select([newMatcher('=', '__name__', 'crash')], 0, 2 * START)
    const into = new SampleColumns()
    // The round after the last acknowledged one may be in the log as well.
    expect(set.size).toBeGreaterThanOrEqual(Math.min(SERIES, 100 + acknowledged))
    expect(set.size).toBeLessThanOrEqual(Math.min(SERIES, 101 + acknowledged))
    for (let k = 0; k < set.size; k++) {
      const index = Number(set.labels(k)[3])
      const n = set.read(k, 0, 2 * START, into)
      const firstRound = (into.ts[0]! - START) / 1000
      // No gap, every value right, and at least up to the acknowledged round.
      for (let s = 0; s < n; s++) {
        if (into.ts[s] !== START + 1000 * (firstRound + s) || into.vs[s] !== (firstRound + s) * 1000 + index) throw new Error(`series ${index}: sample ${s} is (${into.ts[s]}, ${into.vs[s]})`)
      }
      expect(firstRound + n - 1).toBeGreaterThanOrEqual(acknowledged)
    }
    querier.close()
    await head.close()
  }
}, 30_000 + 5_000 * ROUNDS)
