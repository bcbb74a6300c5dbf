import { labelsFromObject, labelsToObject } from '@haechi/model'
import type { Histogram } from '@haechi/model'
import type { Appender, Exemplar } from '@haechi/storage'
import { expect, test } from 'vitest'
import { MemoryStorage } from '../test/memory-storage.ts'
import { ownScrapeConfig } from './config.ts'
import type { ScrapeConfig } from './config.ts'
import { BufferPool } from './fetcher.ts'
import { SILENT_LOG } from './surroundings.ts'
import { TargetWriter } from './target-writer.ts'

const T = 1_790_000_000_000
const PROTOBUF = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'

const varint = (v: number): number[] => (v < 128 ? [v] : [(v % 128) | 128, ...varint(Math.floor(v / 128))])
const zigzag = (v: number): number[] => varint(v < 0 ? -2 * v - 1 : 2 * v)
const bytes = (field: number, b: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(b.length), ...b]
const text = (field: number, s: string): number[] => bytes(field, [...Buffer.from(s)])
const int = (field: number, v: number): number[] => [...varint(field * 8), ...varint(v)]
const sint = (field: number, v: number): number[] => [...varint(field * 8), ...zigzag(v)]
const double = (field: number, v: number): number[] => [...varint(field * 8 + 1), ...new Uint8Array(Float64Array.of(v).buffer)]
const pair = (field: number, name: string, value: string): number[] => bytes(field, [...text(1, name), ...text(2, value)])
const family = (b: readonly number[]): number[] => [...varint(b.length), ...b]

/** Buckets 1 and 2 at `schema` with counts 2 and 3, one in the zero bucket; classic ones besides. */
const native = (name: string, options: { readonly classic?: boolean; readonly exemplar?: boolean; readonly count?: number; readonly gauge?: boolean } = {}): number[] => family([
  ...text(1, name), ...int(3, options.gauge === true ? 5 : 4),
  ...bytes(4, [...pair(1, 'path', '/a'), ...bytes(7, [
    ...int(1, options.count ?? 6), ...double(2, 12.5), ...sint(5, 3), ...double(6, 0.001), ...int(7, 1), ...bytes(12, [...sint(1, 1), ...int(2, 2)]), ...bytes(13, [...zigzag(2), ...zigzag(1)]),
    ...(options.classic === true ? bytes(3, [...int(1, 4), ...double(2, 1), ...bytes(3, [...pair(1, 'trace_id', 'c'), ...double(2, 0.5)])]) : []),
    ...(options.exemplar === true ? bytes(16, [...pair(1, 'trace_id', 'x'), ...double(2, 1.5), ...bytes(3, [...int(1, T / 1000 - 1), ...int(2, 500_000_000)])]) : []),
  ])]),
])

interface Recorded { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly tMs: number }

function target(changes: Partial<ScrapeConfig> = {}): {
  readonly storage: MemoryStorage; readonly histograms: (Recorded & { readonly h: Histogram })[]; readonly exemplars: (Recorded & { readonly e: Exemplar })[]
  readonly scrape: (tMs: number, body: readonly number[] | string, contentType?: string) => ReturnType<TargetWriter['store']>
} {
  const storage = new MemoryStorage()
  const histograms: (Recorded & { readonly h: Histogram })[] = []
  const exemplars: (Recorded & { readonly e: Exemplar })[] = []
  const at = (ref: number, tMs: number): Recorded => {
    const { __name__: name = '', job: _job, ...labels } = labelsToObject(storage.labels[ref]!)
    return { name, labels, tMs }
  }
  const appender: Appender = Object.assign(storage.appender(), {
    appendHistogram: (ref: number, tMs: number, h: Histogram) => void histograms.push({ ...at(ref, tMs), h }),
    appendExemplar: (ref: number, e: Exemplar) => void exemplars.push({ ...at(ref, e.tMs), e }),
  })
  const config = { ...ownScrapeConfig({ jobName: 'j', targets: [] }), nativeHistograms: { scrape: true, alwaysClassic: false, convertClassic: false }, ...changes }
  const writer = new TargetWriter(labelsFromObject({ job: 'j' }), config, appender, SILENT_LOG, new BufferPool())
  return {
    storage, histograms, exemplars,
    scrape: (tMs, body, contentType = PROTOBUF) => {
      const b = Buffer.from(body as number[])
      return writer.store(tMs, { bytes: b, length: b.length, contentType }, () => 1, 1000)
    },
  }
}

test('[NH1] a native histogram is stored as one, its classic buckets only where they are wanted', () => {
  const t = target()
  expect(t.scrape(T, native('latency', { classic: true }))).toMatchObject({ error: '', samples: 1, kept: 1, seriesAdded: 1, nativeHistograms: 0 })
  expect(t.histograms).toEqual([{
    name: 'latency', labels: { path: '/a' }, tMs: T, h: {
      schema: 3, zeroThreshold: 0.001, zeroCount: 1, count: 6, sum: 12.5, positiveSpans: Int32Array.of(1, 2), positiveCounts: Float64Array.of(2, 3), negativeSpans: new Int32Array(0),
      negativeCounts: new Float64Array(0), customValues: new Float64Array(0), resetHint: 0, integer: true,
    },
  }])
  expect(t.storage.find({ __name__: 'latency_bucket' })).toEqual([])
  expect(t.scrape(T + 1000, native('latency', { gauge: true }))).toMatchObject({ error: '', seriesAdded: 0 })
  expect(t.histograms[1]!.h.resetHint).toBe(3)

  const both = target({ nativeHistograms: { scrape: true, alwaysClassic: true, convertClassic: false } })
  expect(both.scrape(T, native('latency', { classic: true }))).toMatchObject({ error: '', samples: 5 })
  expect(both.storage.last({ __name__: 'latency_bucket', le: '1.0' })).toBe(4)
  expect(both.histograms).toHaveLength(1)

  const none = target({ nativeHistograms: { scrape: false, alwaysClassic: false, convertClassic: false } })
  expect(none.scrape(T, native('latency', { classic: true }))).toMatchObject({ error: '', samples: 4, nativeHistograms: 1 })
  expect(none.histograms).toEqual([])
})

test('[NH2] a series of native histograms that is gone ends, also when the target fails; it begins again afterwards', () => {
  const t = target()
  t.scrape(T, [...native('a'), ...native('b')])
  t.scrape(T + 1000, native('a'))
  expect(t.storage.of({ __name__: 'b' })).toEqual([[T + 1000, 'stale']])
  expect(t.storage.find({ __name__: 'a' })).toEqual([])
  t.scrape(T + 2000, [1, 2, 3])
  expect(t.storage.of({ __name__: 'a' })).toEqual([[T + 2000, 'stale']])
  t.scrape(T + 3000, [1, 2, 3])
  expect(t.storage.of({ __name__: 'a' })).toHaveLength(1)
  expect(t.scrape(T + 4000, native('a'))).toMatchObject({ error: '', kept: 1 })
  expect(t.histograms.at(-1)).toMatchObject({ name: 'a', tMs: T + 4000 })
})

test('[NH3] a histogram that contradicts itself fails the scrape; limits reduce its resolution', () => {
  const t = target()
  expect(t.scrape(T, native('a', { count: 7 })).error).toBe("6 observations found in buckets, but the Count field is 7: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)")
  const few = target({ bucketLimit: 1 })
  few.scrape(T, native('a'))
  expect(few.histograms[0]!.h).toMatchObject({ schema: 2, positiveCounts: Float64Array.of(5), resetHint: 0 })
  const coarse = target({ maxSchema: 0 })
  coarse.scrape(T, native('a'))
  expect(coarse.histograms[0]!.h.schema).toBe(0)
})

test('[NH4] exemplars come from protobuf and from OpenMetrics; a native one needs a time', () => {
  const t = target()
  t.scrape(T, native('a', { exemplar: true }))
  expect(t.exemplars).toEqual([{ name: 'a', labels: { path: '/a' }, tMs: T - 500, e: { labels: ['trace_id', 'x'], value: 1.5, tMs: T - 500 } }])
  const classic = target({ nativeHistograms: { scrape: false, alwaysClassic: false, convertClassic: false } })
  classic.scrape(T, native('a', { classic: true }))
  expect(classic.exemplars).toEqual([{ name: 'a_bucket', labels: { path: '/a', le: '1.0' }, tMs: T, e: { labels: ['trace_id', 'c'], value: 0.5, tMs: T, scrapeTime: true } }])

  const text = target()
  const body = (n: number, id: string): number[] => [...Buffer.from(`# TYPE r counter\nr_total{x="1"} ${n} # {trace_id="${id}"} 0.67 ${T / 1000}\nr_total{x="2"} 1\n# EOF\n`)]
  const om = 'application/openmetrics-text; version=1.0.0'
  text.scrape(T, body(1, 'a'), om)
  text.scrape(T + 1000, body(2, 'b'), om)
  text.scrape(T + 2000, body(2, 'b'), om)
  expect(text.exemplars.map(x => [x.name, x.labels, x.e])).toEqual([
    ['r_total', { x: '1' }, { labels: ['trace_id', 'a'], value: 0.67, tMs: T }], ['r_total', { x: '1' }, { labels: ['trace_id', 'b'], value: 0.67, tMs: T }],
  ])
})
