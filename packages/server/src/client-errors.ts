import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Most bytes of a request line and its headers together. @see Go net/http `DefaultMaxHeaderBytes` */
export const MAX_HEADER_BYTES: number = 1 << 20

/** What the parser of HTTP tells of a request that it could not read. */
interface ParserError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
}

/** Answers a request that could not be read as HTTP, so that its sender learns what is wrong with it, and closes the connection. */
export function answerClientError(err: ParserError, socket: Duplex): void {
  if (!socket.writable || err.code === 'ECONNRESET') {
    socket.destroy(err)
    return
  }
  const [status, message] = judged(err)
  const body = Buffer.from(JSON.stringify({ status: 'error', errorType: 'bad_data', error: message }))
  socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n`), ...(isHead(err) ? [] : [body])]))
}

/** To HEAD nothing but headers is answered. */
function isHead(err: ParserError): boolean {
  return err.rawPacket?.subarray(0, 5).toString('latin1') === 'HEAD '
}

function judged(err: ParserError): readonly [status: number, message: string] {
  switch (err.code) {
    case 'HPE_HEADER_OVERFLOW': return [431, `the request line and headers are longer than ${MAX_HEADER_BYTES} bytes: send the parameters as a form in the body of a POST`]
    case 'ERR_HTTP_REQUEST_TIMEOUT': return [408, 'the request did not arrive in time']
    case 'HPE_INVALID_URL': {
      const line = err.rawPacket?.toString('utf8').split('\n', 1)[0] ?? ''
      const raw = /[^\x21-\x7e]+/u.exec(line.replace(/^\S+ /, '').replace(/ HTTP\/[\d.]+\r?$/, ''))?.[0].slice(0, 50)
      return [400, raw === undefined ? 'the address of the request is no URL' : `${JSON.stringify(raw)} stands in the address as it is and must be percent-encoded: ${encoded(raw)} (curl does so with --get --data-urlencode 'query=…')`]
    }
    default: return [400, 'the request is no HTTP/1.1 that can be read']
  }
}

function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
}
