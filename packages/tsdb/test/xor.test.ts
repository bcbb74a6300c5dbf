import { labelsFromObject, newMatcher } from '@haechi/model'
import { ModelStorage } from '@haechi/storage/suite'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeadAppender } from '../src/head-appender.ts'
import { HeadCore } from '../src/head-core.ts'
import { openHeadReader } from '../src/head-reader.ts'
import { decodeXor } from '../src/xor-decode.ts'
import { XorState, encodeFirst, encodeNext } from '../src/xor-encode.ts'
import { readAll } from './read-all.ts'

const word = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constantFrom(0, 1, -1, 0x7ff00000, -2147483648))
const step = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(15_000), fc.integer({ min: 1, max: 2 ** 31 }), fc.constantFrom(8193, 65_537, 524_289, 2 ** 40))

test('[X1] what is encoded is decoded, any bits and any distances', () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 45), max: 2 ** 45 }), fc.array(fc.tuple(step, word, word), { minLength: 1, maxLength: 200 }), (t0, list) => {
    const b = new Uint8Array(200 * 20 + 64)
    const s = new XorState()
    const want: [number, number, number][] = []
    let t = t0
    list.forEach(([d, lo, hi], i) => {
      if (i === 0) encodeFirst(b, 0, s, t, lo, hi)
      else encodeNext(b, 0, s, i, (t += d), lo, hi)
      want.push([t, lo >>> 0, hi >>> 0])
    })
    const ts = new Float64Array(list.length)
    const bits = new Uint32Array(2 * list.length)
    decodeXor(b, 0, list.length, ts, bits, 0)
    expect(want.map((_, i) => [ts[i], bits[2 * i], bits[2 * i + 1]])).toEqual(want)
    // Any earlier count gives the same prefix, as concurrent readers rely on.
    const half = Math.ceil(list.length / 2)
    decodeXor(b, 0, half, ts, bits, 0)
    expect(want.slice(0, half).map((_, i) => [ts[i], bits[2 * i], bits[2 * i + 1]])).toEqual(want.slice(0, half))
  }), { numRuns: 200 })
})

test('[X2] a known chunk has the bytes that Prometheus writes', () => {
  // tsdb/chunkenc: samples (1000, 1.5), (16000, 1.5), (31000, 2), (46001, -1).
  const b = new Uint8Array(64)
  const s = new XorState()
  const words = (v: number): [number, number] => {
    const u = new Uint32Array(Float64Array.of(v).buffer)
    return [u[0]!, u[1]!]
  }
  encodeFirst(b, 0, s, 1000, ...words(1.5))
  encodeNext(b, 0, s, 1, 16_000, ...words(1.5))
  encodeNext(b, 0, s, 2, 31_000, ...words(2))
  encodeNext(b, 0, s, 3, 46_001, ...words(-1))
  // First: varint 2000, the value. Second: uvarint 15000, bit 0. Third: 0, then 11, 5 bits leading 1, 6 bits length 12 …
  expect(Buffer.from(b.subarray(0, 12)).toString('hex')).toBe('d00f3ff80000000000009875')
  expect(b[12]! >>> 7).toBe(0)
  expect((b[12]! >>> 6) & 1).toBe(0)
  expect((b[12]! >>> 4) & 3).toBe(3)
})

test('[X3] random bytes decode to something, without an exception and without end', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 0, max: 400 }), (raw, n) => {
    const b = new Uint8Array(raw.length + 8)
    b.set(raw)
    decodeXor(b, 0, n, new Float64Array(n), new Uint32Array(2 * n), 0)
  }), { numRuns: 500 })
})

test('[H1] random batches: head and model hold the same', async () => {
  const names = fc.constantFrom('a', 'b')
  const op = fc.tuple(names, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 20_000 }), fc.double())
  await fc.assert(fc.asyncProperty(fc.array(fc.array(op, { minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 6 }), async batches => {
    const core = new HeadCore(Infinity)
    const appender = new HeadAppender(core)
    const model = new ModelStorage()
    let t = 1_790_000_000_000
    for (const batch of batches) {
      for (const [name, i, d, value] of batch) {
        t += d - 2000
        const labels = labelsFromObject({ __name__: name, i: String(i) })
        // Far behind the newest sample is another law; here only the order within a series counts.
        appender.append(appender.series(labels), t, value)
        const bits = new Uint32Array(Float64Array.of(value).buffer)
        const nan = Number.isNaN(value)
        if (t >= limit()) model.append(labels, t, nan ? 1 : bits[0]!, nan ? 0x7ff80000 : bits[1]!)
      }
      appender.commit()
      committed = newest(model)
    }
    const reader = openHeadReader(core.store.memory.handles)
    const got = await readAll(reader)
    reader.close()
    const want = model.select([newMatcher('!=', '__name__', '')], -8e15, 8e15)
    expect([...got.keys()].sort()).toEqual([...want.keys()].sort())
    for (const [key, samples] of want) expect(got.get(key)).toEqual(samples)
    committed = -Infinity
  }), { numRuns: 60 })
})

// The bound on late samples is taken from what was committed before the batch.
let committed = -Infinity
const limit = (): number => committed - 3_600_000
const newest = (m: ModelStorage): number => Math.max(...[...m.series.values()].map(s => s.samples.at(-1)?.t ?? -Infinity))
