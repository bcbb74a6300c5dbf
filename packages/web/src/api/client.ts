import { takeEarly } from '../boot/early.ts'
import { ApiFailure, failureOf, isAbort } from './failure.ts'
import { requestQueue } from './request-queue.ts'

/** Where the server is: the folder of the page, so that a route prefix needs no configuration here. Ends with `/`. */
export function baseUrl(): string {
  return new URL('./', document.baseURI).href
}

/** The path under which the UI is served, without its closing `/`; `''` at the root. */
export function basePath(): string {
  return new URL('./', document.baseURI).pathname.replace(/\/$/, '')
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

/** @param told  statuses of failures whose answers say for themselves what failed */
async function sendForText(path: string, init: RequestInit, told: readonly number[] = []): Promise<{ readonly status: number; readonly body: string }> {
  let response: Response
  let body: string
  try {
    response = await (init.method === undefined && takeEarly(path) || fetch(new URL(path, baseUrl()), { credentials: 'same-origin', ...init }))
    body = await response.text()
  } catch (err) {
    if (isAbort(err)) throw err
    throw new ApiFailure('unreachable', 0, '', '', undefined, { cause: err })
  }
  if (!response.ok && !(told.includes(response.status) && body.startsWith('{"results"'))) {
    const failure = failureOf(response.status, body)
    if (response.status === 401) onSignIn()
    throw failure
  }
  return { status: response.status, body }
}

function jsonOf({ status, body }: { readonly status: number; readonly body: string }): unknown {
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

/**
 * As `postForm`, for answers that may be read faster than as JSON.
 * @param read  what the text says; undefined where it can't tell: then it is read as JSON and given to `fallback` without Prometheus' envelope
 */
export async function postFormRead<T, J>(path: string, params: Params, read: (text: string) => T | undefined, fallback: (json: J) => T, signal?: AbortSignal): Promise<T> {
  return await enqueue(async () => {
    const answer = await sendForText(path, { method: 'POST', body: encodeParams(params), ...(signal === undefined ? {} : { signal }) })
    return read(answer.body) ?? fallback(unwrap(jsonOf(answer)) as J)
  }, signal)
}

/** Changes something. Does not wait behind the page's queries. @throws ApiFailure */
export async function sendJson<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = body === undefined
    ? { method, headers: { 'X-Requested-With': 'haechi', ...headers } }
    : { method, headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'haechi', ...headers }, body: JSON.stringify(body) }
  return unwrap(await send(path, signal === undefined ? init : { ...init, signal })) as T
}
