import { quotePromql, selectorText } from '../promql-text.ts'
import { errorRatioByEndpointExpr, errorRatioExpr, inProgressExpr, latencyByEndpointExpr, latencyExpr, meanLatencyExpr, rateByEndpointExpr, rateByStatusExpr, rateExpr } from '../service-kinds.ts'
import { SERVICE_PARTS, START_METRIC, databaseAdvice } from '../service-parts.ts'
import { DATA_SOURCE, boardJson, rowPanel, statPanel, timeSeriesPanel } from './board-json.ts'
import { distinctQueries, endpointLegend, query, speaker } from './board-words.ts'
import type { JsonObject } from '../model.ts'
import type { ServiceKind } from '../service-kinds.ts'
import type { ServicePart } from '../service-parts.ts'
import type { BoardTitle, BuiltinBoard, Say } from './board-words.ts'

/** What nearly every client library tells. */
const USUAL_PARTS: readonly string[] = ['process-memory', 'process-cpu']

/** The uid of a service's board; names are cut and cleaned to what Grafana allows. */
export function serviceBoardUid(job: string): string {
  const clean = job.replace(/[^A-Za-z0-9_-]/g, '-')
  let hash = 0
  for (let i = 0; i < job.length; i++) hash = Math.imul(hash, 31) + job.charCodeAt(i) | 0
  // Two jobs whose names look alike after cleaning stay apart.
  return clean === job && job.length <= 25 ? `haechi-service-${job}` : `haechi-service-${clean.slice(0, 16)}-${(hash >>> 0).toString(36)}`
}

function part(id: string): ServicePart {
  return SERVICE_PARTS.find(p => p.id === id)!
}

function partPanel(p: ServicePart, kind: ServiceKind, job: string, say: Say, w: number): JsonObject {
  return timeSeriesPanel({
    title: say(p.title.en, p.title.ko), description: p.description === undefined ? '' : say(p.description.en, p.description.ko), unit: p.unit, min: 0, w, h: 7,
    queries: p.queries(kind, job).map(q => ({ expr: q.expr, legend: say(q.legend.en, q.legend.ko) })),
    ...(p.about === 'memory' || p.about === 'cpu' ? { noValue: say('This service does not tell about its process.', '이 서비스는 프로세스에 대한 값을 내보내지 않습니다.') } : {}),
  })
}

/** What the service tells of its database; where it tells nothing and something can be done about it, that. */
function databasePanels(kind: ServiceKind, job: string, shown: readonly ServicePart[], say: Say): JsonObject[] {
  const parts = shown.filter(p => p.about === 'database')
  const advice = databaseAdvice(kind)
  if (parts.length === 0 && advice === undefined) return []
  const [first] = SERVICE_PARTS.filter(p => p.about === 'database' && p.id.startsWith(kind.id))
  return [
    rowPanel(say('The database', '데이터베이스')),
    ...(parts.length > 0 || first === undefined ? parts.map(p => partPanel(p, kind, job, say, parts.length === 1 ? 24 : 12))
      : [timeSeriesPanel({ title: say(first.title.en, first.title.ko), queries: first.queries(kind, job).map(q => ({ expr: q.expr, legend: say(q.legend.en, q.legend.ko) })), unit: first.unit, min: 0, w: 24, h: 5, noValue: say(advice!.en, advice!.ko) })]),
  ]
}

/** Marks where a process began. */
function startMarks(start: string, title: string, name: string): JsonObject {
  return { name, datasource: DATA_SOURCE, enable: true, hide: true, iconColor: 'blue', expr: `${start} * 1000`, useValueForTime: 'on', step: '60s', titleFormat: title, textFormat: '', tagKeys: '' }
}

/**
 * The board of one service, in the order in which one asks: is it failing or slow and since when, which endpoints, how much is asked of it, its database, its process.
 *
 * @param library  what people call its library
 * @param parts          ids of {@link SERVICE_PARTS} that it exposes
 * @param hasInProgress  it counts requests under way, where its library can
 */
export function serviceBoard(kind: ServiceKind, job: string, library: string = kind.library, parts: readonly string[] = USUAL_PARTS, hasInProgress = true): BuiltinBoard {
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
      const inProgress = hasInProgress ? inProgressExpr(kind, scope) : undefined
      const endpoint = endpointLegend(kind, false)
      const statusLegend = `${kind.requests.method === undefined ? '' : `{{${kind.requests.method}}} `}{{${kind.requests.status}}}`
      const notCounted = say('Requests of the monitoring itself are not counted.', '모니터링 자신의 요청은 세지 않습니다.')
      const shown = SERVICE_PARTS.filter(p => parts.includes(p.id))
      const runtime = shown.filter(p => p.about === 'runtime')
      const start = selectorText(START_METRIC, jobMatcher)
      return boardJson({
        sourceLabel: say('Data source', '데이터 소스'),
        uid, title: language === 'ko' ? title.ko : title.en, tags: ['haechi', 'service'], description: say(`Is ${job} all right?`, `${job} 서비스가 괜찮은가요?`),
        annotations: [startMarks(start, say('{{instance}} started', '{{instance}} 시작'), say('Starts', '시작한 때'))],
        panels: [
          statPanel({ title: say('Requests per second', '초당 요청'), description: notCounted, queries: [{ expr: rateExpr(kind, scope), legend: job }], unit: 'reqps', w: 5, h: 4 }),
          statPanel({ title: say('Requests that fail', '실패하는 요청'), queries: [{ expr: errorRatioExpr(kind, scope), legend: job }], unit: 'percentunit', w: 5, h: 4, thresholds: [[0.01, 'orange'], [0.05, 'red']] }),
          ...(p95 === undefined ? [] : [statPanel({ title: 'p95', description: say('95 of 100 requests are faster than this.', '요청 100개 중 95개는 이보다 빠릅니다.'), queries: [{ expr: p95, legend: job }], unit: 's', w: 5, h: 4, noValue: say('no requests', '요청 없음') })]),
          statPanel({ title: say('Instances up', '실행 중인 인스턴스'), queries: [{ expr: `sum(${selectorText('up', jobMatcher)})`, legend: job }], unit: 'none', decimals: 0, w: 4, h: 4 }),
          statPanel({
            title: say('Since the last start', '마지막 시작 이후'), description: say('Charts mark each start with a thin line.', '그래프에는 시작할 때마다 가는 선이 표시됩니다.'),
            queries: [{ expr: `time() - max(${start})`, legend: job }], unit: 's', w: 5, h: 4, noValue: say('not told', '알 수 없음'),
          }),
          timeSeriesPanel({ title: say('How many requests fail?', '얼마나 실패하나요?'), description: say('Share of requests answered with 5xx.', '5xx로 응답한 요청의 비율입니다.'), queries: [{ expr: errorRatioExpr(kind, scope), legend: job }], unit: 'percentunit', min: 0, w: 12, h: 8, thresholds: [[0.05, 'red']] }),
          ...(p95 === undefined ? [] : [timeSeriesPanel({
            title: say('Is it slow?', '느린가요?'),
            description: say('Half, 95 and 99 of 100 requests are faster than these lines. Without requests there is a gap.', '요청의 절반, 100개 중 95개와 99개가 각 선보다 빠릅니다. 요청이 없으면 비어 있습니다.'),
            queries: distinctQueries([query(latencyExpr(kind, 0.5, scope), 'p50'), query(p95, 'p95'), query(latencyExpr(kind, 0.99, scope), 'p99'), query(meanLatencyExpr(kind, scope), say('mean', '평균'))]), unit: 's', min: 0, w: 12, h: 8,
          })]),
          ...(errorsByEndpoint === undefined ? [] : [timeSeriesPanel({ title: say('Which endpoints fail?', '어느 엔드포인트가 실패하나요?'), queries: [{ expr: errorsByEndpoint, legend: endpoint }], unit: 'percentunit', min: 0, w: 12, h: 8 })]),
          ...(latencyByEndpoint === undefined ? [] : [timeSeriesPanel({
            title: say('Which endpoints are slow? (p95)', '어느 엔드포인트가 느린가요? (p95)'),
            description: kind.endpointLatency === undefined ? '' : say(
              'This histogram has few buckets: values between two bounds are estimated, and nothing above the highest can be seen. Add bounds in the application for exact values.',
              '이 히스토그램은 구간이 적습니다. 두 경계 사이의 값은 추정치이며 가장 높은 경계보다 큰 값은 볼 수 없습니다. 정확한 값이 필요하면 애플리케이션에서 구간을 추가하세요.'),
            queries: [{ expr: latencyByEndpoint, legend: endpoint }], unit: 's', min: 0, w: 12, h: 8,
          })]),
          timeSeriesPanel({ title: say('Requests per second, by endpoint', '초당 요청, 엔드포인트별'), description: notCounted, queries: distinctQueries([query(byEndpoint ?? rateExpr(kind, scope), byEndpoint === undefined ? job : endpoint)]), unit: 'reqps', min: 0, w: 12, h: 9, legendTable: true }),
          timeSeriesPanel({ title: say('Requests per second, by method and status', '초당 요청, 메서드와 상태별'), queries: [{ expr: rateByStatusExpr(kind, scope), legend: statusLegend }], unit: 'reqps', min: 0, w: 12, h: 9, legendTable: true }),
          ...(inProgress === undefined ? [] : [timeSeriesPanel({ title: say('Requests in progress', '처리 중인 요청'), queries: [{ expr: inProgress, legend: job }], unit: 'short', min: 0, w: 24, h: 6, noValue: say('This service does not report requests in progress.', '이 서비스는 처리 중인 요청을 알려 주지 않습니다.') })]),
          ...databasePanels(kind, job, shown, say),
          rowPanel(say('The process', '프로세스')),
          partPanel(shown.find(p => p.about === 'memory') ?? part('process-memory'), kind, job, say, 8),
          partPanel(shown.find(p => p.about === 'cpu') ?? part('process-cpu'), kind, job, say, 8),
          timeSeriesPanel({ title: say('Is it up?', '실행 중인가요?'), description: say('1: the last scrape worked, 0: it did not.', '1: 마지막 수집 성공, 0: 실패'), queries: [{ expr: selectorText('up', jobMatcher), legend: '{{instance}}' }], unit: 'none', min: 0, max: 1, decimals: 0, w: 8, h: 7 }),
          ...runtime.map(p => partPanel(p, kind, job, say, runtime.length === 1 ? 24 : 12)),
        ],
      })
    },
  }
}
