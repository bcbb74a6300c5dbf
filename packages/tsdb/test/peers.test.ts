import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { labelsFromObject, labelsKey } from '@haechi/model'
import { expect, test } from 'vitest'
import { openHead } from '../src/index.ts'
import { bundle } from './bundle.ts'
import { readAll } from './read-all.ts'
import { peerRun } from '@haechi/testkit'
import { tempDir } from './temp-dir.ts'

const run = peerRun()
const reason = 'needs PEERS_DIR and the peers folder'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

interface Peer {
  readonly url: string
  readonly log: () => string
  readonly stop: (signal: NodeJS.Signals) => Promise<void>
}

/** Starts a real Prometheus on a data directory and waits until it is ready. */
async function prometheus(dir: string, scrapeOwn: boolean): Promise<Peer> {
  const port = await freePort()
  const config = path.join(tempDir(), 'prometheus.yml')
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: scrapeOwn ? [{ job_name: 'self', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }] : [] }))
  const child = spawn(run!, ['prometheus', `--config.file=${config}`, `--storage.tsdb.path=${dir}`, `--web.listen-address=127.0.0.1:${port}`, '--storage.tsdb.retention.time=100y'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (s: string) => {
    log += s
  })
  const url = `http://127.0.0.1:${port}`
  for (let i = 0; ; i++) {
    if (await fetch(`${url}/-/ready`).then(r => r.ok, () => false)) break
    if (i > 150 || child.exitCode !== null) throw new Error(`prometheus did not start: ${log}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return {
    url,
    log: () => log,
    async stop(signal) {
      child.kill(signal)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

interface Matrix { readonly data: { readonly result: readonly { readonly metric: Record<string, string>; readonly values: readonly (readonly [number, string])[] }[] } }

/** Raw samples of a selector over the last hours, as the real server has them. */
async function raw(peer: Peer, selector: string): Promise<Map<string, (readonly [number, number])[]>> {
  const body = await (await fetch(`${peer.url}/api/v1/query?query=${encodeURIComponent(`${selector}[10h]`)}`)).json() as Matrix
  return new Map(body.data.result.map(s => [labelsKey(labelsFromObject(s.metric)), s.values.map(([t, v]) => [Math.round(t * 1000), Number(v)] as const)]))
}

const numbers = (samples: { t: number; lo: number; hi: number }[]): [number, number][] =>
  samples.filter(s => !(s.hi === 0x7ff00000 && s.lo === 2)).map(s => [s.t, new Float64Array(Uint32Array.of(s.lo, s.hi).buffer)[0]!])

test.skipIf(run === undefined)(`[C1] after kill -9 of ours, a real Prometheus reads the log without repair and answers the same samples (${reason})`, async () => {
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
  const peer = await prometheus(dir, false)
  const theirs = await raw(peer, 'crash')
  expect(peer.log()).not.toMatch(/level=(WARN|ERROR)[^\n]*(WAL|wal|corrupt|repair|replay)/)
  await peer.stop('SIGTERM')
  const head = await openHead({ dataDir: dir, retentionMs: Infinity })
  const ours = await readAll(head)
  await head.close()
  expect([...theirs.keys()].sort()).toEqual([...ours.keys()].sort())
  for (const [key, samples] of ours) expect(theirs.get(key)).toEqual(numbers(samples))
}, 60_000)

test.skipIf(run === undefined).each(['SIGTERM', 'SIGKILL'] as const)(`[C2] a directory of a real Prometheus that ended by %s gives the same samples here, and goes back (${reason})`, async signal => {
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
