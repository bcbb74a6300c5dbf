import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { listBlocks } from '../src/block/block-meta.ts'
import { mergeBlocks } from '../src/block/merge-blocks.ts'
import { openDatabase } from '../src/index.ts'
import type { Database } from '../src/index.ts'
import { readAll } from './read-all.ts'
import { PEERS_REASON, numbers, peersMissing, prometheus, promtool, raw } from './real-prometheus.ts'
import type { Peer } from './real-prometheus.ts'
import { tempDir } from './temp-dir.ts'

const HOUR = 3_600_000
const T0 = Math.floor(1_780_000_000_000 / (54 * HOUR)) * 54 * HOUR

const open = (dir: string): Promise<Database> => openDatabase({ dataDir: dir, retentionMs: 100 * 365 * 24 * HOUR, maintenanceMs: 0, now: () => T0 + 1000 * HOUR })

/** Samples of some series each 15 s, with values of several kinds; one series ends early. */
function samples(hours: number): { name: string; labels: Record<string, string>; t: number; v: number }[] {
  const out: { name: string; labels: Record<string, string>; t: number; v: number }[] = []
  for (let i = 0; i < 12; i++) {
    for (let t = T0; t < T0 + hours * HOUR; t += 15_000) {
      if (i === 5 && t > T0 + HOUR) break
      const k = (t - T0) / 15_000
      out.push({ name: i < 6 ? 'requests_total' : 'temperature', labels: { instance: `127.0.0.1:${8000 + i}`, job: i % 2 === 0 ? 'api' : '한국', ...(i === 7 ? { note: 'only here' } : {}) }, t, v: i < 6 ? k * i : Math.sin(k / 10) * i })
    }
  }
  return out
}

function fill(db: Database, list: readonly { name: string; labels: Record<string, string>; t: number; v: number }[]): void {
  const a = db.appender()
  const byTime = [...list].sort((x, y) => x.t - y.t)
  for (const [k, s] of byTime.entries()) {
    a.append(a.series(['__name__', s.name, ...Object.entries(s.labels).sort(([x], [y]) => (x < y ? -1 : 1)).flat()]), s.t, s.v)
    if (k + 1 === byTime.length || byTime[k + 1]!.t !== s.t) a.commit()
  }
}

const blocksOf = (dir: string): string[] => readdirSync(dir).filter(n => /^[0-9A-Z]{26}$/.test(n)).sort()

/** What promtool says of all blocks: `{labels} value time` lines. */
const dumped = (dir: string): string[] => promtool('tsdb', 'dump', dir).trim().split('\n').sort()

test.skipIf(peersMissing)(`[J1] blocks that promtool wrote answer the same samples here (${PEERS_REASON})`, async () => {
  const text = path.join(tempDir(), 'in.om')
  const list = samples(7)
  writeFileSync(text, `${list.map(s => `${s.name}{${Object.entries(s.labels).map(([k, v]) => `${k}="${v}"`).join(',')}} ${s.v} ${s.t / 1000}`).join('\n')}\n# EOF\n`)
  const dir = tempDir()
  promtool('tsdb', 'create-blocks-from', 'openmetrics', text, dir)
  expect(blocksOf(dir).length).toBeGreaterThan(2)
  const db = await open(dir)
  expect(db.report.damagedBlocks).toEqual([])
  const ours = await readAll(db)
  expect(ours.size).toBe(12)
  expect([...ours.values()].reduce((n, s) => n + s.length, 0)).toBe(list.length)
  for (const s of list) {
    const series = [...ours.entries()].find(([key]) => key.includes(s.labels['instance']!))![1]
    const at = series[(s.t - T0) / 15_000]!
    if (at.t !== s.t || new Float64Array(Uint32Array.of(at.lo, at.hi).buffer)[0] !== s.v) throw new Error(`${JSON.stringify(s)} is ${JSON.stringify(at)}`)
  }
  await db.close()
}, 60_000)

test.skipIf(peersMissing)(`[J2] promtool lists, analyzes and dumps our blocks; a real Prometheus answers the same from them (${PEERS_REASON})`, async () => {
  const dir = tempDir()
  const list = samples(23)
  const db = await open(dir)
  fill(db, list)
  const { blocksWritten, compaction } = await db.maintain()
  expect(blocksWritten.length).toBeGreaterThan(8)
  expect(compaction!.merged.length).toBeGreaterThan(2)
  const metas = db.blocks()
  const ours = await readAll(db)
  await db.close()

  const listed = promtool('tsdb', 'list', dir).trim().split('\n').slice(1).map(line => line.trim().split(/\s{2,}/))
  expect(listed.map(f => f[0]).sort()).toEqual(metas.map(m => m.ulid).sort())
  for (const m of metas) {
    const fields = listed.find(f => f[0] === m.ulid)!
    expect(fields.slice(4, 7).map(Number)).toEqual([m.stats.numSamples, m.stats.numChunks, m.stats.numSeries])
  }
  expect(promtool('tsdb', 'analyze', dir, metas[0]!.ulid)).toContain(`Total Series: ${metas[0]!.stats.numSeries}`)

  const blocksOnly = tempDir()
  for (const m of metas) cpSync(path.join(dir, m.ulid), path.join(blocksOnly, m.ulid), { recursive: true })
  mkdirSync(path.join(blocksOnly, 'wal'))
  const end = metas.at(-1)!.maxTime
  expect(dumped(blocksOnly)).toHaveLength(list.filter(s => s.t < end).length)

  const peer = await prometheus(dir, false, ['--query.max-samples=500000000'])
  const theirs = await raw(peer, '{job=~".+"}', '24h', T0 + 23 * HOUR)
  expect(peer.log()).not.toMatch(/level=(WARN|ERROR)/)
  await peer.stop('SIGTERM')
  expect([...theirs.keys()].sort()).toEqual([...ours.keys()].sort())
  for (const [key, s] of ours) expect(theirs.get(key)).toEqual(numbers(s))
}, 120_000)

test.skipIf(peersMissing)(`[J3] the block of a time range is the one that Prometheus makes of the same log, byte for byte (${PEERS_REASON})`, async () => {
  const dir = tempDir()
  const db = await open(dir)
  fill(db, samples(4))
  await db.maintain()
  const [block] = db.blocks()
  await db.close()

  const theirs = tempDir()
  const log = await open(theirs)
  fill(log, samples(2))
  await log.close()
  const peer = await prometheus(theirs, false, ['--web.enable-admin-api'])
  const { data } = await (await fetch(`${peer.url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' })).json() as { data: { name: string } }
  await peer.stop('SIGTERM')
  const snapshot = path.join(theirs, 'snapshots', data.name)
  const [their] = blocksOf(snapshot)
  for (const file of ['chunks/000001', 'index', 'tombstones']) expect(readFileSync(path.join(dir, block!.ulid, file)).equals(readFileSync(path.join(snapshot, their!, file))), file).toBe(true)
}, 60_000)

test.skipIf(peersMissing)(`[J4] blocks that a real Prometheus wrote while it ran answer the same here, are merged here with their histograms, and go back (${PEERS_REASON})`, async () => {
  const dir = tempDir()
  const flags = ['--enable-feature=native-histograms', '--query.max-samples=500000000']
  const first = await prometheus(dir, true, [...flags, '--storage.tsdb.min-block-duration=3s', '--storage.tsdb.max-block-duration=3s'])
  for (let i = 0; i < 200 && blocksOf(dir).length < 3; i++) await new Promise(resolve => setTimeout(resolve, 500))
  await first.stop('SIGTERM')
  const end = Date.now()
  const histograms = async (peer: Peer): Promise<string> => await (await fetch(`${peer.url}/api/v1/query?query=${encodeURIComponent('prometheus_http_request_duration_seconds[1h]')}&time=${end / 1000}`)).text()
  const before = await prometheus(dir, false, flags)
  const theirs = await raw(before, '{job="self"}', '1h', end)
  const theirHistograms = await histograms(before)
  expect(theirHistograms).toContain('"buckets"')
  await before.stop('SIGTERM')
  const was = blocksOf(dir)
  expect(was.length).toBeGreaterThan(2)

  let db = await open(dir)
  expect(db.report.damagedBlocks).toEqual([])
  const check = async (): Promise<void> => {
    const ours = await readAll(db)
    for (const [key, s] of theirs) if (s.length > 0) expect(numbers(ours.get(key) ?? [])).toEqual(s)
  }
  await check()
  await db.close()
  await mergeBlocks(dir, listBlocks(dir), end)
  db = await open(dir)
  await db.maintain()
  expect(blocksOf(dir).length).toBeLessThan(was.length)
  await check()
  await db.close()

  const after = await prometheus(dir, false, flags)
  expect(await raw(after, '{job="self"}', '1h', end)).toEqual(theirs)
  expect(await histograms(after)).toBe(theirHistograms)
  expect(after.log()).not.toMatch(/level=(WARN|ERROR)/)
  await after.stop('SIGTERM')
}, 150_000)
