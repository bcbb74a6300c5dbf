import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { PlainClient } from './plain-client.ts'
import { ResponseReader } from './response-reader.ts'

interface Read {
  status: number
  statusText: string
  headers: Record<string, string>
  body: string
  outcome: string
  keepAlive: boolean
  heads: number
}

/** What a reader makes of bytes that arrive in these pieces. */
function readAll(pieces: readonly string[]): Read {
  const reader = new ResponseReader()
  reader.begin()
  const out: Read = { status: 0, statusText: '', headers: {}, body: '', outcome: 'more', keepAlive: false, heads: 0 }
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    for (let at = 0; at < bytes.length;) {
      at = reader.read(bytes, at, bytes.length)
      if (reader.event === 'more') continue
      if (reader.event === 'head') {
        out.heads++
        out.status = reader.status
        out.statusText = reader.statusText
        out.headers = reader.headers
        out.keepAlive = reader.keepAlive
      } else if (reader.event === 'data') out.body += bytes.toString('latin1', reader.dataFrom, at)
      else return { ...out, outcome: reader.event === 'malformed' ? `malformed ${reader.fault.slice(0, 19)}` : reader.event }
    }
  }
  return { ...out, outcome: reader.complete ? 'complete' : reader.endsWithConnection ? 'until the connection ends' : 'incomplete' }
}

const gives = (name: string, answer: string, want: Partial<Read>): void => test(`[H1] ${name}`, () => expect(readAll([answer])).toMatchObject(want))

describe('answers', () => {
  gives('a length', 'HTTP/1.1 200 OK\r\nX-Other: c\r\nContent-LENGTH: 3\r\nContent-Type: a:b \r\n\r\nabc', { status: 200, statusText: 'OK', headers: { 'content-length': '3', 'content-type': 'a:b' }, body: 'abc', outcome: 'complete', keepAlive: true })
  gives('chunks, with extensions and trailers', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n00A \r\n0123456789\r\n0\r\nT: 1\r\n\r\n', { body: 'abc0123456789', outcome: 'complete', keepAlive: true })
  gives('neither', 'HTTP/1.1 200 OK\r\n\r\nabc', { body: 'abc', outcome: 'until the connection ends', keepAlive: false })
  gives('HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', { body: 'a', outcome: 'complete', keepAlive: false })
  gives('HTTP/1.0 with kept connection', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na', { outcome: 'complete', keepAlive: true })
  gives('Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na', { outcome: 'complete', keepAlive: false })
  gives('no body: length 0', 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n', { status: 503, statusText: 'Service Unavailable', outcome: 'complete', keepAlive: true })
  gives('no body: 204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, outcome: 'complete' })
  gives('no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na', { status: 200, statusText: '', outcome: 'complete' })
  gives('an interim answer before', 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na', { status: 200, headers: { 'content-length': '1' }, body: 'a', outcome: 'complete', heads: 1 })
  gives('lines that end in LF alone', 'HTTP/1.1 200 OK\nContent-Length: 1\n\na', { status: 200, statusText: 'OK', body: 'a', outcome: 'complete' })
  gives('a length and chunks: chunks, and the connection is not used again', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n', { body: 'a', outcome: 'complete', keepAlive: false })
  gives('bytes behind the answer', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab', { body: 'a', outcome: 'end' })
  gives('cut off', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', { body: 'ab', outcome: 'incomplete' })
  gives('cut off in the head', 'HTTP/1.1 200 OK\r\nContent-Le', { outcome: 'incomplete', heads: 0 })
})

describe('what is no answer', () => {
  gives('another protocol, known at its first byte', 'SSH-2.0-OpenSSH', { outcome: 'malformed SSH-2.0-OpenSSH' })
  gives('another version', 'HTTP/2 200 OK\r\n\r\n', { outcome: 'malformed HTTP/2 200 OK\r\n\r\n' })
  gives('a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n', { outcome: 'malformed HTTP/1.1 abc OK\r\n\r\n' })
  gives('a header without a colon', 'HTTP/1.1 200 OK\r\nhello\r\n\r\n', { outcome: 'malformed HTTP/1.1 200 OK\r\nhe' })
  gives('two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', { outcome: 'malformed HTTP/1.1 200 OK\r\nCo' })
  gives('a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', { outcome: 'malformed HTTP/1.1 200 OK\r\nCo' })
  gives('an encoding nobody asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', { outcome: 'malformed HTTP/1.1 200 OK\r\nTr' })
  gives('a chunk without a length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', { body: '', outcome: 'malformed xyz\r\n' })
  gives('a chunk longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n', { body: 'a', outcome: 'malformed bc\r\n' })
  gives('another protocol that was not asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', { outcome: 'malformed HTTP/1.1 101 Switch' })
  test('[H1] a head without end', () => expect(readAll(['HTTP/1.1 200 OK\r\n', ...Array<string>(10).fill(`x: ${'y'.repeat(40_000)}\r\n`)]).outcome).toBe('overflow'))
  test('[H1] a chunk length without end', () => expect(readAll(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1;'.padEnd(5000, 'x')]).outcome).toContain('malformed'))
})

test('[H1] an answer reads the same however it is cut into pieces', () => {
  const body = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', ' '), maxLength: 40 })
  const answer = fc.tuple(body, fc.array(body, { maxLength: 4 }), fc.boolean(), fc.boolean()).map(([one, several, chunked, interim]) => {
    const head = `${interim ? 'HTTP/1.1 100 Continue\r\n\r\n' : ''}HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n`
    if (!chunked) return `${head}Content-Length: ${one.length}\r\n\r\n${one}`
    return `${head}Transfer-Encoding: chunked\r\n\r\n${several.filter(s => s !== '').map(s => `${s.length.toString(16)}\r\n${s}\r\n`).join('')}0\r\nA: b\r\n\r\n`
  })
  fc.assert(fc.property(answer, fc.array(fc.nat({ max: 200 }), { maxLength: 6 }), (text, cuts) => {
    const at = [0, ...cuts.map(c => c % (text.length + 1)).sort((a, b) => a - b), text.length]
    const pieces = at.slice(1).map((end, i) => text.slice(at[i], end))
    expect(readAll(pieces)).toEqual(readAll([text]))
    expect(readAll([...text])).toEqual(readAll([text]))
    expect(readAll([text]).outcome).toBe('complete')
  }))
})

const open: { close(): void }[] = []
afterEach(() => {
  for (const o of open.splice(0)) o.close()
})

async function serve(onRequest: (socket: Socket, connection: number) => void): Promise<{ origin: string; server: Server; connections: () => number }> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    const mine = ++connections
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', () => onRequest(socket, mine))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  open.push({
    close: () => {
      for (const s of sockets) s.destroy()
      server.close()
    },
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, connections: () => connections }
}

function newClient(): PlainClient {
  const client = new PlainClient(lookup as LookupFunction, 10_000)
  open.push(client)
  return client
}

/** The body, or the error's code. */
function get(client: PlainClient, origin: string, headers: Record<string, string> = {}): Promise<string> {
  return new Promise(resolve => {
    let body = ''
    client.dispatch({ origin, path: '/', method: 'GET', headers, headersTimeout: 0, bodyTimeout: 0 }, {
      onResponseData: (_, chunk) => {
        body += chunk.toString()
      },
      onResponseEnd: () => resolve(body),
      onResponseError: (_, err) => resolve((err as { code?: string }).code ?? err.message),
    })
  })
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('connections', () => {
  test('[H2] one is used again and again, and several when needed', async () => {
    const { origin, connections } = await serve(s => s.write(OK))
    const client = newClient()
    for (let i = 0; i < 3; i++) expect(await get(client, origin)).toBe('ok')
    expect(connections()).toBe(1)
    expect(await Promise.all([get(client, origin), get(client, origin)])).toEqual(['ok', 'ok'])
    expect(connections()).toBe(2)
  })

  test('[H2] one that the other side has closed is not', async () => {
    const { origin, connections } = await serve(s => s.end(OK))
    const client = newClient()
    expect(await get(client, origin)).toBe('ok')
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(await get(client, origin)).toBe('ok')
    expect(connections()).toBe(2)
  })

  test('[H2] one that said more than was asked is not', async () => {
    const { origin, connections } = await serve(s => s.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`))
    const client = newClient()
    expect(await get(client, origin)).toBe('ok')
    expect(await get(client, origin)).toBe('ok')
    expect(connections()).toBe(2)
  })

  test('[H5] a long body is read into the place that the caller names, and nothing else is', async () => {
    const bodies = [300_000, 40, 900_000, 300_001].map((n, k) => Buffer.alloc(n, `${k}abcdefgh`))
    let asked = 0
    const { origin, connections } = await serve(s => {
      const body = bodies[asked++]!
      s.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
      s.write(body)
    })
    const client = newClient()
    let inPlace = 0
    for (const body of bodies) {
      const into = Buffer.alloc(body.length + 8, 'x')
      let length = 0
      await new Promise<void>((resolve, reject) => {
        client.dispatch({ origin, path: '/', method: 'GET', headers: {}, headersTimeout: 0, bodyTimeout: 0 }, {
          bodyRoom: n => {
            expect(length + n).toBe(body.length)
            return into.subarray(length, length + n)
          },
          onResponseData: (_, chunk) => {
            if (chunk.buffer === into.buffer && chunk.byteOffset === into.byteOffset + length) inPlace += chunk.length
            else into.set(chunk, length)
            length += chunk.length
          },
          onResponseEnd: () => resolve(),
          onResponseError: (_, err) => reject(err),
        })
      })
      expect(length).toBe(body.length)
      expect(into.subarray(0, length).equals(body)).toBe(true)
      expect(into.subarray(length).equals(Buffer.alloc(8, 'x'))).toBe(true)
    }
    expect(connections()).toBe(1)
    if (process.platform !== 'win32') expect(inPlace).toBeGreaterThan(0)
  })

  test('[H3] a body without a length ends with the connection', async () => {
    const { origin } = await serve(s => s.end('HTTP/1.1 200 OK\r\n\r\nall of it'))
    expect(await get(newClient(), origin)).toBe('all of it')
  })

  test('[H3] errors have the codes that the texts are made from', async () => {
    const closes = await serve(s => s.end())
    expect(await get(newClient(), closes.origin)).toBe('UND_ERR_SOCKET')
    const cuts = await serve(s => s.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok'))
    expect(await get(newClient(), cuts.origin)).toBe('UND_ERR_SOCKET')
    const babbles = await serve(s => s.write('220 mail ready\r\n'))
    expect(await get(newClient(), babbles.origin)).toBe('HPE_INVALID_CONSTANT')
    const { origin, server } = await serve(() => {})
    await new Promise(resolve => server.close(resolve))
    expect(await get(newClient(), origin)).toBe('ECONNREFUSED')
  })

  test('[H3] closing the client ends what is under way', async () => {
    const { origin } = await serve(() => {})
    const client = newClient()
    const answer = get(client, origin)
    client.close()
    expect(await answer).toBe('UND_ERR_DESTROYED')
    expect(await get(client, origin)).toBe('UND_ERR_DESTROYED')
  })

  test('[H4] a header can not smuggle another one in, and the error does not show its value', () => {
    const client = newClient()
    const send = (headers: Record<string, string>) => (): void => client.dispatch({ origin: 'http://127.0.0.1:1', path: '/', method: 'GET', headers, headersTimeout: 0, bodyTimeout: 0 }, {})
    expect(send({ authorization: 'secret\r\nx: y' })).toThrow(/^invalid authorization header$/)
    expect(send({ 'a b': 'c' })).toThrow('invalid header name')
  })
})
