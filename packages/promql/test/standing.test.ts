import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { EMPTY_HISTOGRAM, labelsFromObject, newMatcher } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { BatchAnswer, KnownLabels, VectorSample } from '@haechi/storage'
import { openDatabase, openDatabaseReader } from '@haechi/tsdb'
import type { Database } from '@haechi/tsdb'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { packBatch, unpackBatch } from '../src/engine/packed-batch.ts'
import { LocalQueryEngine } from '../src/index.ts'

const HOUR = 3_600_000
const T0 = Math.floor(1_790_000_000_000 / (54 * HOUR)) * 54 * HOUR + 1000

const made: string[] = []
afterAll(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true })
})
function tempDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'haechi-standing-'))
  made.push(dir)
  return dir
}

/** One for each way in which a rule may be asked, and what evaluation may keep of it. */
const EXPRS = [
  'c', 'c{i="1"}', 'c > 3', '3 < c', 'c == bool 3', '-c', '+c', 'c * 2 > 5', 'abs(c - 5)', 'time() - c', 'timestamp(c)', 'scalar(c{i="1"})', 'vector(time())', '42', '"text"', 'c[1m]',
  'rate(c[1m])', 'sum(rate(c[5m]))', 'sum by (job) (rate(c[2m]))', 'avg without (i) (c)', 'max by (job) (c)', 'count(c) by (job) > 2', 'stddev(c)', 'group by (i) (c)', 'quantile(0.5, c)', 'topk(2, c)', 'count_values("v", c)',
  'changes(c[10m])', 'increase(c[3m] offset 1m)', 'last_over_time(c[2m])', 'absent(c{i="1"})', 'absent(none{a="b"})', 'absent_over_time(c{i="1"}[2m])', 'quantile_over_time(0.9, c[5m])',
  'sum by (i) (rate(c[2m])) / sum by (i) (c) > 0', 'c / on (i) group_left (job) d', 'd * on (i) group_right c', 'c and on (i) d', 'c unless on (i) d', 'c or d', 'c > on (i) group_left () d', 'c + c', 'c + on () d',
  'label_replace(c, "z", "$1", "i", "(.*)")', 'label_join(c, "z", "-", "job", "i")', 'sort_desc(c)', 'histogram_quantile(0.9, sum by (le, job) (rate(b_bucket[2m])))', 'histogram_quantile(0.5, h)', 'sum(rate(h[2m]))', 'histogram_count(h)',
  'h', 'c @ end()', `c @ ${(T0 + HOUR) / 1000}`, 'c + start()', 'max_over_time(c[5m:30s])', 'rate(c[2m]) > 0 and absent(none)', '{__name__=~"c|d"}', '{job="a"}', 'c{i!="1"}', 'rate({__name__=~"c|d"}[2m])', 'c{i=""}', 'info(c)', 'sum(', 'nothing(c)',
] as const

function histogram(n: number): Histogram {
  return { ...EMPTY_HISTOGRAM, schema: 0, count: 3 * n, sum: n, zeroThreshold: 1e-128, positiveSpans: Int32Array.of(0, 2), positiveCounts: Float64Array.of(n, 2 * n) }
}

type Step =
  | { readonly do: 'scrapes'; readonly n: number; readonly away: number; readonly stale: boolean }
  | { readonly do: 'churn' | 'restart' | 'maintain' | 'delete' }
  | { readonly do: 'late' | 'ask'; readonly back: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('scrapes' as const), n: fc.constantFrom(1, 1, 2, 9, 50, 300), away: fc.integer({ min: -1, max: 5 }), stale: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('churn' as const, 'churn' as const, 'maintain' as const, 'delete' as const, 'restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('late' as const), back: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('ask' as const), back: fc.constantFrom(0, 0, 0, 7, 300, 4000) }) },
)

/** A database with counters, gauges, histograms of both kinds, and targets that come and go. */
class World {
  now = T0
  readonly #dir = tempDir()
  #db: Database | undefined
  #series: Labels[] = []
  #made = 0
  #n = 0
  /** Asked through all of it, as the rules ask; the engines begin anew with each start. */
  #standing: LocalQueryEngine | undefined
  #plain: LocalQueryEngine | undefined
  #close: (() => void)[] = []
  #known: (KnownLabels | undefined)[] = []

  async open(): Promise<void> {
    const db = this.#db = await openDatabase({ dataDir: this.#dir, retentionMs: 12 * HOUR, maintenanceMs: 0, syncMs: 0, now: () => this.now, outOfOrderWindowMs: HOUR })
    const keeping = openDatabaseReader(db.readerHandles(), 7, 1_000_000)
    const plain = openDatabaseReader(db.readerHandles(), 8)
    this.#close = [() => keeping.close(), () => plain.close()]
    this.#standing = new LocalQueryEngine(keeping)
    this.#plain = new LocalQueryEngine({ querier: (minMs, maxMs) => plain.querier(minMs, maxMs) })
    this.#known = EXPRS.map(() => undefined)
    while (this.#series.length < 12) this.#add()
  }

  async close(): Promise<void> {
    for (const close of this.#close) close()
    await this.#db!.close()
  }

  #add(): void {
    const i = this.#made++
    const name = (['c', 'c', 'd', 'b_bucket', 'b_bucket', 'h'] as const)[i % 6]!
    this.#series.push(labelsFromObject({ __name__: name, i: String(Math.floor(i / 6)), job: i % 4 < 2 ? 'a' : 'b', ...(name === 'b_bucket' ? { le: i % 6 === 3 ? '1' : '+Inf' } : {}) }))
  }

  async step(s: Step): Promise<void> {
    const a = this.#db!.appender()
    switch (s.do) {
      case 'scrapes':
        for (let k = 0; k < s.n; k++) {
          this.now += 15_000
          this.#n++
          for (const [i, labels] of this.#series.entries()) {
            const ref = a.series(labels)
            if (i % 6 === s.away) {
              if (s.stale && k === 0) a.appendStale(ref, this.now)
            } else if (labels[1] === 'h') a.appendHistogram(ref, this.now, histogram(this.#n % 40))
            else a.append(ref, this.now + (i % 3) * 11, this.#n % 77 === 0 ? NaN : (this.#n * (i % 5)) % 1000)
          }
          a.commit()
        }
        return
      case 'churn':
        this.#series.shift()
        this.#add()
        return
      case 'late':
        a.append(a.series(this.#series[0]![1] === 'h' ? labelsFromObject({ __name__: 'c', i: 'late' }) : this.#series[0]!), this.now - s.back * 1000, 5)
        a.commit()
        return
      case 'delete':
        await this.#db!.deleteSeries([[newMatcher('=', '__name__', 'c'), newMatcher('=', 'i', '1')]], this.now - 120_000, this.now - 30_000)
        return
      case 'maintain':
        await this.#db!.maintain()
        return
      case 'restart':
        await this.close()
        await this.open()
        return
      case 'ask':
        // Twice, as a rule that sees the same again; the first may have new series, blocks and lists.
        for (const tMs of [this.now + 50 - s.back * 1000, this.now + 150 - s.back * 1000]) await this.#ask(tMs)
    }
  }

  async #ask(tMs: number): Promise<void> {
    const known = this.#known
    const answers = await this.#standing!.instantBatch({ exprs: EXPRS, tMs, known })
    const sent = unpackBatch(structuredClone(packBatch(answers, known.map(k => k?.version ?? 0))), EXPRS.length, known)
    for (const [i, expr] of EXPRS.entries()) {
      const got = sent[i]!
      if ('vector' in got) this.#known[i] = got.vector.labels
      const wanted = await this.#plain!.instant({ expr, tMs }).then(a => a.value, (err: unknown) => err as QueryError)
      expect({ expr, ...shown(got, tMs) }).toEqual({ expr, ...(wanted instanceof QueryError ? { error: wanted.message, kind: wanted.kind } : { value: wanted }) })
    }
  }
}

function shown(a: BatchAnswer, tMs: number): object {
  if ('error' in a) return { error: a.error.message, kind: a.error.kind }
  if ('value' in a) return { value: a.value }
  const { labels, values, histograms } = a.vector
  const samples = labels.sets.map((own, i): VectorSample => {
    const histogram = histograms?.[i] ?? null
    return histogram === null ? { labels: own, tMs, value: values[i]! } : { labels: own, tMs, value: 0, histogram }
  })
  return { value: { type: 'vector', samples } }
}

describe('[Q9] a batch that is asked again and again', () => {
  test('is answered as each query by itself, whatever happens between', { timeout: 120_000 }, async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 20 }), async steps => {
      const world = new World()
      await world.open()
      try {
        await world.step({ do: 'scrapes', n: 30, away: -1, stale: false })
        for (const s of steps) await world.step(s)
        await world.step({ do: 'ask', back: 0 })
      } finally {
        await world.close()
      }
    }), { numRuns: Number(process.env['STANDING_RUNS'] ?? 3) })
  })

  test('also where series of one side alone come and go', { timeout: 60_000 }, async () => {
    const world = new World()
    await world.open()
    try {
      const scrapes = (n: number, away: number): Step => ({ do: 'scrapes', n, away, stale: false })
      for (const s of [scrapes(30, -1), scrapes(50, 2), scrapes(1, -1), scrapes(50, 0), scrapes(2, -1)]) {
        await world.step(s)
        await world.step({ do: 'ask', back: 0 })
      }
    } finally {
      await world.close()
    }
  })
})
