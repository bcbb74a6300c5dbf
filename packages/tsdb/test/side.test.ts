import { labelsFromObject, newMatcher } from '@haechi/model'
import type { Exemplar } from '@haechi/storage'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ExemplarStore } from '../src/exemplar-store.ts'
import { HeadAppender } from '../src/head-appender.ts'
import { HeadCore } from '../src/head-core.ts'
import { openHead } from '../src/head.ts'
import { SILENT } from '../src/logger.ts'
import { writeCheckpoint } from '../src/wal/checkpoint.ts'
import { RECORD, RecordBuffer, RecordError } from '../src/wal/record.ts'
import { decodeExemplars, decodeMetadata, encodeExemplars, encodeMetadata } from '../src/wal/side-records.ts'
import { listCheckpoints, listSegments } from '../src/wal/wal-files.ts'
import { readSegment, readWhole } from '../src/wal/wal-reader.ts'
import { PAGE_BYTES, WalWriter } from '../src/wal/wal-writer.ts'
import { tempDir } from './temp-dir.ts'

const T = 1_790_000_000_000
const a = labelsFromObject({ __name__: 'requests_total', job: 'a' })
const b = labelsFromObject({ __name__: 'requests_total', job: 'b' })
const trace = (id: string, tMs: number, value = 1): Exemplar => ({ labels: ['trace_id', id], value, tMs })
const all = [[newMatcher('=', '__name__', 'requests_total')]]

test('[EX1] the newest exemplars of all series stay; older ones, repeated ones and those with long labels are not taken', () => {
  const store = new ExemplarStore(3)
  expect(store.add(a, trace('1', T))).toBe(true)
  expect(store.add(a, trace('1', T))).toBe(false)
  expect(store.add(a, trace('0', T - 1))).toBe(false)
  expect(store.add(a, trace('9', T, 0.5))).toBe(false)
  expect(store.add(a, trace('2', T, 2))).toBe(true)
  expect(store.add(a, { labels: ['trace_id', 'x'.repeat(121)], value: 1, tMs: T + 5 })).toBe(false)
  expect(store.add(b, trace('3', T - 100))).toBe(true)
  expect(store.select(all, -Infinity, Infinity)).toEqual([{ labels: a, exemplars: [trace('1', T), trace('2', T, 2)] }, { labels: b, exemplars: [trace('3', T - 100)] }])
  expect(store.add(b, trace('4', T))).toBe(true)
  expect(store.add(b, trace('5', T + 1))).toBe(true)
  expect(store.size).toBe(3)
  expect(store.select(all, T, T)).toEqual([{ labels: b, exemplars: [trace('4', T)] }])
  expect(store.select([[newMatcher('=', 'job', 'c')], [newMatcher('=', 'job', 'b')]], -Infinity, Infinity)).toEqual([{ labels: b, exemplars: [trace('3', T - 100), trace('4', T), trace('5', T + 1)] }])
  expect(new ExemplarStore(0).add(a, trace('1', T))).toBe(false)
})

test('[EX1] an exemplar without a time of its own is the same at each scrape', () => {
  const store = new ExemplarStore(9)
  const scraped = (id: string, tMs: number): Exemplar => ({ ...trace(id, tMs), scrapeTime: true })
  expect(store.add(a, scraped('1', T))).toBe(true)
  expect(store.add(a, scraped('1', T + 1000))).toBe(false)
  expect(store.add(a, scraped('2', T + 2000))).toBe(true)
  expect(store.add(a, scraped('1', T + 3000))).toBe(true)
  expect(store.add(a, trace('1', T + 4000))).toBe(true)
})

test('[EX2] exemplars and metadata come with their batch, and survive a restart', async () => {
  const dir = tempDir()
  const open = (): ReturnType<typeof openHead> => openHead({ dataDir: dir, retentionMs: Infinity, maintenanceMs: 0, syncMs: 0 })
  let head = await open()
  const appender = head.appender()
  const ref = appender.series(a)
  appender.append(ref, T, 1)
  appender.appendExemplar(ref, trace('1', T))
  appender.appendMetadata(ref, { type: 'counter', unit: '', help: '요청 수' })
  expect(await head.exemplars(all, -Infinity, Infinity)).toEqual([])
  appender.commit()
  appender.appendExemplar(ref, trace('2', T + 1))
  appender.rollback()
  appender.commit()
  appender.appendExemplar(ref, trace('3', T + 2))
  appender.commit()
  appender.appendExemplar(0, trace('4', T + 3))
  appender.commit()
  const want = [{ labels: a, exemplars: [trace('1', T), trace('3', T + 2)] }]
  expect(await head.exemplars(all, -Infinity, Infinity)).toEqual(want)
  await head.close()
  head = await open()
  expect(head.report.replay).toMatchObject({ badRecords: 0, skippedRecords: {} })
  expect(await head.exemplars(all, -Infinity, Infinity)).toEqual(want)
  await head.close()
})

test('[EX3] metadata of a series is written when it changes, and forgotten with the series', () => {
  const core = new HeadCore(Infinity)
  const appender = new HeadAppender(core)
  const ref = appender.series(a)
  appender.append(ref, T, 1)
  appender.appendMetadata(ref, { type: 'counter', unit: 'requests', help: 'x' })
  appender.commit()
  expect(core.metadata.get(0)).toEqual({ type: 'counter', unit: 'requests', help: 'x' })
  expect(core.metadata.set(0, { type: 'counter', unit: 'requests', help: 'x' })).toBe(false)
  core.farewell(0)
  expect(core.metadata.get(0)).toBeUndefined()
})

test('[EX4] records of exemplars and metadata keep what they say; any bytes give that or a clean error', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 })
  fc.assert(fc.property(fc.array(fc.record({ ref: fc.integer({ min: 1, max: 2 ** 40 }), tMs: fc.integer({ min: -(2 ** 44), max: 2 ** 44 }), value: fc.double(), labels: fc.array(fc.tuple(text, text), { maxLength: 3 }) }), { minLength: 1 }), list => {
    const want = list.map(e => ({ ref: e.ref, exemplar: { labels: e.labels.flat(), value: e.value, tMs: e.tMs } }))
    const out = new RecordBuffer()
    encodeExemplars(want, out)
    const got: unknown[] = []
    decodeExemplars(out.bytes, 0, out.length, (ref, exemplar) => got.push({ ref, exemplar }))
    expect(got).toEqual(want)
    const meta = list.map((e, i) => ({ ref: e.ref, metadata: { type: ['counter', 'gauge', 'unknown'][i % 3]!, unit: e.labels[0]?.[0] ?? '', help: e.labels[0]?.[1] ?? '' } }))
    out.length = 0
    encodeMetadata(meta, out)
    const said: unknown[] = []
    decodeMetadata(out.bytes, 0, out.length, (ref, metadata) => said.push({ ref, metadata }))
    expect(said).toEqual(meta)
  }))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), raw => {
    for (const [type, decode] of [[RECORD.exemplars, decodeExemplars], [RECORD.metadata, decodeMetadata]] as const) {
      try {
        decode(Uint8Array.from([type, ...raw]), 0, raw.length + 1, () => {})
      } catch (err) {
        expect(err).toBeInstanceOf(RecordError)
      }
    }
  }), { numRuns: 1000 })
})

test('[EX3] a checkpoint keeps the newest metadata of the series that stay, after what it says of them, and exemplars that are new enough', async () => {
  const dir = tempDir()
  const w = new WalWriter(dir, 0, { compress: 'snappy', logger: SILENT, segmentBytes: 4 * PAGE_BYTES })
  const record = (fill: (out: RecordBuffer) => void): void => {
    const out = new RecordBuffer()
    fill(out)
    w.add(out.bytes.slice(0, out.length), out.length)
    w.flush()
  }
  const said = (ref: number, help: string): { ref: number; metadata: { type: string; unit: string; help: string } } => ({ ref, metadata: { type: 'gauge', unit: '', help } })
  record(out => encodeMetadata([said(1, 'old'), said(2, 'gone')], out))
  record(out => encodeExemplars([{ ref: 1, exemplar: trace('early', T - 10_000_000) }], out))
  record(out => encodeExemplars([{ ref: 1, exemplar: trace('late', T) }], out))
  record(out => encodeMetadata([said(1, 'new')], out))
  await w.close()
  await writeCheckpoint(dir, 0, { minMs: T, keepSeries: ref => ref === 1, compress: 'snappy', logger: SILENT })
  const kept: unknown[] = []
  for (const { file } of listSegments(listCheckpoints(dir)[0]!.dir)) {
    readSegment(file, readWhole(file), (b, from, to) => {
      if (b[from] === RECORD.metadata) decodeMetadata(b, from, to, (ref, metadata) => kept.push([ref, metadata.help]))
      else if (b[from] === RECORD.exemplars) decodeExemplars(b, from, to, (ref, exemplar) => kept.push([ref, exemplar.labels[1]]))
    })
  }
  expect(kept).toEqual([[1, 'late'], [1, 'new']])
})
