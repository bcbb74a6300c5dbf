import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ask, seriesName } from './support/api.ts'
import type { QueryData } from './support/api.ts'
import { newFolder, sleep, startHaechi, waitFor } from './support/haechi.ts'
import { NO_PEERS, peerFile, peerPorts, startPeers } from './support/peers.ts'
import { freePort } from './support/targets.ts'

/*
 * A real Prometheus and Haechi scrape the same FastAPI, Django, node_exporter, Prometheus and Haechi with the same file. How tight an answer can be compared:
 *
 * - `exact`: at the asked moment there has been no traffic for longer than two scrape intervals, and scraping itself is not counted by the asked series. Both have scraped
 *   the same numbers, so every value is equal to the last digit (1e-9 for sums of seconds, whose order of addition is free).
 * - `rate`: the window reaches back to before the traffic. Every counter existed before the first scrape, so both see the same first and last values; only the instants of the
 *   scrapes differ. Extrapolation multiplies by (s + e) / s, where s is the sampled part of the window and e at most 1.1 intervals at either end: with 1 s and s >= 30 s the
 *   answers may differ by 2.2 / 30 = 7.3 %. Quotients of such rates: as much again.
 * - `host`: the machine's own state at two instants: same label sets, values within the given part of each other.
 * - `labels`: only the label sets.
 */
const INTERVAL_S = 1
const TRAFFIC_S = 32
const RATE = 0.075

type How = { readonly kind: 'exact' } | { readonly kind: 'within'; readonly part: number } | { readonly kind: 'labels' }
const exact: How = { kind: 'exact' }
const rate: How = { kind: 'within', part: RATE }
const quotient: How = { kind: 'within', part: 2 * RATE }
const labels: How = { kind: 'labels' }

const W = '[1m]'
const DJANGO = 'job="django", view!="prometheus-django-metrics"'
/** Our own questions beside those of the seeds. */
const QUESTIONS: readonly (readonly [string, How])[] = [
  ['up', exact],
  ['count by (job) ({__name__=~".+", job=~"fastapi|django|node_exporter"})', exact],
  ['count by (__name__) ({job=~"fastapi|django"})', exact],
  ['sum by (handler, method, status) (http_requests_total{job="fastapi"})', exact],
  ['topk(3, sum by (handler) (http_requests_total))', exact],
  ['sum by (status, method) (django_http_responses_total_by_status_view_method_total{view!="prometheus-django-metrics"})', exact],
  ['count(http_request_duration_seconds_bucket) by (le)', exact],
  ['http_request_duration_seconds_sum / http_request_duration_seconds_count', exact],
  ['histogram_quantile(0.95, sum by (le) (http_request_duration_highr_seconds_bucket))', exact],
  ['histogram_quantile(0.5, sum by (le, view) (django_http_requests_latency_seconds_by_view_method_bucket{view!="prometheus-django-metrics"}))', exact],
  ['max_over_time(http_requests_total[1m]) - min_over_time(http_requests_total[1m])', exact],
  ['count(changes(http_requests_total[1m]) > 0)', exact],
  ['resets(http_requests_total[1m])', exact],
  ['sum(http_requests_total{status=~"5.."}) / sum(http_requests_total)', exact],
  ['label_replace(sum by (handler) (http_requests_total), "path", "$1", "handler", "/(.*)")', exact],
  ['http_requests_total * on (instance) group_left () up{job="fastapi"}', exact],
  ['absent(http_requests_total{job="nothing"})', exact],
  ['sort_desc(sum by (view) (django_http_requests_total_by_view_transport_method_total{view!="prometheus-django-metrics"}))', exact],
  ['node_uname_info', exact],
  ['count by (mode) (node_cpu_seconds_total)', exact],
  ['python_info', exact],
  ['process_start_time_seconds{job=~"fastapi|django"}', exact],
  ['scrape_samples_scraped{job=~"fastapi|django|node_exporter"}', exact],
  [`sum by (status) (increase(http_requests_total${W}))`, rate],
  [`sum(rate(http_request_duration_seconds_count${W})) by (handler)`, rate],
  [`sum(rate(http_request_duration_seconds_sum${W})) / sum(rate(http_request_duration_seconds_count${W}))`, quotient],
  [`sum(rate(django_http_responses_total_by_status_view_method_total{${DJANGO}, status=~"5.."}${W})) / sum(rate(django_http_responses_total_by_status_view_method_total{${DJANGO}}${W}))`, quotient],
  ['sum by (job) (count_over_time(up[20s]))', { kind: 'within', part: 0.11 }],
  ['node_filesystem_size_bytes', { kind: 'within', part: 0.02 }],
  ['node_memory_MemTotal_bytes', exact],
  ['count by (device) (node_network_receive_bytes_total)', exact],
  ['{job="haechi", __name__=~"go_info|haechi_build_info|prometheus_build_info"}', labels],
  ['count by (__name__) ({job="prometheus", __name__=~"prometheus_tsdb_.+"})', exact],
]

/** The seeds' corrected expressions with the five minutes replaced by the window of this test, and how each can be compared. */
async function seedQuestions(): Promise<readonly (readonly [string, How])[]> {
  const { queries } = await import(/* @vite-ignore */ peerFile('seed-queries.mjs')) as { queries: readonly { readonly verbatim: string; readonly corrected: readonly string[] }[] }
  const texts = new Set(queries.flatMap(q => (q.corrected.length === 0 ? [q.verbatim] : q.corrected)).map(q => q.replaceAll('[5m]', W)))
  const asked = new Set(QUESTIONS.map(([q]) => q))
  return [...texts].filter(q => !asked.has(q)).map(text => {
    if (text.includes('node_memory')) return [text, { kind: 'within', part: 0.2 }]
    if (text.includes('node_cpu')) return [text, labels]
    // Scrapes are traffic to these.
    if (text.includes('django') && !text.includes('prometheus-django-metrics')) return [text, labels]
    if (text.startsWith('count by (job) ({__name__=~".+"})')) return [text, labels]
    if (text.includes('histogram_quantile') || / \/ |\)\s*\/\s*\(/.test(text)) return [text, quotient]
    return [text, text.includes(W) ? rate : exact]
  })
}

interface Both { readonly haechi: string; readonly prometheus: string; readonly quietS: number; readonly startS: number }
let both: Both

/** Series and, for `up` and other vectors, values; by label set. */
type Rows = ReadonlyMap<string, readonly string[]>

async function rows(base: string, query: string, time: number): Promise<Rows> {
  const got = await ask<QueryData<{ readonly metric: Readonly<Record<string, string>>; readonly value?: readonly [number, string]; readonly values?: readonly (readonly [number, string])[] }>>(base, 'query', { query, time: String(time) })
  if (got.status !== 'success') throw new Error(`${base} ${query}: ${got.error}`)
  if (got.data.resultType === 'scalar') return new Map([['scalar', [(got.data.result as unknown as [number, string])[1]]]])
  return new Map(got.data.result.map(s => [seriesName(s.metric), s.value === undefined ? s.values!.map(v => v[1]) : [s.value[1]]]))
}

function compare(ours: Rows, theirs: Rows, how: How): void {
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort())
  if (how.kind === 'labels') return
  const part = how.kind === 'exact' ? 1e-9 : how.part
  for (const [series, values] of theirs) {
    values.forEach((text, i) => {
      const got = ours.get(series)![i]!
      if (got === text) return
      const [a, b] = [Number(got), Number(text)]
      expect(Math.abs(a - b), `${series}: ${got}, Prometheus has ${text}`).toBeLessThanOrEqual(part * Math.max(Math.abs(a), Math.abs(b)))
    })
  }
}

/** One round over the routes of both apps: answers of 200, 201, 404, 422 and 500, database and cache, some slow. */
async function round(fastapi: string, django: string, i: number): Promise<void> {
  const get = (url: string): Promise<unknown> => fetch(url, { signal: AbortSignal.timeout(15_000) }).then(r => r.arrayBuffer(), () => undefined)
  const post = (url: string, body: unknown): Promise<unknown> => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(15_000) }).then(r => r.arrayBuffer(), () => undefined)
  await Promise.all([get(`${fastapi}/`), get(`${fastapi}/ping`), get(`${fastapi}/items/${i % 50}`), get(`${django}/`), get(`${django}/api/orders/`)])
  if (i % 3 === 0) await Promise.all([post(`${django}/api/orders/`, { dish: `bibimbap ${i}`, amount: 2 }), post(`${fastapi}/items`, { a: 1 })])
  if (i % 5 === 0) await Promise.all([get(`${fastapi}/slow?min_ms=20&max_ms=300`), get(`${django}/slow/?min_ms=20&max_ms=300`), get(`${django}/menu/`)])
  if (i % 7 === 0) await Promise.all([get(`${fastapi}/boom`), get(`${django}/boom/`)])
  if (i % 11 === 0) await Promise.all([get(`${fastapi}/nope/${i}`), get(`${django}/nope/${i}`), post(`${django}/api/orders/`, {})])
}

describe.skipIf(NO_PEERS !== undefined)(`A1 Haechi beside a real Prometheus${NO_PEERS === undefined ? '' : `: ${NO_PEERS}`}`, () => {
  beforeAll(async () => {
    const apps = await peerPorts(['fastapi', 'django', 'node'])
    const { address } = await startPeers(['fastapi', 'django', 'node'], apps, { INSTRUMENTATOR: 'inprogress', INSTRUMENTATOR_KWARGS: JSON.stringify({ excluded_handlers: ['^/metrics$'] }) })
    const fastapi = `http://${address['fastapi']}`
    const django = `http://${address['django']}`
    // Every series exists before the first scrape: both see the same first value of it.
    await round(fastapi, django, 0)
    await round(fastapi, django, 1)

    const server = await peerPorts(['prometheus'])
    const haechiPort = await freePort()
    const cwd = newFolder()
    const job = (name: string, target: string): object => ({ job_name: name, static_configs: [{ targets: [target] }] })
    writeFileSync(join(cwd, 'prometheus.yml'), JSON.stringify({
      global: { scrape_interval: `${INTERVAL_S}s` },
      scrape_configs: [job('fastapi', address['fastapi']!), job('django', address['django']!), job('node_exporter', address['node']!), job('prometheus', `127.0.0.1:${server.ports['prometheus']}`), job('haechi', `127.0.0.1:${haechiPort}`)],
    }))
    const [peers, haechi] = await Promise.all([
      startPeers(['prometheus'], server, { PROM_CONFIG: join(cwd, 'prometheus.yml'), SCRAPE_INTERVAL: `${INTERVAL_S}s` }),
      startHaechi({ cwd, listen: `127.0.0.1:${haechiPort}` }),
    ])
    const prometheus = `http://${peers.address['prometheus']}`
    for (const base of [prometheus, haechi.url]) {
      await waitFor(`all targets of ${base} to be up`, 20_000, async () => (await rows(base, 'sum(up)', Date.now() / 1000)).values().next().value?.[0] === '5', 250)
    }
    await sleep(2 * INTERVAL_S * 1000)

    const startS = Date.now() / 1000
    for (let i = 2; Date.now() / 1000 < startS + TRAFFIC_S; i++) {
      await round(fastapi, django, i)
      await sleep(100)
    }
    await sleep((3 * INTERVAL_S + 0.5) * 1000)
    both = { haechi: haechi.url, prometheus, quietS: Math.floor(Date.now()) / 1000, startS }
    // The two evaluate the moment that is past already: no scrape may still be under way.
    await sleep(1500)
  }, 150_000)

  test.each(QUESTIONS)('[A1] %s', async (query, how) => {
    const [ours, theirs] = await Promise.all([rows(both.haechi, query, both.quietS), rows(both.prometheus, query, both.quietS)])
    expect(theirs.size, 'the question has an answer').toBeGreaterThan(0)
    compare(ours, theirs, how)
  })

  test('[A1] the corrected queries of the seeds', async () => {
    const questions = await seedQuestions()
    expect(questions.length).toBeGreaterThanOrEqual(20)
    for (const [query, how] of questions) {
      const [ours, theirs] = await Promise.all([rows(both.haechi, query, both.quietS), rows(both.prometheus, query, both.quietS)])
      expect(theirs.size, query).toBeGreaterThan(0)
      try {
        compare(ours, theirs, how)
      } catch (err) {
        throw new Error(`${query}: ${(err as Error).message}`, { cause: err })
      }
    }
  })

  test('[A2] range queries: the same series, as many points, equal where it is quiet', async () => {
    for (const query of ['sum by (handler) (http_requests_total)', 'up', 'sum by (view) (django_http_responses_total_by_status_view_method_total{view!="prometheus-django-metrics"})']) {
      const params = { query, start: String(both.startS), end: String(both.quietS), step: '2.5' }
      const [ours, theirs] = await Promise.all([both.haechi, both.prometheus].map(async base => {
        const got = await ask<QueryData<{ metric: Record<string, string>; values: [number, string][] }>>(base, 'query_range', params)
        return new Map(got.data.result.map(s => [seriesName(s.metric), s.values]))
      }))
      expect([...ours!.keys()].sort(), query).toEqual([...theirs!.keys()].sort())
      for (const [series, values] of theirs!) {
        const own = ours!.get(series)!
        expect(own.map(v => v[0]), `${query} ${series}: instants`).toEqual(values.map(v => v[0]))
        expect(own[0], `${query} ${series}: before the traffic`).toEqual(values[0])
        expect(own.at(-1), `${query} ${series}: after it`).toEqual(values.at(-1))
      }
    }
  })

  test.each([
    ['label/handler/values', {}], ['label/view/values', {}], ['label/job/values', {}], ['label/le/values', { 'match[]': '{job="fastapi"}' }],
    ['label/__name__/values', { 'match[]': '{job=~"fastapi|django|node_exporter"}' }], ['labels', { 'match[]': '{job=~"fastapi|django|node_exporter"}' }],
    ['series', { 'match[]': 'http_requests_total' }], ['series', { 'match[]': '{job="django"}' }], ['series', { 'match[]': '{job="node_exporter"}' }],
  ] as const)('[A3] %s %j', async (path, params) => {
    const [ours, theirs] = await Promise.all([both.haechi, both.prometheus].map(async base => {
      const got = await ask<readonly (string | Record<string, string>)[]>(base, path, params)
      return got.data.map(v => (typeof v === 'string' ? v : seriesName(v))).sort()
    }))
    expect(theirs!.length).toBeGreaterThan(0)
    expect(ours).toEqual(theirs)
  })

  test('[A4] targets: the same members, labels and addresses', async () => {
    interface Target { readonly [key: string]: unknown; readonly scrapePool: string }
    interface Targets { readonly activeTargets: readonly Target[]; readonly droppedTargets: readonly unknown[]; readonly droppedTargetCounts: unknown }
    const [ours, theirs] = await Promise.all([both.haechi, both.prometheus].map(async base => (await ask<Targets>(base, 'targets')).data))
    expect(Object.keys(ours!).sort()).toEqual(Object.keys(theirs!).sort())
    // Times of scrapes differ; globalUrl replaces loopback by the name of the server, which only Prometheus was given.
    const stable = (t: Target): unknown => Object.fromEntries(Object.entries(t).map(([k, v]) => [k, ['lastScrape', 'lastScrapeDuration', 'globalUrl'].includes(k) ? typeof v : v]))
    const sorted = (list: readonly Target[]): unknown[] => [...list].sort((a, b) => (a.scrapePool < b.scrapePool ? -1 : 1)).map(stable)
    expect(sorted(ours!.activeTargets)).toEqual(sorted(theirs!.activeTargets))
    expect(ours!.droppedTargetCounts).toEqual(theirs!.droppedTargetCounts)
  })

  test('[A5] metadata of every family of the apps and of node_exporter', async () => {
    const [ours, theirs] = await Promise.all([both.haechi, both.prometheus].map(async base => (await ask<Record<string, unknown>>(base, 'metadata')).data))
    const names = Object.keys(theirs!).filter(name => /^(http|django|python|node)_/.test(name))
    expect(names.length).toBeGreaterThan(100)
    for (const name of names) expect(ours![name], name).toEqual(theirs![name])
    expect(Object.keys(ours!).filter(name => /^(http|django|python|node)_/.test(name)).sort()).toEqual(names.sort())
  })

  test('[A6] wrong questions get the same words', async () => {
    for (const query of ['up{', 'rate(up)', 'sum by (job) up up', 'http_requests_total[5m] + 1', '1 +', 'nofunction(up)', 'up{job=~"("}', 'quantile_over_time(up[5m])', 'up @ "x"']) {
      const [ours, theirs] = await Promise.all([ask(both.haechi, 'query', { query }), ask(both.prometheus, 'query', { query })])
      expect({ code: ours.code, type: ours.errorType, error: ours.error }, query).toEqual({ code: theirs.code, type: theirs.errorType, error: theirs.error })
    }
  })

  test('[A7] status pages have the same members', async () => {
    for (const path of ['status/buildinfo', 'status/runtimeinfo', 'status/flags', 'status/tsdb', 'status/walreplay', 'alertmanagers', 'rules', 'alerts']) {
      const [ours, theirs] = await Promise.all([both.haechi, both.prometheus].map(async base => (await ask<Record<string, unknown>>(base, path)).data))
      const own = new Set(Object.keys(ours!))
      if (path !== 'status/flags') for (const key of Object.keys(theirs!)) expect(own.has(key), `${path}: ${key}`).toBe(true)
      else expect(ours!['query.lookback-delta']).toBe(theirs!['query.lookback-delta'])
    }
  })
})

test('[A0] the tolerance follows from the interval and the length of the traffic', () => {
  expect((2.2 * INTERVAL_S) / (TRAFFIC_S - 2 * INTERVAL_S)).toBeLessThanOrEqual(RATE)
})
