import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SampleColumns } from '@haechi/storage'
import { SnappyBlockError, parseExposition, protobufToText, uncompressBlock } from '@haechi/exposition'
import { newMatcher } from '@haechi/model'
import { RemoteWriteReceiver, RemoteWriteV2Receiver } from '@haechi/remote'
import { snappyCompress } from 'hysnappy'
import { writeRequest } from '../../remote/test/write-request.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BlockError } from '../src/block/block-error.ts'
import { parseBlockMeta } from '../src/block/block-meta.ts'
import { BlockIndex, SeriesEntry } from '../src/block/index-file.ts'
import { readTombstones } from '../src/block/tombstones.ts'
import { readMappedChunks } from '../src/chunks-head.ts'
import { HistogramChunkError } from '../src/histogram/bits.ts'
import { decodeHistograms } from '../src/histogram/decode.ts'
import { openHead } from '../src/head.ts'
import type { Head } from '../src/head.ts'
import { decodeHistogramRecord } from '../src/histogram/log-records.ts'
import { ENCODING } from '../src/layout.ts'
import { RecordError, SampleRows, decodeSamples } from '../src/wal/record.ts'
import { readWithFaults } from '../src/wal/salvage.ts'
import { decodeExemplars, decodeMetadata } from '../src/wal/side-records.ts'
import { ZstdError, zstdDecompress } from '../src/wal/zstd.ts'
import { XOR_PADDING, decodeXor } from '../src/xor-decode.ts'
import { HOUR, T0, fill, open } from './fault-fixture.ts'
import { tempDir } from './temp-dir.ts'

/** How long each decoder is tried: `node scripts/fuzz.mjs` sets it; else a fixed number of inputs. */
const SECONDS = Number(process.env['HAECHI_FUZZ_SECONDS'] ?? 0)
const SEED = Number(process.env['HAECHI_FUZZ_SEED'] ?? Date.now() % 1_000_000)
const ROUNDS = 150

let state = SEED || 1
/** Marsaglia's xorshift, below n. */
function random(n: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return Math.floor(((state >>> 0) / 2 ** 32) * n)
}

/** Bytes near a real input: bits flipped, bytes replaced, pieces cut out, repeated or put elsewhere; now and then nothing but noise. */
function near(real: Uint8Array): Uint8Array {
  if (random(20) === 0) return Uint8Array.from({ length: random(400) }, () => random(256))
  let b = Uint8Array.from(real)
  for (let k = random(4); k >= 0; k--) {
    const at = random(Math.max(1, b.length))
    const what = random(6)
    if (b.length === 0) break
    if (what === 0) b[at]! ^= 1 << random(8)
    else if (what === 1) b[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)]!
    else if (what === 2) b = b.slice(0, at)
    else if (what === 3) b = Uint8Array.from([...b.slice(0, at), ...b.slice(at + 1 + random(16))])
    else if (what === 4) b.copyWithin(at, random(b.length), random(b.length))
    else b.fill(0xff, at, at + random(10))
  }
  return b
}

const varint = (v: number): number[] => (v < 128 ? [v] : [(v % 128) | 128, ...varint(Math.floor(v / 128))])
const HISTOGRAM = [8, 3, 25, 0, 0, 0, 0, 0, 0, 4, 64, 32, 4, 41, 0, 0, 0, 0, 0, 0, 0, 0, 48, 0, 90, 4, 8, 1, 16, 1, 98, 1, 6, 120, ...varint(T0)]
/** Fields of a series in remote write 1.0: a native histogram of three observations, and an exemplar. */
const HISTOGRAM_FIELD: readonly number[] = [34, ...varint(HISTOGRAM.length), ...HISTOGRAM, 26, 24, 10, 6, 10, 1, 97, 18, 1, 98, 17, 0, 0, 0, 0, 0, 0, 240, 63, 24, ...varint(T0)]

type Decoder = (b: Uint8Array) => void
const inputs = new Map<string, Uint8Array[]>()
const errors: Readonly<Record<string, readonly (new (...args: never[]) => Error)[]>> = {
  snappy: [SnappyBlockError], zstd: [ZstdError], samples: [RecordError], exemplars: [RecordError], metadata: [RecordError], histograms: [RecordError], 'histogram chunk': [HistogramChunkError],
  index: [BlockError], tombstones: [BlockError], 'meta.json': [BlockError],
}

let dir: string
/** What remote write stores into: a real head, which takes or refuses whatever a body says. */
let head: Head
let first: RemoteWriteReceiver
let second: RemoteWriteV2Receiver
afterAll(async () => {
  await head.close()
  // What was taken of damaged bodies is in the log, and the log is whole.
  const again = await openHead({ dataDir: path.join(dir, 'remote'), retentionMs: Infinity, maintenanceMs: 0, syncMs: 0 })
  expect(again.report.replay).toMatchObject({ lost: [], badRecords: 0, tornBytes: 0 })
  await again.close()
}, 60_000)
beforeAll(async () => {
  dir = tempDir()
  for (const walCompression of ['none', 'snappy', 'zstd'] as const) {
    const db = await open(path.join(dir, walCompression), [], { walCompression })
    fill(db, T0, T0 + 4 * HOUR)
    const a = db.appender()
    const ref = a.series(['__name__', 'with'])
    a.append(ref, T0 + 4 * HOUR, 1)
    a.appendExemplar(ref, { labels: ['trace_id', 'x'], tMs: T0 + 4 * HOUR, value: 1 })
    a.appendMetadata(ref, { type: 'counter', unit: 's', help: 'of all' })
    a.commit()
    await db.deleteSeries([[newMatcher('=', 'i', '2')]], T0, T0 + HOUR)
    if (walCompression === 'none') {
      await db.maintain()
      await db.deleteSeries([[newMatcher('=', 'i', '1')]], T0, T0 + HOUR)
    }
    await db.close()
  }
  const put = (name: string, b: Uint8Array): void => void inputs.set(name, [...(inputs.get(name) ?? []), b])
  const segments = (kind: string, log: string): string[] => readdirSync(path.join(dir, kind, log)).filter(n => /^\d+$/.test(n)).map(n => path.join(dir, kind, log, n))
  for (const kind of ['none', 'snappy', 'zstd']) {
    for (const file of [...segments(kind, 'wal'), ...segments(kind, 'wbl')]) {
      const b = new Uint8Array(readFileSync(file))
      if (b.length > 0) put('log', b.slice(0, 20_000))
      // Packed records as they stand in a frame.
      if (kind !== 'none' && b.length > 1000) put(kind, b.slice(7, 7 + ((b[1]! << 8) | b[2]!)))
      readWithFaults(file, b, (r, from, to) => put(['', '', 'samples', '', 'exemplars', '', 'metadata', 'histograms', 'histograms', 'histograms', 'histograms'][r[from]!] || 'other', r.slice(from, to)))
    }
  }
  const block = readdirSync(path.join(dir, 'none')).find(n => /^[0-9A-Z]{26}$/.test(n))!
  for (const name of ['index', 'tombstones', 'meta.json']) put(name, new Uint8Array(readFileSync(path.join(dir, 'none', block, name))))
  const chunks = new Uint8Array(readFileSync(path.join(dir, 'none', block, 'chunks/000001')))
  put('xor chunk', chunks.slice(10, 600))
  put('histogram chunk', chunks.slice(10, 600))
  put('chunks_head', Uint8Array.from([0x01, 0x30, 0xbc, 0x91, 1, 0, 0, 0, ...chunks.slice(8, 800)]))
  const text = (s: string): number[] => [...Buffer.from(s)]
  put('exposition protobuf', Uint8Array.from([24, 10, 1, 97, 18, 4, ...text('help'), 24, 1, 34, 11, 18, 9, 9, 0, 0, 0, 0, 0, 0, 240, 63]))
  head = await openHead({ dataDir: path.join(dir, 'remote'), retentionMs: Infinity, maintenanceMs: 0, syncMs: 0, maxSeries: 20_000, walCompression: false })
  first = new RemoteWriteReceiver(head.appender(), { maxDecodedBytes: 1 << 20, maxFutureMs: Infinity })
  second = new RemoteWriteV2Receiver(head.appender(), { maxDecodedBytes: 1 << 20, maxFutureMs: Infinity })
  put('remote write 1.0', writeRequest([{ labels: [['__name__', 'm'], ['a', '1']], samples: [[T0, 1], [T0 + 1, 2]] }, { labels: [['__name__', 'h']], samples: [[T0, 3]], samplesFirst: true, extra: HISTOGRAM_FIELD }]))
  // The histogram that the damage is done to is a right one.
  expect(first.receive(snappyCompress(inputs.get('remote write 1.0')![0]!))).toMatchObject({ status: 204, samples: 3, skipped: { invalidSeries: 0 } })
  for (const r of JSON.parse(readFileSync(new URL('../../remote/test/golden/v2.json', import.meta.url), 'utf8')).requests as readonly { readonly message: string }[]) {
    if (r.message !== '') put('remote write 2.0', new Uint8Array(Buffer.from(r.message, 'base64')))
  }
  put('exposition text', Uint8Array.from(text('# TYPE a counter\n# HELP a b\na{x="1",y="\\n"} 1.5e3 # {t="1"} 3\n# EOF\n')))
}, 60_000)

const columns = new SampleColumns()
const file = (name: string, b: Uint8Array): string => {
  const to = path.join(dir, name)
  writeFileSync(to, b)
  return to
}
const decoders: Readonly<Record<string, Decoder>> = {
  log: b => void readWithFaults('x', b, () => {}),
  snappy: b => void uncompressBlock(b, 1 << 24),
  zstd: b => void zstdDecompress(b, 1 << 24),
  samples: b => decodeSamples(b, 0, b.length, new SampleRows()),
  exemplars: b => decodeExemplars(b, 0, b.length, () => {}),
  metadata: b => decodeMetadata(b, 0, b.length, () => {}),
  histograms: b => decodeHistogramRecord(b, 0, b.length, () => {}),
  'xor chunk': b => {
    const padded = new Uint8Array(b.length + XOR_PADDING)
    padded.set(b)
    columns.reserve(200)
    decodeXor(padded, Math.min(2, b.length), 200, columns.ts, columns.bits, 0)
  },
  'histogram chunk': b => {
    columns.reserve(200)
    decodeHistograms(b.length % 2 === 0 ? ENCODING.histogram : ENCODING.floatHistogram, b, 0, b.length, random(200), columns, 0)
  },
  index: b => {
    const index = new BlockIndex(file('fuzz-index', b))
    try {
      const entry = new SeriesEntry()
      for (const ref of index.all().subarray(0, 50)) {
        index.series(ref, entry)
        for (let i = 0; i < 2 * entry.count; i++) index.text(entry.pairs[i]!)
      }
      for (const name of index.names()) index.values(name)
    } finally {
      index.close()
    }
  },
  tombstones: b => void readTombstones(file('fuzz-tombstones', b)),
  'meta.json': b => void parseBlockMeta('x', Buffer.from(b).toString()),
  chunks_head: b => {
    mkdirSync(path.join(dir, 'mapped'), { recursive: true })
    file('mapped/000001', b)
    const { bySeries, faults } = readMappedChunks(path.join(dir, 'mapped'))
    expect(faults.length).toBeLessThanOrEqual(1)
    for (const list of bySeries.values()) for (const c of list) expect(c.from + c.length).toBeLessThanOrEqual(b.length)
  },
  // Half of the bodies are damaged before they are compressed, half of them afterwards.
  'remote write 1.0': b => expect([204, 400]).toContain(first.receive(random(2) === 0 ? snappyCompress(b) : near(snappyCompress(b))).status),
  'remote write 2.0': b => expect([204, 400]).toContain(second.receive(random(2) === 0 ? snappyCompress(b) : near(snappyCompress(b))).status),
  'exposition protobuf': b => void protobufToText(b, b.length),
  'exposition text': b => void parseExposition(b, 'text'),
}

test.each(Object.keys(decoders))(`[F8] fuzz: %s gives an answer or its own kind of error (seed ${SEED})`, name => {
  const until = performance.now() + 1000 * SECONDS
  const real = inputs.get(name)!
  expect(real.length).toBeGreaterThan(0)
  let tried = 0
  for (; SECONDS > 0 ? performance.now() < until : tried < ROUNDS; tried++) {
    const b = near(real[random(real.length)]!)
    try {
      decoders[name]!(b)
    } catch (err) {
      const known = errors[name] ?? []
      if (!known.some(k => err instanceof k) && !(name.startsWith('exposition') && (err as Error).name === 'ExpositionError')) throw new Error(`${name}, seed ${SEED}, input ${tried}: ${Buffer.from(b).toString('base64').slice(0, 4000)}`, { cause: err })
    }
  }
  if (SECONDS > 0) process.stderr.write(`fuzz: ${name}: ${tried} inputs, seed ${SEED}\n`)
}, 60_000 + 2000 * SECONDS)
