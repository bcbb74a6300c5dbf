import { compareLabels, histogramJson } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import type { Answer, MatrixSeries, QueryValue, VectorSample } from '@haechi/storage'
import type { Annotations } from './annotations.ts'
import type { Budget } from './budget.ts'
import type { Grid } from './grid.ts'
import { HistogramRow } from './histogram-column.ts'
import type { HistogramColumn } from './histogram-column.ts'
import { JsonBuffer, Stamps, timeText } from './json-buffer.ts'
import { statsJson, statsWarning } from './measurement.ts'
import type { Measurement } from './measurement.ts'
import type { Plan } from './plan.ts'
import type { Rows } from './rows.ts'
import type { Tracer } from './tracer.ts'

/** What a query came to; series are still to be read. */
export type Outcome =
  | { readonly type: 'scalar'; readonly tMs: number; readonly value: number }
  | { readonly type: 'string'; readonly tMs: number; readonly value: string }
  | { readonly type: 'vector'; readonly tMs: number; readonly rows: Rows }
  /** One point per step. */
  | { readonly type: 'grid'; readonly grid: Grid; readonly rows: Rows }
  /** Samples at times of their own: a range vector of an instant query. */
  | { readonly type: 'matrix'; readonly series: readonly MatrixSeries[] }

/** The outcome of one query with what belongs to the answer. */
export interface Finished {
  readonly outcome: Outcome
  readonly annotations: Annotations
  readonly budget: Budget
  readonly query: string
  /** Most series in the answer; 0: no limit. */
  readonly limit: number
  /** The query's option `stats`, '' if it has none. */
  readonly statsParam: string
  /** Present when the query is measured. */
  readonly measurement: Measurement | undefined
  /** Present when the query is to be explained. */
  readonly explained: { readonly plan: Plan; readonly tracer: Tracer } | undefined
}

/** Warning of an answer that was cut. @see Prometheus web/api/v1 */
export const TRUNCATED = 'results truncated due to limit'

/** Row numbers in the order of their labels. */
function sortedRows(labels: readonly Labels[]): number[] {
  const order = labels.map((_, i) => i)
  return order.sort((a, b) => compareLabels(labels[a]!, labels[b]!))
}

function sortedFor(finished: Finished, labels: readonly Labels[]): number[] {
  const m = finished.measurement
  if (m === undefined) return sortedRows(labels)
  const from = m.now()
  const order = sortedRows(labels)
  m.sortMs += m.now() - from
  return order
}

/** The answer as values; columns are the receiver's. */
export function toAnswer(finished: Finished): Answer<QueryValue> {
  const { outcome, limit } = finished
  let value: QueryValue
  let truncated = false
  switch (outcome.type) {
    case 'scalar': case 'string':
      value = outcome
      break
    case 'vector': {
      const samples: VectorSample[] = []
      const { rows, tMs } = outcome
      const values = new Float64Array(1)
      const present = new Uint8Array(1)
      const row = new HistogramRow()
      for (let i = 0; i < rows.labels.length && !truncated; i++) {
        row.column = null
        if (rows.read(i, values, present, row) === 0) continue
        if (limit > 0 && samples.length === limit) truncated = true
        else samples.push({ labels: rows.labels[i]!, tMs, ...sampleOf(values, row) })
      }
      value = { type: 'vector', samples }
      break
    }
    case 'grid': {
      const series: MatrixSeries[] = []
      const { rows, grid } = outcome
      const values = new Float64Array(grid.steps)
      const present = new Uint8Array(grid.steps)
      const row = new HistogramRow()
      for (const i of sortedFor(finished, rows.labels)) {
        row.column = null
        const count = rows.read(i, values, present, row)
        if (count === 0) continue
        if (limit > 0 && series.length === limit) {
          truncated = true
          break
        }
        series.push({ labels: rows.labels[i]!, ...gridColumns(grid, values, present, row.column, count) })
      }
      value = { type: 'matrix', series }
      break
    }
    case 'matrix': {
      const sorted = outcome.series.toSorted((a, b) => compareLabels(a.labels, b.labels))
      truncated = limit > 0 && sorted.length > limit
      value = { type: 'matrix', series: truncated ? sorted.slice(0, limit) : sorted }
      break
    }
  }
  const { warnings, infos } = finished.annotations.texts(finished.query)
  warnings.push(...furtherWarnings(finished, truncated))
  return { value, warnings, infos, ...(wantsStats(finished) ? { stats: finished.measurement!.stats() } : {}) }
}

function wantsStats(finished: Finished): boolean {
  return finished.statsParam !== '' && finished.measurement !== undefined
}

function furtherWarnings(finished: Finished, truncated: boolean): string[] {
  const deprecated = statsWarning(finished.statsParam)
  return [...(truncated ? [TRUNCATED] : []), ...(deprecated === undefined ? [] : [deprecated])]
}

/** The value at the only step. */
function sampleOf(values: Float64Array, row: HistogramRow): { readonly value: number; readonly histogram?: Histogram } {
  const histogram = row.column?.[0] ?? null
  return histogram === null ? { value: values[0]! } : { value: 0, histogram }
}

function gridColumns(grid: Grid, values: Float64Array, present: Uint8Array, column: HistogramColumn | null, count: number): Omit<MatrixSeries, 'labels'> {
  if (column !== null) return mixedColumns(grid, values, present, column)
  const ts = new Float64Array(count)
  const vs = new Float64Array(count)
  let n = 0
  for (let k = 0; k < grid.steps; k++) {
    if (present[k] === 0) continue
    ts[n] = grid.startMs + k * grid.stepMs
    vs[n++] = values[k]!
  }
  return { ts, vs }
}

function mixedColumns(grid: Grid, values: Float64Array, present: Uint8Array, column: HistogramColumn): Omit<MatrixSeries, 'labels'> {
  const ts: number[] = []
  const vs: number[] = []
  const histograms: (Histogram | null)[] = []
  for (let k = 0; k < grid.steps; k++) {
    const h: Histogram | null = column[k]!
    if (h === null && present[k] === 0) continue
    ts.push(grid.startMs + k * grid.stepMs)
    vs.push(h === null ? values[k]! : 0)
    histograms.push(h)
  }
  return { ts: Float64Array.from(ts), vs: Float64Array.from(vs), histograms }
}

/** The answer as the whole body of the HTTP API. Series are written as they are computed. */
export function toJsonBody(finished: Finished): Uint8Array<ArrayBuffer> {
  const { outcome, limit } = finished
  const out = new JsonBuffer(undefined, (bytes, before) => {
    finished.budget.take(bytes)
    finished.budget.give(before)
  })
  const resultType = outcome.type === 'grid' ? 'matrix' : outcome.type
  out.text(`{"status":"success","data":{"resultType":"${resultType}","result":[`)
  let truncated = false
  switch (outcome.type) {
    // Scalars and strings are encoded elsewhere in Prometheus: their fraction is not padded.
    case 'scalar':
      out.text(`${outcome.tMs / 1000},`)
      out.float(outcome.value)
      break
    case 'string':
      out.text(`${outcome.tMs / 1000},${JSON.stringify(outcome.value)}`)
      break
    case 'vector':
      truncated = writeVector(out, outcome.rows, outcome.tMs, limit)
      break
    case 'grid':
      truncated = writeGrid(out, outcome.rows, outcome.grid, limit, sortedFor(finished, outcome.rows.labels))
      break
    case 'matrix':
      truncated = writeMatrix(out, outcome.series, limit)
      break
  }
  out.text(wantsStats(finished) ? `],"stats":${statsJson(finished.measurement!.stats())}}` : ']}')
  const { warnings, infos } = finished.annotations.texts(finished.query)
  warnings.push(...furtherWarnings(finished, truncated))
  if (warnings.length > 0) out.text(`,"warnings":${JSON.stringify(warnings)}`)
  if (infos.length > 0) out.text(`,"infos":${JSON.stringify(infos)}`)
  out.text('}')
  return out.finish()
}

function writeVector(out: JsonBuffer, rows: Rows, tMs: number, limit: number): boolean {
  const values = new Float64Array(1)
  const present = new Uint8Array(1)
  const before = `,"value":[${timeText(tMs)},`
  const row = new HistogramRow()
  let written = 0
  for (let i = 0; i < rows.labels.length; i++) {
    row.column = null
    if (rows.read(i, values, present, row) === 0) continue
    if (limit > 0 && written === limit) return true
    const column = row.column as HistogramColumn | null
    if (column !== null) {
      out.text(`${written === 0 ? '' : ','}{"metric":${labelsJson(rows.labels[i]!)},"histogram":[${timeText(tMs)},${histogramJson(column[0]!)}]}`)
      written++
      continue
    }
    out.text(`${written === 0 ? '' : ','}{"metric":${labelsJson(rows.labels[i]!)}${before}`)
    out.float(values[0]!)
    out.text(']}')
    written++
  }
  return false
}

function writeGrid(out: JsonBuffer, rows: Rows, grid: Grid, limit: number, order: readonly number[]): boolean {
  const { steps } = grid
  const values = new Float64Array(steps)
  const present = new Uint8Array(steps)
  const stamps = new Stamps(Float64Array.from({ length: steps }, (_, k) => grid.startMs + k * grid.stepMs))
  const row = new HistogramRow()
  let written = 0
  for (const i of order) {
    row.column = null
    const count = rows.read(i, values, present, row)
    if (count === 0) continue
    if (limit > 0 && written === limit) return true
    const column = row.column as HistogramColumn | null
    out.text(`${written === 0 ? '' : ','}{"metric":${labelsJson(rows.labels[i]!)}`)
    if (column === null || present.includes(1)) {
      out.text(',"values":')
      out.points(stamps, values, present, steps)
    }
    if (column !== null) writeHistograms(out, grid, column)
    out.text('}')
    written++
  }
  return false
}

/** `,"histograms":[[t,{…}],…]` */
function writeHistograms(out: JsonBuffer, grid: Grid, column: HistogramColumn): void {
  let any = false
  out.text(',"histograms":[')
  for (let k = 0; k < column.length; k++) {
    const h: Histogram | null = column[k]!
    if (h === null) continue
    out.text(`${any ? ',' : ''}[${timeText(grid.startMs + k * grid.stepMs)},${histogramJson(h)}]`)
    any = true
  }
  out.text(']')
}

function writeMatrix(out: JsonBuffer, series: readonly MatrixSeries[], limit: number): boolean {
  const sorted = series.toSorted((a, b) => compareLabels(a.labels, b.labels))
  const n = limit > 0 ? Math.min(limit, sorted.length) : sorted.length
  let all = new Uint8Array(0)
  for (let i = 0; i < n; i++) {
    const { labels, ts, vs, histograms } = sorted[i]!
    if (histograms !== undefined) {
      out.text(`${i === 0 ? '' : ','}{"metric":${labelsJson(labels)}`)
      const isFloat = Uint8Array.from(histograms, h => (h === null ? 1 : 0))
      if (isFloat.includes(1)) {
        out.text(',"values":')
        out.points(new Stamps(ts), vs, isFloat, ts.length)
      }
      const texts = histograms.flatMap((h, j) => (h === null ? [] : [`[${timeText(ts[j]!)},${histogramJson(h)}]`]))
      out.text(texts.length === 0 ? '}' : `,"histograms":[${texts.join(',')}]}`)
      continue
    }
    if (all.length < ts.length) all = new Uint8Array(ts.length).fill(1)
    out.text(`${i === 0 ? '' : ','}{"metric":${labelsJson(labels)},"values":`)
    out.points(new Stamps(ts), vs, all, ts.length)
    out.text('}')
  }
  return n < sorted.length
}

/** A label set as a JSON object, in label order. */
export function labelsJson(labels: Labels): string {
  let out = '{'
  for (let i = 0; i < labels.length; i += 2) out += `${i === 0 ? '' : ','}${JSON.stringify(labels[i]!)}:${JSON.stringify(labels[i + 1]!)}`
  return `${out}}`
}
