import { redactedSettings } from '@haechi/alerting'
import type { GrafanaMuteTime, GrafanaPolicy, GrafanaReceiver, GrafanaTemplate } from '@haechi/alerting'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { stringify } from 'yaml'
import type { ServerLog } from '../deps.ts'
import { paramsOf } from '../request-context.ts'
import { API_ERRORS } from '../errors.ts'
import { StateWriteError } from '../state/state-write-error.ts'

/** A refusal of Grafana's provisioning API, with its HTTP status. */
export class ProvisioningError extends Error {
  readonly status: 400 | 404 | 409

  constructor(status: 400 | 404 | 409, message: string) {
    super(message)
    this.name = 'ProvisioningError'
    this.status = status
  }
}

/** What Grafana's provisioning API for alerting shows and changes. Functions reject with {@link ProvisioningError} for what is the client's fault. Contact points hold secrets: they are redacted here. */
export interface GrafanaAlertingApi {
  contactPoints(): readonly GrafanaReceiver[]
  /** A secret of `[REDACTED]` stays as it was. */
  putContactPoint(receiver: GrafanaReceiver, isNew: boolean): Promise<GrafanaReceiver>
  deleteContactPoint(uid: string): Promise<void>
  policies(): GrafanaPolicy
  /** Undefined: the built-in one. */
  setPolicies(policies: GrafanaPolicy | undefined): Promise<void>
  muteTimes(): readonly GrafanaMuteTime[]
  putMuteTime(muteTime: GrafanaMuteTime, isNew: boolean): Promise<void>
  deleteMuteTime(name: string): Promise<void>
  templates(): readonly GrafanaTemplate[]
  putTemplate(template: GrafanaTemplate): Promise<void>
  deleteTemplate(name: string): Promise<void>
}

type Json = Readonly<Record<string, unknown>>
interface Answer { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>>; readonly text?: string }
type Provenance = { readonly provenance?: 'api' }

/** Registers `/api/v1/provisioning/{contact-points,policies,mute-timings,templates}` with their exports. @see Grafana pkg/services/ngalert/api/api_provisioning.go */
export function registerProvisioningApi(app: FastifyInstance, api: GrafanaAlertingApi, options: { readonly prefix: string; readonly log: ServerLog }): void {
  const base = `${options.prefix}/api/v1/provisioning`
  const route = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, handler: (request: FastifyRequest, name: string) => Promise<Answer> | Answer): void => {
    app.route({
      method, url: base + path,
      handler: async (request, reply) => {
        reply.header('Cache-Control', 'no-store')
        try {
          return sent(reply, await handler(request, (request.params as { name?: string }).name ?? ''))
        } catch (err) {
          if (err instanceof ProvisioningError) return sent(reply, { status: err.status, body: { message: err.message } })
          options.log.error({ err, path: request.routeOptions.url }, 'Answering a provisioning request failed')
          return sent(reply, err instanceof StateWriteError ? { status: 507, body: { message: `${err.message}. ${API_ERRORS.not_kept.next.en}` } } : { status: 500, body: { message: 'Internal server error' } })
        }
      },
    })
  }
  const shown = (c: GrafanaReceiver): Json => ({ uid: c.uid, name: c.name, type: c.type, settings: redactedSettings(c.type, c.settings), disableResolveMessage: c.disableResolveMessage, ...(c.provenance === undefined ? {} : { provenance: c.provenance }) })
  const wanted = (request: FastifyRequest): readonly GrafanaReceiver[] => {
    const name = paramsOf(request).get('name')
    return api.contactPoints().filter(c => name === '' || c.name === name)
  }

  route('GET', '/contact-points', request => ({ status: 200, body: wanted(request).map(shown) }))
  route('POST', '/contact-points', async request => ({ status: 202, body: shown(await api.putContactPoint(receiverOf(request, undefined), true)) }))
  route('PUT', '/contact-points/:name', async (request, uid) => {
    await api.putContactPoint(receiverOf(request, uid), false)
    return { status: 202, body: { message: 'contactpoint updated' } }
  })
  route('DELETE', '/contact-points/:name', async (_q, uid) => {
    await api.deleteContactPoint(uid)
    return { status: 202, body: { message: 'contactpoint deleted' } }
  })
  route('GET', '/contact-points/export', request => {
    const names = [...new Set(wanted(request).map(c => c.name))]
    const contactPoints = names.map(name => ({ orgId: 1, name, receivers: wanted(request).filter(c => c.name === name).map(({ uid, type, settings, disableResolveMessage }) => ({ uid, type, settings: redactedSettings(type, settings), disableResolveMessage })) }))
    return exported(request, { apiVersion: 1, contactPoints })
  })

  route('GET', '/policies', () => ({ status: 200, body: api.policies() }))
  route('PUT', '/policies', async request => {
    await api.setPolicies({ ...withoutMeta(bodyOf(request)), ...provenanceOf(request) })
    return { status: 202, body: { message: 'policies updated' } }
  })
  route('DELETE', '/policies', async () => {
    await api.setPolicies(undefined)
    return { status: 202, body: api.policies() }
  })
  route('GET', '/policies/export', request => exported(request, { apiVersion: 1, policies: [{ orgId: 1, ...withoutMeta(api.policies()) }] }))

  const timing = (name: string): GrafanaMuteTime => found(api.muteTimes().find(m => m.name === name), 'mute timing')
  route('GET', '/mute-timings', () => ({ status: 200, body: api.muteTimes() }))
  route('GET', '/mute-timings/export', request => exported(request, { apiVersion: 1, muteTimes: api.muteTimes().map(exportedTiming) }))
  route('GET', '/mute-timings/:name', (_q, name) => ({ status: 200, body: timing(name) }))
  route('GET', '/mute-timings/:name/export', (request, name) => exported(request, { apiVersion: 1, muteTimes: [exportedTiming(timing(name))] }))
  route('POST', '/mute-timings', async request => {
    const made = muteTimeOf(request, undefined)
    await api.putMuteTime(made, true)
    return { status: 201, body: made }
  })
  route('PUT', '/mute-timings/:name', async (request, name) => {
    const made = muteTimeOf(request, name)
    await api.putMuteTime(made, false)
    return { status: 202, body: made }
  })
  route('DELETE', '/mute-timings/:name', async (_q, name) => {
    await api.deleteMuteTime(name)
    return { status: 204, body: undefined }
  })

  route('GET', '/templates', () => ({ status: 200, body: api.templates() }))
  route('GET', '/templates/:name', (_q, name) => ({ status: 200, body: found(api.templates().find(t => t.name === name), 'template') }))
  route('PUT', '/templates/:name', async (request, name) => {
    const { template } = bodyOf(request)
    if (typeof template !== 'string' || template.trim() === '') throw new ProvisioningError(400, 'template: is missing')
    const made: GrafanaTemplate = { name, template, ...provenanceOf(request) }
    await api.putTemplate(made)
    return { status: 202, body: made }
  })
  route('DELETE', '/templates/:name', async (_q, name) => {
    await api.deleteTemplate(name)
    return { status: 204, body: undefined }
  })
}

function sent(reply: FastifyReply, a: Answer): FastifyReply {
  reply.code(a.status).headers(a.headers ?? {})
  if (a.status === 204) return reply.send()
  return a.text === undefined ? reply.type('application/json').send(JSON.stringify(a.body)) : reply.send(a.text)
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new ProvisioningError(404, `${what} not found`)
  return value
}

function bodyOf(request: FastifyRequest): Json {
  try {
    const value: unknown = JSON.parse(typeof request.body === 'string' ? request.body : '')
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  } catch {
    // said below
  }
  throw new ProvisioningError(400, 'the body must be a JSON object')
}

/** With `X-Disable-Provenance` what is made can be changed on our page too. */
function provenanceOf(request: FastifyRequest): Provenance {
  return request.headers['x-disable-provenance'] === undefined ? { provenance: 'api' } : {}
}

function receiverOf(request: FastifyRequest, uid: string | undefined): GrafanaReceiver {
  const body = bodyOf(request)
  const text = (key: string): string => (typeof body[key] === 'string' ? body[key] : '')
  const settings = body['settings'] ?? {}
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) throw new ProvisioningError(400, 'settings: expected keys with values')
  if (text('type') === '') throw new ProvisioningError(400, 'type: is missing')
  return { uid: uid ?? text('uid'), name: text('name'), type: text('type'), settings: settings as Json, disableResolveMessage: body['disableResolveMessage'] === true, ...provenanceOf(request) }
}

function muteTimeOf(request: FastifyRequest, name: string | undefined): GrafanaMuteTime {
  const body = bodyOf(request)
  const named = name ?? body['name']
  if (typeof named !== 'string' || named.trim() === '') throw new ProvisioningError(400, 'name: is missing')
  const intervals = body['time_intervals'] ?? []
  if (!Array.isArray(intervals)) throw new ProvisioningError(400, 'time_intervals: expected a list')
  return { name: named, time_intervals: intervals as unknown[], ...provenanceOf(request) }
}

function withoutMeta({ provenance: _p, orgId: _o, ...policies }: Json): Json {
  return policies
}

function exportedTiming({ name, time_intervals }: GrafanaMuteTime): Json {
  return { orgId: 1, name, time_intervals }
}

/** In the form of Grafana's files: YAML unless JSON is asked for. */
function exported(request: FastifyRequest, body: Json): Answer {
  const params = paramsOf(request)
  const asked = params.get('format') || (/application\/json/.test(request.headers.accept ?? '') ? 'json' : 'yaml')
  if (asked !== 'json' && asked !== 'yaml') throw new ProvisioningError(400, `format: ${JSON.stringify(asked.slice(0, 20))} is not offered; take yaml or json`)
  const headers: Record<string, string> = params.get('download') === 'true' ? { 'Content-Disposition': `attachment;filename=export.${asked}` } : {}
  return asked === 'json' ? { status: 200, body, headers } : { status: 200, body: undefined, text: stringify(body, { lineWidth: 0 }), headers: { ...headers, 'Content-Type': 'text/yaml' } }
}
