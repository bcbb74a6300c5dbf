import { AlertInputError } from '@haechi/alerting'
import type { PipelineAlertView, PostableAlert } from '@haechi/alerting'
import { PatternError, compilePattern, labelsFromObject, labelsToObject, matchesLabels, newMatcher } from '@haechi/model'
import type { MatchType, Matcher } from '@haechi/model'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AlertmanagerSource, ServerLog } from '../deps.ts'
import { goJson, parseGoBool } from '../go-values.ts'
import type { BuildInfo } from '../prometheus/status.ts'
import { paramsOf } from '../request-context.ts'

export interface AlertmanagerOptions {
  readonly build: BuildInfo
  readonly startedMs: number
  readonly log: ServerLog
}

const TEXTS = z.record(z.string(), z.string())
const POSTED = z.array(z.object({
  labels: TEXTS, annotations: TEXTS.optional(), startsAt: z.string().optional(), endsAt: z.string().optional(), generatorURL: z.string().optional(),
}))

/** A refusal: its body is a JSON text (semantic errors) or `{code, message}` (schema violations). @see Alertmanager api/v2 */
class Refusal extends Error {
  readonly status: number
  readonly body: unknown

  constructor(status: number, body: unknown) {
    super(String(body))
    this.status = status
    this.body = body
  }
}

/** The part of Alertmanager's API v2 that amtool and Grafana read, and taking alerts. There are no silences, so their list is empty. */
export function registerAlertmanagerApi(app: FastifyInstance, prefix: string, source: AlertmanagerSource, options: AlertmanagerOptions): void {
  const route = (method: 'GET' | 'POST', path: string, handler: (request: FastifyRequest) => unknown): void => {
    app.route({
      method, url: `${prefix}/api/v2${path}`,
      handler: async (request, reply): Promise<FastifyReply> => {
        reply.header('Cache-Control', 'no-store').type('application/json')
        try {
          const value = await handler(request)
          return value === undefined ? reply.removeHeader('content-type').send() : reply.send(Buffer.from(goJson(value)))
        } catch (err) {
          if (err instanceof Refusal) return reply.code(err.status).send(Buffer.from(goJson(err.body)))
          options.log.error({ err, path: request.routeOptions.url }, 'Answering an alert request failed')
          return reply.code(500).send(Buffer.from(goJson('internal error')))
        }
      },
    })
  }

  route('GET', '/alerts', request => {
    const wanted = alertFilter(request)
    return source.pipeline.alerts().filter(wanted).map(shownAlert)
  })
  route('GET', '/alerts/groups', request => {
    const wanted = alertFilter(request)
    return source.pipeline.groups()
      .map(g => ({ alerts: g.alerts.filter(wanted).map(shownAlert), labels: labelsToObject(g.labels), receiver: { name: g.receiver } }))
      .filter(g => g.alerts.length > 0)
  })
  route('GET', '/receivers', () => source.receivers().map(name => ({ name })))
  route('GET', '/silences', () => [])
  route('GET', '/status', () => ({
    cluster: { peers: [], status: 'disabled' },
    config: { original: source.configYaml() },
    uptime: new Date(options.startedMs).toISOString(),
    versionInfo: options.build,
  }))
  route('POST', '/silences', () => {
    throw new Refusal(501, 'silences are not available; disable the rule instead')
  })
  route('POST', '/alerts', async request => {
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw new Refusal(415, { code: 415, message: 'unsupported media type, only [application/json] are allowed' })
    let body: unknown
    try {
      body = JSON.parse(typeof request.body === 'string' ? request.body : '')
    } catch {
      throw new Refusal(400, { code: 400, message: 'parsing alerts body from "" failed, because the body is no JSON' })
    }
    const read = POSTED.safeParse(body)
    if (!read.success) throw new Refusal(422, { code: 602, message: `${read.error.issues[0]!.path.join('.')} in body: ${read.error.issues[0]!.message}` })
    const alerts = read.data.map((a, i): PostableAlert => {
      const startsAtMs = timeOf(a.startsAt, `${i}.startsAt`)
      const endsAtMs = timeOf(a.endsAt, `${i}.endsAt`)
      return {
        labels: labelsFromObject(a.labels), annotations: labelsFromObject(a.annotations ?? {}), ...(a.generatorURL === undefined ? {} : { generatorUrl: a.generatorURL }),
        ...(startsAtMs === undefined ? {} : { startsAtMs }), ...(endsAtMs === undefined ? {} : { endsAtMs }),
      }
    })
    try {
      await source.pipeline.put(alerts)
    } catch (err) {
      if (err instanceof AlertInputError) throw new Refusal(400, err.message)
      throw err
    }
    return undefined
  })
}

/** Go's zero time means: not given. */
function timeOf(text: string | undefined, path: string): number | undefined {
  if (text === undefined || text === '' || text.startsWith('0001-01-01T')) return undefined
  const tMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(tMs)) throw new Refusal(422, { code: 601, message: `${path} in body must be of type date-time: "${text.slice(0, 50)}"` })
  return tMs
}

function alertFilter(request: FastifyRequest): (a: PipelineAlertView) => boolean {
  const params = paramsOf(request)
  const flag = (name: string): boolean => {
    const text = params.get(name)
    const value = text === '' ? true : parseGoBool(text)
    if (value === undefined) throw new Refusal(422, { code: 601, message: `${name} in query must be of type boolean: "${text.slice(0, 50)}"` })
    return value
  }
  const active = flag('active')
  const silenced = flag('silenced')
  const inhibited = flag('inhibited')
  const unprocessed = flag('unprocessed')
  const matchers = params.all('filter').map(readMatcher)
  const receiver = params.get('receiver')
  let pattern: ReturnType<typeof compilePattern> | undefined
  try {
    pattern = receiver === '' ? undefined : compilePattern(receiver)
  } catch (err) {
    throw new Refusal(400, `failed to parse receiver param: ${(err as Error).message}`)
  }
  return a => {
    if (!active && a.state === 'active') return false
    if (!unprocessed && a.state === 'unprocessed') return false
    if (!silenced && a.silencedBy.length > 0) return false
    if (!inhibited && a.inhibitedBy.length > 0) return false
    return matchesLabels(matchers, a.labels) && (pattern === undefined || a.receivers.some(r => pattern.matches(r)))
  }
}

/** One matcher as amtool writes it: `name="value"`, `name=~value`. @throws Refusal */
function readMatcher(text: string): Matcher {
  const parts = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"=!~{}]+))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*?))\s*$/su.exec(text)
  if (parts === null) throw new Refusal(400, `bad matcher format: ${text.slice(0, 200)}`)
  const unescaped = (s: string): string => s.replace(/\\(.)/gs, (_m, c: string) => (c === 'n' ? '\n' : c))
  try {
    return newMatcher(parts[3] as MatchType, parts[1] === undefined ? parts[2]! : unescaped(parts[1]), parts[4] === undefined ? parts[5]! : unescaped(parts[4]))
  } catch (err) {
    if (err instanceof PatternError) throw new Refusal(400, err.message)
    throw err
  }
}

function shownAlert(a: PipelineAlertView): Readonly<Record<string, unknown>> {
  return {
    annotations: labelsToObject(a.annotations),
    endsAt: new Date(a.endsAtMs).toISOString(),
    fingerprint: a.fingerprint,
    receivers: a.receivers.map(name => ({ name })),
    startsAt: new Date(a.startsAtMs).toISOString(),
    status: { inhibitedBy: a.inhibitedBy, mutedBy: a.mutedBy, silencedBy: a.silencedBy, state: a.state },
    updatedAt: new Date(a.updatedAtMs).toISOString(),
    generatorURL: a.generatorUrl,
    labels: labelsToObject(a.labels),
  }
}
