import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { MemoryStorage } from '../test/memory-storage.ts'
import { ownScrapeConfig } from './config.ts'
import type { ScrapeConfig } from './config.ts'
import { ScrapeManager } from './manager.ts'
import type { ActiveTarget } from './views.ts'

/** A target that does everything wrong, by path, and one that does everything right, at `/ok`. */
/** 50 MB in 50 kB. */
const BOMB = gzipSync(Buffer.alloc(50 << 20, 'a'))

const TEXT = { 'content-type': 'text/plain; version=0.0.4' }

function answer(req: IncomingMessage, res: ServerResponse): unknown {
  switch (req.url!.split('?')[0]) {
    case '/hang': return undefined
    case '/slow':
      res.writeHead(200, TEXT)
      return res.write('a 1\n')
    case '/404': return res.writeHead(404, { 'content-type': 'text/html' }).end('<h1>not here</h1>')
    case '/500': return res.writeHead(500).end('x')
    case '/599': return res.writeHead(599, 'Own Words').end('x')
    case '/204': return res.writeHead(204).end()
    case '/flood': {
      res.writeHead(200, TEXT)
      const chunk = Buffer.alloc(65536, 'a')
      const go = (): void => {
        while (!res.destroyed && res.write(chunk));
        res.once('drain', go)
      }
      return go()
    }
    case '/big': return res.writeHead(200, TEXT).end('a 1\n'.repeat(30_000))
    case '/bomb': return res.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(BOMB)
    case '/loop': return res.writeHead(302, { location: '/loop' }).end()
    case '/moved': return res.writeHead(301, { location: '/ok' }).end()
    case '/badgzip': return res.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end('this is not gzip at all')
    case '/cutgzip': return res.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(gzipSync('a 1\n'.repeat(1000)).subarray(0, 20))
    case '/gzip': return res.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(gzipSync('ok 1\n'))
    case '/cut':
      res.writeHead(200, { ...TEXT, 'content-length': 100 })
      res.write('a 1\n')
      return setTimeout(() => res.destroy(), 20)
    case '/reset': return req.socket.resetAndDestroy()
    case '/html': return res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><title>shop</title>')
    case '/htmlastext': return res.writeHead(200, TEXT).end('<!doctype html><title>shop</title>')
    case '/longline': return res.writeHead(200, TEXT).end(`a{x="${'y'.repeat(10 << 20)}"} 1\n`)
    case '/longbadline': return res.writeHead(200, TEXT).end(`a{x="${'y'.repeat(10 << 20)}`)
    case '/duplicates': return res.writeHead(200, TEXT).end('a 1\n'.repeat(1000))
    case '/headers': return res.writeHead(200, TEXT).end(`${Object.entries(req.headers).map(([name, value]) => `sent{name="${name}",value="${String(value).replace(/"/g, "'")}"} 1`).join('\n')}\n`)
    default: return res.writeHead(200, TEXT).end('ok 1\n')
  }
}

let web: Server
let address: string
const raw: Record<string, string> = {}
const servers: { close(): void }[] = []

beforeAll(async () => {
  web = createServer(answer)
  await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve))
  address = `127.0.0.1:${(web.address() as AddressInfo).port}`
  const tcp = async (name: string, serve: (s: Socket) => unknown): Promise<void> => {
    const server = createTcpServer(socket => {
      socket.on('error', () => {})
      serve(socket)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    raw[name] = `127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  await tcp('closes', s => s.end())
  await tcp('closesLater', s => s.once('data', () => s.end()))
  await tcp('talksOther', s => s.once('data', () => s.end('hello\r\n\r\n')))
})
afterAll(() => {
  web.closeAllConnections()
  web.close()
  for (const s of servers) s.close()
})

let manager: ScrapeManager | undefined
afterEach(() => manager?.stop())

/** Scrapes targets once, at once, each beside a good one. */
async function scrapeOnce(targets: readonly { readonly address: string; readonly metricsPath?: string }[], changes: Partial<ScrapeConfig> = {}): Promise<{ targets: ActiveTarget[]; storage: MemoryStorage }> {
  const storage = new MemoryStorage()
  const job = ownScrapeConfig({ jobName: 'bad', targets, scrapeIntervalMs: 60_000, scrapeTimeoutMs: 700, extras: { quickScrapes: 1, quickIntervalMs: 1 } })
  const { fallbackProtocol: _, ...bad } = job
  const good = ownScrapeConfig({ jobName: 'good', targets: [{ address, metricsPath: '/ok' }], scrapeIntervalMs: 60_000, scrapeTimeoutMs: 700, extras: { quickScrapes: 1, quickIntervalMs: 1 } })
  await new Promise<void>(resolve => {
    // Not counted: where in its minute a target's turn comes is by its address, so that the good one may be scraped again meanwhile.
    const look = (): void => { if (manager!.activeTargets().every(t => t.health !== 'unknown')) resolve() }
    manager = new ScrapeManager({ appendable: storage, userAgent: 'Haechi/test', onScrape: look })
    manager.apply([{ ...bad, ...changes }, good])
  })
  const all = manager!.activeTargets()
  expect(all.find(t => t.scrapePool === 'good')).toMatchObject({ health: 'up', samples: 1 })
  return { targets: all.filter(t => t.scrapePool === 'bad'), storage }
}

const path = async (metricsPath: string, changes: Partial<ScrapeConfig> = {}): Promise<ActiveTarget> => (await scrapeOnce([{ address, metricsPath }], changes)).targets[0]!
const host = async (name: string, changes: Partial<ScrapeConfig> = {}): Promise<ActiveTarget> => (await scrapeOnce([{ address: name }], changes)).targets[0]!

describe('E1 a bad target is down with Prometheus\' reason, and no other target notices', () => {
  test.each([
    ['/404', 'server returned HTTP status 404 Not Found'],
    ['/500', 'server returned HTTP status 500 Internal Server Error'],
    ['/599', 'server returned HTTP status 599 Own Words'],
    ['/204', 'server returned HTTP status 204 No Content'],
    ['/slow', 'context deadline exceeded'],
    ['/cut', 'unexpected EOF'],
    ['/cutgzip', 'unexpected EOF'],
    ['/badgzip', 'gzip: invalid header'],
    ['/html', 'received unsupported Content-Type "text/html; charset=utf-8" and no fallback_scrape_protocol specified for target'],
    ['/htmlastext', 'expected a valid start token, got "<" ("INVALID") while parsing: "<"'],
  ])('[E1] %s', async (name, error) => {
    expect(await path(name)).toMatchObject({ health: 'down', lastError: error, history: [0] })
  })

  test('[E1] a target that never answers', async () => {
    expect((await path('/hang')).lastError).toBe(`Get "http://${address}/hang": context deadline exceeded`)
  })

  test('[E1] a target that resets the connection', async () => {
    expect((await path('/reset')).lastError).toMatch(new RegExp(`^Get "http://${address}/reset": .*read: connection reset by peer$`))
  })

  test('[E1] redirects without end', async () => {
    expect((await path('/loop')).lastError).toBe('Get "/loop": stopped after 10 redirects')
  })

  test('[E1] the beginning of a page that is no metrics page is kept', async () => {
    expect((await path('/404')).badBody).toBe('<h1>not here</h1>')
    expect((await path('/html')).badBody).toContain('<title>shop</title>')
  })

  test.each([
    ['closes', 'EOF'], ['closesLater', 'EOF'], ['talksOther', 'net/http: HTTP/1.x transport connection broken: malformed HTTP response "hello"'],
  ])('[E1] no HTTP: %s', async (name, error) => {
    expect((await host(raw[name]!)).lastError).toBe(`Get "http://${raw[name]!}/metrics": ${error}`)
  })

  test('[E1] nobody listens', async () => {
    expect((await host('127.0.0.1:1')).lastError).toBe('Get "http://127.0.0.1:1/metrics": dial tcp 127.0.0.1:1: connect: connection refused')
    expect((await host('localhost:1')).lastError).toMatch(/^Get "http:\/\/localhost:1\/metrics": dial tcp (127\.0\.0\.1|\[::1\]):1: connect: connection refused$/)
  })

  test('[E1] a name that does not exist', async () => {
    expect((await host('no-such-host.invalid:80')).lastError).toMatch(/^Get "http:\/\/no-such-host\.invalid:80\/metrics": dial tcp: lookup no-such-host\.invalid: (no such host|Temporary failure in name resolution)$/)
  })

  test('[E1] HTTP where HTTPS is expected', async () => {
    expect((await host(address, { scheme: 'https' })).lastError).toBe(`Get "https://${address}/metrics": http: server gave HTTP response to HTTPS client`)
  })

  test('[E1] more targets than target_limit', async () => {
    const { targets } = await scrapeOnce([{ address }, { address, metricsPath: '/x' }], { targetLimit: 1 })
    expect(targets.map(t => t.lastError)).toEqual(Array(2).fill('target_limit exceeded (number of targets: 2, limit: 1)'))
  })
})

describe('E2 bodies are bounded', () => {
  test.each(['/flood', '/big', '/bomb'])('[E2] %s', async name => {
    expect((await path(name, { bodySizeLimit: 100_000 })).lastError).toBe('body size limit exceeded')
  })

  test('[E2] a line of 10 MB is read, and cut where it is quoted', async () => {
    expect(await path('/longline')).toMatchObject({ health: 'up', samples: 1 })
    const bad = await path('/longbadline')
    expect(bad.lastError).toMatch(/^expected label value, got "\\"y+"\.\.\. \(\d+ more bytes\)/)
    expect(bad.lastError.length).toBeLessThan(6000)
  })

  test('[E2] a thousand duplicates are one sample and 999 refused', async () => {
    const { targets, storage } = await scrapeOnce([{ address, metricsPath: '/duplicates' }])
    expect(targets[0]).toMatchObject({ health: 'up', samples: 1000, duplicateSamples: 999 })
    expect(storage.of({ __name__: 'a' })).toHaveLength(1)
  })
})

describe('E3 requests', () => {
  test('[E3] redirects are followed, gzip is read', async () => {
    expect((await path('/moved')).health).toBe('up')
    expect((await path('/gzip')).health).toBe('up')
  })

  test('[E3] headers are those of Prometheus', async () => {
    const { storage } = await scrapeOnce([{ address, metricsPath: '/headers' }])
    const sent = (name: string): string => {
      const labels = storage.labels[storage.find({ __name__: 'sent', name })[0]!]!
      return labels[labels.indexOf('value') + 1]!
    }
    expect(sent('accept')).toBe('application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2')
    expect(sent('accept-encoding')).toBe('gzip')
    expect(sent('user-agent')).toBe('Haechi/test')
    expect(sent('x-prometheus-scrape-timeout-seconds')).toBe('0.7')
  })

  test('[E3] host.docker.internal means this machine where the name does not resolve', async () => {
    const target = await host(`host.docker.internal:${address.split(':')[1]!}`)
    expect(target).toMatchObject({ health: 'up', loopbackFallback: true })
    expect(target.labels).toContain(`host.docker.internal:${address.split(':')[1]!}`)
  })
})
