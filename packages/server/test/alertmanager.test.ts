import { peerRun } from '@haechi/testkit'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createAlertPipeline, createMemoryStore } from '@haechi/alerting'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const NOW = 1_795_300_000_000
const none = (): void => {}
const pipeline = createAlertPipeline({
  store: createMemoryStore(), clock: { nowMs: () => NOW, after: () => none }, log: { debug: none, info: none, warn: none, error: none },
  externalUrl: 'http://localhost:9090', config: { contactPoints: [], receiver: 'team' },
} as unknown as Parameters<typeof createAlertPipeline>[0])
let server: HaechiServer
let url = ''
beforeAll(async () => {
  pipeline.configure({ contactPoints: [], receiver: 'team' })
  await pipeline.start()
  server = createServer(fakeDeps({ alertmanager: { pipeline, receivers: () => ['team'], configYaml: () => 'receivers:\n- name: team\n' } }), { version: '0.1.0', listen: ['127.0.0.1:0'] })
  url = (await server.listen())[0]!
})
afterAll(async () => {
  await server.close()
  await pipeline.stop()
})
const ask = (method: string, path: string, body?: unknown): Promise<InjectedAnswer> => server.inject({
  method: method as 'GET', url: `/api/v2${path}`, headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
})

describe('A1 Alertmanager\'s API', () => {
  test('[A1] alerts go in and come out', async () => {
    const put = await ask('POST', '/alerts', [
      { labels: { alertname: 'Down', job: 'a' }, annotations: { summary: '응답 없음' }, startsAt: '2026-11-21T22:00:00.000Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: 'http://x/' },
      { labels: { alertname: 'Slow', job: 'b' } },
    ])
    expect([put.statusCode, put.body]).toEqual([200, ''])
    const all = JSON.parse((await ask('GET', '/alerts')).body) as Record<string, unknown>[]
    expect(all.map(a => (a['labels'] as Record<string, string>)['alertname']).sort()).toEqual(['Down', 'Slow'])
    const down = all.find(a => (a['labels'] as Record<string, string>)['alertname'] === 'Down')!
    expect(Object.keys(down)).toEqual(['annotations', 'endsAt', 'fingerprint', 'receivers', 'startsAt', 'status', 'updatedAt', 'generatorURL', 'labels'])
    expect(down).toMatchObject({ startsAt: '2026-11-21T22:00:00.000Z', annotations: { summary: '응답 없음' }, generatorURL: 'http://x/' })
  })
  test.each([['filter=job%3D%22a%22', 1], ['filter=job%3D~a%7Cb', 2], ['filter=job!%3Da&filter=alertname%3DSlow', 1], ['filter=job%3Dnone', 0], ['unprocessed=false&active=false', 0], ['receiver=tea', 0]])('[A1] %s finds %i', async (query, n) => {
    expect((JSON.parse((await ask('GET', `/alerts?${query}`)).body) as unknown[]).length).toBe(n)
  })
  test('[A1] status, receivers, silences, groups', async () => {
    expect(JSON.parse((await ask('GET', '/status')).body)).toMatchObject({ cluster: { status: 'disabled' }, config: { original: 'receivers:\n- name: team\n' } })
    expect(JSON.parse((await ask('GET', '/receivers')).body)).toEqual([{ name: 'team' }])
    expect(JSON.parse((await ask('GET', '/silences')).body)).toEqual([])
    expect(Array.isArray(JSON.parse((await ask('GET', '/alerts/groups')).body))).toBe(true)
  })
  test.each([
    ['GET', '/alerts?filter=%3D', undefined, 400], ['GET', '/alerts?filter=a%3D~%22(%22', undefined, 400], ['GET', '/alerts?active=x', undefined, 422], ['GET', '/alerts?receiver=(', undefined, 400],
    ['POST', '/alerts', {}, 422], ['POST', '/alerts', [{ labels: { a: 1 } }], 422], ['POST', '/alerts', [{ labels: { a: 'b' }, startsAt: 'soon' }], 422], ['POST', '/alerts', [{ labels: {} }], 400], ['POST', '/alerts', undefined, 415],
  ])('[A1] %s %s %j is %i', async (method, path, body, status) => {
    const got = await ask(method, path, body)
    expect(got.statusCode).toBe(status)
    JSON.parse(got.body)
  })

  const PEER_RUN = peerRun()
  test.skipIf(PEER_RUN === undefined)('[A1] the real amtool is content', async () => {
    const amtool = async (...args: string[]): Promise<string> => (await promisify(execFile)(PEER_RUN!, ['amtool', `--alertmanager.url=${url}`, ...args], { timeout: 15_000 })).stdout
    expect(await amtool('alert', 'query', 'alertname=Down')).toContain('응답 없음')
    expect(await amtool('alert', 'query', '-o', 'json', 'job=~.+')).toContain('"Slow"')
    await amtool('alert', 'add', 'alertname=Third', 'severity=page')
    expect(await amtool('alert', 'query')).toContain('Third')
    expect(await amtool('silence', 'query')).toContain('ID')
    expect(await amtool('cluster', 'show')).toContain('disabled')
    expect(await amtool('config', 'show')).toContain('team')
  })
})
