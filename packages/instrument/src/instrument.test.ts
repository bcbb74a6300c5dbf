import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterEach, describe, expect, test } from 'vitest'
import { HttpMetrics, instrument } from './index.ts'
import type { Instrument } from './index.ts'

const closers: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

interface Running { readonly base: string; readonly hasRoutes: boolean }
type Start = (i: Instrument) => Promise<Running>

const listen = (handler: Parameters<typeof createServer>[1]): Promise<Running> =>
  new Promise(resolve => {
    const server = createServer(handler!)
    server.listen(0, '127.0.0.1', () => resolve({ base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, hasRoutes: true }))
    closers.push(() => new Promise(done => { server.closeAllConnections(); server.close(done) }))
  })

const STARTS: Record<string, Start> = {
  express: i => {
    const app = express()
    app.use(i.express)
    app.get('/orders/:id', (req, res) => { res.json({ id: req.params.id }) })
    app.get('/boom', (_req, res) => { res.status(500).send('intentional') })
    return listen(app)
  },
  fastify: async i => {
    const app = fastify()
    await app.register(i.fastify as never)
    app.get('/orders/:id', async req => ({ id: (req.params as { id: string }).id }))
    app.get('/boom', async (_req, reply) => reply.code(500).send('intentional'))
    await app.listen({ port: 0, host: '127.0.0.1' })
    closers.push(() => app.close())
    return { base: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`, hasRoutes: true }
  },
  koa: async i => {
    const app = new Koa()
    app.use(i.koa as never)
    app.use(async ctx => {
      if (/^\/orders\/\d+$/.test(ctx.path)) {
        (ctx as unknown as { _matchedRoute: string })._matchedRoute = '/orders/:id' // what @koa/router sets
        ctx.body = { id: 1 }
      } else if (ctx.path === '/boom') {
        (ctx as unknown as { _matchedRoute: string })._matchedRoute = '/boom'
        ctx.status = 500
        ctx.body = 'intentional'
      }
    })
    return listen(app.callback())
  },
}

describe.each(Object.entries(STARTS))('%s', (_name, start) => {
  test('[I1] [I2] [I3] [I7] counts by route pattern, and not the metrics path', async () => {
    const i = instrument({ processMetrics: false })
    const { base } = await start(i)
    for (const path of ['/orders/1', '/orders/2', '/orders/3', '/boom', '/nowhere', '/nowhere/else']) await (await fetch(base + path)).text()
    await new Promise(resolve => { setTimeout(resolve, 20) }) // `close` of the last response comes after its last byte
    const text = await (await fetch(`${base}/metrics`)).text()
    const counts = text.split('\n').filter(line => line.startsWith('http_requests_total{')).sort()
    expect(counts).toEqual([
      'http_requests_total{handler="/boom",method="GET",status="5xx"} 1',
      'http_requests_total{handler="/orders/:id",method="GET",status="2xx"} 3',
      'http_requests_total{handler="none",method="GET",status="4xx"} 2',
    ])
    expect(text).toContain('http_request_duration_highr_seconds_count 6')
    expect(text).toContain('http_request_duration_seconds_count{handler="/orders/:id",method="GET"} 3')
    expect(text).toContain('http_requests_inprogress 0')
  })
})

describe('hono', () => {
  test('[I1] [I2] [I7] counts by route pattern', async () => {
    const i = instrument({ processMetrics: false })
    const app = new Hono()
    app.use(i.hono as never)
    app.get('/orders/:id', c => c.json({ id: c.req.param('id') }))
    app.get('/boom', c => c.text('intentional', 500))
    for (const path of ['/orders/1', '/orders/2', '/boom', '/nowhere']) await app.request(path)
    const text = await (await app.request('/metrics')).text()
    expect(text.split('\n').filter(line => line.startsWith('http_requests_total{')).sort()).toEqual([
      'http_requests_total{handler="/boom",method="GET",status="5xx"} 1',
      'http_requests_total{handler="/orders/:id",method="GET",status="2xx"} 2',
      'http_requests_total{handler="none",method="GET",status="4xx"} 1',
    ])
  })
})

describe('[I2] a client cannot make series', () => {
  test('an unknown method is OTHER', async () => {
    const m = new HttpMetrics({ processMetrics: false })
    m.begin('BREW', '/')!.end('/', 200)
    expect((await m.respond()).body).toContain('http_requests_total{handler="/",method="OTHER",status="2xx"} 1')
  })
})

describe('[I4] each request is counted once', () => {
  test('a second end does nothing', async () => {
    const m = new HttpMetrics({ processMetrics: false })
    const flight = m.begin('GET', '/')!
    flight.end('/', 200)
    flight.end('/', 500)
    const { body } = await m.respond()
    expect(body).toContain('http_requests_total{handler="/",method="GET",status="2xx"} 1')
    expect(body).not.toContain('5xx')
    expect(body).toContain('http_requests_inprogress 0')
  })

  test('a client that leaves is counted and no longer in progress', async () => {
    const i = instrument({ processMetrics: false })
    const app = express()
    app.use(i.express)
    app.get('/wait', () => { /* never answers */ })
    const { base } = await listen(app)
    await fetch(`${base}/wait`, { signal: AbortSignal.timeout(50) }).catch(() => undefined)
    await new Promise(resolve => { setTimeout(resolve, 50) })
    const { body } = await i.metrics.respond()
    expect(body).toContain('http_requests_total{handler="/wait",method="GET",status="4xx"} 1')
    expect(body).toContain('http_requests_inprogress 0')
  })
})

describe('[I5] slow answers can be told apart up to one minute', () => {
  test('an answer of 40 s lies below the last finite bucket', async () => {
    let now = 0
    const m = new HttpMetrics({ processMetrics: false, clock: () => now })
    const flight = m.begin('GET', '/slow')!
    now = 40
    flight.end('/slow', 200)
    const { body } = await m.respond()
    expect(body).toContain('http_request_duration_highr_seconds_bucket{le="30"} 0')
    expect(body).toContain('http_request_duration_highr_seconds_bucket{le="60"} 1')
    expect(body).toContain('http_request_duration_seconds_bucket{le="60",handler="/slow",method="GET"} 1')
  })
})

describe('[I6] allowFrom', () => {
  test.each([
    ['127.0.0.1', 200], ['::ffff:127.0.0.1', 200], ['10.1.2.3', 200], ['11.1.2.3', 403], ['::1', 403], [undefined, 403],
  ])('%s -> %i', async (address, status) => {
    const m = new HttpMetrics({ processMetrics: false, allowFrom: ['127.0.0.1', '10.0.0.0/8'] })
    expect((await m.respond(address)).status).toBe(status)
  })
  test('a text that is no network is refused at once', () => expect(() => new HttpMetrics({ processMetrics: false, allowFrom: ['localhost'] })).toThrow('allowFrom: "localhost" is not an IP address or network'))
})
