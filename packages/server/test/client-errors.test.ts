import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { listenWhileStarting } from '../src/index.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const o of open.splice(0)) await o.close()
})

/** Sends bytes as they are. @returns all that comes back */
async function raw(request: string): Promise<string> {
  const listeners = await listenWhileStarting({ version: '0.1.0', listen: ['127.0.0.1:0'] }, () => ({ stage: 'log', ratio: 0, segments: { min: 0, max: 0, current: 0 } }))
  open.push(listeners)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(listeners.urls[0]!).port), '127.0.0.1', () => socket.write(Buffer.from(request)))
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => { text += part }).once('end', () => resolve(text)).once('error', reject)
  })
}

test('[C9] characters that are not percent-encoded are named, with what they must be', async () => {
  const got = await raw('GET /api/v1/query?query={"지표"} HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect(got).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(JSON.parse(got.split('\r\n\r\n')[1]!)).toEqual({ status: 'error', errorType: 'bad_data', error: '"지표" stands in the address as it is and must be percent-encoded: %EC%A7%80%ED%91%9C (curl does so with --get --data-urlencode \'query=…\')' })
})

test('[C9] HEAD is answered without a body, and what is no HTTP is told so', async () => {
  expect(await raw('HEAD /é HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(/^HTTP\/1\.1 400[^]*\r\n\r\n$/)
  expect(await raw('what?\r\n\r\n')).toContain('the request is no HTTP/1.1 that can be read')
})

test('[C9] an address of 100 KB is read, one beyond the limit is refused with the limit', async () => {
  expect(await raw(`GET /-/healthy?${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200/)
  expect(await raw(`GET /-/healthy?${'x'.repeat(1_200_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431[^]*longer than 1048576 bytes/)
})
