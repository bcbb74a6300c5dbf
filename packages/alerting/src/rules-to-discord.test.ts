import { labelsFromObject } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { builtinRules, createRuleManager } from '@haechi/rules'
import type { RuleManager, RuleServiceKind } from '@haechi/rules'
import type { Appendable } from '@haechi/storage'
import { MemoryStorage } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { LIMITED, Recorder } from '../test/discord-recorder.ts'
import { VirtualClock } from '@haechi/testkit'
import { createAlertPipeline, createMemoryStore } from './index.ts'
import type { AlertPipeline } from './index.ts'

const T0 = 1_800_000_000_000
const S = 1000
const M = 60 * S
const log = { debug() {}, info() {}, warn() {}, error() {} }
const KINDS: RuleServiceKind[] = [
  {
    id: 'fastapi', requests: { metric: 'http_requests_total', when: ['handler!=""', 'status!=""'], status: 'status' },
    latency: { metric: 'http_request_duration_highr_seconds', when: [], toSeconds: 1, hasEndpoint: false }, exclude: [{ label: 'handler', values: ['/metrics'] }],
  },
  { id: 'django', requests: { metric: 'django_http_responses_total_by_status_view_method_total', when: [], status: 'status' }, exclude: [{ label: 'view', values: ['prometheus-django-metrics'] }] },
]

/** Writes into the testkit's storage. */
function appendable(storage: MemoryStorage): Appendable {
  return {
    appender() {
      const refs: Labels[] = []
      let batch: (() => void)[] = []
      return {
        series: labels => refs.push(labels),
        append(ref, tMs, value) { batch.push(() => storage.add(refs[ref - 1]!, tMs, value)) },
        appendColumn() {},
        appendHistogram() { throw new Error('no histograms are expected here') },
        appendBits() { throw new Error('not used by rules') },
        appendExemplar() { throw new Error('no exemplars are expected here') },
        appendMetadata() { throw new Error('no metadata is expected here') },
        appendStale(ref, tMs) { batch.push(() => storage.addStale(refs[ref - 1]!, tMs)) },
        commit() {
          for (const add of batch) add()
          const appended = batch.length
          batch = []
          return { appended, outOfOrder: 0, duplicate: 0, outOfBounds: 0 }
        },
        statuses: new Uint8Array(0),
        rollback() { batch = [] },
      }
    },
  }
}

/** A small company: two services that are scraped every 15 s, the built-in rules, a Discord channel. */
class Company {
  readonly clock: VirtualClock = new VirtualClock(T0)
  readonly discord: Recorder = new Recorder()
  readonly storage: MemoryStorage = new MemoryStorage()
  readonly store: ReturnType<typeof createMemoryStore> = createMemoryStore()
  /** Per 15 s. */
  fastapi: { ok: number; failed: number; slow: number } = { ok: 0, failed: 0, slow: 0 }
  django: { ok: number; failed: number } = { ok: 0, failed: 0 }
  up = true
  /** As the scraper makes them: a counter that appears late has a zero before it. */
  bornAtZero = false
  #counts = new Map<string, number>()
  #rules: RuleManager | undefined
  #pipeline: AlertPipeline | undefined

  get pipeline(): AlertPipeline {
    return this.#pipeline!
  }

  async start(): Promise<void> {
    this.#pipeline = createAlertPipeline({ store: this.store, clock: this.clock, log, post: this.discord.post, externalUrl: 'http://h:9090', random: () => 0.5 })
    const pipeline = this.#pipeline
    pipeline.configure({
      contactPoints: [{ uid: 'd', name: 'd', type: 'discord', url: 'https://discord.test/x', origin: 'env', language: 'ko' }], route: { groupBy: ['alertname'], groupWaitMs: 10 * S, groupIntervalMs: M },
    })
    await pipeline.start()
    this.#rules = createRuleManager({
      query: new LocalQueryEngine(this.storage, {}, () => this.clock.nowMs()), appendable: appendable(this.storage), clock: this.clock, log, externalUrl: 'http://h:9090', externalLabels: [],
      notify: alerts => pipeline.put(alerts),
    })
    this.#rules.load([builtinRules({ kinds: KINDS })])
    this.#rules.start()
  }

  async stop(): Promise<void> {
    await this.#rules!.stop()
    await this.#pipeline!.stop()
  }

  /** Lets time pass, with scrapes as long as the program runs. */
  async run(ms: number, scrapes = true): Promise<void> {
    for (let left = ms; left > 0; left -= 15 * S) {
      if (scrapes) this.#scrape()
      await this.clock.advance(15 * S)
    }
  }

  states(): string[] {
    return this.#rules!.alerts().map(a => a.state)
  }

  #count(labels: Record<string, string>, by: number, born: boolean): void {
    const key = JSON.stringify(labels)
    if (!this.#counts.has(key) && !born && by === 0) return
    const value = (this.#counts.get(key) ?? 0) + by
    this.#counts.set(key, value)
    this.storage.add(labelsFromObject(labels), this.clock.nowMs(), value)
  }

  #scrape(): void {
    for (const job of ['fastapi', 'django']) this.storage.add(labelsFromObject({ __name__: 'up', job, instance: `${job}:80` }), this.clock.nowMs(), job === 'django' && !this.up ? 0 : 1)
    const f = { job: 'fastapi', instance: 'fastapi:80', handler: '/', method: 'GET' }
    this.#count({ __name__: 'http_requests_total', ...f, status: '2xx' }, this.fastapi.ok, true)
    this.#count({ __name__: 'http_requests_total', ...f, status: '5xx' }, this.fastapi.failed, false)
    const all = this.fastapi.ok + this.fastapi.failed
    for (const [le, n] of [['1', all - this.fastapi.slow], ['1.5', all - this.fastapi.slow], ['2', all], ['+Inf', all]] as const) {
      this.#count({ __name__: 'http_request_duration_highr_seconds_bucket', job: 'fastapi', instance: 'fastapi:80', le }, n, true)
    }
    const d = { __name__: 'django_http_responses_total_by_status_view_method_total', job: 'django', instance: 'django:80', view: 'v', method: 'GET' }
    this.#count({ ...d, status: '200' }, this.django.ok, true)
    this.#count({ ...d, status: '500' }, this.django.failed, this.bornAtZero)
  }
}

async function company(): Promise<Company> {
  const c = new Company()
  await c.start()
  c.fastapi = { ok: 100, failed: 0, slow: 0 }
  c.django = { ok: 100, failed: 0 }
  await c.run(3 * M)
  return c
}

describe('[A40] from a failing service to Discord and back', () => {
  test('pending, firing, ended: one message each, over a restart in the middle', async () => {
    const c = await company()
    c.django = { ok: 95, failed: 5 }
    await c.run(2 * M)
    expect(c.states()).toEqual(['pending'])
    expect(c.discord.requests).toHaveLength(0)
    await c.run(5 * M)
    expect(c.states()).toEqual(['firing'])
    expect(c.discord.titles()).toHaveLength(1)
    expect(c.discord.titles()[0]).toMatch(/^🔴 django: 요청의 [45](\.\d+)?%가 실패하고 있습니다 \(기준 1%\)$/)
    await c.stop()
    await c.run(2 * M, false)
    await c.start()
    await c.run(20 * M)
    expect(c.discord.titles()).toHaveLength(1)
    c.django = { ok: 100, failed: 0 }
    await c.run(15 * M)
    expect(c.discord.titles().slice(1)).toEqual(['🟢 해결됨: django · High 5xx Error Rate'])
    expect(JSON.stringify(c.discord.bodies()[1])).toMatch(/최고 5(\.\d+)?%/)
    await c.run(30 * M)
    expect(c.discord.requests).toHaveLength(2)
    await c.stop()
  })
  test('stopped while pending: the time before counts, the message comes in time', async () => {
    const c = await company()
    c.django = { ok: 50, failed: 50 }
    await c.run(4 * M)
    await c.stop()
    await c.run(30 * S, false)
    await c.start()
    await c.run(150 * S)
    expect(c.discord.titles()).toHaveLength(1)
    await c.stop()
  })
  test('Discord refuses with 429, then 500, then accepts: one message', async () => {
    const c = await company()
    c.discord.answers = [LIMITED, { status: 500 }]
    c.django = { ok: 0, failed: 100 }
    await c.run(8 * M)
    expect((await c.pipeline.deliveries({ limit: 10 })).map(d => [d.attempt, d.ok])).toEqual([[3, true], [2, false], [1, false]])
    await c.stop()
  })
  test('one burst of errors is enough to fire', async () => {
    const c = await company()
    c.bornAtZero = true
    await c.run(15 * S)
    c.fastapi = { ok: 0, failed: 0, slow: 0 }
    c.django = { ok: 0, failed: 30 }
    await c.run(15 * S)
    c.django = { ok: 10, failed: 0 }
    await c.run(10 * M)
    expect(c.discord.titles().filter(t => t.startsWith('🔴'))).toHaveLength(1)
    await c.stop()
  })
  test('no traffic and healthy services fire nothing and break nothing', async () => {
    const c = await company()
    c.fastapi = { ok: 0, failed: 0, slow: 0 }
    c.django = { ok: 0, failed: 0 }
    await c.run(20 * M)
    expect(c.discord.requests).toHaveLength(0)
    expect(c.states()).toEqual([])
    await c.stop()
  })
  test('slow requests and a service that is down', async () => {
    const c = await company()
    c.fastapi = { ok: 100, failed: 0, slow: 20 }
    c.up = false
    await c.run(90 * S)
    expect(c.discord.titles()).toEqual(['🔴 django: django:80에서 응답이 없습니다'])
    await c.run(7 * M)
    expect(c.discord.titles().at(-1)).toMatch(/^🔴 fastapi: 느린 요청 5%가 1\.\d+s 이상 걸립니다 \(기준 1\.5s\)$/)
    await c.stop()
  })
})
