import { cpSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { CUSTOM_BUCKETS_SCHEMA, RESET_HINT, histogramJson, labelsFromObject, labelsKey, newMatcher } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import { expect, test } from 'vitest'
import { openDatabase } from '../src/index.ts'
import type { Database } from '../src/index.ts'
import { histogramOf } from './histogram-arbitrary.ts'
import { PEERS_REASON as reason, peersMissing, prometheus } from './real-prometheus.ts'
import type { Peer } from './real-prometheus.ts'
import { tempDir } from './temp-dir.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const FLAGS = ['--enable-feature=native-histograms', '--web.enable-remote-write-receiver']
const KINDS = ['integer', 'float', 'custom', 'gauge'] as const
type Kind = (typeof KINDS)[number]

/** A histogram that depends on its kind and time only; counters fall now and then. */
function histogramAt(kind: Kind, t: number): Histogram {
  const k = Math.floor(t / 1000)
  const grow = k % 5000
  if (kind === 'custom') return histogramOf({ positive: new Map([[0, grow], [1 + (k % 3), 1 + (k % 9)]]), schema: CUSTOM_BUCKETS_SCHEMA, zeroThreshold: 0, bounds: Float64Array.of(0.1, 1, 5, 10), sum: grow + 0.5, integer: k % 2 === 0 })
  return histogramOf({
    positive: new Map([[k % 6, 1 + grow], [9, k % 7 + 1]]), negative: new Map([[k % 2, 2 + (k % 5)]]), zero: k % 4, sum: grow + 0.25, schema: 2 + (Math.floor(k / 3600) % 2), integer: kind !== 'float',
    hint: kind === 'gauge' ? RESET_HINT.gauge : RESET_HINT.unknown,
  })
}

const labelsOf = (kind: Kind): string[] => ['__name__', 'late', 'kind', kind]

/** All histograms in the HTTP API's form, by series. */
async function ours(db: Database): Promise<[string, [number, string][]][]> {
  const querier = db.querier(-8e15, 8e15)
  const set = await querier.select([newMatcher('=', '__name__', 'late')], -8e15, 8e15)
  const into = new SampleColumns()
  const out: [string, [number, string][]][] = []
  for (let i = 0; i < set.size; i++) {
    const n = set.read(i, -8e15, 8e15, into)
    out.push([labelsKey(set.labels(i)), Array.from({ length: n }, (_, k) => [into.ts[k]!, histogramJson(into.histograms![k]!)])])
  }
  querier.close()
  return out.sort(([a], [b]) => (a < b ? -1 : 1))
}

async function theirs(peer: Peer, atMs: number): Promise<[string, [number, string][]][]> {
  const body = await (await fetch(`${peer.url}/api/v1/query?query=${encodeURIComponent('late[20h]')}&time=${atMs / 1000}`)).json() as { data: { result: { metric: Record<string, string>; histograms: [number, object][] }[] } }
  return body.data.result.map(s => [labelsKey(labelsFromObject(s.metric)), s.histograms.map(([t, h]): [number, string] => [Math.round(t * 1000), JSON.stringify(h)])] as [string, [number, string][]]).sort(([a], [b]) => (a < b ? -1 : 1))
}

const open = (dir: string, now: number): Promise<Database> =>
  openDatabase({ dataDir: dir, retentionMs: 100 * 365 * 24 * HOUR, maintenanceMs: 0, syncMs: 0, outOfOrderWindowMs: 12 * HOUR, now: () => now })

function fill(db: Database, fromMs: number, toMs: number): void {
  const a = db.appender()
  for (let t = fromMs; t <= toMs; t += MINUTE) {
    for (const kind of KINDS) {
      const at = (t / MINUTE) % 3 === 0 ? t - 90 * MINUTE - 1000 : t
      a.appendHistogram(a.series(labelsOf(kind)), at, histogramAt(kind, at))
    }
    expect(a.commit()).toMatchObject({ outOfOrder: 0, outOfBounds: 0, duplicate: 0 })
  }
}

test.skipIf(peersMissing).each(['clean', 'killed'] as const)(`[O6] a real Prometheus answers the same native histograms on our directory with some out of order, %s, without repair, and gives it back (${reason})`, async how => {
  const now = Math.floor(Date.now() / MINUTE) * MINUTE
  let dir = tempDir()
  let db = await open(dir, now)
  fill(db, now - 5 * HOUR, now - 30 * MINUTE)
  await db.maintain()
  fill(db, now - 29 * MINUTE, now)
  const want = await ours(db)
  expect(want.map(([, s]) => s.length)).toEqual([301, 301, 301, 301])
  expect(readdirSync(path.join(dir, 'wbl')).length).toBeGreaterThan(0)
  const blocks = db.blocks().length
  expect(blocks).toBeGreaterThan(1)
  if (how === 'killed') {
    const copy = tempDir()
    cpSync(dir, copy, { recursive: true })
    rmSync(path.join(copy, 'lock'))
    await db.close()
    dir = copy
  } else await db.close()
  const peer = await prometheus(dir, false, FLAGS)
  const got = await theirs(peer, now + HOUR)
  expect(peer.log()).not.toMatch(/level=(WARN|ERROR)[^\n]*(WAL|wal|WBL|wbl|corrupt|repair|replay|Unknown)/)
  await peer.stop(how === 'killed' ? 'SIGKILL' : 'SIGTERM')
  expect(got).toEqual(want)
  db = await open(dir, now)
  expect(db.report.skippedMappedChunks).toBe(0)
  expect(await ours(db)).toEqual(want)
  const { dir: snapshot } = await db.snapshot(false)
  await db.close()
  const copied = await prometheus(snapshot, false, FLAGS)
  const again = await theirs(copied, now + HOUR)
  await copied.stop('SIGTERM')
  expect(again).toEqual(want)
}, 90_000)

test.skipIf(peersMissing).each(['SIGTERM', 'SIGKILL'] as const)(`[O7] the out-of-order native histograms of a real Prometheus that ended by %s give the same here (${reason})`, async signal => {
  const dir = tempDir()
  const now = Math.floor(Date.now() / MINUTE) * MINUTE
  const first = await prometheus(dir, false, FLAGS, { storage: { tsdb: { out_of_order_time_window: '12h' } } })
  const send = async (ts: readonly number[]): Promise<void> => {
    const body = block(Buffer.concat(KINDS.map(kind => timeSeries(labelsOf(kind), ts.map(t => [t, histogramAt(kind, t)] as const)))))
    const answer = await fetch(`${first.url}/api/v1/write`, { method: 'POST', headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' }, body })
    expect([answer.status, await answer.text()]).toEqual([204, ''])
  }
  await send([now])
  // More than three chunks of 32 late ones, in several goes and not in order.
  for (let k = 0; k < 120; k += 10) await send(Array.from({ length: 10 }, (_, i) => now - 3 * HOUR + ((k + i) * 37 % 120) * 1000).sort((a, b) => a - b))
  const want = await theirs(first, now + HOUR)
  expect(want.map(([, s]) => s.length)).toEqual([121, 121, 121, 121])
  await first.stop(signal)
  const db = await open(dir, now)
  expect(db.report.outOfOrder).toMatchObject({ badRecords: 0, skippedRecords: 0, samplesUnknownSeries: 0 })
  expect(db.report.skippedMappedChunks).toBe(0)
  expect(await ours(db)).toEqual(want)
  await db.close()
  const second = await prometheus(dir, false, FLAGS)
  expect(await theirs(second, now + HOUR)).toEqual(want)
  await second.stop('SIGTERM')
}, 90_000)

const field = (n: number, b: Buffer): Buffer => Buffer.concat([varint(n * 8 + 2), varint(b.length), b])
const number = (n: number, v: number): Buffer => Buffer.concat([varint(n * 8), varint(v)])
const double = (n: number, v: number): Buffer => {
  const out = Buffer.alloc(8)
  out.writeDoubleLE(v)
  return Buffer.concat([varint(n * 8 + 1), out])
}
const doubles = (n: number, list: Float64Array): Buffer => field(n, Buffer.from(list.buffer.slice(0)))
const zigzag = (v: number): number => (v < 0 ? -2 * v - 1 : 2 * v)

/** A series of a remote-write request, as a field of it. */
function timeSeries(labels: readonly string[], samples: readonly (readonly [number, Histogram])[]): Buffer {
  const pairs: Buffer[] = []
  for (let i = 0; i < labels.length; i += 2) pairs.push(field(1, Buffer.concat([field(1, Buffer.from(labels[i]!)), field(2, Buffer.from(labels[i + 1]!))])))
  return field(1, Buffer.concat([...pairs, ...samples.map(([t, h]) => field(4, histogramMessage(t, h)))]))
}

function histogramMessage(t: number, h: Histogram): Buffer {
  const side = (n: number, spans: Int32Array, counts: Float64Array): Buffer[] => {
    const out: Buffer[] = []
    for (let i = 0; i < spans.length; i += 2) out.push(field(n, Buffer.concat([number(1, zigzag(spans[i]!)), number(2, spans[i + 1]!)])))
    if (h.integer) out.push(field(n + 1, Buffer.concat(Array.from(counts, (c, i) => varint(zigzag(c - (i === 0 ? 0 : counts[i - 1]!)))))))
    else out.push(doubles(n + 2, counts))
    return out
  }
  return Buffer.concat([
    h.integer ? number(1, h.count) : double(2, h.count), double(3, h.sum), number(4, zigzag(h.schema)), double(5, h.zeroThreshold), h.integer ? number(6, h.zeroCount) : double(7, h.zeroCount),
    ...side(8, h.negativeSpans, h.negativeCounts), ...side(11, h.positiveSpans, h.positiveCounts), number(14, h.resetHint), number(15, t), ...(h.customValues.length > 0 ? [doubles(16, h.customValues)] : []),
  ])
}

/** An uncompressed snappy block. */
function block(body: Buffer): Buffer<ArrayBuffer> {
  const literal = Buffer.alloc(4)
  literal[0] = 62 << 2
  literal.writeUIntLE(body.length - 1, 1, 3)
  return Buffer.concat([varint(body.length), literal, body])
}

function varint(v: number): Buffer {
  const out: number[] = []
  while (v >= 128) {
    out.push((v % 128) | 128)
    v = Math.floor(v / 128)
  }
  out.push(v)
  return Buffer.from(out)
}
