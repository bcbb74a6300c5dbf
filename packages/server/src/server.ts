import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, InjectOptions } from 'fastify'
import { goQuote } from '@haechi/model'
import type { ServerDeps, ServerOptions } from './deps.ts'
import { compressAnswer } from './compression.ts'
import { FormBody, abortRequest, setUser } from './request-context.ts'
import { registerApiRoutes } from './prometheus/endpoint.ts'
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
import { registerGrafanaApi, withoutDataSourceProxy } from './grafana/routes.ts'
import { OWN_API, registerOwnApi, sendApiError, tooMany } from './own/routes.ts'
import { API_ERRORS, ApiError } from './errors.ts'
import { authenticator } from './security/auth.ts'
import { SECURITY_HEADERS } from './security/headers.ts'
import { registerUi } from './static-ui.ts'
import { hostAllowed, hostOf, isLoopback, originAllowed, parseListenAddress } from './security/hosts.ts'
import type { ListenAddress } from './security/hosts.ts'

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
/** How long requests under way may take to finish when the server closes. */
const CLOSE_GRACE_MS = 2000

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
   * Opens the listeners. @returns their URLs, with the ports that were taken
   * @throws ListenError naming the address when one can't be opened, or when it is open to others and no user is configured; then none stays open
   */
  listen(): Promise<readonly string[]>
  /** Stops listening, lets requests under way finish for two seconds, then cuts them. */
  close(): Promise<void>
  /** Answers a request without a socket. */
  inject(request: InjectOptions): Promise<InjectedAnswer>
}

/** Paths whose POST only reads; they may be asked from other origins, as the CORS headers say. */
const READING_POSTS = new Set(['query', 'query_range', 'query_exemplars', 'format_query', 'parse_query', 'series', 'labels'].map(p => `/api/v1/${p}`))

/** Makes the server; nothing listens before `listen`. */
export function createServer(deps: ServerDeps, options: ServerOptions): HaechiServer {
  const nowMs = options.nowMs ?? Date.now
  const external = options.externalUrl === undefined ? undefined : new URL(options.externalUrl)
  const prefix = routePrefix(options.routePrefix ?? external?.pathname ?? '/')
  const addresses = (options.listen ?? DEFAULT_SERVER_OPTIONS.listen).map(parseListenAddress)
  const build = buildInfo(options.version, options.prometheusVersion ?? DEFAULT_SERVER_OPTIONS.prometheusVersion)
  const metrics = selfMetrics(deps, build, options.version)
  const open = new WeakSet<IncomingMessage>()
  let stopping = false
  let handle: RequestListener | undefined
  const auth = authenticator({ users: options.webConfig?.users ?? new Map(), sessions: deps.state.sessions, nowMs })
  const secured = { ...SECURITY_HEADERS, ...options.webConfig?.headers }

  const app: FastifyInstance = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    rewriteUrl: req => withoutDataSourceProxy(req.url ?? '/', prefix),
    routerOptions: { maxParamLength: 10_000, ignoreTrailingSlash: false },
    frameworkErrors: (_err, request, reply) => badUrl(request, reply as FastifyReply, prefix),
    serverFactory: listener => {
      handle = listener as RequestListener
      return http.createServer(handle)
    },
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_q, body, done) => done(null, new FormBody(body as string)))
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_q, body, done) => done(null, body))
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_q, body, done) => done(null, body))

  const allowedHosts = new Set<string>(addresses.map(a => a.host.toLowerCase()).filter(h => h !== ''))
  if (external !== undefined) {
    const host = hostOf(external.host)
    if (host !== undefined) allowedHosts.add(host)
  }

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
      if (result.kind === 'ok') return setUser(request, result.user)
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
    metrics.observe(request.routeOptions.url?.slice(prefix.length) || '/*', reply.statusCode, reply.elapsedTime / 1000, Number.isFinite(bytes) ? bytes : 0)
    done()
  })

  app.setErrorHandler((err, request, reply) => {
    const { statusCode = 500, message } = err as { statusCode?: number; message: string }
    if (statusCode >= 500) {
      deps.log.error({ err, path: request.routeOptions.url }, 'Answering a request failed')
      return refuse(request, reply, prefix, new ApiError('internal', 'internal error'))
    }
    if (statusCode === 413) return refuse(request, reply, prefix, new ApiError('body_too_large', 'the body is too large'))
    if (statusCode === 415) return refuse(request, reply, prefix, new ApiError('wrong_content_type', 'the content type is not supported'))
    return refuse(request, reply, prefix, new ApiError('bad_body', message))
  })
  app.setNotFoundHandler((_q, reply) => reply.code(404).type('text/plain; charset=utf-8').send('404 page not found\n'))

  const timeoutMs = options.queryTimeoutMs ?? DEFAULT_SERVER_OPTIONS.queryTimeoutMs
  const cors = new RegExp(`^(?:${options.corsOrigin ?? DEFAULT_SERVER_OPTIONS.corsOrigin})$`)
  registerApiRoutes(app, prefix, [
    ...queryRoutes(deps, { timeoutMs, nowMs }),
    ...seriesRoutes(deps, timeoutMs),
    ...targetRoutes(deps, options.externalUrl),
    ...ruleRoutes(deps),
    ...statusRoutes(deps, { build, nowMs, lifecycle: options.lifecycle === true, remoteWriteReceiver: options.remoteWriteReceiver === true, adminApi: options.adminApi === true }),
    ...adminRoutes(deps, options.adminApi === true),
  ], cors, deps.status.ready, deps.log)
  registerManagement(app, prefix, deps, { ...options, build, nowMs, lookbackMs: options.lookbackMs ?? DEFAULT_SERVER_OPTIONS.lookbackMs, stopping: () => stopping })
  app.route({ method: ['GET', 'HEAD'], url: `${prefix}/metrics`, handler: async (_q, reply) => reply.header('Content-Type', metrics.contentType).send(await metrics.render()) })

  registerOwnApi(app, deps, { auth, prefix, nowMs, secureCookie: () => options.webConfig?.tls !== undefined || external?.protocol === 'https:' })
  if (deps.alertmanager !== undefined) registerAlertmanagerApi(app, prefix, deps.alertmanager, { build, startedMs: deps.status.startedMs, log: deps.log, nowMs })
  if (deps.grafanaAlerting !== undefined) registerProvisioningApi(app, deps.grafanaAlerting, { prefix, log: deps.log })
  if (deps.grafanaRules !== undefined) registerAlertRules(app, deps.grafanaRules, { prefix, log: deps.log, reload: deps.lifecycle === undefined ? undefined : () => deps.lifecycle!.reload() })
  registerGrafanaApi(app, deps, { prefix, version: options.version, startedMs: deps.status.startedMs, nowMs })
  registerUi(app, prefix, options.webRoot)

  const servers: Server[] = []
  const openListener = (address: ListenAddress): Promise<string> => new Promise((resolve, reject) => {
    const reachable = !isLoopback(address.host)
    const listener: RequestListener = (req, res) => {
      if (reachable) open.add(req)
      handle!(req, res)
    }
    const tls = options.webConfig?.tls
    const server: Server = tls === undefined ? http.createServer(listener) : https.createServer({
      cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile), minVersion: tls.minVersion, maxVersion: tls.maxVersion,
      ...(tls.clientCaFile === undefined ? {} : { ca: readFileSync(tls.clientCaFile) }),
      requestCert: tls.clientAuth !== 'none', rejectUnauthorized: tls.clientAuth === 'require',
    }, listener)
    server.headersTimeout = 30_000
    server.requestTimeout = 120_000
    server.maxConnections = 512
    server.once('error', err => reject(new ListenError(listenProblem(address, err), { cause: err })))
    server.listen({ port: address.port, ...(address.host === '' ? {} : { host: address.host }) }, () => {
      servers.push(server)
      const bound = server.address() as AddressInfo
      const host = address.host === '' ? 'localhost' : address.host.includes(':') ? `[${address.host}]` : address.host
      resolve(`${tls === undefined ? 'http' : 'https'}://${host}:${bound.port}${prefix}`)
    })
  })

  const close = async (): Promise<void> => {
    stopping = true
    const closing = servers.splice(0).map(server => new Promise<void>(resolve => {
      const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
      server.close(() => {
        clearTimeout(cut)
        resolve()
      })
      server.closeIdleConnections()
    }))
    await Promise.all(closing)
    await app.close()
  }

  return {
    async listen() {
      const exposed = addresses.find(a => !isLoopback(a.host))
      if (exposed !== undefined && !auth.required) throw new ListenError(`${exposed.host === '' ? 'every address' : exposed.host} (port ${exposed.port}) can be reached by others, so a password is required: name a file with basic_auth_users by --web.config.file, or listen on 127.0.0.1 only`)
      await app.ready()
      const urls: string[] = []
      try {
        for (const address of addresses) urls.push(await openListener(address))
      } catch (err) {
        await close()
        throw err
      }
      return urls
    },
    close,
    async inject(request) {
      const answer = await app.inject(request)
      return { statusCode: answer.statusCode, headers: answer.headers, body: answer.body, rawPayload: answer.rawPayload }
    },
  }
}

/** A listener could not be opened, or was refused because others could read everything without a password. The message is one sentence for the user. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenError'
  }
}

function listenProblem({ host, port }: ListenAddress, err: NodeJS.ErrnoException): string {
  const where = `cannot listen on ${host.includes(':') ? `[${host}]` : host}:${port}`
  switch (err.code) {
    case 'EADDRINUSE': return `${where}: the port is in use by another program; stop that one or choose another port with --web.listen-address`
    case 'EACCES': return `${where}: no permission to use this port; ports below 1024 are the administrator's, choose a higher one with --web.listen-address`
    case 'EADDRNOTAVAIL': return `${where}: this machine has no such address; 127.0.0.1 is always there`
    case 'ENOTFOUND': return `${where}: no such host`
    default: return `${where}: ${err.message}`
  }
}

/** The same refusal in the form that the path's clients read. */
function refuse(request: FastifyRequest, reply: FastifyReply, prefix: string, err: ApiError): FastifyReply {
  const path = pathBelow(request, prefix)
  if (path.startsWith(`${OWN_API}/`)) return sendApiError(reply, err)
  if (path.startsWith('/api/') && !path.startsWith('/api/v1/')) return reply.code(err.status).type('application/json').send(JSON.stringify({ message: err.code === 'unauthorized' ? 'Unauthorized' : err.message }))
  // What the real one says to a missing password.
  return reply.code(err.status).type('text/plain; charset=utf-8').send(err.code === 'unauthorized' ? 'Unauthorized\n' : `${err.message}\n${API_ERRORS[err.code].next.en}\n${API_ERRORS[err.code].next.ko}\n`)
}

/** `/haechi/` and `haechi` become `/haechi`, `/` becomes ''. */
export function routePrefix(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, '')
  return trimmed === '' ? '' : `/${trimmed}`
}

function pathBelow(request: FastifyRequest, prefix: string): string {
  const path = (request.raw.url ?? '').split('?', 1)[0]!
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}

/** A path whose percent signs can't be decoded. Only a label's name has an answer of its own for that. */
function badUrl(request: FastifyRequest, reply: FastifyReply, prefix: string): void {
  const name = new RegExp(`^${prefix}/api/v1/label/([^/?]+)/values(?:\\?|$)`).exec(request.raw.url ?? '')?.[1]
  if (name === undefined) {
    reply.code(400).type('text/plain; charset=utf-8').send('400 bad path\n')
    return
  }
  const quoted = goQuote(name).replace(/%([0-9a-fA-F]{2})/g, (_m, hex: string) => {
    const code = Number.parseInt(hex, 16)
    return code >= 0x80 ? `\\x${hex.toLowerCase()}` : String.fromCharCode(code)
  })
  reply.code(400).type('application/json').header('Vary', 'Origin')
    .send(Buffer.from(JSON.stringify({ status: 'error', errorType: 'bad_data', error: `invalid label name: ${quoted}` })))
}

