import { newMatcher } from '@haechi/model'
import { storageSuite } from '@haechi/storage/suite'
import { expect, test } from 'vitest'
import { MemoryStorage } from './memory-storage.ts'
import { STALE_HIGH, STALE_LOW, SampleColumns } from './querier.ts'

storageSuite('memory', () => Promise.resolve(Object.assign(new MemoryStorage(), { close: () => Promise.resolve() })))

test('[ST26] the memory storage keeps bits, start times, exemplars and metadata of a batch, and nothing of one that is taken back', async () => {
  const storage = new MemoryStorage()
  const a = storage.appender()
  const ref = a.series(['__name__', 'm'])
  const trace = (tMs: number): { labels: string[], value: number, tMs: number } => ({ labels: ['trace_id', 'x'], value: 1, tMs })
  a.appendMetadata(ref, { type: 'gauge', unit: '', help: 'not kept' })
  a.appendExemplar(ref, trace(1))
  a.rollback()
  a.appendBits(ref, 10, 0, 0x3ff00000, 5)
  a.appendBits(ref, 20, 7, 0x7ff80000)
  a.appendBits(ref, 30, STALE_LOW, STALE_HIGH)
  a.appendExemplar(ref, trace(9))
  a.appendExemplar(ref, trace(9))
  a.appendExemplar(ref, trace(8))
  a.appendMetadata(ref, { type: 'counter', unit: '', help: 'h' })
  expect(a.commit()).toMatchObject({ appended: 3 })
  const found = await storage.querier(0, 100).select([], 0, 100)
  const into = new SampleColumns(4)
  expect(found.read(0, 0, 100, into)).toBe(3)
  expect([...into.ts.subarray(0, 3)]).toEqual([10, 20, 30])
  expect([into.vs[0], into.bits[2]! >>> 0, into.bits[3]! >>> 0, into.isStale(2)]).toEqual([1, 7, 0x7ff80000, true])
  expect([...into.startsMs!]).toEqual([5, 0, 0])
  expect(await storage.exemplars([[newMatcher('=', '__name__', 'm')]], 0, 100)).toEqual([{ labels: ['__name__', 'm'], exemplars: [trace(9)] }])
  expect(storage.all()[0]!.metadata).toEqual({ type: 'counter', unit: '', help: 'h' })
})
