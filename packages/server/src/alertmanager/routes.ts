import { AlertInputError, MatcherError, SilenceError, anchoredReason, parseMatcher } from '@haechi/alerting'
import type { PipelineAlertView, Receiver, SilenceView } from '@haechi/alerting'
import { PatternError, compareLabels, compilePattern, goQuote, labelsFromObject, labelsToObject, matchesLabels } from '@haechi/model'
import type { MatchType, Matcher } from '@haechi/model'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AlertmanagerSource, ServerLog } from '../deps.ts'
import { goJson } from '../go-values.ts'
import type { BuildInfo } from '../prometheus/status.ts'
import { paramsOf } from '../request-context.ts'
import { Refusal, jsonBody, postedAlerts, postedSilence, violation } from './bodies.ts'
import { StateWriteError } from '../state/state-write-error.ts'

export interface AlertmanagerOptions {
  readonly build: BuildInfo
  readonly startedMs: number
  readonly log: ServerLog
  readonly nowMs: () => number
}

/** The Alertmanager whose API this is; its clients choose their features by it. */
const ALERTMANAGER_VERSION = '0.33.1'

/** The methods of each path, as refusals of others name them. */
const METHODS: Readonly<Record<string, string>> = {
  '/alerts': 'GET,POST', '/alerts/groups': 'GET', '/receivers': 'GET', '/silences': 'GET,POST', '/silence/:id': 'DELETE,GET', '/status': 'GET',
}

/** Alertmanager's API v2. @see Alertmanager api/v2/api.go */
export function registerAlertmanagerApi(app: FastifyInstance, prefix: string, source: AlertmanagerSource, options: AlertmanagerOptions): void {
  const { pipeline } = source
  const answer = async (request: FastifyRequest, reply: FastifyReply, handler: () => unknown): Promise<FastifyReply> => {
    reply.header('Cache-Control', 'no-store').type('application/json')
    try {
      const value = await handler()
      return value === undefined ? reply.removeHeader('content-type').send() : reply.send(Buffer.from(`${goJson(value)}\n`))
    } catch (err) {
      if (err instanceof Refusal) {
        if (err.body === undefined) return reply.code(err.status).removeHeader('content-type').send()
        // What the schema refuses has no line feed, what the handlers refuse has one.
        return reply.code(err.status).send(Buffer.from(`${goJson(err.body)}${typeof err.body === 'string' ? '\n' : ''}`))
      }
      options.log.error({ err, path: request.routeOptions.url }, 'Answering an alert request failed')
      if (err instanceof StateWriteError) return reply.code(500).send(Buffer.from(`${goJson(err.message)}\n`))
      return reply.code(500).send(Buffer.from(`${goJson('internal error')}\n`))
    }
  }
  const route = (method: 'GET' | 'POST' | 'DELETE', path: string, handler: (request: FastifyRequest) => unknown): void => {
    app.route({ method, url: `${prefix}/api/v2${path}`, handler: (request, reply) => answer(request, reply, () => {
      if (method === 'GET' && !takesJson(request.headers.accept)) throw new Refusal(406, { code: 406, message: 'unsupported media type requested, only [application/json] are available' })
      return handler(request)
    }) })
  }

  route('GET', '/alerts', request => {
    const wanted = alertFilter(request)
    const sentTo = receiverFilter(request, pipeline.receivers())
    return pipeline.alerts().filter(a => a.receivers.some(sentTo) && wanted(a)).map(a => shownAlert(a, a.receivers))
  })
  route('GET', '/alerts/groups', request => {
    const wanted = alertFilter(request)
    const sentTo = receiverFilter(request, pipeline.receivers())
    const muted = flag(request, 'muted')
    const groups = pipeline.groups().filter(g => sentTo(g.receiver))
      .map(g => ({ ...g, alerts: g.alerts.filter(wanted) })).filter(g => g.alerts.length > 0)
    const receivers = new Map<string, string[]>()
    for (const g of groups) for (const a of g.alerts) receivers.set(a.fingerprint, [...(receivers.get(a.fingerprint) ?? []), g.receiver])
    return groups.filter(g => muted || g.mutedBy.length === 0)
      .map(g => ({ alerts: g.alerts.map(a => shownAlert(a, receivers.get(a.fingerprint)!)), labels: labelsToObject(g.labels), receiver: { name: g.receiver } }))
  })
  route('GET', '/receivers', request => {
    const matchers = filters(request, 'receiver_matchers', 'failed to parse receiver_matchers param: ')
    return pipeline.receivers().filter(r => matchesLabels(matchers, labelsFromObject(r.labels))).map(r => ({ labels: sortedObject(r.labels), name: r.name }))
  })
  route('GET', '/status', () => ({
    cluster: { peers: [], status: 'disabled' },
    config: { original: source.configYaml() },
    uptime: new Date(options.startedMs).toISOString(),
    versionInfo: {
      branch: options.build.branch, buildDate: options.build.buildDate, buildUser: options.build.buildUser, goVersion: options.build.goVersion, revision: options.build.revision, version: ALERTMANAGER_VERSION,
    },
  }))
  route('POST', '/alerts', async request => {
    try {
      await pipeline.put(postedAlerts(jsonBody(request.headers['content-type'], request.body, 'alerts')))
    } catch (err) {
      if (err instanceof AlertInputError) throw new Refusal(400, err.message)
      throw err
    }
    return undefined
  })

  route('GET', '/silences', request => {
    const matchers = filters(request, 'filter', '')
    const states = { active: flag(request, 'active'), pending: flag(request, 'pending'), expired: flag(request, 'expired') }
    return pipeline.silences().filter(s => states[s.state] && matchers.every(m => hasMatcher(s, m))).map(shownSilence)
  })
  route('POST', '/silences', async request => {
    const posted = postedSilence(jsonBody(request.headers['content-type'], request.body, 'silence'), options.nowMs())
    try {
      return { silenceID: await pipeline.setSilence(posted) }
    } catch (err) {
      if (err instanceof SilenceError) throw new Refusal(err.code === 'not_found' ? 404 : 400, err.message)
      throw err
    }
  })
  route('GET', '/silence/:id', request => {
    const found = pipeline.silence(silenceId(request))
    if (found === undefined) throw new Refusal(404, undefined)
    return shownSilence(found)
  })
  route('DELETE', '/silence/:id', async request => {
    if (!(await pipeline.expireSilence(silenceId(request)))) throw new Refusal(404, undefined)
    return undefined
  })

  for (const [path, methods] of Object.entries(METHODS)) {
    const others = (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(m => !methods.split(',').includes(m))
    app.route({
      method: [...others], url: `${prefix}/api/v2${path}`,
      handler: (request, reply) => answer(request, reply.header('Allow', methods), () => {
        throw new Refusal(405, { code: 405, message: `method ${request.method} is not allowed, but [${methods}] are` })
      }),
    })
  }
  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], url: `${prefix}/api/v2/*`,
    handler: (request, reply) => answer(request, reply, () => {
      throw new Refusal(404, { code: 404, message: `path ${(request.raw.url ?? '').split('?', 1)[0]!.slice(0, 500)} was not found` })
    }),
  })
}

/** Whether an Accept header allows JSON. @see go-openapi/runtime `NegotiateContentType` */
function takesJson(accept: string | undefined): boolean {
  return accept === undefined || accept.split(',').some(part => /^\s*(?:\*\/\*|application\/(?:\*|json))\s*(?:;(?!.*\bq=0(?:\.0*)?\s*(?:;|$)).*)?$/i.test(part))
}

function silenceId(request: FastifyRequest): string {
  const { id } = request.params as { id: string }
  if (!/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(id)) throw violation(601, `silenceID in path must be of type uuid: ${goQuote(id.slice(0, 200))}`)
  return id.toLowerCase()
}

/** What go-openapi takes for true; anything else is false, and a parameter without a value is as if it were missing. @see go-openapi/swag `ConvertBool` */
const TRUTHS: ReadonlySet<string> = new Set(['true', '1', 'yes', 'ok', 'y', 'on', 'selected', 'checked', 't', 'enabled'])

/** Of a parameter that is given more than once, the last value counts. */
function last(request: FastifyRequest, name: string): string {
  return paramsOf(request).all(name).at(-1) ?? ''
}

function flag(request: FastifyRequest, name: string): boolean {
  const text = last(request, name)
  return text === '' || TRUTHS.has(text.toLowerCase())
}

function filters(request: FastifyRequest, name: string, head: string): Matcher[] {
  try {
    return paramsOf(request).all(name).map(parseMatcher)
  } catch (err) {
    if (err instanceof MatcherError) throw new Refusal(400, `${head}${err.message}`)
    throw err
  }
}

function alertFilter(request: FastifyRequest): (a: PipelineAlertView) => boolean {
  const matchers = filters(request, 'filter', '')
  const active = flag(request, 'active')
  const silenced = flag(request, 'silenced')
  const inhibited = flag(request, 'inhibited')
  return a => {
    if (!active && a.silencedBy.length === 0 && a.inhibitedBy.length === 0) return false
    if (!silenced && a.silencedBy.length > 0) return false
    if (!inhibited && a.inhibitedBy.length > 0) return false
    return matchesLabels(matchers, a.labels)
  }
}

/** Whether a receiver is asked for, by its name or its labels. */
function receiverFilter(request: FastifyRequest, receivers: readonly Receiver[]): (name: string) => boolean {
  const receiver = last(request, 'receiver')
  let pattern: ReturnType<typeof compilePattern> | undefined
  try {
    pattern = receiver === '' ? undefined : compilePattern(receiver)
  } catch (err) {
    if (err instanceof PatternError) throw new Refusal(400, `failed to parse receiver param: ${anchoredReason(receiver, err)}`)
    throw err
  }
  const matchers = filters(request, 'receiver_matchers', 'failed to parse receiver_matchers param: ')
  const labels = new Map(receivers.map(r => [r.name, labelsFromObject(r.labels)]))
  return name => (pattern === undefined || pattern.matches(name)) && (matchers.length === 0 || (labels.has(name) && matchesLabels(matchers, labels.get(name)!)))
}

function hasMatcher(s: SilenceView, wanted: Matcher): boolean {
  return s.matchers.some(m => {
    const type: MatchType = m.isRegex ? (m.isEqual ? '=~' : '!~') : m.isEqual ? '=' : '!='
    return m.name === wanted.name && m.value === wanted.value && type === wanted.type
  })
}

/** Go writes the members of a map in order. */
function sortedObject(object: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => compareLabels([a], [b])))
}

function time(tMs: number): string {
  return new Date(tMs).toISOString()
}

function shownAlert(a: PipelineAlertView, receivers: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    annotations: labelsToObject(a.annotations),
    endsAt: time(a.endsAtMs),
    fingerprint: a.fingerprint,
    receivers: receivers.map(name => ({ name })),
    startsAt: time(a.startsAtMs),
    status: { inhibitedBy: a.inhibitedBy, mutedBy: a.mutedBy, silencedBy: a.silencedBy, state: a.state },
    updatedAt: time(a.updatedAtMs),
    ...(a.generatorUrl === '' ? {} : { generatorURL: a.generatorUrl }),
    labels: labelsToObject(a.labels),
  }
}

function shownSilence(s: SilenceView): Readonly<Record<string, unknown>> {
  return {
    id: s.id,
    status: { state: s.state },
    updatedAt: time(s.updatedAtMs),
    ...(s.annotations === undefined ? {} : { annotations: sortedObject(s.annotations) }),
    comment: s.comment,
    createdBy: s.createdBy,
    endsAt: time(s.endsAtMs),
    matchers: s.matchers.map(m => ({ isEqual: m.isEqual, isRegex: m.isRegex, name: m.name, value: m.value })),
    startsAt: time(s.startsAtMs),
  }
}
