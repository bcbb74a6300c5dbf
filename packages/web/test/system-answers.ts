import type { CardinalityView } from '@haechi/server'
import type { Scenario } from './answers.ts'

const NAMES = ['http_request_duration_seconds_bucket', 'http_requests_total', 'node_cpu_seconds_total', 'node_filesystem_size_bytes', 'process_cpu_seconds_total', 'a_metric_with_a_name_so_long_that_no_list_ever_had_room_for_it_total', 'queue_length', 'up', 'go_gc_duration_seconds', 'orders_total']

/** What takes the space, as the server counts it. */
export function cardinalityOf(scenario: Scenario, nowMs: number): CardinalityView {
  const isEmpty = scenario === 'empty'
  const isBad = scenario === 'failing' || scenario === 'crowded'
  const some = <T>(list: readonly T[]): readonly T[] => (isEmpty ? [] : list)
  return {
    countedMs: nowMs, series: isEmpty ? 0 : 93_120, labelPairs: 1_900, chunks: 98_000,
    limits: { series: 100_000, memoryBytes: isEmpty ? 0 : 61e6, memoryLimitBytes: 2e9, refused: isBad ? 4_210 : 0, refusedForMemory: 0 },
    metrics: some(NAMES.map((name, i) => ({ name, series: Math.round(40_000 / (i + 1)) }))),
    labelNames: some([{ name: 'path', values: 12_400, bytes: 1.2e6 }, { name: '__name__', values: 412, bytes: 42_000 }, { name: 'le', values: 19 }]),
    labelPairsTop: some([{ name: '__name__', value: NAMES[0]!, series: 40_000 }, { name: 'job', value: 'orders', series: 61_000 }, { name: 'instance', value: '127.0.0.1:8000', series: 31_000 }]),
    churn: { sinceMs: nowMs - 5_400_000, created: isBad ? 12_100 : 0, removed: isBad ? 11_900 : 0, byMetric: isBad ? [{ name: NAMES[0]!, created: 9_000, removed: 8_800 }] : [], byJob: isBad ? [{ name: 'orders', created: 12_000, removed: 11_800 }] : [], byLabel: isBad ? [{ name: 'path', created: 3_000, removed: 2_900 }] : [] },
    blocks: some([0, 1, 2].map(i => ({ ulid: `01HAECHI00000000000000000${i}`, minMs: nowMs - (4 - i) * 7_200_000, maxMs: nowMs - (3 - i) * 7_200_000, series: 90_000 + i, chunks: 180_000, samples: 21_600_000, bytes: 31e6, level: 1 }))),
  }
}

const YAML = `global:
  scrape_interval: 15s
  external_labels:
    region: seoul
scrape_configs:
- job_name: orders
  basic_auth:
    username: haechi
    password: <secret>
  static_configs:
  - targets:
    - 127.0.0.1:8000
`

/** By path: what the pages of the status ask of Prometheus' API. */
export const STATUS_ANSWERS: Readonly<Record<string, unknown>> = {
  '/api/v1/status/runtimeinfo': { startTime: '2026-11-22T01:00:00Z', CWD: '/srv/haechi', hostname: 'seoul-1', serverTime: '2026-11-22T02:00:00Z', reloadConfigSuccess: true, lastConfigTime: '2026-11-22T01:00:00Z', GOMAXPROCS: 2, GOMEMLIMIT: 4_345_298_944, storageRetention: '15d' },
  '/api/v1/status/buildinfo': { version: '3.5.3', revision: 'haechi-0.1.0', goVersion: 'node20.20.2' },
  '/api/v1/status/flags': { 'config.file': 'prometheus.yml', 'log.level': 'info', 'storage.tsdb.path': 'data', 'storage.tsdb.retention.time': '15d', 'web.listen-address': '127.0.0.1:9090', 'web.config.file': '' },
  '/api/v1/status/config': { yaml: YAML },
  '/api/v1/status/tsdb': { headStats: { numSeries: 3_120, numLabelPairs: 1_900, chunkCount: 6_000, minTime: 1_795_300_000_000, maxTime: 1_795_307_200_000 } },
  '/api/v1/alertmanagers': { activeAlertmanagers: [{ url: 'http://127.0.0.1:9093/api/v2/alerts' }], droppedAlertmanagers: [] },
}
