import { connect } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { ResponseReader } from './response-reader.ts'

/** Bytes that one read of a socket may bring. */
const READ_BYTES = 1 << 17
const CONNECT_TIMEOUT_MS = 60_000

/**
 * What all sockets read into: the bytes are used up before the next read. Windows reads ahead of time into the buffer it was given, so there each socket
 * has one of its own.
 */
const SHARED: Uint8Array | undefined = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(READ_BYTES)

/** An error with one of undici's codes, which `go-error.ts` knows. */
class ClientError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** A request, in undici's words. The time limit is the caller's. */
export interface GetRequest {
  readonly origin: string
  readonly path: string
  readonly method: 'GET'
  readonly headers: Record<string, string>
  readonly headersTimeout: 0
  readonly bodyTimeout: 0
}

/** Who takes an answer. */
export interface GetHandler extends Dispatcher.DispatchHandler {
  /**
   * Where the next `n` bytes of the body may be read into: exactly so many, or undefined. What comes there is given to `onResponseData` nevertheless, which
   * then has nothing to copy.
   */
  bodyRoom?(n: number): Uint8Array | undefined
}

/** What scraping needs of undici's dispatchers. */
export interface Getter {
  dispatch(request: GetRequest, handler: GetHandler): unknown
}

/**
 * GET over plain HTTP/1.1 with kept connections, for scraping alone: a body arrives in one buffer that is used again and again, where undici makes several
 * objects and 64 KiB of garbage per read. A third of the cost of a scrape (docs/performance.md).
 *
 * Calls a handler as undici's dispatchers do. The bytes given to `onResponseData` are valid during the call only.
 */
export class PlainClient implements Getter {
  readonly #lookup: LookupFunction
  readonly #idleMs: number
  readonly #connections: Map<string, Connection[]> = new Map()
  /** The last request with the same headers object, as text: a target asks for the same again and again. */
  readonly #heads: WeakMap<object, { readonly origin: string; readonly path: string; readonly text: string }> = new WeakMap()
  #closed = false

  /** @param idleMs  how long a connection without requests is kept */
  constructor(lookup: LookupFunction, idleMs: number) {
    this.#lookup = lookup
    this.#idleMs = idleMs
  }

  /** Sends one request. A headers object that comes again must be unchanged. @throws TypeError when a header can't be sent */
  dispatch(request: GetRequest, handler: GetHandler): void {
    let known = this.#heads.get(request.headers)
    if (known === undefined || known.origin !== request.origin || known.path !== request.path) {
      known = { origin: request.origin, path: request.path, text: requestHead(request, request.origin.slice(request.origin.indexOf('//') + 2)) }
      this.#heads.set(request.headers, known)
    }
    const head = known.text
    if (this.#closed) {
      handler.onResponseError?.(NO_CONTROLLER, new ClientError('UND_ERR_DESTROYED', 'The client is destroyed'))
      return
    }
    let all = this.#connections.get(request.origin)
    if (all === undefined) this.#connections.set(request.origin, (all = []))
    let free: Connection | undefined
    for (const c of all) if (c.idle) free = c
    if (free === undefined) {
      free = new Connection(new URL(request.origin), this.#lookup, this.#idleMs, () => this.#forget(request.origin, free!))
      all.push(free)
    }
    free.send(head, handler)
  }

  /** Ends all connections at once. */
  close(): void {
    this.#closed = true
    for (const c of [...this.#connections.values()].flat()) c.end(new ClientError('UND_ERR_DESTROYED', 'The client is destroyed'))
  }

  #forget(origin: string, connection: Connection): void {
    const all = this.#connections.get(origin)
    const at = all?.indexOf(connection) ?? -1
    if (at >= 0) all!.splice(at, 1)
    if (all?.length === 0) this.#connections.delete(origin)
  }
}

/** One socket: at most one request at a time. */
class Connection {
  readonly #socket: Socket
  readonly #gone: () => void
  readonly #reader = new ResponseReader()
  readonly #controller: Dispatcher.DispatchController
  #handler: GetHandler | undefined
  /** What the next read goes into. */
  #room: Uint8Array
  readonly #buffer: Uint8Array
  #connecting: NodeJS.Timeout | undefined
  #over = false

  constructor(url: URL, lookup: LookupFunction, idleMs: number, gone: () => void) {
    this.#gone = gone
    this.#controller = { ...NO_CONTROLLER, abort: reason => this.end(reason) }
    this.#buffer = this.#room = SHARED ?? Buffer.allocUnsafeSlow(READ_BYTES)
    const socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port === '' ? 80 : url.port), lookup, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000,
      onread: {
        // Asked for after each callback.
        buffer: () => this.#room,
        callback: (n, bytes) => {
          this.#received(bytes, n)
          this.#room = (SHARED === undefined || this.#reader.bodyLeft === 0 ? undefined : this.#handler?.bodyRoom?.(this.#reader.bodyLeft)) ?? this.#buffer
          return true
        },
      },
    })
    this.#socket = socket
    this.#connecting = setTimeout(() => this.end(new ClientError('UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error')), CONNECT_TIMEOUT_MS)
    socket.once('connect', () => clearTimeout(this.#connecting))
    socket.setTimeout(idleMs, () => {
      if (this.#handler === undefined) this.end(undefined)
    })
    socket.on('error', err => this.end(err))
    socket.on('end', () => this.#ended())
    socket.on('close', () => this.#ended())
  }

  /** Whether a request can be sent. */
  get idle(): boolean {
    return this.#handler === undefined && !this.#over && this.#socket.writable
  }

  send(head: string, handler: GetHandler): void {
    this.#handler = handler
    this.#reader.begin()
    handler.onRequestStart?.(this.#controller, undefined)
    if (this.#handler === handler) this.#socket.write(head, 'latin1')
  }

  /** Gives the connection up; the request under way fails with the reason. */
  end(reason: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#connecting)
    const handler = this.#handler
    this.#handler = undefined
    this.#gone()
    this.#socket.destroy()
    if (handler !== undefined) handler.onResponseError?.(this.#controller, reason ?? new ClientError('UND_ERR_SOCKET', 'other side closed'))
  }

  #ended(): void {
    if (this.#over) return
    // A body without a length ends with the connection.
    if (this.#handler !== undefined && this.#reader.endsWithConnection) {
      const handler = this.#handler
      this.#handler = undefined
      this.end(undefined)
      handler.onResponseEnd?.(this.#controller, {})
      return
    }
    this.end(new ClientError('UND_ERR_SOCKET', 'other side closed'))
  }

  #received(bytes: Uint8Array, n: number): void {
    const handler = this.#handler
    const reader = this.#reader
    // Nobody asked.
    if (handler === undefined) return this.end(undefined)
    let at = 0
    while (at < n) {
      at = reader.read(bytes, at, n)
      // The handler may have aborted in a call.
      switch (reader.event) {
        case 'more': continue
        case 'head':
          handler.onResponseStart?.(this.#controller, reader.status, reader.headers, reader.statusText)
          break
        case 'data':
          handler.onResponseData?.(this.#controller, Buffer.from(bytes.buffer, bytes.byteOffset + reader.dataFrom, at - reader.dataFrom))
          break
        case 'end': return this.#complete(handler, at < n)
        case 'malformed': return this.end(malformed(reader.fault))
        case 'overflow': return this.end(new ClientError('UND_ERR_HEADERS_OVERFLOW', 'Headers Overflow Error'))
      }
      if (this.#handler !== handler) return
    }
    if (reader.complete) this.#complete(handler, false)
  }

  #complete(handler: Dispatcher.DispatchHandler, moreBytes: boolean): void {
    this.#handler = undefined
    // What follows an answer nobody asked for; such a connection can't be trusted.
    if (moreBytes || !this.#reader.keepAlive) this.end(undefined)
    handler.onResponseEnd?.(this.#controller, {})
  }
}

const NO_CONTROLLER: Dispatcher.DispatchController = { aborted: false, paused: false, reason: null, rawHeaders: null, rawTrailers: null, abort: () => {}, pause: () => {}, resume: () => {} }

function malformed(data: string): Error {
  const err = new Error('Response does not match the HTTP/1.1 protocol')
  err.name = 'HTTPParserError'
  return Object.assign(err, { code: 'HPE_INVALID_CONSTANT', data })
}

function requestHead({ path, headers }: GetRequest, host: string): string {
  let lines = ''
  let named = false
  for (const name in headers) {
    const value = headers[name]!
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw new TypeError(`invalid header name ${JSON.stringify(name)}`)
    // Not the value: it may be a secret.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new TypeError(`invalid ${name} header`)
    if (name.toLowerCase() === 'host') named = true
    lines += `${name}: ${value}\r\n`
  }
  return `GET ${path} HTTP/1.1\r\n${named ? '' : `host: ${host}\r\n`}connection: keep-alive\r\n${lines}\r\n`
}
