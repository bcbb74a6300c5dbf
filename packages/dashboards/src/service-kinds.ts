import { anyOfMatcher, excludeMatcher, quotePromql, selectorText } from './promql-text.ts'

/**
 * How one library names what we ask of every HTTP service. The only place in the product where such names stand: boards, proposed rules
 * and the recognition of services all read this table.
 *
 * Several libraries share metric names with different labels, so `when` holds the matchers that tell one's series from the other's:
 * the selectors of two kinds never meet in a series, and their results can be shown in one panel without counting anything twice.
 */
export interface ServiceKind {
  readonly id: string
  /** What people call it, e.g. `FastAPI`. */
  readonly library: string
  /** All metrics must be exposed, with at least these labels; none of `absent` may be. */
  readonly detect: {
    readonly metrics: Readonly<Record<string, readonly string[]>>
    readonly absent?: readonly string[]
  }
  /** Frameworks whose plugin exposes the same and one metric more, by which they are called by their own name. */
  readonly frameworks?: readonly { readonly metric: string; readonly library: string }[]
  /** The counter of finished requests. */
  readonly requests: {
    readonly metric: string
    readonly when: readonly string[]
    readonly endpoint?: string
    readonly method?: string
    /** Label whose value matches `5..`, be it `500` or `5xx`, for failed requests. */
    readonly status: string
  }
  /** The histogram of durations with the finest buckets. */
  readonly latency?: {
    /** Without `_bucket`. */
    readonly metric: string
    readonly when: readonly string[]
    /** Multiplies to seconds: 1, or 0.001 for milliseconds. */
    readonly toSeconds: number
    /** Its series carry the endpoint label, so that scrapes can be left out and endpoints told apart. */
    readonly hasEndpoint: boolean
    /** Buckets must be switched on in the application; without them there are no percentiles. */
    readonly optional?: boolean
  }
  /** The histogram that tells endpoints apart, where that is another one than `latency`. */
  readonly endpointLatency?: { readonly metric: string; readonly when: readonly string[] }
  /** Gauges of requests under way; the first is the library's default name. */
  readonly inProgress?: readonly string[]
  /** Requests that are the monitoring itself. A label that is missing excludes nothing. */
  readonly exclude: readonly { readonly label: string; readonly values: readonly string[] }[]
}

/**
 * What django-prometheus counts in its two middlewares: the first must stand before all others, the second after them.
 * `before` is there, as 0, as soon as one of them is installed.
 */
export const DJANGO_MIDDLEWARE = {
  before: 'django_http_requests_before_middlewares_total', after: 'django_http_requests_total_by_method_total',
  secondsAround: 'django_http_requests_latency_including_middlewares_seconds_sum', secondsInside: 'django_http_requests_latency_seconds_by_view_method_sum',
} as const

const METRICS_PATH = ['/metrics'] as const

/** Runtimes by what their libraries expose anyway: for names that are used in every language. */
const RUNTIMES = [
  { metric: 'nodejs_version_info', library: 'Node.js' }, { metric: 'go_info', library: 'Go' }, { metric: 'python_info', library: 'Python' }, { metric: 'jvm_info', library: 'Java' }, { metric: 'dotnet_collection_count_total', library: '.NET' },
] as const

/** Order matters for recognition: the more specific kind stands first. */
export const SERVICE_KINDS: readonly ServiceKind[] = [
  {
    // Our own middleware (`instrument`): the names of prometheus-fastapi-instrumentator, from a Node process.
    id: 'haechi-instrument', library: 'Node.js',
    detect: { metrics: { http_requests_total: ['handler', 'method', 'status'], http_request_duration_highr_seconds_bucket: [], nodejs_version_info: [] } },
    requests: { metric: 'http_requests_total', when: ['handler!=""', 'status!=""'], endpoint: 'handler', method: 'method', status: 'status' },
    latency: { metric: 'http_request_duration_highr_seconds', when: [], toSeconds: 1, hasEndpoint: false },
    endpointLatency: { metric: 'http_request_duration_seconds', when: ['handler!=""'] },
    inProgress: ['http_requests_inprogress', 'app_inprogress_requests'],
    exclude: [{ label: 'handler', values: METRICS_PATH }],
  },
  {
    id: 'fastapi', library: 'FastAPI',
    detect: { metrics: { http_requests_total: ['handler', 'method', 'status'], http_request_duration_highr_seconds_bucket: [] } },
    requests: { metric: 'http_requests_total', when: ['handler!=""', 'status!=""'], endpoint: 'handler', method: 'method', status: 'status' },
    latency: { metric: 'http_request_duration_highr_seconds', when: [], toSeconds: 1, hasEndpoint: false },
    endpointLatency: { metric: 'http_request_duration_seconds', when: ['handler!=""'] },
    inProgress: ['http_requests_inprogress', 'app_inprogress_requests'],
    exclude: [{ label: 'handler', values: METRICS_PATH }],
  },
  {
    id: 'django', library: 'Django',
    detect: { metrics: { django_http_responses_total_by_status_view_method_total: ['status', 'view', 'method'] } },
    // The counter of requests has no status; only the one of responses does.
    requests: { metric: 'django_http_responses_total_by_status_view_method_total', when: [], endpoint: 'view', method: 'method', status: 'status' },
    latency: { metric: 'django_http_requests_latency_seconds_by_view_method', when: [], toSeconds: 1, hasEndpoint: true },
    exclude: [{ label: 'view', values: ['prometheus-django-metrics'] }],
  },
  {
    id: 'spring', library: 'Spring Boot',
    detect: { metrics: { http_server_requests_seconds_count: ['uri', 'status', 'method'] } },
    requests: { metric: 'http_server_requests_seconds_count', when: [], endpoint: 'uri', method: 'method', status: 'status' },
    latency: { metric: 'http_server_requests_seconds', when: [], toSeconds: 1, hasEndpoint: true, optional: true },
    inProgress: ['http_server_requests_active_seconds_active_count', 'http_server_requests_active_seconds_gcount'],
    exclude: [{ label: 'uri', values: ['/actuator/prometheus'] }],
  },
  {
    id: 'otel-seconds', library: 'OpenTelemetry',
    detect: { metrics: { http_server_request_duration_seconds_count: ['http_request_method'] } },
    requests: { metric: 'http_server_request_duration_seconds_count', when: [], endpoint: 'http_route', method: 'http_request_method', status: 'http_response_status_code' },
    latency: { metric: 'http_server_request_duration_seconds', when: [], toSeconds: 1, hasEndpoint: true },
    inProgress: ['http_server_active_requests'],
    exclude: [{ label: 'http_route', values: METRICS_PATH }],
  },
  {
    // The Prometheus exporter of OpenTelemetry for JavaScript leaves the unit out of the name.
    id: 'otel-js', library: 'OpenTelemetry (Node.js)',
    detect: { metrics: { http_server_request_duration_count: ['http_request_method'] } },
    requests: { metric: 'http_server_request_duration_count', when: [], endpoint: 'http_route', method: 'http_request_method', status: 'http_response_status_code' },
    latency: { metric: 'http_server_request_duration', when: [], toSeconds: 1, hasEndpoint: true },
    inProgress: ['http_server_active_requests'],
    exclude: [{ label: 'http_route', values: METRICS_PATH }],
  },
  {
    // Semantic conventions before 1.23.
    id: 'otel-milliseconds', library: 'OpenTelemetry (old names)',
    detect: { metrics: { http_server_duration_milliseconds_count: ['http_method'] } },
    requests: { metric: 'http_server_duration_milliseconds_count', when: [], endpoint: 'http_route', method: 'http_method', status: 'http_status_code' },
    latency: { metric: 'http_server_duration_milliseconds', when: [], toSeconds: 0.001, hasEndpoint: true },
    inProgress: ['http_server_active_requests'],
    exclude: [{ label: 'http_route', values: METRICS_PATH }],
  },
  {
    id: 'flask', library: 'Flask',
    detect: { metrics: { flask_http_request_duration_seconds_count: ['method', 'status'] } },
    requests: { metric: 'flask_http_request_duration_seconds_count', when: [], endpoint: 'path', method: 'method', status: 'status' },
    latency: { metric: 'flask_http_request_duration_seconds', when: [], toSeconds: 1, hasEndpoint: true },
    exclude: [{ label: 'path', values: METRICS_PATH }],
  },
  {
    id: 'starlette', library: 'Starlette',
    detect: { metrics: { starlette_responses_total: ['method', 'path_template', 'status_code'] } },
    requests: { metric: 'starlette_responses_total', when: [], endpoint: 'path_template', method: 'method', status: 'status_code' },
    latency: { metric: 'starlette_requests_processing_time_seconds', when: [], toSeconds: 1, hasEndpoint: true },
    inProgress: ['starlette_requests_in_progress'],
    exclude: [{ label: 'path_template', values: METRICS_PATH }],
  },
  {
    id: 'dotnet', library: 'ASP.NET Core',
    detect: { metrics: { http_requests_received_total: ['code', 'method'] } },
    requests: { metric: 'http_requests_received_total', when: [], endpoint: 'endpoint', method: 'method', status: 'code' },
    latency: { metric: 'http_request_duration_seconds', when: ['code!=""', 'route=""'], toSeconds: 1, hasEndpoint: true },
    inProgress: ['http_requests_in_progress'],
    exclude: [{ label: 'endpoint', values: METRICS_PATH }],
  },
  {
    // @hono/prometheus
    id: 'hono', library: 'Hono',
    detect: { metrics: { http_requests_total: ['method', 'route', 'status'] } },
    requests: { metric: 'http_requests_total', when: ['route!=""', 'status!=""', 'handler=""'], endpoint: 'route', method: 'method', status: 'status' },
    latency: { metric: 'http_request_duration_seconds', when: ['route!=""', 'status!=""'], toSeconds: 1, hasEndpoint: true },
    exclude: [{ label: 'route', values: METRICS_PATH }],
  },
  {
    id: 'express-prom-bundle', library: 'Express',
    detect: { metrics: { http_request_duration_seconds_count: ['status_code', 'path'] } },
    // fiberprometheus took over the names.
    frameworks: [{ metric: 'go_info', library: 'Fiber' }],
    requests: { metric: 'http_request_duration_seconds_count', when: ['status_code!=""', 'path!=""'], endpoint: 'path', method: 'method', status: 'status_code' },
    latency: { metric: 'http_request_duration_seconds', when: ['status_code!=""', 'path!=""'], toSeconds: 1, hasEndpoint: true },
    exclude: [{ label: 'path', values: METRICS_PATH }],
  },
  {
    // What fastify-metrics and most hand-written prom-client middleware expose.
    id: 'prom-client', library: 'Node.js (prom-client)',
    detect: { metrics: { http_request_duration_seconds_count: ['status_code'] } },
    // fastify-metrics exposes a summary beside the histogram unless told otherwise.
    frameworks: [{ metric: 'http_request_summary_seconds_count', library: 'Fastify' }, ...RUNTIMES.filter(r => r.library !== 'Node.js')],
    requests: { metric: 'http_request_duration_seconds_count', when: ['status_code!=""', 'path=""'], endpoint: 'route', method: 'method', status: 'status_code' },
    latency: { metric: 'http_request_duration_seconds', when: ['status_code!=""', 'path=""'], toSeconds: 1, hasEndpoint: true },
    exclude: [{ label: 'route', values: METRICS_PATH }],
  },
  {
    // prometheus-api-metrics
    id: 'api-metrics', library: 'Node.js (prometheus-api-metrics)',
    detect: { metrics: { http_request_duration_seconds_count: ['route', 'code'] } },
    requests: { metric: 'http_request_duration_seconds_count', when: ['code!=""', 'route!=""'], endpoint: 'route', method: 'method', status: 'code' },
    latency: { metric: 'http_request_duration_seconds', when: ['code!=""', 'route!=""'], toSeconds: 1, hasEndpoint: true },
    exclude: [{ label: 'route', values: METRICS_PATH }],
  },
  {
    // Older names of Node.js middleware, in milliseconds.
    id: 'node-milliseconds', library: 'Node.js (prom-client)',
    detect: { metrics: { http_request_duration_ms_count: ['route', 'code'] } },
    requests: { metric: 'http_request_duration_ms_count', when: [], endpoint: 'route', method: 'method', status: 'code' },
    latency: { metric: 'http_request_duration_ms', when: [], toSeconds: 0.001, hasEndpoint: true },
    exclude: [{ label: 'route', values: METRICS_PATH }],
  },
  {
    id: 'gin', library: 'Gin',
    detect: { metrics: { gin_requests_total: ['code', 'method'] } },
    requests: { metric: 'gin_requests_total', when: [], endpoint: 'url', method: 'method', status: 'code' },
    latency: { metric: 'gin_request_duration_seconds', when: [], toSeconds: 1, hasEndpoint: true, optional: true },
    exclude: [{ label: 'url', values: METRICS_PATH }],
  },
  {
    id: 'echo', library: 'Echo',
    detect: { metrics: { echo_requests_total: ['code', 'method'] } },
    requests: { metric: 'echo_requests_total', when: [], endpoint: 'url', method: 'method', status: 'code' },
    latency: { metric: 'echo_request_duration_seconds', when: [], toSeconds: 1, hasEndpoint: true, optional: true },
    exclude: [{ label: 'url', values: METRICS_PATH }],
  },
  {
    id: 'prometheus', library: 'Prometheus',
    detect: { metrics: { prometheus_http_requests_total: ['handler', 'code'] } },
    requests: { metric: 'prometheus_http_requests_total', when: [], endpoint: 'handler', status: 'code' },
    latency: { metric: 'prometheus_http_request_duration_seconds', when: [], toSeconds: 1, hasEndpoint: true },
    exclude: [{ label: 'handler', values: METRICS_PATH }],
  },
  {
    // Handlers wrapped with promhttp, as in the middleware example of client_golang: both know the code.
    id: 'go-promhttp', library: 'Go (client_golang)',
    detect: { metrics: { http_requests_total: ['code'], http_request_duration_seconds_count: ['code'] } },
    requests: { metric: 'http_requests_total', when: ['code!=""'], endpoint: 'handler', method: 'method', status: 'code' },
    latency: { metric: 'http_request_duration_seconds', when: ['code!=""', 'route=""', 'endpoint=""', 'action=""'], toSeconds: 1, hasEndpoint: true },
    exclude: [{ label: 'handler', values: METRICS_PATH }],
  },
  {
    // The usual hand-written Go counter, as in the examples of client_golang.
    id: 'go-http', library: 'Go (client_golang)',
    detect: { metrics: { http_requests_total: ['code'] } },
    requests: { metric: 'http_requests_total', when: ['code!=""'], endpoint: 'handler', method: 'method', status: 'code' },
    latency: { metric: 'http_request_duration_seconds', when: ['code=""', 'status=""', 'status_code=""'], toSeconds: 1, hasEndpoint: true, optional: true },
    exclude: [{ label: 'handler', values: METRICS_PATH }],
  },
  {
    // prometheus-fastapi-instrumentator with hand-picked metrics: the counter, but not the fine histogram.
    id: 'http-handler', library: 'HTTP',
    detect: { metrics: { http_requests_total: ['handler', 'status'] }, absent: ['http_request_duration_highr_seconds_bucket'] },
    requests: { metric: 'http_requests_total', when: ['handler!=""', 'status!=""'], endpoint: 'handler', method: 'method', status: 'status' },
    latency: { metric: 'http_request_duration_seconds', when: ['handler!=""'], toSeconds: 1, hasEndpoint: true, optional: true },
    inProgress: ['http_requests_inprogress', 'app_inprogress_requests'],
    exclude: [{ label: 'handler', values: METRICS_PATH }],
  },
  {
    // Hand-written, as in many guides: a counter with path and status, a histogram with the path.
    id: 'http-path', library: 'HTTP', frameworks: RUNTIMES,
    detect: { metrics: { http_requests_total: ['path', 'status'] } },
    requests: { metric: 'http_requests_total', when: ['path!=""', 'status!=""', 'handler=""', 'route=""'], endpoint: 'path', method: 'method', status: 'status' },
    latency: { metric: 'http_request_duration_seconds', when: ['path!=""', 'status_code=""'], toSeconds: 1, hasEndpoint: true, optional: true },
    exclude: [{ label: 'path', values: METRICS_PATH }],
  },
  {
    id: 'http-route', library: 'HTTP', frameworks: RUNTIMES,
    detect: { metrics: { http_requests_total: ['route', 'status_code'] } },
    requests: { metric: 'http_requests_total', when: ['route!=""', 'status_code!=""'], endpoint: 'route', method: 'method', status: 'status_code' },
    latency: { metric: 'http_request_duration_seconds', when: ['route!=""', 'status_code=""', 'status=""', 'code=""'], toSeconds: 1, hasEndpoint: true, optional: true },
    exclude: [{ label: 'route', values: METRICS_PATH }],
  },
]

/** The kind with this id. */
export function serviceKind(id: string): ServiceKind | undefined {
  return SERVICE_KINDS.find(k => k.id === id)
}

/** What a job exposes: metric names as in the samples (`_bucket`, `_count` included) to the label names seen on them. */
export type MetricCatalog = ReadonlyMap<string, ReadonlySet<string>>

/** Recognises a job's library by what it exposes; undefined if it is none of {@link SERVICE_KINDS}. */
export function detectServiceKind(catalog: MetricCatalog): ServiceKind | undefined {
  return SERVICE_KINDS.find(k => {
    for (const [metric, labels] of Object.entries(k.detect.metrics)) {
      const seen = catalog.get(metric)
      if (!seen || labels.some(l => !seen.has(l))) return false
    }
    return !k.detect.absent?.some(m => catalog.has(m))
  })
}

/** What to call the library of a job: the framework where a metric tells it, else the kind's own name. */
export function libraryName(kind: ServiceKind, catalog: MetricCatalog): string {
  return kind.frameworks?.find(f => catalog.has(f.metric))?.library ?? kind.library
}

/** What a query is about. */
export interface QueryScope {
  /** One job, answered as one series; absent: every job, one series each, labelled `job`. */
  readonly job?: string
  /** Only these jobs, one series each. Not together with `job`. */
  readonly jobs?: readonly string[]
  /** The range of `rate`, e.g. `5m`; default `$__rate_interval`. */
  readonly range?: string
}

const DEFAULT_RANGE = '$__rate_interval'

interface Scoped {
  readonly kind: ServiceKind
  /** About one job. */
  readonly isOne: boolean
  readonly range: string
  /** ` by (job)` or ` by (job, x)` or nothing. */
  readonly by: (...labels: string[]) => string
  readonly job: readonly string[]
  readonly exclude: readonly string[]
}

function scoped(kind: ServiceKind, scope: QueryScope): Scoped {
  return {
    kind,
    isOne: scope.job !== undefined,
    range: scope.range ?? DEFAULT_RANGE,
    by: (...labels) => {
      const all = scope.job === undefined ? ['job', ...labels] : labels
      return all.length === 0 ? '' : ` by (${all.join(', ')}) `
    },
    job: scope.job !== undefined ? [`job=${quotePromql(scope.job)}`] : scope.jobs === undefined ? [] : [anyOfMatcher('job', scope.jobs)],
    exclude: kind.exclude.map(e => excludeMatcher(e.label, e.values)),
  }
}

function requestRate(s: Scoped, by: string, extra: readonly string[] = []): string {
  return `sum${by}(rate(${selectorText(s.kind.requests.metric, [...s.job, ...s.kind.requests.when, ...s.exclude, ...extra])}[${s.range}]))`
}

/**
 * Zero while the service is there and asked for nothing: for one job as long as its target is up, for all jobs from the counter with the scrapes left in.
 * A service that is down or unknown has no such series, so that it shows a gap instead of a false calm.
 */
function quietZero(s: Scoped): string {
  if (s.isOne) return `0 * max(${selectorText('up', s.job)} == 1)`
  return `0 * sum${s.by()}(rate(${selectorText(s.kind.requests.metric, [...s.job, ...s.kind.requests.when])}[${s.range}]))`
}

/** Requests per second that users made of one job; nothing while it is idle for as long as its counters are. */
export function userRequestsExpr(kind: ServiceKind, job: string): string {
  return requestRate(scoped(kind, { job }), '')
}

/** Requests per second; 0 for an idle service, nothing for an absent one. */
export function rateExpr(kind: ServiceKind, scope: QueryScope = {}): string {
  const s = scoped(kind, scope)
  return `${requestRate(s, s.by())} or ${quietZero(s)}`
}

/** Requests per second, one series per endpoint (and job). Undefined where the library doesn't say which endpoint. */
export function rateByEndpointExpr(kind: ServiceKind, scope: QueryScope = {}): string | undefined {
  const { endpoint } = kind.requests
  if (endpoint === undefined) return undefined
  const s = scoped(kind, scope)
  return requestRate(s, s.by(endpoint))
}

/** Requests per second by method and status. */
export function rateByStatusExpr(kind: ServiceKind, scope: QueryScope = {}): string {
  const s = scoped(kind, scope)
  const { method, status } = kind.requests
  return requestRate(s, s.by(...(method === undefined ? [] : [method]), status))
}

function failed(kind: ServiceKind): string[] {
  return [`${kind.requests.status}=~"5.."`]
}

/** Share of requests that ended in a server error, 0..1: 0 when nothing fails and when nothing is asked, nothing for an absent service. */
export function errorRatioExpr(kind: ServiceKind, scope: QueryScope = {}): string {
  const s = scoped(kind, scope)
  return `${requestRate(s, s.by(), failed(kind))} / (${requestRate(s, s.by())} > 0) or ${quietZero(s)}`
}

/** The same per endpoint; an endpoint that never failed reads 0, one without traffic has a gap. */
export function errorRatioByEndpointExpr(kind: ServiceKind, scope: QueryScope = {}): string | undefined {
  const { endpoint } = kind.requests
  if (endpoint === undefined) return undefined
  const s = scoped(kind, scope)
  const by = s.by(endpoint)
  return `(${requestRate(s, by, failed(kind))} or 0 * ${requestRate(s, by)}) / (${requestRate(s, by)} > 0)`
}

/** Requests per second that ended in a server error, one series per job, or per endpoint (and job); no series where none failed. Undefined where the library doesn't say which endpoint. */
export function failedRateExpr(kind: ServiceKind, by: 'job' | 'endpoint', scope: QueryScope = {}): string | undefined {
  const { endpoint } = kind.requests
  if (by === 'endpoint' && endpoint === undefined) return undefined
  const s = scoped(kind, scope)
  return requestRate(s, by === 'job' ? s.by() : s.by(endpoint!), failed(kind))
}

/** Failed requests per second over every kind in one number; each side counts as 0 where a kind has no such series. */
function sumOverKinds(kinds: readonly ServiceKind[], range: string, extra: (k: ServiceKind) => readonly string[]): string {
  const terms = distinctKinds(kinds).map(k => {
    const s: Scoped = { ...scoped(k, { range }), by: () => '' }
    return `(${requestRate(s, '', extra(k))} or vector(0))`
  })
  return terms.join(' + ')
}

/** Nothing where no target is known at all, so that an empty database doesn't look like calm. */
const WHERE_TARGETS = 'and on () up'

/** Requests per second of everything together, one series; 0 without traffic, nothing without targets. */
export function totalRateExpr(kinds: readonly ServiceKind[], range: string = DEFAULT_RANGE): string {
  return kinds.length === 0 ? `vector(0) ${WHERE_TARGETS}` : `(${sumOverKinds(kinds, range, () => [])}) ${WHERE_TARGETS}`
}

/** Share of failed requests of everything together, one series, 0..1; 0 when nothing fails and without traffic, nothing without targets. */
export function totalErrorRatioExpr(kinds: readonly ServiceKind[], range: string = DEFAULT_RANGE): string {
  if (kinds.length === 0) return `vector(0) ${WHERE_TARGETS}`
  return `((${sumOverKinds(kinds, range, failed)}) / (${sumOverKinds(kinds, range, () => [])} > 0) or vector(0)) ${WHERE_TARGETS}`
}

/** Whether two kinds count requests, or their durations, in a metric of one name: then a question without jobs may find the series of both. */
export function sharesNames(a: ServiceKind, b: ServiceKind): boolean {
  return a.requests.metric === b.requests.metric || a.latency !== undefined && a.latency.metric === b.latency?.metric
}

/** One kind per distinct counter selector, so that a sum over them counts nothing twice. */
export function distinctKinds(kinds: readonly ServiceKind[]): ServiceKind[] {
  const seen = new Set<string>()
  return kinds.filter(k => {
    const key = selectorText(k.requests.metric, k.requests.when)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/**
 * A latency percentile in seconds, of user requests as far as the library tells them from scrapes. Undefined where there is no histogram.
 * Where it can't (the fine histogram of prometheus-fastapi-instrumentator has no labels), the answer is only given while users do ask.
 *
 * @param q  0..1
 */
export function latencyExpr(kind: ServiceKind, q: number, scope: QueryScope = {}): string | undefined {
  const { latency } = kind
  if (!latency) return undefined
  const s = scoped(kind, scope)
  const matchers = [...s.job, ...latency.when, ...(latency.hasEndpoint ? s.exclude : [])]
  const quantile = toSeconds(`histogram_quantile(${q}, sum${s.by('le')}(rate(${selectorText(`${latency.metric}_bucket`, matchers)}[${s.range}])))`, latency.toSeconds)
  return latency.hasEndpoint ? quantile : `${quantile} and ${requestRate(s, s.by())} > 0`
}

/** A latency percentile in seconds per endpoint (and job). Undefined where the library doesn't tell endpoints apart. */
export function latencyByEndpointExpr(kind: ServiceKind, q: number, scope: QueryScope = {}): string | undefined {
  const { endpoint } = kind.requests
  const source = kind.endpointLatency ?? (kind.latency?.hasEndpoint ? kind.latency : undefined)
  if (endpoint === undefined || source === undefined) return undefined
  const s = scoped(kind, scope)
  const matchers = [...s.job, ...source.when, ...s.exclude]
  return toSeconds(`histogram_quantile(${q}, sum${s.by(endpoint, 'le')}(rate(${selectorText(`${source.metric}_bucket`, matchers)}[${s.range}])))`, kind.latency?.toSeconds ?? 1)
}

/** Rate, share of failures and p95 of one endpoint of one job, one series each; what the library can't tell is left out. */
export function endpointQueries(kind: ServiceKind, job: string, endpoint: string): readonly string[] {
  const label = kind.requests.endpoint
  if (label === undefined) return []
  const s = scoped(kind, { job })
  const only = `${label}=${quotePromql(endpoint)}`
  const rate = requestRate(s, '', [only])
  const source = kind.endpointLatency ?? (kind.latency?.hasEndpoint === true ? kind.latency : undefined)
  const p95 = source === undefined ? [] : [toSeconds(`histogram_quantile(0.95, sum by (le) (rate(${selectorText(`${source.metric}_bucket`, [...s.job, ...source.when, only])}[${s.range}])))`, kind.latency?.toSeconds ?? 1)]
  return [rate, `(${requestRate(s, '', [only, ...failed(kind)])} or 0 * ${rate}) / (${rate} > 0)`, ...p95]
}

/** How fast the buckets of a latency histogram grow, one series per bucket (`le`, in the unit of the library) and job, or endpoint and job: what percentiles and their limits are read from. Undefined as in {@link latencyExpr}. */
export function latencyBucketsExpr(kind: ServiceKind, by: 'job' | 'endpoint', scope: QueryScope = {}): { readonly expr: string; readonly metric: string; readonly toSeconds: number } | undefined {
  const { latency } = kind
  const { endpoint } = kind.requests
  if (!latency) return undefined
  const source = by === 'job' ? latency : kind.endpointLatency ?? (latency.hasEndpoint ? latency : undefined)
  if (source === undefined || (by === 'endpoint' && endpoint === undefined)) return undefined
  const s = scoped(kind, scope)
  const matchers = [...s.job, ...source.when, ...(by === 'endpoint' || latency.hasEndpoint ? s.exclude : [])]
  return {
    expr: `sum${by === 'endpoint' ? s.by(endpoint!, 'le') : s.by('le')}(rate(${selectorText(`${source.metric}_bucket`, matchers)}[${s.range}]))`,
    metric: source.metric,
    toSeconds: latency.toSeconds,
  }
}

/** Mean latency in seconds, for histograms and summaries alike. */
export function meanLatencyExpr(kind: ServiceKind, scope: QueryScope = {}): string | undefined {
  const { latency } = kind
  if (!latency) return undefined
  const s = scoped(kind, scope)
  const matchers = [...s.job, ...latency.when, ...(latency.hasEndpoint ? s.exclude : [])]
  const part = (suffix: string): string => `sum${s.by()}(rate(${selectorText(latency.metric + suffix, matchers)}[${s.range}]))`
  return toSeconds(`${part('_sum')} / (${part('_count')} > 0)`, latency.toSeconds)
}

/** `0.001 * (x)`, or x itself. */
function toSeconds(expr: string, factor: number): string {
  return factor === 1 ? expr : `${factor} * (${expr})`
}

/** Requests under way. Undefined where the library has no such gauge. A gauge without endpoint label counts the scrape that reads it. */
export function inProgressExpr(kind: ServiceKind, scope: QueryScope = {}): string | undefined {
  const names = kind.inProgress
  if (!names || names.length === 0) return undefined
  const s = scoped(kind, scope)
  const matchers = [...s.job, ...s.exclude]
  const selector = names.length === 1 ? selectorText(names[0]!, matchers) : `{${[`__name__=~"${names.join('|')}"`, ...matchers].join(',')}}`
  return `sum${s.by()}(${selector})`
}

/** PromQL texts that answer the usual questions about one service; a member is absent where its metrics can't answer. */
export interface KindQueries {
  readonly rate?: string
  readonly errorRatio?: string
  readonly p95?: string
  readonly inProgress?: string
  readonly rateByEndpoint?: string
}

/**
 * Every query about one job.
 *
 * @param catalog  what the job exposes; given, queries on metrics that are not there are left out
 */
export function serviceQueries(kind: ServiceKind, job: string, catalog?: MetricCatalog): KindQueries {
  const there = (metric: string): boolean => catalog === undefined || catalog.has(metric)
  const p95 = kind.latency && there(`${kind.latency.metric}_bucket`) ? latencyExpr(kind, 0.95, { job }) : undefined
  const inProgress = kind.inProgress?.some(there) ? inProgressExpr(kind, { job }) : undefined
  const rateByEndpoint = rateByEndpointExpr(kind, { job })
  return {
    rate: rateExpr(kind, { job }),
    errorRatio: errorRatioExpr(kind, { job }),
    ...(p95 === undefined ? {} : { p95 }),
    ...(inProgress === undefined ? {} : { inProgress }),
    ...(rateByEndpoint === undefined ? {} : { rateByEndpoint }),
  }
}
