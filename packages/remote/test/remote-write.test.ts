import { labelsFromObject } from '@haechi/model'
import * as fc from 'fast-check'
import { snappyCompress } from 'hysnappy'
import { describe, expect, test } from 'vitest'
import { SnappyBlockError, uncompressBlock } from '@haechi/exposition'
import { REMOTE_WRITE_LIMITS, RemoteWriteReceiver, receiveRemoteWrite } from '../src/index.ts'
import { MemoryAppender } from './memory-appender.ts'
import { body, writeRequest } from './write-request.ts'

const T = 1_790_000_000_000
const up = (instance: string): [string, string][] => [['__name__', 'up'], ['instance', instance]]
const receiver = (a: MemoryAppender): RemoteWriteReceiver => new RemoteWriteReceiver(a, REMOTE_WRITE_LIMITS, () => T)
const NOTHING = { invalidSeries: 0, limitedSeries: 0, outOfOrder: 0 }

describe('remote write 1.0', () => {
  test('[RW1] stores the samples of all series', () => {
    const a = new MemoryAppender()
    expect(receiver(a).receive(body([{ labels: up('a'), samples: [[T - 1, 1], [T, 2]] }, { labels: up('b'), samples: [[T, -0.5]] }]))).toEqual({ status: 204, samples: 3, skipped: NOTHING })
    expect(a.known.map(s => [s.labels, s.samples.map(x => x.t)])).toEqual([[labelsFromObject(Object.fromEntries(up('a'))), [T - 1, T]], [labelsFromObject(Object.fromEntries(up('b'))), [T]]])
    expect(a.known[1]!.samples[0]).toEqual({ t: T, lo: 0, hi: 0xbfe00000 })
  })

  test('[RW2] known series are not looked up again, in whatever order they come', () => {
    const a = new MemoryAppender()
    const r = receiver(a)
    const series = Array.from({ length: 50 }, (_, i) => up(`i${i}`))
    r.receive(body(series.map(labels => ({ labels, samples: [[T, 1]] }))))
    expect(a.lookups).toBe(50)
    r.receive(body(series.toReversed().map(labels => ({ labels, samples: [[T + 1, 1]] }))))
    r.receive(body(series.map(labels => ({ labels, samples: [[T + 2, 1]] }))))
    expect(a.lookups).toBe(50)
    expect(a.known.every(s => s.samples.length === 3)).toBe(true)
  })

  test('[RW3] the staleness marker and negative times arrive bit by bit', () => {
    const a = new MemoryAppender()
    const raw = writeRequest([{ labels: up('a'), samples: [[-5, 0]] }])
    const at = raw.lastIndexOf(9) + 1
    raw.set([2, 0, 0, 0, 0, 0, 0xf0, 0x7f], at)
    expect(receiver(a).receive(snappyCompress(raw))).toMatchObject({ status: 204, samples: 1 })
    expect(a.known[0]!.samples).toEqual([{ t: -5, lo: 2, hi: 0x7ff00000 }])
  })

  test.each([
    { name: 'out of order', series: [[T - 1, 1]], message: 'out of order sample' },
    { name: 'duplicate', series: [[T, 2]], message: 'duplicate sample for timestamp' },
    { name: 'far ahead', series: [[T + 600_001, 1]], message: 'out of bounds: timestamp is too far in the future' },
  ] as const)('[RW4] $name: 400, and nothing of the request is stored', ({ series, message }) => {
    const a = new MemoryAppender()
    const r = receiver(a)
    r.receive(body([{ labels: up('a'), samples: [[T, 1]] }]))
    expect(r.receive(body([{ labels: up('b'), samples: [[T, 1]] }, { labels: up('a'), samples: series }]))).toEqual({ status: 400, message })
    expect(a.known.map(s => s.samples.length)).toEqual([1, 0])
    expect(r.receive(body([{ labels: up('a'), samples: [[T, 1], [T + 1, 1]] }]))).toMatchObject({ status: 204, samples: 1 })
  })

  test('[RW5] series with bad labels are passed over and counted, the rest is stored', () => {
    const a = new MemoryAppender()
    const bad = [[['instance', 'x']], [['__name__', '']], [['__name__', 'a'], ['b', '1'], ['b', '2']], [['__name__', 'a'], ['', '1']]] as [string, string][][]
    expect(receiver(a).receive(body([...bad.map(labels => ({ labels, samples: [[T, 1]] as [number, number][] })), { labels: up('a'), samples: [[T, 1]] }])))
      .toEqual({ status: 204, samples: 1, skipped: { ...NOTHING, invalidSeries: 4 } })
    expect(a.known.length).toBe(1)
  })

  test('[RW5] labels that are not UTF-8 are bad', () => {
    const a = new MemoryAppender()
    const raw = writeRequest([{ labels: [['__name__', 'up'], ['x', 'Q']], samples: [[T, 1]] }])
    raw[raw.indexOf(0x51)] = 0xff
    expect(receiver(a).receive(snappyCompress(raw))).toMatchObject({ status: 204, samples: 0, skipped: { invalidSeries: 1 } })
  })

  test('[RW6] labels behind the samples belong to the series too', () => {
    const a = new MemoryAppender()
    const r = receiver(a)
    r.receive(body([{ labels: up('a'), samples: [[T, 1]] }]))
    // The same labels in front, one more behind.
    const late = writeRequest([{ labels: up('a'), samples: [[T, 1]], extra: [10, 6, 10, 1, 0x6a, 18, 1, 0x62] }])
    expect(r.receive(snappyCompress(late))).toMatchObject({ status: 204, samples: 1 })
    expect(r.receive(body([{ labels: up('c'), samples: [[T, 1]], samplesFirst: true }]))).toMatchObject({ status: 204, samples: 1 })
    expect(a.known.map(s => s.labels.join())).toEqual(['__name__,up,instance,a', '__name__,up,instance,a,j,b', '__name__,up,instance,c'])
  })

  test('[RW7] a series that ended meanwhile is looked up anew', () => {
    const a = new MemoryAppender()
    const r = receiver(a)
    r.receive(body([{ labels: up('a'), samples: [[T, 1]] }, { labels: up('b'), samples: [[T, 1]] }]))
    a.known[0]!.alive = false
    expect(r.receive(body([{ labels: up('a'), samples: [[T + 1, 1]] }, { labels: up('b'), samples: [[T + 1, 1]] }]))).toMatchObject({ status: 204, samples: 2 })
    expect(a.known.map(s => s.samples.length)).toEqual([1, 2, 1])
  })

  test('[RW8] series beyond the limit are counted, known ones stored', () => {
    const a = new MemoryAppender()
    a.limit = 1
    expect(receiver(a).receive(body([{ labels: up('a'), samples: [[T, 1]] }, { labels: up('b'), samples: [[T, 1]] }]))).toEqual({ status: 204, samples: 1, skipped: { ...NOTHING, limitedSeries: 1 } })
  })

  test('[RW9] a log that fails is a 500, and the sender may try again', () => {
    const a = new MemoryAppender()
    const r = receiver(a)
    a.failing = true
    expect(r.receive(body([{ labels: up('a'), samples: [[T, 1]] }]))).toMatchObject({ status: 500 })
    a.failing = false
    expect(r.receive(body([{ labels: up('a'), samples: [[T, 1]] }]))).toMatchObject({ status: 204, samples: 1 })
  })

  test('[RW10] bytes that are not snappy or protobuf are a 400', () => {
    const a = new MemoryAppender()
    expect(receiveRemoteWrite(Uint8Array.of(1, 2, 3), a)).toEqual({ status: 400, message: 'snappy: corrupt input' })
    expect(receiveRemoteWrite(new Uint8Array(0), a)).toEqual({ status: 400, message: 'snappy: corrupt input' })
    expect(receiveRemoteWrite(snappyCompress(Uint8Array.of(10, 200)), a)).toMatchObject({ status: 400 })
    expect(receiveRemoteWrite(snappyCompress(new Uint8Array(0)), a)).toMatchObject({ status: 204, samples: 0 })
  })

  test.each([
    [1, 2, 'existing 1, new value 2'], [0.5, 1e-7, 'existing 0.5, new value 1e-07'], [1e21, -Infinity, 'existing 1e+21, new value -Inf'], [NaN, 123456789.25, 'existing NaN, new value 1.2345678925e+08'],
  ])('[RW11] a duplicate names time and values as Go prints them: %s, %s', (existing, value, text) => {
    const a = new MemoryAppender()
    const commit = a.commit.bind(a)
    a.commit = options => {
      const result = commit(options)
      return result.duplicate === 0 ? result : { ...result, duplicateSample: { tMs: T, existing, value } }
    }
    const r = receiver(a)
    r.receive(body([{ labels: up('a'), samples: [[T, 1]] }]))
    expect(r.receive(body([{ labels: up('a'), samples: [[T, 2]] }]))).toEqual({ status: 400, message: `duplicate sample for timestamp ${T}; overrides not allowed: ${text}` })
  })
})

describe('snappy blocks', () => {
  test('[RS1] a claimed length above the limit is refused before anything is reserved', () => {
    expect(() => uncompressBlock(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0), 1 << 20)).toThrow(new SnappyBlockError('tooLarge'))
    expect(() => uncompressBlock(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), 1 << 20)).toThrow(new SnappyBlockError('corrupt'))
  })

  test('[RS2] what was compressed comes back', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), b => {
      expect(uncompressBlock(snappyCompress(b), 1 << 20)).toEqual(b)
    }), { numRuns: 50 })
  })

  test('[RS3] mutated requests never do anything but store, or answer 400', () => {
    const good = body(Array.from({ length: 20 }, (_, i) => ({ labels: [...up(`i${i}`), ['job', 'x']] as [string, string][], samples: [[T, i], [T + 1, i]] as [number, number][] })))
    const a = new MemoryAppender()
    const r = receiver(a)
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }), fc.nat(good.length), (changes, cut) => {
      const b = good.slice()
      for (const [at, value] of changes) b[at] = value
      const result = r.receive(cut % 3 === 0 ? b.subarray(0, cut) : b)
      expect([204, 400]).toContain(result.status)
    }), { numRuns: 300 })
  })

  test('[RS4] mutated messages behind good compression, likewise', () => {
    const good = writeRequest(Array.from({ length: 5 }, (_, i) => ({ labels: up(`i${i}`), samples: [[T, i]] as [number, number][] })))
    const r = receiver(new MemoryAppender())
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(good.length), (changes, cut) => {
      const b = good.slice()
      for (const [at, value] of changes) b[at] = value
      expect([204, 400]).toContain(r.receive(snappyCompress(cut % 3 === 0 ? b.subarray(0, cut) : b)).status)
    }), { numRuns: 300 })
  })
})
