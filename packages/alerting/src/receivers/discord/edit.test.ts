import { labelsFromObject } from '@haechi/model'
import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { LIMITED, Recorder } from '../../../test/discord-recorder.ts'
import { TransportError, createAlertPipeline, createMemoryStore } from '../../index.ts'
import type { AlertPipeline, AlertingStore, ContactPoint, DrawChart, PostableAlert } from '../../index.ts'

const M = 60_000
const T0 = 1_800_000_000_000
const log = { debug() {}, info() {}, warn() {}, error() {} }
const DISCORD: ContactPoint = { uid: 'd', name: 'Discord', type: 'discord', url: 'https://discord.test/api/webhooks/1/SECRET-TOKEN?thread_id=7', origin: 'env' }
interface Bench { clock: VirtualClock; discord: Recorder; store: AlertingStore; pipeline: AlertPipeline }
async function bench(from: Partial<Bench> = {}, chart?: DrawChart, point: ContactPoint = DISCORD): Promise<Bench> {
  const clock = from.clock ?? new VirtualClock(T0)
  const discord = from.discord ?? new Recorder()
  const store = from.store ?? createMemoryStore()
  const pipeline = createAlertPipeline({ store, clock, log, post: discord.post, externalUrl: 'http://h:9090', random: () => 0.5, ...(chart === undefined ? {} : { chart }) })
  pipeline.configure({ contactPoints: [point], route: { groupWaitMs: 0, groupIntervalMs: 5 * M } })
  await pipeline.start()
  return { clock, discord, store, pipeline }
}
const firing = (b: Bench, i = '1'): PostableAlert => ({ labels: labelsFromObject({ alertname: 'A', i }), annotations: [], startsAtMs: T0, endsAtMs: b.clock.nowMs() + 60 * M, generatorUrl: 'http://h:9090/graph' })
const over = (b: Bench, i = '1'): PostableAlert => ({ ...firing(b, i), endsAtMs: b.clock.nowMs() })
const message = (id: string): { status: number; body: string } => ({ status: 200, body: JSON.stringify({ id }) })
const asked = (b: Bench): string[] => b.discord.requests.map(r => `${r.method ?? 'POST'} ${new URL(r.url).pathname.replace('/api/webhooks/1/SECRET-TOKEN', '')}${new URL(r.url).search}`)

/** One alert that was told, and its end. */
async function toldAndOver(b: Bench): Promise<void> {
  await b.pipeline.put([over(b)])
  await b.clock.advance(6 * M)
}

describe('[A18] the end is written into the message of the beginning', () => {
  test('[A18] edited, thread kept, and not told anew', async () => {
    const b = await bench()
    b.discord.answers = [message('42')]
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    await toldAndOver(b)
    expect(asked(b)).toEqual(['POST ?thread_id=7&wait=true', 'PATCH /messages/42?thread_id=7'])
    expect(b.discord.titles()[1]).toBe('🟢 Resolved: A')
    expect((await b.store.load()).log).toEqual([])
    // The next time is a new message.
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    expect(asked(b)[2]).toBe('POST ?thread_id=7&wait=true')
  })
  test('[A18] over a restart', async () => {
    const b = await bench()
    b.discord.answers = [message('42')]
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    await b.pipeline.stop()
    const c = await bench(b)
    await toldAndOver(c)
    expect(asked(c)[1]).toBe('PATCH /messages/42?thread_id=7')
  })
  test('[A18] a message that was deleted: the end is a new one', async () => {
    const b = await bench()
    b.discord.answers = [message('42'), { status: 404, body: '{"message":"Unknown Message","code":10008}' }]
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    await toldAndOver(b)
    expect(asked(b).slice(1)).toEqual(['PATCH /messages/42?thread_id=7', 'POST ?thread_id=7&wait=true'])
    await b.pipeline.put([firing(b, '2')])
    await b.clock.advance(M)
    expect(asked(b)).toHaveLength(4)
  })
  test('[A18] what is new rings: a new message; at the end all of them say so', async () => {
    const b = await bench()
    b.discord.answers = [message('1'), message('2')]
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    await b.pipeline.put([firing(b, '2')])
    await b.clock.advance(6 * M)
    await b.pipeline.put([over(b), over(b, '2')])
    await b.clock.advance(6 * M)
    expect(asked(b).map(a => a.split('?')[0]!.trim())).toEqual(['POST', 'POST', 'PATCH /messages/2', 'PATCH /messages/1'])
  })
  test('[A18] a limit on the rate holds for edits too: after the time that Discord names', async () => {
    const b = await bench()
    b.discord.answers = [message('42')]
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    b.discord.answers = [LIMITED, new TransportError('connection reset by peer')]
    await toldAndOver(b)
    expect(asked(b).slice(1)).toEqual(Array.from({ length: 3 }, () => 'PATCH /messages/42?thread_id=7'))
  })
  test('[A18] not where it is not wanted', async () => {
    const b = await bench({}, undefined, { ...DISCORD, edit: false })
    b.discord.answers = [message('42')]
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    await toldAndOver(b)
    expect(asked(b)).toEqual(['POST ?thread_id=7&wait=true', 'POST ?thread_id=7&wait=true'])
  })
})

describe('[A19] a picture goes along', () => {
  const png = new Uint8Array([137, 80, 78, 71, 13, 10])
  test('[A19] as a file of the message, named by the embed', async () => {
    const b = await bench({}, async () => ({ png, alt: 'values of the last hour' }))
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    const [r] = b.discord.requests
    expect(r!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    const form = Buffer.from(r!.bytes!)
    expect(form.includes(Buffer.from(png))).toBe(true)
    expect(form.toString('latin1')).toMatch(/name="payload_json"[\s\S]*name="files\[0\]"; filename="chart.png"/)
    expect(b.discord.bodies()[0]).toMatchObject({ embeds: [{ image: { url: 'attachment://chart.png' } }], attachments: [{ id: 0, filename: 'chart.png', description: 'values of the last hour' }] })
  })
  test('[A19] without one the message goes as ever', async () => {
    const b = await bench({}, async () => undefined)
    await b.pipeline.put([firing(b)])
    await b.clock.advance(M)
    expect(b.discord.requests[0]!.bytes).toBeUndefined()
    expect(b.discord.titles()).toEqual(['🔴 A'])
  })
})

describe('[A4] a trial shows what went over the wire', () => {
  test('[A4] request and answer, nothing secret', async () => {
    const b = await bench({}, undefined, { uid: 'd', name: 'hook', type: 'webhook', url: 'http://user:PASSSECRET@h/SECRETPATH?key=KEYSECRET', origin: 'ui', headers: { authorization: 'Bearer TOKENSECRET', 'x-team': 'ops' } })
    b.discord.answers = [{ status: 403, body: 'no: TOKENSECRET' }]
    const delivery = await b.pipeline.test('d')
    expect(delivery.exchange).toMatchObject({ method: 'POST', status: 403, answer: 'no: <secret>', headers: { authorization: '<secret>', 'content-type': 'application/json' } })
    expect(delivery.exchange!.url).toBe('http://h<secret>?<secret>')
    expect(JSON.parse(delivery.exchange!.body)).toMatchObject({ version: '4', status: 'firing' })
    expect(JSON.stringify([delivery, await b.pipeline.deliveries({ limit: 5 })])).not.toMatch(/PASSSECRET|SECRETPATH|KEYSECRET|TOKENSECRET/)
  })
})
