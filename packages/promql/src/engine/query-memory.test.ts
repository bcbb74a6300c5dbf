import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/testkit'
import { expect, test } from 'vitest'
import { Budget } from './budget.ts'
import { toJsonBody } from './outcome.ts'
import { QueryMemory, newQueryMemory } from './query-memory.ts'
import { DEFAULT_ENGINE, runRange } from './run-query.ts'

const KIB = 1024
const SERIES = 100
const storage = new MemoryStorage()
for (let i = 0; i < SERIES; i++) {
  const labels = labelsFromObject({ __name__: 'm_total', i: String(i) })
  for (let t = 0; t <= 2000; t += 20) storage.add(labels, t * 1000, t + i)
}
const range = { startMs: 0, endMs: 2_000_000, stepMs: 1000 }
const CELLS = SERIES * 2001

test('[E24] a query over its limit of bytes is refused with limit and flag; what needs less is answered', async () => {
  const engine = new LocalQueryEngine(storage, { maxBytes: 512 * KIB })
  const refused = { kind: 'execution', message: 'query processing would take too much memory in expression evaluation: more than 512KiB (--query.max-memory)' }
  for (const expr of ['m_total + m_total', 'm_total', 'topk(3, m_total)', 'm_total or m_total', 'sum by (i) (m_total)', 'label_replace(m_total, "i", "", "i", ".*") and m_total', 'max_over_time(m_total[5m:1s])']) {
    await expect(engine.rangeJson({ ...range, expr }), expr).rejects.toMatchObject(refused)
  }
  for (const expr of ['sum(m_total)', 'rate(m_total{i="1"}[5m])', 'max(m_total{i=~"1."} + 1)']) await expect(engine.rangeJson({ ...range, expr }), expr).resolves.toBeDefined()
  await expect(engine.instant({ expr: 'm_total[2000s]', tMs: 2_000_000 })).resolves.toBeDefined()
  await expect(new LocalQueryEngine(storage, { maxBytes: 100 * KIB }).instant({ expr: 'm_total[2000s]', tMs: 2_000_000 })).rejects.toMatchObject({ kind: 'execution' })
})

test('[E24] bytes are given back when their consumer is done, so that a chain needs no more than its largest step', async () => {
  const peak = (expr: string): Promise<number> => runRange(storage, { ...range, expr }, DEFAULT_ENGINE, { deadlineMs: Infinity, nowMs: () => 0 }, ({ budget }) => budget.peakBytes)
  const one = await peak('m_total + m_total')
  // Two operands and the result.
  expect(one).toBeGreaterThanOrEqual(3 * CELLS * 9)
  expect(one).toBeLessThan(4 * CELLS * 16)
  expect(await peak('m_total + m_total + m_total + m_total + m_total + m_total')).toBeLessThan(one + 2 * CELLS * 9)
  expect(await peak('sum(m_total)')).toBeLessThan(200 * KIB)
})

test('[E24] queries share the limit of all: the one that would break it is refused, and answers count until they are written', async () => {
  const memory = newQueryMemory(2)
  const [account, other] = [new QueryMemory(memory, 0), new QueryMemory(memory, 1)]
  const options = { ...DEFAULT_ENGINE, maxTotalBytes: 4 * KIB * KIB }
  const ask = (): Promise<number> => runRange(storage, { ...range, expr: 'm_total * 2' }, options, { deadlineMs: Infinity, nowMs: () => 0, memory: account }, finished => {
    const body = toJsonBody(finished)
    expect(account.bytes).toBeGreaterThanOrEqual(body.length)
    return body.length
  })
  other.add(3000)
  await expect(ask()).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('more than 4MiB (--query.max-memory-total); ask again later') })
  expect(account.bytes).toBe(3000 * KIB)
  expect(account.refused).toEqual({ alone: 0, together: 1 })
  other.clear()
  await expect(runRange(storage, { ...range, expr: 'm_total{i="1"}' }, options, { deadlineMs: Infinity, nowMs: () => 0, memory: account }, f => toJsonBody(f).length)).resolves.toBeGreaterThan(1000)
  expect(account.bytes).toBe(0)
})

test('[E24] an account in whole KiB is even after any takes and gives', () => {
  const account = new QueryMemory(newQueryMemory(1), 0)
  const budget = new Budget(1e6, Infinity, () => 0, undefined, 0, { maxBytes: 0, maxTotalBytes: 0, account })
  const held = budget.mark()
  for (let i = 1; i < 100; i++) {
    budget.take(i * 37)
    if (i % 7 === 0) budget.release(held)
    budget.reserve(i, i - 1)
    budget.pin(11)
  }
  expect(account.bytes).toBeGreaterThan(0)
  budget.close()
  expect(account.bytes).toBe(0)
})
