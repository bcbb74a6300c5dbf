import { hostQueries } from '../host-queries.ts'
import { quotePromql, selectorText } from '../promql-text.ts'
import {
  distinctKinds, errorRatioByEndpointExpr, errorRatioExpr, inProgressExpr, latencyByEndpointExpr, latencyExpr, meanLatencyExpr, rateByEndpointExpr, rateByStatusExpr, rateExpr, serviceKind, totalErrorRatioExpr,
  totalRateExpr,
} from '../service-kinds.ts'
import { boardJson, rowPanel, statPanel, timeSeriesPanel } from './board-json.ts'
import type { JsonObject } from '../model.ts'
import type { ServiceKind } from '../service-kinds.ts'
import type { BoardQuery } from './board-json.ts'

/** A text in the languages that the product speaks. */
export interface BoardTitle {
  readonly en: string
  readonly ko: string
}

/** A built-in board: its JSON in each language, made anew for the services that there are. */
export interface BuiltinBoard {
  readonly uid: string
  readonly title: BoardTitle
  readonly tags: readonly string[]
  /** Grafana dashboard JSON with texts of that language. */
  readonly json: (language: 'en' | 'ko') => JsonObject
}

/** uid of the board of all services. */
export const OVERVIEW_BOARD_UID = 'haechi-api-overview'
/** uid of the board of this computer. */
export const HOST_BOARD_UID = 'haechi-this-computer'

/** The kinds that the overview asks for while no service has been recognised yet. */
const USUAL_KINDS = ['fastapi', 'django', 'spring', 'otel-seconds', 'express-prom-bundle', 'prom-client']

/** The uid of a service's board; names are cut and cleaned to what Grafana allows. */
export function serviceBoardUid(job: string): string {
  const clean = job.replace(/[^A-Za-z0-9_-]/g, '-')
  let hash = 0
  for (let i = 0; i < job.length; i++) hash = Math.imul(hash, 31) + job.charCodeAt(i) | 0
  // Two jobs whose names look alike after cleaning stay apart.
  return clean === job && job.length <= 25 ? `haechi-service-${job}` : `haechi-service-${clean.slice(0, 16)}-${(hash >>> 0).toString(36)}`
}

type Say = (en: string, ko: string) => string
const jobLegend = (): string => '{{job}}'
const usedShare = (free: string, size: string): string => `1 - ${free} / ${size}`
const speaker = (language: 'en' | 'ko'): Say => language === 'ko' ? (_, ko) => ko : en => en

/** Distinct queries, the same text asked once. */
function distinctQueries(queries: readonly (BoardQuery | undefined)[]): BoardQuery[] {
  const seen = new Set<string>()
  return queries.filter((q): q is BoardQuery => {
    if (q === undefined || seen.has(q.expr)) return false
    seen.add(q.expr)
    return true
  })
}

function query(expr: string | undefined, legend: string): BoardQuery | undefined {
  return expr === undefined ? undefined : { expr, legend }
}

/** `{{job}} {{handler}}`. */
function endpointLegend(kind: ServiceKind, withJob: boolean): string {
  return `${withJob ? '{{job}} ' : ''}{{${kind.requests.endpoint ?? ''}}}`
}

/** The board of all services: rate, errors, latency, what is under way, and the computer they run on. */
export function overviewBoard(services: readonly ServiceKind[]): BuiltinBoard {
  const recognised = services.length > 0 ? services : USUAL_KINDS.map(id => serviceKind(id)!)
  const kinds = distinctKinds(recognised)
  const title: BoardTitle = { en: 'API overview', ko: 'API 전체 보기' }
  return {
    uid: OVERVIEW_BOARD_UID, title, tags: ['haechi', 'api'],
    json: language => {
      const say = speaker(language)
      const host = hostQueries()
      const perKind = (make: (k: ServiceKind) => string | undefined, legend: (k: ServiceKind) => string): BoardQuery[] => distinctQueries(kinds.map(k => query(make(k), legend(k))))
      const inProgress = perKind(k => inProgressExpr(k), jobLegend)
      const notCounted = say('Requests of the monitoring itself are not counted.', '모니터링 자신의 요청은 세지 않습니다.')
      return boardJson({
        uid: OVERVIEW_BOARD_UID, title: say(title.en, title.ko), tags: ['haechi', 'api'],
        description: say('Is everything all right? All services together, by the metrics that their libraries expose.', '모두 괜찮은가요? 라이브러리가 내보내는 메트릭으로 모든 서비스를 함께 봅니다.'),
        panels: [
          statPanel({ title: say('Requests per second', '초당 요청'), description: notCounted, queries: [{ expr: totalRateExpr(kinds), legend: say('requests', '요청') }], unit: 'reqps', w: 6, h: 4 }),
          statPanel({
            title: say('Requests that fail', '실패하는 요청'), description: say('Share of requests answered with 5xx. 0 when nothing fails and when nothing is asked.', '5xx로 응답한 요청의 비율입니다. 실패가 없거나 요청이 없으면 0입니다.'),
            queries: [{ expr: totalErrorRatioExpr(kinds), legend: '5xx' }], unit: 'percentunit', w: 6, h: 4, thresholds: [[0.01, 'orange'], [0.05, 'red']],
          }),
          statPanel({
            title: say('CPU busy', 'CPU 사용률'), queries: [{ expr: host.cpu, legend: '{{instance}}' }], unit: 'percentunit', w: 6, h: 4, thresholds: [[0.8, 'orange'], [0.95, 'red']],
          }),
          statPanel({ title: say('Memory available', '사용 가능한 메모리'), queries: [{ expr: host.memoryAvailable, legend: '{{instance}}' }], unit: 'bytes', w: 6, h: 4 }),
          timeSeriesPanel({ title: say('Requests per second, by service', '초당 요청, 서비스별'), description: notCounted, queries: perKind(k => rateExpr(k), jobLegend), unit: 'reqps', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({
            title: say('How many requests fail?', '얼마나 실패하나요?'), description: say('Share of requests answered with 5xx, by service.', '5xx로 응답한 요청의 비율입니다(서비스별).'),
            queries: perKind(k => errorRatioExpr(k), jobLegend), unit: 'percentunit', min: 0, w: 12, h: 8, thresholds: [[0.05, 'red']], thresholdLines: false,
          }),
          timeSeriesPanel({
            title: say('How slow are the slowest 5 %? (p95)', '가장 느린 5%는 얼마나 느린가요? (p95)'), description: say('95 of 100 requests are faster than this. Without requests there is a gap.', '요청 100개 중 95개는 이보다 빠릅니다. 요청이 없으면 비어 있습니다.'),
            queries: perKind(k => latencyExpr(k, 0.95), jobLegend), unit: 's', min: 0, w: 12, h: 8,
          }),
          timeSeriesPanel({
            title: say('Requests per second, by endpoint', '초당 요청, 엔드포인트별'), description: notCounted, queries: perKind(k => rateByEndpointExpr(k), k => endpointLegend(k, true)), unit: 'reqps', min: 0, w: 12, h: 8,
          }),
          ...(inProgress.length === 0 ? [] : [timeSeriesPanel({
            title: say('Requests in progress', '처리 중인 요청'),
            description: say(
              'Requests being worked on at the moment of the scrape, the scrape itself included where the library counts it. prometheus-fastapi-instrumentator shows it only with should_instrument_requests_inprogress=True.',
              '수집하는 순간 처리 중인 요청 수입니다. 라이브러리에 따라 수집 요청 자신도 포함됩니다. prometheus-fastapi-instrumentator는 should_instrument_requests_inprogress=True일 때만 내보냅니다.'),
            queries: inProgress, unit: 'short', min: 0, w: 8, h: 7,
            noValue: say('No service reports requests in progress.', '처리 중인 요청을 알려 주는 서비스가 없습니다.'),
          })]),
          timeSeriesPanel({ title: say('CPU busy', 'CPU 사용률'), queries: [{ expr: host.cpu, legend: '{{instance}}' }], unit: 'percentunit', min: 0, w: inProgress.length === 0 ? 12 : 8, h: 7 }),
          timeSeriesPanel({ title: say('Memory available', '사용 가능한 메모리'), queries: [{ expr: host.memoryAvailable, legend: '{{instance}}' }], unit: 'bytes', min: 0, w: inProgress.length === 0 ? 12 : 8, h: 7 }),
        ],
      })
    },
  }
}

/** The board of this computer and others that speak node_exporter's names. */
export function hostBoard(): BuiltinBoard {
  const title: BoardTitle = { en: 'This computer', ko: '이 컴퓨터' }
  return {
    uid: HOST_BOARD_UID, title, tags: ['haechi', 'host'],
    json: language => {
      const say = speaker(language)
      const q = hostQueries()
      const legend = '{{instance}}'
      return boardJson({
        uid: HOST_BOARD_UID, title: say(title.en, title.ko), tags: ['haechi', 'host'], description: say('Does the computer have enough of everything?', '컴퓨터 자원이 충분한가요?'),
        panels: [
          statPanel({ title: say('CPU busy', 'CPU 사용률'), queries: [{ expr: q.cpu, legend }], unit: 'percentunit', w: 6, h: 4, thresholds: [[0.8, 'orange'], [0.95, 'red']] }),
          statPanel({ title: say('Memory in use', '메모리 사용률'), queries: [{ expr: usedShare(q.memoryAvailable, q.memoryTotal), legend }], unit: 'percentunit', w: 6, h: 4, thresholds: [[0.85, 'orange'], [0.95, 'red']] }),
          statPanel({ title: say('Disk in use', '디스크 사용률'), queries: [{ expr: usedShare(q.diskFree, q.diskSize), legend }], unit: 'percentunit', w: 6, h: 4, thresholds: [[0.85, 'orange'], [0.95, 'red']] }),
          statPanel({ title: say('Running for', '켜진 뒤 지난 시간'), queries: [{ expr: q.uptime, legend }], unit: 's', w: 6, h: 4 }),
          timeSeriesPanel({ title: say('Is the CPU busy?', 'CPU가 바쁜가요?'), queries: [{ expr: q.cpu, legend }], unit: 'percentunit', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Is there enough memory?', '메모리가 충분한가요?'), queries: [{ expr: q.memoryAvailable, legend: `{{instance}} ${say('available', '사용 가능')}` }, { expr: q.memoryTotal, legend: `{{instance}} ${say('in total', '전체')}` }], unit: 'bytes', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Work waiting for a CPU (load)', 'CPU를 기다리는 작업(load)'), queries: [{ expr: q.load1, legend }], unit: 'short', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Is the disk filling up?', '디스크가 차고 있나요?'), queries: [{ expr: usedShare(q.diskFree, q.diskSize), legend }], unit: 'percentunit', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Network', '네트워크'), queries: [{ expr: q.networkReceive, legend: `{{instance}} ${say('received', '받음')}` }, { expr: q.networkTransmit, legend: `{{instance}} ${say('sent', '보냄')}` }], unit: 'binBps', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({ title: say('Disk reads and writes', '디스크 읽기와 쓰기'), queries: [{ expr: q.diskRead, legend: `{{instance}} ${say('read', '읽기')}` }, { expr: q.diskWritten, legend: `{{instance}} ${say('written', '쓰기')}` }], unit: 'binBps', min: 0, w: 12, h: 8 }),
        ],
      })
    },
  }
}

/** The board of one service: rate, errors, duration, by endpoint, and how its process is. @param library  what people call its library */
export function serviceBoard(kind: ServiceKind, job: string, library: string = kind.library): BuiltinBoard {
  const uid = serviceBoardUid(job)
  // Names such as «Node.js (prom-client)» would nest.
  const named = `${job} (${library.replace(/ \((.+)\)$/, ', $1')})`
  const title: BoardTitle = { en: named, ko: named }
  return {
    uid, title, tags: ['haechi', 'service'],
    json: language => {
      const say = speaker(language)
      const scope = { job }
      const jobMatcher = [`job=${quotePromql(job)}`]
      const p95 = latencyExpr(kind, 0.95, scope)
      const byEndpoint = rateByEndpointExpr(kind, scope)
      const errorsByEndpoint = errorRatioByEndpointExpr(kind, scope)
      const latencyByEndpoint = latencyByEndpointExpr(kind, 0.95, scope)
      const inProgress = inProgressExpr(kind, scope)
      const endpoint = endpointLegend(kind, false)
      const statusLegend = `${kind.requests.method === undefined ? '' : `{{${kind.requests.method}}} `}{{${kind.requests.status}}}`
      const notCounted = say('Requests of the monitoring itself are not counted.', '모니터링 자신의 요청은 세지 않습니다.')
      return boardJson({
        uid, title: language === 'ko' ? title.ko : title.en, tags: ['haechi', 'service'], description: say(`Is ${job} all right?`, `${job} 서비스가 괜찮은가요?`),
        panels: [
          statPanel({ title: say('Requests per second', '초당 요청'), description: notCounted, queries: [{ expr: rateExpr(kind, scope), legend: job }], unit: 'reqps', w: 6, h: 4 }),
          statPanel({ title: say('Requests that fail', '실패하는 요청'), queries: [{ expr: errorRatioExpr(kind, scope), legend: job }], unit: 'percentunit', w: 6, h: 4, thresholds: [[0.01, 'orange'], [0.05, 'red']] }),
          ...(p95 === undefined ? [] : [statPanel({ title: 'p95', description: say('95 of 100 requests are faster than this.', '요청 100개 중 95개는 이보다 빠릅니다.'), queries: [{ expr: p95, legend: job }], unit: 's', w: 6, h: 4, noValue: say('no requests', '요청 없음') })]),
          statPanel({ title: say('Instances up', '실행 중인 인스턴스'), queries: [{ expr: `sum(${selectorText('up', jobMatcher)})`, legend: job }], unit: 'none', decimals: 0, w: 6, h: 4 }),
          timeSeriesPanel({ title: say('Requests per second, by endpoint', '초당 요청, 엔드포인트별'), description: notCounted, queries: distinctQueries([query(byEndpoint ?? rateExpr(kind, scope), byEndpoint === undefined ? job : endpoint)]), unit: 'reqps', min: 0, w: 12, h: 9, legendTable: true }),
          timeSeriesPanel({ title: say('Requests per second, by method and status', '초당 요청, 메서드와 상태별'), queries: [{ expr: rateByStatusExpr(kind, scope), legend: statusLegend }], unit: 'reqps', min: 0, w: 12, h: 9, legendTable: true }),
          timeSeriesPanel({ title: say('How many requests fail?', '얼마나 실패하나요?'), queries: [{ expr: errorRatioExpr(kind, scope), legend: job }], unit: 'percentunit', min: 0, w: 12, h: 8, thresholds: [[0.05, 'red']] }),
          ...(errorsByEndpoint === undefined ? [] : [timeSeriesPanel({ title: say('Which endpoints fail?', '어느 엔드포인트가 실패하나요?'), queries: [{ expr: errorsByEndpoint, legend: endpoint }], unit: 'percentunit', min: 0, w: 12, h: 8 })]),
          ...(p95 === undefined ? [] : [timeSeriesPanel({
            title: say('Is it slow?', '느린가요?'),
            description: say('Half, 95 and 99 of 100 requests are faster than these lines. Without requests there is a gap.', '요청의 절반, 100개 중 95개와 99개가 각 선보다 빠릅니다. 요청이 없으면 비어 있습니다.'),
            queries: distinctQueries([query(latencyExpr(kind, 0.5, scope), 'p50'), query(p95, 'p95'), query(latencyExpr(kind, 0.99, scope), 'p99'), query(meanLatencyExpr(kind, scope), say('mean', '평균'))]), unit: 's', min: 0, w: 12, h: 8,
          })]),
          ...(latencyByEndpoint === undefined ? [] : [timeSeriesPanel({
            title: say('Which endpoints are slow? (p95)', '어느 엔드포인트가 느린가요? (p95)'),
            description: kind.endpointLatency === undefined ? '' : say(
              'This histogram has few buckets: values between two bounds are estimated, and nothing above the highest can be seen. Add bounds in the application for exact values.',
              '이 히스토그램은 구간이 적습니다. 두 경계 사이의 값은 추정치이며 가장 높은 경계보다 큰 값은 볼 수 없습니다. 정확한 값이 필요하면 애플리케이션에서 구간을 추가하세요.'),
            queries: [{ expr: latencyByEndpoint, legend: endpoint }], unit: 's', min: 0, w: 12, h: 8,
          })]),
          ...(inProgress === undefined ? [] : [timeSeriesPanel({ title: say('Requests in progress', '처리 중인 요청'), queries: [{ expr: inProgress, legend: job }], unit: 'short', min: 0, w: 24, h: 6, noValue: say('This service does not report requests in progress.', '이 서비스는 처리 중인 요청을 알려 주지 않습니다.') })]),
          rowPanel(say('The process', '프로세스')),
          timeSeriesPanel({ title: say('Memory of the process', '프로세스 메모리'), queries: [{ expr: selectorText('process_resident_memory_bytes', jobMatcher), legend: '{{instance}}' }], unit: 'bytes', min: 0, w: 8, h: 7 }),
          timeSeriesPanel({ title: say('CPU of the process (cores)', '프로세스 CPU(코어)'), queries: [{ expr: `rate(${selectorText('process_cpu_seconds_total', jobMatcher)}[$__rate_interval])`, legend: '{{instance}}' }], unit: 'short', min: 0, w: 8, h: 7 }),
          timeSeriesPanel({ title: say('Is it up?', '실행 중인가요?'), description: say('1: the last scrape worked, 0: it did not.', '1: 마지막 수집 성공, 0: 실패'), queries: [{ expr: selectorText('up', jobMatcher), legend: '{{instance}}' }], unit: 'none', min: 0, max: 1, decimals: 0, w: 8, h: 7 }),
        ],
      })
    },
  }
}

/**
 * The boards that there are without anybody making one: all services, and this computer.
 *
 * @param services  the kinds that were recognised; empty: the usual ones are asked for
 * @param jobs      recognised services; each gets a board of its own
 */
export function builtinBoards(services: readonly ServiceKind[], jobs: readonly { readonly job: string; readonly kind: ServiceKind; readonly library?: string | undefined }[] = []): BuiltinBoard[] {
  return [overviewBoard(services), hostBoard(), ...jobs.map(j => serviceBoard(j.kind, j.job, j.library))]
}
