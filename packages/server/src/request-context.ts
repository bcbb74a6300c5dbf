import type { FastifyRequest } from 'fastify'
import type { Role } from './state/service-accounts.ts'
import { RequestParams } from './request-params.ts'

/** What the server knows about a request beside what fastify knows. */
interface RequestContext {
  params?: RequestParams
  abort?: AbortController
  user?: string
  role?: Role
}

const CONTEXTS = new WeakMap<FastifyRequest, RequestContext>()

function contextOf(request: FastifyRequest): RequestContext {
  let context = CONTEXTS.get(request)
  if (context === undefined) {
    context = {}
    CONTEXTS.set(request, context)
  }
  return context
}

/** A form body as the content-type parser hands it over. */
export class FormBody {
  /** latin1: a character for each byte. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** The parameters of the query and, for a form request, of the body. */
export function paramsOf(request: FastifyRequest): RequestParams {
  const context = contextOf(request)
  if (context.params === undefined) {
    const url = request.raw.url ?? ''
    const at = url.indexOf('?')
    context.params = new RequestParams(at < 0 ? '' : url.slice(at + 1), request.body instanceof FormBody ? request.body.text : '')
  }
  return context.params
}

/** Aborted when the client closes the connection before the answer is complete. */
export function abortSignalOf(request: FastifyRequest): AbortSignal {
  return (contextOf(request).abort ??= new AbortController()).signal
}

/** Ends the work for a request. */
export function abortRequest(request: FastifyRequest): void {
  const context = contextOf(request)
  context.abort ??= new AbortController()
  context.abort.abort()
}

/** Remembers who sent a request. */
export function setUser(request: FastifyRequest, user: string): void {
  contextOf(request).user = user
}

/** Who sent a request; `''` where nobody signs in. */
export function userOf(request: FastifyRequest): string {
  return contextOf(request).user ?? ''
}

/** Remembers what the sender may do. */
export function setRole(request: FastifyRequest, role: Role): void {
  contextOf(request).role = role
}

/** What the sender of a request may do: people everything, tokens what their account may. */
export function roleOf(request: FastifyRequest): Role {
  return contextOf(request).role ?? 'Admin'
}
