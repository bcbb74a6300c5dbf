import type { FastifyInstance, FastifyReply, HTTPMethods } from 'fastify'
import type { ServerDeps, ServerOptions } from '../deps.ts'
import { paramsOf } from '../request-context.ts'
import { goJson } from '../go-values.ts'
import { ALL_METHODS, toPrometheusError } from './endpoint.ts'
import { federate } from './federate.ts'
import { parseSelectors } from './series.ts'
import type { BuildInfo } from './status.ts'

export interface ManagementOptions extends Pick<ServerOptions, 'lifecycle' | 'remoteWriteReceiver' | 'externalLabels'> {
  readonly build: BuildInfo
  readonly lookbackMs: number
  readonly nowMs: () => number
  /** True while the server stops. */
  readonly stopping: () => boolean
}

/** Largest remote-write body, compressed. */
const MAX_WRITE_BYTES = 32 << 20

/** `/-/…`, `/version`, `/federate`, `/api/v1/write`, `/api/v1/notifications/live`. */
export function registerManagement(app: FastifyInstance, prefix: string, deps: ServerDeps, options: ManagementOptions): void {
  const text = (reply: FastifyReply, status: number, body: string): FastifyReply => reply.code(status).type('text/plain; charset=utf-8').send(body)
  const otherMethods = (path: string, methods: readonly HTTPMethods[], optionsStatus = 200): void => {
    const allow = [...methods, 'OPTIONS'].sort().join(', ')
    app.route({ method: 'OPTIONS', url: prefix + path, handler: (_q, reply) => (optionsStatus === 204 ? reply.code(204) : reply.header('Allow', allow)).send() })
    app.route({ method: ALL_METHODS.filter(m => !methods.includes(m) && m !== 'OPTIONS'), url: prefix + path, handler: (_q, reply) => text(reply.header('Allow', allow), 405, 'Method Not Allowed\n') })
  }

  app.route({ method: ['GET', 'HEAD'], url: `${prefix}/-/healthy`, handler: (_q, reply) => text(reply, 200, 'Prometheus Server is Healthy.\n') })
  for (const path of ['/-/healthy', '/-/ready']) otherMethods(path, ['GET', 'HEAD'])
  for (const path of ['/version', '/federate']) otherMethods(path, ['GET'])
  otherMethods('/api/v1/notifications/live', ['GET'], 204)
  otherMethods('/api/v1/write', ['POST'], 204)
  app.route({
    method: ['GET', 'HEAD'],
    url: `${prefix}/-/ready`,
    handler: (_q, reply) => {
      if (options.stopping()) reply.header('X-Prometheus-Stopping', 'true')
      return options.stopping() || !deps.status.ready() ? text(reply, 503, 'Service Unavailable') : text(reply, 200, 'Prometheus Server is Ready.\n')
    },
  })

  const lifecycle = (name: string, run: () => Promise<string>): void => {
    const url = `${prefix}/-/${name}`
    app.route({
      method: ['POST', 'PUT'],
      url,
      handler: async (_q, reply) => {
        if (options.lifecycle !== true) return text(reply, 403, 'Lifecycle API is not enabled.')
        try {
          return text(reply, 200, await run())
        } catch (err) {
          return text(reply, 500, `failed to ${name} config: ${err instanceof Error ? err.message : String(err)}\n`)
        }
      },
    })
    app.get(url, (_q, reply) => text(reply, 405, 'Only POST or PUT requests allowed'))
    otherMethods(`/-/${name}`, ['GET', 'POST', 'PUT'])
  }
  lifecycle('reload', async () => {
    await deps.lifecycle?.reload()
    return ''
  })
  lifecycle('quit', async () => {
    // After the answer is out.
    setImmediate(() => deps.lifecycle?.quit())
    return 'Requesting termination... Goodbye!'
  })

  app.get(`${prefix}/version`, (_q, reply) => text(reply, 200, goJson(options.build)))

  app.get(`${prefix}/federate`, async (request, reply) => {
    if (!deps.status.ready()) return text(reply, 503, 'Service Unavailable')
    if (deps.queryable === undefined) return text(reply, 501, 'federation is not available with a remote query engine\n')
    const params = paramsOf(request)
    if (params.error !== undefined) return text(reply, 400, `error parsing form values: ${params.error}\n`)
    try {
      const matcherSets = parseSelectors(params.all('match[]'), '')
      const body = await federate(deps.queryable, { matcherSets, nowMs: options.nowMs(), lookbackMs: options.lookbackMs, externalLabels: options.externalLabels ?? {} })
      return reply.header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores').send(body)
    } catch (err) {
      const e = toPrometheusError(err)
      if (e === undefined) deps.log.error({ err }, 'Federating failed')
      return text(reply, e?.status ?? 500, `${e?.message ?? 'internal error'}\n`)
    }
  })

  // There is no stream of notifications: 204 tells an event source to stop asking.
  app.get(`${prefix}/api/v1/notifications/live`, (_q, reply) => reply.code(204).send())

  app.post(`${prefix}/api/v1/write`, { bodyLimit: MAX_WRITE_BYTES }, async (request, reply) => {
    const { receive } = deps
    if (options.remoteWriteReceiver !== true || receive === undefined) {
      return text(reply, 404, 'remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n')
    }
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0)
    const answer = await receive(request.headers, body)
    reply.code(answer.status)
    if (answer.headers !== undefined) reply.headers({ ...answer.headers })
    if (answer.body === undefined || answer.body === '') return reply.send()
    return reply.type('text/plain; charset=utf-8').send(answer.body)
  })
}
