import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { snappyCompress } from 'hysnappy'
import type { Histogram } from '@haechi/model'
import type { Exemplar, SeriesMetadata } from '@haechi/storage'
import { expect, test } from 'vitest'
import { RemoteWriteV2Receiver } from '../src/index.ts'
import { MemoryAppender } from './memory-appender.ts'

const T = 1_790_000_000_000
const GOLDEN = JSON.parse(readFileSync(new URL('golden/v2.json', import.meta.url), 'utf8')) as {
  readonly requests: readonly { readonly name: string; readonly message: string; readonly status: number; readonly written: readonly (string | null)[]; readonly body: string }[]
}

/** Where we answer otherwise on purpose: Prometheus 3.5 breaks the connection, asks for a request that can't succeed to be sent again, or stores what no query understands. */
const OURS: Readonly<Record<string, { readonly status: number; readonly written: string; readonly body: string }>> = {
  'odd refs': { status: 400, written: '0,0,0', body: 'parsing labels for series [1 2 3]: invalid labelRefs length 3\n' },
  'ref outside': { status: 400, written: '0,0,0', body: 'parsing labels for series [1 200]: labelRefs 1 (name) = 200 (value) outside of symbols table (size 12)\n' },
  'histogram that contradicts itself': {
    status: 400, written: '1,0,0', body: "3 observations found in buckets, but the Count field is 9: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN) for series {__name__=\"h\"}\n",
  },
  'histogram of an unknown schema': { status: 400, written: '0,0,0', body: 'histogram has an invalid schema: 20 for series {__name__="h"}\n' },
  'exemplar with bad refs': {
    status: 400, written: '1,0,0',
    body: 'parsing exemplar for series {__name__="m", a="1"}: labelRefs 8 (name) = 99 (value) outside of symbols table (size 12)\nparsing exemplar for series {__name__="m", a="1"}: invalid labelRefs length 1\n',
  },
  'metadata outside': { status: 400, written: '0,0,0', body: 'parsing metadata for series [1 2 3 4]: metadata help_ref 77 outside of symbols table (size 12)\n' },
}

/** Keeps histograms and what stands beside samples, too; histograms have their own order, by series. */
class Recorder extends MemoryAppender {
  readonly histograms: [ref: number, tMs: number, h: Histogram][] = []
  readonly exemplars: [ref: number, e: Exemplar][] = []
  readonly metadata: [ref: number, m: SeriesMetadata][] = []

  override appendHistogram(ref: number, tMs: number, h: Histogram): void {
    this.histograms.push([ref, tMs, h])
    // Its place in the order of the series.
    this.appendBits(ref, tMs, 0, 0)
  }

  override appendExemplar(ref: number, e: Exemplar): void {
    this.exemplars.push([ref, e])
  }

  override appendMetadata(ref: number, m: SeriesMetadata): void {
    this.metadata.push([ref, m])
  }
}

test('[RW13] start times go with their samples, floats and histograms; each sample has its own', () => {
  const starts: unknown[] = []
  class Starts extends Recorder {
    override appendBits(ref: number, t: number, lo: number, hi: number, startMs?: number): void {
      super.appendBits(ref, t, lo, hi)
      if (startMs !== undefined) starts.push([t, startMs])
    }

    override appendHistogram(ref: number, tMs: number, h: Histogram, startMs?: number): void {
      super.appendHistogram(ref, tMs, h)
      starts.push([tMs, startMs, h.count])
    }
  }
  const message = (n: number, ...parts: number[]): number[] => [n * 8 + 2, parts.length, ...parts]
  const text = (s: string): number[] => message(4, ...Buffer.from(s))
  const series = message(5, ...message(1, 1, 2), ...message(2, 16, 100, 24, 60), ...message(2, 16, 101), ...message(3, 8, 0, 15 * 8, 102, 17 * 8 % 128 | 128, 1, 61))
  const r = new RemoteWriteV2Receiver(new Starts(), undefined, () => T).receive(snappyCompress(Uint8Array.from([...text(''), ...text('__name__'), ...text('m'), ...series])))
  expect(r).toMatchObject({ status: 204, samples: 2, histograms: 1 })
  expect(starts).toEqual([[100, 60], [101, 0], [102, 61, 0]])
})

test('[RW13] requests are answered as Prometheus answers them, and the parts that are refused are named', () => {
  const a = new Recorder()
  const receiver = new RemoteWriteV2Receiver(a, undefined, () => T + 60_000)
  for (const { name, message, status, written, body } of GOLDEN.requests) {
    const r = receiver.receive(snappyCompress(Buffer.from(message, 'base64')))
    const expected = OURS[name] ?? { status, written: written.map(w => w ?? '0').join(), body }
    // The memory of this test knows no values, so it can't say which ones contradict each other; broken texts are shown with the replacement character.
    const wanted = expected.body.replace(/( timestamp) \d+; overrides[^:]*: existing \S+ new value \S+/, '$1').replaceAll('\\xff', '\ufffd').trimEnd()
    expect({ name, status: r.status, written: [r.samples, r.histograms, r.exemplars].join(), body: r.message }).toEqual({ name, status: expected.status, written: expected.written, body: wanted })
  }
  expect(a.histograms.slice(0, 1)).toMatchObject([[4, T, { schema: 2, count: 3, sum: 12.5, positiveCounts: Float64Array.of(3), integer: true }]])
  expect(a.exemplars.find(([ref]) => ref === 4)).toEqual([4, { labels: ['trace_id', 'x'], value: 1, tMs: T }])
  expect(a.metadata).toEqual([[4, { type: 'histogram', help: 'help text', unit: 'seconds' }]])
})

test('[RW14] a series that ended is made again; a storage that can not write gives 500 and keeps nothing', () => {
  const a = new Recorder()
  const receiver = new RemoteWriteV2Receiver(a, undefined, () => T)
  const one = snappyCompress(Buffer.from(GOLDEN.requests[0]!.message, 'base64'))
  expect(receiver.receive(one)).toMatchObject({ status: 204, samples: 1 })
  a.known[0]!.alive = false
  expect(receiver.receive(one)).toMatchObject({ status: 204, samples: 1 })
  expect(a.known).toHaveLength(2)
  expect(receiver.receive(one)).toMatchObject({ status: 204 })
  expect(a.lookups).toBe(2)
  a.failing = true
  expect(receiver.receive(one)).toMatchObject({ status: 500, samples: 0 })
  const full = new Recorder()
  full.limit = 0
  expect(new RemoteWriteV2Receiver(full, undefined, () => T).receive(one)).toMatchObject({ status: 400, message: expect.stringContaining('limit is reached for series {__name__="m", a="1"}') })
})

test('[RW15] type and unit in metadata become labels where asked for, stronger than labels sent; another type is another series', () => {
  const message = (n: number, ...parts: number[]): number[] => [n * 8 + 2, parts.length, ...parts]
  const symbols = ['', '__name__', 'm', '__type__', 'sent', 'bytes', 'seconds'].flatMap(s => message(4, ...Buffer.from(s)))
  const series = (type: number, unit: number, ...refs: number[]): number[] => message(5, ...message(1, ...refs), ...message(2, 16, 100), ...message(5, 8, type, 32, unit))
  const body = [...symbols, ...series(1, 6, 1, 2, 3, 4), ...series(2, 6, 1, 2), ...series(0, 5, 1, 2, 3, 4), ...series(0, 0, 1, 2, 3, 4), ...series(1, 6, 1, 2)]
  const of = (typed: boolean): string[] => {
    const a = new Recorder()
    new RemoteWriteV2Receiver(a, undefined, () => T, typed).receive(snappyCompress(Uint8Array.from(body)))
    return a.known.map(k => k.labels.join(' '))
  }
  expect(of(true)).toEqual(['__name__ m __type__ counter __unit__ seconds', '__name__ m __type__ gauge __unit__ seconds', '__name__ m __unit__ bytes', '__name__ m __type__ sent'])
  expect(of(false)).toEqual(['__name__ m __type__ sent', '__name__ m'])
})

test('[RS4] any bytes lead to an answer, whole or as a changed request', () => {
  const messages = GOLDEN.requests.map(r => Buffer.from(r.message, 'base64')).filter(b => b.length > 0)
  fc.assert(fc.property(fc.constantFrom(...messages), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.uint8Array({ maxLength: 20 }), (message, changes, tail) => {
    const b = Uint8Array.from([...message, ...tail])
    for (const [at, v] of changes) b[at % b.length] = v
    expect([204, 400]).toContain(new RemoteWriteV2Receiver(new Recorder(), undefined, () => T).receive(snappyCompress(b)).status)
  }), { numRuns: 1000 })
})
