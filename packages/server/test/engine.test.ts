import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

interface Recorded {
  readonly request: { readonly method: string; readonly path: string; readonly headers?: Record<string, string>; readonly body?: string; readonly exact?: boolean }
  readonly now: number
  readonly status: number
  readonly body: string
}
const ANSWERS = JSON.parse(readFileSync(fileURLToPath(new URL('golden/answers.json', import.meta.url)), 'utf8')) as readonly Recorded[]
const NOW = ANSWERS[0]!.now

/** The two `up` series that were there when the answers were recorded. */
const storage = new MemoryStorage()
for (let t = NOW - 6; t <= NOW; t += 2) {
  storage.add(labelsFromObject({ __name__: 'up', instance: '127.0.0.1:1', job: 'gone' }), t * 1000 - 500, 0)
  storage.add(labelsFromObject({ __name__: 'up', instance: '127.0.0.1:9090', job: 'prometheus' }), t * 1000 - 500, 1)
}
const server = createServer(fakeDeps({ engine: new LocalQueryEngine(storage), queryable: storage }), { version: '0.1.0', nowMs: () => NOW * 1000 })
afterAll(() => server.close())

/** Differences on purpose, as in golden.test.ts. */
const DEVIATIONS = new Set(['/api/v1/query_range?query=1&start=0&end=4&step=0.0004', '/api/v1/query?query=1&time=4&timeout=-1'])
/** Answers that depend on nothing but `up`. */
const MORE = new Set(['/api/v1/query?query=up&time=T', '/api/v1/query?query=up&time=T&limit=1', '/api/v1/series?match[]=up&start=T-300&end=T'])

describe('G1 with the real engine below, byte by byte', () => {
  for (const a of ANSWERS) {
    const { request: r } = a
    const isAbout = /^\/api\/v1\/(?:query|query_range|series|labels|label\/\w+\/values|format_query|parse_query)(?:\?|$)/.test(r.path)
    if (!isAbout || DEVIATIONS.has(r.path) || !(r.exact === true || MORE.has(r.path))) continue
    test(`[G1] ${r.method} ${r.path}${r.body ? ` ${r.body}` : ''}`, async () => {
      const time = (s: string): string => s.replace(/(=)T(-\d+)?/g, (_m, eq: string, minus?: string) => eq + String(a.now + Number(minus ?? 0)))
      const got = await server.inject({ method: r.method as 'GET', url: time(r.path), headers: { host: 'localhost', ...r.headers }, ...(r.body === undefined ? {} : { payload: time(r.body) }) })
      expect([got.statusCode, got.body.trimEnd()]).toEqual([a.status, a.body.trimEnd()])
    })
  }
})
