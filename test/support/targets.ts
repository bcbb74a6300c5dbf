import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createSocket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'

/** A small server of this test. */
export interface LocalServer {
  readonly port: number
  /** `127.0.0.1:port` */
  readonly address: string
  /** `http://127.0.0.1:port` */
  readonly url: string
  close(): Promise<void>
}

const open = new Set<Server>()
afterAll(async () => {
  for (const server of open) await closed(server)
})

function closed(server: Server): Promise<void> {
  open.delete(server)
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** Starts a server on a free port of loopback; closed when the test file is done. */
export async function serve(handler: (req: IncomingMessage, res: ServerResponse) => void): Promise<LocalServer> {
  const server = createServer(handler)
  // A client that sends again every few seconds must not meet a connection that is just being closed.
  server.keepAliveTimeout = 60_000
  open.add(server)
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  return { port, address: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, close: () => closed(server) }
}

/** Serves one text in the text exposition format. */
export function exporter(body: () => string): Promise<LocalServer> {
  return serve((_req, res) => void res.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8').end(body()))
}

/** What came to a recorder. */
export interface Recorded {
  readonly tMs: number
  readonly path: string
  readonly status: number
  readonly body: unknown
}

/** Takes messages in place of Discord or of any webhook. `answer` decides the status of each; a 429 carries Discord's body. */
export async function recorder(answer: (n: number, path: string) => number = () => 200): Promise<LocalServer & { readonly records: Recorded[] }> {
  const records: Recorded[] = []
  const server = await serve((req, res) => {
    // Programs that look for services on this machine come with GET.
    if (req.method !== 'POST' && req.method !== 'PATCH') return void res.writeHead(405).end()
    const parts: Buffer[] = []
    req.on('data', (part: Buffer) => parts.push(part))
    req.on('end', () => {
      const whole = Buffer.concat(parts).toString('utf8')
      // With a picture the JSON is the first part of a form.
      const text = whole.startsWith('--') ? whole.slice(whole.indexOf('{'), whole.indexOf('\r\n--', whole.indexOf('{'))) : whole
      const path = (req.url ?? '').split('?', 1)[0]!.replace(/\/messages\/\d+$/, '')
      const status = answer(records.length, path)
      records.push({ tMs: Date.now(), path, status, body: JSON.parse(text) })
      res.writeHead(status, { 'content-type': 'application/json' })
      res.end(JSON.stringify(status === 429 ? { message: 'You are being rate limited.', retry_after: 0.7, global: false } : { id: '1' }))
    })
  })
  return { ...server, records }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createSocket()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return port
}
