import { CUSTOM_BUCKETS_SCHEMA, labelsFromPairs } from '@haechi/model'
import type { Histogram, ResetHint } from '@haechi/model'
import type { Exemplar } from '@haechi/storage'
import { ProtobufError } from './protobuf.ts'
import type { ProtobufReader } from './protobuf.ts'

/** A histogram of a request; null: a staleness marker. */
export interface HistogramSample {
  readonly tMs: number
  readonly histogram: Histogram | null
  /** Since when it counts, 0: not known; requests of version 2 only. */
  readonly startMs: number
}

const decoder = new TextDecoder()

/**
 * Reads a `prometheus.Histogram` message up to `end`: 1 count_int, 2 count_float, 3 sum, 4 schema, 5 zero_threshold, 6 zero_count_int, 7 zero_count_float, 8–10 negative spans,
 * deltas, counts, 11–13 positive ones, 14 reset_hint, 15 timestamp, 16 custom_values; version 2 has 17 start_timestamp besides. It is not checked.
 */
export function readHistogram(r: ProtobufReader, end: number): HistogramSample {
  let integer = true
  let count = 0
  let zeroCount = 0
  let sum = 0
  let stale = false
  let schema = 0
  let zeroThreshold = 0
  let resetHint = 0
  let tMs = 0
  let startMs = 0
  const spans: [number[], number[]] = [[], []]
  const deltas: [number[], number[]] = [[], []]
  const counts: [number[], number[]] = [[], []]
  const bounds: number[] = []
  while (r.p < end) {
    const key = r.varint()
    const field = Math.floor(key / 8)
    const side = field < 11 ? 1 : 0
    switch (field) {
      case 1: count = r.varint(); break
      case 2:
        integer = false
        count = r.double()
        break
      case 3:
        stale = r.isStale()
        sum = r.double()
        break
      case 4: schema = r.zigzag(); break
      case 5: zeroThreshold = r.double(); break
      case 6: zeroCount = r.varint(); break
      case 7: zeroCount = r.double(); break
      case 8:
      case 11: readSpan(r, spans[side]); break
      case 9:
      case 12: readNumbers(r, key, deltas[side], false); break
      case 10:
      case 13: readNumbers(r, key, counts[side], true); break
      case 14: resetHint = r.varint(); break
      case 15: tMs = r.int64(); break
      case 16: readNumbers(r, key, bounds, true); break
      case 17: startMs = r.int64(); break
      default: r.skip(key)
    }
  }
  if (stale) return { tMs, histogram: null, startMs }
  return {
    tMs,
    startMs,
    histogram: {
      schema, zeroThreshold, zeroCount, count, sum, integer, resetHint: (resetHint <= 3 ? resetHint : 0) as ResetHint, positiveSpans: Int32Array.from(spans[0]), negativeSpans: Int32Array.from(spans[1]),
      positiveCounts: integer ? absolute(deltas[0]) : Float64Array.from(counts[0]), negativeCounts: integer ? absolute(deltas[1]) : Float64Array.from(counts[1]),
      customValues: schema === CUSTOM_BUCKETS_SCHEMA ? Float64Array.from(bounds) : new Float64Array(0),
    },
  }
}

/** Reads a `prometheus.Exemplar` message up to `end`: 1 labels {1 name, 2 value}, 2 value, 3 timestamp. */
export function readExemplar(r: ProtobufReader, end: number): Exemplar {
  const pairs: [string, string][] = []
  let value = 0
  let tMs = 0
  while (r.p < end) {
    const key = r.varint()
    if (key === 10) {
      const labelEnd = r.lengthEnd()
      let name = ''
      let text = ''
      while (r.p < labelEnd) {
        const field = r.varint()
        if (field !== 10 && field !== 18) {
          r.skip(field)
          continue
        }
        const to = r.lengthEnd()
        const read = decoder.decode(r.b.subarray(r.p, to))
        if (field === 10) name = read
        else text = read
        r.p = to
      }
      pairs.push([name, text])
    } else if (key === 17) value = r.double()
    else if (key === 24) tMs = r.int64()
    else r.skip(key)
  }
  return { labels: labelsFromPairs(pairs), value, tMs }
}

function readSpan(r: ProtobufReader, into: number[]): void {
  const end = r.lengthEnd()
  let offset = 0
  let length = 0
  while (r.p < end) {
    const key = r.varint()
    if (key === 8) offset = r.zigzag()
    else if (key === 16) length = r.varint()
    else r.skip(key)
  }
  if (!(length < 2 ** 31 && Math.abs(offset) < 2 ** 31)) throw new ProtobufError('histogram span is out of range')
  into.push(offset, length)
}

/** A repeated number, packed or not. */
function readNumbers(r: ProtobufReader, key: number, into: number[], doubles: boolean): void {
  if (key % 8 !== 2) {
    into.push(doubles ? r.double() : r.zigzag())
    return
  }
  const end = r.lengthEnd()
  while (r.p < end) into.push(doubles ? r.double() : r.zigzag())
}

function absolute(deltas: readonly number[]): Float64Array {
  const out = new Float64Array(deltas.length)
  let count = 0
  for (let i = 0; i < out.length; i++) out[i] = count += deltas[i]!
  return out
}
