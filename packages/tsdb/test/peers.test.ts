import { cpSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { labelsKey } from '@haechi/model'
import { expect, test } from 'vitest'
import { openHead } from '../src/index.ts'
import { bundle } from './bundle.ts'
import { readAll } from './read-all.ts'
import { PEERS_REASON as reason, numbers, peersMissing, prometheus, raw } from './real-prometheus.ts'
import { tempDir } from './temp-dir.ts'

test.skipIf(peersMissing)(`[C1] after kill -9 of ours, a real Prometheus reads the log without repair and answers the same samples (${reason})`, async () => {
  const dir = tempDir()
  const writer = await bundle(path.join(import.meta.dirname, 'crash-writer.ts'), tempDir())
  const start = Date.now() - 3_600_000
  const child = spawn(process.execPath, [writer, dir, String(start), '120'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let lines = 0
  child.stdout.setEncoding('latin1').on('data', (s: string) => {
    lines += s.split('\n').length - 1
    if (lines > 800) child.kill('SIGKILL')
  })
  await once(child, 'exit')
  // SIGKILL may cut the last write itself, between two pages; what it held was not acknowledged. Prometheus calls mending such an end a repair, of its own logs too.
  const copy = tempDir()
  cpSync(dir, copy, { recursive: true })
  const judged = await openHead({ dataDir: copy, retentionMs: Infinity })
  const { lost, tornBytes } = judged.report.replay
  await judged.close()
  expect(lost).toEqual([])
  const peer = await prometheus(dir, false)
  const theirs = await raw(peer, 'crash')
  if (tornBytes === 0) expect(peer.log()).not.toMatch(/level=(WARN|ERROR)[^\n]*(WAL|wal|corrupt|repair|replay)/)
  await peer.stop('SIGTERM')
  const head = await openHead({ dataDir: dir, retentionMs: Infinity })
  const ours = await readAll(head)
  await head.close()
  expect([...theirs.keys()].sort()).toEqual([...ours.keys()].sort())
  for (const [key, samples] of ours) expect(theirs.get(key)).toEqual(numbers(samples))
}, 60_000)

test.skipIf(peersMissing).each(['SIGTERM', 'SIGKILL'] as const)(`[C2] a directory of a real Prometheus that ended by %s gives the same samples here, and goes back (${reason})`, async signal => {
  const dir = tempDir()
  const first = await prometheus(dir, true)
  await new Promise(resolve => setTimeout(resolve, 6000))
  const theirs = await raw(first, '{job="self"}')
  expect(theirs.size).toBeGreaterThan(300)
  await first.stop(signal)
  const head = await openHead({ dataDir: dir, retentionMs: Infinity })
  expect(head.report.replay).toMatchObject({ lost: [], badRecords: 0, samplesUnknownSeries: 0 })
  const ours = await readAll(head)
  for (const [key, samples] of theirs) expect(numbers(ours.get(key) ?? []).slice(0, samples.length)).toEqual(samples)
  const a = head.appender()
  const now = Date.now()
  a.append(a.series(['__name__', 'ours', 'job', 'self']), now, 42)
  a.commit()
  await head.close()
  const second = await prometheus(dir, false)
  const again = await raw(second, '{job="self"}')
  expect(second.log()).not.toMatch(/level=(WARN|ERROR)[^\n]*(WAL|wal|corrupt|repair|replay|Unknown)/)
  await second.stop('SIGTERM')
  expect(again.get(labelsKey(['__name__', 'ours', 'job', 'self']))).toEqual([[now, 42]])
  for (const [key, samples] of theirs) expect(again.get(key)!.slice(0, samples.length)).toEqual(samples)
}, 60_000)
