import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parseExposition } from '@haechi/exposition'
import { FakeClock } from '../test/fake-clock.ts'
import { LocalDiscovery, suggestedName } from './local-discovery.ts'
import type { LocalTarget } from './local-discovery.ts'

const cleanUp: (() => void)[] = []
afterEach(() => {
  for (const f of cleanUp.splice(0)) f()
})

async function serve(answers: Readonly<Record<string, readonly [contentType: string, body: string]>>): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server: Server = createServer((req, res) => {
    asked.push(`${req.method!} ${req.url!}`)
    const answer = answers[req.url!]
    if (answer === undefined) res.writeHead(404).end('no')
    else res.writeHead(200, { 'content-type': answer[0] }).end(answer[1])
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUp.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

/** A proc file system in which exactly these ports listen; the first belongs to a process. */
function proc(ports: readonly number[], command = 'uvicorn', directory = '/srv/shop-api'): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'proc-'))
  cleanUp.push(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(path.join(root, 'net'))
  const line = (port: number, i: number): string => `   ${i}: 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 ${9000 + i} 1 0`
  writeFileSync(path.join(root, 'net', 'tcp'), `  sl  local_address rem_address   st\n${ports.map(line).join('\n')}\n   9: 0100007F:1F90 0100007F:AAAA 01 00000000:00000000 00:00000000 00000000 0 0 1\n   8: 0A00000A:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 2\n`)
  mkdirSync(path.join(root, '77', 'fd'), { recursive: true })
  symlinkSync('socket:[9000]', path.join(root, '77', 'fd', '3'))
  symlinkSync(directory, path.join(root, '77', 'cwd'))
  writeFileSync(path.join(root, '77', 'cmdline'), `/usr/bin/${command}\0main:app\0`)
  return root
}

const METRICS = ['text/plain; version=0.0.4', '# TYPE a counter\na 1\n'] as const

describe('D1 services of this machine', () => {
  test('[D1] what answers with metrics is found and named; pages, JSON and numbers are not', async () => {
    const good = await serve({ '/metrics': METRICS })
    const html = await serve({ '/metrics': ['text/html', '<html></html>'] })
    const json = await serve({ '/metrics': ['application/json', '{"a":1}'] })
    const word = await serve({ '/metrics': ['text/plain', 'pong 1\n'] })
    const spring = await serve({ '/actuator/prometheus': ['text/plain; version=0.0.4', '# TYPE http_server_requests_seconds summary\nhttp_server_requests_seconds_count 1\n'] })
    const own = await serve({ '/metrics': METRICS })
    const seen: (readonly LocalTarget[])[] = []
    const discovery = new LocalDiscovery({
      exclude: [own.port], onChange: t => seen.push(t), userAgent: 'test', clock: new FakeClock(), proc: proc([good.port, html.port, json.port, word.port, spring.port, own.port]),
    })
    await discovery.look()
    expect(seen).toHaveLength(1)
    expect([...seen[0]!].sort((a, b) => (a.jobName < b.jobName ? -1 : 1))).toEqual([
      { address: `localhost:${good.port}`, port: good.port, metricsPath: '/metrics', jobName: 'shop-api', command: 'uvicorn', directory: '/srv/shop-api' },
      { address: `localhost:${spring.port}`, port: spring.port, metricsPath: '/actuator/prometheus', jobName: 'spring' },
    ])
    expect(own.asked).toEqual([])
    expect(html.asked).toEqual(['GET /metrics'])
    expect(spring.asked).toEqual(['GET /metrics', 'GET /actuator/prometheus'])
    await discovery.stop()
  })

  test('[D1] a port that answered otherwise is left alone for minutes', async () => {
    const html = await serve({ '/metrics': ['text/html', '<html></html>'] })
    const clock = new FakeClock()
    const discovery = new LocalDiscovery({ exclude: [], onChange() {}, userAgent: 'test', clock, proc: proc([html.port]) })
    for (let i = 0; i < 5; i++) {
      await discovery.look()
      await clock.advance(50_000)
    }
    expect(html.asked).toHaveLength(1)
    await clock.advance(60_000)
    await discovery.look()
    expect(html.asked).toHaveLength(2)
    await clock.advance(300_000)
    await discovery.look()
    expect(html.asked).toHaveLength(2)
    await discovery.stop()
  })

  test('[D1] servers that speak no HTTP are not asked', async () => {
    const db = await serve({ '/metrics': METRICS })
    const discovery = new LocalDiscovery({ exclude: [], onChange() {}, userAgent: 'test', clock: new FakeClock(), proc: proc([db.port], 'postgres') })
    await discovery.look()
    expect(db.asked).toEqual([])
    await discovery.stop()
  })
})

describe('D2 names', () => {
  const named = (body: string, owner?: Parameters<typeof suggestedName>[1]): string => suggestedName(parseExposition(Buffer.from(body), 'text'), owner)

  test.each([
    ['# TYPE node_uname_info gauge\nnode_uname_info 1\n', 'node_exporter'], ['# TYPE http_request_duration_highr_seconds histogram\nx 1\n', 'fastapi'],
    ['# TYPE django_http_requests_before_middlewares_total counter\nx 1\n', 'django'], ['# TYPE x gauge\nx 1\n', 'service'],
  ])('[D2] %j is %s', (body, name) => expect(named(body)).toBe(name))

  test('[D2] the project folder of a runner, the name of anything else, the jar of Java', () => {
    const body = '# TYPE x gauge\nx 1\n'
    expect(named(body, { command: 'node', args: ['node', 'server.js'], directory: '/home/me/My Shop' })).toBe('My-Shop')
    expect(named(body, { command: 'orders', args: ['orders'], directory: '/' })).toBe('orders')
    expect(named(body, { command: 'java', args: ['java', '-jar', '/opt/pay-1.2.3.jar'], directory: '/' })).toBe('pay')
  })
})
