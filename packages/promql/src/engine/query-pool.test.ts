import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { labelsFromObject } from '@haechi/model'
import { QueryPool } from '@haechi/promql'
import type { QueryPoolOptions } from '@haechi/promql'
import { MemoryStorage } from '@haechi/testkit'

const folder = mkdtempSync(join(tmpdir(), 'haechi-query-pool-'))
const file = join(folder, 'thread.mjs')

beforeAll(async () => {
  const bundle = await rolldown({
    input: join(dirname(fileURLToPath(import.meta.url)), '../../test/query-thread.ts'),
    platform: 'node',
    resolve: { conditionNames: ['haechi:source', 'node', 'import', 'default'] },
  })
  await bundle.write({ file, format: 'esm' })
  await bundle.close()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function withPool(options: Partial<QueryPoolOptions>, use: (pool: QueryPool) => Promise<void>): Promise<void> {
  const pool = new QueryPool({ file, threads: 1, ...options })
  try {
    // From here on a thread is up, however slow the machine is.
    await pool.instant({ expr: '1', tMs: 0 })
    await use(pool)
  } finally {
    await pool.close()
  }
}

/** A query that takes until it is stopped: many series that take a millisecond each. */
const SLOW = 'sum(slow)'
const text = (body: Uint8Array): string => new TextDecoder().decode(body)

describe('[Q1] a pool answers as an engine does', () => {
  test('statistics and explanations', () => withPool({}, async pool => {
    const { stats } = await pool.instant({ expr: 'sum(up)', tMs: 60_000, stats: 'true' })
    expect(stats!.samples.totalQueryableSamples).toBe(2)
    expect(stats!.timings.execTotalTime).toBeGreaterThanOrEqual(stats!.timings.execQueueTime)
    expect(await pool.explain({ expr: 'sum(down)', startMs: 0, endMs: 60_000, stepMs: 30_000 })).toMatchObject({ steps: 3, root: { name: 'sum', series: 0 }, emptyAt: { id: 1, reason: 'no-series' } })
  }))

  test('values, columns, bodies and metadata', () => withPool({}, async pool => {
    expect(await pool.instant({ expr: 'up', tMs: 60_000 })).toEqual({
      value: { type: 'vector', samples: [{ labels: ['__name__', 'up', 'job', 'a'], tMs: 60_000, value: 1 }, { labels: ['__name__', 'up', 'job', 'b'], tMs: 60_000, value: 1 }] },
      warnings: [], infos: [],
    })
    const range = await pool.range({ expr: 'sum(up)', startMs: 0, endMs: 60_000, stepMs: 30_000 })
    expect(range.value).toEqual({ type: 'matrix', series: [{ labels: [], ts: Float64Array.of(0, 30_000, 60_000), vs: Float64Array.of(2, 2, 2) }] })
    expect(text((await pool.instantJson({ expr: 'scalar(sum(up))', tMs: 1500 })).body)).toBe('{"status":"success","data":{"resultType":"scalar","result":[1.5,"2"]}}')
    expect(text((await pool.rangeJson({ expr: 'rate(up{job="a"}[1m])', startMs: 60_000, endMs: 60_000, stepMs: 1000 })).body)).toBe(
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[60,"0"]]}]},"infos":["PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \\"up\\" (1:6)"]}',
    )
    const all = { matchers: ['up', '{job="b"}'], startMs: 0, endMs: 60_000 }
    expect((await pool.series(all)).value).toEqual([['__name__', 'up', 'job', 'a'], ['__name__', 'up', 'job', 'b']])
    expect((await pool.labelNames(all)).value).toEqual(['__name__', 'job'])
    expect(await pool.labelValues('job', { ...all, limit: 1 })).toEqual({ value: ['a'], warnings: ['results truncated due to limit'], infos: [] })
  }))

  test('several queries at one time, each with its own answer or error', () => withPool({}, async pool => {
    const answers = await pool.instantBatch({ exprs: ['sum(up)', 'sum(', '2'], tMs: 60_000 })
    expect(answers[0]).toMatchObject({ vector: { labels: { sets: [[]] }, values: Float64Array.of(2) } })
    expect(answers[1]).toMatchObject({ error: { name: 'QueryError', kind: 'bad_data', message: '1:5: parse error: unclosed left parenthesis' } })
    expect(answers[2]).toMatchObject({ value: { type: 'scalar', value: 2 } })
    expect(answers.every(a => a.ms >= 0)).toBe(true)
  }))

  test('errors keep their kind, message and place', () => withPool({}, async pool => {
    await expect(pool.instant({ expr: 'sum(', tMs: 0 })).rejects.toMatchObject({ name: 'QueryError', kind: 'bad_data', message: '1:5: parse error: unclosed left parenthesis' })
    await expect(pool.range({ expr: 'up[5m]', startMs: 0, endMs: 1, stepMs: 1 })).rejects.toMatchObject({ kind: 'bad_data', message: 'invalid expression type "range vector" for range query, must be Scalar or instant Vector' })
    await expect(pool.instant({ expr: 'up + on() up', tMs: 0 })).rejects.toMatchObject({ kind: 'execution' })
  }))
})

describe('[E23] a pool keeps bodies', () => {
  test('as long as the storage says that they hold', async () => {
    let version = 1
    const changes = { version: () => version, mark: () => 0, oldestSince: () => Infinity }
    await withPool({ keep: { maxBytes: 100_000, changes } }, async pool => {
      const q = { expr: 'sum(up)', tMs: 60_000 }
      const names = { matchers: [], startMs: 0, endMs: 60_000 }
      const first = await pool.instantJson(q)
      const values = await pool.labelValuesJson('job', names)
      expect(text(values.body)).toBe('{"status":"success","data":["a","b"]}')
      expect(text((await pool.labelNamesJson({ ...names, limit: 1 })).body)).toBe('{"status":"success","data":["__name__"],"warnings":["results truncated due to limit"]}')
      expect((await pool.instantJson(q)).body).toBe(first.body)
      expect((await pool.labelValuesJson('job', names)).body).toBe(values.body)
      expect((await pool.instantJson({ ...q, fresh: true })).body).not.toBe(first.body)
      version++
      const again = await pool.instantJson(q)
      expect(again.body).not.toBe(first.body)
      expect(again).toEqual(first)
    })
  })
})

describe('[Q2] a query ends early', () => {
  test('by its signal while it runs', () => withPool({}, async pool => {
    const abort = new AbortController()
    const slow = pool.instant({ expr: SLOW, tMs: 0, signal: abort.signal })
    expect(pool.stats().running).toBe(1)
    abort.abort()
    await expect(slow).rejects.toMatchObject({ kind: 'canceled', message: 'query was canceled in expression evaluation' })
    // The same thread goes on with the next one.
    await expect(pool.instant({ expr: '1', tMs: 0 })).resolves.toMatchObject({ value: { value: 1 } })
    expect(pool.stats()).toMatchObject({ canceled: 1, crashes: 0 })
  }))

  test('by its signal while it waits', () => withPool({}, async pool => {
    const abort = new AbortController()
    const slow = pool.instant({ expr: SLOW, tMs: 0, timeoutMs: 500 }).catch((err: unknown) => err)
    const waiting = pool.instant({ expr: '1', tMs: 0, signal: abort.signal })
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ kind: 'canceled', message: 'query was canceled in query queue' })
    expect(await slow).toMatchObject({ kind: 'timeout' })
  }))

  test('by its time limit, waiting included', () => withPool({}, async pool => {
    const slow = pool.instant({ expr: SLOW, tMs: 0, timeoutMs: 600 }).catch((err: unknown) => err)
    await expect(pool.instant({ expr: '1', tMs: 0, timeoutMs: 100 })).rejects.toMatchObject({ kind: 'timeout', message: 'query timed out in query queue' })
    expect(await slow).toMatchObject({ kind: 'timeout', message: 'query timed out in expression evaluation' })
  }))
})

describe('[Q3] rules come before instant queries, those before ranges', () => {
  test('whatever order they were asked in', () => withPool({}, async pool => {
    const order: string[] = []
    const slow = pool.instant({ expr: SLOW, tMs: 0, timeoutMs: 300 }).catch(() => {})
    const range = pool.range({ expr: '1', startMs: 0, endMs: 0, stepMs: 1 }).then(() => order.push('range'))
    const instant = pool.instant({ expr: '1', tMs: 0 }).then(() => order.push('instant'))
    const rule = pool.instant({ expr: '1', tMs: 0, priority: 'rule' }).then(() => order.push('rule'))
    expect(pool.stats().queued).toEqual({ rule: 1, instant: expect.any(Number), range: 1 })
    await Promise.all([slow, range, instant, rule])
    expect(order).toEqual(['rule', 'instant', 'range'])
  }))

  test('ranges leave a thread free', () => withPool({ threads: 2 }, async pool => {
    const slow = [1200, 400].map(timeoutMs => pool.range({ expr: SLOW, startMs: 0, endMs: 0, stepMs: 1, timeoutMs }).catch((err: unknown) => err))
    await expect(pool.instant({ expr: '1', tMs: 0, timeoutMs: 20_000 })).resolves.toMatchObject({ value: { value: 1 } })
    expect(await Promise.all(slow)).toMatchObject([{ message: 'query timed out in expression evaluation' }, { message: 'query timed out in query queue' }])
  }))

  test('a further thread is started when a query waits for a free one', () => withPool({ threads: 2, atOnce: 1 }, async pool => {
    expect(pool.stats().ready).toBe(1)
    const slow = pool.range({ expr: SLOW, startMs: 0, endMs: 0, stepMs: 1, timeoutMs: 30_000 }).catch((err: unknown) => err)
    await expect(pool.instant({ expr: '1', tMs: 0, timeoutMs: 20_000 })).resolves.toMatchObject({ value: { value: 1 } })
    expect(pool.stats()).toMatchObject({ ready: 2, running: 1 })
    void slow
  }))

  test('without threads at the start the first query starts one, which answers everything', () => withPool({ threads: 4, atOnce: 0 }, async pool => {
    await expect(pool.instant({ expr: '1', tMs: 0 })).resolves.toMatchObject({ value: { value: 1 } })
    await expect(pool.instant({ expr: '2', tMs: 0, priority: 'rule' })).resolves.toMatchObject({ value: { value: 2 } })
    expect(pool.stats().ready).toBe(1)
    pool.warmUp(0, 2)
    await expect.poll(() => pool.stats().ready, { timeout: 20_000 }).toBe(2)
  }))
  test('of three threads one answers rules alone', () => withPool({ threads: 3 }, async pool => {
    const slow = Array.from({ length: 6 }, () => pool.instant({ expr: SLOW, tMs: 0, timeoutMs: 30_000 }).catch((err: unknown) => err))
    await expect(pool.instant({ expr: '1', tMs: 0, timeoutMs: 20_000, priority: 'rule' })).resolves.toMatchObject({ value: { value: 1 } })
    expect(pool.stats().completed).toBe(2)
    void slow
  }))

  test('too many are refused', () => withPool({ maxQueue: 1 }, async pool => {
    const slow = pool.instant({ expr: SLOW, tMs: 0, timeoutMs: 300 }).catch(() => {})
    const waiting = pool.instant({ expr: '1', tMs: 0 })
    await expect(pool.instant({ expr: '1', tMs: 0 })).rejects.toMatchObject({ kind: 'unavailable', message: 'too many queries: 1 are waiting already' })
    await Promise.all([slow, waiting])
    expect(pool.stats().refused).toBe(1)
  }))
})

describe('[Q8] a pool answers what is small itself', () => {
  test('when a thread has answered it before', async () => {
    const storage = new MemoryStorage()
    for (let t = 0; t <= 120_000; t += 15_000) for (const job of ['a', 'b']) storage.add(labelsFromObject({ __name__: 'up', job }), t, 1)
    await withPool({ direct: { queryable: storage, engine: {} } }, async pool => {
      const first = await pool.instantJson({ expr: 'sum(up)', tMs: 60_000 })
      // On a busy machine the first answers may have taken too long for that.
      await expect.poll(async () => {
        expect(await pool.instantJson({ expr: 'sum(up)', tMs: 60_000 })).toEqual(first)
        return pool.stats().direct
      }, { timeout: 20_000, interval: 5 }).toBeGreaterThan(0)
      await expect(pool.instantJson({ expr: 'sum(', tMs: 0 })).rejects.toMatchObject({ kind: 'bad_data' })
    })
  })
})

describe('[Q7] idle threads compute steps of a range query that takes long', () => {
  const q = { expr: 'sum by (i) (rate(metered[5m]))', startMs: 300_000, endMs: 3_600_000, stepMs: 30_000, fresh: true }
  const expected = async (pool: QueryPool, query: typeof q): Promise<string> => text((await pool.rangeJson({ ...query, limit: 1_000_000 })).body)

  test('the answer is that of one thread; a query with annotations stays with one', () => withPool({ threads: 4 }, async pool => {
    // Known as slow once it was asked.
    for (const expr of ['metered', 'sum by (i) (metered)', 'topk(3, metered) > 20', 'max_over_time(sum by (i) (metered)[10m:1m])']) {
      const query = { ...q, expr }
      const whole = await expected(pool, query)
      const before = pool.stats().shared
      expect(text((await pool.rangeJson(query)).body)).toBe(whole)
      // Now it is.
      expect(text((await pool.rangeJson(query)).body)).toBe(whole)
      expect(pool.stats().shared).toBeGreaterThan(before)
    }
    const whole = await expected(pool, q)
    expect(whole).toContain('"infos"')
    // The first attempt shows that it is no use, and the following ones know.
    for (let i = 0; i < 2; i++) expect(text((await pool.rangeJson(q)).body)).toBe(whole)
    const { shared } = pool.stats()
    expect(text((await pool.rangeJson(q)).body)).toBe(whole)
    expect(pool.stats()).toMatchObject({ shared, failed: 0, canceled: 0, crashes: 0 })
  }))

  test('it ends early in all its threads', () => withPool({ threads: 4 }, async pool => {
    const query = { ...q, expr: 'sum(metered) + on() sum(slow)', timeoutMs: 400 }
    await expect(pool.rangeJson(query)).rejects.toMatchObject({ kind: 'timeout' })
    // What failed is not known to be slow.
    const known = { ...q, expr: 'sum(metered)' }
    for (let i = 0; i < 2; i++) await pool.rangeJson(known)
    const abort = new AbortController()
    const asked = pool.rangeJson({ ...known, signal: abort.signal }).catch((err: unknown) => err)
    abort.abort()
    expect(await asked).toMatchObject({ kind: 'canceled' })
    await expect.poll(() => pool.stats().running, { timeout: 20_000 }).toBe(0)
    await expect(pool.rangeJson(known)).resolves.toMatchObject({})
    expect(pool.stats().crashes).toBe(0)
  }))
})

describe('[Q4] a thread that dies is replaced', () => {
  test('its query alone fails', () => withPool({}, async pool => {
    await expect(pool.instant({ expr: 'crash', tMs: 0 })).rejects.toMatchObject({ kind: 'internal' })
    await expect(pool.instant({ expr: '1', tMs: 0 })).resolves.toMatchObject({ value: { value: 1 } })
    expect(pool.stats().crashes).toBe(1)
  }))

  test('a thread that does not stop is ended', () => withPool({ graceMs: 200 }, async pool => {
    await expect(pool.instant({ expr: 'stuck', tMs: 0, timeoutMs: 100 })).rejects.toMatchObject({ kind: 'timeout' })
    await expect(pool.instant({ expr: '1', tMs: 0 })).resolves.toMatchObject({ value: { value: 1 } })
    expect(pool.stats()).toMatchObject({ crashes: 1, timedOut: 1 })
  }))

  test('a stopped pool refuses', async () => {
    const pool = new QueryPool({ file, threads: 1 })
    const waiting = pool.instant({ expr: '1', tMs: 0 }).catch((err: unknown) => err)
    await pool.close()
    expect(await waiting).toMatchObject({ kind: 'canceled' })
    await expect(pool.instant({ expr: '1', tMs: 0 })).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
