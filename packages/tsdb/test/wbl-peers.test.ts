import { cpSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { labelsKey, newMatcher } from '@haechi/model'
import { expect, test } from 'vitest'
import { openDatabase } from '../src/index.ts'
import type { Database } from '../src/index.ts'
import { readAll } from './read-all.ts'
import { PEERS_REASON as reason, numbers, peersMissing, prometheus, promtool, raw } from './real-prometheus.ts'
import { tempDir } from './temp-dir.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ALL = '{__name__=~".+"}'

function open(dir: string, now = Date.now()): Promise<Database> {
  return openDatabase({ dataDir: dir, retentionMs: 100 * 365 * 24 * HOUR, maintenanceMs: 0, syncMs: 0, outOfOrderWindowMs: 12 * HOUR, now: () => now })
}

/** Three series, each minute a sample; every fourth of the second and third comes 90 minutes late. */
function fill(db: Database, fromMs: number, toMs: number): void {
  const a = db.appender()
  for (let t = fromMs; t <= toMs; t += MINUTE) {
    for (let i = 0; i < 3; i++) {
      const at = i > 0 && (t / MINUTE) % 4 === 0 ? t - 90 * MINUTE : t
      a.append(a.series(['__name__', 'late', 'i', String(i)]), at, (at / 1000) % 1009)
    }
    a.commit()
  }
}

const ours = async (db: Database): Promise<Map<string, [number, number][]>> => new Map([...await readAll(db)].map(([key, samples]) => [key, numbers(samples)]))
const sorted = <V>(m: Map<string, V>): [string, V][] => [...m].sort(([a], [b]) => (a < b ? -1 : 1))

test.skipIf(peersMissing).each(['clean', 'killed'] as const)(`[O6] a real Prometheus answers the same samples on our directory with a wbl, %s, without repair, and gives it back (${reason})`, async how => {
  const now = Math.floor(Date.now() / MINUTE) * MINUTE
  let dir = tempDir()
  let db = await open(dir, now)
  fill(db, now - 5 * HOUR, now - MINUTE)
  await db.maintain()
  fill(db, now, now)
  const a = db.appender()
  for (let k = 0; k < 100; k++) a.append(a.series(['__name__', 'late', 'i', '1']), now - 2 * HOUR + 1 + k * 777, k)
  a.append(a.series(['__name__', 'only_late']), now - 10 * HOUR, 3)
  a.commit()
  await db.deleteSeries([[newMatcher('=', 'i', '0')]], now - 3 * HOUR, now - HOUR)
  const want = await ours(db)
  expect(readdirSync(path.join(dir, 'wbl')).length).toBeGreaterThan(0)
  if (how === 'killed') {
    const copy = tempDir()
    cpSync(dir, copy, { recursive: true })
    rmSync(path.join(copy, 'lock'))
    await db.close()
    dir = copy
  } else await db.close()
  const peer = await prometheus(dir, false)
  const theirs = await raw(peer, ALL, '20h', now + HOUR)
  expect(peer.log()).not.toMatch(/level=(WARN|ERROR)[^\n]*(WAL|wal|WBL|wbl|corrupt|repair|replay|Unknown)/)
  await peer.stop(how === 'killed' ? 'SIGKILL' : 'SIGTERM')
  expect(sorted(theirs)).toEqual(sorted(want))
  db = await open(dir, now)
  expect(sorted(await ours(db))).toEqual(sorted(want))
  const { dir: snapshot } = await db.snapshot(false)
  await db.close()
  const copied = await prometheus(snapshot, false)
  const again = await raw(copied, ALL, '20h', now + HOUR)
  await copied.stop('SIGTERM')
  expect(sorted(again)).toEqual(sorted(want))
  // promtool lists and dumps the snapshot; every line is a sample.
  expect(promtool('tsdb', 'list', snapshot)).toContain('BLOCK ULID')
  const lines = promtool('tsdb', 'dump', snapshot).trim().split('\n').filter(l => l.startsWith('{'))
  expect(lines).toHaveLength([...want.values()].reduce((n, s) => n + s.length, 0))
}, 90_000)

test.skipIf(peersMissing).each(['SIGTERM', 'SIGKILL'] as const)(`[O7] the wbl and the out-of-order chunks of a real Prometheus that ended by %s give the same samples here (${reason})`, async signal => {
  const dir = tempDir()
  const now = Math.floor(Date.now() / MINUTE) * MINUTE
  const first = await prometheus(dir, false, ['--web.enable-remote-write-receiver'], { storage: { tsdb: { out_of_order_time_window: '12h' } } })
  // More than three chunks of 32 late samples, in two goes and not in order.
  const send = async (ts: readonly number[]): Promise<void> => {
    const answer = await fetch(`${first.url}/api/v1/write`, { method: 'POST', headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' }, body: writeRequest('theirs', ts) })
    expect([answer.status, await answer.text()]).toEqual([204, ''])
  }
  await send([now])
  for (let k = 0; k < 120; k += 10) await send(Array.from({ length: 10 }, (_, i) => now - 3 * HOUR + ((k + i) * 37 % 120) * 1000).sort((a, b) => a - b))
  const theirs = await raw(first, ALL, '20h', now + HOUR)
  expect(theirs.get(labelsKey(['__name__', 'theirs']))).toHaveLength(121)
  await first.stop(signal)
  const db = await open(dir, now)
  expect(db.report.outOfOrder).toMatchObject({ badRecords: 0, skippedRecords: 0, samplesUnknownSeries: 0 })
  expect(db.stats().outOfOrderAppended).toBe(0)
  expect(sorted(await ours(db))).toEqual(sorted(theirs))
  await db.close()
  const second = await prometheus(dir, false)
  expect(sorted(await raw(second, ALL, '20h', now + HOUR))).toEqual(sorted(theirs))
  await second.stop('SIGTERM')
}, 90_000)

/** A remote-write request of one series, as an uncompressed snappy block. */
function writeRequest(name: string, ts: readonly number[]): Buffer {
  const field = (n: number, b: Buffer): Buffer => Buffer.concat([Buffer.from([(n << 3) | 2]), varint(b.length), b])
  const label = Buffer.concat([field(1, Buffer.from('__name__')), field(2, Buffer.from(name))])
  const samples = ts.map(t => {
    const value = Buffer.alloc(9)
    value[0] = 9
    value.writeDoubleLE((t / 1000) % 1009, 1)
    return field(2, Buffer.concat([value, Buffer.from([16]), varint(t)]))
  })
  const body = field(1, Buffer.concat([field(1, label), ...samples]))
  const literal = Buffer.alloc(3)
  literal[0] = 61 << 2
  literal.writeUInt16LE(body.length - 1, 1)
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
