import { QueryError } from '@haechi/storage'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { lastingBody } from '../compression.ts'
import { abortSignalOf, paramsOf } from '../request-context.ts'
import { PrometheusError } from '../errors.ts'
import { goJson } from '../go-values.ts'
import type { RequestParams } from '../request-params.ts'
import type { ServerLog } from '../deps.ts'

/** What a handler gets. */
export interface ApiRequest {
  readonly params: RequestParams
  /** The value of the path's only parameter, '' if it has none. */
  readonly name: string
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

/** What a handler answers: data for the envelope, or a whole body that is already serialised. */
export type ApiResult =
  | { readonly data: unknown; readonly warnings?: readonly string[]; readonly infos?: readonly string[] }
  | { readonly body: Uint8Array }
  | { readonly noContent: true }

export type ApiHandler = (req: ApiRequest) => Promise<ApiResult> | ApiResult

/** One line of the route table. */
export interface ApiRoute {
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[]
  /** Below `/api/v1`. */
  readonly path: string
  readonly handler: ApiHandler
  /** Answers 503 until the data is readable. Default true. */
  readonly needsReady?: boolean
}

/** Most warnings, and most infos, in one answer. @see util/annotations */
const MAX_ANNOTATIONS = 10

function capped(list: readonly string[] | undefined, kind: string): readonly string[] | undefined {
  if (list === undefined || list.length === 0) return undefined
  return list.length <= MAX_ANNOTATIONS ? list : [...list.slice(0, MAX_ANNOTATIONS), `${list.length - MAX_ANNOTATIONS} more ${kind} annotations omitted`]
}

/** Status and body of an answer; 204: there is no body. */
export interface Outcome {
  readonly status: number
  readonly body: Buffer
}

const NOTHING = Buffer.alloc(0)

/** The one place that turns a handler's outcome into an answer. Never rejects. @param path  for the log */
export async function outcomeOf(handler: ApiHandler, request: ApiRequest, log: ServerLog, path: string | undefined): Promise<Outcome> {
  try {
    const result = await handler(request)
    if ('noContent' in result) return { status: 204, body: NOTHING }
    if ('body' in result) return { status: 200, body: lastingBody(result.body) }
    return { status: 200, body: jsonBody({ status: 'success', data: result.data, warnings: capped(result.warnings, 'warning'), infos: capped(result.infos, 'info') }) }
  } catch (err) {
    const e = toPrometheusError(err)
    if (e === undefined) log.error({ err, path }, 'Answering an API request failed')
    const shown = e ?? new PrometheusError('internal', 'internal error')
    return { status: shown.status, body: jsonBody({ status: 'error', errorType: shown.type, error: shown.message }) }
  }
}

/** Sends the outcome. */
async function answer(handler: ApiHandler, request: FastifyRequest, reply: FastifyReply, log: ServerLog): Promise<FastifyReply> {
  const path = request.params as Readonly<Record<string, string>>
  const { status, body } = await outcomeOf(handler, { params: paramsOf(request), name: path['name'] ?? '', signal: abortSignalOf(request) }, log, request.routeOptions.url)
  reply.code(status)
  return status === 204 ? reply.send() : reply.type('application/json').send(body)
}

/** As bytes: to a text fastify adds a charset, which Prometheus does not send. */
function jsonBody(value: unknown): Buffer {
  return Buffer.from(goJson(value))
}

/** Undefined for what is neither the user's fault nor a known failure of the engine. */
export function toPrometheusError(err: unknown): PrometheusError | undefined {
  if (err instanceof PrometheusError) return err
  if (err instanceof QueryError) return new PrometheusError(err.kind, err.message)
  return undefined
}

/** What fastify knows routes for. */
export const ALL_METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Registers the routes below `prefix`, and 405 with `Allow` for every other method of their paths. */
export function registerApiRoutes(app: FastifyInstance, prefix: string, routes: readonly ApiRoute[], cors: RegExp, ready: () => boolean, log: ServerLog): void {
  const byPath = new Map<string, ApiRoute[]>()
  for (const r of routes) byPath.set(r.path, [...(byPath.get(r.path) ?? []), r])
  const setCors = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.header('Vary', 'Origin')
    const origin = request.headers.origin
    if (origin === undefined || !cors.test(origin)) return
    reply.header('Access-Control-Allow-Headers', 'Accept, Authorization, Content-Type, Origin')
    reply.header('Access-Control-Allow-Methods', 'GET, POST, OPTIONS')
    reply.header('Access-Control-Allow-Origin', origin)
    reply.header('Access-Control-Expose-Headers', 'Date')
  }
  for (const [path, list] of byPath) {
    const url = `${prefix}/api/v1${path}`
    const methods = list.flatMap(r => r.methods)
    for (const r of list) {
      app.route({
        method: [...r.methods],
        url,
        handler: (request, reply) => {
          setCors(request, reply)
          if (r.needsReady !== false && !ready()) return reply.code(503).type('text/plain; charset=utf-8').send('Service Unavailable')
          return answer(r.handler, request, reply, log)
        },
      })
    }
    app.route({
      method: 'OPTIONS',
      url,
      handler: (request, reply) => {
        setCors(request, reply)
        return reply.code(204).send()
      },
    })
    const allow = [...new Set([...methods, 'OPTIONS'])].sort()
    app.route({
      method: ALL_METHODS.filter(m => !allow.includes(m as 'GET')),
      url,
      handler: (_request, reply) => reply.code(405).header('Allow', allow.join(', ')).type('text/plain; charset=utf-8').send('Method Not Allowed\n'),
    })
  }
}
