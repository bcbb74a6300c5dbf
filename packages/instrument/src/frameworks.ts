import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpMetrics } from './http-metrics.ts'
import type { HttpMetricsOptions, RequestInFlight } from './http-metrics.ts'

/* The frameworks' types are written here as far as they are used, so that nobody needs a framework installed that the app does not use. */

interface ExpressRequest extends IncomingMessage {
  readonly originalUrl?: string
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown }
}
/** An Express (or Connect, or NestJS on Express) middleware. */
export type ExpressMiddleware = (req: IncomingMessage, res: ServerResponse, next: (err?: unknown) => void) => void

interface FastifyRequestLike {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly routeOptions?: { readonly url?: string | undefined }
  readonly raw: IncomingMessage
}
interface FastifyReplyLike {
  readonly statusCode: number
  code(status: number): FastifyReplyLike
  type(contentType: string): FastifyReplyLike
  send(body: unknown): FastifyReplyLike
  getHeader(name: string): unknown
}
interface FastifyLike {
  addHook(name: 'onRequest', hook: (req: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void): unknown
  addHook(name: 'onResponse', hook: (req: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void): unknown
  addHook(name: 'onRequestAbort', hook: (req: FastifyRequestLike, done: () => void) => void): unknown
  get(path: string, handler: (req: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>): unknown
}
/** A Fastify plugin. */
export type FastifyPlugin = (app: FastifyLike, options: unknown, done: (err?: Error) => void) => void

interface KoaContextLike {
  readonly req: IncomingMessage
  readonly method: string
  readonly path: string
  readonly _matchedRoute?: unknown
  readonly response: { readonly length?: number | undefined }
  status: number
  type: string
  body: unknown
}
/** A Koa middleware. */
export type KoaMiddleware = (ctx: KoaContextLike, next: () => Promise<void>) => Promise<void>

interface HonoContextLike {
  readonly req: { readonly method: string; readonly path: string; header(name: string): string | undefined; readonly matchedRoutes?: readonly { readonly path: string; readonly method: string }[]; readonly routePath?: string }
  readonly res: Response
  readonly env?: unknown
}
/** A Hono middleware; answers the metrics path itself. */
export type HonoMiddleware = (ctx: HonoContextLike, next: () => Promise<void>) => Promise<Response | undefined>

/** The metrics of one app, with a way into each framework. */
export interface Instrument {
  readonly metrics: HttpMetrics
  /** `app.use(metrics.express)`: first of all middlewares. Answers the metrics path, counts everything else. Also for NestJS and plain Connect. */
  readonly express: ExpressMiddleware
  /** `app.register(metrics.fastify)`: before the routes. */
  readonly fastify: FastifyPlugin
  /** `app.use(metrics.koa)`: first. With @koa/router the handler is its pattern. */
  readonly koa: KoaMiddleware
  /** `app.use(metrics.hono)`: first. */
  readonly hono: HonoMiddleware
}

/** Makes the metrics of an app. One call and one line in the app: `app.use(instrument().express)`. */
export function instrument(options: HttpMetricsOptions = {}): Instrument {
  const metrics = new HttpMetrics(options)
  return { metrics, express: expressMiddleware(metrics), fastify: fastifyPlugin(metrics), koa: koaMiddleware(metrics), hono: honoMiddleware(metrics) }
}

function contentLength(value: unknown): number {
  const n = Number(value ?? 0)
  return Number.isFinite(n) && n > 0 ? n : 0
}

function expressMiddleware(metrics: HttpMetrics): ExpressMiddleware {
  return (rawRequest, res, next) => {
    const req: ExpressRequest = rawRequest
    const path = req.originalUrl ?? req.url ?? '/'
    if (req.method === 'GET' && path.split('?')[0] === metrics.path) {
      metrics.respond(req.socket.remoteAddress).then(answer => {
        res.statusCode = answer.status
        res.setHeader('Content-Type', answer.contentType)
        res.end(answer.body)
      }, next)
      return
    }
    const flight = metrics.begin(req.method ?? 'GET', path, contentLength(req.headers['content-length']))
    if (flight !== undefined) {
      // `close` comes after `finish`, and alone when the client went away.
      res.once('close', () => flight.end(expressHandler(req), res.writableFinished ? res.statusCode : 499, contentLength(res.getHeader('content-length'))))
    }
    next()
  }
}

function expressHandler(req: ExpressRequest): string | undefined {
  const pattern = req.route?.path
  if (pattern === undefined) return undefined
  const text = Array.isArray(pattern) ? pattern.map(String).join(',') : String(pattern)
  return `${req.baseUrl ?? ''}${text}` || '/'
}

function fastifyPlugin(metrics: HttpMetrics): FastifyPlugin {
  const flights = new WeakMap<IncomingMessage, RequestInFlight>()
  const plugin: FastifyPlugin = (app, _options, done) => {
    app.addHook('onRequest', (req, _reply, next) => {
      const flight = metrics.begin(req.method, req.url, contentLength(req.headers['content-length']))
      if (flight !== undefined) flights.set(req.raw, flight)
      next()
    })
    app.addHook('onResponse', (req, reply, next) => {
      flights.get(req.raw)?.end(req.routeOptions?.url, reply.statusCode, contentLength(reply.getHeader('content-length')))
      next()
    })
    app.addHook('onRequestAbort', (req, next) => {
      flights.get(req.raw)?.end(req.routeOptions?.url, 499)
      next()
    })
    app.get(metrics.path, async (req, reply) => {
      const answer = await metrics.respond(req.raw.socket.remoteAddress)
      return reply.code(answer.status).type(answer.contentType).send(answer.body)
    })
    done()
  }
  // Fastify's sign for a plugin whose hooks hold for the whole app, not only for routes inside it.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'haechi-instrument' })
}

function koaMiddleware(metrics: HttpMetrics): KoaMiddleware {
  return async (ctx, next) => {
    if (ctx.method === 'GET' && ctx.path === metrics.path) {
      const answer = await metrics.respond(ctx.req.socket.remoteAddress)
      ctx.status = answer.status
      ctx.type = answer.contentType
      ctx.body = answer.body
      return
    }
    const flight = metrics.begin(ctx.method, ctx.path, contentLength(ctx.req.headers['content-length']))
    let status = 500 // what Koa answers when the error leaves the middlewares
    try {
      await next()
      status = ctx.status
    } catch (err) {
      const given = (err as { status?: unknown } | undefined)?.status
      if (typeof given === 'number' && given >= 400 && given < 600) status = given
      throw err
    } finally {
      flight?.end(typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : undefined, status, contentLength(ctx.response.length))
    }
  }
}

function honoMiddleware(metrics: HttpMetrics): HonoMiddleware {
  return async (ctx, next) => {
    if (ctx.req.method === 'GET' && ctx.req.path === metrics.path) {
      const answer = await metrics.respond(honoRemoteAddress(ctx.env))
      return new Response(answer.body, { status: answer.status, headers: { 'Content-Type': answer.contentType } })
    }
    const flight = metrics.begin(ctx.req.method, ctx.req.path, contentLength(ctx.req.header('content-length')))
    let thrown = true
    try {
      await next()
      thrown = false
    } finally {
      // Middlewares are routes too; the handler is the last match that is not for every method.
      const matched = ctx.req.matchedRoutes?.filter(route => route.method !== 'ALL').at(-1)?.path
      flight?.end(matched, thrown ? 500 : ctx.res.status, contentLength(ctx.res.headers.get('content-length')))
    }
    return undefined
  }
}

/** On Node, Hono's `env` holds the request. */
function honoRemoteAddress(env: unknown): string | undefined {
  const incoming = (env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming
  return incoming?.socket?.remoteAddress
}
