import { mkdtempSync } from 'node:fs'
import path from 'node:path'
import { tmpdir } from 'node:os'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openDatabase } from '../src/index.ts'
import { ZstdError, wasmCodec, zstdCompress, zstdDecompress } from '../src/wal/zstd.ts'
import { readAll } from './read-all.ts'
import { PEERS_REASON, peersMissing, prometheus } from './real-prometheus.ts'

test('[W4] zstd: a round trip of any bytes, by the WebAssembly codec as well', () => {
  const wasm = wasmCodec()
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 5000 }), fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.nat(20_000)).map(([b, n]) => Uint8Array.from({ length: n }, (_, i) => b[i % b.length] ?? 0))), b => {
    const packed = zstdCompress(b)
    expect(Buffer.compare(zstdDecompress(packed, b.length), b)).toBe(0)
    expect(Buffer.compare(wasm.decompress(packed, b.length), b)).toBe(0)
    expect(Buffer.compare(zstdDecompress(wasm.compress(b), b.length), b)).toBe(0)
  }), { numRuns: 100 })
})

test('[W5] zstd: bytes that are no frame, damaged ones and those that claim too much are a ZstdError', () => {
  const good = zstdCompress(Buffer.from('haechi '.repeat(1000)))
  expect(() => zstdDecompress(good, 6999)).toThrow(new ZstdError('zstd: decoded block is too large'))
  expect(() => zstdDecompress(Buffer.from('haechi haechi'), 1 << 20)).toThrow(new ZstdError('zstd: corrupt input'))
  expect(() => zstdDecompress(new Uint8Array(0), 1 << 20)).toThrow(ZstdError)
  fc.assert(fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(good.length), (at, flip, cut) => {
    const b = Buffer.from(good.subarray(0, cut))
    if (at < cut) b[at]! ^= flip
    try {
      expect(zstdDecompress(b, 1 << 20).length).toBeLessThanOrEqual(1 << 20)
    } catch (err) {
      expect(err).toBeInstanceOf(ZstdError)
    }
  }), { numRuns: 300 })
  expect(zstdDecompress(good, 7000).length).toBe(7000)
})

test.skipIf(peersMissing)(`[C2] a log that a real Prometheus wrote with zstd opens here, and ours there (${PEERS_REASON})`, { timeout: 60_000 }, async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'haechi-zstd-'))
  const flags = ['--storage.tsdb.wal-compression-type=zstd']
  const peer = await prometheus(dir, true, flags)
  await expect.poll(async () => (await (await fetch(`${peer.url}/api/v1/query?query=count(count_over_time(up[1h])>2)`)).json() as { data: { result: unknown[] } }).data.result.length, { timeout: 30_000 }).toBe(1)
  await peer.stop('SIGKILL')
  const db = await openDatabase({ dataDir: dir, walCompression: 'zstd', maintenanceMs: 0 })
  expect(db.report.replay.lost).toEqual([])
  const series = await readAll(db)
  const up = [...series].find(([key]) => key.includes('up') && key.includes('self'))
  expect(series.size).toBeGreaterThan(100)
  expect(up).toBeDefined()
  const appender = db.appender()
  const t = Math.max(...[...series.values()].flatMap(s => s.map(x => x.t))) + 1000
  for (let i = 0; i < 500; i++) appender.append(appender.series(['__name__', 'ours', 'i', String(i).repeat(10)]), t, i)
  expect(appender.commit().appended).toBe(500)
  await db.close()
  const again = await prometheus(dir, false, flags)
  const answer = await (await fetch(`${again.url}/api/v1/query?query=${encodeURIComponent('sum(last_over_time(ours[1h]))')}&time=${t / 1000 + 1}`)).json() as { data: { result: { value: [number, string] }[] } }
  expect(answer.data.result[0]?.value[1]).toBe(String(500 * 499 / 2))
  expect(again.log()).not.toMatch(/corrupt|repair/i)
  await again.stop('SIGTERM')
})
