import { MARKUP, SCRIPT_URL } from './hostile-boards.ts'

/** One series as the Prometheus API writes it. */
export interface WireSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value: (tS: number) => number
}

function wave(seed: number, tS: number, low: number, high: number): number {
  const x = Math.sin(tS / (700 + seed * 37)) + 0.4 * Math.sin(tS / (97 + seed * 5)) + 0.15 * Math.sin(tS / 23 + seed)
  return low + ((x + 1.55) / 3.1) * (high - low)
}

function one(value: (tS: number) => number): readonly WireSeries[] {
  return [{ metric: {}, value }]
}

/** Made-up but steady answers: the same moment always has the same value, so that pictures can be compared. */
export function seriesFor(expr: string, isFailing: boolean, nowS: number): readonly WireSeries[] {
  if (expr.includes('handler!=""') || expr.includes('_highr_')) return redSeries(expr, isFailing, nowS)
  const job = /^(?:rate|errors|p95):(.*)$/.exec(expr)?.[1]
  const seed = job === undefined ? 1 : [...job].reduce((n, c) => n + c.charCodeAt(0), 0) % 17
  if (expr.startsWith('rate:')) return one(t => wave(seed, t, 8 + seed * 3, 30 + seed * 14))
  if (expr.startsWith('errors:')) return one(t => (isFailing && job === 'orders' && t > nowS - 240 ? 0.042 : job === 'shop' ? Math.max(0, wave(3, t, -0.002, 0.0015)) : 0))
  if (expr.startsWith('p95:')) return one(t => wave(seed + 3, t, 0.04 + seed / 100, 0.09 + seed / 50))
  if (expr === 'cpu:node') return one(t => wave(5, t, 0.12, 0.55))
  if (expr === 'memory_free:node') return one(t => 9.6e9 + wave(2, t, -4e8, 4e8))
  if (expr === 'memory_total:node') return one(() => 16 * 2 ** 30)
  if (expr === 'disk_free:node') return one(t => 2.9e11 - (t - nowS) * 1.2e5)
  if (expr === 'disk_size:node') return one(() => 5e11)
  if (expr === 'hostile_labels') return [0, 1].map(i => ({ metric: { __name__: 'hostile_labels', evil: `${MARKUP}${i}`, [`x${MARKUP}`]: MARKUP, href: SCRIPT_URL, onclick: 'window.__ran=1' }, value: () => i + 1 }))
  if (expr === 'ten_thousand') return Array.from({ length: 10_000 }, (_, i) => ({ metric: { pod: `pod-${i}` }, value: t => (t > nowS - 300 ? i : NaN) }))
  if (expr.includes('nothing_here')) return []
  if (expr === 'up') return ['orders', 'shop', 'node', 'demo'].map((j, i) => ({ metric: { __name__: 'up', job: j, instance: `127.0.0.1:${8000 + i}` }, value: () => (isFailing && i === 0 ? 0 : 1) }))
  if (/histogram_quantile/.test(expr)) return ['orders', 'shop'].map((j, i) => ({ metric: { job: j }, value: t => wave(i * 4, t, 0.3, i === 1 && isFailing ? 1.9 : 1.1) }))
  if (/http_requests_total\{status/.test(expr)) return ['orders', 'shop'].map((j, i) => ({ metric: { job: j }, value: t => (i === 0 && isFailing && t > nowS - 300 ? 0.082 : wave(i, t, 0, 0.012)) }))
  return ['/checkout', '/items/{id}', '/login', '/search'].map((handler, i) => ({ metric: { handler, job: 'orders', method: i === 2 ? 'POST' : 'GET' }, value: t => (i === 3 && t > nowS - 2400 && t < nowS - 1500 ? NaN : wave(i * 3, t, 2 + i * 5, 9 + i * 11)) }))
}

const LIMITS = ['0.1', '0.5', '1', '+Inf'] as const

/** What the pages of the services ask: by job or by endpoint; buckets, so that one endpoint is slower than its last bucket. */
function redSeries(expr: string, isFailing: boolean, nowS: number): readonly WireSeries[] {
  const jobs = /job="([^"]*)"/.exec(expr)?.[1] === undefined ? ['orders', 'service-0', 'service-4', 'service-8'] : ['']
  const handlers = /by \([^)]*handler/.test(expr) ? ['/checkout', '/items/{id}', '/login', '/search'] : ['']
  const isBuckets = /by \([^)]*\ble\b/.test(expr) && !expr.includes('histogram_quantile')
  return jobs.flatMap((job, j) => handlers.flatMap((handler, h): WireSeries[] => {
    const metric = { ...(job === '' ? {} : { job }), ...(handler === '' ? {} : { handler }) }
    const seed = j * 3 + h
    if (isBuckets) return LIMITS.map((le, b) => ({ metric: { ...metric, le }, value: () => [4, 6 + h, h === 0 ? 7 : 9.6, 10][b]! }))
    if (expr.includes('5..')) return h === 1 ? [] : [{ metric, value: t => (isFailing && t > nowS - 240 && h === 0 ? 0.4 : 0.002) }]
    if (expr.includes('histogram_quantile')) return [{ metric, value: t => wave(seed + 3, t, 0.05 + h / 8, 0.2 + h / 5) }]
    return [{ metric, value: t => wave(seed, t, 4 + seed, 14 + seed * 2) }]
  }))
}

/** Metric metadata as `/api/v1/metadata` answers it. */
export const METADATA: Readonly<Record<string, readonly { readonly type: string; readonly help: string; readonly unit: string }[]>> = {
  http_requests_total: [{ type: 'counter', help: 'Total number of requests by method, status and handler.', unit: '' }],
  http_request_duration_seconds: [{ type: 'histogram', help: 'Duration of HTTP requests in seconds, by handler.', unit: '' }],
  http_requests_inprogress: [{ type: 'gauge', help: 'Requests under way.', unit: '' }],
  process_resident_memory_bytes: [{ type: 'gauge', help: 'Resident memory size in bytes.', unit: '' }],
  process_cpu_seconds_total: [{ type: 'counter', help: 'Total user and system CPU time spent in seconds.', unit: '' }],
  node_cpu_seconds_total: [{ type: 'counter', help: 'Seconds the CPUs spent in each mode.', unit: '' }],
  node_memory_MemAvailable_bytes: [{ type: 'gauge', help: 'Memory information field MemAvailable_bytes.', unit: '' }],
  up: [{ type: 'gauge', help: '1 if the target answered the last scrape, else 0.', unit: '' }],
}

/** Metric names as the label API answers them. */
export const METRIC_NAMES: readonly string[] = [
  'http_request_duration_seconds_bucket', 'http_request_duration_seconds_count', 'http_request_duration_seconds_sum', 'http_requests_inprogress', 'http_requests_total', 'node_cpu_seconds_total',
  'node_memory_MemAvailable_bytes', 'process_cpu_seconds_total', 'process_resident_memory_bytes', 'queue_length', 'up',
]

/** What `POST /api/ds/query` answers for the last query of a request: one line at 7. */
export function expressionAnswer(body: { readonly from: string; readonly to: string; readonly queries: readonly { readonly refId: string }[] }): object {
  const { refId } = body.queries.at(-1)!
  return { results: { [refId]: { status: 200, frames: [{ schema: { refId, fields: [{ name: 'Time', type: 'time' }, { name: refId, type: 'number', labels: {} }] }, data: { values: [[Number(body.from), Number(body.to)], [7, 7]] } }] } } }
}
