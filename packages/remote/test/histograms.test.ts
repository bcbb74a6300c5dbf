import type { Histogram } from '@haechi/model'
import type { Exemplar } from '@haechi/storage'
import * as fc from 'fast-check'
import { snappyCompress } from 'hysnappy'
import { expect, test } from 'vitest'
import { REMOTE_WRITE_LIMITS, RemoteWriteReceiver } from '../src/index.ts'
import { MemoryAppender } from './memory-appender.ts'
import { body, writeRequest } from './write-request.ts'

const T = 1_790_000_000_000
const LABELS: [string, string][] = [['__name__', 'latency']]

const varint = (v: number): number[] => (v < 128 ? [v] : [(v % 128) | 128, ...varint(Math.floor(v / 128))])
const zigzag = (v: number): number[] => varint(v < 0 ? -2 * v - 1 : 2 * v)
const bytes = (field: number, b: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(b.length), ...b]
const int = (field: number, v: number): number[] => [...varint(field * 8), ...varint(v)]
const sint = (field: number, v: number): number[] => [...varint(field * 8), ...zigzag(v)]
const double = (field: number, v: number): number[] => [...varint(field * 8 + 1), ...new Uint8Array(Float64Array.of(v).buffer)]
const doubles = (list: readonly number[]): number[] => list.flatMap(v => [...new Uint8Array(Float64Array.of(v).buffer)])
const text = (field: number, s: string): number[] => bytes(field, [...Buffer.from(s)])
const span = (field: number, offset: number, length: number): number[] => bytes(field, [...sint(1, offset), ...int(2, length)])

class Recorder extends MemoryAppender {
  readonly histograms: [ref: number, tMs: number, h: Histogram][] = []
  readonly exemplars: [ref: number, e: Exemplar][] = []
  readonly stale: [ref: number, tMs: number][] = []

  override appendHistogram(ref: number, tMs: number, h: Histogram): void {
    this.histograms.push([ref, tMs, h])
  }

  override appendExemplar(ref: number, e: Exemplar): void {
    this.exemplars.push([ref, e])
  }

  override appendStale(ref: number = 0, tMs: number = 0): void {
    this.stale.push([ref, tMs])
  }
}

const send = (a: Recorder, ...extra: number[][]): ReturnType<RemoteWriteReceiver['receive']> =>
  new RemoteWriteReceiver(a, REMOTE_WRITE_LIMITS, () => T).receive(body([{ labels: LABELS, samples: [], extra: extra.flat() }]))

const integer = [...int(1, 6), ...double(3, 12.5), ...sint(4, -2), ...double(5, 0.001), ...int(6, 1), ...span(8, 0, 1), ...bytes(9, zigzag(2)), ...span(11, -3, 1), ...span(11, 2, 1), ...bytes(12, [...zigzag(2), ...zigzag(-1)]), ...int(14, 3), ...int(15, T)]
const float = [...double(2, 6.5), ...double(3, 12.5), ...sint(4, -53), ...span(11, 0, 2), ...bytes(13, doubles([2.5, 4])), ...int(15, T), ...bytes(16, doubles([0.5, 1]))]

test('[RW12] native histograms, integer and float, and exemplars reach the appender', () => {
  const a = new Recorder()
  const exemplar = [...bytes(1, [...text(1, 'trace_id'), ...text(2, 'x')]), ...double(2, 0.25), ...int(3, T - 5)]
  expect(send(a, bytes(4, integer), bytes(4, float), bytes(3, exemplar))).toMatchObject({ status: 204 })
  expect(a.histograms).toEqual([
    [1, T, {
      schema: -2, zeroThreshold: 0.001, zeroCount: 1, count: 6, sum: 12.5, integer: true, resetHint: 3, positiveSpans: Int32Array.of(-3, 1, 2, 1), positiveCounts: Float64Array.of(2, 1),
      negativeSpans: Int32Array.of(0, 1), negativeCounts: Float64Array.of(2), customValues: new Float64Array(0),
    }],
    [1, T, {
      schema: -53, zeroThreshold: 0, zeroCount: 0, count: 6.5, sum: 12.5, integer: false, resetHint: 0, positiveSpans: Int32Array.of(0, 2), positiveCounts: Float64Array.of(2.5, 4),
      negativeSpans: new Int32Array(0), negativeCounts: new Float64Array(0), customValues: Float64Array.of(0.5, 1),
    }],
  ])
  expect(a.exemplars).toEqual([[1, { labels: ['trace_id', 'x'], value: 0.25, tMs: T - 5 }]])
})

test('[RW12] a staleness marker ends the series; a histogram that contradicts itself or lies in the future fails the request', () => {
  const a = new Recorder()
  const stale = [...varint(25), 2, 0, 0, 0, 0, 0, 0xf0, 0x7f, ...int(15, T)]
  expect(send(a, bytes(4, stale))).toMatchObject({ status: 204 })
  expect(a.stale).toEqual([[1, T]])
  expect(send(a, bytes(4, [...int(1, 7), ...span(11, 0, 1), ...bytes(12, zigzag(1)), ...int(15, T)]))).toMatchObject({ status: 400, message: expect.stringContaining('1 observations found in buckets, but the Count field is 7') })
  expect(send(a, bytes(4, [...int(1, 0), ...int(15, T + 700_000)]))).toMatchObject({ status: 400, message: 'out of bounds: timestamp is too far in the future' })
  expect(a.histograms).toEqual([])
})

test('[RW12] any bytes in the place of a histogram or exemplar are stored or refused', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(3, 4), (raw, field) => {
    const request = writeRequest([{ labels: LABELS, samples: [], extra: bytes(field, [...raw]) }])
    const result = new RemoteWriteReceiver(new Recorder(), REMOTE_WRITE_LIMITS, () => T).receive(snappyCompress(request))
    expect([204, 400]).toContain(result.status)
  }), { numRuns: 1000 })
})
