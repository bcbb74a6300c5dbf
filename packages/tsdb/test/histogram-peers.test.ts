import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { compactHistogram, newMatcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { listBlocks } from '../src/block/block-meta.ts'
import { BlockReader } from '../src/block/block-reader.ts'
import { SeriesEntry } from '../src/block/index-file.ts'
import { openDatabase } from '../src/index.ts'
import type { Database } from '../src/index.ts'
import { histogramSeries, meaning } from './histogram-arbitrary.ts'
import type { Step } from './histogram-arbitrary.ts'
import { PEERS_REASON, peersMissing, prometheus } from './real-prometheus.ts'
import { tempDir } from './temp-dir.ts'

const HOUR = 3_600_000
const T0 = Math.floor(1_780_000_000_000 / (54 * HOUR)) * 54 * HOUR
const FLAGS = ['--enable-feature=native-histograms', '--web.enable-admin-api']

const open = (dir: string): Promise<Database> => openDatabase({ dataDir: dir, retentionMs: 100 * 365 * 24 * HOUR, maintenanceMs: 0, syncMs: 0, now: () => T0 + 1000 * HOUR })

/** Series of histograms, each 15 s over 4 h, of every shape that the generator knows; without empty buckets, which Prometheus 3.5 loses when others come at the same time. */
function lives(seed: number): Step[][] {
  const parts = fc.sample(histogramSeries, { numRuns: 600, seed })
  return Array.from({ length: 12 }, (_, i) => {
    const out: Step[] = []
    for (let k = i; out.length < 960; k = (k + 7) % parts.length) out.push(...parts[k]!.map(h => (h === null ? null : compactHistogram(h))))
    return out.slice(0, 960)
  })
}

function fill(db: Database, series: readonly (readonly Step[])[], samples: number): void {
  const a = db.appender()
  for (let k = 0; k < samples; k++) {
    for (const [i, steps] of series.entries()) {
      const ref = a.series(['__name__', 'latency', 'instance', String(i)])
      const h = steps[k]!
      if (h === null) a.appendStale(ref, T0 + k * 15_000)
      else a.appendHistogram(ref, T0 + k * 15_000, h)
    }
    a.commit()
  }
}

/** What all histograms of a directory say, by instance. */
async function readHistograms(db: Database): Promise<Map<string, unknown[]>> {
  const querier = db.querier(-8e15, 8e15)
  const set = await querier.select([newMatcher('!=', '__name__', '')], -8e15, 8e15)
  const into = new SampleColumns()
  const out = new Map<string, unknown[]>()
  for (let i = 0; i < set.size; i++) {
    set.read(i, -8e15, 8e15, into)
    out.set(set.labels(i).join(), Array.from({ length: into.length }, (_, k) => [into.ts[k], meaning(into.histograms?.[k] ?? null), into.isStale(k)]))
  }
  querier.close()
  return out
}

/** Each chunk of a block: times, encoding, bytes. */
function chunksOf(dir: string): string[] {
  const listed = listBlocks(path.dirname(dir)).find(b => b.dir === dir)!
  const reader = new BlockReader(listed)
  const entry = new SeriesEntry()
  const out: string[] = []
  for (const ref of reader.index.all()) {
    reader.index.series(ref, entry)
    for (let k = 0; k < entry.chunks; k++) {
      const { chunks } = reader
      chunks.read(entry.refs[k]!)
      out.push(`${reader.labelsOf(entry).join()} ${entry.minTs[k]! - T0} ${entry.maxTs[k]! - T0} ${chunks.encoding} ${Buffer.from(chunks.bytes.subarray(chunks.from, chunks.from + chunks.length)).toString('hex')}`)
    }
  }
  reader.close()
  return out
}

/** The log as `kill -9` leaves it. */
function killed(dir: string): string {
  const copy = tempDir()
  cpSync(path.join(dir, 'wal'), path.join(copy, 'wal'), { recursive: true })
  return copy
}

async function snapshot(dir: string): Promise<string> {
  const peer = await prometheus(dir, false, FLAGS)
  const { data } = await (await fetch(`${peer.url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' })).json() as { data: { name: string } }
  expect(peer.log()).not.toMatch(/level=(WARN|ERROR)/)
  await peer.stop('SIGTERM')
  return path.join(dir, 'snapshots', data.name)
}

const blocksOf = (dir: string): string[] => readdirSync(dir).filter(n => /^[0-9A-Z]{26}$/.test(n)).sort()

test.skipIf(peersMissing)(`[J5] from our log a real Prometheus makes histogram chunks with the bytes of ours, and reads the same (${PEERS_REASON})`, async () => {
  const series = lives(3)
  const dir = tempDir()
  const db = await open(dir)
  fill(db, series, 960)
  const want = await readHistograms(db)
  const theirs = killed(dir)
  await db.maintain()
  const [block] = db.blocks()
  await db.close()

  const shot = await snapshot(theirs)
  const [their] = blocksOf(shot)
  mkdirSync(path.join(shot, 'wal'))
  const back = await open(shot)
  expect(await readHistograms(back)).toEqual(want)
  await back.close()
  const ours = chunksOf(path.join(dir, block!.ulid))
  expect(ours.length).toBeGreaterThan(500)
  // Their snapshot has all four hours in one block.
  expect(ours).toEqual(chunksOf(path.join(shot, their!)).filter(chunk => Number(chunk.split(' ')[1]) < 2 * HOUR))
}, 60_000)

test.skipIf(peersMissing)(`[C3] a directory that a real Prometheus with native histograms left behind at kill -9 reads the same here (${PEERS_REASON})`, async () => {
  const dir = tempDir()
  const first = await prometheus(dir, true, FLAGS)
  await expect.poll(async () => await (await fetch(`${first.url}/api/v1/query?query=${encodeURIComponent('count_over_time(prometheus_http_request_duration_seconds{handler="/metrics"}[1m])')}`)).text(), { timeout: 30_000 }).toMatch(/"[5-9]"/)
  await first.stop('SIGKILL')
  const second = await prometheus(killed(dir), false, FLAGS)
  const body = await (await fetch(`${second.url}/api/v1/query?query=${encodeURIComponent('prometheus_http_request_duration_seconds[1h]')}`)).json() as { data: { result: { metric: Record<string, string>; histograms: [number, { count: string; sum: string }][] }[] } }
  await second.stop('SIGKILL')
  expect(body.data.result.length).toBeGreaterThan(0)
  const db = await open(dir)
  const ours = await readHistograms(db)
  for (const { metric, histograms } of body.data.result) {
    const key = Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)).flat().join()
    const read = ours.get(key)!.filter(s => (s as [number, unknown])[1] !== null) as [number, { count: number; sum: number }][]
    expect(read.map(([t, h]) => [t, String(h.count), h.sum])).toEqual(histograms.map(([t, h]) => [Math.round(t * 1000), h.count, Number(h.sum)]))
  }
  await db.close()
}, 90_000)
