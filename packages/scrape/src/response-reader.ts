const LF = 10
const CR = 13
const MAX_HEAD_BYTES = 256 * 1024
/** A chunk's length line, extensions included. */
const MAX_SIZE_LINE = 4096
const BEGIN: Uint8Array = Buffer.from('HTTP/1.', 'latin1')

/** The rest is checked for its form only: making texts of all headers took as long as two hundred samples. */
const KNOWN_HEADERS: ReadonlySet<string> = new Set(['connection', 'content-encoding', 'content-length', 'content-type', 'location', 'transfer-encoding'])
const KNOWN_LENGTHS: ReadonlySet<number> = new Set([...KNOWN_HEADERS].map(name => name.length))

const STATE = { statusLine: 0, body: 1, untilClose: 2, sizeLine: 3, chunk: 4, chunkEnd: 5, trailer: 6, done: 7 } as const
type State = (typeof STATE)[keyof typeof STATE]

/** What `read` found: nothing yet; the head; bytes of the body; the end of the body; bytes that are no HTTP; a head beyond the limit. */
export type ReaderEvent = 'more' | 'head' | 'data' | 'end' | 'malformed' | 'overflow'

/**
 * Reads answers of HTTP/1.x from a connection's bytes, piece by piece. Lines may end in CR LF or LF alone, as Go's client allows.
 *
 * `read` stops at each event; the caller calls it again with the rest of the bytes.
 */
export class ResponseReader {
  event: ReaderEvent = 'more'
  status = 0
  statusText = ''
  /** Those that scraping looks at ({@link KNOWN_HEADERS}), by lower-case name; of a repeated header the first. */
  headers: Record<string, string> = {}
  /** Whether the connection can serve another request after this answer. */
  keepAlive = false
  /** After 'data': where the piece begins; it ends where `read` stopped. */
  dataFrom = 0
  /** After 'malformed': the beginning of what came. */
  fault = ''
  #state: State = STATE.statusLine
  #head = ''
  #left = 0
  #line = ''

  /** Gets ready for the answer of the next request. */
  begin(): void {
    this.#state = STATE.statusLine
    this.#head = ''
    this.#line = ''
    this.status = 0
  }

  /** The answer is over with the connection, not before. */
  get endsWithConnection(): boolean {
    return this.#state === STATE.untilClose
  }

  /** Bytes of a body with a length that are still to come; 0 before it and for others. */
  get bodyLeft(): number {
    return this.#state === STATE.body ? this.#left : 0
  }

  /** Nothing of the answer is missing. */
  get complete(): boolean {
    return this.#state === STATE.done
  }

  /** Reads on in `bytes[at, n)` up to the next event. @returns where it stopped */
  read(bytes: Uint8Array, at: number, n: number): number {
    this.event = 'more'
    switch (this.#state) {
      case STATE.statusLine: return this.#readHead(bytes, at, n)
      case STATE.untilClose:
        this.event = 'data'
        this.dataFrom = at
        return n
      case STATE.body:
      case STATE.chunk: {
        const end = Math.min(n, at + this.#left)
        this.#left -= end - at
        if (this.#left === 0) this.#state = this.#state === STATE.body ? STATE.done : STATE.chunkEnd
        this.event = 'data'
        this.dataFrom = at
        return end
      }
      case STATE.chunkEnd: {
        const c = bytes[at]!
        if (c === LF) {
          this.#state = STATE.sizeLine
          this.#line = ''
        } else if (c !== CR) return this.#malformed(bytes, at, n)
        return at + 1
      }
      case STATE.sizeLine:
      case STATE.trailer: return this.#readLine(bytes, at, n)
      case STATE.done:
        this.event = 'end'
        return at
    }
  }

  #readHead(bytes: Uint8Array, at: number, n: number): number {
    if (this.#head.length < BEGIN.length) {
      // Whatever speaks another language is known at once, not when a time limit passes.
      for (let i = this.#head.length, p = at; i < BEGIN.length && p < n; i++, p++) if (bytes[p] !== BEGIN[i]) return this.#malformed(bytes, at, n)
    }
    // The head ends with a line that is empty but for a CR. `line`: 0 at the start of one, 1 behind its first CR, 2 further on.
    let end = -1
    let line = this.#head.endsWith('\n') ? 0 : this.#head.endsWith('\n\r') ? 1 : 2
    for (let p = at; p < n; p++) {
      const c = bytes[p]!
      if (c !== LF) line = c === CR && line === 0 ? 1 : 2
      else if (line === 2) line = 0
      else {
        end = p + 1
        break
      }
    }
    const stop = end < 0 ? n : end
    this.#head += Buffer.from(bytes.buffer, bytes.byteOffset + at, stop - at).toString('latin1')
    if (this.#head.length > MAX_HEAD_BYTES) {
      this.event = 'overflow'
      return stop
    }
    if (end >= 0) this.#parseHead()
    return stop
  }

  #parseHead(): void {
    const head = this.#head
    let at = head.indexOf('\n') + 1
    const first = /^HTTP\/1\.([01]) (\d{3})(?: ([^\r]*))?\r?$/.exec(head.slice(0, at - 1))
    if (first === null) return this.#badHead()
    const headers: Record<string, string> = {}
    let chunked = false
    let length = -1
    while (at < head.length) {
      const end = head.indexOf('\n', at)
      const colon = head.indexOf(':', at)
      if (colon <= at || colon > end) {
        if (end - at > 1 || (end - at === 1 && head[at] !== '\r')) return this.#badHead()
        at = end + 1
        continue
      }
      const name = KNOWN_LENGTHS.has(colon - at) ? head.slice(at, colon).toLowerCase() : ''
      if (KNOWN_HEADERS.has(name)) {
        const value = head.slice(colon + 1, end).trim()
        if (name === 'transfer-encoding') {
          // Nothing else was asked for, and without chunks the end can't be seen.
          if (value.toLowerCase() !== 'chunked' || chunked) return this.#badHead()
          chunked = true
        } else if (name === 'content-length') {
          if (!/^\d{1,15}$/.test(value) || (length >= 0 && length !== Number(value))) return this.#badHead()
          length = Number(value)
        }
        headers[name] ??= value
      }
      at = end + 1
    }
    const status = Number(first[2])
    // Changing the protocol was not asked for.
    if (status === 101) return this.#badHead()
    this.#head = ''
    // An answer on the way to the answer.
    if (status < 200) return
    const connection = (headers['connection'] ?? '').toLowerCase()
    this.status = status
    this.statusText = first[3] ?? ''
    this.headers = headers
    this.keepAlive = (first[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive')) && !(chunked && length >= 0)
    this.event = 'head'
    if (status === 204 || status === 304 || (!chunked && length === 0)) this.#state = STATE.done
    else if (chunked) {
      this.#state = STATE.sizeLine
      this.#line = ''
    } else if (length > 0) {
      this.#state = STATE.body
      this.#left = length
    } else {
      this.#state = STATE.untilClose
      this.keepAlive = false
    }
  }

  /** A chunk's length, or a line behind the last chunk. */
  #readLine(bytes: Uint8Array, at: number, n: number): number {
    const lf = bytes.indexOf(LF, at)
    const end = lf < 0 || lf >= n ? n : lf + 1
    this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1')
    if (this.#line.length > MAX_SIZE_LINE) return this.#malformed(bytes, at, n)
    if (!this.#line.endsWith('\n')) return end
    const line = this.#line.trimEnd()
    this.#line = ''
    if (this.#state === STATE.trailer) {
      if (line === '') this.#state = STATE.done
      return end
    }
    const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)
    if (size === null) return this.#malformed(bytes, at, n)
    this.#left = Number.parseInt(size[1]!, 16)
    this.#state = this.#left === 0 ? STATE.trailer : STATE.chunk
    return end
  }

  #malformed(bytes: Uint8Array, at: number, n: number): number {
    this.event = 'malformed'
    this.fault = this.#head + Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(n - at, 400)).toString('latin1')
    return n
  }

  #badHead(): void {
    this.event = 'malformed'
    this.fault = this.#head
  }
}
