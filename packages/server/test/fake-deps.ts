import { labelsFromObject, matchesLabels } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { exprType, parseExpr, parseMetricSelector, typeName } from '@haechi/promql'
import { QueryError } from '@haechi/storage'
import type { Answer, JsonAnswer, QueryEngine, SeriesQuery } from '@haechi/storage'
import type { MetricMetadata } from '@haechi/scrape'
import { openState } from '../src/index.ts'
import type { ServerDeps } from '../src/index.ts'

const STATE = await openState(':memory:', { log: { debug() {}, info() {}, warn() {}, error() {} } })

/** Series that the fake engine knows. */
export const SERIES: readonly Labels[] = [
  labelsFromObject({ __name__: 'up', instance: '127.0.0.1:1', job: 'gone' }),
  labelsFromObject({ __name__: 'up', instance: '127.0.0.1:9090', job: 'prometheus' }),
  labelsFromObject({ __name__: 'prometheus_http_requests_total', code: '200', handler: '/', instance: '127.0.0.1:9090', job: 'prometheus' }),
  labelsFromObject({ __name__: 'prometheus_http_requests_total', code: '200', handler: '/metrics', instance: '127.0.0.1:9090', job: 'prometheus' }),
]

/** An engine whose query answers come from `reply`, and whose metadata answers come from {@link SERIES}. Expressions are really parsed. */
export function fakeEngine(reply: (expr: string, kind: 'instant' | 'range', signal: AbortSignal | undefined) => Promise<string> | string): QueryEngine {
  const json = async (expr: string, kind: 'instant' | 'range', signal?: AbortSignal): Promise<JsonAnswer> => {
    try {
      const type = exprType(parseExpr(expr))
      if (kind === 'range' && type !== 'scalar' && type !== 'vector') throw new Error(`invalid expression type "${typeName(type)}" for range query, must be Scalar or instant Vector`)
    } catch (err) {
      throw new QueryError('bad_data', (err as Error).message)
    }
    return { body: new TextEncoder().encode(await reply(expr, kind, signal)) }
  }
  const selected = (q: SeriesQuery): readonly Labels[] => {
    const sets = q.matchers.map(parseMetricSelector)
    return sets.length === 0 ? SERIES : SERIES.filter(s => sets.some(m => matchesLabels(m, s)))
  }
  const cut = <T>(values: T[], q: SeriesQuery): Answer<T[]> => {
    const limit = q.limit ?? 0
    return limit > 0 && values.length > limit
      ? { value: values.slice(0, limit), warnings: ['results truncated due to limit'], infos: [] }
      : { value: values, warnings: [], infos: [] }
  }
  const unused = (): never => {
    throw new Error('BUG: not asked by the server')
  }
  return {
    instant: unused,
    range: unused,
    instantJson: q => json(q.expr, 'instant', q.signal),
    rangeJson: q => json(q.expr, 'range', q.signal),
    series: async q => cut([...selected(q)], q),
    labelNames: async q => cut([...new Set(selected(q).flatMap(s => s.filter((_x, i) => i % 2 === 0)))].sort(), q),
    labelValues: async (name, q) => cut([...new Set(selected(q).flatMap(s => s.filter((_x, i) => i % 2 === 1 && s[i - 1] === name)))].sort(), q),
  }
}

const METADATA: readonly MetricMetadata[] = [
  { metric: 'go_goroutines', type: 'gauge', help: 'Number of goroutines that currently exist.', unit: '' },
  { metric: 'prometheus_http_requests_total', type: 'counter', help: 'Counter of HTTP requests.', unit: '' },
  { metric: 'up_info', type: 'info', help: 'Help.', unit: '' },
]

/** A complete set of collaborators that stand still: the set-up that `golden/record.mjs` gives to the real server. */
export function fakeDeps(change: Partial<ServerDeps> = {}): ServerDeps {
  const none = (): void => {}
  const t = 1_795_300_086_701
  const target = labelsFromObject({ instance: '127.0.0.1:9090', job: 'prometheus' })
  const active = (job: string, address: string, health: 'up' | 'down', lastError: string): ReturnType<ServerDeps['scrape']['activeTargets']>[number] => ({
    scrapePool: job, scrapeUrl: `http://${address}/metrics`,
    discoveredLabels: labelsFromObject({ __address__: address, __metrics_path__: '/metrics', __scheme__: 'http', __scrape_interval__: '2s', __scrape_timeout__: '2s', job }),
    labels: labelsFromObject({ instance: address, job }), health, lastError, lastScrapeMs: t, lastScrapeDurationMs: 1.25, intervalMs: 2000, timeoutMs: 2000, samples: 5, history: [1],
    bodyBytes: 100, contentType: 'text/plain', discovered: false, inProcess: false, loopbackFallback: false, duplicateSamples: 0, outOfOrderSamples: 0, outOfBoundsSamples: 0,
    nativeHistogramsSkipped: 0, zeroBirths: 0,
  })
  const dropped = { scrapePool: 'dropped', discoveredLabels: labelsFromObject({ __address__: '127.0.0.1:2', __metrics_path__: '/metrics', __scheme__: 'http', __scrape_interval__: '2s', __scrape_timeout__: '2s', job: 'dropped' }) }
  const alert = (name: string, state: 'firing' | 'pending', labels: Record<string, string>, annotations: Record<string, string>): ReturnType<ServerDeps['rules']['alerts']>[number] => ({
    labels: labelsFromObject({ alertname: name, ...labels }), annotations: labelsFromObject(annotations), state, activeAtMs: t, value: 1,
  })
  const firing = alert('AlwaysFiring', 'firing', { severity: 'page' }, { summary: 'value 1' })
  const pending = alert('Pending', 'pending', { instance: '127.0.0.1:1', job: 'gone', severity: 'ticket' }, {})
  const ruleBase = { health: 'ok' as const, lastError: '', evaluationMs: 0.3, lastEvaluationMs: t }
  const groupBase = { source: 'file' as const, intervalMs: 2000, evaluationMs: 1, lastEvaluationMs: t, iterations: 3, iterationsMissed: 0, evaluations: 9, evaluationFailures: 0, lastSamples: 2, file: '/data/rules.yml' }
  const alerting = { type: 'alerting' as const, forMs: 0, keepFiringForMs: 0, annotations: [], labels: [], ...ruleBase }
  return {
    log: { debug: none, info: none, warn: none, error: (fields: object, message: string) => { throw new Error(`${message}: ${String((fields as { err?: Error }).err?.stack ?? '')}`) } },
    engine: fakeEngine(() => '{"status":"success","data":{"resultType":"vector","result":[]}}'),
    scrape: {
      activeTargets: () => [active('gone', '127.0.0.1:1', 'down', 'connection refused'), active('prometheus', '127.0.0.1:9090', 'up', '')],
      droppedTargets: () => [dropped],
      droppedCounts: () => new Map([['prometheus', 0], ['gone', 0], ['dropped', 1]]),
      scrapePools: () => ['dropped', 'gone', 'prometheus'],
      targetMetadata: (f = {}) => METADATA.filter(m => f.metric === undefined || m.metric === f.metric).filter(() => f.target === undefined || f.target(target)).slice(0, f.limit ?? 99).map(m => ({ ...m, target })),
      metadata: (f = {}) => new Map(METADATA.filter(m => f.metric === undefined || m.metric === f.metric).slice(0, f.limit ?? 99).map(m => [m.metric, [m]])),
    },
    rules: {
      groups: () => [
        {
          ...groupBase, name: 'first', limit: 0,
          rules: [
            { type: 'recording', name: 'job:up:sum', query: 'sum by (job) (up)', labels: [], ...ruleBase },
            { type: 'recording', name: 'job:up:max', query: 'max by (job) (up)', labels: ['kind', 'max'], ...ruleBase },
            { ...alerting, name: 'AlwaysFiring', query: 'vector(1)', labels: ['severity', 'page'], annotations: ['summary', 'value {{ $value }}'], state: 'firing', alerts: [firing] },
            { ...alerting, name: 'Pending', query: 'up == 0', labels: ['severity', 'ticket'], state: 'pending', forMs: 3_600_000, keepFiringForMs: 300_000, alerts: [pending] },
          ],
        },
        { ...groupBase, name: 'second', limit: 5, rules: [{ ...alerting, name: 'Never', query: 'up > 1', state: 'inactive', alerts: [] }] },
      ],
      alerts: () => [firing, pending],
    },
    status: {
      configYaml: () => 'global:\n  scrape_interval: 2s\n',
      flags: () => ({ 'web.enable-lifecycle': 'false' }),
      startedMs: t,
      lastReload: () => ({ success: true, tMs: t }),
      retention: '15d',
      tsdb: limit => ({
        numSeries: 4, numLabelPairs: 8, chunkCount: 4, minTimeMs: t, maxTimeMs: t,
        seriesCountByMetricName: [{ name: 'up', value: 2 }, { name: 'prometheus_http_requests_total', value: 2 }].slice(0, limit),
        labelValueCountByLabelName: [{ name: 'job', value: 2 }].slice(0, limit), memoryInBytesByLabelName: [{ name: 'job', value: 20 }].slice(0, limit),
        seriesCountByLabelValuePair: [{ name: 'job=prometheus', value: 3 }].slice(0, limit),
      }),
      walReplay: () => ({ min: 0, max: 0, current: 0 }),
      ready: () => true,
      notifications: () => [],
      alertmanagers: () => ({ active: ['http://127.0.0.1:1/api/v2/alerts'], dropped: [] }),
      metrics: () => [{ name: 'prometheus_tsdb_head_series', type: 'gauge', help: 'Total number of series in the head block.', values: [{ value: 4 }] }],
    },
    haechi: {
      status: async () => ({
        version: '0.1.0', demo: false, startedMs: t, nowMs: t, files: [], discovery: true, dataDirectory: 'data', retentionMs: 15 * 86_400_000, scrapeIntervalMs: 2000, headSeries: 4, samplesPerSecond: 1, rssBytes: 1,
      }),
      cardinality: async limit => ({ countedMs: 0, series: 2, labelPairs: 3, chunks: 2, limits: { series: null, memoryBytes: 1, memoryLimitBytes: 2, refused: 0, refusedForMemory: 0 }, metrics: [{ name: 'up', series: 2 }].slice(0, limit), labelNames: [], labelPairsTop: [], churn: { sinceMs: 0, created: 2, removed: 0, byMetric: [], byJob: [], byLabel: [] }, blocks: [] }),
      overview: async () => ({ health: 'ok', verdict: { en: 'All fine.', ko: '모두 정상입니다.' }, services: [], firing: [], pending: 0, targetsDown: [], targets: 2, noticed: [] }),
      services: async () => [],
      targets: async () => [],
      rules: async () => [],
      addRule: async r => ({ uid: 'own-1', title: r.title, expr: r.expr, forMs: r.forMs, labels: r.labels ?? {}, annotations: r.annotations ?? {}, enabled: true, builtIn: false, edited: false, state: 'unknown', lastEvaluationMs: null }),
      editRule: async () => undefined,
      resetRule: async () => undefined,
      contactPoints: async () => [],
      addContactPoint: async p => ({ uid: 'new', name: p.name, type: p.type, url: 'https://example.org/…', origin: 'ui' }),
      deleteContactPoint: async () => false,
      testContactPoint: async () => undefined,
      deliveries: async () => [],
    },
    boards: () => [],
    state: STATE,
    ...change,
  }
}
