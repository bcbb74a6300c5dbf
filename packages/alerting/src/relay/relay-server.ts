import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRelay, relayAnswer } from './relay.ts'
import type { RelayAnswer, RelayOptions } from './relay.ts'

/** Where the relay listens. */
export interface RelayServerOptions extends RelayOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 8800; 0: any free port. */
  readonly port?: number
}

/** A listening relay. */
export interface RelayServer {
  readonly host: string
  readonly port: number
  /** Stops listening; messages under way are finished. */
  close(): Promise<void>
}

/** Largest body that is read. Alertmanager's and Grafana's bodies of a thousand alerts are below it. */
const MAX_BODY_BYTES = 4 << 20

/** Listens for webhooks and relays them to Discord. GET /healthz answers 200. Rejects when the port is taken. */
export async function startRelay(options: RelayServerOptions): Promise<RelayServer> {
  const relay = createRelay(options)
  const host = options.host ?? '127.0.0.1'
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (req, res) => {
    answerRequest(req, relay.handle).then(a => reply(req, res, a), (err: unknown) => {
      options.log.warn({ err: err instanceof Error ? err.message : String(err) }, 'Reading a webhook failed')
      res.destroy()
    })
  })
  server.maxHeadersCount = 100
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 8800, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  return {
    host, port,
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      server.closeIdleConnections()
    }),
  }
}

async function answerRequest(req: IncomingMessage, handle: (path: string, body: string) => Promise<RelayAnswer>): Promise<RelayAnswer> {
  const path = req.url ?? '/'
  if (/^\/healthz\/?(?:\?|$)/.test(path) && (req.method === 'GET' || req.method === 'HEAD')) return relayAnswer(200, { status: 'ok' })
  // Grafana can be told to use PUT.
  if (req.method !== 'POST' && req.method !== 'PUT') return relayAnswer(405, { status: 'error', error: 'use POST' }, { allow: 'POST, PUT' })
  const encoding = req.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return relayAnswer(415, { status: 'error', error: 'compressed bodies are not taken' })
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop early must not cut the connection: the answer still has to go out.
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return relayAnswer(413, { status: 'error', error: `the body is larger than ${MAX_BODY_BYTES} bytes` }, { connection: 'close' })
    chunks.push(chunk)
  }
  return handle(path, Buffer.concat(chunks).toString('utf8'))
}

function reply(req: IncomingMessage, res: ServerResponse, a: RelayAnswer): void {
  res.writeHead(a.status, { ...a.headers, 'content-length': Buffer.byteLength(a.body), 'x-content-type-options': 'nosniff' })
  res.end(req.method === 'HEAD' ? undefined : a.body)
}
