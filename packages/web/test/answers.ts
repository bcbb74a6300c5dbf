import type { BoardSummary, ContactPointView, DeliveryView, Diagnosis, EditableRule, OverviewView, ServiceView, StatusView, TargetView } from '@haechi/server'

/** How the world of the test server is. */
export type Scenario = 'normal' | 'failing' | 'empty' | 'crowded'

/** Everything that our own API answers in one scenario. */
export interface Answers {
  readonly status: StatusView
  readonly overview: OverviewView
  readonly diagnoses: readonly Diagnosis[]
  readonly targets: readonly TargetView[]
  readonly rules: readonly EditableRule[]
  readonly contactPoints: readonly ContactPointView[]
  readonly deliveries: readonly DeliveryView[]
  readonly boards: readonly BoardSummary[]
  readonly alerts: readonly { readonly labels: Record<string, string>; readonly annotations: Record<string, string>; readonly state: string; readonly activeAt: string; readonly value: string }[]
}

const REFUSED: Diagnosis = {
  code: 'connection-refused', health: 'critical', subject: 'http://127.0.0.1:8000/metrics',
  what: { en: 'Nothing answers at 127.0.0.1:8000: the connection was refused.', ko: '127.0.0.1:8000에서 응답하는 프로그램이 없습니다. 연결이 거부되었습니다.' },
  cause: { en: 'The program that answered here until 2 min ago has stopped.', ko: '2분 전까지 여기서 응답하던 프로그램이 멈췄습니다.' },
  next: { en: 'Start it again, then look at the last lines of its log.', ko: '프로그램을 다시 시작하고 로그의 마지막 줄을 확인해 주세요.' },
}
const BUCKETS: Diagnosis = {
  code: 'rule-never-fires', health: 'warning', subject: 'rule "HighLatency"', place: { kind: 'rule', uid: 'builtin-latency', name: 'HighLatency', group: 'Haechi', file: 'haechi:builtin' },
  what: { en: 'The rule "HighLatency" can never fire: its value is never > 1.5.', ko: '규칙 "HighLatency": 값이 > 1.5인 경우가 없어 알림이 울릴 수 없습니다.' },
  cause: { en: 'The histogram http_request_duration_seconds_bucket ends at its bucket le="1". A quantile of it is never above that, however slow requests are.', ko: '히스토그램 http_request_duration_seconds_bucket의 마지막 버킷이 le="1"입니다. 요청이 아무리 느려도 분위수는 이 값을 넘지 않습니다.' },
  next: { en: 'Ask http_request_duration_highr_seconds_bucket in its place, whose buckets go further, or set the limit below 1.', ko: '버킷이 더 큰 http_request_duration_highr_seconds_bucket을(를) 대신 쓰거나, 기준값을 1보다 작게 해 주세요.' },
}
/** About a rule, and about two panels of a board. */
const FINDINGS: readonly Diagnosis[] = [BUCKETS, ...[2, 4].map((panelId): Diagnosis => ({
  code: 'query-unknown-job', health: 'warning', subject: 'panel', place: { kind: 'panel', boardUid: 'haechi-orders', board: 'orders', panelId, panel: 'Panel' },
  what: { en: 'The query of the panel asks for job="order", and no target has such a job.', ko: '패널의 식에 job="order" 조건이 있지만, 그런 job의 타깃이 없습니다.' },
  cause: { en: 'Jobs that there are: node, orders, shop.', ko: '지금 있는 job: node, orders, shop.' }, next: { en: 'Write job="orders" in its place.', ko: 'job="orders"(으)로 바꿔 주세요.' },
}))]

function service(id: string, library: string | undefined, health: ServiceView['health'], more: Partial<ServiceView> = {}): ServiceView {
  return {
    id, kind: 'service', health, demo: false, boardUid: `haechi-${id}`,
    instances: [{ instance: '127.0.0.1:8000', health }],
    queries: { rate: `rate:${id}`, errorRatio: `errors:${id}`, p95: `p95:${id}` },
    ...(library === undefined ? {} : { library }),
    ...more,
  }
}

const HOST: ServiceView = {
  id: 'node', kind: 'host', library: 'node_exporter', health: 'ok', demo: false, boardUid: 'haechi-node', instances: [{ instance: '127.0.0.1:9100', health: 'ok' }],
  queries: { cpu: 'cpu:node', memoryAvailable: 'memory_free:node', memoryTotal: 'memory_total:node', diskFree: 'disk_free:node', diskSize: 'disk_size:node' },
}

function target(nowMs: number, job: string, instance: string, health: TargetView['health'], more: Partial<TargetView> = {}): TargetView {
  return {
    job, instance, url: `http://${instance}/metrics`, health, lastScrapeMs: health === 'unknown' ? null : nowMs - 4_000, lastScrapeDurationMs: 7.4, lastError: '', samples: 412, intervalMs: 15_000, timeoutMs: 10_000,
    labels: { job, instance }, history: Array.from({ length: health === 'unknown' ? 0 : 60 }, (_, i) => (health === 'down' && i > 48 ? 0 : 1)), discovered: true, ...more,
  }
}

function rule(uid: string, title: string, more: Partial<EditableRule>, nowMs: number): EditableRule {
  return {
    uid, title, expr: 'sum by (job) (rate(http_requests_total{status=~"5.."}[2m])) / sum by (job) (rate(http_requests_total[2m])) > 0.05', threshold: { op: '>', value: 0.05, unit: 'ratio' }, forMs: 60_000,
    labels: { severity: 'critical' }, annotations: { summary: 'Requests fail' }, enabled: true, builtIn: true, edited: false, state: 'inactive', lastEvaluationMs: nowMs - 9_000, ...more,
  }
}

/** The answers of a scenario; all times hang on `nowMs`. */
export function answersOf(scenario: Scenario, nowMs: number): Answers {
  const isBad = scenario === 'failing' || scenario === 'crowded'
  const status: StatusView = {
    version: '0.1.0', demo: false, startedMs: nowMs - 3_600_000, nowMs, discovery: true, dataDirectory: 'data', retentionMs: 15 * 86_400_000, scrapeIntervalMs: 15_000, headSeries: 3_120, samplesPerSecond: 208, rssBytes: 140e6, auth: false,
    files: [{ role: 'prometheus.yml', path: null, state: 'default' }],
  }
  if (scenario === 'empty') {
    return {
      status, diagnoses: [], targets: [], rules: [], contactPoints: [], deliveries: [], boards: [], alerts: [],
      overview: { health: 'unknown', verdict: { en: 'Haechi is looking for services on this computer.', ko: '이 컴퓨터에서 서비스를 찾고 있습니다.' }, services: [], firing: [], pending: 0, targetsDown: [], targets: 0, noticed: [] },
    }
  }
  const targets = [
    target(nowMs, 'orders', '127.0.0.1:8000', isBad ? 'down' : 'up', isBad ? { lastError: 'Get "http://127.0.0.1:8000/metrics": dial tcp 127.0.0.1:8000: connect: connection refused', diagnosis: REFUSED, samples: 0 } : {}),
    target(nowMs, 'orders', '127.0.0.1:8001', 'up'),
    target(nowMs, 'shop', '127.0.0.1:8900', 'up', { samples: 1_961, lastScrapeDurationMs: 14, labels: { job: 'shop', instance: '127.0.0.1:8900', env: 'local' } }),
    target(nowMs, 'node', '127.0.0.1:9100', 'up', { lastScrapeDurationMs: 8_600, discovered: false }),
    target(nowMs, 'demo', '127.0.0.1:41233', 'unknown'),
  ]
  const services = [
    HOST,
    service('shop', 'Django', 'ok'),
    service('orders', 'FastAPI', isBad ? 'critical' : 'ok', { kindId: 'fastapi', instances: [{ instance: '127.0.0.1:8000', health: isBad ? 'critical' : 'ok' }, { instance: '127.0.0.1:8001', health: 'ok' }] }),
    service('demo', 'Express', 'ok', { demo: true, queries: { rate: 'rate:demo', errorRatio: 'errors:demo' } }),
  ]
  if (scenario === 'crowded') {
    for (let i = 0; i < 46; i++) services.push(service(i === 7 ? 'the-service-with-the-very-long-name-that-nobody-wanted-to-shorten-v2' : `service-${i}`, ['FastAPI', 'Django', 'Express', undefined][i % 4], i % 9 === 3 ? 'warning' : 'ok', i % 4 === 0 ? { kindId: 'fastapi' } : {}))
    for (let i = 0; i < 195; i++) targets.push(target(nowMs, `service-${i % 46}`, `10.0.${i >> 5}.${i & 31}:8080`, i % 23 === 5 ? 'down' : 'up', i % 23 === 5 ? { lastError: 'context deadline exceeded' } : {}))
  }
  const firing = isBad ? [
    { name: 'HighErrorRate', sinceMs: nowMs - 185_000, value: '0.042', summary: 'orders: 4.2 % of requests are failing (limit 1 %)', severity: 'critical', labels: { alertname: 'HighErrorRate', job: 'orders', severity: 'critical' } },
    { name: 'TargetDown', sinceMs: nowMs - 125_000, value: '0', summary: 'orders: 127.0.0.1:8000 does not answer', severity: 'warning', labels: { alertname: 'TargetDown', job: 'orders', instance: '127.0.0.1:8000', severity: 'warning' } },
  ] : []
  return {
    status, targets, diagnoses: isBad ? FINDINGS : [],
    overview: {
      health: isBad ? 'critical' : 'ok',
      verdict: isBad ? { en: 'orders is failing: 4.2 % of requests end in 5xx, for 3 min.', ko: 'orders에 문제가 있습니다. 3분째 요청의 4.2 %가 5xx로 끝납니다.' } : { en: 'Everything is fine. 3 services, 5 targets, this computer.', ko: '모두 정상입니다. 서비스 3개, 타깃 5개, 이 컴퓨터.' },
      services, firing, pending: isBad ? 1 : 0, targetsDown: targets.filter(t => t.health === 'down'), targets: targets.length, noticed: isBad ? [BUCKETS] : [],
    },
    rules: [
      rule('builtin-errors', 'HighErrorRate', { state: isBad ? 'firing' : 'inactive' }, nowMs),
      rule('builtin-latency', 'HighLatency', { expr: 'histogram_quantile(0.95, sum by (job, le) (rate(http_request_duration_seconds_bucket[5m]))) > 1.5', threshold: { op: '>', value: 1.5, unit: 's' }, forMs: 300_000, labels: { severity: 'warning' }, state: isBad ? 'pending' : 'inactive', edited: true }, nowMs),
      rule('builtin-down', 'TargetDown', { expr: 'up == 0', forMs: 30_000, state: isBad ? 'firing' : 'inactive' }, nowMs),
      rule('own-1', 'Queue too long', { expr: 'queue_length > 100', threshold: { op: '>', value: 100, unit: 'short' }, builtIn: false, enabled: false, state: 'disabled' }, nowMs),
      rule('own-2', 'Broken rule', { expr: 'sum(foo) / on(bar) baz', builtIn: false, state: 'unknown', lastError: 'found duplicate series for the match group', labels: {} }, nowMs),
    ].map(r => (r.uid === 'builtin-down' || r.uid === 'own-2' ? withoutThreshold(r) : r)),
    contactPoints: [
      { uid: 'c1', name: '팀 디스코드', type: 'discord', url: 'https://discord.com/api/webhooks/…', origin: 'ui' },
      { uid: 'c2', name: 'on-call', type: 'webhook', url: 'https://hooks.example.org/…', origin: 'env' },
    ],
    deliveries: [
      { id: 3, tMs: nowMs - 60_000, contactPoint: 'on-call', status: 'firing', title: '🔴 orders: 4.2 % of requests are failing (limit 1 %)', alerts: 2, attempt: 2, ok: false, httpStatus: 503, error: 'The receiver answered 503 Service Unavailable.', answer: 'upstream is gone', mayRepeat: 'no_answer', durationMs: 1_240, nextAttemptMs: nowMs + 30_000 },
      { id: 2, tMs: nowMs - 170_000, contactPoint: '팀 디스코드', status: 'firing', title: '🔴 orders: 요청의 4.2 %가 실패하고 있습니다 (기준 1 %)', alerts: 1, attempt: 1, ok: true, httpStatus: 204, durationMs: 212 },
      { id: 1, tMs: nowMs - 7_200_000, contactPoint: '팀 디스코드', status: 'resolved', title: '해결됨: 6분 동안, 최고 7.1 %', alerts: 1, attempt: 1, ok: true, httpStatus: 204, durationMs: 180 },
    ],
    boards: [
      { uid: 'haechi-overview', title: 'All services', tags: ['red'], builtIn: true, localTitle: { en: 'All services', ko: '모든 서비스' } },
      { uid: 'haechi-orders', title: 'orders', tags: ['FastAPI'], builtIn: true, localTitle: { en: 'orders · FastAPI', ko: 'orders · FastAPI' } },
      { uid: 'haechi-node', title: 'This computer', tags: ['host'], builtIn: true, localTitle: { en: 'This computer', ko: '이 컴퓨터' } },
      { uid: 'own', title: 'Checkout funnel', tags: ['team'], builtIn: false },
    ],
    alerts: [
      ...firing.map(f => ({ labels: { ...f.labels }, annotations: { summary: f.summary, summary_ko: f.name === 'TargetDown' ? 'orders: 127.0.0.1:8000이 응답하지 않습니다' : 'orders: 요청의 4.2 %가 실패하고 있습니다 (기준 1 %)', description: 'Check: 1) recent deploys 2) error logs 3) a single handler', description_ko: '확인: 1) 최근 배포 2) 오류 로그 3) 특정 핸들러' }, state: 'firing', activeAt: new Date(f.sinceMs).toISOString(), value: f.value })),
      ...(isBad ? [{ labels: { alertname: 'HighLatency', job: 'shop', severity: 'warning' }, annotations: { summary: 'shop: p95 is 1.8 s (limit 1.5 s)', summary_ko: 'shop: p95가 1.8초입니다 (기준 1.5초)' }, state: 'pending', activeAt: new Date(nowMs - 40_000).toISOString(), value: '1.8' }] : []),
    ],
  }
}

function withoutThreshold(r: EditableRule): EditableRule {
  const { threshold: _, ...rest } = r
  return rest
}
