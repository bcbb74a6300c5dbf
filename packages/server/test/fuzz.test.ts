import { Agent, request } from 'node:http'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { hashSync } from 'bcryptjs'
import { createServer, parseWebConfig } from '../src/index.ts'
import { RequestParams, parseApiDuration, parseTime } from '../src/request-params.ts'
import { unescapeName } from '../src/prometheus/series.ts'
import { fakeDeps } from './fake-deps.ts'

const server = createServer(fakeDeps(), { version: '0.1.0', listen: ['127.0.0.1:0'] })
const agent = new Agent({ keepAlive: true })
afterAll(async () => {
  agent.destroy()
  await server.close()
})

/** Asks over a socket, the address as it is: what `inject` does not take for an address never reaches the server there. */
function statusOf(origin: URL, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: origin.hostname, port: origin.port, path, agent }, res => {
      res.resume()
      res.once('end', () => resolve(res.statusCode!)).once('error', reject)
    }).once('error', reject).end()
  })
}

const PATHS = [
  'query', 'query_range', 'series', 'labels', 'label/job/values', 'metadata', 'targets', 'targets/metadata', 'rules', 'alerts', 'format_query', 'parse_query', 'query_exemplars', 'status/tsdb',
].map(p => `/api/v1/${p}`).concat('/federate', '/api/search', '/api/haechi/v1/deliveries')
const NAMES = ['query', 'start', 'end', 'step', 'time', 'timeout', 'limit', 'lookback_delta', 'match[]', 'metric', 'state', 'type', 'exclude_alerts', 'group_limit', 'group_next_token', 'match_target', 'stats', 'page', 'tag']
const value = fc.oneof(
  fc.string({ maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('NaN', '+Inf', '-1', '0', '1e308', '1e-300', '9223372036854775808', '1h', '1y2w', '{}', 'up', 'up{', '{a=~"("}', '5', '0.0001', '%', '\0'),
  fc.double().map(String), fc.integer().map(String), fc.date({ noInvalidDate: true }).map(d => d.toISOString()),
)
const pairs = fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 8 })
const encoded = (list: readonly (readonly [string, string])[]): string => list.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v.replace(/[\ud800-\udfff]/g, '?'))}`).join('&')

describe('F1 bad input is the sender\'s fault, never ours', () => {
  test('[F1] parameters in the address and in a form', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...PATHS), pairs, fc.boolean(), async (path, list, form) => {
      const text = encoded(list)
      const got = form
        ? await server.inject({ method: 'POST', url: path, headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' }, payload: text })
        : await server.inject({ url: `${path}?${text}`, headers: { host: 'localhost' } })
      if (got.statusCode === 501 || got.statusCode === 503) return
      expect(got.statusCode).toBeLessThan(500)
      if (String(got.headers['content-type']).startsWith('application/json')) JSON.parse(got.body)
    }), { numRuns: 400 })
  })
  test('[F1] raw addresses', async () => {
    const origin = new URL((await server.listen())[0]!)
    const check = async (url: string): Promise<void> => {
      const status = await statusOf(origin, url)
      if (status !== 501 && status !== 503) expect(status).toBeLessThan(500)
    }
    for (const url of ['//\\', '//[', '//a:b', '/%', '//?/\\']) await check(url)
    await fc.assert(fc.asyncProperty(fc.constantFrom(...PATHS, '/api/v1/label/', '/api/dashboards/uid/', '/', '/assets/'), fc.stringMatching(/^[!-~]{0,40}$/), (path, tail) => check(path + tail)), { numRuns: 400 })
  })
  test('[F1] JSON bodies', async () => {
    const path = fc.constantFrom(['PUT', '/api/haechi/v1/rules/a'], ['POST', '/api/haechi/v1/contact-points'], ['POST', '/api/haechi/v1/login'], ['POST', '/api/dashboards/db'])
    await fc.assert(fc.asyncProperty(path, fc.oneof(fc.json(), fc.string(), fc.record({ dashboard: fc.dictionary(fc.constantFrom('title', 'uid', 'id', 'version', 'tags'), fc.jsonValue()) }).map(v => JSON.stringify(v))), async ([method, url], payload) => {
      const got = await server.inject({ method: method as 'PUT', url: url!, headers: { host: 'localhost', 'content-type': 'application/json' }, payload })
      expect(got.statusCode).toBeLessThan(500)
      JSON.parse(got.body)
    }), { numRuns: 200 })
  })
})

describe('F1 headers', () => {
  const locked = createServer(fakeDeps(), { version: '0.1.0', webConfig: parseWebConfig(`basic_auth_users:\n  kim: ${hashSync('pw', 4)}\n`, 'w') })
  afterAll(() => locked.close())
  const text = fc.oneof(fc.stringMatching(/^[ -~]{0,40}$/), fc.constantFrom('localhost', '[::1', '[]:1', 'localhost:99999', 'null', 'http://', 'haechi_session=; haechi_session==a', 'Basic', 'Basic =', `Basic ${Buffer.from('a').toString('base64')}`, `Basic ${Buffer.from(':').toString('base64')}`))
  test('[F1] Host, Origin, Authorization, Cookie and their kin', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom('GET', 'POST', 'PUT'), fc.constantFrom('/api/v1/labels', '/api/haechi/v1/rules', '/-/reload', '/favicon.ico'), fc.record({ host: text, origin: text, authorization: text, cookie: text, 'accept-encoding': text, 'content-type': text, 'if-none-match': text }, { requiredKeys: [] }), async (method, url, headers) => {
      const got = await locked.inject({ method: method as 'GET', url, headers: { host: 'localhost', ...headers } as Record<string, string> })
      expect(got.statusCode).toBeLessThan(500)
      // Whatever is sent: never in without the password.
      if (url.startsWith('/api/v1')) expect(got.statusCode).not.toBe(200)
    }), { numRuns: 300 })
  })
})

describe('F2 readers of parameters', () => {
  test('[F2] parameters survive encoding', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string())), list => {
      const params = new RequestParams(new URLSearchParams(list as [string, string][]).toString(), '')
      for (const [name] of list) expect(params.all(name)).toEqual(list.filter(([n]) => n === name).map(([, v]) => v))
    }))
  })
  test('[F2] any time is an integer of ms or nothing; any duration is a number or a clear error', () => {
    fc.assert(fc.property(value, text => {
      const t = parseTime(text)
      if (t !== undefined) expect(Number.isInteger(t)).toBe(true)
      try {
        expect(Number.isNaN(parseApiDuration(text))).toBe(false)
      } catch (err) {
        expect((err as Error).message).toMatch(/^cannot parse /)
      }
    }), { numRuns: 1000 })
  })
  test('[F2] times in RFC 3339 are read as Date reads them', () => {
    fc.assert(fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), d => {
      expect(parseTime(d.toISOString())).toBe(d.getTime())
      expect(parseTime(String(d.getTime() / 1000))).toBe(d.getTime())
    }))
  })
  test.each([['U__a_2e_b', 'a.b'], ['U__a__b', 'a_b'], ['U___1f525_', '\u{1f525}'], ['U__a_zz_b', 'U__a_zz_b'], ['U__a_', 'U__a_'], ['U__d800__', 'd800_'], ['U___d800_', 'U___d800_'], ['job', 'job'], ['U__', '']])('[F2] the name %s is %s', (escaped, name) => {
    expect(unescapeName(escaped)).toBe(name)
  })
})
