import { seriesNames } from '../series-name.ts'
import type { SeriesLabels } from '../series-name.ts'
import type { Panel } from '../model.ts'
import type { PanelQuery } from '../panel-queries.ts'
import { mergedNatives, nativeFrame } from './native-buckets.ts'
import type { Frame, FrameField } from './frame.ts'
import type { NativeSample } from './native-buckets.ts'

/** One series of an answer, columns oldest first; Unix ms. */
export interface AnswerSeries {
  readonly labels: SeriesLabels
  readonly ts: Float64Array
  readonly vs: Float64Array
  /** Absent: all samples are numbers. Else sample i is a native histogram where this is not null; its number then means nothing. */
  readonly histograms?: readonly (NativeSample | null)[]
}

/** A query with its answer. */
export interface QueryAnswer {
  readonly query: PanelQuery
  readonly series: readonly AnswerSeries[]
}

/**
 * The answers of a panel's queries as tables, in the shape that each query asks for: a table per series, one table per query with a column for
 * each label, or one per histogram with a column for each bucket. Native histograms have buckets in heatmaps and histograms only: elsewhere they are no
 * numbers and left out.
 *
 * @see Grafana's Prometheus data source, `src/result_transformer.ts`
 */
export function answerFrames(panel: Panel, answers: readonly QueryAnswer[]): Frame[] {
  const formatOf = (a: QueryAnswer): string => panel.targets.find(t => t.refId === a.query.refId)?.format ?? 'time_series'
  const tables = new Set(answers.filter(a => formatOf(a) === 'table').map(a => a.query.refId))
  const out: Frame[] = []
  const done = new Set<string>()
  const takesBuckets = panel.type === 'heatmap' || panel.type === 'histogram'
  for (const mixed of answers) {
    const format = formatOf(mixed)
    if (takesBuckets || format === 'heatmap') {
      const natives = mixed.series.filter(s => s.histograms !== undefined)
      // Several would lie on each other in a picture of cells: it shows them together.
      if (panel.type === 'heatmap' && natives.length > 1) {
        const { ts, samples } = mergedNatives(natives.map(s => ({ ts: s.ts, samples: s.histograms! })))
        out.push(nativeFrame(mixed.query.refId, {}, shifted(ts, mixed.query.shiftMs), samples))
      } else for (const s of natives) out.push(nativeFrame(mixed.query.refId, s.labels, shifted(s.ts, mixed.query.shiftMs), s.histograms!))
    }
    const answer = mixed.series.every(s => s.histograms === undefined) ? mixed : { ...mixed, series: mixed.series.flatMap(s => takesBuckets && s.histograms !== undefined ? [] : numbersOnly(s)) }
    const { refId } = answer.query
    if (format === 'heatmap') out.push(...heatmapFrames(answer))
    else if (format !== 'table') out.push(...seriesFrames(answer))
    else if (!done.has(refId)) {
      done.add(refId)
      const all = answers.filter(a => a.query.refId === refId).flatMap(a => a.series.map(s => ({ ...s, ts: shifted(s.ts, a.query.shiftMs) })))
      out.push(tableFrame(refId, all, tables.size > 1 ? `Value #${refId}` : 'Value'))
    }
  }
  return out
}

/** The samples of a series that are numbers. */
function numbersOnly(s: AnswerSeries): AnswerSeries[] {
  if (s.histograms === undefined) return [s]
  const at = s.histograms.flatMap((h, i) => h === null ? [i] : [])
  return at.length === 0 ? [] : [{ labels: s.labels, ts: Float64Array.from(at, i => s.ts[i]!), vs: Float64Array.from(at, i => s.vs[i]!) }]
}

function shifted(ts: Float64Array, shiftMs: number): Float64Array {
  return shiftMs === 0 ? ts : ts.map(t => t + shiftMs)
}

function seriesFrames({ query, series }: QueryAnswer): Frame[] {
  // What the server computed is called after its letter, with the labels that tell its series apart.
  if (query.expression !== undefined) {
    return series.map((s): Frame => ({
      name: '', refId: query.refId, length: s.ts.length,
      fields: [{ name: 'Time', type: 'time', values: shifted(s.ts, query.shiftMs) }, { name: query.refId, type: 'number', values: s.vs, labels: s.labels }],
    }))
  }
  const names = seriesNames(query.legend, query.expr, series.map(s => s.labels))
  return series.map((s, i): Frame => ({
    name: names[i]!,
    refId: query.refId,
    length: s.ts.length,
    fields: [{ name: 'Time', type: 'time', values: shifted(s.ts, query.shiftMs) }, { name: 'Value', type: 'number', values: s.vs, labels: s.labels, sourceName: names[i]! }],
  }))
}

function tableFrame(refId: string, series: readonly AnswerSeries[], valueName: string): Frame {
  const names: string[] = []
  for (const s of series) for (const name of Object.keys(s.labels).sort()) if (!names.includes(name)) names.push(name)
  const rows = series.reduce((n, s) => n + s.ts.length, 0)
  const ts = new Float64Array(rows)
  const vs = new Float64Array(rows)
  const labels = names.map((): string[] => [])
  let at = 0
  for (const s of series) {
    ts.set(s.ts, at)
    vs.set(s.vs, at)
    names.forEach((name, k) => {
      const value = Object.hasOwn(s.labels, name) ? s.labels[name]! : ''
      for (let i = 0; i < s.ts.length; i++) labels[k]!.push(value)
    })
    at += s.ts.length
  }
  return {
    name: '', refId, length: rows,
    fields: [
      { name: 'Time', type: 'time', values: ts },
      ...names.map((name, k): FrameField => name === 'le' ? { name, type: 'number', values: labels[k]!.map(bound) } : { name, type: 'string', values: labels[k]! }),
      { name: valueName, type: 'number', values: vs },
    ],
  }
}

/** The upper bound of a bucket. */
export function bound(le: string): number {
  return le === '+Inf' || le === 'Inf' ? Infinity : le === '-Inf' ? -Infinity : le === '' ? NaN : Number(le)
}

/** Cumulative buckets become counts of each bucket: one table for each label set without `le`. Series without `le` stay as they are. */
function heatmapFrames(answer: QueryAnswer): Frame[] {
  const groups = new Map<string, AnswerSeries[]>()
  const rest: AnswerSeries[] = []
  for (const s of answer.series) {
    if (!Object.hasOwn(s.labels, 'le')) {
      rest.push(s)
      continue
    }
    const key = JSON.stringify(Object.keys(s.labels).filter(n => n !== 'le').sort().map(n => [n, s.labels[n]]))
    groups.set(key, [...groups.get(key) ?? [], s])
  }
  const out = [...groups.values()].map((group): Frame => {
    const sorted = group.toSorted((a, b) => bound(a.labels['le']!) - bound(b.labels['le']!))
    const times = [...new Set(sorted.flatMap(s => Array.from(s.ts)))].sort((a, b) => a - b)
    const at = new Map(times.map((t, i) => [t, i]))
    let below = new Float64Array(times.length)
    const fields = sorted.map((s): FrameField => {
      const cumulative = new Float64Array(times.length).fill(NaN)
      for (let i = 0; i < s.ts.length; i++) cumulative[at.get(s.ts[i]!)!] = s.vs[i]!
      const before = below
      // A bucket may not count less than those inside it; rounding of rate() can make it seem so.
      const values = cumulative.map((v, i) => Math.max(0, v - before[i]!))
      below = cumulative.map((v, i) => Number.isNaN(v) ? before[i]! : Math.max(v, before[i]!))
      return { name: s.labels['le']!, type: 'number', values, labels: s.labels, sourceName: s.labels['le']! }
    })
    return { name: '', refId: answer.query.refId, length: times.length, fields: [{ name: 'Time', type: 'time', values: times.map(t => t + answer.query.shiftMs) }, ...fields] }
  })
  return [...out, ...seriesFrames({ ...answer, series: rest })]
}
