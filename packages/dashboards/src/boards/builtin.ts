import { hostQueries } from '../host-queries.ts'
import { selectorText } from '../promql-text.ts'
import { distinctKinds, errorRatioExpr, inProgressExpr, latencyExpr, rateByEndpointExpr, rateExpr, serviceKind, sharesNames, totalErrorRatioExpr, totalRateExpr } from '../service-kinds.ts'
import { boardJson, statPanel, timeSeriesPanel } from './board-json.ts'
import { distinctQueries, endpointLegend, query, speaker } from './board-words.ts'
import { capacityBoard, hostBoard } from './host-board.ts'
import { serviceBoard } from './service-board.ts'
import type { QueryScope, ServiceKind } from '../service-kinds.ts'
import type { BoardQuery } from './board-json.ts'
import type { BoardTitle, BuiltinBoard } from './board-words.ts'

/** A service that was recognised. */
export interface BoardJob {
  readonly job: string
  readonly kind: ServiceKind
  /** What people call its library; default: the kind's. */
  readonly library?: string | undefined
  /** Ids of what it tells beside its requests (`SERVICE_PARTS`); default: its process. */
  readonly parts?: readonly string[] | undefined
  /** Whether it counts requests under way; default: as its library can. */
  readonly hasInProgress?: boolean | undefined
}

/** uid of the board of all services. */
export const OVERVIEW_BOARD_UID = 'haechi-api-overview'
/** The kinds that the overview asks for while no service has been recognised yet. */
const USUAL_KINDS = ['fastapi', 'django', 'spring', 'otel-seconds', 'express-prom-bundle', 'prom-client']

const jobLegend = (): string => '{{job}}'

/** What a kind is asked by: kinds alike in it are asked together. */
function asked(kind: ServiceKind): string {
  return [kind.requests, kind.latency].map(m => (m === undefined ? '' : selectorText(m.metric, m.when))).join(' ')
}

/** The board of all services: rate, errors, latency, what is under way, and the computer they run on. @param jobs  which service is of which kind, where that is known @param hasHost  a computer is watched, too */
export function overviewBoard(services: readonly ServiceKind[], jobs: readonly BoardJob[] = [], hasHost = true): BuiltinBoard {
  const recognised = services.length > 0 ? services : USUAL_KINDS.map(id => serviceKind(id)!)
  const kinds = distinctKinds(recognised)
  const apart = recognised.filter((k, i) => recognised.findIndex(o => asked(o) === asked(k)) === i)
  // Where libraries share a metric's name, each is asked about its own services: else one service would be drawn twice.
  const scopeOf = (kind: ServiceKind): QueryScope => {
    const own = jobs.filter(j => asked(j.kind) === asked(kind)).map(j => j.job)
    return own.length > 0 && apart.some(o => o !== kind && sharesNames(o, kind)) ? { jobs: own } : {}
  }
  const title: BoardTitle = { en: 'API overview', ko: 'API 전체 보기' }
  return {
    uid: OVERVIEW_BOARD_UID, title, tags: ['haechi', 'api'],
    json: language => {
      const say = speaker(language)
      const host = hostQueries()
      const perKind = (make: (k: ServiceKind, scope: QueryScope) => string | undefined, legend: (k: ServiceKind) => string): BoardQuery[] => distinctQueries(apart.map(k => query(make(k, scopeOf(k)), legend(k))))
      const counting = jobs.length === 0 ? apart : apart.filter(k => jobs.some(j => asked(j.kind) === asked(k) && j.hasInProgress !== false))
      const inProgress = distinctQueries(counting.map(k => query(inProgressExpr(k, scopeOf(k)), jobLegend())))
      const notCounted = say('Requests of the monitoring itself are not counted.', '모니터링 자신의 요청은 세지 않습니다.')
      return boardJson({
        sourceLabel: say('Data source', '데이터 소스'),
        uid: OVERVIEW_BOARD_UID, title: say(title.en, title.ko), tags: ['haechi', 'api'],
        description: say('Is everything all right? All services together, by the metrics that their libraries expose.', '모두 괜찮은가요? 라이브러리가 내보내는 메트릭으로 모든 서비스를 함께 봅니다.'),
        panels: [
          statPanel({ title: say('Requests per second', '초당 요청'), description: notCounted, queries: [{ expr: totalRateExpr(kinds), legend: say('requests', '요청') }], unit: 'reqps', w: hasHost ? 6 : 12, h: 4 }),
          statPanel({
            title: say('Requests that fail', '실패하는 요청'), description: say('Share of requests answered with 5xx. 0 when nothing fails and when nothing is asked.', '5xx로 응답한 요청의 비율입니다. 실패가 없거나 요청이 없으면 0입니다.'),
            queries: [{ expr: totalErrorRatioExpr(kinds), legend: '5xx' }], unit: 'percentunit', w: hasHost ? 6 : 12, h: 4, thresholds: [[0.01, 'orange'], [0.05, 'red']],
          }),
          ...(hasHost ? [statPanel({
            title: say('CPU busy', 'CPU 사용률'), queries: [{ expr: host.cpu, legend: '{{instance}}' }], unit: 'percentunit', w: 6, h: 4, thresholds: [[0.8, 'orange'], [0.95, 'red']],
          })] : []),
          ...(hasHost ? [statPanel({ title: say('Memory available', '사용 가능한 메모리'), queries: [{ expr: host.memoryAvailable, legend: '{{instance}}' }], unit: 'bytes', w: 6, h: 4 })] : []),
          timeSeriesPanel({ title: say('Requests per second, by service', '초당 요청, 서비스별'), description: notCounted, queries: perKind((k, scope) => rateExpr(k, scope), jobLegend), unit: 'reqps', min: 0, w: 12, h: 8 }),
          timeSeriesPanel({
            title: say('How many requests fail?', '얼마나 실패하나요?'), description: say('Share of requests answered with 5xx, by service.', '5xx로 응답한 요청의 비율입니다(서비스별).'),
            queries: perKind((k, scope) => errorRatioExpr(k, scope), jobLegend), unit: 'percentunit', min: 0, w: 12, h: 8, thresholds: [[0.05, 'red']], thresholdLines: false,
          }),
          timeSeriesPanel({
            title: say('How slow are the slowest 5 %? (p95)', '가장 느린 5%는 얼마나 느린가요? (p95)'), description: say('95 of 100 requests are faster than this. Without requests there is a gap.', '요청 100개 중 95개는 이보다 빠릅니다. 요청이 없으면 비어 있습니다.'),
            queries: perKind((k, scope) => latencyExpr(k, 0.95, scope), jobLegend), unit: 's', min: 0, w: 12, h: 8,
          }),
          timeSeriesPanel({
            title: say('Requests per second, by endpoint', '초당 요청, 엔드포인트별'), description: notCounted, queries: perKind((k, scope) => rateByEndpointExpr(k, scope), k => endpointLegend(k, true)), unit: 'reqps', min: 0, w: 12, h: 8,
          }),
          ...(inProgress.length === 0 ? [] : [timeSeriesPanel({
            title: say('Requests in progress', '처리 중인 요청'),
            description: say(
              'Requests being worked on at the moment of the scrape, the scrape itself included where the library counts it. prometheus-fastapi-instrumentator shows it only with should_instrument_requests_inprogress=True.',
              '수집하는 순간 처리 중인 요청 수입니다. 라이브러리에 따라 수집 요청 자신도 포함됩니다. prometheus-fastapi-instrumentator는 should_instrument_requests_inprogress=True일 때만 내보냅니다.'),
            queries: inProgress, unit: 'short', min: 0, w: hasHost ? 8 : 24, h: 7,
            noValue: say('No service reports requests in progress.', '처리 중인 요청을 알려 주는 서비스가 없습니다.'),
          })]),
          ...(hasHost ? [
            timeSeriesPanel({ title: say('CPU busy', 'CPU 사용률'), queries: [{ expr: host.cpu, legend: '{{instance}}' }], unit: 'percentunit', min: 0, w: inProgress.length === 0 ? 12 : 8, h: 7 }),
            timeSeriesPanel({ title: say('Memory available', '사용 가능한 메모리'), queries: [{ expr: host.memoryAvailable, legend: '{{instance}}' }], unit: 'bytes', min: 0, w: inProgress.length === 0 ? 12 : 8, h: 7 }),
          ] : []),
        ],
      })
    },
  }
}

/**
 * The boards that there are without anybody making one: all services, this computer, how long it will last.
 *
 * @param services  the kinds that were recognised; empty: the usual ones are asked for
 * @param jobs      recognised services; each gets a board of its own
 * @param hasHost   whether a computer is watched: boards about none would be empty
 */
export function builtinBoards(services: readonly ServiceKind[], jobs: readonly BoardJob[] = [], hasHost = true): BuiltinBoard[] {
  return [overviewBoard(services, jobs, hasHost), ...(hasHost ? [hostBoard(), capacityBoard(distinctKinds(services))] : []), ...jobs.map(j => serviceBoard(j.kind, j.job, j.library, j.parts, j.hasInProgress))]
}
