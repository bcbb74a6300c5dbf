import type { PanelExpression, PanelQuery } from '@haechi/dashboards'
import { postJson } from '../api/client.ts'
import { ApiFailure } from '../api/failure.ts'
import type { PanelSeries } from './types.ts'

/** A field of a data frame as `POST /api/ds/query` answers it. */
interface WireField { readonly type: string; readonly labels?: Readonly<Record<string, string>> }

/** Numbers that JSON has not, by the rows where they stand. */
interface WireEntities { readonly NaN?: readonly number[]; readonly Inf?: readonly number[]; readonly NegInf?: readonly number[] }

/** A data frame in its JSON form. */
export interface WireFrame {
  readonly schema: { readonly fields: readonly WireField[] }
  readonly data: { readonly values: readonly (readonly (number | null)[])[]; readonly entities?: readonly (WireEntities | null)[] }
}

interface WireAnswer { readonly results: Readonly<Record<string, { readonly frames?: readonly WireFrame[]; readonly error?: string }>> }

const EXPRESSION_SOURCE = { type: '__expr__', uid: '__expr__' }

/** What is asked of the server for an expression: its queries and steps, hidden, and itself. */
export function expressionRequest(query: PanelQuery, { model, inputs, steps }: PanelExpression): object {
  const asked = (q: PanelQuery): object => ({
    refId: q.refId, expr: q.expr, instant: q.instant, range: !q.instant, intervalMs: q.stepMs, interval: `${q.stepMs}ms`, maxDataPoints: 11_000, hide: true, datasource: { type: 'prometheus', ...(q.source === undefined ? {} : { uid: q.source }) },
  })
  return {
    from: String(query.startMs), to: String(query.endMs),
    queries: [...inputs.map(asked), ...steps.map(s => ({ ...s, datasource: EXPRESSION_SOURCE, hide: true })), { ...model, refId: query.refId, datasource: EXPRESSION_SOURCE, hide: false }],
  }
}

/** The series of frames: a frame of times and numbers is a series, one of a number alone has the moment `atMs`. A missing number is a missing row. */
export function seriesOfFrames(frames: readonly WireFrame[], atMs: number): PanelSeries[] {
  const out: PanelSeries[] = []
  for (const { schema, data } of frames) {
    const time = schema.fields.findIndex(f => f.type === 'time')
    schema.fields.forEach((field, i) => {
      if (field.type !== 'number') return
      const values = data.values[i] ?? []
      const odd = data.entities?.[i]
      const numbers = values.map((v, row) => v ?? (odd?.NaN?.includes(row) === true ? NaN : odd?.Inf?.includes(row) === true ? Infinity : odd?.NegInf?.includes(row) === true ? -Infinity : null))
      const rows = numbers.flatMap((v, row) => (v === null ? [] : [row]))
      if (rows.length === 0) return
      out.push({ labels: field.labels ?? {}, ts: Float64Array.from(rows, row => (time < 0 ? atMs : data.values[time]![row]!)), vs: Float64Array.from(rows, row => numbers[row]!) })
    })
  }
  return out
}

/** Has the server compute an expression. @throws ApiFailure with the server's sentence */
export async function fetchExpression(query: PanelQuery, expression: PanelExpression, signal: AbortSignal): Promise<readonly PanelSeries[]> {
  const answer = await postJson<WireAnswer>('api/ds/query', expressionRequest(query, expression), signal, [400])
  const own = answer.results?.[query.refId]
  if (own === undefined) throw new ApiFailure('server', 200, '', `The server has no answer for ${query.refId}.`)
  if (own.error !== undefined) throw new ApiFailure('refused', 400, 'bad_data', own.error)
  return seriesOfFrames(own.frames ?? [], query.endMs)
}
