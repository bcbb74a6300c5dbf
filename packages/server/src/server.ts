import http from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, InjectOptions } from 'fastify'
import { goQuote } from '@haechi/model'
import type { ServerDeps, ServerOptions } from './deps.ts'
import { MAX_HEADER_BYTES } from './client-errors.ts'
import { compressAnswer } from './compression.ts'
import { unescapeQuery } from './request-params.ts'
import { FormBody, abortRequest, abortSignalOf, setRole, setUser } from './request-context.ts'
import { registerApiRoutes } from './prometheus/endpoint.ts'
import type { ApiHandler } from './prometheus/endpoint.ts'
import { registerManagement } from './prometheus/management.ts'
import { queryRoutes } from './prometheus/query.ts'
import { ruleRoutes } from './prometheus/rules.ts'
import { seriesRoutes } from './prometheus/series.ts'
import { adminRoutes } from './prometheus/admin.ts'
import { buildInfo, statusRoutes } from './prometheus/status.ts'
import { targetRoutes } from './prometheus/targets.ts'
import { selfMetrics } from './self-metrics.ts'
import { registerAlertmanagerApi } from './alertmanager/routes.ts'
import { registerAlertRules } from './grafana/alert-rules.ts'
import { registerProvisioningApi } from './grafana/provisioning.ts'
import { grafanaAddress, isGrafanaPath, registerGrafanaApi } from './grafana/routes.ts'
import { tryDataSource } from './own/data-source-test.ts'
import { OWN_API, registerOwnApi, sendApiError, tooMany } from './own/routes.ts'
import { API_ERRORS, ApiError, PrometheusError } from './errors.ts'
import { authenticator } from './security/auth.ts'
import { SECURITY_HEADERS } from './security/headers.ts'
import { registerUi } from './static-ui.ts'
import { hostAllowed, originAllowed } from './security/hosts.ts'
import { addressesOf, hostsOf, openListeners, prefixOf } from './listeners.ts'
import type { Answerer, Listeners } from './listeners.ts'

/** Where the values come from: Prometheus' own flags. */
export const DEFAULT_SERVER_OPTIONS = {
  listen: ['127.0.0.1:9090'],
  corsOrigin: '.*',
  queryTimeoutMs: 120_000,
  lookbackMs: 300_000,
  prometheusVersion: '3.5.3',
} as const

/** Largest form or JSON body. @see net/http `ParseForm` (10 MB) */
const MAX_BODY_BYTES = 10 << 20

/** What a request is answered with in tests. */
export interface InjectedAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly body: string
  readonly rawPayload: Buffer
}

/** The HTTP server: Prometheus' API, our own, and the UI. */
export interface HaechiServer {
  /**
   * Answers on the listeners given, which it closes in the end, or opens its own. @returns their URLs, with the ports that were taken
   * @throws ListenError naming the address when one can't be opened, or when it is open to others and no user is configured; then none stays open
   */
  listen(listeners?: Listeners): Promise<readonly string[]>
  /** Stops listening, lets requests under way finish for two seconds, then cuts them. */
  close(): Promise<void>
  /** Answers a request without a socket. */
  inject(request: InjectOptions): Promise<InjectedAnswer>
}

/** Paths whose POST only reads; they may be asked from other origins, as the CORS headers say. */
const READING_POSTS = new Set(['query', 'query_range', 'query_exemplars', 'format_query', 'parse_query', 'series', 'labels'].map(p => `/api/v1/${p}`))

/** Whether a request leaves everything as it is. */
function isReading(request: FastifyRequest, prefix: string): boolean {
  const path = pathBelow(request, prefix)
  return request.method === 'GET' || request.method === 'HEAD' || READING_POSTS.has(path) || path === `${OWN_API}/queries` || path === '/api/ds/query' || path.startsWith('/api/datasources/proxy/') || /^\/api\/datasources\/uid\/[\w-]+\/resources\//.test(path)
}

const MEDIA_TYPE = /^\s*[^\s/;,]+\/[^\s/;,]+\s*(?:;|$)/

/** Makes the server; nothing listens before `listen`. */
export function createServer(deps: ServerDeps, options: ServerOptions): HaechiServer {
  const nowMs = options.nowMs ?? Date.now
  const external = options.externalUrl === undefined ? undefined : new URL(options.externalUrl)
  const prefix = prefixOf(options)
  const addresses = addressesOf(options)
  const build = buildInfo(options.version, options.prometheusVersion ?? DEFAULT_SERVER_OPTIONS.prometheusVersion)
  const metrics = selfMetrics(deps, build, options.version)
  const open = new WeakSet<IncomingMessage>()
  let stopping = false
  let handle: RequestListener | undefined
  const auth = authenticator({ users: options.webConfig?.users ?? new Map(), sessions: deps.state.sessions, serviceAccounts: deps.state.serviceAccounts, nowMs })
  const secured = { ...SECURITY_HEADERS, ...options.webConfig?.headers }

  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    rewriteUrl: req => grafanaAddress(req.url ?? '/', prefix, uid => deps.state.dataSources.has(uid)),
    routerOptions: { maxParamLength: MAX_HEADER_BYTES, ignoreTrailingSlash: false },
    frameworkErrors: (_err, request, reply) => badUrl(request, reply as FastifyReply, prefix),
    serverFactory: listener => {
      handle = listener as RequestListener
      return http.createServer(handle)
    },
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_q, body, done) => done(null, new FormBody((body as Buffer).toString('latin1'))))
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_q, body, done) => done(null, body))
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_q, body, done) => done(null, body))

  const allowedHosts = hostsOf(addresses, external)

  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(secured)
    reply.raw.once('close', () => {
      if (!reply.raw.writableEnded) abortRequest(request)
    })
    // A listener that others can reach is protected by its password; there any name may stand in front of it.
    if (!open.has(request.raw) && !hostAllowed(request.headers.host, allowedHosts)) {
      refuse(request, reply, prefix, new ApiError('host_refused', `this server does not answer to the name ${JSON.stringify(String(request.headers.host ?? '').slice(0, 200))}`))
      return
    }
    // A body whose type can't be read is one without a form; the API of Prometheus does not refuse it.
    const type = request.headers['content-type']
    if (type !== undefined && !MEDIA_TYPE.test(type) && /^\/(?:api\/v1|-)\//.test(pathBelow(request, prefix))) request.headers['content-type'] = 'application/octet-stream'
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS' && !READING_POSTS.has(pathBelow(request, prefix))) {
      const { origin } = request.headers
      const crossSite = request.headers['sec-fetch-site'] === 'cross-site'
      if ((origin !== undefined && !originAllowed(origin, request.headers.host, external?.origin)) || (origin === undefined && crossSite)) {
        refuse(request, reply, prefix, new ApiError('origin_refused', 'a page of another site asked for a change'))
        return
      }
    }
    done()
  })
  if (auth.required) {
    app.addHook('onRequest', async (request, reply) => {
      if ((request.routeOptions.config as { open?: boolean }).open === true || request.method === 'OPTIONS') return
      const result = await auth.checkRequest(request.headers, request.ip)
      if (result.kind === 'ok') {
        setUser(request, result.user)
        if (result.role === undefined) return undefined
        setRole(request, result.role)
        return result.role === 'Viewer' && !isReading(request, prefix) ? refuse(request, reply, prefix, new ApiError('not_permitted', 'this token may only read')) : undefined
      }
      if (result.kind === 'wait') return refuse(request, reply, prefix, tooMany(reply, result.seconds))
      // A browser's own password window would stand before our sign-in page.
      if (request.headers['sec-fetch-mode'] === undefined || request.headers['sec-fetch-mode'] === 'navigate') reply.header('WWW-Authenticate', 'Basic')
      return refuse(request, reply, prefix, new ApiError('unauthorized', 'sign in first'))
    })
  }
  app.addHook('onSend', compressAnswer)
  app.addHook('onResponse', (request, reply, done) => {
    const bytes = Number(reply.getHeader('content-length') ?? 0)
    // As Prometheus names them: without the prefix.
    metrics.observe(request.routeOptions.url?.slice(prefix.length) || '/*', reply.statusCode, reply.elapsedTime / 1000, Number.isFinite(bytes) ? bytes : 0, request.method)
    done()
  })

  app.setErrorHandler((err, request, reply) => {
    const { statusCode = 500, message } = err as { statusCode?: number; message: string }
    if (statusCode >= 500) {
      // Who has gone cuts an answer that comes piece by piece: nothing failed, and nobody is there to be told.
      if (abortSignalOf(request).aborted) return reply
      deps.log.error({ err, path: request.routeOptions.url }, 'Answering a request failed')
      return refuse(request, reply, prefix, new ApiError('internal', 'internal error'))
    }
    if (statusCode === 413) return refuse(request, reply, prefix, new ApiError('body_too_large', 'the body is too large'))
    if (statusCode === 415) return refuse(request, reply, prefix, new ApiError('wrong_content_type', 'the content type is not supported'))
    return refuse(request, reply, prefix, new ApiError('bad_body', message))
  })
  app.setNotFoundHandler((request, reply) => (isGrafanaPath(pathBelow(request, prefix))
    ? reply.code(404).type('application/json').send('{"message":"Not found"}')
    : reply.code(404).type('text/plain; charset=utf-8').send('404 page not found\n')))

  const timeoutMs = options.queryTimeoutMs ?? DEFAULT_SERVER_OPTIONS.queryTimeoutMs
  const cors = new RegExp(`^(?:${options.corsOrigin ?? DEFAULT_SERVER_OPTIONS.corsOrigin})$`)
  const queries = queryRoutes(deps, { timeoutMs, nowMs })
  const answerers = new Map(queries.filter(r => r.path === '/query' || r.path === '/query_range').map(({ path, handler }): [string, ApiHandler] => [path.slice(1), req => {
    if (!deps.status.ready()) throw new PrometheusError('unavailable', 'Service Unavailable')
    return handler(req)
  }]))
  registerApiRoutes(app, prefix, [
    ...queries,
    ...seriesRoutes(deps, timeoutMs),
    ...targetRoutes(deps, options.externalUrl),
    ...ruleRoutes(deps),
    ...statusRoutes(deps, { build, nowMs, lifecycle: options.lifecycle === true, remoteWriteReceiver: options.remoteWriteReceiver === true, adminApi: options.adminApi === true }),
    ...adminRoutes(deps, options.adminApi === true),
  ], cors, deps.status.ready, deps.log)
  registerManagement(app, prefix, deps, { ...options, build, nowMs, lookbackMs: options.lookbackMs ?? DEFAULT_SERVER_OPTIONS.lookbackMs, stopping: () => stopping })
  app.route({ method: ['GET', 'HEAD'], url: `${prefix}/metrics`, handler: async (_q, reply) => reply.header('Content-Type', metrics.contentType).send(await metrics.render()) })

  registerOwnApi(app, deps, { auth, prefix, nowMs, answerers, tryDataSource: (body, signal) => tryDataSource(deps.state.dataSources, body, signal), secureCookie: () => options.webConfig?.tls !== undefined || external?.protocol === 'https:' })
  if (deps.alertmanager !== undefined) registerAlertmanagerApi(app, prefix, deps.alertmanager, { build, startedMs: deps.status.startedMs, log: deps.log, nowMs })
  if (deps.grafanaAlerting !== undefined) registerProvisioningApi(app, deps.grafanaAlerting, { prefix, log: deps.log })
  if (deps.grafanaRules !== undefined) registerAlertRules(app, deps.grafanaRules, { prefix, log: deps.log, reload: deps.lifecycle === undefined ? undefined : () => deps.lifecycle!.reload() })
  registerGrafanaApi(app, deps, { prefix, version: options.version, startedMs: deps.status.startedMs, nowMs })
  registerUi(app, prefix, options.webRoot)

  let listeners: Listeners | undefined
  const answerer: Answerer = (req, res, reachable) => {
    if (reachable) open.add(req)
    handle!(req, res)
  }
  const close = async (): Promise<void> => {
    stopping = true
    await listeners?.close()
    await app.close()
  }

  return {
    async listen(given) {
      listeners = given
      await app.ready()
      // Known before the first address is read.
      await deps.state.dataSources.list()
      try {
        listeners ??= await openListeners(addresses, prefix, options, answerer)
      } catch (err) {
        await close()
        throw err
      }
      listeners.answerWith(answerer)
      return listeners.urls
    },
    close,
    async inject(request) {
      const answer = await app.inject(request)
      return { statusCode: answer.statusCode, headers: answer.headers, body: answer.body, rawPayload: answer.rawPayload }
    },
  }
}

/** The same refusal in the form that the path's clients read. */
function refuse(request: FastifyRequest, reply: FastifyReply, prefix: string, err: ApiError): FastifyReply {
  const path = pathBelow(request, prefix)
  if (path.startsWith(`${OWN_API}/`)) return sendApiError(reply, err)
  if (isGrafanaPath(path) || path.startsWith('/api/v2/')) return reply.code(err.status).type('application/json').send(JSON.stringify({ message: err.code === 'unauthorized' ? 'Unauthorized' : err.message }))
  // What the real one says to a missing password.
  return reply.code(err.status).type('text/plain; charset=utf-8').send(err.code === 'unauthorized' ? 'Unauthorized\n' : `${err.message}\n${API_ERRORS[err.code].next.en}\n${API_ERRORS[err.code].next.ko}\n`)
}

function pathBelow(request: FastifyRequest, prefix: string): string {
  const path = (request.raw.url ?? '').split('?', 1)[0]!
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}

/** A path whose percent signs don't stand for UTF-8. Only a label's name has an answer of its own for that. */
function badUrl(request: FastifyRequest, reply: FastifyReply, prefix: string): void {
  const text = (status: number, body: string): void => void reply.code(status).type('text/plain; charset=utf-8').send(body)
  const path = (request.raw.url ?? '').split('?', 1)[0]!
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return text(400, '400 Bad Request')
  const name = path.startsWith(prefix) ? /^\/api\/v1\/label\/([^/]+)\/values$/.exec(path.slice(prefix.length))?.[1] : undefined
  if (name === undefined) return text(404, '404 page not found\n')
  if (request.method !== 'GET') {
    reply.header('Allow', 'GET, OPTIONS')
    return text(405, 'Method Not Allowed\n')
  }
  const quoted = goQuote(unescapeQuery(name.replaceAll('+', '%2B')).text)
  reply.code(400).type('application/json').header('Vary', 'Origin')
    .send(Buffer.from(JSON.stringify({ status: 'error', errorType: 'bad_data', error: `invalid label name: ${quoted}`.replace(/\p{Surrogate}/gu, '\ufffd') })))
}

