import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { goTime } from '../go-values.ts'
import { paramsOf, roleOf } from '../request-context.ts'
import { accountLogin, tokenHash } from '../security/auth.ts'
import { ROLES } from '../state/service-accounts.ts'
import type { Role, ServiceAccount } from '../state/service-accounts.ts'
import { fail, jsonObject, positive, send, textAt } from './answers.ts'
import type { AddRoute, GrafanaDeps, GrafanaOptions, Json } from './answers.ts'

const MAX_NAME = 190

/** Accounts for programs and their tokens, which a client sends as `Authorization: Bearer`. */
export function registerServiceAccounts(route: AddRoute, deps: GrafanaDeps, options: GrafanaOptions): void {
  const store = deps.state.serviceAccounts
  const shown = async (a: ServiceAccount): Promise<Json> => ({
    id: a.id, uid: `sa${a.id}`, name: a.name, login: accountLogin(a.name), orgId: 1, isDisabled: a.disabled, isExternal: false, role: a.role, tokens: (await store.tokens(a.id)).length, avatarUrl: '',
    createdAt: goTime(a.createdMs), updatedAt: goTime(a.createdMs), teams: [],
  })
  const idAt = (request: FastifyRequest): number => {
    const { id } = request.params as { id: string }
    // Newer clients send the uid.
    return Number(/^(?:sa)?(\d+)$/.exec(id)?.[1] ?? NaN)
  }
  const notFound = (reply: FastifyReply): FastifyReply => fail(reply, 404, 'service account not found', { messageId: 'serviceaccounts.ErrNotFound' })
  /** Who may not make tokens is refused: a token could be stronger than its maker. */
  const admin: AddRoute = (method, path, handler) => route(method, path, (request, reply) => (
    roleOf(request) === 'Admin' ? handler(request, reply) : fail(reply, 403, 'You\'ll need additional permissions to perform this action: only an Admin manages service accounts', { title: 'Access denied' })
  ))
  const roleIn = (body: Json | undefined, fallback: Role): Role | undefined => {
    const given = textAt(body, 'role')
    return given === '' ? fallback : given === 'None' ? 'Viewer' : ROLES.find(r => r === given)
  }
  const NO_ROLE = `role: one of ${ROLES.join(', ')}`

  route('GET', '/serviceaccounts/search', async (request, reply) => {
    const params = paramsOf(request)
    const query = params.get('query').toLowerCase()
    const perPage = positive(params.get('perpage'), 1000)
    const page = positive(params.get('page'), 1)
    const isDisabled = params.get('disabled') === 'true'
    const hits = (await store.list()).filter(a => a.name.toLowerCase().includes(query) && (!isDisabled || a.disabled))
    return send(reply, { totalCount: hits.length, serviceAccounts: await Promise.all(hits.slice((page - 1) * perPage, page * perPage).map(shown)), page, perPage })
  })
  admin('POST', '/serviceaccounts', async (request, reply) => {
    const body = jsonObject(request.body)
    const name = textAt(body, 'name')
    if (name === '' || name.length > MAX_NAME) return fail(reply, 400, `name: a service account needs one of at most ${MAX_NAME} characters`)
    const role = roleIn(body, 'Viewer')
    if (role === undefined) return fail(reply, 400, NO_ROLE)
    if ((await store.list()).some(a => accountLogin(a.name) === accountLogin(name))) return fail(reply, 400, 'service account already exists', { messageId: 'serviceaccounts.ErrAlreadyExists' })
    return send(reply, await shown(await store.add(name, role, body?.['isDisabled'] === true)), 201)
  })
  route('GET', '/serviceaccounts/:id', async (request, reply) => {
    const a = await store.get(idAt(request))
    return a === undefined ? notFound(reply) : send(reply, await shown(a))
  })
  admin('PATCH', '/serviceaccounts/:id', async (request, reply) => {
    const body = jsonObject(request.body)
    if (body === undefined) return fail(reply, 400, 'bad request data')
    const a = await store.get(idAt(request))
    if (a === undefined) return notFound(reply)
    const role = roleIn(body, a.role)
    if (role === undefined) return fail(reply, 400, NO_ROLE)
    const name = textAt(body, 'name') || a.name
    if (name.length > MAX_NAME || (await store.list()).some(o => o.id !== a.id && accountLogin(o.name) === accountLogin(name))) return fail(reply, 400, 'name: is taken or too long')
    await store.change(a.id, name, role, typeof body['isDisabled'] === 'boolean' ? body['isDisabled'] : a.disabled)
    return send(reply, { id: a.id, name, message: 'Service account updated', serviceaccount: await shown((await store.get(a.id))!) })
  })
  admin('DELETE', '/serviceaccounts/:id', async (request, reply) => {
    const a = await store.get(idAt(request))
    if (a === undefined) return notFound(reply)
    await store.remove(a.id)
    return send(reply, { message: 'Service account deleted' })
  })

  route('GET', '/serviceaccounts/:id/tokens', async (request, reply) => {
    const a = await store.get(idAt(request))
    if (a === undefined) return notFound(reply)
    const t = options.nowMs()
    return send(reply, (await store.tokens(a.id)).map(k => ({
      id: k.id, name: k.name, created: goTime(k.createdMs), expiration: k.expiresMs === 0 ? null : goTime(k.expiresMs), lastUsedAt: k.usedMs === 0 ? null : goTime(k.usedMs),
      secondsUntilExpiration: k.expiresMs === 0 ? 0 : Math.max(0, (k.expiresMs - t) / 1000), hasExpired: k.expiresMs !== 0 && k.expiresMs <= t, isRevoked: false,
    })))
  })
  admin('POST', '/serviceaccounts/:id/tokens', async (request, reply) => {
    const body = jsonObject(request.body)
    const a = await store.get(idAt(request))
    if (a === undefined) return notFound(reply)
    const name = textAt(body, 'name')
    if (name === '' || name.length > MAX_NAME) return fail(reply, 400, `name: a token needs one of at most ${MAX_NAME} characters`)
    if ((await store.tokens(a.id)).some(k => k.name === name)) return fail(reply, 409, 'service account token with given name already exists in the organization', { messageId: 'serviceaccounts.ErrTokenAlreadyExists' })
    const seconds = body?.['secondsToLive'] ?? 0
    if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return fail(reply, 400, 'secondsToLive: a number of seconds, 0 for ever')
    const key = `glsa_${randomBytes(24).toString('base64url').replace(/[-_]/g, 'x')}_${randomBytes(4).toString('hex')}`
    const id = await store.addToken(a.id, name, tokenHash(key), seconds === 0 ? 0 : options.nowMs() + Math.round(seconds * 1000))
    return send(reply, { id, name, key })
  })
  admin('DELETE', '/serviceaccounts/:id/tokens/:token', async (request, reply) => {
    const done = await store.removeToken(idAt(request), Number((request.params as { token: string }).token))
    return done ? send(reply, { message: 'Service account token deleted' }) : fail(reply, 404, 'service account token not found', { messageId: 'serviceaccounts.ErrTokenNotFound' })
  })
}
