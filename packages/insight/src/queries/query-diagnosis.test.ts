import { labelsFromObject } from '@haechi/model'
import { parseExpr } from '@haechi/promql'
import { describe, expect, test } from 'vitest'
import { builtinRules } from '@haechi/rules'
import { SERVICE_KINDS, builtinBoards } from '@haechi/dashboards'
import { text } from '../diagnosis.ts'
import { boardQueries, grafanaQueries, panelExpr } from './asked-queries.ts'
import type { AskedQuery } from './asked-queries.ts'
import { SeriesSnapshot } from './known-series.ts'
import { labelsShown } from './label-use.ts'
import { QUERY_CODES, diagnoseQuery } from './query-diagnosis.ts'

const series = (...sets: readonly Record<string, string>[]): SeriesSnapshot => new SeriesSnapshot(new Set(sets.map(s => s['job'] ?? '').filter(j => j !== '')), sets.map(labelsFromObject))
const LES = ['0.1', '0.5', '1.0', '+Inf']
const SEEN = series(
  { __name__: 'up', job: 'orders', instance: 'a' }, { __name__: 'up', job: 'shop', instance: 'b' },
  { __name__: 'http_requests_total', job: 'orders', instance: 'a', status: '2xx', handler: '/' },
  { __name__: 'django_http_responses_total_by_status_view_method_total', job: 'shop', instance: 'b', status: '200', view: 'v', method: 'GET' },
  ...LES.map(le => ({ __name__: 'http_request_duration_seconds_bucket', job: 'orders', instance: 'a', handler: '/', le })),
  { __name__: 'http_request_duration_highr_seconds_bucket', job: 'orders', instance: 'a', le: '60.0' },
)
const WORLD = { series: SEEN, jobs: new Set(['orders', 'shop']) }

function asked(expr: string, annotations?: Readonly<Record<string, string>>): AskedQuery {
  const parsed = panelExpr(expr) ?? parseExpr(expr)
  return {
    place: { kind: 'rule', name: 'A', group: 'g', file: 'rules.yml' }, called: text('the rule "A"', '규칙 "A"'), expr: parsed,
    ...(annotations === undefined ? {} : { alert: { texts: Object.entries(annotations), builtIn: false, extra: [] } }),
  }
}
const codes = (expr: string, annotations?: Readonly<Record<string, string>>): string[] => diagnoseQuery(asked(expr, annotations), WORLD).map(d => d.code)
const only = (expr: string, annotations?: Readonly<Record<string, string>>): ReturnType<typeof diagnoseQuery>[number] => {
  const found = diagnoseQuery(asked(expr, annotations), WORLD)
  expect(found.map(d => d.code), expr).toHaveLength(1)
  return found[0]!
}

describe('Q1 a job that no target has', () => {
  test('[Q1] is told with the jobs that there are and the nearest of them', () => {
    const d = only('sum(rate(http_requests_total{job="order"}[5m]))')
    expect(d).toMatchObject({ code: 'query-unknown-job', health: 'warning', place: { kind: 'rule', name: 'A' }, subject: 'rule "A"' })
    expect(d.what.en).toBe('The query of the rule "A" asks for job="order", and no target has such a job.')
    expect(d.next!.en).toContain('Write job="orders" in its place')
    expect(d.cause!.ko).toBe('지금 있는 job: orders, shop.')
  })
  test.each([
    'up{job="orders"}', 'up{job=~"orders|other"}', 'up{job=~".*"}', 'up{job!="nobody"}', 'absent(up{job="nobody"})', 'sum(up{job="$job"})', 'up{job=""}', 'up',
  ])('[Q1] nothing to say: %s', expr => expect(codes(expr)).toEqual([]))
  test('[Q1] a pattern that no job satisfies; one job is told once', () => {
    expect(codes('up{job=~"django|flask"}')).toEqual(['query-unknown-job'])
    expect(codes('up{job="nobody"} or rate(http_requests_total{job="nobody"}[5m])')).toEqual(['query-unknown-job'])
  })
  test('[Q1] where nothing is watched yet nothing is missing', () => {
    expect(diagnoseQuery(asked('up{job="x"}'), { series: series(), jobs: new Set() })).toEqual([])
  })
})

describe('Q2 two sides that never match', () => {
  test.each([
    ['sum by (job) (rate(http_requests_total[5m])) + sum(rate(django_http_responses_total_by_status_view_method_total[5m]))', 'job'],
    ['up > 0 and hour() > 9', 'instance'],
    ['sum by (job) (http_requests_total) + vector(1)', 'job'],
    ['http_requests_total / on (view) django_http_responses_total_by_status_view_method_total', 'view'],
    ['sum by (handler) (http_requests_total) / sum by (view) (django_http_responses_total_by_status_view_method_total)', 'handler'],
  ])('[Q2] %s: only one side has %s', (expr, label) => {
    const d = only(expr)
    expect([d.code, d.cause!.en.includes(`has the label ${label}`)]).toEqual(['query-no-match', true])
  })
  test('[Q2] another value on each side', () => {
    expect(only('up{job="orders"} / up{job="shop"}').cause!.en).toBe('On the left job is "orders", on the right "shop".')
  })
  test.each([
    'sum(rate(http_requests_total[5m])) + sum(rate(django_http_responses_total_by_status_view_method_total[5m]))', 'up and on () hour() > 9', 'up * 2', 'up / ignoring (handler, status) group_right http_requests_total',
    'sum by (job) (up) + sum by (job) (unknown_metric)', 'unknown_a + unknown_b', 'up or vector(0)', 'up unless on () vector(1)', 'up{job="$a"} / up{job="$b"}', 'up{job="orders"} / ignoring (job, instance) up{job="shop"}',
    'sum by (job) (up) * on (job) group_left (handler) http_requests_total',
    'label_replace(up{job="orders"}, "job", "x", "", "") + up{job="shop"}',
  ])('[Q2] nothing to say: %s', expr => expect(codes(expr)).toEqual([]))
})

describe('Q3 a limit out of reach', () => {
  test.each([
    ['histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1.5', /ends at its bucket le="1"/, /Ask http_request_duration_highr_seconds_bucket in its place/],
    ['1000 * histogram_quantile(0.95, sum by (le, job) (rate(http_request_duration_seconds_bucket[5m]))) >= 1500', /le="1"/, /./],
    ['sum(rate(http_requests_total{status="5xx"}[5m])) / sum(rate(http_requests_total[5m])) > 5 and up', /between 0 and 1/, /For 5 % write 0\.05/],
    ['(sum(rate(http_requests_total{status=~"5.."}[5m])) or vector(0)) / (sum(rate(http_requests_total[5m])) > 0) > 1', /between 0 and 1/, /limit between 0 and 1/],
    ['count(up{job="orders"} == 1) < 1', /of nothing is nothing/, /absent/],
    ['count(up) == 0', /of nothing is nothing/, /absent/],
    ['up > 1', /up is never above 1/, /./],
    ['rate(http_requests_total[5m]) < 0', /rate is never below 0/, /./],
    ['avg_over_time(up[5m]) < 0', /up is never below 0/, /./],
    ['5 < up', /never/, /./],
    ['day_of_week() == 7', /day_of_week is never above 6/, /./],
  ])('[Q3] %s', (expr, cause, next) => {
    const d = diagnoseQuery(asked(expr, { summary: 'x' }), WORLD).find(x => x.code === 'rule-never-fires')
    expect(d, expr).toBeDefined()
    expect(d!.cause!.en).toMatch(cause)
    expect(d!.next!.en).toMatch(next)
  })
  test.each([
    'up == 0', 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.9', 'histogram_quantile(0.95, sum by (le) (rate(unknown_bucket[5m]))) > 100',
    'count(up == 1) or vector(0) < 1', '(count(up) or vector(0)) == 0', 'sum(up) > 10', 'unknown > 1e9', 'up > 1 or up < 1', 'rate(http_requests_total[5m]) > 0', 'absent(up) == 1', 'up != 5', '(up > bool 1) == 0',
    'sum(increase(http_requests_total[1h])) - 5 < 0', 'avg(up) * 100 < 95', '1 - avg(up) > 0.5', 'http_requests_total / 0 > 5', 'deriv(http_requests_total[5m]) < 0', 'time() - up > 60', 'day_of_week() == 0', '-up < 0',
  ])('[Q3] may fire: %s', expr => expect(codes(expr, { summary: 'x' }).filter(c => c !== 'rule-little-traffic')).toEqual([]))
  test('[Q3] a panel may show what never is', () => expect(codes('up > 1')).toEqual([]))
})

describe('Q4 a label that the query drops', () => {
  test('[Q4] is told with where it goes and how to keep it', () => {
    const d = only('sum by (handler) (rate(http_requests_total[5m])) > 5', { description: 'Job: {{ $labels.job }} at {{ $labels.handler }}' })
    expect(d.code).toBe('rule-label-dropped')
    expect(d.what.en).toBe('The rule "A" shows {{ $labels.job }} in description, but its result has no label job: the text stays empty there.')
    expect(d.cause!.en).toContain('takes it away. Labels of the result: handler.')
    expect(d.next!.en).toContain('sum by (handler, job)')
  })
  test.each([
    ['sum(up) > 0', '{{ .Labels.job }}', ['rule-label-dropped']],
    ['sum without (job) (up) > 0', '{{ $labels.job | title }} {{ $labels.instance }}', ['rule-label-dropped']],
    ['up == 0', '{{ $labels.handler }}', ['rule-label-dropped']],
    ['up == 0', '{{ $labels.job }} {{ index $labels "instance" }}', []],
    ['unknown == 0', '{{ $labels.anything }}', []],
    ['sum(up) > 0', '{{ if $labels.job }}{{ $labels.job }}{{ end }}', []],
    ['sum(up) > 0', '{{ range query "up" }}{{ .Labels.job }}{{ end }}', []],
    ['sum(up) > 0', '$labels.job is no template', []],
    ['label_replace(sum(up), "job", "x", "", "") > 0', '{{ $labels.job }}', []],
    ['sum(up) > 0 and on () (up > 0)', '{{ $labels.job }}', ['rule-label-dropped']],
    ['count_values("value", up) > 0', '{{ $labels.value }}', []],
  ] as const)('[Q4] %s with %s: %j', (expr, template, want) => expect(codes(expr, { summary: template })).toEqual(want))
  test('[Q4] which labels a text shows', () => expect(labelsShown('{{- $labels.a -}} {{ printf "%s" $labels.b }}{{ with $labels.c }}{{ . }}{{ end }}{{ index $labels "d" }}')).toEqual(['a', 'b', 'd']))
})

describe('Q5 statuses in groups', () => {
  test.each([
    ['http_requests_total{status="500"}', 'status="5xx"'],
    ['http_requests_total{status=~"50[0-9]"}', 'status="5xx"'],
    ['django_http_responses_total_by_status_view_method_total{status="5xx"}', 'status=~"5.."'],
  ])('[Q5] %s: %s', (expr, better) => expect(only(expr)).toMatchObject({ code: 'query-grouped-status', next: { en: `Write ${better} in its place.` } }))
  test.each(['http_requests_total{status=~"5.."}', 'http_requests_total{status="5xx"}', 'http_requests_total{status!="500"}', 'django_http_responses_total_by_status_view_method_total{status="500"}', 'unknown{status="500"}'])('[Q5] nothing to say: %s', expr => {
    expect(codes(expr)).toEqual([])
  })
})

describe('Q6 a ratio without least traffic', () => {
  const RATIO = 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))'
  test('[Q6] is a remark, not a warning', () => expect(only(`${RATIO} > 0.01`, { summary: 'x' })).toMatchObject({ code: 'rule-little-traffic', health: 'ok' }))
  test.each([`${RATIO} > 0.01 and sum(rate(http_requests_total[5m])) > 0.1`, RATIO.replace('/ sum(rate(http_requests_total[5m]))', '/ (sum(rate(http_requests_total[5m])) > 0.1) > 0.01'), 'unknown / 2 > 5', `${RATIO} < 0.5`])('[Q6] nothing to say: %s', expr => {
    expect(codes(expr, { summary: 'x' })).toEqual([])
  })
})

describe('Q7 no false alarm', () => {
  test('[Q7] the built-in rules and boards of every library', () => {
    const found: string[] = []
    for (const rule of builtinRules({ kinds: SERVICE_KINDS }).rules) {
      const q = asked(rule.expr)
      found.push(...diagnoseQuery({ ...q, alert: { texts: rule.kind === 'alerting' ? [['summary', rule.annotations.join(' ')]] : [], builtIn: true, extra: [] } }, { series: series(), jobs: new Set(['orders']) }).map(d => `${rule.name}: ${d.what.en} ${d.cause?.en}`))
    }
    for (const kind of SERVICE_KINDS) for (const board of builtinBoards([kind], [{ job: 'orders', kind, library: kind.library }])) found.push(...boardQueries(board.uid, board.json('en')).flatMap(q => diagnoseQuery(q, WORLD)).map(d => d.what.en))
    expect([...new Set(found)]).toEqual([])
  })
})

describe('Q8 Grafana-managed rules', () => {
  const query = (refId: string, model: Readonly<Record<string, unknown>>, datasourceUid = 'p') => ({ refId, queryType: '', relativeTimeRange: { from: 600, to: 0 }, datasourceUid, model })
  const rule = (data: readonly ReturnType<typeof query>[], condition: string) => ({
    uid: 'u', title: 'p95 > 1.5 s', folderUid: 'f', group: 'g', condition, data, forMs: 0, keepFiringForMs: 0, missingSeriesEvalsToResolve: undefined, noDataState: 'NoData' as const, execErrState: 'Error' as const,
    labels: {}, annotations: { description: 'Job: {{ $labels.job }} {{ $labels.alertname }}' }, isPaused: false, notificationSettings: undefined, record: undefined,
  })
  const P95 = query('A', { expr: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))' })
  test('[Q8] query, reduction and threshold are judged together', () => {
    const asks = grafanaQueries(rule([P95, query('B', { type: 'reduce', reducer: 'last', expression: 'A' }, '__expr__'), query('C', { type: 'threshold', expression: 'B', conditions: [{ evaluator: { type: 'gt', params: [1.5] } }] }, '__expr__')], 'C'))
    expect(asks.flatMap(q => diagnoseQuery(q, WORLD)).map(d => d.code)).toEqual(['rule-never-fires', 'rule-label-dropped'])
  })
  test('[Q8] of what is put together otherwise each query alone', () => {
    const asks = grafanaQueries(rule([P95, query('B', { expr: 'up{job="nobody"}' }), query('C', { type: 'math', expression: '$A > $B' }, '__expr__')], 'C'))
    expect(asks.flatMap(q => diagnoseQuery(q, WORLD)).map(d => d.code)).toEqual(['query-unknown-job'])
  })
})

describe('N1 both languages', () => {
  test('[N1] every code says what, why and what next, in English and Korean', () => {
    const all = [
      asked('up{job="x"} + on (a) http_requests_total{status="500"}'), asked('sum(rate(http_requests_total{status="5xx"}[5m])) / sum(rate(http_requests_total[5m])) > 0.01', { s: '{{ $labels.a }}' }), asked('up > 2', { s: '' }),
      asked('up + vector(1)'),
    ].flatMap(q => diagnoseQuery(q, WORLD))
    expect([...new Set(all.map(d => d.code))].sort()).toEqual([...QUERY_CODES].sort())
    for (const d of all) for (const t of [d.what, d.cause!, d.next!]) expect([t.en.length > 10, /[가-힣]/.test(t.ko)], d.code).toEqual([true, true])
  })
})
