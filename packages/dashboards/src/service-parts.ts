import { quotePromql, selectorText } from './promql-text.ts'
import { userRequestsExpr } from './service-kinds.ts'
import type { MetricCatalog, ServiceKind } from './service-kinds.ts'

/** A text in the languages that the product speaks. */
export interface PartText {
  readonly en: string
  readonly ko: string
}

/** A query of a part. `{{label}}` in the legend is filled in. */
export interface PartQuery {
  readonly expr: string
  readonly legend: PartText
}

/**
 * What libraries tell of a service beside its requests: its database, its runtime. With `service-kinds.ts` the only place where their metric names stand.
 */
export interface ServicePart {
  readonly id: string
  readonly about: 'database' | 'memory' | 'cpu' | 'runtime'
  /** Every one must be exposed. */
  readonly needs: readonly string[]
  readonly title: PartText
  readonly description?: PartText
  readonly unit: string
  readonly queries: (kind: ServiceKind, job: string) => readonly PartQuery[]
}

const RANGE = '$__rate_interval'

function same(text: string): PartText {
  return { en: text, ko: text }
}

const INSTANCE = same('{{instance}}')

function of(job: string, metric: string, ...matchers: string[]): string {
  return selectorText(metric, [`job=${quotePromql(job)}`, ...matchers])
}

function grows(job: string, metric: string, ...matchers: string[]): string {
  return `rate(${of(job, metric, ...matchers)}[${RANGE}])`
}

function perInstance(job: string, metric: string, ...matchers: string[]): string {
  return `sum by (instance) (${of(job, metric, ...matchers)})`
}

/** Of parts about memory or cpu the first that fits is shown; of the others all. */
export const SERVICE_PARTS: readonly ServicePart[] = [
  {
    id: 'django-db-per-request', about: 'database', needs: ['django_db_execute_total'], unit: 'short',
    title: { en: 'How many queries does a request make?', ko: '요청 하나가 쿼리를 몇 번 하나요?' },
    description: { en: 'A number that grows with the data is a query in a loop (N+1): select_related and prefetch_related make one of them.', ko: '데이터가 늘수록 커지면 반복문 안에서 쿼리하고 있는 것입니다(N+1). select_related나 prefetch_related로 한 번에 가져오세요.' },
    queries: (kind, job) => [{ expr: `sum(${grows(job, 'django_db_execute_total')}) / (${userRequestsExpr(kind, job)} > 0)`, legend: { en: 'queries per request', ko: '요청당 쿼리' } }],
  },
  {
    id: 'django-db-slow', about: 'database', needs: ['django_db_query_duration_seconds_bucket'], unit: 's',
    title: { en: 'Is the database slow? (p95 of a query)', ko: '데이터베이스가 느린가요? (쿼리 p95)' },
    queries: (_, job) => [{ expr: `histogram_quantile(0.95, sum by (alias, le) (${grows(job, 'django_db_query_duration_seconds_bucket')}))`, legend: same('{{alias}}') }],
  },
  {
    id: 'django-db-rate', about: 'database', needs: ['django_db_execute_total'], unit: 'ops',
    title: { en: 'Queries per second, by database', ko: '초당 쿼리, 데이터베이스별' },
    queries: (_, job) => [{ expr: `sum by (alias, vendor) (${grows(job, 'django_db_execute_total')})`, legend: same('{{alias}} {{vendor}}') }],
  },
  {
    id: 'django-db-errors', about: 'database', needs: ['django_db_execute_total'], unit: 'ops',
    title: { en: 'Do queries fail?', ko: '쿼리가 실패하나요?' },
    description: { en: 'Errors of the database per second, by their kind. Zero: none.', ko: '데이터베이스 오류가 초당 몇 번 나는지 종류별로 봅니다. 0이면 없습니다.' },
    // The counter of errors has no series before the first one.
    queries: (_, job) => [{ expr: `sum by (alias, type) (${grows(job, 'django_db_errors_total')}) or 0 * sum by (alias) (${grows(job, 'django_db_execute_total')})`, legend: same('{{alias}} {{type}}') }],
  },
  {
    id: 'hikari-connections', about: 'database', needs: ['hikaricp_connections_active'], unit: 'short',
    title: { en: 'Are database connections free?', ko: '데이터베이스 연결이 남아 있나요?' },
    description: { en: 'Requests wait as soon as all connections of the pool are in use.', ko: '풀의 연결을 모두 쓰면 요청이 기다리게 됩니다.' },
    queries: (_, job) => [
      { expr: `sum by (pool) (${of(job, 'hikaricp_connections_active')})`, legend: { en: '{{pool}} in use', ko: '{{pool}} 사용 중' } },
      { expr: `sum by (pool) (${of(job, 'hikaricp_connections_pending')})`, legend: { en: '{{pool}} waiting for one', ko: '{{pool}} 기다리는 중' } },
      { expr: `sum by (pool) (${of(job, 'hikaricp_connections_max')})`, legend: { en: '{{pool}} at most', ko: '{{pool}} 최대' } },
    ],
  },
  {
    id: 'spring-repositories', about: 'database', needs: ['spring_data_repository_invocations_seconds_count'], unit: 's',
    title: { en: 'Which repository calls are slow? (mean)', ko: '어느 리포지토리 호출이 느린가요? (평균)' },
    queries: (_, job) => [{
      expr: `sum by (repository, method) (${grows(job, 'spring_data_repository_invocations_seconds_sum')}) / (sum by (repository, method) (${grows(job, 'spring_data_repository_invocations_seconds_count')}) > 0)`,
      legend: same('{{repository}}.{{method}}'),
    }],
  },
  { id: 'process-memory', about: 'memory', needs: ['process_resident_memory_bytes'], unit: 'bytes', title: { en: 'Memory of the process', ko: '프로세스 메모리' }, queries: (_, job) => [{ expr: of(job, 'process_resident_memory_bytes'), legend: INSTANCE }] },
  { id: 'dotnet-memory', about: 'memory', needs: ['process_working_set_bytes'], unit: 'bytes', title: { en: 'Memory of the process', ko: '프로세스 메모리' }, queries: (_, job) => [{ expr: of(job, 'process_working_set_bytes'), legend: INSTANCE }] },
  { id: 'jvm-memory', about: 'memory', needs: ['jvm_memory_used_bytes'], unit: 'bytes', title: { en: 'Memory of the JVM', ko: 'JVM 메모리' }, queries: (_, job) => [{ expr: perInstance(job, 'jvm_memory_used_bytes'), legend: INSTANCE }] },
  {
    id: 'process-cpu', about: 'cpu', needs: ['process_cpu_seconds_total'], unit: 'short', title: { en: 'CPU of the process (cores)', ko: '프로세스 CPU(코어)' },
    queries: (_, job) => [{ expr: grows(job, 'process_cpu_seconds_total'), legend: INSTANCE }],
  },
  {
    // Micrometer tells a share of all cores.
    id: 'jvm-cpu', about: 'cpu', needs: ['process_cpu_usage', 'system_cpu_count'], unit: 'short', title: { en: 'CPU of the process (cores)', ko: '프로세스 CPU(코어)' },
    queries: (_, job) => [{ expr: `${of(job, 'process_cpu_usage')} * on (instance) ${of(job, 'system_cpu_count')}`, legend: INSTANCE }],
  },
  {
    id: 'jvm-heap', about: 'runtime', needs: ['jvm_memory_used_bytes', 'jvm_memory_max_bytes'], unit: 'percentunit', title: { en: 'Is the heap full?', ko: '힙이 가득 찼나요?' },
    // A pool without a limit says -1.
    queries: (_, job) => [{ expr: `${perInstance(job, 'jvm_memory_used_bytes', 'area="heap"')} / sum by (instance) (${of(job, 'jvm_memory_max_bytes', 'area="heap"')} > 0)`, legend: INSTANCE }],
  },
  {
    id: 'jvm-gc', about: 'runtime', needs: ['jvm_gc_pause_seconds_sum'], unit: 'percentunit', title: { en: 'How much time goes to garbage collection?', ko: '가비지 컬렉션에 시간을 얼마나 쓰나요?' },
    queries: (_, job) => [{ expr: `sum by (instance) (${grows(job, 'jvm_gc_pause_seconds_sum')})`, legend: INSTANCE }],
  },
  {
    id: 'node-event-loop', about: 'runtime', needs: ['nodejs_eventloop_lag_p99_seconds'], unit: 's', title: { en: 'Is the event loop held up? (p99)', ko: '이벤트 루프가 막히나요? (p99)' },
    description: { en: 'While it is held up, every request waits.', ko: '막혀 있는 동안 모든 요청이 기다립니다.' },
    queries: (_, job) => [{ expr: of(job, 'nodejs_eventloop_lag_p99_seconds'), legend: INSTANCE }],
  },
  {
    id: 'node-heap', about: 'runtime', needs: ['nodejs_heap_size_used_bytes', 'nodejs_heap_size_total_bytes'], unit: 'bytes', title: { en: 'Does the heap grow?', ko: '힙이 계속 커지나요?' },
    queries: (_, job) => [
      { expr: of(job, 'nodejs_heap_size_used_bytes'), legend: { en: '{{instance}} in use', ko: '{{instance}} 사용 중' } },
      { expr: of(job, 'nodejs_heap_size_total_bytes'), legend: { en: '{{instance}} in total', ko: '{{instance}} 전체' } },
    ],
  },
  {
    id: 'go-goroutines', about: 'runtime', needs: ['go_goroutines'], unit: 'short', title: { en: 'Do goroutines pile up?', ko: '고루틴이 쌓이나요?' },
    queries: (_, job) => [{ expr: of(job, 'go_goroutines'), legend: INSTANCE }],
  },
  {
    id: 'dotnet-queue', about: 'runtime', needs: ['dotnet_threadpool_queue_length'], unit: 'short', title: { en: 'Does work wait for a thread?', ko: '작업이 스레드를 기다리나요?' },
    queries: (_, job) => [{ expr: of(job, 'dotnet_threadpool_queue_length'), legend: INSTANCE }],
  },
]

/** The metric whose value is when the process began, Unix seconds: of every client library of Prometheus. */
export const START_METRIC = 'process_start_time_seconds'

/** What a job without any of the parts about its database should do to have them; undefined where nothing is known to do. */
export function databaseAdvice(kind: ServiceKind): PartText | undefined {
  if (kind.id !== 'django') return undefined
  return {
    en: 'Database queries are not counted. In settings.py, set ENGINE to "django_prometheus.db.backends.postgresql" (or mysql, sqlite3).',
    ko: '데이터베이스 쿼리를 세고 있지 않습니다. settings.py의 ENGINE을 "django_prometheus.db.backends.postgresql"(또는 mysql, sqlite3)로 바꿔 주세요.',
  }
}

/** The ids of the parts that a job exposes; of those about memory and cpu the first each. */
export function serviceParts(catalog: MetricCatalog): readonly string[] {
  const there = SERVICE_PARTS.filter(p => p.needs.every(m => catalog.has(m)))
  return there.filter(p => p.about === 'database' || p.about === 'runtime' || there.find(x => x.about === p.about) === p).map(p => p.id)
}
