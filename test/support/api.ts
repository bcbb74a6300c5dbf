import { note } from './haechi.ts'

/** The answer of Prometheus' API. */
export interface Answer<T> {
  readonly code: number
  readonly status: 'success' | 'error'
  readonly data: T
  readonly errorType?: string
  readonly error?: string
  readonly warnings?: readonly string[]
  readonly infos?: readonly string[]
}
export interface VectorSample { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }
export interface MatrixSeries { readonly metric: Readonly<Record<string, string>>; readonly values: readonly (readonly [number, string])[] }
export interface QueryData<R> { readonly resultType: string; readonly result: readonly R[] }

/** Asks Prometheus' API of any server that has it. */
export async function ask<T>(base: string, path: string, params: Readonly<Record<string, string>> = {}): Promise<Answer<T>> {
  const query = new URLSearchParams(params).toString()
  const response = await fetch(`${base}/api/v1/${path}${query === '' ? '' : `?${query}`}`, { signal: AbortSignal.timeout(60_000) })
  const text = await response.text()
  note(text)
  try {
    return { ...(JSON.parse(text) as Answer<T>), code: response.status }
  } catch (err) {
    throw new Error(`${path} answered HTTP ${response.status}: ${text.slice(0, 500)}`, { cause: err })
  }
}

/** The result of an instant query. @throws Error when it failed */
export async function vector(base: string, query: string, time?: number): Promise<readonly VectorSample[]> {
  const got = await ask<QueryData<VectorSample>>(base, 'query', { query, ...(time === undefined ? {} : { time: String(time) }) })
  if (got.status !== 'success') throw new Error(`${query}: ${got.error}`)
  return got.data.result
}

/** The raw samples of a range selector. @throws Error when it failed */
export async function matrix(base: string, query: string, time?: number): Promise<readonly MatrixSeries[]> {
  const got = await ask<QueryData<MatrixSeries>>(base, 'query', { query, ...(time === undefined ? {} : { time: String(time) }) })
  if (got.status !== 'success') throw new Error(`${query}: ${got.error}`)
  return got.data.result
}

/** Asks Haechi's own API. */
export async function own<T>(base: string, path: string, init: RequestInit = {}): Promise<{ readonly code: number; readonly body: T }> {
  const response = await fetch(`${base}/api/haechi/v1/${path}`, { ...init, ...(init.body === undefined ? {} : { headers: { 'content-type': 'application/json', ...init.headers } }) })
  const text = await response.text()
  note(text)
  return { code: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T }
}

/** A label set as one text, sorted. */
export function seriesName(metric: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)))
}
