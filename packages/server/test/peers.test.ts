import { peerRun } from '@haechi/testkit'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine } from '@haechi/promql'
import { MemoryStorage } from '@haechi/testkit'
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, parseWebConfig } from '../src/index.ts'
import type { HaechiServer } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const run = promisify(execFile)
const PEER_RUN = peerRun()
const skip = PEER_RUN === undefined
if (skip) process.stderr.write('packages/server/test/peers.test.ts: skipped, PEERS_DIR names no real promtool\n')

describe.skipIf(skip)('G1 the real promtool is content', () => {
  const now = Math.floor(Date.now() / 1000)
  const storage = new MemoryStorage()
  for (let t = now - 60; t <= now; t += 5) for (const job of ['a', 'b']) storage.add(labelsFromObject({ __name__: 'up', job, instance: 'x:1' }), t * 1000, job === 'a' ? 1 : 0)
  let server: HaechiServer
  let locked: HaechiServer
  let url = ''
  let lockedUrl = ''
  beforeAll(async () => {
    const deps = fakeDeps({ engine: new LocalQueryEngine(storage), queryable: storage })
    server = createServer(deps, { version: '0.1.0', listen: ['127.0.0.1:0'] })
    url = (await server.listen())[0]!
    locked = createServer(deps, { version: '0.1.0', listen: ['127.0.0.1:0'], webConfig: parseWebConfig(`basic_auth_users:\n  kim: ${hashSync('pw', 4)}\n`, 'web.config.yml') })
    lockedUrl = (await locked.listen())[0]!
  })
  afterAll(async () => {
    await server.close()
    await locked.close()
  })
  const promtool = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await run(PEER_RUN!, ['promtool', ...args], { timeout: 15_000 })
    return stdout + stderr
  }
  test('[G1] check healthy, check ready', async () => {
    expect(await promtool('check', 'healthy', `--url=${url}`)).toContain('SUCCESS')
    expect(await promtool('check', 'ready', `--url=${url}`)).toContain('SUCCESS')
  })
  test('[G1] query instant', async () => {
    expect((await promtool('query', 'instant', `--time=${now}`, url, 'up')).trim().split('\n').sort()).toEqual([`up{instance="x:1", job="a"} => 1 @[${now}]`, `up{instance="x:1", job="b"} => 0 @[${now}]`])
    await expect(promtool('query', 'instant', url, 'up{')).rejects.toMatchObject({ stderr: expect.stringContaining('1:4: parse error: unexpected end of input inside braces') as string })
  })
  test('[G1] query range', async () => {
    expect((await promtool('query', 'range', `--start=${now - 20}`, `--end=${now}`, '--step=10s', url, 'sum(up)')).trim()).toBe(`{} =>\n1 @[${now - 20}]\n1 @[${now - 10}]\n1 @[${now}]`)
  })
  test('[G1] query series, labels', async () => {
    expect((await promtool('query', 'series', '--match=up', url)).trim().split('\n').sort()).toEqual(['{__name__="up", instance="x:1", job="a"}', '{__name__="up", instance="x:1", job="b"}'])
    expect((await promtool('query', 'labels', url, 'job')).trim().split('\n')).toEqual(['a', 'b'])
  })
  test('[G1] check metrics reads our own', async () => {
    const { body } = await server.inject({ url: '/metrics', headers: { host: 'localhost' } })
    const child = run(PEER_RUN!, ['promtool', 'check', 'metrics'], { timeout: 15_000 })
    child.child.stdin!.end(body)
    // 3: readable, with advice about names that are prom-client's; 1: not readable.
    const code = await child.then(() => 0, (err: { code?: number }) => err.code)
    expect([0, 3]).toContain(code)
  })
  test('[C3] a password in the URL', async () => {
    expect(await promtool('query', 'instant', lockedUrl.replace('http://', 'http://kim:pw@'), '1')).toContain('1')
    await expect(promtool('query', 'instant', lockedUrl, '1')).rejects.toMatchObject({ stderr: expect.stringMatching(/401|Unauthorized/i) as string })
  })
})
