import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createAlertPipeline, createMemoryStore, parseAlertmanagerConfig } from '@haechi/alerting'
import { VirtualClock, peerRun } from '@haechi/testkit'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'
import { freePort } from './free-port.ts'

const CONFIG = `
route:
  receiver: team.x
  group_by: [alertname]
  group_wait: 1s
  group_interval: 5s
  routes:
    - receiver: muted
      matchers: ['severity="low"', 'a=~"b|c"']
      mute_time_intervals: [always]
      continue: true
    - receiver: other
      match: { team: x }
receivers: [{ name: team.x, labels: { kind: chat } }, { name: muted }, { name: other }]
inhibit_rules: [{ source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [alertname] }]
time_intervals: [{ name: always, time_intervals: [{ years: ['2020:2100'] }] }]
`
const none = (): void => {}
const clock = new VirtualClock(Date.now())
const pipeline = createAlertPipeline({
  store: createMemoryStore(), clock, log: { debug: none, info: none, warn: none, error: none }, post: async () => ({ status: 200, headers: {}, body: '' }), externalUrl: 'http://localhost:9090',
})
let server: HaechiServer
let url = ''
beforeAll(async () => {
  pipeline.configure({ contactPoints: [], routing: parseAlertmanagerConfig(CONFIG, 'alertmanager.yml').routing })
  await pipeline.start()
  server = createServer(fakeDeps({ alertmanager: { pipeline, configYaml: () => CONFIG } }), { version: '0.1.0', listen: ['127.0.0.1:0'], nowMs: () => clock.nowMs() })
  url = (await server.listen())[0]!
})
afterAll(async () => {
  await server.close()
  await pipeline.stop()
})
const ask = (method: string, path: string, body?: unknown): Promise<InjectedAnswer> => server.inject({
  method: method as 'GET', url: `/api/v2${path}`, headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
  ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
})
const json = async (path: string): Promise<Record<string, unknown>[]> => JSON.parse((await ask('GET', path)).body) as Record<string, unknown>[]
const names = (alerts: Record<string, unknown>[]): string[] => alerts.map(a => (a['labels'] as Record<string, string>)['alertname']!).sort()
const silence = (more: object = {}): object => ({
  matchers: [{ name: 'alertname', value: 'Z', isRegex: false }], startsAt: new Date(clock.nowMs() - 1000).toISOString(), endsAt: new Date(clock.nowMs() + 3_600_000).toISOString(), createdBy: 'kim', comment: '점검', ...more,
})

describe('A1 Alertmanager\'s API: alerts', () => {
  test('[A1] alerts go in and come out', async () => {
    const put = await ask('POST', '/alerts', [
      { labels: { alertname: 'Down', severity: 'critical' }, annotations: { summary: '응답 없음' }, startsAt: '2026-11-21T22:00:00.000Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: 'http://x/' },
      { labels: { alertname: 'Down', severity: 'warning', team: 'x' } }, { labels: { alertname: 'Low', severity: 'low', a: 'b' } }, { labels: { alertname: 'Z' } },
    ])
    expect([put.statusCode, put.body]).toEqual([200, ''])
    const all = await json('/alerts')
    expect(names(all)).toEqual(['Down', 'Down', 'Low', 'Z'])
    const down = all.find(a => (a['labels'] as Record<string, string>)['severity'] === 'critical')!
    expect(Object.keys(down)).toEqual(['annotations', 'endsAt', 'fingerprint', 'receivers', 'startsAt', 'status', 'updatedAt', 'generatorURL', 'labels'])
    expect(down).toMatchObject({ startsAt: '2026-11-21T22:00:00.000Z', annotations: { summary: '응답 없음' }, generatorURL: 'http://x/', receivers: [{ name: 'team.x' }] })
    const held = all.find(a => (a['labels'] as Record<string, string>)['severity'] === 'warning')!
    expect(held).toMatchObject({ receivers: [{ name: 'other' }], status: { state: 'suppressed', inhibitedBy: [down['fingerprint']], silencedBy: [], mutedBy: [] } })
    expect(Object.keys(held)).not.toContain('generatorURL')
  })
  test.each([
    ['filter=alertname%3D%22Z%22', 1], ['filter=alertname%3D~Z%7CLow', 2], ['filter=alertname!%3DZ&filter=team%3Dx', 1], ['filter=alertname%3Dnone', 0], ['active=false', 1], ['active=nonsense', 1], ['inhibited=false', 3],
    ['receiver=tea', 0], ['receiver=team.*', 2], ['receiver_matchers=name%3Dother', 1], ['receiver_matchers=kind%3Dchat', 2],
  ])('[A1] %s finds %i', async (query, n) => {
    expect((await json(`/alerts?${query}`)).length).toBe(n)
  })
  test('[A1] groups in their order, with what mutes them', async () => {
    const groups = await json('/alerts/groups') as { labels: object; receiver: { name: string }; alerts: Record<string, unknown>[] }[]
    expect(groups.map(g => [g.receiver.name, g.labels, g.alerts.length])).toEqual([
      ['other', { alertname: 'Down' }, 1], ['team.x', { alertname: 'Down' }, 1], ['muted', { alertname: 'Low' }, 1], ['team.x', { alertname: 'Z' }, 1],
    ])
    expect(groups[2]!.alerts[0]).toMatchObject({ status: { state: 'suppressed', mutedBy: ['always'] } })
    expect((await json('/alerts/groups?muted=false')).length).toBe(3)
    expect((await json('/alerts/groups?receiver=other')).length).toBe(1)
  })
  test('[A1] status, receivers', async () => {
    expect(JSON.parse((await ask('GET', '/status')).body)).toMatchObject({ cluster: { peers: [], status: 'disabled' }, config: { original: CONFIG } })
    expect(JSON.parse((await ask('GET', '/receivers')).body)).toEqual([{ labels: { kind: 'chat', name: 'team.x' }, name: 'team.x' }, { labels: { name: 'muted' }, name: 'muted' }, { labels: { name: 'other' }, name: 'other' }])
  })
})

const UUID = 'b3c8b6a0-0000-4000-8000-000000000000'
/** Requests whose answers must be the real Alertmanager's to the byte; the answers are those of 0.33.1. */
const REFUSALS: readonly (readonly [method: string, path: string, body: unknown, status: number, answer: string])[] = [
  ['GET', '/alerts?filter=%3D', undefined, 400, '"bad matcher format: ="\n'],
  ['GET', '/alerts?filter=a%3D~(', undefined, 400, '"error parsing regexp: missing closing ): `^(?:()$`"\n'],
  ['GET', '/alerts?filter=%7Ba%3Db%7D', undefined, 400, '"unexpected open or close brace: {a=b}"\n'],
  ['GET', '/alerts?receiver=(', undefined, 400, '"failed to parse receiver param: error parsing regexp: missing closing ): `^(?:()$`"\n'],
  ['POST', '/alerts', {}, 400, '{"code":400,"message":"parsing alerts body from \\"\\" failed, because json: cannot unmarshal object into Go value of type models.PostableAlerts"}'],
  ['POST', '/alerts', [{ labels: { a: 1 } }], 400, '{"code":400,"message":"parsing alerts body from \\"\\" failed, because json: cannot unmarshal number into Go struct field Alert.labels.a of type string"}'],
  ['POST', '/alerts', [{ labels: {} }], 400, '"at least one label pair required"\n'],
  ['POST', '/alerts', [{}], 422, '{"code":602,"message":"0.labels in body is required"}'],
  ['POST', '/alerts', [{ labels: { a: 'b' }, startsAt: 'x' }], 400, '{"code":400,"message":"parsing alerts body from \\"\\" failed, because parsing time \\"x\\" as \\"2006-01-02\\": cannot parse \\"x\\" as \\"2006\\""}'],
  ['POST', '/alerts', [{ labels: { a: 'b' }, generatorURL: '::' }], 422, '{"code":601,"message":"0.generatorURL in body must be of type uri: \\"::\\""}'],
  ['POST', '/alerts', 'x', 400, '{"code":400,"message":"parsing alerts body from \\"\\" failed, because invalid character \'x\' looking for beginning of value"}'],
  ['POST', '/alerts', '', 422, '{"code":602,"message":"alerts in body is required"}'],
  ['POST', '/alerts', [{ labels: { a: 'b' }, startsAt: '2026-01-02T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }, { labels: { '': 'b' } }, { labels: { z: '' } }], 400, '"start time must be before end time\\ninvalid label set: invalid name \\"\\"\\nat least one label pair required"\n'],
  ['GET', '/silences?filter=%3D', undefined, 400, '"bad matcher format: ="\n'],
  ['POST', '/silences', {}, 422, '{"code":602,"message":"comment in body is required"}'],
  ['POST', '/silences', [], 400, '{"code":400,"message":"parsing silence body from \\"\\" failed, because json: cannot unmarshal array into Go value of type struct { ID string \\"json:\\\\\\"id,omitempty\\\\\\"\\" }"}'],
  ['POST', '/silences', silence({ matchers: [] }), 422, '{"code":612,"message":"matchers in body should have at least 1 items"}'],
  ['POST', '/silences', silence({ matchers: [{ name: 'a', value: 'b' }] }), 422, '{"code":602,"message":"matchers.0.isRegex in body is required"}'],
  ['POST', '/silences', silence({ matchers: [{ name: 'a', value: 'b', isRegex: 1 }] }), 400, '{"code":400,"message":"parsing silence body from \\"\\" failed, because json: cannot unmarshal number into Go struct field Silence.matchers.0.isRegex of type bool"}'],
  ['POST', '/silences', silence({ matchers: [{ name: 'a', value: '', isRegex: false }] }), 400, '"invalid silence: matcher set 0: at least one matcher must not match the empty string"\n'],
  ['POST', '/silences', silence({ matchers: [{ name: 'a', value: '(', isRegex: true }] }), 400, '"invalid silence: invalid label matcher 0 in set 0: invalid regular expression \\"(\\": error parsing regexp: missing closing ): `(`"\n'],
  ['POST', '/silences', silence({ matchers: [{ name: '', value: 'x', isRegex: false }] }), 400, '"invalid silence: invalid label matcher 0 in set 0: invalid label name \\"\\""\n'],
  ['POST', '/silences', silence({ startsAt: 'soon' }), 400, '{"code":400,"message":"parsing silence body from \\"\\" failed, because parsing time \\"soon\\" as \\"2006-01-02\\": cannot parse \\"soon\\" as \\"2006\\""}'],
  ['POST', '/silences', silence({ startsAt: '2027-01-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }), 400, '"Failed to create silence: start time must be before end time"\n'],
  ['POST', '/silences', silence({ startsAt: '2025-01-01T00:00:00Z', endsAt: '2025-02-01T00:00:00Z' }), 400, '"Failed to create silence: end time can\'t be in the past"\n'],
  ['POST', '/silences', silence({ id: 'none' }), 404, '"silence not found"\n'],
  ['POST', '/silences', silence({ id: UUID }), 404, '"silence not found"\n'],
  ['GET', '/silence/nope', undefined, 422, '{"code":601,"message":"silenceID in path must be of type uuid: \\"nope\\""}'],
  ['GET', `/silence/${UUID}`, undefined, 404, ''],
  ['DELETE', '/silence/nope', undefined, 422, '{"code":601,"message":"silenceID in path must be of type uuid: \\"nope\\""}'],
  ['DELETE', `/silence/${UUID}`, undefined, 404, ''],
  ['GET', '/nope', undefined, 404, '{"code":404,"message":"path /api/v2/nope was not found"}'],
  ['PUT', '/alerts', undefined, 405, '{"code":405,"message":"method PUT is not allowed, but [GET,POST] are"}'],
]
const RUN = peerRun()
if (RUN === undefined) process.stderr.write('packages/server/test/alertmanager.test.ts: the real Alertmanager and amtool are not asked, PEERS_DIR names no folder of peers\n')

describe('A2 refusals are the real Alertmanager\'s', () => {
  test.each(REFUSALS)('[A2] %s %s %j is %i', async (method, path, body, status, answer) => {
    const got = await ask(method, path, body)
    expect([got.statusCode, got.body]).toEqual([status, answer])
    expect(got.headers['cache-control']).toBe('no-store')
  })
  test('[A2] a body that does not say it is JSON', async () => {
    const got = await server.inject({ method: 'POST', url: '/api/v2/silences', headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' }, payload: '{}' })
    expect([got.statusCode, got.body]).toEqual([415, '{"code":415,"message":"unsupported media type \\"application/x-www-form-urlencoded\\", only [application/json] are allowed"}'])
  })
})

describe.skipIf(RUN === undefined)('A2 the real Alertmanager beside it', () => {
  let real: ChildProcess
  let realUrl = ''
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haechi-alertmanager-'))
    await writeFile(join(folder, 'alertmanager.yml'), CONFIG)
    realUrl = `http://127.0.0.1:${await freePort()}`
    real = spawn(RUN!, ['prometheus-alertmanager', `--config.file=${folder}/alertmanager.yml`, `--storage.path=${folder}/data`, `--web.listen-address=${realUrl.slice(7)}`, '--cluster.listen-address='], { stdio: 'ignore' })
    for (let i = 0; i < 100; i++) {
      if (await fetch(`${realUrl}/-/ready`).then(r => r.ok, () => false)) return
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    throw new Error('the real Alertmanager did not start')
  }, 20_000)
  afterAll(async () => {
    const ended = new Promise(resolve => real.once('close', resolve))
    real.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }, 20_000)
  // Which methods it names first changes from start to start.
  test.each(REFUSALS.filter(([, , , status]) => status !== 405))('[A2] it says the same to %s %s %j', async (method, path, body, status, answer) => {
    const got = await fetch(`${realUrl}/api/v2${path}`, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) }) })
    expect([got.status, await got.text()]).toEqual([status, answer])
  })
})

describe('A3 silences', () => {
  test('[A3] made, found, changed, ended', async () => {
    const made = await ask('POST', '/silences', silence({ annotations: { ticket: '7' } }))
    const { silenceID } = JSON.parse(made.body) as { silenceID: string }
    expect([made.statusCode, made.body]).toEqual([200, `{"silenceID":"${silenceID}"}\n`])
    const [shown] = await json('/silences')
    expect(Object.keys(shown!)).toEqual(['id', 'status', 'updatedAt', 'annotations', 'comment', 'createdBy', 'endsAt', 'matchers', 'startsAt'])
    // A start in the past becomes now.
    expect(shown).toMatchObject({ id: silenceID, status: { state: 'active' }, annotations: { ticket: '7' }, startsAt: new Date(clock.nowMs()).toISOString(), matchers: [{ isEqual: true, isRegex: false, name: 'alertname', value: 'Z' }] })
    expect(JSON.parse((await ask('GET', `/silence/${silenceID}`)).body)).toEqual(shown)
    expect((await json('/alerts?filter=alertname%3DZ'))[0]).toMatchObject({ status: { state: 'suppressed', silencedBy: [silenceID] } })
    expect(names(await json('/alerts?silenced=false'))).toEqual(['Down', 'Down', 'Low'])
    expect((await json('/silences?filter=alertname%3DZ')).length).toBe(1)
    expect((await json('/silences?filter=alertname%3D~Z')).length).toBe(0)
    expect((await json('/silences?active=false')).length).toBe(0)

    const longer = await ask('POST', '/silences', silence({ id: silenceID, startsAt: shown!['startsAt'], endsAt: new Date(clock.nowMs() + 7_200_000).toISOString() }))
    expect(JSON.parse(longer.body)).toEqual({ silenceID })
    const other = JSON.parse((await ask('POST', '/silences', silence({ id: silenceID, matchers: [{ name: 'alertname', value: 'Y.*', isRegex: true, isEqual: false }] }))).body) as { silenceID: string }
    expect(other.silenceID).not.toBe(silenceID)
    expect((await json('/silences')).map(s => [s['id'], (s['status'] as { state: string }).state])).toEqual([[other.silenceID, 'active'], [silenceID, 'expired']])

    expect((await ask('DELETE', `/silence/${other.silenceID}`)).statusCode).toBe(200)
    expect((await ask('DELETE', `/silence/${other.silenceID}`)).statusCode).toBe(200)
    expect((await json('/silences?expired=false')).length).toBe(0)
    expect((await json('/alerts?filter=alertname%3DZ'))[0]).toMatchObject({ status: { state: 'active', silencedBy: [] } })
  })

  test('[O6] our own API has them too', async () => {
    const own = (method: string, path: string, body?: unknown): Promise<InjectedAnswer> => server.inject({
      method: method as 'GET', url: `/api/haechi/v1/silences${path}`, headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    const given = { matchers: [{ name: 'alertname', value: 'Low', isRegex: false, isEqual: true }], endsAtMs: clock.nowMs() + 60_000, createdBy: 'kim', comment: '' }
    const made = await own('POST', '', given)
    const view = JSON.parse(made.body) as { id: string; state: string }
    expect([made.statusCode, view]).toEqual([201, { ...given, id: view.id, state: 'active', startsAtMs: clock.nowMs(), updatedAtMs: clock.nowMs() }])
    expect((JSON.parse((await own('GET', '')).body) as unknown[])[0]).toEqual(view)
    expect((await json('/alerts?filter=alertname%3DLow'))[0]).toMatchObject({ status: { silencedBy: [view.id] } })
    const refused = async (body: unknown): Promise<string> => (JSON.parse((await own('POST', '', body)).body) as { error: string }).error
    expect(await refused({ ...given, endsAtMs: 1 })).toBe('endsAtMs: the end must be after the start')
    expect(await refused({ ...given, matchers: [] })).toContain('matchers: ')
    expect(await refused({ ...given, matchers: [{ name: 'a', value: '(', isRegex: true, isEqual: true }] })).toContain('missing closing )')
    expect((await own('POST', '', { ...given, id: UUID })).statusCode).toBe(404)
    expect((await own('DELETE', `/${view.id}`)).statusCode).toBe(204)
    expect((await own('DELETE', '/none')).statusCode).toBe(404)
    expect((await own('PUT', '', given)).statusCode).toBe(405)
  })

  test.skipIf(RUN === undefined)('[A1] the real amtool is content', async () => {
    const amtool = async (...args: string[]): Promise<string> => (await promisify(execFile)(RUN!, ['amtool', `--alertmanager.url=${url}`, ...args], { timeout: 15_000 })).stdout
    expect(await amtool('alert', 'query', 'alertname=Down')).toContain('응답 없음')
    expect(await amtool('alert', 'query', '-o', 'json', 'alertname=~.+')).toContain('"Z"')
    await amtool('alert', 'add', 'alertname=Third', 'severity=page')
    expect(await amtool('alert', 'query')).toContain('Third')
    const id = (await amtool('silence', 'add', '--author=kim', '--comment=점검', '--duration=1h', 'alertname=Third', 'severity!=low')).trim()
    // amtool starts it by its own clock.
    await clock.advance(Math.max(0, Date.now() - clock.nowMs()))
    expect(await amtool('silence', 'query')).toContain(id)
    expect(await amtool('silence', 'query', 'alertname=Third')).toContain('점검')
    expect(await amtool('alert', 'query')).not.toContain('Third')
    expect(await amtool('alert', 'query', '--silenced')).toContain('Third')
    await amtool('silence', 'update', '--duration=2h', id)
    await amtool('silence', 'expire', (await amtool('silence', 'query', '-q')).trim())
    expect((await amtool('silence', 'query', '-q')).trim()).toBe('')
    expect(await amtool('silence', 'query', '--expired')).toContain('점검')
    expect(await amtool('cluster', 'show')).toContain('disabled')
    expect(await amtool('config', 'show')).toContain('team.x')
    expect((await amtool('config', 'routes', 'test', 'severity=low', 'a=b', 'team=x')).trim()).toBe('muted,other')
    expect(await amtool('config', 'routes', 'show')).toContain('receiver: other')
  }, 60_000)
})

// Last: what it puts in stays.
describe('F1 whatever is sent', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('a=b', 'a=~"("', '{', '', 'true', 'x', '9999-12-31T23:59:59.999999999-23:59', '0000-01-01', '2030-02-31T25:00:00Z', '1e400'))
  const value: fc.Arbitrary<unknown> = fc.oneof(text, fc.constantFrom(null, 1, -1e308, true, [], {}), fc.jsonValue())
  const silenceBody = fc.record({ id: value, matchers: fc.oneof(value, fc.array(fc.oneof(value, fc.record({ name: value, value, isRegex: fc.oneof(value, fc.boolean()), isEqual: value }, { requiredKeys: [] })), { maxLength: 2 })), startsAt: value, endsAt: value, createdBy: value, comment: value, annotations: value }, { requiredKeys: [] })
  const alertBody = fc.array(fc.oneof(value, fc.record({ labels: fc.oneof(value, fc.dictionary(text, value)), annotations: fc.oneof(value, fc.dictionary(text, text)), startsAt: value, endsAt: value, generatorURL: value }, { requiredKeys: [] })), { maxLength: 2 })
  test('[F1] bodies are taken or refused', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(fc.tuple(fc.constant('/silences'), fc.oneof(value, silenceBody)), fc.tuple(fc.constant('/alerts'), fc.oneof(value, alertBody))), async ([path, body]) => {
      const got = await ask('POST', path, body)
      expect(got.statusCode).toBeLessThan(500)
      if (got.body !== '') JSON.parse(got.body)
    }), { numRuns: 400 })
    for (const path of ['/alerts', '/alerts/groups', '/silences']) expect((await ask('GET', path)).statusCode).toBe(200)
  })
  test('[F1] parameters are taken or refused', async () => {
    const name = fc.constantFrom('filter', 'receiver', 'receiver_matchers', 'active', 'muted', 'silenced', 'expired')
    await fc.assert(fc.asyncProperty(fc.constantFrom('/alerts', '/alerts/groups', '/silences', '/receivers', '/silence/x'), fc.array(fc.tuple(name, text), { maxLength: 3 }), async (path, params) => {
      const got = await ask('GET', `${path}?${params.map(([n, v]) => `${n}=${encodeURIComponent(v)}`).join('&')}`)
      expect(got.statusCode).toBeLessThan(500)
      JSON.parse(got.body)
    }), { numRuns: 300 })
  })
})
