import type { LocalText } from '@haechi/server'

/** What went wrong when asking the server, in the few kinds that a page tells apart. */
export type FailureKind =
  /** No answer at all: the server is gone, or the network is. */
  | 'unreachable'
  /** The server has just been started and can't answer yet. */
  | 'starting'
  /** A password is asked for. */
  | 'signIn'
  /** The server says that the request is wrong (4xx). */
  | 'refused'
  /** The query took longer than it may. */
  | 'timeout'
  /** The server failed (5xx). */
  | 'server'

/** A request that did not succeed. `message` is the server's own sentence, in English; empty when there was no answer. */
export class ApiFailure extends Error {
  readonly kind: FailureKind
  /** 0 without an answer. */
  readonly status: number
  /** Prometheus' `errorType`, e.g. `bad_data`. */
  readonly errorType: string
  readonly next: LocalText | undefined
  /** The message in both languages, where the server has it so. */
  readonly what: LocalText | undefined

  constructor(kind: FailureKind, status: number, errorType: string, message: string, next?: LocalText, options?: ErrorOptions & { readonly what?: LocalText }) {
    super(message, options)
    this.name = 'ApiFailure'
    this.kind = kind
    this.status = status
    this.errorType = errorType
    this.next = next
    this.what = options?.what
  }
}

/** Whether the request was given up by us: nothing to tell anyone. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

/** How every answer of a server begins that is not ready. */
const STARTING = 'Haechi is starting'

/** The failure that an answer's status and body mean. Bodies of all three APIs are understood (Prometheus, Grafana's `message`, plain text). */
export function failureOf(status: number, body: string): ApiFailure {
  let message = ''
  let errorType = ''
  let next: LocalText | undefined
  let what: LocalText | undefined
  try {
    const json = JSON.parse(body) as { error?: unknown; errorType?: unknown; message?: unknown; next?: unknown; what?: unknown }
    if (typeof json.error === 'string') message = json.error
    else if (typeof json.message === 'string') message = json.message
    if (typeof json.errorType === 'string') errorType = json.errorType
    if (typeof json.next === 'object' && json.next !== null) next = json.next as LocalText
    if (typeof json.what === 'object' && json.what !== null) what = json.what as LocalText
  } catch {
    // Not JSON: a proxy in between, or a plain text answer. HTML is not for people.
    if (!body.trimStart().startsWith('<')) message = body.trim().slice(0, 300)
  }
  const kind: FailureKind = status === 503 && message.startsWith(STARTING) ? 'starting' : status === 401 ? 'signIn' : errorType === 'timeout' || status === 504 ? 'timeout' : status >= 500 ? 'server' : 'refused'
  return new ApiFailure(kind, status, errorType, message, next, what === undefined ? {} : { what })
}

/** The place that a PromQL error names, `1:5: parse error: …`, as zero-based line and column; undefined if it names none. The text comes back without the place. */
export function errorPlace(message: string): { readonly line: number; readonly column: number; readonly text: string } | undefined {
  const match = /(?:^|\s)(\d{1,6}):(\d{1,6}): (?:parse error: )?(.*)$/s.exec(message)
  if (match === null) return undefined
  return { line: Number(match[1]) - 1, column: Number(match[2]) - 1, text: match[3]! }
}
