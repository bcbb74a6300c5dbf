import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { labelsFromObject, matchesLabels } from '@haechi/model'
import type { Queryable } from '@haechi/storage'
import { afterAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { fakeDeps, fakeEngine } from './fake-deps.ts'

interface Recorded {
  readonly request: { readonly method: string; readonly path: string; readonly headers?: Record<string, string>; readonly body?: string; readonly exact?: boolean; readonly text?: boolean }
  readonly now: number
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
const ANSWERS = JSON.parse(readFileSync(fileURLToPath(new URL('golden/answers.json', import.meta.url)), 'utf8')) as readonly Recorded[]

/** Where we differ on purpose, and why. */
const DEVIATIONS = new Map<string, string>([
  ['GET /', 'the UI is served there'],
  ['GET /api/v1', 'a quirk of the router there'],
  ['GET /api/v1/query/', 'a quirk of the router there'],
  ['GET /graph?g0.expr=up', 'leads to our own page'],
  ['GET /api/v1/query?query=1&time=4&timeout=-1', 'the real server answers 503 or 422, by chance; we always answer 503'],
  ['GET /api/v1/query_range?query=1&start=0&end=4&step=0.0004', 'Prometheus divides by zero; we refuse the step'],
  ['GET /api/v1/targets/metadata?match_target=%7Bjob%3D%22prometheus%22%7D&limit=1', 'Prometheus counts the limit per target and answers one more'],
])

/** What is done with each value of a tree whose values may differ: the same names in the same order, the same types. */
function shape(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0], `${path}[]`)]
  if (value !== null && typeof value === 'object') {
    // Maps whose keys are data.
    if (/(?:labels|metric|Labels|annotations|flags|Counts|\/metadata)$/i.test(path) || path === '/api/v1/status/flags.data' || path === '/api/v1/metadata.data') return 'map'
    return Object.entries(value).map(([k, v]) => [k, shape(v, `${path}.${k}`)])
  }
  return value === null ? 'null' : typeof value
}

/** The answers that the engine gives: ours is recorded, because it is not what is tested here. */
const recordedBody = new Map<string, string>()
for (const a of ANSWERS) if (a.status === 200 && /^\/api\/v1\/query(?:_range)?\?|^\/api\/v1\/query(?:_range)?$/.test(a.request.path)) recordedBody.set(a.request.method + a.request.path + (a.request.body ?? ''), a.body)
let current = ''
const engine = fakeEngine((_expr, kind) => {
  const body = recordedBody.get(current)
  if (body !== undefined) return body
  throw new Error(`BUG: no recorded ${kind} answer for ${current}`)
})
const federated: Queryable = {
  querier: () => {
    const list = [labelsFromObject({ __name__: 'up', instance: '127.0.0.1:9090', job: 'prometheus' }), labelsFromObject({ __name__: 'up', instance: '127.0.0.1:1', job: 'gone' })]
    return {
      select: async matchers => {
        const found = matchers.length === 0 ? [] : list.filter(l => matchesLabels(matchers, l))
        return {
          size: found.length,
          labels: i => found[i]!,
          read: (i, _min, max, into) => {
            into.length = 0
            into.push(max, found[i] === list[0] ? 1 : 0)
            return 1
          },
        }
      },
      labelNames: async () => [],
      labelValues: async () => [],
      close: () => {},
    }
  },
}

const server = createServer(fakeDeps({ engine, queryable: federated }), { version: '0.1.0', externalLabels: { cluster: 'golden' } })
afterAll(() => server.close())

describe('G1 answers equal the real server\'s', () => {
  for (const a of ANSWERS) {
    const { request: r } = a
    const title = `${r.method} ${r.path}${r.body ? ` ${r.body}` : ''}`
    if (DEVIATIONS.has(title)) continue
    test(`[G1] ${title}`, async () => {
      const time = (s: string): string => s.replace(/(=)T(-\d+)?/g, (_m, eq: string, minus?: string) => eq + String(a.now + Number(minus ?? 0)))
      current = r.method + r.path + (r.body ?? '')
      const got = await server.inject({ method: r.method as 'GET', url: time(r.path), headers: { host: 'localhost', ...r.headers }, ...(r.body === undefined ? {} : { payload: time(r.body) }) })
      expect(got.statusCode).toBe(a.status)
      for (const [name, value] of Object.entries(a.headers)) {
        // Ours may depend on Accept-Encoding, too.
        const ours = name === 'vary' ? String(got.headers[name]).split(', ')[0] : got.headers[name]
        expect([name, ours]).toEqual([name, value])
      }
      const isError = a.status >= 400
      if (r.exact === true || isError) {
        // Label values of the real server's own series are data; only the engine's answers hold them.
        if (/^\/api\/v1\/(?:label|labels|metadata)/.test(r.path) && a.status === 200) expect(shape(JSON.parse(got.body), '')).toEqual(shape(JSON.parse(a.body), ''))
        else expect(got.body.trimEnd()).toBe(a.body.trimEnd())
      } else if (r.text === true) {
        const names = (s: string): string => s.replace(/ [\d.]+ \d+$/gm, ' V T').split('\n').sort().join('\n')
        expect(names(got.body)).toBe(names(a.body))
      } else {
        expect(shape(JSON.parse(got.body), r.path.split('?')[0]!)).toEqual(shape(JSON.parse(a.body), r.path.split('?')[0]!))
      }
    })
  }
})
