import { gunzip } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { ScrapeError, readErrorText, requestErrorText } from './go-error.ts'
import { NO_HEADERS } from './http-client.ts'
import type { HttpClient } from './http-client.ts'
import type { GetHandler, Getter } from './plain-client.ts'
import { shownUrl } from './target.ts'
import type { ScrapeClock } from './surroundings.ts'

/** A body as it came, decompressed. */
export interface FetchedBody {
  /** The body is `bytes[0, length)`. Given to the caller. */
  readonly bytes: Uint8Array
  readonly length: number
  readonly contentType: string
}

/** What one scrape asks for. */
export interface FetchRequest {
  readonly url: string
  /** The same object for the same headers: requests are kept by it. */
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Bytes after decompression; 0: no limit. */
  readonly bodySizeLimit: number
}

/** Even without a `body_size_limit` a body may not fill the memory: ten times the largest pages of real exporters. */
export const HARD_BODY_LIMIT: number = 256 << 20
/** Larger buffers are not kept for the next body: they were made for a page that is most likely none. */
const LARGEST_KEPT = 32 << 20
/** So much of an answer that is no metrics page is kept for its diagnosis. */
const KEPT_BYTES = 512
const MAX_REDIRECTS = 10

/** Passed to `abort` when the time is over. */
const TIMEOUT: Error = new Error('context deadline exceeded')
const TOO_LARGE: Error = new Error('body size limit exceeded')
const ENOUGH: Error = new Error('seen enough')

/** Buffers that bodies are read into, handed round between targets: a target keeps its previous body and gives back the one before. */
export class BufferPool {
  readonly #free: Uint8Array[] = []

  /** A buffer of at least `size` bytes. */
  take(size: number): Uint8Array {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const b = this.#free[i]!
      if (b.length >= size && b.length <= size * 4 + 65536) {
        this.#free.splice(i, 1)
        return b
      }
    }
    // With an eighth to spare: the next body is a few bytes longer, and new memory costs more than reading it.
    return Buffer.allocUnsafeSlow(Math.max(4096, size + (size >> 3)))
  }

  give(b: Uint8Array): void {
    if (b.length < 4096 || b.length > LARGEST_KEPT) return
    if (this.#free.length >= 8) this.#free.shift()
    this.#free.push(b)
  }
}

/** Gets one body. The time limit covers everything. @param expected  bytes to expect, for the first buffer @throws ScrapeError with Prometheus' text */
export async function fetchBody(client: HttpClient, request: FetchRequest, pool: BufferPool, expected: number, clock: ScrapeClock): Promise<FetchedBody> {
  const deadline = clock.now() + request.timeoutMs
  let { url } = request
  let authentication: Readonly<Record<string, string>> = NO_HEADERS
  try {
    if (client.hasHeaders) authentication = await client.headers()
  } catch (err) {
    throw new ScrapeError(`Get ${JSON.stringify(shownUrl(url))}: ${(err as Error).message}`)
  }
  for (let hop = 0; ; hop++) {
    const here = hop === 0 ? placeOf(url) : newPlace(url)
    const headers = authentication === NO_HEADERS ? request.headers : { ...request.headers, ...authentication }
    let answer = await ask(client.dispatcher(here.url), here, headers, request, deadline, pool, expected, clock)
    // A kept connection may have been closed by the other side at the moment it was used again.
    if (answer.retry) answer = await ask(client.dispatcher(here.url), here, headers, request, deadline, pool, expected, clock)
    if (answer.error !== undefined) throw answer.error
    if (answer.location !== '' && client.config.followRedirects && [301, 302, 303, 307, 308].includes(answer.status)) {
      if (hop === MAX_REDIRECTS) throw new ScrapeError(`Get ${JSON.stringify(answer.location)}: stopped after 10 redirects`)
      if (!URL.canParse(answer.location, url)) throw new ScrapeError(`Get ${JSON.stringify(url)}: failed to parse Location header ${JSON.stringify(answer.location)}`)
      const next = new URL(answer.location, url)
      // Never sends credentials to another host.
      if (next.host !== here.url.host) authentication = NO_HEADERS
      url = next.href
      continue
    }
    if (answer.status !== 200) {
      throw new ScrapeError(`server returned HTTP status ${answer.status}${answer.statusText === '' ? '' : ` ${answer.statusText}`}`, { status: answer.status, body: shown(answer.bytes, answer.length), contentType: answer.contentType })
    }
    if (answer.encoding !== 'gzip') return { bytes: answer.bytes, length: answer.length, contentType: answer.contentType }
    const plain = await unzipped(answer.bytes.subarray(0, answer.length), request.bodySizeLimit)
    pool.give(answer.bytes)
    return { bytes: plain, length: plain.length, contentType: answer.contentType }
  }
}

/** A URL and its parts: taking it apart costs as much as a hundred samples. */
interface Place {
  /** As it was written. */
  readonly text: string
  readonly url: URL
  readonly origin: string
  /** With the query. */
  readonly path: string
}

function newPlace(text: string): Place {
  const url = new URL(text)
  return { text, url, origin: url.origin, path: url.pathname + url.search }
}

/** Those of targets. */
const places: Map<string, Place> = new Map()
const MAX_PLACES = 10_000

function placeOf(url: string): Place {
  let known = places.get(url)
  if (known === undefined) {
    if (places.size >= MAX_PLACES) places.clear()
    places.set(url, (known = newPlace(url)))
  }
  return known
}

/** The beginning of a body, as text that can be shown. */
export function shown(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(length, KEPT_BYTES)).toString('utf8').replace(/[^\P{C}\n\t]/gu, '')
}

interface Answer {
  status: number
  statusText: string
  contentType: string
  encoding: string
  location: string
  bytes: Uint8Array
  length: number
  error: ScrapeError | undefined
  retry: boolean
}

function ask(
  dispatcher: Getter, { text: asked, origin, path }: Place, headers: Readonly<Record<string, string>>, request: FetchRequest, deadline: number, pool: BufferPool, expected: number, clock: ScrapeClock,
): Promise<Answer> {
  return new Promise(resolve => {
    const answer: Answer = { status: 0, statusText: '', contentType: '', encoding: '', location: '', bytes: new Uint8Array(0), length: 0, error: undefined, retry: false }
    const limit = request.bodySizeLimit > 0 ? request.bodySizeLimit : HARD_BODY_LIMIT
    const shownAs = (): string => shownUrl(asked)
    let controller: Dispatcher.DispatchController | undefined
    let over = false
    const finish = (): void => {
      if (over) return
      over = true
      cancel()
      resolve(answer)
    }
    const fail = (err: unknown): void => {
      if (over) return
      if (err === ENOUGH) return finish()
      if (err === TOO_LARGE) answer.error = new ScrapeError('body size limit exceeded')
      else if (err === TIMEOUT) answer.error = new ScrapeError(answer.status === 0 ? `Get ${JSON.stringify(shownAs())}: context deadline exceeded` : 'context deadline exceeded')
      else {
        answer.retry = answer.status === 0 && isClosed(err)
        answer.error = new ScrapeError(answer.status === 0 ? requestErrorText(shownAs(), err) : readErrorText(shownAs(), err))
      }
      finish()
    }
    const cancel = clock.after(Math.max(0, deadline - clock.now()), () => {
      // A connection that is still being made has no controller yet; it is given up as soon as it has one.
      const running = controller
      fail(TIMEOUT)
      running?.abort(TIMEOUT)
    })
    const handler: GetHandler = {
      onRequestStart(c) {
        controller = c
        if (over) c.abort(TIMEOUT)
      },
      onResponseStart(c, statusCode, fields, statusMessage) {
        if (statusCode < 200 || over) return
        answer.status = statusCode
        answer.statusText = statusMessage ?? ''
        answer.contentType = text(fields['content-type'])
        answer.encoding = text(fields['content-encoding']).trim().toLowerCase()
        answer.location = text(fields['location'])
        const length = Number(text(fields['content-length']) || 0)
        if (statusCode === 200 && answer.encoding !== 'gzip' && length >= limit) c.abort(TOO_LARGE)
        else answer.bytes = statusCode === 200 ? pool.take(Math.min(limit, length > 0 ? length + 1 : Math.max(expected + (expected >> 3), 16384))) : new Uint8Array(KEPT_BYTES)
      },
      onResponseData(c, chunk) {
        if (over) return
        if (answer.status !== 200) {
          const n = Math.min(chunk.length, KEPT_BYTES - answer.length)
          answer.bytes.set(chunk.subarray(0, n), answer.length)
          answer.length += n
          if (answer.length === KEPT_BYTES) c.abort(ENOUGH)
          return
        }
        const end = answer.length + chunk.length
        if (end >= limit) return c.abort(TOO_LARGE)
        if (end > answer.bytes.length) {
          const larger = pool.take(Math.min(limit, end * 2))
          larger.set(answer.bytes.subarray(0, answer.length))
          pool.give(answer.bytes)
          answer.bytes = larger
        }
        if (chunk.buffer !== answer.bytes.buffer || chunk.byteOffset !== answer.bytes.byteOffset + answer.length) answer.bytes.set(chunk, answer.length)
        answer.length = end
      },
      bodyRoom: n => (over || answer.status !== 200 || answer.bytes.length - answer.length < n ? undefined : answer.bytes.subarray(answer.length, answer.length + n)),
      onResponseEnd: finish,
      onResponseError(_, err) {
        fail(err)
      },
    }
    try {
      dispatcher.dispatch({ origin, path, method: 'GET', headers, headersTimeout: 0, bodyTimeout: 0 }, handler)
    } catch (err) {
      fail(err)
    }
  })
}

function text(field: string | string[] | undefined): string {
  return field === undefined ? '' : Array.isArray(field) ? (field[0] ?? '') : field
}

function isClosed(err: unknown): boolean {
  const { code } = err as { readonly code?: string }
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

function unzipped(body: Uint8Array, bodySizeLimit: number): Promise<Uint8Array> {
  const limit = bodySizeLimit > 0 ? bodySizeLimit : HARD_BODY_LIMIT
  return new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength: limit }, (err, plain) => {
      if (err === null && plain.length < limit) return resolve(plain)
      const code = (err as NodeJS.ErrnoException | null)?.code
      if (err === null || code === 'ERR_BUFFER_TOO_LARGE') return reject(new ScrapeError('body size limit exceeded'))
      if (code === 'Z_BUF_ERROR') return reject(new ScrapeError('unexpected EOF'))
      reject(new ScrapeError(err.message.includes('incorrect header') ? 'gzip: invalid header' : `flate: corrupt input (${err.message})`))
    })
  })
}
