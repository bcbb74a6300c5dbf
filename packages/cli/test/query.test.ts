import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerRun } from '@haechi/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../src/main.ts'

const NOTHING: NodeJS.ProcessEnv = { LANG: 'en_US.UTF-8' }
const folder = mkdtempSync(join(tmpdir(), 'haechi-query-'))
let server: Server
let url = ''
const asked: { method: string; path: string; params: Record<string, string>; authorization: string | undefined; extra: string | undefined }[] = []

/** What a server of the Prometheus API answers to the questions below. */
const DATA: Readonly<Record<string, unknown>> = {
  'up': { resultType: 'vector', result: [{ metric: { __name__: 'up', job: 'a"b', instance: 'x:1' }, value: [1000.5, '1'] }, { metric: { job: 'b' }, value: [1000.5, '+Inf'] }, { metric: { __name__: 'z' }, value: [1000.5, '1e+21'] }] },
  'utf8': { resultType: 'vector', result: [{ metric: { __name__: 'a.b', 'c.d': 'e' }, value: [1, '1'] }] },
  'h': { resultType: 'vector', result: [{ metric: { __name__: 'h' }, histogram: [7, { count: '3', sum: '2.5', buckets: [[0, '0.5', '1', '1'], [3, '-0.001', '0.001', '2']] }] }] },
  '1': { resultType: 'scalar', result: [1000.123, '1'] },
  'range': { resultType: 'matrix', result: [{ metric: {}, values: [[100, '1'], [115, '2.50'], [130, 'NaN']] }, { metric: { __name__: 'flat' }, values: [[100, '3']] }] },
}

beforeAll(async () => {
  server = createServer((req, res) => {
    let body = ''
    req.on('data', chunk => { body += String(chunk) })
    req.on('end', () => {
      const at = new URL(req.url!, 'http://x')
      const params = Object.fromEntries(new URLSearchParams(body === '' ? at.search : body))
      asked.push({ method: req.method!, path: at.pathname, params, authorization: req.headers.authorization, extra: req.headers['x-scope'] as string | undefined })
      res.setHeader('content-type', 'application/json')
      if (at.pathname.startsWith('/html')) return void res.setHeader('content-type', 'text/html').end('<html>')
      if (params['query'] === 'sum(') return void res.writeHead(400).end('{"status":"error","errorType":"bad_data","error":"1:5: parse error: unclosed left parenthesis"}')
      const data = at.pathname.endsWith('/values') ? ['x', 'y z'] : at.pathname.endsWith('/series') ? [{ __name__: 'up', job: 'a' }, { job: 'b', a: '1' }] : DATA[params['query']!]
      res.end(JSON.stringify({ status: 'success', data, warnings: params['query'] === 'h' ? ['careful'] : undefined }))
    })
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(join(folder, 'http.yml'), 'basic_auth: { username: u, password: p }\n')
  writeFileSync(join(folder, 'wrong.yml'), 'basic_auht: {}\n')
  writeFileSync(join(folder, 'good.test'), 'load 1m\n  a 0+1x10\n  h {{schema:0 sum:1 count:2 buckets:[1 1]}}x3\n\neval instant at 5m rate(a[5m])\n  {} 0.016666666666666666\n\neval instant at 0 sum(a)\n  {} 0\n')
  writeFileSync(join(folder, 'bad.test'), 'load 1m\n  a 0+1x10\n\neval instant at 5m a\n  a 6\n')
  writeFileSync(join(folder, 'broken.test'), 'lode 1m\n')
})
afterAll(async () => {
  await new Promise(resolve => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

async function haechi(args: readonly string[], env = NOTHING): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await main(args, { out: text => { out += text }, err: text => { err += text }, terminal: false, env, cwd: folder, signal: new AbortController().signal, onHangup: () => undefined })
  return { code, out, err }
}

const SAME: readonly (readonly string[])[] = [
  ['instant', 'URL', 'up'], ['instant', 'URL', '1'], ['instant', 'URL', 'up', '--time', '1000.5'], ['instant', 'URL', 'h'], ['range', 'URL', 'range', '--start', '100', '--end', '130', '--step', '15s'],
  ['series', 'URL', '--match', 'up'], ['labels', 'URL', 'job'], ['labels', 'URL', 'job', '--match', 'up'], ['labels', 'URL', 'job', '-o', 'json'],
]

describe('L9 questions to a server', () => {
  const run = peerRun()
  test.skipIf(typeof run !== 'string' || run === '').each(SAME)('[L9] as promtool: %s %s %s', async (...args) => {
    const real = args.map(a => (a === 'URL' ? url : a))
    const theirs = await new Promise<string>(resolve => { execFile(run as string, ['promtool', 'query', ...real], (_e, out) => resolve(out)) })
    const own = await haechi(['query', ...real])
    expect(own.code).toBe(0)
    expect(own.out).toBe(theirs)
  })

  test('[L9] values, times and names are printed as Prometheus prints them', async () => {
    expect((await haechi(['query', 'instant', url, 'up'])).out).toBe('up{instance="x:1", job="a\\"b"} => 1 @[1000.5]\n{job="b"} => +Inf @[1000.5]\nz => 1000000000000000000000 @[1000.5]\n')
    expect((await haechi(['query', 'instant', url, 'utf8'])).out).toBe('{"a.b", "c.d"="e"} => 1 @[1]\n')
    expect((await haechi(['query', 'range', url, 'range'])).out).toBe('{} =>\n1 @[100]\n2.5 @[115]\nNaN @[130]\nflat =>\n3 @[100]\n')
    expect((await haechi(['query', 'series', url, '--match', 'a', '--match', 'b'])).out).toBe('{__name__="up", job="a"}\n{a="1", job="b"}\n')
    expect((await haechi(['query', 'range', '-o', 'graph', url, 'range'])).out).toBe('{}    ▁█   1 … 2.5\nflat  ▄  3 … 3\n')
    const warned = await haechi(['query', 'instant', url, 'h'])
    expect(warned.err).toBe('warning: careful\n')
    expect(warned.out).toContain('Count: 3.000000, Sum: 2.500000, Buckets: [(0.5,1]:1 ')
  })

  test('[L9] what is sent', async () => {
    asked.length = 0
    await haechi(['query', 'range', `${url}/pre/`, 'range', '--start', '2026-01-01T00:00:00Z', '--end', '1767229200', '--step', '1m', '--header', 'X-Scope: me', '--http.config.file', 'http.yml'])
    expect(asked).toEqual([{ method: 'POST', path: '/pre/api/v1/query_range', params: { query: 'range', start: '1767225600', end: '1767229200', step: '60' }, authorization: 'Basic dTpw', extra: 'me' }])
  })

  test.each([
    [['instant', 'sum('], 'query error: bad_data: 1:5: parse error: unclosed left parenthesis\n'],
    [['range', 'up', '--start', 'yesterday'], 'query error: --start: "yesterday" is no time; write Unix seconds or e.g. 2026-01-31T09:00:00Z\n'],
    [['range', 'up', '--start', '2', '--end', '1'], 'query error: --end is before --start\n'],
    [['range', 'up', '--step', '0'], 'query error: --step: "0" is no duration above zero; write e.g. 30s\n'],
    [['instant', 'up', '--header', 'nameless'], 'query error: --header: "nameless" has no name; write Name: value\n'],
    [['instant', 'up', '--http.config.file', 'absent.yml'], /^query error: --http\.config\.file: ENOENT/],
    [['instant', 'up', '--http.config.file', 'wrong.yml'], /^query error: wrong\.yml:1:1: basic_auht.*basic_auth/],
  ] as const)('[L9] %j is one sentence and exit code 1', async ([kind, text, ...rest], message) => {
    const said = await haechi(['query', kind, url, text, ...rest])
    expect(said.code).toBe(1)
    expect(said.out).toBe('')
    if (typeof message === 'string') expect(said.err).toBe(message)
    else expect(said.err).toMatch(message)
  })

  test('[L9] no server, no API, in Korean', async () => {
    expect((await haechi(['query', 'instant', 'http://127.0.0.1:1', 'up'])).err).toMatch(/^query error: http:\/\/127\.0\.0\.1:1 does not answer: .*\. Is the server running there\?\n$/)
    expect((await haechi(['query', 'instant', `${url}/html`, 'up'])).err).toContain('no JSON of the Prometheus API')
    expect((await haechi(['query', 'instant', 'http://127.0.0.1:1', 'up'], { LANG: 'ko_KR.UTF-8' })).err).toContain('응답이 없습니다')
    expect((await haechi(['query', 'instant', 'ftp://x', 'up'])).err).toContain('is no address of a server')
    expect((await haechi(['query', 'series', url])).code).toBe(2)
  })
})

describe('L10 scripts of PromQL tests', () => {
  test('[L10] verdicts, places and exit codes', async () => {
    expect(await haechi(['test', 'promql', 'good.test'])).toEqual({ code: 0, out: 'good.test: 2 passed, 0 failed\n', err: '' })
    const bad = await haechi(['test', 'promql', 'bad.test', 'broken.test', 'absent.test', 'good.test'])
    expect(bad.code).toBe(1)
    expect(bad.out).toBe('bad.test: 0 passed, 1 failed\ngood.test: 2 passed, 0 failed\n')
    expect(bad.err).toMatch(/^bad\.test:4: a\n {2}.*5.*6|^bad\.test:4: a\n {2}.*6.*5/)
    expect(bad.err).toMatch(/broken\.test: line 1: /)
    expect(bad.err).toContain('absent.test: there is no such file\n')
  })
})
