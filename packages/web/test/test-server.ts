import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { alertAnswers, deliveriesOf } from './alert-answers.ts'
import { answersOf } from './answers.ts'
import type { Scenario } from './answers.ts'
import { EXPLANATION } from './explanation.ts'
import { STATUS_ANSWERS, cardinalityOf } from './system-answers.ts'
import { boardStore } from './board-store.ts'
import { METADATA, METRIC_NAMES, expressionAnswer, seriesFor } from './prometheus-answers.ts'

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }

/** The same rules for scripts and styles that a careful server sends: what they forbid must not be needed. */
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'"

/** A server with the built pages and made-up answers, for the browser test only. */
export interface TestServer {
  /** Ends with the prefix and `/`. */
  readonly url: string
  scenario: Scenario
  /** Everything answers 401 until someone signs in with the password `haechi`. */
  locked: boolean
  /** Nothing is answered: connections are cut. */
  dead: boolean
  /** Everything answers as a server that is being started. */
  starting: boolean
  /** Own API and queries wait for so many ms. */
  delayMs: number
  /** `METHOD path` and body of each change. */
  readonly changes: { readonly request: string; readonly body: string }[]
  close(): Promise<void>
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of req) text += String(part)
  return text
}

function json(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

/** Starts it on a free loopback port. `prefix` is a route prefix such as `/watch`, or `''`. */
export async function startTestServer(dist: string, prefix: string): Promise<TestServer> {
  const boards = boardStore()
  const alerting = alertAnswers()
  const state = { url: '', scenario: 'normal' as Scenario, locked: false, dead: false, starting: false, delayMs: 0, changes: [] as { request: string; body: string }[] }
  const index = (await readFile(join(dist, 'index.html'), 'utf8')).replace('<base href="/"', `<base href="${prefix}/"`)
  const server = createServer((req, res) => {
    void handle(req, res).catch((err: unknown) => json(res, 500, { status: 'error', error: String(err) }))
  })

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://localhost')
    const path = decodeURIComponent(url.pathname).slice(prefix.length)
    if (state.starting && path === '/-/starting') return json(res, 200, { en: 'reading the write-ahead log, 40 %', ko: '저장된 기록(WAL)을 읽는 중입니다. 40 %', ratio: 0.4 })
    if (!path.startsWith('/api/')) return await file(path, res)
    if (state.starting) return json(res, 503, { status: 'error', errorType: 'unavailable', error: 'Haechi is starting: reading the write-ahead log, 40 %' })
    if (state.dead) {
      req.socket.destroy()
      return
    }
    const body = await bodyOf(req)
    if (state.delayMs > 0) await new Promise(resolve => setTimeout(resolve, state.delayMs))
    if (req.method !== 'GET' && path !== '/api/haechi/v1/queries' && (!path.startsWith('/api/v1/') || path.startsWith('/api/v1/provisioning/'))) state.changes.push({ request: `${req.method} ${path}`, body })
    if (state.locked && path === '/api/haechi/v1/login') {
      if ((JSON.parse(body) as { password?: string }).password !== 'haechi') return json(res, 401, { status: 'error', errorType: 'login_failed', error: 'wrong name or password' })
      state.locked = false
      return json(res, 200, {})
    }
    if (state.locked) return json(res, 401, { status: 'error', errorType: 'unauthorized', error: 'sign in' })
    const nowMs = Date.now()
    // A page may live in a world of its own, so that several can be looked at at once.
    const scenario = (/\bscenario=(\w+)/.exec(req.headers.cookie ?? '')?.[1] ?? state.scenario) as Scenario
    const alerts = alerting.answer(req.method ?? 'GET', path, body, answersOf(scenario, nowMs), nowMs)
    if (alerts !== undefined) {
      if (alerts.body !== undefined) return json(res, alerts.status, alerts.body)
      res.writeHead(alerts.status).end()
      return
    }
    if (path.startsWith('/api/v1/')) {
      const answer = prometheus(path, new URLSearchParams(req.method === 'POST' ? body : url.search), nowMs, scenario)
      return json(res, answer.status, answer.body)
    }
    if (path === '/api/haechi/v1/queries') {
      res.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' })
      for (const [i, address] of (JSON.parse(body) as { readonly queries: readonly string[] }).queries.entries()) {
        const [name, params] = address.split('?', 2) as [string, string]
        const answer = prometheus(`/api/v1/${name}`, new URLSearchParams(params), nowMs, scenario)
        res.write(`${i} ${answer.status} ${JSON.stringify(answer.body)}\n`)
      }
      res.end()
      return
    }
    if (path === '/api/datasources') return json(res, 200, [{ uid: 'haechi', name: 'Prometheus', type: 'prometheus', url: '', isDefault: true }])
    if (path === '/api/haechi/v1/deliveries') return json(res, 200, deliveriesOf(answersOf(scenario, nowMs).deliveries, url.searchParams))
    own(path, req.method ?? 'GET', body, res, nowMs, scenario)
  }

  async function file(path: string, res: ServerResponse): Promise<void> {
    const name = normalize(path).replace(/^\/+/, '')
    const type = TYPES[extname(name)]
    res.setHeader('Content-Security-Policy', POLICY)
    if (type === undefined || name === 'index.html') {
      res.writeHead(200, { 'Content-Type': TYPES['.html']! }).end(index)
      return
    }
    try {
      const bytes = await readFile(join(dist, name))
      res.writeHead(200, { 'Content-Type': type }).end(bytes)
    } catch {
      res.writeHead(404).end()
    }
  }

  function own(path: string, method: string, body: string, res: ServerResponse, nowMs: number, scenario: Scenario): void {
    const answers = answersOf(scenario, nowMs)
    const name = path.replace('/api/haechi/v1/', '')
    if (path === '/api/ds/query') return json(res, 200, expressionAnswer(JSON.parse(body) as never))
    const stored = boards.answer(method, path, body)
    if (stored !== undefined) return json(res, stored.status, stored.body)
    if (name === 'rules' && method === 'POST') return json(res, 201, { uid: 'own-1', enabled: true, builtIn: false, edited: false, state: 'unknown', lastEvaluationMs: null, labels: {}, annotations: {}, ...(JSON.parse(body) as object) })
    if (name.startsWith('rules/') && method === 'PUT') {
      const uid = name.slice(6)
      return json(res, 200, { ...answers.rules.find(r => r.uid === uid), ...(JSON.parse(body) as object), edited: true })
    }
    if (name.startsWith('rules/') && method === 'DELETE') return json(res, 200, {})
    if (name.endsWith('/test') && method === 'POST') return json(res, 200, { id: 9, tMs: nowMs, contactPoint: 'c1', status: 'test', title: 'Test', alerts: 0, attempt: 1, ok: true, httpStatus: 204, durationMs: 231 })
    if (name === 'contact-points' && method === 'POST') return json(res, 201, { uid: 'new', origin: 'ui', ...(JSON.parse(body) as object) })
    switch (name) {
      case 'session': return json(res, 200, { required: false, user: null })
      case 'status': return json(res, 200, answers.status)
      case 'overview': return json(res, 200, answers.overview)
      case 'cardinality': return json(res, 200, cardinalityOf(scenario, nowMs))
      case 'diagnoses': return json(res, 200, answers.diagnoses)
      case 'services': return json(res, 200, answers.overview.services)
      case 'targets': return json(res, 200, answers.targets)
      case 'rules': return json(res, 200, answers.rules)
      case 'contact-points': return json(res, 200, answers.contactPoints)
      case 'board-panels': return json(res, 200, answers.boards.map(b => ({ boardUid: b.uid, id: 2, title: 'How slow is it?' })))
      case 'boards': return json(res, 200, answers.boards)
      case 'explain': return json(res, 200, EXPLANATION)
      default: return json(res, 404, { status: 'error', errorType: 'not_found', error: `no ${path}` })
    }
  }

  function prometheus(path: string, params: URLSearchParams, nowMs: number, scenario: Scenario): { readonly status: number; readonly body: unknown } {
    const say = (status: number, body: unknown): { readonly status: number; readonly body: unknown } => ({ status, body })
    const ok = (data: unknown): ReturnType<typeof say> => say(200, { status: 'success', data })
    const query = params.get('query') ?? ''
    const isFailing = scenario === 'failing' || scenario === 'crowded'
    if (query.includes(')(') || /\bsumm\b/.test(query)) {
      return say(400, { status: 'error', errorType: 'bad_data', error: `invalid parameter "query": 1:${query.search(/\)\(|summ/) + 1}: parse error: unknown function with name "summ"` })
    }
    const known = STATUS_ANSWERS[path]
    if (known !== undefined) return ok(known)
    switch (path) {
      case '/api/v1/query_range': {
        const [start, end, step] = ['start', 'end', 'step'].map(n => Number(params.get(n))) as [number, number, number]
        const result = scenario === 'empty' ? [] : seriesFor(query, isFailing, nowMs / 1000).map(s => {
          const values: [number, string][] = []
          for (let t = start; t <= end; t += step) {
            const v = s.value(t)
            if (!Number.isNaN(v)) values.push([t, String(v)])
          }
          return { metric: s.metric, values }
        })
        return ok({ resultType: 'matrix', result })
      }
      case '/api/v1/query': return ok({ resultType: 'vector', result: seriesFor(query, isFailing, nowMs / 1000).map(s => ({ metric: s.metric, value: [nowMs / 1000, String(s.value(nowMs / 1000))] })) })
      case '/api/v1/format_query': return ok(query)
      case '/api/v1/alerts': return ok({ alerts: answersOf(scenario, nowMs).alerts })
      case '/api/v1/metadata': return ok(METADATA)
      case '/api/v1/label/__name__/values': return ok(scenario === 'empty' ? [] : METRIC_NAMES)
      case '/api/v1/labels': return ok(['__name__', 'handler', 'instance', 'job'])
      default: return path.startsWith('/api/v1/label/') ? ok(['orders', 'shop', 'node']) : path === '/api/v1/series' ? ok(seriesFor(params.get('match[]') ?? '', isFailing, nowMs / 1000).map(s => s.metric)) : say(404, { status: 'error', errorType: 'not_found', error: 'not found' })
    }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}/`
  return Object.assign(state, {
    close: () => new Promise<void>(resolve => {
      server.closeAllConnections()
      server.close(() => resolve())
    }),
  })
}
