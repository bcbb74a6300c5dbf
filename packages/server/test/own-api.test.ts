import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/storage'
import { afterAll, describe, expect, test } from 'vitest'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { compressAnswer, lastingBody } from '../src/compression.ts'
import { API_ERRORS, ApiError, createServer } from '../src/index.ts'
import type { ApiErrorBody, EditableRule, InjectedAnswer, ServerDeps } from '../src/index.ts'
import { fakeDeps, fakeEngine } from './fake-deps.ts'

const RULE: EditableRule = {
  uid: 'r1', title: 'Target down', expr: 'up == 0', forMs: 0, labels: {}, annotations: {}, enabled: true, builtIn: true, edited: false, state: 'inactive', lastEvaluationMs: null,
}
const edits: unknown[] = []
const asked: unknown[] = []
const logged: string[] = []
const base = fakeDeps()
const haechi: ServerDeps['haechi'] = {
  ...base.haechi,
  rules: async () => [RULE],
  editRule: async (uid, edit) => {
    if (uid === 'boom') throw new Error('database password=hunter2')
    if (uid === 'file') throw new ApiError('read_only', 'this rule comes from rules.yml')
    edits.push([uid, edit])
    return uid === 'r1' ? RULE : undefined
  },
  resetRule: async uid => (uid === 'r1' ? RULE : uid === 'mine' ? null : undefined),
  deleteContactPoint: async uid => uid === 'c1',
  deliveries: async query => Array.from({ length: (asked.push(query), Math.min(query.limit, 3)) }, (_x, i) => ({ id: 3 - i, tMs: 1, contactPoint: 'c', status: 'firing' as const, title: 't', alerts: 1, attempt: 1, ok: true, durationMs: 1 })),
}
const server = createServer({ ...base, haechi, log: { ...base.log, error: (fields, message) => { logged.push(message + String((fields as { err: unknown }).err)) } } }, { version: '0.1.0' })
afterAll(() => server.close())

function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<InjectedAnswer> {
  return server.inject({
    method: method as 'GET', url: `/api/haechi/v1${path}`,
    headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}
const refused = (got: InjectedAnswer): ApiErrorBody => JSON.parse(got.body) as ApiErrorBody

describe('O7 a rule is played before it exists', () => {
  const storage = new MemoryStorage()
  const T = 1_800_000_000_000
  for (let i = 0; i <= 120; i++) storage.add(labelsFromObject({ __name__: 'load', job: 'a' }), T + i * 30_000, i >= 60 && i < 90 ? 9 : 1)
  const playing = createServer({ ...base, engine: new LocalQueryEngine(storage) }, { version: '0.1.0' })
  afterAll(() => playing.close())
  const play = async (body: unknown): Promise<{ status: number; json: Record<string, unknown> }> => {
    const got = await playing.inject({ method: 'POST', url: '/api/haechi/v1/grafana-rules/preview', headers: { host: 'localhost', 'content-type': 'application/json' }, payload: JSON.stringify(body) })
    return { status: got.statusCode, json: JSON.parse(got.body) as Record<string, unknown> }
  }
  const classic = { type: 'classic_conditions', conditions: [{ type: 'query', evaluator: { type: 'gt', params: [5] }, operator: { type: 'and' }, query: { params: ['A'] }, reducer: { type: 'last', params: [] } }] }
  const rule = (expr: string, model: object = classic): object => ({ condition: 'C', for: '2m', data: [{ refId: 'A', relativeTimeRange: { from: 300, to: 0 }, datasourceUid: 'p', model: { expr } }, { refId: 'C', datasourceUid: '__expr__', model }] })
  const range = { startMs: T, endMs: T + 120 * 30_000, intervalMs: 60_000 }

  test('[O7] its lines, its limit, when it fired, and what each step gives now', async () => {
    const { status, json } = await play({ rule: rule('load'), ...range })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      startMs: T, stepMs: 60_000, steps: 61, threshold: { op: '>', value: 5 }, series: [{ labels: { __name__: 'load', job: 'a' } }],
      instances: [{ labels: {}, spans: [{ from: 30, to: 31, state: 'Pending' }, { from: 32, to: 44, state: 'Alerting' }] }],
      nodes: [{ refId: 'A', count: 1, results: [{ labels: { job: 'a' }, value: '1', points: 301 }] }, { refId: 'C', count: 1, results: [{ labels: {}, value: '0' }] }],
    })
    expect(json['error']).toBeUndefined()
  })
  test('[O7] what a query is refused with is told at its step', async () => {
    const { status, json } = await play({ rule: rule('load('), ...range })
    expect([status, json['error'], (json['nodes'] as { error: string }[])[0]!.error]).toEqual([200, expect.stringContaining('parse error'), expect.stringContaining('parse error')])
  })
  test.each([
    [{ rule: { condition: 'Z', data: [] }, ...range }, /rule .*has no queries/], [{ rule: rule('load', { type: 'math', expression: '$A >' }), ...range }, /model\.expression/],
    [{ rule: rule('load'), ...range, endMs: T }, /startMs must be before endMs/], [{ rule: rule('load'), ...range, intervalMs: 1 }, /intervalMs/],
  ])('[O7] %j is refused with the member', async (body, says) => {
    const { status, json } = await play(body)
    expect([status, json['error']]).toEqual([400, expect.stringMatching(says)])
  })
})

describe('O1 what it answers', () => {
  test('[O1] the panels of all boards are sent again only when they changed', async () => {
    const ask304 = (tag: string): Promise<InjectedAnswer> => server.inject({ url: '/api/haechi/v1/board-panels', headers: { host: 'localhost', 'if-none-match': tag } })
    const tag = String((await ask('GET', '/board-panels')).headers['etag'])
    const again = await ask304(tag)
    expect([again.statusCode, again.body]).toEqual([304, ''])
    expect((await ask304('W/"other"')).statusCode).toBe(200)
  })
  test.each(['/status', '/overview', '/cardinality', '/cardinality?limit=5', '/services', '/targets', '/rules', '/contact-points', '/deliveries', '/boards', '/board-panels', '/board-panels?lang=ko', '/session'])('[O1] GET %s', async path => {
    const got = await ask('GET', path)
    expect(got.statusCode).toBe(200)
    expect(got.headers['content-type']).toMatch(/^application\/json/)
    expect(got.headers['cache-control']).toBe(path.startsWith('/board-panels') ? 'no-cache, private' : 'no-store')
    JSON.parse(got.body)
  })
  test('[O1] deliveries are asked for by rule, contact point, state, result and time, page by page', async () => {
    await ask('GET', '/deliveries')
    await ask('GET', '/deliveries?limit=2&before=7&rule=Down&contactPoint=team&status=firing&ok=false&fromMs=1&toMs=9')
    expect(asked.slice(-2)).toEqual([{ limit: 100 }, { limit: 2, beforeId: 7, alertName: 'Down', contactPoint: 'team', status: 'firing', ok: false, fromMs: 1, toMs: 9 }])
    for (const wrong of ['limit=0', 'limit=1001', 'before=x', 'status=gone', 'ok=maybe', 'fromMs=-1']) expect([wrong, (await ask('GET', `/deliveries?${wrong}`)).statusCode]).toEqual([wrong, 400])
  })
  test('[O1] status says whether a password is asked for', async () => {
    expect(JSON.parse((await ask('GET', '/status')).body)).toMatchObject({ version: '0.1.0', auth: false })
  })
  test('[O1] a rule is edited, restored, removed', async () => {
    expect(JSON.parse((await ask('PUT', '/rules/r1', { threshold: 0.05, forMs: 60_000, enabled: true })).body)).toEqual(RULE)
    expect(edits.at(-1)).toEqual(['r1', { threshold: 0.05, forMs: 60_000, enabled: true }])
    expect(JSON.parse((await ask('DELETE', '/rules/r1')).body)).toEqual(RULE)
    expect((await ask('DELETE', '/rules/mine')).statusCode).toBe(204)
    expect((await ask('DELETE', '/rules/none')).statusCode).toBe(404)
  })
  test('[O1] a contact point is added, tested, removed', async () => {
    const got = await ask('POST', '/contact-points', { name: ' team ', type: 'discord', url: 'https://discord.com/api/webhooks/1/secret' })
    expect(got.statusCode).toBe(201)
    expect(got.body).not.toContain('secret')
    expect(JSON.parse(got.body)).toMatchObject({ name: 'team' })
    expect((await ask('DELETE', '/contact-points/c1')).statusCode).toBe(204)
    expect((await ask('DELETE', '/contact-points/c2')).statusCode).toBe(404)
    expect((await ask('POST', '/contact-points/c2/test')).statusCode).toBe(404)
  })
  test('[O1] deliveries are limited', async () => {
    expect((JSON.parse((await ask('GET', '/deliveries?limit=2')).body) as unknown[]).length).toBe(2)
    for (const bad of ['0', '1001', 'x', '1.5', '-1']) expect(refused(await ask('GET', `/deliveries?limit=${bad}`)).errorType).toBe('bad_parameter')
  })
})

describe('O2 what it refuses', () => {
  test.each([
    ['PUT', '/rules/r1', '{"threshold":"high"}', 'bad_body', 'threshold'],
    ['PUT', '/rules/r1', '{"nope":1}', 'bad_body', 'nope'],
    ['PUT', '/rules/r1', '{"forMs":-1}', 'bad_body', 'forMs'],
    ['PUT', '/rules/r1', '{"labels":{"not ok":"a"}}', 'bad_body', 'labels'],
    ['PUT', '/rules/r1', '[]', 'bad_body', ''],
    ['PUT', '/rules/r1', '{', 'bad_body', 'no JSON'],
    ['PUT', '/rules/r1', '{"expr":"sum("}', 'bad_expression', 'parse error'],
    ['PUT', '/rules/file', '{}', 'read_only', 'rules.yml'],
    ['PUT', '/rules/none', '{}', 'not_found', 'none'],
    ['POST', '/contact-points', '{"name":"a","type":"discord","url":"javascript:alert(1)"}', 'bad_body', 'url'],
    ['POST', '/contact-points', '{"name":"","type":"discord","url":"https://a"}', 'bad_body', 'name'],
    ['POST', '/contact-points', '{"name":"a","type":"fax","url":"https://a"}', 'bad_body', 'type'],
    ['PATCH', '/rules', '{}', 'method_not_allowed', 'GET'],
    ['GET', '/none', undefined, 'not_found', '/none'],
  ])('[O2] %s %s %s is %s', async (method, path, body, code, text) => {
    const got = await ask(method, path, body)
    const e = refused(got)
    expect(e.errorType).toBe(code)
    expect(got.statusCode).toBe(API_ERRORS[code as 'bad_body'].status)
    expect(e.error).toContain(text)
    expect(e.next?.ko).not.toBe('')
  })
  test('[O2] a body that is not JSON by its header', async () => {
    expect(refused(await ask('PUT', '/rules/r1', '{}', { 'content-type': 'text/plain' })).errorType).toBe('wrong_content_type')
    expect(refused(await ask('PUT', '/rules/r1', undefined)).errorType).toBe('wrong_content_type')
  })
  test('[O2] an unexpected failure says nothing to the client and everything to the log', async () => {
    const got = await ask('PUT', '/rules/boom', {})
    expect(got.statusCode).toBe(500)
    expect(got.body).not.toContain('hunter2')
    expect(logged.at(-1)).toContain('hunter2')
  })
})

describe('O3 the page of errors', () => {
  test('[O3] page and code list the same codes', () => {
    const page = readFileSync(fileURLToPath(new URL('../docs/errors.md', import.meta.url)), 'utf8')
    const listed = [...page.matchAll(/^### `(\w+)` \((\d+)\)$/gm)].map(m => `${m[1]} ${m[2]}`)
    expect(listed.sort()).toEqual(Object.entries(API_ERRORS).map(([code, e]) => `${code} ${e.status}`).sort())
  })
})

describe('O4 compression', () => {
  const long = createServer(fakeDeps({ engine: fakeEngine(() => `{"status":"success","data":"${'x'.repeat(5000)}"}`) }), { version: '0.1.0' })
  afterAll(() => long.close())
  test.each([['gzip', true], ['gzip, deflate, br', true], ['gzip;q=0', false], ['identity', false], ['*', true]])('[O4] Accept-Encoding: %s', async (accept, zipped) => {
    const got = await long.inject({ url: '/api/v1/query?query=up', headers: { host: 'localhost', 'accept-encoding': accept } })
    expect(got.headers['content-encoding']).toBe(zipped ? 'gzip' : undefined)
    expect(got.headers['vary']).toBe('Origin, Accept-Encoding')
    expect((zipped ? gunzipSync(got.rawPayload) : got.rawPayload).length).toBe(5030)
  })
  test('[O4] a body that comes again is compressed once', async () => {
    const kept = new TextEncoder().encode('x'.repeat(5000))
    const sent = async (payload: Buffer): Promise<Buffer> => await new Promise((resolve, reject) => {
      const reply = { hasHeader: () => false, getHeader: (name: string) => (name === 'content-type' ? 'application/json' : undefined), header: () => reply, removeHeader: () => reply }
      compressAnswer({ headers: { 'accept-encoding': 'gzip' } } as FastifyRequest, reply as unknown as FastifyReply, payload, (err, zipped) => err === null ? resolve(zipped as Buffer) : reject(err))
    })
    const first = await sent(lastingBody(kept))
    expect(gunzipSync(first).equals(kept)).toBe(true)
    expect(await sent(lastingBody(kept))).toBe(first)
    expect(await sent(Buffer.from(kept))).not.toBe(first)
  })
  test('[O4] short answers stay as they are', async () => {
    expect((await server.inject({ url: '/version', headers: { host: 'localhost', 'accept-encoding': 'gzip' } })).headers['content-encoding']).toBeUndefined()
  })
})
