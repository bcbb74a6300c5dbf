import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { uncompressBlock } from '@haechi/exposition'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../src/crc32c.ts'
import { openHead } from '../src/index.ts'
import type { Head } from '../src/index.ts'
import { RECORD, RecordBuffer, SampleRows, SamplesRecord, decodeSamples } from '../src/wal/record.ts'
import { maxSnappyLength, snappyEncode } from '../src/wal/snappy-encode.ts'
import { snappyEncodeRecord } from '../src/wal/snappy-samples.ts'
import { listCheckpoints, listSegments } from '../src/wal/wal-files.ts'
import { readSegment, readWhole } from '../src/wal/wal-reader.ts'
import { PAGE_BYTES, WAL_COMPRESSIONS, WalWriter } from '../src/wal/wal-writer.ts'
import { SILENT } from '../src/logger.ts'
import { readAll } from './read-all.ts'
import { tempDir } from './temp-dir.ts'

const T = 1_790_000_000_000

const recordsOf = (dir: string): Uint8Array[] => {
  const out: Uint8Array[] = []
  for (const s of listSegments(dir)) expect(readSegment(s.file, readWhole(s.file), (b, from, to) => out.push(b.slice(from, to)))).toBeUndefined()
  return out
}

describe('log format', () => {
  test('[W1] CRC-32C of the RFC 3720 examples', () => {
    expect(crc32c(new Uint8Array(32), 0, 32)).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255), 0, 32)).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i), 0, 32)).toBe(0x46dd794e)
    expect(crc32c(Buffer.from('x123456789'), 1, 10)).toBe(0xe3069283)
  })

  test('[W2] records of any size come back in order, through pages, segments and compression', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(PAGE_BYTES - 7, PAGE_BYTES - 8, PAGE_BYTES - 14, PAGE_BYTES, 3 * PAGE_BYTES, 100_000)), { minLength: 1, maxLength: 20 })
    fc.assert(fc.property(sizes, fc.constantFrom(...WAL_COMPRESSIONS), fc.boolean(), fc.integer({ min: 1, max: 5 }), (lengths, compress, random, flushEvery) => {
      const dir = tempDir()
      const w = new WalWriter(dir, 3, { compress, logger: SILENT, segmentBytes: 4 * PAGE_BYTES })
      const want = lengths.map((n, i) => {
        const b = Buffer.alloc(n, i + 1)
        if (random) for (let k = 0; k < n; k++) b[k] = Math.imul(k + 1, 2654435761 + i) >>> 13
        return b
      })
      want.forEach((b, i) => {
        w.add(b, b.length)
        if (i % flushEvery === 0) w.flush()
      })
      w.close()
      expect(listSegments(dir)[0]!.index).toBe(3)
      const got = recordsOf(dir)
      expect(got.map(b => b.length)).toEqual(lengths)
      got.forEach((b, i) => expect(Buffer.compare(b, want[i]!)).toBe(0))
    }), { numRuns: 25 })
  })

  test('[W3] samples records keep refs, times and bits', () => {
    const ref = fc.integer({ min: 1, max: 2 ** 40 })
    const t = fc.integer({ min: -(2 ** 50), max: 2 ** 50 })
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(fc.property(fc.array(fc.tuple(ref, t, word, word), { maxLength: 50 }), samples => {
      const r = new SamplesRecord()
      r.begin(samples.length)
      for (const [a, b, lo, hi] of samples) r.sample(a, b, lo, hi)
      const rows = new SampleRows()
      decodeSamples(r.buffer.bytes, 0, r.buffer.length, rows)
      expect(rows.length).toBe(samples.length)
      samples.forEach((s, i) => expect([rows.refs[i], rows.ts[i], rows.lo[i], rows.hi[i]]).toEqual(s))
    }))
  })

  test('[W4] our snappy is read by another decoder', () => {
    const input = fc.oneof(fc.uint8Array({ maxLength: 2000 }), fc.array(fc.constantFrom(...'abcab'), { maxLength: 400 }).map(a => new Uint8Array(Buffer.from(a.join('').repeat(400)))))
    fc.assert(fc.property(input, b => {
      const out = new Uint8Array(maxSnappyLength(b.length))
      const n = snappyEncode(b, 0, b.length, out)
      expect(n).toBeLessThanOrEqual(out.length)
      expect(Buffer.compare(uncompressBlock(out.subarray(0, n), b.length), b)).toBe(0)
    }), { numRuns: 100 })
  })

  test('[W4] records of samples are compressed by what they hold, and read by another decoder', () => {
    const plain = fc.constantFrom(0, 1, 2, 144, 1e6, 0.25, 1e300, -0, NaN, Infinity)
    const value = fc.oneof(plain, fc.integer(), fc.double())
    const sample = fc.tuple(fc.integer({ min: 1, max: 2 ** 33 }), fc.integer({ min: -5, max: 5 }), value)
    const bits = new Float64Array(1)
    const words = new Uint32Array(bits.buffer)
    fc.assert(fc.property(fc.array(sample, { maxLength: 400 }), fc.boolean(), (samples, dense) => {
      const r = new SamplesRecord()
      r.begin(samples.length)
      samples.forEach(([ref, t, v], i) => {
        bits[0] = v
        r.sample(dense ? i + 1 : ref, dense ? T : T + t, words[0]!, words[1]!)
      })
      const b = r.buffer.bytes.slice(0, r.buffer.length)
      const out = new Uint8Array(maxSnappyLength(b.length))
      const n = snappyEncodeRecord(b, b.length, out)
      expect(n).toBeLessThanOrEqual(out.length)
      expect(Buffer.compare(uncompressBlock(out.subarray(0, n), b.length), b)).toBe(0)
    }), { numRuns: 200 })
  })

  test('[W4] a long record without anything to find, one of nothing but repetitions, and bytes that only begin like samples', () => {
    const check = (b: Uint8Array): number => {
      const out = new Uint8Array(maxSnappyLength(b.length))
      const n = snappyEncodeRecord(b, b.length, out)
      expect(Buffer.compare(uncompressBlock(out.subarray(0, n), b.length), b)).toBe(0)
      return n / b.length
    }
    const record = (n: number, word: (i: number) => number): Uint8Array => {
      const r = new SamplesRecord()
      r.begin(n)
      for (let i = 0; i < n; i++) r.sample(i + 1, T, word(2 * i), word(2 * i + 1))
      return r.buffer.bytes.slice(0, r.buffer.length)
    }
    expect(check(record(20_000, i => Math.imul(i + 1, 0x9e3779b1) ^ (Math.imul(i, 0x85ebca6b) >>> 7)))).toBeLessThan(1.01)
    expect(check(record(20_000, i => (i & 1 ? 0x40590000 : 0)))).toBeLessThan(0.5)
    // Whole numbers that are all different share their zeros.
    expect(check(record(5_000, i => (i & 1 ? 0x40590000 + (i << 8) : 0)))).toBeLessThan(0.85)
    for (let n = 0; n < 60; n++) check(Uint8Array.from({ length: n }, (_, i) => (i === 0 ? RECORD.samples : Math.imul(i, 2654435761) >>> 24)))
  })

  test.each(['snappy', 'zstd'] as const)('[W5] a changed byte never makes reading throw, and changes at most the record whose header it is in (%s)', compress => {
    const dir = tempDir()
    const w = new WalWriter(dir, 0, { compress, logger: SILENT })
    const want = Array.from({ length: 40 }, (_, i) => Buffer.from(`record ${i} `.repeat(1 + ((i * 37) % 200))))
    for (const b of want) w.add(b, b.length)
    w.close()
    const good = readFileSync(path.join(dir, '00000000'))
    const known = new Set(want.map(b => b.toString('latin1')))
    fc.assert(fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(good.length), (at, flip, cut) => {
      const b = Buffer.from(cut % 2 ? good.subarray(0, cut) : good)
      if (at < b.length) b[at]! ^= flip
      // The checksum covers the data, not the type byte with the compression flags before it.
      let strange = 0
      readSegment('x', b, (r, from, to) => {
        if (!known.has(Buffer.from(r.subarray(from, to)).toString('latin1'))) strange++
      })
      expect(strange).toBeLessThanOrEqual(1)
    }), { numRuns: 300 })
  })
})

async function filled(dir: string, rounds = 50, options: { segmentBytes?: number } = {}): Promise<Head> {
  const head = await openHead({ dataDir: dir, retentionMs: Infinity, walCompression: false, ...(options.segmentBytes === undefined ? {} : { walSegmentBytes: options.segmentBytes }) })
  const a = head.appender()
  for (let r = 0; r < rounds; r++) {
    for (let i = 0; i < 20; i++) a.append(a.series(['__name__', 'm', 'i', String(i)]), T + r * 1000, r * i)
    a.commit()
  }
  return head
}

describe('replay and repair', () => {
  test('[W6] a torn end is cut off and nothing before it is lost', async () => {
    const dir = tempDir()
    const head = await filled(dir)
    const want = await readAll(head)
    await head.close()
    const file = listSegments(path.join(dir, 'wal'))[0]!.file
    const whole = readFileSync(file).length
    // The front half of a record that never was finished.
    appendFileSync(file, readFileSync(file).subarray(0, 40))
    const again = await openHead({ dataDir: dir, retentionMs: Infinity })
    expect(again.report.replay).toMatchObject({ tornBytes: 40, lost: [] })
    expect(await readAll(again)).toEqual(want)
    await again.close()
    expect(readFileSync(file).length).toBe(whole)
  })

  test('[W7] damage in the middle costs what it covers: the rest of the log is read, the damaged segment is kept aside and reported', async () => {
    const dir = tempDir()
    const wal = path.join(dir, 'wal')
    await (await filled(dir, 1000, { segmentBytes: 2 * PAGE_BYTES })).close()
    const segments = listSegments(wal)
    expect(segments.length).toBeGreaterThan(2)
    const b = readFileSync(segments[1]!.file)
    b[b.length >> 1]! ^= 0x55
    writeFileSync(segments[1]!.file, b)
    const head = await openHead({ dataDir: dir, retentionMs: Infinity })
    const { lost } = head.report.replay
    expect(lost).toEqual([{ file: segments[1]!.file, bytes: expect.any(Number) as number, reason: expect.stringMatching(/checksum|record|snappy/) as string, movedTo: path.join(dir, 'wal-damaged-00000001', '00000001') }])
    expect(readFileSync(lost[0]!.movedTo!)).toEqual(b)
    const some = [...(await readAll(head)).values()][5]!
    // A page holds about a hundred of the thousand batches.
    expect(some.length).toBeGreaterThan(850)
    expect(some.length).toBeLessThan(1000)
    expect(some.at(-1)!.t).toBe(T + 999_000)
    // It goes on working, and the next start finds nothing wrong.
    const a = head.appender()
    a.append(a.series(['__name__', 'm', 'i', '5']), T + 1e9, 1)
    expect(a.commit().appended).toBe(1)
    await head.close()
    const again = await openHead({ dataDir: dir, retentionMs: Infinity })
    expect(again.report.replay.lost).toEqual([])
    expect([...(await readAll(again)).values()][5]!.length).toBe(some.length + 1)
    await again.close()
  })

  test('[W9] several numbers for one label set, unknown numbers and unknown records are taken as they come', async () => {
    const dir = tempDir()
    const wal = path.join(dir, 'wal')
    mkdirSync(wal)
    const w = new WalWriter(wal, 0, { compress: 'none', logger: SILENT })
    const series = (ref: number, value: string): RecordBuffer => {
      const r = new RecordBuffer()
      r.byte(RECORD.series)
      r.be64(ref)
      r.uvarint(2)
      for (const s of ['__name__', 'm', 'v', value]) r.text(Buffer.from(s), 0, s.length)
      return r
    }
    const samples = (...list: [ref: number, t: number, v: number][]): RecordBuffer => {
      const r = new SamplesRecord()
      r.begin(list.length)
      for (const [ref, t, v] of list) r.sample(ref, t, 0, v)
      return r.buffer
    }
    const put = (r: RecordBuffer): void => w.add(r.bytes.slice(), r.length)
    put(series(70_000_000_000, 'a'))
    put(samples([70_000_000_000, T, 1], [5, T, 1]))
    put(series(9, 'a'))
    put(samples([9, T, 7], [9, T + 1, 2]))
    const unknown = new RecordBuffer()
    unknown.byte(99)
    unknown.be64(9)
    put(unknown)
    const cut = new RecordBuffer()
    cut.byte(RECORD.series)
    cut.be64(1)
    put(cut)
    w.close()
    const head = await openHead({ dataDir: dir, retentionMs: Infinity })
    expect(head.report.replay).toMatchObject({ samples: 2, samplesKnown: 1, samplesUnknownSeries: 1, badRecords: 1, skippedRecords: { 99: 1 }, series: 1 })
    expect([...(await readAll(head)).values()]).toEqual([[{ t: T, lo: 0, hi: 1 }, { t: T + 1, lo: 0, hi: 2 }]])
    // New series get numbers above all that the log used.
    const a = head.appender()
    a.append(a.series(['__name__', 'n']), T, 1)
    a.commit()
    await head.close()
    const last = recordsOf(wal).find(r => r[0] === RECORD.series && Buffer.from(r).includes('n') && !Buffer.from(r).includes('v'))!
    expect(Buffer.from(last).readBigUInt64BE(1)).toBe(70_000_000_001n)
  })

  test('[W10] a checkpoint keeps what is wanted, drops the rest and its segments, and a later start reads the same', async () => {
    const dir = tempDir()
    const wal = path.join(dir, 'wal')
    let now = T
    const open = (): Promise<Head> => openHead({ dataDir: dir, retentionMs: 100_000, now: () => now, walSegmentBytes: PAGE_BYTES, walCompression: false, maintenanceMs: 0 })
    const head = await open()
    const a = head.appender()
    for (let r = 0; r < 600; r++) {
      now = T + r * 1000
      for (let i = 0; i < 20; i++) a.append(a.series(['__name__', 'm', 'i', String(i)]), now, r * i)
      // Series that live for 50 rounds.
      a.append(a.series(['__name__', 'short', 'r', String(Math.floor(r / 50))]), now, r)
      a.commit()
    }
    expect(listSegments(wal).length).toBeGreaterThan(3)
    const before = head.stats()
    const report = await head.maintain()
    expect(report.seriesRemoved).toBe(9)
    expect(report.checkpoint!.segmentsRemoved).toBeGreaterThan(1)
    expect(listCheckpoints(wal).map(c => c.index)).toEqual([report.checkpoint!.upTo])
    expect(head.stats().numSeries).toBe(before.numSeries - 9)
    const kept = await readAll(head)
    for (const samples of kept.values()) expect(samples.at(-1)!.t).toBeGreaterThanOrEqual(now - 100_000)
    const q = head.querier(0, 2 * T)
    expect((await q.labelValues('r', [], 0, 2 * T)).length).toBe(3)
    q.close()
    await head.close()
    const again = await open()
    expect(again.report.replay.samplesUnknownSeries).toBe(0)
    const all = await readAll(again)
    expect([...all.keys()].sort()).toEqual([...kept.keys()].sort())
    for (const [key, samples] of kept) {
      const wanted = samples.filter(s => s.t >= now - 100_000)
      expect(all.get(key)!.filter(s => s.t >= now - 100_000)).toEqual(wanted)
      expect(wanted.length).toBeGreaterThan(0)
    }
    await again.close()
  })

  test('[W10] segments that a killed process did not come to remove go with the next checkpoint or start: the log has no gap', async () => {
    for (const restart of [false, true]) {
      const dir = tempDir()
      const wal = path.join(dir, 'wal')
      let now = T
      const open = (): Promise<Head> => openHead({ dataDir: dir, retentionMs: 100_000, now: () => now, walSegmentBytes: PAGE_BYTES, walCompression: false, maintenanceMs: 0 })
      let head = await open()
      const write = (h: Head, from: number): void => {
        const a = h.appender()
        for (let r = from; r < from + 600; r++) {
          now = T + r * 1000
          for (let i = 0; i < 20; i++) a.append(a.series(['__name__', 'm', 'i', String(i)]), now, r * i)
          a.commit()
        }
      }
      write(head, 0)
      const replaced = listSegments(wal).slice(1, 3).map(s => ({ file: s.file, bytes: readFileSync(s.file) }))
      expect((await head.maintain()).checkpoint!.segmentsRemoved).toBeGreaterThan(2)
      for (const { file, bytes } of replaced) writeFileSync(file, bytes)
      if (restart) {
        await head.close()
        head = await open()
      } else {
        write(head, 600)
        expect((await head.maintain()).checkpoint!.segmentsRemoved).toBeGreaterThan(0)
      }
      for (const { file } of replaced) expect(existsSync(file)).toBe(false)
      const indexes = listSegments(wal).map(s => s.index)
      expect(indexes).toEqual(indexes.map((_, i) => indexes[0]! + i))
      await head.close()
    }
  })

  test('[W11] retention gives memory and refs back; a ref of a series that ended is unknown', async () => {
    let now = T
    const head = await openHead({ dataDir: tempDir(), retentionMs: 10_000, now: () => now, maintenanceMs: 0 })
    const a = head.appender()
    const ref = a.series(['__name__', 'old'])
    a.append(ref, T, 1)
    a.commit()
    now = T + 20_000
    for (let i = 0; i < 5; i++) a.append(a.series(['__name__', 'new', 'i', String(i)]), now, 1)
    a.commit()
    expect((await head.maintain()).seriesRemoved).toBe(1)
    a.append(ref, now, 1)
    expect(a.commit().appended).toBe(0)
    const next = a.series(['__name__', 'other'])
    expect(next).not.toBe(ref)
    a.append(next, now, 3)
    a.append(ref, now, 4)
    expect(a.commit().appended).toBe(1)
    const all = await readAll(head)
    expect([...all.keys()].filter(k => !k.includes('new'))).toEqual(['__name__\xffother'])
    a.append(next, T, 3)
    expect(a.commit()).toMatchObject({ outOfBounds: 1 })
    await head.close()
  })

  test('[W12] a full disk refuses the batch, keeps the head as it was, and the next batch works', async () => {
    const dir = tempDir()
    const w = new WalWriter(dir, 0, { compress: 'none', logger: SILENT })
    w.add(Buffer.from('first'), 5)
    w.flush()
    const internals = w as unknown as { fd: number }
    const fd = internals.fd
    internals.fd = 999_999
    w.add(Buffer.from('second'), 6)
    expect(() => w.flush()).toThrow('cannot write to the write-ahead log')
    internals.fd = fd
    w.add(Buffer.from('third'), 5)
    w.flush()
    w.close()
    expect(recordsOf(dir).map(r => Buffer.from(r).toString())).toEqual(['first', 'third'])
  })
})

describe('data directory', () => {
  test('[D1] a directory in use is refused in one sentence; a stale lock is taken over', async () => {
    const dir = tempDir()
    const head = await openHead({ dataDir: dir })
    await expect(openHead({ dataDir: dir })).rejects.toMatchObject({ name: 'DataDirError', code: 'locked' })
    await head.close()
    expect(existsSync(path.join(dir, 'lock'))).toBe(false)
    writeFileSync(path.join(dir, 'lock'), `${process.ppid}\n`)
    await expect(openHead({ dataDir: dir })).rejects.toThrow(`is in use by another process (pid ${process.ppid})`)
    for (const stale of ['4194999\n', '', 'nonsense']) {
      writeFileSync(path.join(dir, 'lock'), stale)
      await (await openHead({ dataDir: dir })).close()
    }
  })

  test('[D2] a directory that cannot be made or written is refused with its reason', async () => {
    const dir = tempDir()
    writeFileSync(path.join(dir, 'file'), '')
    await expect(openHead({ dataDir: path.join(dir, 'file', 'data') })).rejects.toMatchObject({ name: 'DataDirError', code: 'unwritable' })
    await expect(openHead({ dataDir: path.join(dir, 'file') })).rejects.toMatchObject({ code: 'unwritable' })
  })
})

test('[W13] a segment that is cut at any byte gives a prefix of its records', () => {
  const dir = tempDir()
  const w = new WalWriter(dir, 0, { compress: 'none', logger: SILENT })
  const want = Array.from({ length: 30 }, (_, i) => Buffer.alloc(i * 311 + 1, i + 1))
  for (const b of want) w.add(b, b.length)
  w.close()
  const file = path.join(dir, '00000000')
  const size = readFileSync(file).length
  const copy = path.join(tempDir(), 'cut')
  for (let cut = 0; cut < size; cut += 997) {
    copyFileSync(file, copy)
    truncateSync(copy, cut)
    const got: number[] = []
    const fault = readSegment(copy, readWhole(copy), (_, from, to) => got.push(to - from))
    expect(got).toEqual(want.slice(0, got.length).map(b => b.length))
    if (fault !== undefined) {
      expect(fault.torn).toBe(true)
      expect(fault.goodBytes).toBeLessThanOrEqual(cut)
    }
  }
})

test('[W14] a start that is called off while the log is read gives the directory back as it was, and says how far it came', async () => {
  const dir = tempDir()
  const head = await openHead({ dataDir: dir, syncMs: 0, maintenanceMs: 0, retentionMs: Infinity })
  const appender = head.appender()
  for (let i = 0; i < 20; i++) {
    appender.append(appender.series(['__name__', 'x', 'n', String(i)]), T, i)
    appender.commit()
  }
  await head.close()
  const calledOff = new AbortController()
  const seen: number[] = []
  await expect(openHead({
    dataDir: dir, syncMs: 0, maintenanceMs: 0, retentionMs: Infinity, signal: calledOff.signal,
    onProgress: p => {
      seen.push(p.bytes / p.totalBytes)
      calledOff.abort(new Error('called off'))
    },
  })).rejects.toThrow('called off')
  expect(seen).toEqual([1])
  const again = await openHead({ dataDir: dir, syncMs: 0, maintenanceMs: 0, retentionMs: Infinity })
  expect(again.report.replay).toMatchObject({ series: 20, samples: 20 })
  await again.close()
})
