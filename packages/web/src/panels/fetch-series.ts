import { parseVariableQuery } from '@haechi/dashboards'
import { apiOf, askSamplesOf, getJson, postForm } from '../api/client.ts'
import { questionParams } from '../api/first-questions.ts'
import { noteQuestion } from './keep-questions.ts'
import { matrixSeries, sampleNumber } from './matrix-text.ts'
import type { NativeSample } from '@haechi/dashboards'
import type { FetchExemplars, FetchSeries, FetchValues, PanelSeries } from './types.ts'

type WirePoint = readonly [seconds: number, value: string]
interface WireSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: WirePoint
  readonly values?: readonly WirePoint[]
  readonly histogram?: readonly [seconds: number, histogram: WireHistogram]
  readonly histograms?: readonly (readonly [seconds: number, histogram: WireHistogram])[]
}

/** `buckets`: which ends belong to it, lower and upper bound, count. */
interface WireHistogram {
  readonly count: string
  readonly sum: string
  readonly buckets?: readonly (readonly [rule: number, lower: string, upper: string, count: string])[]
}
interface WireResult {
  readonly resultType: string
  readonly result: readonly WireSeries[] | WirePoint
}

/** The series of an answer of `/api/v1/query` or `/api/v1/query_range`; a scalar is a series without labels. */
export function seriesOfAnswer(data: WireResult): PanelSeries[] {
  if (data.resultType === 'scalar') {
    const [t, v] = data.result as WirePoint
    return [{ labels: {}, ts: Float64Array.of(t * 1000), vs: Float64Array.of(sampleNumber(v)) }]
  }
  if (data.resultType !== 'matrix' && data.resultType !== 'vector') return []
  const out: PanelSeries[] = []
  for (const s of data.result as readonly WireSeries[]) {
    const points = s.values ?? (s.value === undefined ? [] : [s.value])
    const natives = s.histograms ?? (s.histogram === undefined ? [] : [s.histogram])
    if (natives.length > 0) {
      out.push(mixedSeries(s.metric, points, natives))
      continue
    }
    if (points.length === 0) continue
    const ts = new Float64Array(points.length)
    const vs = new Float64Array(points.length)
    for (let i = 0; i < points.length; i++) {
      ts[i] = Math.round(points[i]![0] * 1000)
      vs[i] = sampleNumber(points[i]![1])
    }
    out.push({ labels: s.metric, ts, vs })
  }
  return out
}

/** A series with native histograms, and maybe with numbers between them. */
function mixedSeries(labels: WireSeries['metric'], points: readonly WirePoint[], natives: NonNullable<WireSeries['histograms']>): PanelSeries {
  const all = [
    ...points.map(([t, v]) => ({ t: Math.round(t * 1000), v: sampleNumber(v), h: null })),
    ...natives.map(([t, h]) => ({ t: Math.round(t * 1000), v: NaN, h: nativeSample(h) })),
  ].sort((a, b) => a.t - b.t)
  return { labels, ts: Float64Array.from(all, x => x.t), vs: Float64Array.from(all, x => x.v), histograms: all.map(x => x.h) }
}

function nativeSample(h: WireHistogram): NativeSample {
  return { count: sampleNumber(h.count), sum: sampleNumber(h.sum), buckets: (h.buckets ?? []).map(([, lower, upper, count]) => ({ lower: sampleNumber(lower), upper: sampleNumber(upper), count: sampleNumber(count) })) }
}

/** Asks this server. */
export const fetchSeriesHere: FetchSeries = async (query, signal) => {
  if (query.expression !== undefined) {
    const { fetchExpression } = await import('./fetch-expression.ts')
    return await fetchExpression(query, query.expression, signal)
  }
  if (query.source === undefined) noteQuestion(query)
  const params = questionParams(query, query.startMs, query.endMs)
  if (query.instant) return seriesOfAnswer(await askSamplesOf<WireResult>(query.source, 'query', params, signal))
  const steps = Math.floor((query.endMs - query.startMs) / query.stepMs) + 1
  return await askSamplesOf(query.source, 'query_range', params, signal, text => matrixSeries(text, steps), seriesOfAnswer)
}

interface WireExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string; readonly timestamp: number }[]
}

/** Asks this server for exemplars. */
export const fetchExemplarsHere: FetchExemplars = async (query, signal) => {
  const data = await postForm<readonly WireExemplars[] | undefined>(`${apiOf(query.source)}/query_exemplars`, { query: query.expr, start: query.startMs / 1000, end: query.endMs / 1000 }, signal)
  return (data ?? []).flatMap(s => s.exemplars.map(e => ({ tMs: Math.round(e.timestamp * 1000), value: sampleNumber(e.value), labels: e.labels, seriesLabels: s.seriesLabels })))
}

/** Answers a query variable from this server. A definition that can't be read has no values. */
export const fetchValuesHere: FetchValues = async (definition, range, signal, source) => {
  const api = apiOf(source)
  const q = parseVariableQuery(definition)
  if (!q) return []
  const times = { start: range.startMs / 1000, end: range.endMs / 1000 }
  switch (q.kind) {
    case 'label_names': {
      const names = await getJson<readonly string[]>(`${api}/labels`, times, signal)
      return q.matching === undefined ? names : names.filter(matcherOf(q.matching))
    }
    case 'label_values':
      return await getJson<readonly string[]>(`${api}/label/${encodeURIComponent(q.label)}/values`, { ...times, ...(q.selector ? { 'match[]': q.selector } : {}) }, signal)
    case 'metrics': {
      const names = await getJson<readonly string[]>(`${api}/label/__name__/values`, times, signal)
      return names.filter(matcherOf(q.matching))
    }
    case 'query_result': {
      const data = await askSamplesOf<WireResult>(source, 'query', { query: q.expr, time: range.endMs / 1000 }, signal)
      if (data.resultType !== 'vector') return []
      return (data.result as readonly WireSeries[]).map(s => `${seriesText(s.metric)} ${s.value?.[1] ?? ''} ${Math.round((s.value?.[0] ?? 0) * 1000)}`)
    }
    case 'series': {
      const all = await getJson<readonly Readonly<Record<string, string>>[]>(`${api}/series`, { ...times, 'match[]': q.selector }, signal)
      return all.map(seriesText)
    }
  }
}

function matcherOf(pattern: string): (name: string) => boolean {
  try {
    const re = new RegExp(pattern)
    return name => re.test(name)
  } catch {
    return () => true
  }
}

function seriesText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(labels).filter(n => n !== '__name__').map(n => `${n}="${labels[n]!}"`)
  return `${labels['__name__'] ?? ''}{${pairs.join(',')}}`
}
