import { createHash } from 'node:crypto'
import { CONTACT_POINT_KINDS } from '@haechi/alerting'
import { parseExpr } from '@haechi/promql'
import { QueryError } from '@haechi/storage'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ApiErrorBody, BoardPanelView, BoardSummary, DataSourceTestView, HeartbeatEdit, NewContactPoint, NewRule, RuleEdit, SessionView } from '../api-types.ts'
import type { AlertmanagerSource, ServerDeps, ServerLog } from '../deps.ts'
import { API_ERRORS, ApiError } from '../errors.ts'
import type { ApiErrorCode } from '../errors.ts'
import { abortSignalOf, paramsOf, roleOf, userOf } from '../request-context.ts'
import { sessionCookieHeader } from '../security/auth.ts'
import type { Authenticator } from '../security/auth.ts'
import { grafanaRuleSummaries } from '../grafana/alert-rules.ts'
import { deliveryQuery } from './deliveries.ts'
import { explainQuery } from './explain.ts'
import type { StoredDashboard } from '../state/dashboards.ts'
import { boardPanels } from './board-panels.ts'
import { QUESTIONS, answerQueries } from './queries.ts'
import type { Answerers } from './queries.ts'
import { RULE_PREVIEW, rulePreview } from './rule-preview.ts'
import { SILENCE, alertFacts, putSilence, silenceList } from './silences.ts'

/** Where our own API lives, below the route prefix. */
export const OWN_API = '/api/haechi/v1'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
interface OwnRequest {
  readonly uid: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}
interface OwnRoute {
  readonly method: Method
  readonly path: string
  /** Answered without signing in. */
  readonly open?: boolean
  /** Undefined: 204. */
  readonly handler: (q: OwnRequest) => Promise<unknown>
}

const LABELS = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is no label name'), z.string().max(10_000))
const RULE_EDIT = z.strictObject({
  expr: z.string().min(1).max(50_000).optional(),
  threshold: z.number().optional(),
  forMs: z.number().int().min(0).max(365 * 86_400_000).optional(),
  enabled: z.boolean().optional(),
  labels: LABELS.optional(),
  annotations: LABELS.optional(),
})
const NEW_RULE = z.strictObject({
  title: z.string().trim().min(1).max(200),
  expr: z.string().trim().min(1).max(50_000),
  forMs: z.number().int().min(0).max(365 * 86_400_000),
  labels: LABELS.optional(),
  annotations: LABELS.optional(),
  unit: z.string().max(100).optional(),
})
const CONTACT_POINT = z.strictObject({
  name: z.string().trim().min(1).max(200),
  type: z.enum(['discord', 'webhook', 'slack', 'telegram', 'email', 'teams', 'pagerduty', 'opsgenie', 'googlechat', 'line', 'kakaowork', 'pushover', 'sns', 'victorops', 'webex', 'wechat', 'rocketchat', 'mattermost', 'jira', 'incidentio']),
  url: z.string().max(4000).refine(u => URL.canParse(u) && /^https?:$/.test(new URL(u).protocol), 'must be an http or https URL').optional(),
  settings: z.record(z.string().max(100), z.json()).optional(),
  sendResolved: z.boolean().optional(),
})
const MATCHED = z.strictObject({ labels: z.record(z.string().min(1).max(1000), z.string().max(10_000)) })
const LOGIN = z.strictObject({ username: z.string().min(1).max(200), password: z.string().min(1).max(1000) })

export interface OwnApiOptions {
  readonly auth: Authenticator
  readonly prefix: string
  readonly secureCookie: (request: FastifyRequest) => boolean
  readonly nowMs: () => number
  /** Tries a data source that is not kept yet. */
  readonly tryDataSource: (body: unknown, signal: AbortSignal) => Promise<DataSourceTestView>
  /** The questions that `POST /queries` takes. */
  readonly answerers: Answerers
}

/** Registers `/api/haechi/v1/*`. */
export function registerOwnApi(app: FastifyInstance, deps: Pick<ServerDeps, 'engine' | 'grafanaRules' | 'haechi' | 'boards' | 'state' | 'log' | 'alertmanager'>, options: OwnApiOptions): void {
  const { haechi } = deps
  const { auth, prefix } = options

  const routes: readonly OwnRoute[] = [
    { method: 'GET', path: '/status', handler: async () => ({ ...(await haechi.status()), auth: auth.required }) },
    { method: 'GET', path: '/overview', handler: () => haechi.overview() },
    {
      method: 'GET',
      path: '/cardinality',
      handler: ({ request }) => {
        const text = paramsOf(request).get('limit')
        const limit = text === '' ? 20 : Number(text)
        if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new ApiError('bad_parameter', 'limit must be a whole number from 1 to 1000')
        return haechi.cardinality(limit)
      },
    },
    { method: 'GET', path: '/diagnoses', handler: async () => (await haechi.diagnoses?.()) ?? [] },
    { method: 'GET', path: '/services', handler: () => haechi.services() },
    { method: 'GET', path: '/targets', handler: () => haechi.targets() },
    { method: 'GET', path: '/rules', handler: () => haechi.rules() },
    { method: 'GET', path: '/grafana-rules', handler: async () => (deps.grafanaRules === undefined ? [] : grafanaRuleSummaries(deps.grafanaRules)) },
    { method: 'POST', path: '/grafana-rules/preview', handler: ({ request }) => rulePreview(deps.engine, jsonBody(request, RULE_PREVIEW), abortSignalOf(request)) },
    {
      method: 'POST',
      path: '/rules',
      handler: async ({ request, reply }) => {
        const rule = jsonBody(request, NEW_RULE) as NewRule
        requireExpression(rule.expr)
        const made = await haechi.addRule(rule)
        reply.code(201)
        return made
      },
    },
    {
      method: 'PUT',
      path: '/rules/:uid',
      handler: async ({ uid, request }) => {
        const edit = jsonBody(request, RULE_EDIT) as RuleEdit
        if (edit.expr !== undefined) requireExpression(edit.expr)
        return found(await haechi.editRule(uid, edit), 'rule', uid)
      },
    },
    { method: 'DELETE', path: '/rules/:uid', handler: async ({ uid }) => found(await haechi.resetRule(uid), 'rule', uid) ?? undefined },
    {
      method: 'POST',
      path: '/data-sources/test',
      handler: ({ request }) => {
        if (roleOf(request) !== 'Admin') throw new ApiError('not_permitted', 'only an Admin may try data sources')
        return options.tryDataSource(request.body, abortSignalOf(request))
      },
    },
    { method: 'GET', path: '/contact-point-kinds', handler: async () => CONTACT_POINT_KINDS },
    { method: 'GET', path: '/contact-points', handler: () => haechi.contactPoints() },
    {
      method: 'POST',
      path: '/contact-points',
      handler: async ({ request, reply }) => {
        const made = await haechi.addContactPoint(jsonBody(request, CONTACT_POINT) as NewContactPoint)
        reply.code(201)
        return made
      },
    },
    {
      method: 'DELETE',
      path: '/contact-points/:uid',
      handler: async ({ uid }) => {
        found((await haechi.deleteContactPoint(uid)) || undefined, 'contact point', uid)
      },
    },
    { method: 'POST', path: '/contact-points/:uid/test', handler: async ({ uid }) => found(await haechi.testContactPoint(uid), 'contact point', uid) },
    {
      method: 'GET',
      path: '/deliveries',
      handler: ({ request }) => haechi.deliveries(deliveryQuery(paramsOf(request))),
    },
    ...(haechi.policies === undefined ? [] : [{ method: 'GET' as const, path: '/policies', handler: async () => haechi.policies!() }]),
    ...(haechi.matchPolicies === undefined ? [] : [{ method: 'POST' as const, path: '/policies/match', handler: async ({ request }: OwnRequest) => haechi.matchPolicies!(jsonBody(request, MATCHED).labels) }]),
    ...(haechi.heartbeat === undefined ? [] : heartbeatRoutes(haechi.heartbeat)),
    ...(deps.alertmanager === undefined ? [] : silenceRoutes(deps.alertmanager.pipeline, options.nowMs)),
    { method: 'GET', path: '/explain', handler: ({ request }) => explainQuery(deps.engine, paramsOf(request), options.nowMs(), abortSignalOf(request)) },
    { method: 'POST', path: '/queries', handler: async ({ request, reply }) => answerQueries(jsonBody(request, QUESTIONS).queries, options.answerers, request, reply, deps.log) },
    { method: 'GET', path: '/boards', handler: ({ request }) => boardList(deps, userOf(request)) },
    { method: 'GET', path: '/board-panels', handler: ({ request }) => panelList(deps, paramsOf(request).get('lang') === 'ko') },
    {
      method: 'GET',
      path: '/session',
      open: true,
      handler: async ({ request }): Promise<SessionView> => {
        const who = auth.required ? await auth.checkRequest({ cookie: request.headers.cookie }, request.ip) : { kind: 'none' as const }
        return { required: auth.required, user: who.kind === 'ok' ? who.user : null }
      },
    },
    {
      method: 'POST',
      path: '/login',
      open: true,
      handler: async ({ request, reply }): Promise<SessionView> => {
        const { username: user, password } = jsonBody(request, LOGIN)
        const result = await auth.checkPassword(user, password, request.ip)
        if (result.kind === 'wait') throw tooMany(reply, result.seconds)
        if (result.kind !== 'ok') throw new ApiError('login_failed', 'wrong name or password')
        reply.header('Set-Cookie', sessionCookieHeader(await auth.begin(user), prefix, options.secureCookie(request)))
        return { required: true, user }
      },
    },
    {
      method: 'POST',
      path: '/logout',
      open: true,
      handler: async ({ request, reply }) => {
        await auth.end(request.headers.cookie)
        reply.header('Set-Cookie', sessionCookieHeader('', prefix, options.secureCookie(request)))
      },
    },
  ]

  const base = prefix + OWN_API
  const methodsOf = new Map<string, Method[]>()
  for (const r of routes) {
    methodsOf.set(r.path, [...(methodsOf.get(r.path) ?? []), r.method])
    app.route({
      method: r.method,
      url: base + r.path,
      config: { open: r.open === true },
      handler: (request, reply) => answerOwn(request, reply, deps.log, () => r.handler({ uid: (request.params as { uid?: string }).uid ?? '', request, reply })),
    })
  }
  for (const [path, methods] of methodsOf) {
    app.route({
      method: (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(m => !methods.includes(m as Method)),
      url: base + path,
      handler: (_q, reply) => sendApiError(reply.header('Allow', methods.join(', ')), new ApiError('method_not_allowed', `this path takes ${methods.join(', ')}`)),
    })
  }
  app.all(`${base}/*`, (request, reply) => sendApiError(reply, new ApiError('not_found', `there is no ${request.method} ${request.url.split('?', 1)[0]}`)))
}

const HEARTBEAT = z.strictObject({
  url: z.string().max(4000).refine(u => URL.canParse(u) && /^https?:$/.test(new URL(u).protocol), 'must be an http or https URL'),
  method: z.enum(['GET', 'POST']).optional(),
  intervalMs: z.number().int().min(10_000).max(86_400_000).optional(),
})

function heartbeatRoutes(heartbeat: NonNullable<ServerDeps['haechi']['heartbeat']>): OwnRoute[] {
  return [
    { method: 'GET', path: '/heartbeat', handler: async () => heartbeat.view() },
    { method: 'PUT', path: '/heartbeat', handler: ({ request }) => heartbeat.set(jsonBody(request, HEARTBEAT) as HeartbeatEdit) },
    {
      method: 'DELETE',
      path: '/heartbeat',
      handler: async () => {
        if (!(await heartbeat.remove())) throw new ApiError('not_found', 'there is no heartbeat')
      },
    },
    {
      method: 'POST',
      path: '/heartbeat/test',
      handler: async () => {
        const view = await heartbeat.beat()
        if (view === undefined) throw new ApiError('not_found', 'there is no heartbeat')
        return view
      },
    },
  ]
}

function silenceRoutes(pipeline: AlertmanagerSource['pipeline'], nowMs: () => number): OwnRoute[] {
  return [
    { method: 'GET', path: '/silences', handler: async () => silenceList(pipeline) },
    { method: 'GET', path: '/alerts', handler: async () => alertFacts(pipeline) },
    {
      method: 'POST',
      path: '/silences',
      handler: async ({ request, reply }) => {
        const made = await putSilence(pipeline, jsonBody(request, SILENCE), nowMs())
        reply.code(201)
        return made
      },
    },
    {
      method: 'DELETE',
      path: '/silences/:uid',
      handler: async ({ uid }) => {
        found((await pipeline.expireSilence(uid)) || undefined, 'silence', uid)
      },
    },
  ]
}

/** Large answers that seldom change: a browser keeps them and asks whether they still hold. */
const TAGGED: ReadonlySet<string> = new Set(['board-panels'])

/** The one place that turns an outcome into a response of our own API. */
async function answerOwn(request: FastifyRequest, reply: FastifyReply, log: ServerLog, run: () => Promise<unknown>): Promise<FastifyReply> {
  reply.header('Cache-Control', 'no-store')
  try {
    const value = await run()
    if (value === undefined || value === null) return reply.code(204).send()
    // What answers piece by piece has answered.
    if (value === reply) return reply
    const text = JSON.stringify(value)
    if (!TAGGED.has(request.routeOptions.url?.split('/').at(-1) ?? '')) return reply.type('application/json').send(text)
    const tag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
    reply.header('Cache-Control', 'no-cache, private').header('ETag', tag)
    return request.headers['if-none-match']?.split(',').some(t => t.trim() === tag) === true ? reply.code(304).send() : reply.type('application/json').send(text)
  } catch (err) {
    const known = toApiError(err)
    if (known === undefined) log.error({ err, path: request.routeOptions.url }, 'Answering a request failed')
    return sendApiError(reply, known ?? new ApiError('internal', 'internal error'))
  }
}

/** An error of ours, or anything that carries one of our codes. */
function toApiError(err: unknown): ApiError | undefined {
  if (err instanceof ApiError) return err
  // The server stops, or what asked went away: nothing is wrong.
  if (err instanceof QueryError && err.kind === 'canceled') return new ApiError('unavailable', err.message)
  if (!(err instanceof Error)) return undefined
  const { code } = err as { code?: unknown }
  return typeof code === 'string' && Object.hasOwn(API_ERRORS, code) ? new ApiError(code as ApiErrorCode, err.message) : undefined
}

/** Sends an error as {@link ApiErrorBody}. */
export function sendApiError(reply: FastifyReply, err: ApiError): FastifyReply {
  const body: ApiErrorBody = { status: 'error', errorType: err.code, error: err.message, next: API_ERRORS[err.code].next }
  return reply.code(err.status).header('Cache-Control', 'no-store').type('application/json').send(JSON.stringify(body))
}

/** An error for a client that must wait; sets Retry-After. */
export function tooMany(reply: FastifyReply, seconds: number): ApiError {
  reply.header('Retry-After', String(seconds))
  return new ApiError('too_many_attempts', `too many wrong passwords; try again in ${seconds} s`)
}

/** @throws ApiError naming the place in the expression */
function requireExpression(expr: string): void {
  try {
    parseExpr(expr)
  } catch (err) {
    throw new ApiError('bad_expression', (err as Error).message)
  }
}

function found<T>(value: T | undefined, what: string, uid: string): T {
  if (value === undefined) throw new ApiError('not_found', `there is no ${what} ${JSON.stringify(uid.slice(0, 100))}`)
  return value
}

/** @throws ApiError for another content type, for what is no JSON and for members that are missing, unknown or of another type */
function jsonBody<T>(request: FastifyRequest, schema: z.ZodType<T>): T {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw new ApiError('wrong_content_type', 'the body must be JSON')
  let value: unknown
  try {
    value = JSON.parse(typeof request.body === 'string' ? request.body : '')
  } catch {
    throw new ApiError('bad_body', 'the body is no JSON')
  }
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const issue = read.error.issues[0]!
  throw new ApiError('bad_body', issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`)
}

/** Built-in, provisioned and saved boards, with the stars of a person; a saved one stands in for a provided one of its uid. */
export async function boardList(deps: Pick<ServerDeps, 'boards' | 'state'>, user = ''): Promise<BoardSummary[]> {
  const provided = await deps.boards()
  const saved = new Map((await deps.state.dashboards.list()).map(d => [d.uid, d]))
  const stars = new Set(await deps.state.stars.list(user))
  const place = (uid: string, own: StoredDashboard | undefined): Partial<BoardSummary> => ({
    ...(own === undefined ? {} : { updatedMs: own.updatedMs, ...(own.folderUid === '' ? {} : { folderUid: own.folderUid }) }),
    ...(stars.has(uid) ? { starred: true } : {}),
  })
  const out: BoardSummary[] = []
  for (const b of provided) {
    const own = saved.get(b.uid)
    saved.delete(b.uid)
    const shown = own?.dashboard ?? b.dashboard
    const builtIn = b.origin === 'builtin'
    // A saved title is the user's own, so it has no translation.
    out.push({
      uid: b.uid, title: boardTitle(shown), tags: boardTags(shown), builtIn, ...(own === undefined && b.localTitle !== undefined ? { localTitle: b.localTitle } : {}),
      ...(builtIn || b.canSave === true ? {} : { fromFile: true }), ...(builtIn && own !== undefined ? { edited: true } : {}), ...(own === undefined && b.folderUid !== undefined ? { folderUid: b.folderUid } : {}), ...place(b.uid, own),
    })
  }
  for (const d of saved.values()) out.push({ uid: d.uid, title: d.title, tags: boardTags(d.dashboard), builtIn: false, ...place(d.uid, d) })
  return out
}

/** The titled panels of all boards, so that a search finds them. */
async function panelList(deps: Pick<ServerDeps, 'boards' | 'state'>, isKorean: boolean): Promise<BoardPanelView[]> {
  const saved = new Map((await deps.state.dashboards.list()).map(d => [d.uid, d.dashboard]))
  for (const b of await deps.boards()) if (!saved.has(b.uid)) saved.set(b.uid, isKorean ? b.dashboardKo ?? b.dashboard : b.dashboard)
  return [...saved].flatMap(([uid, dashboard]) => boardPanels(uid, dashboard))
}

export function boardTitle(dashboard: Readonly<Record<string, unknown>>): string {
  return typeof dashboard['title'] === 'string' ? dashboard['title'] : ''
}

export function boardTags(dashboard: Readonly<Record<string, unknown>>): string[] {
  const { tags } = dashboard
  return Array.isArray(tags) ? tags.filter(t => typeof t === 'string') : []
}
