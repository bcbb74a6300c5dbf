import { matchesValue, nearest } from '@haechi/model'
import { isComparison } from '@haechi/promql'
import type { AggregateExpr, BinaryExpr, Expr } from '@haechi/promql'
import { text } from '../diagnosis.ts'
import type { Diagnosis, LocalText } from '../diagnosis.ts'
import type { AskedQuery } from './asked-queries.ts'
import { VARIABLE_MARK, examineExpr, isPartOf, selectorsIn, shortExpr, unwrapped } from './expr-facts.ts'
import type { ExprFacts, Impossible } from './expr-facts.ts'
import { finerHistogram, isStatusLabel } from './known-series.ts'
import type { SeriesSnapshot } from './known-series.ts'
import { mayHave } from './label-facts.ts'
import { droppedAt, labelsShown } from './label-use.ts'
import type { BoundCause } from './value-range.ts'

/** Every code that {@link diagnoseQuery} can give. */
export const QUERY_CODES: readonly string[] = ['query-unknown-job', 'query-no-match', 'query-grouped-status', 'rule-never-fires', 'rule-label-dropped', 'rule-little-traffic']

/** What is known of the world that queries are asked in. */
export interface QueryWorld {
  readonly series: SeriesSnapshot
  /** Jobs of the targets, whether they answer or not. */
  readonly jobs: ReadonlySet<string>
}

/** What is wrong with a query although it can be read: it asks for what isn't there, never has a result, never fires, or tells less than it seems to. Pure; microseconds. */
export function diagnoseQuery(q: AskedQuery, world: QueryWorld): Diagnosis[] {
  const { facts, impossible } = examineExpr(q.expr, world.series)
  const found: Diagnosis[] = [...unknownJobs(q, world), ...groupedStatus(q, world)]
  for (const i of impossible) if (i.reason === 'no-match') found.push(noMatch(q, i))
  if (q.alert !== undefined) {
    if (facts.never?.reason === 'never-holds') found.push(neverFires(q, world.series, facts.never))
    found.push(...droppedLabels(q, facts))
    const ratio = q.alert.builtIn || facts.never !== undefined ? undefined : unguardedRatio(q.expr)
    if (ratio !== undefined) found.push(littleTraffic(q, ratio))
  }
  return found
}

function diagnosis(q: AskedQuery, code: string, health: Diagnosis['health'], what: LocalText, cause: LocalText, next: LocalText): Diagnosis {
  return { code, health, what, cause, next, subject: q.called.en.replace(/^the /, ''), place: q.place }
}

function unknownJobs(q: AskedQuery, { series, jobs }: QueryWorld): Diagnosis[] {
  const known = new Set([...jobs, ...series.jobs])
  // Where nothing is watched yet, nothing is missing.
  if (known.size === 0) return []
  const missing = new Set<string>()
  for (const s of selectorsIn(withoutAbsent(q.expr))) {
    for (const m of s.matchers) {
      if (m.name !== 'job' || m.type === '!=' || m.type === '!~' || m.value.includes(VARIABLE_MARK) || matchesValue(m, '')) continue
      if (![...known].some(job => matchesValue(m, job))) missing.add(m.value)
    }
  }
  const list = [...known].sort().slice(0, 8).join(', ') + (known.size > 8 ? ' …' : '')
  return [...missing].map(job => {
    const near = nearest(job, known)
    return diagnosis(q, 'query-unknown-job', 'warning',
      text(`The query of ${q.called.en} asks for job="${job}", and no target has such a job.`, `${q.called.ko}의 식에 job="${job}" 조건이 있지만, 그런 job의 타깃이 없습니다.`),
      text(`Jobs that there are: ${list}.`, `지금 있는 job: ${list}.`),
      near === undefined
        ? text(`Write one of these in its place, or add the job ${job} to prometheus.yml.`, `이 가운데 하나로 바꾸거나 prometheus.yml에 job ${job}을(를) 추가해 주세요.`)
        : text(`Write job="${near}" in its place, or add the job ${job} to prometheus.yml.`, `job="${near}"(으)로 바꾸거나 prometheus.yml에 job ${job}을(를) 추가해 주세요.`))
  })
}

/** Without what `absent` is asked about: that it isn't there is the point. */
function withoutAbsent(e: Expr): Expr {
  const nothing: Expr = { kind: 'number', value: 0, span: e.span }
  switch (e.kind) {
    case 'call': return e.func === 'absent' || e.func === 'absent_over_time' ? nothing : { ...e, args: e.args.map(withoutAbsent) }
    case 'paren': case 'unary': case 'subquery': case 'aggregate': return { ...e, expr: withoutAbsent(e.expr) }
    case 'binary': return { ...e, left: withoutAbsent(e.left), right: withoutAbsent(e.right) }
    default: return e
  }
}

const CODES: readonly string[] = Array.from({ length: 500 }, (_, i) => String(100 + i))
const GROUPS: readonly string[] = ['1xx', '2xx', '3xx', '4xx', '5xx']

function groupedStatus(q: AskedQuery, { series }: QueryWorld): Diagnosis[] {
  const found = new Map<string, Diagnosis>()
  for (const s of selectorsIn(q.expr)) {
    for (const m of s.matchers) {
      if (!isStatusLabel(m.name) || m.type === '!=' || m.type === '!~' || m.value.includes(VARIABLE_MARK)) continue
      const values = [...series.statusValues(s, m.name)]
      if (values.length === 0 || values.some(v => matchesValue(m, v))) continue
      const isGrouped = values.every(v => /^[1-5]xx$/i.test(v))
      const code = CODES.find(c => matchesValue(m, c))
      const group = GROUPS.find(g => matchesValue(m, g))
      if (isGrouped ? code === undefined || group !== undefined : group === undefined || code !== undefined || !values.every(v => /^\d{3}$/.test(v))) continue
      const better = isGrouped ? `${m.name}="${code![0]}${values[0]!.slice(1)}"` : `${m.name}=~"${group![0]}.."`
      const written = `${m.name}${m.type}"${m.value}"`
      found.set(written, diagnosis(q, 'query-grouped-status', 'warning',
        isGrouped
          ? text(`The query of ${q.called.en} asks for ${written}, but this service counts statuses in groups.`, `${q.called.ko}의 식에 ${written} 조건이 있지만, 이 서비스는 상태 코드를 묶어서 셉니다.`)
          : text(`The query of ${q.called.en} asks for ${written}, but this service counts each status by itself.`, `${q.called.ko}의 식에 ${written} 조건이 있지만, 이 서비스는 상태 코드를 하나씩 셉니다.`),
        text(`Values that there are: ${values.sort().slice(0, 8).join(', ')}.`, `지금 있는 값: ${values.sort().slice(0, 8).join(', ')}.`),
        text(`Write ${better} in its place.`, `${better}(으)로 바꿔 주세요.`)))
    }
  }
  return [...found.values()]
}

function noMatch(q: AskedQuery, { at, mismatch: m }: Extract<Impossible, { reason: 'no-match' }>): Diagnosis {
  const [left, right] = [shortExpr(at.left, 60), shortExpr(at.right, 60)]
  const what = text(`The query of ${q.called.en} has two sides that never match at "${at.op}", so it has no result.`, `${q.called.ko}의 식에서 "${at.op}" 양쪽이 서로 짝을 이루지 못해 결과가 나오지 않습니다.`)
  if (m.kind === 'different') {
    return diagnosis(q, 'query-no-match', 'warning', what,
      text(`On the left ${m.label} is "${m.left}", on the right "${m.right}".`, `${m.label} 라벨이 왼쪽은 "${m.left}", 오른쪽은 "${m.right}"입니다.`),
      text(`Put both sides into sum(…), or write "${at.op} ignoring (${m.label})".`, `양쪽을 모두 sum(…)으로 묶거나 "${at.op} ignoring (${m.label})"라고 적어 주세요.`))
  }
  const [has, lacks] = m.missingOn === 'right' ? [left, right] : [right, left]
  return diagnosis(q, 'query-no-match', 'warning', what,
    text(`"${has}" has the label ${m.label}, "${lacks}" has not.`, `"${has}"에는 ${m.label} 라벨이 있고 "${lacks}"에는 없습니다.`),
    text(`Give both sides the same labels (the same "by (…)", or none), or say which count: "${at.op} on (…)".`, `양쪽의 라벨을 같게 해 주세요("by (…)"를 똑같이 적거나 둘 다 빼기). 또는 "${at.op} on (…)"으로 기준 라벨을 정해 주세요.`))
}

function neverFires(q: AskedQuery, series: SeriesSnapshot, { at, left, right }: Extract<Impossible, { reason: 'never-holds' }>): Diagnosis {
  const asksMore = at.op === '>' || at.op === '>=' || (at.op === '==' && left.high < right.low)
  const why = (asksMore ? left.highWhy ?? right.lowWhy : left.lowWhy ?? right.highWhy) ?? left.highWhy ?? left.lowWhy
  const bound = asksMore ? left.high : left.low
  const { cause, next } = reason(why, bound, at, series)
  return diagnosis(q, 'rule-never-fires', 'warning',
    text(`${capital(q.called.en)} can never fire: its value is never ${at.op} ${shortExpr(at.right, 40)}.`, `${q.called.ko}: 값이 ${at.op} ${shortExpr(at.right, 40)}인 경우가 없어 알림이 울릴 수 없습니다.`), cause, next)
}

function reason(why: BoundCause | undefined, bound: number, at: BinaryExpr, series: SeriesSnapshot): { readonly cause: LocalText; readonly next: LocalText } {
  const limit = unwrapped(at.right)
  if (why?.kind === 'bucket') {
    const sibling = finerHistogram(why.metric)
    const hasSibling = sibling !== undefined && series.has(sibling)
    return {
      cause: text(`The histogram ${why.metric} ends at its bucket le="${why.le}". A quantile of it is never above that, however slow requests are.`, `히스토그램 ${why.metric}의 마지막 버킷이 le="${why.le}"입니다. 요청이 아무리 느려도 분위수는 이 값을 넘지 않습니다.`),
      next: !hasSibling
        ? text(`Give the histogram larger buckets in the service, or set the limit below ${why.le}.`, `서비스에서 히스토그램에 더 큰 버킷을 추가하거나, 기준값을 ${why.le}보다 작게 해 주세요.`)
        : text(`Ask ${sibling} in its place, whose buckets go further, or set the limit below ${why.le}.`, `버킷이 더 큰 ${sibling}을(를) 대신 쓰거나, 기준값을 ${why.le}보다 작게 해 주세요.`),
    }
  }
  if (why?.kind === 'ratio') {
    const percent = limit.kind === 'number' && limit.value > 1 && limit.value <= 100 ? limit.value : undefined
    return {
      cause: text('A part of a whole lies between 0 and 1.', '전체 중 일부의 비율은 0과 1 사이입니다.'),
      next: percent === undefined
        ? text('Set a limit between 0 and 1.', '기준값을 0과 1 사이로 정해 주세요.')
        : text(`For ${percent} % write ${percent / 100}.`, `${percent} %라면 ${percent / 100}(으)로 적어 주세요.`),
    }
  }
  if (why?.kind === 'nature' && (why.of === 'count' || why.of === 'group')) {
    return {
      cause: text(`${why.of}(…) of nothing is nothing, not 0: where it has a value, that is 1 or more.`, `대상이 없으면 ${why.of}(…)의 결과는 0이 아니라 '없음'입니다. 값이 있다면 1 이상입니다.`),
      next: text('To notice that nothing is there, ask absent(…), or add "or vector(0)" before the comparison.', '하나도 없는 상태를 알려면 absent(…)를 쓰거나, 비교 앞에 "or vector(0)"을 붙여 주세요.'),
    }
  }
  const of = why?.kind === 'nature' ? why.of : shortExpr(at.left, 40)
  return {
    cause: text(`${of} is never ${bound === Infinity || bound === -Infinity ? 'there' : at.op === '<' || at.op === '<=' ? `below ${bound}` : `above ${bound}`}.`, `${of}의 값은 ${at.op === '<' || at.op === '<=' ? `${bound}보다 작아지지` : `${bound}보다 커지지`} 않습니다.`),
    next: text('Correct the limit or the comparison.', '기준값이나 비교 방향을 고쳐 주세요.'),
  }
}

/** One diagnosis for all labels that the same part of the query takes away. */
function droppedLabels(q: AskedQuery, facts: ExprFacts): Diagnosis[] {
  const groups = new Map<AggregateExpr | undefined, { readonly labels: Set<string>; readonly texts: Set<string> }>()
  for (const [where, template] of q.alert!.texts) {
    for (const label of labelsShown(template)) {
      if (q.alert!.extra.includes(label) || mayHave(facts.labels, label)) continue
      const at = droppedAt(q.expr, label)
      const group = groups.get(at) ?? { labels: new Set(), texts: new Set() }
      groups.set(at, group)
      group.labels.add(label)
      group.texts.add(where)
    }
  }
  const { only } = facts.labels
  const names = only === undefined ? undefined : [...only].sort().slice(0, 8).join(', ')
  const has = names === undefined ? undefined : names === '' ? text('none', '없음') : text(names, names)
  return [...groups].map(([at, { labels, texts }]) => {
    const [list, where] = [[...labels].join(', '), [...texts].join(', ')]
    const shown = [...labels].map(l => `{{ $labels.${l} }}`).join(', ')
    const example = at === undefined || at.without ? undefined : `${at.op} by (${[...at.grouping, ...labels].join(', ')})`
    return diagnosis(q, 'rule-label-dropped', 'warning',
      text(`${capital(q.called.en)} shows ${shown} in ${where}, but its result has no label ${list}: the text stays empty there.`, `${q.called.ko}의 ${where}에 ${shown} 표시가 있지만, 식의 결과에 ${list} 라벨이 없어 그 자리가 비게 됩니다.`),
      at !== undefined
        ? text(`"${shortExpr(at, 60)}" takes it away.${has === undefined ? '' : ` Labels of the result: ${has.en}.`}`, `"${shortExpr(at, 60)}"에서 라벨이 없어집니다.${has === undefined ? '' : ` 결과의 라벨: ${has.ko}.`}`)
        : text(`Labels of the result: ${has?.en ?? 'others'}.`, `결과의 라벨: ${has?.ko ?? '다른 라벨'}.`),
      example === undefined
        ? text('Take it out of the text, or ask for series that have it.', '문구에서 빼거나, 그 라벨이 있는 시계열을 조회해 주세요.')
        : text(`Write ${example} in the query, or take it out of the text.`, `식을 ${example} 형태로 바꾸거나, 문구에서 빼 주세요.`))
  })
}

/** The quotient of an alert on a share of something without a condition on how much there must be; undefined: there is none, or it has one. */
function unguardedRatio(e: Expr): BinaryExpr | undefined {
  const inner = unwrapped(e)
  if (inner.kind !== 'binary') return undefined
  // Any further condition on another vector is taken for one on the traffic.
  if (inner.op === 'and' || inner.op === 'unless') return undefined
  if (inner.op === 'or') return unguardedRatio(inner.left) ?? unguardedRatio(inner.right)
  if (!isComparison(inner.op) || (inner.op !== '>' && inner.op !== '>=')) return undefined
  const value = unwrapped(inner.left)
  const quotient = value.kind === 'binary' && (value.op === '*') ? [value.left, value.right].map(unwrapped).find(x => x.kind === 'binary' && x.op === '/') : value
  if (quotient?.kind !== 'binary' || quotient.op !== '/' || !isPartOf(quotient.left, quotient.right)) return undefined
  const whole = unwrapped(quotient.right)
  const least = whole.kind === 'binary' && isComparison(whole.op) ? unwrapped(whole.right) : undefined
  return least?.kind === 'number' && least.value > 0 ? undefined : quotient
}

function littleTraffic(q: AskedQuery, ratio: BinaryExpr): Diagnosis {
  const whole = shortExpr(ratio.right, 60)
  return diagnosis(q, 'rule-little-traffic', 'ok',
    text(`${capital(q.called.en)} has no least traffic: at night one failed request of one is 100 %.`, `${q.called.ko}에는 최소 트래픽 조건이 없습니다. 요청이 적은 시간에는 한 번만 실패해도 100 %가 됩니다.`),
    text(`It divides by "${whole}", however small that is.`, `"${whole}" 값이 아무리 작아도 그대로 나눕니다.`),
    text(`Add "and ${whole} > 0.1" (6 requests a minute), or what is little for you.`, `"and ${whole} > 0.1"(분당 6건)처럼 최소 요청 수 조건을 붙여 주세요.`))
}

function capital(s: string): string {
  return s.charAt(0).toUpperCase() + s.slice(1)
}
