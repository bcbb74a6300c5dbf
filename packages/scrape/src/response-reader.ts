const LF = 10
const CR = 13
const MAX_HEAD_BYTES = 256 * 1024
/** A chunk's length line, extensions included. */
const MAX_SIZE_LINE = 4096
const BEGIN: Uint8Array = Buffer.from('HTTP/1.', 'latin1')

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
  /** By lower-case name; of a repeated header the first. */
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
    let end = -1
    let before = this.#head.endsWith('\n') || this.#head.endsWith('\n\r')
    for (let p = bytes.indexOf(LF, at); p >= 0 && p < n; p = bytes.indexOf(LF, p + 1)) {
      if (before && (p === at || (bytes[p - 1] === CR && (p - 1 === at || bytes[p - 2] === LF)) || bytes[p - 1] === LF)) {
        end = p + 1
        break
      }
      before = true
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
    const lines = this.#head.split('\n')
    const first = /^HTTP\/1\.([01]) (\d{3})(?: ([^\r]*))?\r?$/.exec(lines[0]!)
    if (first === null) return this.#badHead()
    const headers: Record<string, string> = {}
    let chunked = false
    let length = -1
    for (let i = 1; i < lines.length; i++) {
      const line = lines[i]!
      const colon = line.indexOf(':')
      if (colon <= 0) {
        if (line === '' || line === '\r') continue
        return this.#badHead()
      }
      const name = line.slice(0, colon).toLowerCase()
      const value = line.slice(colon + 1).trim()
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
