import { formatUnitText } from '@haechi/dashboards'
import type { ChartSeries } from './chart-model.ts'

/** What is worth knowing of one series in numbers. */
export interface SeriesFacts {
  /** Undefined without a number. */
  readonly last: number | undefined
  readonly mean: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
}
/** Columns are never changed: what is known of one stays true. Summary, legend and the choice of what is shown all want it. */
const known = new WeakMap<Float64Array, SeriesFacts>()

/** Last, mean, min and max of the finite values. */
export function seriesFacts(vs: Float64Array): SeriesFacts {
  let facts = known.get(vs)
  if (facts === undefined) known.set(vs, facts = factsOf(vs))
  return facts
}

function factsOf(vs: Float64Array): SeriesFacts {
  let last: number | undefined
  let min = Infinity
  let max = -Infinity
  let sum = 0
  let n = 0
  for (let i = 0; i < vs.length; i++) {
    const v = vs[i]!
    if (!Number.isFinite(v)) continue
    last = v
    sum += v
    n++
    if (v < min) min = v
    if (v > max) max = v
  }
  return n === 0 ? { last: undefined, mean: undefined, min: undefined, max: undefined } : { last, mean: sum / n, min, max }
}

/** A length of time in one unit: `6 h`, `6시간`. */
export function spanText(ms: number, language: 'en' | 'ko'): string {
  const [n, unit] = ms >= 172_800_000 ? [ms / 86_400_000, 'd'] as const : ms >= 7_200_000 ? [ms / 3_600_000, 'h'] as const : ms >= 120_000 ? [ms / 60_000, 'm'] as const : [ms / 1000, 's'] as const
  const words = language === 'ko' ? { d: '일', h: '시간', m: '분', s: '초' } : { d: ' d', h: ' h', m: ' min', s: ' s' }
  return `${Math.round(n)}${words[unit]}`
}

/**
 * A chart in one sentence, for those who can't see it: `orders: 82 ms now, between 60 ms and 140 ms in 6 h.`
 * Of several series the highest is told, and how many there are.
 *
 * @param series  those that are seen
 * @param all     how many there are, hidden ones too; default: no more than are seen
 */
export function chartSummary(title: string, series: readonly ChartSeries[], unit: string, rangeMs: number, language: 'en' | 'ko', decimals?: number, all: number = series.length): string {
  const text = (v: number): string => formatUnitText(unit, v, decimals)
  const span = spanText(rangeMs, language)
  const told = series.map(s => ({ name: s.name, facts: seriesFacts(s.vs) })).filter(s => s.facts.last !== undefined)
  if (told.length === 0) return language === 'ko' ? `${title}: 최근 ${span} 동안 데이터가 없습니다.` : `${title}: no data in ${span}.`
  if (told.length === 1) {
    const { name, facts } = told[0]!
    const what = `${name === title ? title : `${title}, ${name}`}${all <= 1 ? '' : language === 'ko' ? ` (시리즈 ${all}개 중 하나)` : ` (one of ${all} series)`}`
    return language === 'ko'
      ? `${what}: 지금 ${text(facts.last!)}, ${span} 동안 ${text(facts.min!)}에서 ${text(facts.max!)} 사이입니다.`
      : `${what}: ${text(facts.last!)} now, between ${text(facts.min!)} and ${text(facts.max!)} in ${span}.`
  }
  const top = told.reduce((a, b) => b.facts.last! > a.facts.last! ? b : a)
  const lowest = Math.min(...told.map(s => s.facts.min!))
  const highest = Math.max(...told.map(s => s.facts.max!))
  const count = all > series.length ? (language === 'ko' ? `시리즈 ${all}개 중 ${told.length}개` : `${told.length} of ${all} series`) : language === 'ko' ? `시리즈 ${told.length}개` : `${told.length} series`
  return language === 'ko'
    ? `${title}: ${count}, ${span} 동안 ${text(lowest)}에서 ${text(highest)} 사이이며, 지금 가장 높은 것은 ${top.name}(${text(top.facts.last!)})입니다.`
    : `${title}: ${count} between ${text(lowest)} and ${text(highest)} in ${span}; highest now is ${top.name} with ${text(top.facts.last!)}.`
}
