import { ConfigError, goFormatFloat, goQuote, parseDuration } from '@haechi/model'
import type { HttpClient } from '@haechi/scrape'
import { Dispatcher, fetch } from 'undici'
import { httpClientOf } from './http-config-file.ts'
import { say } from './io.ts'
import type { Io } from './io.ts'
import { sparkline } from './sparkline.ts'

/** Where questions go when no server is named. */
export const DEFAULT_SERVER = 'http://127.0.0.1:9090'

/** How answers are printed: `promql` as promtool does, `json` what the server said, `graph` a line of bars per series. */
export const QUERY_FORMATS = ['promql', 'json', 'graph'] as const

/** What all `haechi query` commands share. */
export interface QueryFlags {
  readonly format: (typeof QUERY_FORMATS)[number]
  /** File with Prometheus' HTTP client settings. */
  readonly httpConfigFile?: string
  /** `Name: value` or `Name=value`. */
  readonly headers: readonly string[]
  /** RFC 3339 or Unix seconds. */
  readonly start?: string
  readonly end?: string
  readonly time?: string
  /** A duration or seconds. */
  readonly step?: string
  readonly match: readonly string[]
}

/** One question to a server's HTTP API. */
export interface Question {
  readonly kind: 'instant' | 'range' | 'series' | 'labels'
  readonly server: string
  /** The expression, or the label's name. */
  readonly text: string
  readonly flags: QueryFlags
}

type Metric = Readonly<Record<string, string>>
interface HistogramJson { readonly count: string; readonly sum: string; readonly buckets?: readonly (readonly [number, string, string, string])[] }
type Point = readonly [number, string]
interface Series { readonly metric: Metric; readonly value?: Point; readonly values?: readonly Point[]; readonly histogram?: readonly [number, HistogramJson]; readonly histograms?: readonly (readonly [number, HistogramJson])[] }
interface Envelope { readonly status: string; readonly data?: unknown; readonly errorType?: string; readonly error?: string; readonly warnings?: readonly string[]; readonly infos?: readonly string[] }
type QueryData =
  | { readonly resultType: 'scalar'; readonly result: Point }
  | { readonly resultType: 'string'; readonly result: Point }
  | { readonly resultType: 'vector'; readonly result: readonly Series[] }
  | { readonly resultType: 'matrix'; readonly result: readonly Series[] }

/** Steps of a range that asked for none: as many as promtool's, which has `max(range / 250, 1 s)`. */
const DEFAULT_STEPS = 250

/** `haechi query …`: asks a server as promtool does and prints the answer. @returns 0, or 1 with a sentence on standard error */
export async function query(question: Question, io: Io): Promise<number> {
  try {
    const { path, params } = requestOf(question, io)
    const answer = await ask(question, path, params, io)
    for (const text of [...(answer.warnings ?? []), ...(answer.infos ?? [])]) io.err(`${say(io, 'warning', '경고')}: ${text}\n`)
    io.out(print(question, answer.data))
    return 0
  } catch (err) {
    if (!(err instanceof QueryFailure) && !(err instanceof ConfigError)) throw err
    io.err(`${say(io, 'query error', '질의 오류')}: ${err.message}\n`)
    return 1
  }
}

class QueryFailure extends Error {}

function requestOf({ kind, text, flags }: Question, io: Io): { readonly path: string; readonly params: URLSearchParams } {
  const params = new URLSearchParams()
  if (kind === 'instant') {
    params.set('query', text)
    if (flags.time !== undefined) params.set('time', String(time('--time', flags.time, io)))
    return { path: 'query', params }
  }
  for (const selector of flags.match) params.append('match[]', selector)
  if (kind === 'range') {
    const end = flags.end === undefined ? Date.now() / 1000 : time('--end', flags.end, io)
    const start = flags.start === undefined ? end - 300 : time('--start', flags.start, io)
    if (end < start) throw new QueryFailure(say(io, '--end is before --start', '--end가 --start보다 앞섭니다'))
    const step = flags.step === undefined ? Math.max(Math.floor((end - start) / DEFAULT_STEPS), 1) : stepSeconds(flags.step, io)
    for (const [name, value] of [['query', text], ['start', start], ['end', end], ['step', step]] as const) params.set(name, String(value))
    return { path: 'query_range', params }
  }
  if (flags.start !== undefined) params.set('start', String(time('--start', flags.start, io)))
  if (flags.end !== undefined) params.set('end', String(time('--end', flags.end, io)))
  if (kind === 'labels') return { path: `label/${encodeURIComponent(text)}/values`, params }
  return { path: 'series', params }
}

/** Unix seconds. */
function time(flag: string, text: string, io: Io): number {
  const seconds = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) / 1000 : NaN
  if (!Number.isFinite(seconds)) throw new QueryFailure(say(io, `${flag}: ${goQuote(text)} is no time; write Unix seconds or e.g. 2026-01-31T09:00:00Z`, `${flag}: ${goQuote(text)}은(는) 시각이 아닙니다. Unix 초나 2026-01-31T09:00:00Z 처럼 적어 주세요`))
  return seconds
}

function stepSeconds(text: string, io: Io): number {
  let seconds = Number(text)
  if (text.trim() === '' || !Number.isFinite(seconds)) {
    try {
      seconds = parseDuration(text) / 1000
    } catch {
      seconds = NaN
    }
  }
  if (!(seconds > 0)) throw new QueryFailure(say(io, `--step: ${goQuote(text)} is no duration above zero; write e.g. 30s`, `--step: ${goQuote(text)}은(는) 0보다 큰 기간이 아닙니다. 30s 처럼 적어 주세요`))
  return seconds
}

async function ask({ server, flags }: Question, path: string, params: URLSearchParams, io: Io): Promise<Envelope> {
  const text = /^[a-z]+:\/\//i.test(server) ? server : `http://${server}`
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new QueryFailure(say(io, `${goQuote(server)} is no address of a server; write e.g. ${DEFAULT_SERVER}`, `${goQuote(server)}은(는) 서버 주소가 아닙니다. ${DEFAULT_SERVER} 처럼 적어 주세요`))
  const base = new URL(text)
  const headers = new Headers({ 'User-Agent': 'haechi-query' })
  if (base.username !== '' || base.password !== '') headers.set('Authorization', `Basic ${Buffer.from(`${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`).toString('base64')}`)
  base.username = base.password = ''
  let client: HttpClient | undefined
  if (flags.httpConfigFile !== undefined) {
    client = await httpClientOf(flags.httpConfigFile, io.cwd).catch((err: unknown) => { throw err instanceof ConfigError ? err : new QueryFailure(`--http.config.file: ${(err as Error).message}`) })
    for (const [name, value] of Object.entries(await client.headers())) headers.set(name, value)
  }
  for (const header of flags.headers) {
    const [, name, value] = /^([^:=\s]+)\s*[:=]\s*(.*)$/s.exec(header) ?? []
    if (name === undefined) throw new QueryFailure(say(io, `--header: ${goQuote(header)} has no name; write Name: value`, `--header: ${goQuote(header)}에 이름이 없습니다. Name: value 처럼 적어 주세요`))
    headers.set(name, value!)
  }
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/api/v1/${path}`, base)
  // What changes nothing and fits into an address is asked by GET; the two queries by POST, as promtool does.
  const post = path.startsWith('query')
  if (post) headers.set('Content-Type', 'application/x-www-form-urlencoded')
  else url.search = params.toString()
  const dispatcher = client?.dispatcher(url)
  try {
    const response = await fetch(url, { headers: [...headers], signal: io.signal, ...(post && { method: 'POST', body: params.toString() }), ...(dispatcher instanceof Dispatcher && { dispatcher }) })
    const body = await response.text()
    return read(body, response.status, url, io)
  } catch (err) {
    if (err instanceof QueryFailure) throw err
    const cause = (err as { cause?: { message?: string; code?: string } }).cause
    const why = (cause?.message === '' || cause?.message === undefined ? cause?.code : cause.message) ?? (err as Error).message
    throw new QueryFailure(say(io, `${url.origin} does not answer: ${why}. Is the server running there?`, `${url.origin}에서 응답이 없습니다: ${why}. 서버가 그 주소에서 실행 중인지 확인해 주세요`))
  } finally {
    await client?.close()
  }
}

function read(body: string, status: number, url: URL, io: Io): Envelope {
  let answer: Envelope | undefined
  try {
    answer = JSON.parse(body) as Envelope
  } catch {
    // Not an API's answer; said below.
  }
  if (answer?.status === 'success') return answer
  if (answer?.status === 'error') throw new QueryFailure(`${answer.errorType ?? 'error'}: ${answer.error ?? ''}`)
  throw new QueryFailure(say(io, `${url.href.split('?')[0]!} answered with HTTP status ${status} and no JSON of the Prometheus API`, `${url.href.split('?')[0]!}의 응답은 HTTP 상태 ${status}이고 Prometheus API의 JSON이 아닙니다`))
}

function print({ kind, flags }: Question, data: unknown): string {
  if (kind === 'labels') return flags.format === 'json' ? `${JSON.stringify(data)}\n` : (data as string[]).map(v => `${v}\n`).join('')
  if (kind === 'series') return flags.format === 'json' ? `${JSON.stringify(data)}\n` : (data as Metric[]).map(m => `${labelSetText(m)}\n`).join('')
  const answer = data as QueryData
  if (flags.format === 'json') return `${JSON.stringify(answer.result)}\n`
  if (answer.resultType === 'scalar') return `scalar: ${valueText(answer.result[1])} @[${secondsText(answer.result[0])}]\n`
  if (answer.resultType === 'string') return `${answer.result[1]}\n`
  if (flags.format === 'graph') return graph(answer.result)
  return answer.result.map(answer.resultType === 'vector' ? vectorLine : matrixLines).map(line => `${line}\n`).join('')
}

function vectorLine({ metric, value, histogram }: Series): string {
  const [t, text] = histogram === undefined ? [value![0], valueText(value![1])] : [histogram[0], histogramText(histogram[1])]
  return `${metricText(metric)} => ${text} @[${secondsText(t)}]`
}

function matrixLines({ metric, values, histograms }: Series): string {
  const points = [...(values ?? []).map(([t, v]) => [t, valueText(v)] as const), ...(histograms ?? []).map(([t, h]) => [t, histogramText(h)] as const)].sort(([a], [b]) => a - b)
  return [`${metricText(metric)} =>`, ...points.map(([t, text]) => `${text} @[${secondsText(t)}]`)].join('\n')
}

/** One line of bars per series, with its range of values. */
function graph(result: readonly Series[]): string {
  const rows = result.map(s => ({ name: metricText(s.metric), values: (s.values ?? (s.value === undefined ? [] : [s.value])).map(([, v]) => Number(v.replace('Inf', 'Infinity'))) }))
  const width = Math.min(60, Math.max(0, ...rows.map(r => r.name.length)))
  return rows.map(({ name, values }) => {
    const finite = values.filter(v => Number.isFinite(v))
    const range = finite.length === 0 ? '' : `  ${valueText(Math.min(...finite).toPrecision(4))} … ${valueText(Math.max(...finite).toPrecision(4))}`
    return `${name.padEnd(width)}  ${sparkline(values, 60)}${range}\n`
  }).join('')
}

/** Labels sorted by name, the metric's name among them. */
function labelSetText(labels: Metric): string {
  return `{${labelTexts(labels).join(', ')}}`
}

function labelTexts(labels: Metric): string[] {
  return Object.keys(labels).sort().map(key => `${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(key) ? key : goQuote(key)}=${goQuote(labels[key]!)}`)
}

/** A metric as Prometheus writes it, UTF-8 names quoted so that it can be read again. */
function metricText(metric: Metric): string {
  const { __name__: name, ...rest } = metric
  const labels = labelTexts(rest)
  if (name === undefined) return `{${labels.join(', ')}}`
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) return `{${[goQuote(name), ...labels].join(', ')}}`
  return labels.length === 0 ? name : `${name}{${labels.join(', ')}}`
}

function valueText(text: string): string {
  return /^[+-]?Inf$|^NaN$/.test(text) ? text : goFormatFloat(Number(text))
}

function secondsText(t: number): string {
  return goFormatFloat(Math.round(t * 1000) / 1000)
}

/** promtool's text of a histogram, from its JSON. */
function histogramText({ count, sum, buckets = [] }: HistogramJson): string {
  const brackets = ['(]', '[)', '()', '[]']
  const parts = buckets.map(([kind, from, to, n]) => `${brackets[kind]![0]!}${valueText(from)},${valueText(to)}${brackets[kind]![1]!}:${valueText(n)}`)
  return `Count: ${Number(count).toFixed(6)}, Sum: ${Number(sum).toFixed(6)}, Buckets: [${parts.join(' ')}]`
}
