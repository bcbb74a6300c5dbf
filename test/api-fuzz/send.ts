import http from 'node:http'
import { gunzipSync, inflateSync } from 'node:zlib'

/** A request as it is sent. */
export interface FuzzRequest {
  readonly method: string
  /** Path and query, latin1, as they stand in the request line. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/** What came back. */
export interface FuzzAnswer {
  readonly status: number
  readonly type: string
  readonly headers: http.IncomingHttpHeaders
  /** Uncompressed. */
  readonly text: string
}

/** Longest wait for one answer: beyond it a request hangs. */
const PATIENCE_MS = 60_000

/** Sends a request, byte for byte. @throws Error when the connection breaks or nothing comes in time */
export function send(agent: http.Agent, base: string, request: FuzzRequest): Promise<FuzzAnswer> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const req = http.request({ agent, hostname, port, method: request.method, path: request.path, headers: { ...request.headers, ...(request.body === undefined ? {} : { 'content-length': String(request.body.length) }) } }, res => {
      const parts: Buffer[] = []
      res.on('data', (part: Buffer) => parts.push(part))
      res.once('error', reject)
      res.once('end', () => {
        clearTimeout(late)
        try {
          const text = unpacked(Buffer.concat(parts), res.headers['content-encoding']).toString('utf8')
          resolve({ status: res.statusCode!, type: res.headers['content-type'] ?? '', headers: res.headers, text })
        } catch (err) {
          reject(err as Error)
        }
      })
    })
    const late = setTimeout(() => req.destroy(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
    req.once('error', err => {
      clearTimeout(late)
      reject(err)
    })
    req.end(request.body)
  })
}

function unpacked(body: Buffer, encoding: string | undefined): Buffer {
  if (body.length === 0) return body
  return encoding === 'gzip' ? gunzipSync(body) : encoding === 'deflate' ? inflateSync(body) : body
}

/** A request for people: as curl would be asked. */
export function shown(request: FuzzRequest): string {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
  const body = request.body === undefined ? '' : ` body ${JSON.stringify(request.body.toString('latin1').slice(0, 1500))}`
  return `${request.method} ${JSON.stringify(request.path.slice(0, 1500)).slice(1, -1)}${headers.length === 0 ? '' : ` [${headers.join('; ')}]`}${body}`
}
