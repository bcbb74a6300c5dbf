import { parseVariableQuery } from '@haechi/dashboards'
import { getJson, postForm } from '../api/client.ts'
import type { FetchSeries, FetchValues, PanelSeries } from './types.ts'

type WirePoint = readonly [seconds: number, value: string]
interface WireSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: WirePoint
  readonly values?: readonly WirePoint[]
}
interface WireResult {
  readonly resultType: string
  readonly result: readonly WireSeries[] | WirePoint
}

/** A number as the API writes it. */
function sampleNumber(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
}

/** The series of an answer of `/api/v1/query` or `/api/v1/query_range`; a scalar is a series without labels. Native histograms are left out. */
export function seriesOfAnswer(data: WireResult): PanelSeries[] {
  if (data.resultType === 'scalar') {
    const [t, v] = data.result as WirePoint
    return [{ labels: {}, ts: Float64Array.of(t * 1000), vs: Float64Array.of(sampleNumber(v)) }]
  }
  if (data.resultType !== 'matrix' && data.resultType !== 'vector') return []
  const out: PanelSeries[] = []
  for (const s of data.result as readonly WireSeries[]) {
    const points = s.values ?? (s.value === undefined ? [] : [s.value])
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

/** Asks this server. */
export const fetchSeriesHere: FetchSeries = async (query, signal) => {
  const data = query.instant
    ? await postForm<WireResult>('api/v1/query', { query: query.expr, time: query.endMs / 1000 }, signal)
    : await postForm<WireResult>('api/v1/query_range', { query: query.expr, start: query.startMs / 1000, end: query.endMs / 1000, step: query.stepMs / 1000 }, signal)
  return seriesOfAnswer(data)
}

/** Answers a query variable from this server. A definition that can't be read has no values. */
export const fetchValuesHere: FetchValues = async (definition, range, signal) => {
  const q = parseVariableQuery(definition)
  if (!q) return []
  const times = { start: range.startMs / 1000, end: range.endMs / 1000 }
  switch (q.kind) {
    case 'label_names': {
      const names = await getJson<readonly string[]>('api/v1/labels', times, signal)
      return q.matching === undefined ? names : names.filter(matcherOf(q.matching))
    }
    case 'label_values':
      return await getJson<readonly string[]>(`api/v1/label/${encodeURIComponent(q.label)}/values`, { ...times, ...(q.selector ? { 'match[]': q.selector } : {}) }, signal)
    case 'metrics': {
      const names = await getJson<readonly string[]>('api/v1/label/__name__/values', times, signal)
      return names.filter(matcherOf(q.matching))
    }
    case 'query_result': {
      const data = await postForm<WireResult>('api/v1/query', { query: q.expr, time: range.endMs / 1000 }, signal)
      if (data.resultType !== 'vector') return []
      return (data.result as readonly WireSeries[]).map(s => `${seriesText(s.metric)} ${s.value?.[1] ?? ''} ${Math.round((s.value?.[0] ?? 0) * 1000)}`)
    }
    case 'series': {
      const all = await getJson<readonly Readonly<Record<string, string>>[]>('api/v1/series', { ...times, 'match[]': q.selector }, signal)
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
