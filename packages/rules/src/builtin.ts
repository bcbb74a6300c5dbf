import { formatDuration, labelsFromObject } from '@haechi/model'
import type { Threshold } from '@haechi/model'
import { numberText } from './threshold.ts'
import type { AlertingRule, RuleGroup } from './views.ts'

/**
 * How one library names what the built-in rules ask. Structurally a part of `ServiceKind` of `@haechi/dashboards`, whose table is the only place
 * where such names stand; the caller decides which kinds exist.
 *
 * | library | requests, failed ones | durations |
 * | --- | --- | --- |
 * | prometheus-fastapi-instrumentator, our own middleware | `http_requests_total{status=~"5.."}` (`5xx` or `500`) | `http_request_duration_highr_seconds_bucket`: 21 buckets up to 60 s, no labels |
 * | django-prometheus | `django_http_responses_total_by_status_view_method_total{status=~"5.."}` | `django_http_requests_latency_seconds_by_view_method_bucket` |
 */
export interface RuleServiceKind {
  readonly id: string
  readonly requests: { readonly metric: string; readonly when: readonly string[]; readonly status: string }
  readonly latency?: {
    /** Without `_bucket`. */
    readonly metric: string
    readonly when: readonly string[]
    readonly toSeconds: number
    readonly hasEndpoint: boolean
    /** The highest finite bucket, in seconds, where it is known: a rule whose limit is not below it could never fire and leaves the histogram out. */
    readonly highestSeconds?: number
  }
  /** Requests that are the monitoring itself. */
  readonly exclude: readonly { readonly label: string; readonly values: readonly string[] }[]
}

/** The built-in rules' identities. */
export type BuiltinRuleUid = 'builtin-5xx' | 'builtin-p95' | 'builtin-down'

/** What may be changed about a built-in rule without writing PromQL. */
export interface BuiltinRuleSettings {
  readonly threshold?: number
  readonly forMs?: number
}

/** Where the built-in rules stand among the groups. */
export const BUILTIN_FILE = 'haechi:builtin'

function selector(metric: string, matchers: readonly string[]): string {
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(',')}}`
}

function escapedRegexp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function excluded(kind: RuleServiceKind): string[] {
  return kind.exclude.map(e => (e.values.length === 1 ? `${e.label}!=${JSON.stringify(e.values[0])}` : `${e.label}!~${JSON.stringify(e.values.map(escapedRegexp).join('|'))}`))
}

function requests(kind: RuleServiceKind, range: string, extra: readonly string[] = []): string {
  return `sum by (job) (rate(${selector(kind.requests.metric, [...kind.requests.when, ...excluded(kind), ...extra])}[${range}]))`
}

/** One kind per distinct selector: two kinds with the same series would only repeat each other. */
function distinct(kinds: readonly RuleServiceKind[], key: (k: RuleServiceKind) => string): RuleServiceKind[] {
  const seen = new Set<string>()
  return kinds.filter(k => {
    const text = key(k)
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
}

/**
 * Share of requests that end in a server error, 0..1, one series per service (label `job`). A service that never failed reads 0, one without traffic
 * has no series: nothing is NaN, and no service hides another. Without kinds: `vector(0)`.
 *
 * @param range  of `rate`, longer than the rule's `for`: a burst must stay visible until the rule may fire
 */
export function errorRateExpr(kinds: readonly RuleServiceKind[], range: string): string {
  const terms = distinct(kinds, k => selector(k.requests.metric, [...k.requests.when, k.requests.status])).map(k => {
    const all = requests(k, range)
    const failed = requests(k, range, [`${k.requests.status}=~"5.."`])
    // The counter of failures appears with the first failure; until then the rate of all requests, times zero, stands in.
    return `(${failed} or 0 * ${all}) / (${all} > 0)`
  })
  return terms.length === 0 ? 'vector(0)' : terms.join('\nor\n')
}

/**
 * 95th percentile of request durations in seconds, one series per service (label `job`), from each library's finest histogram; only while users ask,
 * where the histogram can't tell scrapes from users. Histograms that end at or below `limitSeconds` are left out. Without any: `vector(0)`.
 */
export function p95Expr(kinds: readonly RuleServiceKind[], range: string, limitSeconds: number): string {
  const able = kinds.filter(k => k.latency !== undefined && !(k.latency.highestSeconds !== undefined && k.latency.highestSeconds <= limitSeconds))
  const terms = distinct(able, k => selector(k.latency!.metric, k.latency!.when)).map(k => {
    const latency = k.latency!
    const matchers = [...latency.when, ...(latency.hasEndpoint ? excluded(k) : [])]
    const quantile = `histogram_quantile(0.95, sum by (job, le) (rate(${selector(`${latency.metric}_bucket`, matchers)}[${range}])))`
    const seconds = latency.toSeconds === 1 ? quantile : `${latency.toSeconds} * ${quantile}`
    return latency.hasEndpoint ? seconds : `(${seconds} and on (job) ${requests(k, range)} > 0)`
  })
  return terms.length === 0 ? 'vector(0)' : terms.join('\nor\n')
}

/** 0 for each target that can't be scraped. */
export function downExpr(): string {
  return 'up == 0'
}

/** How far `rate` looks back in a rule: two minutes more than `for`, at least five, so that one burst can still fire it. */
function windowText(forMs: number): string {
  return formatDuration(Math.max(300_000, Math.ceil((forMs + 120_000) / 60_000) * 60_000))
}

interface Definition {
  readonly uid: BuiltinRuleUid
  readonly name: string
  readonly threshold: Threshold
  readonly forMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly expr: (kinds: readonly RuleServiceKind[], threshold: number, forMs: number) => string
  readonly annotations: (threshold: number) => Readonly<Record<string, string>>
}

const percent = (ratio: number): string => `${Number((ratio * 100).toPrecision(4))}%`

const DEFINITIONS: readonly Definition[] = [
  {
    uid: 'builtin-5xx', name: 'High 5xx Error Rate', threshold: { op: '>', value: 0.01, unit: 'ratio' }, forMs: 300_000, labels: { severity: 'warning' },
    expr: (kinds, threshold, forMs) => `(\n${errorRateExpr(kinds, windowText(forMs))}\n) > ${numberText(threshold)}`,
    annotations: threshold => ({
      summary: `{{ $labels.job }}: {{ $value | humanizePercentage }} of requests are failing (limit ${percent(threshold)})`,
      summary_ko: `{{ $labels.job }}: 요청의 {{ $value | humanizePercentage }}가 실패하고 있습니다 (기준 ${percent(threshold)})`,
      description: 'Check: 1) recent deploys or a jump in traffic 2) error logs (stack traces, database, outside APIs) 3) whether one endpoint causes most of it',
      description_ko: '확인: 1) 최근 배포나 트래픽 급증 여부 2) 에러 로그(스택, DB, 외부 API) 3) 특정 엔드포인트에 치우치는지',
    }),
  },
  {
    uid: 'builtin-p95', name: 'p95 latency > 1.5 s', threshold: { op: '>', value: 1.5, unit: 's' }, forMs: 300_000, labels: { severity: 'warning' },
    expr: (kinds, threshold, forMs) => `(\n${p95Expr(kinds, windowText(forMs), threshold)}\n) > ${numberText(threshold)}`,
    annotations: threshold => ({
      summary: `{{ $labels.job }}: the slowest 5% of requests take {{ $value | humanizeDuration }} or longer (limit ${numberText(threshold)}s)`,
      summary_ko: `{{ $labels.job }}: 느린 요청 5%가 {{ $value | humanizeDuration }} 이상 걸립니다 (기준 ${numberText(threshold)}s)`,
      description: 'Check: 1) which endpoint is slow 2) database and outside APIs 3) whether CPU or memory rose at the same time',
      description_ko: '확인: 1) 어느 엔드포인트가 느린지 2) DB와 외부 API 지연 3) CPU나 메모리가 함께 올랐는지',
    }),
  },
  {
    uid: 'builtin-down', name: 'Service down', threshold: { op: '==', value: 0, unit: '' }, forMs: 60_000, labels: { severity: 'critical' },
    expr: () => downExpr(),
    annotations: () => ({
      summary: '{{ $labels.job }}: {{ $labels.instance }} does not answer',
      summary_ko: '{{ $labels.job }}: {{ $labels.instance }}에서 응답이 없습니다',
      description: 'Its metrics could not be read for a minute. Check: 1) whether the process runs 2) its port and address 3) its last log lines',
      description_ko: '1분 동안 메트릭을 읽지 못했습니다. 확인: 1) 프로세스가 실행 중인지 2) 포트와 주소 3) 마지막 로그',
    }),
  },
]

/** Identities of the built-in rules, in their order. */
export const BUILTIN_RULE_UIDS: readonly BuiltinRuleUid[] = DEFINITIONS.map(d => d.uid)

/**
 * One built-in rule with its expression for the given kinds.
 * @param settings  a changed limit or `for`; expression and texts follow
 */
export function builtinRule(uid: BuiltinRuleUid, kinds: readonly RuleServiceKind[], settings: BuiltinRuleSettings = {}): AlertingRule {
  const d = DEFINITIONS.find(x => x.uid === uid)!
  const value = uid === 'builtin-down' ? d.threshold.value : (settings.threshold ?? d.threshold.value)
  const forMs = settings.forMs ?? d.forMs
  return {
    kind: 'alerting', uid, name: d.name, expr: d.expr(kinds, value, forMs), forMs, keepFiringForMs: 0,
    labels: labelsFromObject(d.labels), annotations: labelsFromObject(d.annotations(value)), threshold: { ...d.threshold, value },
  }
}

/** Settings of the group of built-in rules. */
export interface BuiltinRulesOptions {
  /** Kinds of services that exist here. */
  readonly kinds: readonly RuleServiceKind[]
  /** Default 15 s. */
  readonly intervalMs?: number
}

/** The three built-in rules as a group, as they are before anybody edits them. */
export function builtinRules(options: BuiltinRulesOptions): RuleGroup {
  return {
    name: 'Haechi', file: BUILTIN_FILE, source: 'builtin', intervalMs: options.intervalMs ?? 15_000, limit: 0, queryOffsetMs: 0,
    rules: BUILTIN_RULE_UIDS.map(uid => builtinRule(uid, options.kinds)),
  }
}
