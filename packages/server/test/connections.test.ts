import http from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { openListeners } from '../src/listeners.ts'
import type { Listeners } from '../src/listeners.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function listeners(options: { maxConnections?: number; readTimeoutMs?: number }): Promise<{ port: number; held: http.ServerResponse[]; l: Listeners }> {
  const held: http.ServerResponse[] = []
  const l = await openListeners([{ host: '127.0.0.1', port: 0 }], '', options, (req, res) => {
    if (req.url === '/hold') held.push(res)
    else res.end('ok')
  })
  open.push(() => l.close())
  return { port: Number(new URL(l.urls[0]!).port), held, l }
}

const get = (port: number, path: string, agent: http.Agent | false = false): Promise<string> => new Promise((resolve, reject) => {
  http.get({ host: '127.0.0.1', port, path, agent }, res => {
    let text = ''
    res.setEncoding('utf8').on('data', (d: string) => (text += d)).on('end', () => resolve(text))
  }).on('error', reject)
})

describe('[C10] --web.max-connections', () => {
  test('[C10] what is one too many waits for its turn and is then answered', async () => {
    const { port, held } = await listeners({ maxConnections: 2 })
    const first = [get(port, '/hold'), get(port, '/hold')]
    await expect.poll(() => held.length).toBe(2)
    let done = 0
    const late = Array.from({ length: 5 }, () => get(port, '/').then(text => {
      done++
      return text
    }))
    // They are connected, and nobody has answered.
    await expect.poll(async () => (await new Promise<number>(resolve => { setTimeout(() => resolve(done), 50) }))).toBe(0)
    for (const res of held) res.end('held')
    expect(await Promise.all([...first, ...late])).toEqual(['held', 'held', 'ok', 'ok', 'ok', 'ok', 'ok'])
  })
  test('[C10] a connection that stands open without a request makes room', async () => {
    const { port } = await listeners({ maxConnections: 1 })
    const agent = new http.Agent({ keepAlive: true })
    expect(await get(port, '/', agent)).toBe('ok')
    expect(await get(port, '/')).toBe('ok')
    agent.destroy()
  })
  test('[C10] who leaves while waiting takes no turn; a close ends who waits', async () => {
    const { port, held, l } = await listeners({ maxConnections: 1 })
    const first = get(port, '/hold')
    await expect.poll(() => held.length).toBe(1)
    const gone = net.connect(port, '127.0.0.1')
    await new Promise(done => { gone.once('connect', done) })
    gone.destroy()
    const waits = get(port, '/').catch(() => 'ended')
    held[0]!.end('held')
    expect(await first).toBe('held')
    expect(await waits).toBe('ok')
    const again = get(port, '/hold').catch(() => 'ended')
    await expect.poll(() => held.length).toBe(2)
    const last = get(port, '/').catch(() => 'ended')
    await new Promise(done => { setTimeout(done, 20) })
    const closing = l.close()
    expect(await last).toBe('ended')
    held[1]!.end('held')
    expect(await again).toBe('held')
    await closing
  })
})

describe('[C11] --web.read-timeout', () => {
  test('[C11] a request that is not read in time is answered 408, one without a request is closed', async () => {
    const { port } = await listeners({ readTimeoutMs: 300 })
    const said = (text: string): Promise<string> => new Promise((resolve, reject) => {
      let got = ''
      const socket = net.connect(port, '127.0.0.1', () => socket.write(text))
      socket.setEncoding('utf8').on('data', (d: string) => (got += d)).on('close', () => resolve(got)).on('error', reject)
    })
    expect(await said('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n')).toMatch(/^HTTP\/1\.1 408 /)
    expect(await said('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK/)
  }, 20_000)
})
