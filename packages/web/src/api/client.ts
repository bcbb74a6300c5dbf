import { takeEarly, takeEarlyAnswer } from '../boot/early.ts'
import { questionAddress } from './first-questions.ts'
import { ApiFailure, failureOf, isAbort } from './failure.ts'
import { questionBatch, readAnswers } from './question-batch.ts'
import type { TextAnswer } from './question-batch.ts'
import { requestQueue } from './request-queue.ts'
import { taskQueue } from '../state/next-task.ts'

/** Where the server is: the folder of the page, so that a route prefix needs no configuration here. Ends with `/`. */
export function baseUrl(): string {
  return new URL('./', document.baseURI).href
}

/** The path under which the UI is served, without its closing `/`; `''` at the root. */
export function basePath(): string {
  return new URL('./', document.baseURI).pathname.replace(/\/$/, '')
}

/** Where Prometheus' API of a data source is, below the server's root; ours without a uid. */
export function apiOf(source: string | undefined): string {
  return source === undefined ? 'api/v1' : `api/datasources/proxy/uid/${encodeURIComponent(source)}/api/v1`
}

/** Parameters of a request; undefined members are left out, arrays are repeated. */
export type Params = Readonly<Record<string, string | number | readonly string[] | undefined>>

function encodeParams(params: Params): URLSearchParams {
  const out = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue
    if (typeof value === 'object') for (const v of value) out.append(name, v)
    else out.set(name, String(value))
  }
  return out
}

const enqueue = requestQueue(5)

let onSignIn: () => void = () => {}

/** Says what happens when the server asks for a password. One page, one listener. */
export function listenForSignIn(listener: () => void): void {
  onSignIn = listener
}

/** @throws ApiFailure where nobody answers */
async function fetchHere<T>(path: string, init: RequestInit, read: (response: Response) => Promise<T>): Promise<T> {
  try {
    return await read(await (init.method === undefined && takeEarly(path) || fetch(new URL(path, baseUrl()), { credentials: 'same-origin', ...init })))
  } catch (err) {
    if (isAbort(err) || err instanceof ApiFailure) throw err
    throw new ApiFailure('unreachable', 0, '', '', undefined, { cause: err })
  }
}

/** The failure of an answer, which has somebody sign in where that is asked for. */
function failed({ status, body }: TextAnswer): ApiFailure {
  if (status === 401) onSignIn()
  return failureOf(status, body)
}

/** @param told  statuses of failures whose answers say for themselves what failed */
async function sendForText(path: string, init: RequestInit, told: readonly number[] = []): Promise<TextAnswer> {
  const answer = await fetchHere(path, init, async response => ({ status: response.status, body: await response.text() }))
  if (!isGood(answer.status) && !(told.includes(answer.status) && answer.body.startsWith('{"results"'))) throw failed(answer)
  return answer
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300
}

let later: ((run: () => void) => void) | undefined

/** Questions to `api/v1/query` and `api/v1/query_range`. */
const ask = questionBatch({
  one: (path, params, signal) => enqueue(() => sendForText(`api/v1/${path}`, { method: 'POST', body: params, ...(signal === undefined ? {} : { signal }) }), signal),
  several: (addresses, onAnswer, signal) => enqueue(() => {
    const init: RequestInit = { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'haechi' }, body: JSON.stringify({ queries: addresses }), signal }
    return fetchHere('api/haechi/v1/queries', init, async response => {
      if (!response.ok) throw failed({ status: response.status, body: await response.text() })
      const nextTask = later ??= taskQueue()
      await readAnswers(response.body!.getReader(), addresses.length, onAnswer, () => new Promise(nextTask), () => performance.now())
    })
  }, signal),
})

/** Where questions about samples go. */
export type QuestionPath = 'query' | 'query_range'

/**
 * Asks for samples, together with what else is asked in the same moment.
 * @param read      what the text says; undefined where it can't tell: then it is read as JSON and given to `fallback` without Prometheus' envelope. Absent: the JSON itself
 * @throws ApiFailure; the signal's reason when aborted
 */
export async function askSamples<J, T = J>(path: QuestionPath, params: Params, signal?: AbortSignal, read?: (text: string) => T | undefined, fallback: (json: J) => T = json => json as unknown as T): Promise<T> {
  const form = encodeParams(params)
  const take = (answer: TextAnswer): T => {
    if (!isGood(answer.status)) throw failed(answer)
    return read?.(answer.body) ?? fallback(unwrap(jsonOf(answer)) as J)
  }
  const early = takeEarlyAnswer(questionAddress(path === 'query', form))
  if (early === undefined) return await ask(path, form, take, signal)
  let answer: TextAnswer
  try {
    answer = await early
  } catch {
    signal?.throwIfAborted()
    return await ask(path, form, take, signal)
  }
  signal?.throwIfAborted()
  return take(answer)
}

/** As `askSamples`, of a data source; of our own storage without a uid. */
export async function askSamplesOf<J, T = J>(source: string | undefined, path: QuestionPath, params: Params, signal?: AbortSignal, read?: (text: string) => T | undefined, fallback: (json: J) => T = json => json as unknown as T): Promise<T> {
  if (source === undefined) return await askSamples(path, params, signal, read, fallback)
  return fallback(await postForm<J>(`${apiOf(source)}/${path}`, params, signal))
}

function jsonOf({ status, body }: TextAnswer): unknown {
  if (body === '') return undefined
  try {
    return JSON.parse(body) as unknown
  } catch (err) {
    throw new ApiFailure('server', status, '', 'The answer is not JSON.', undefined, { cause: err })
  }
}

async function send(path: string, init: RequestInit, told: readonly number[] = []): Promise<unknown> {
  return jsonOf(await sendForText(path, init, told))
}

/** Takes Prometheus' envelope off (`{status, data}`); our own API answers bare objects. */
function unwrap(answer: unknown): unknown {
  if (typeof answer === 'object' && answer !== null && 'status' in answer && 'data' in answer && answer.status === 'success') return answer.data
  return answer
}

/**
 * Asks the server for JSON. Waits for its turn among the page's requests.
 * @throws ApiFailure; the signal's reason when aborted
 */
export async function getJson<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const query = encodeParams(params).toString()
  const url = query === '' ? path : `${path}?${query}`
  return await enqueue(async () => unwrap(await send(url, signal === undefined ? {} : { signal })) as T, signal)
}

/** Asks with a form body, as Prometheus takes queries: they may be longer than an address may be. @throws as `getJson` */
export async function postForm<T>(path: string, params: Params, signal?: AbortSignal): Promise<T> {
  return await enqueue(async () => unwrap(await send(path, { method: 'POST', body: encodeParams(params), ...(signal === undefined ? {} : { signal }) })) as T, signal)
}

/** Asks with a JSON body. @param told  statuses whose answers hold the failures of their parts @throws as `getJson` */
export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal, told: readonly number[] = []): Promise<T> {
  const init: RequestInit = { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'haechi' }, body: JSON.stringify(body), ...(signal === undefined ? {} : { signal }) }
  return await enqueue(async () => unwrap(await send(path, init, told)) as T, signal)
}

/** Changes something. Does not wait behind the page's queries. @throws ApiFailure */
export async function sendJson<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = body === undefined
    ? { method, headers: { 'X-Requested-With': 'haechi', ...headers } }
    : { method, headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'haechi', ...headers }, body: JSON.stringify(body) }
  return unwrap(await send(path, signal === undefined ? init : { ...init, signal })) as T
}
