import { labelValue, labelsFromObject } from '@haechi/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITED, Recorder } from '../test/discord-recorder.ts'
import { VirtualClock } from '@haechi/testkit'
import { TransportError, createAlertPipeline, createMemoryStore } from './index.ts'
import type { AlertPipeline, AlertingConfig, AlertingStore, ContactPoint, PostableAlert } from './index.ts'

const T0 = 1_800_000_000_000
const S = 1000
const M = 60 * S
const logged: string[] = []
const log = { debug() {}, info() {}, warn: (f: object, m: string) => { logged.push(JSON.stringify(f) + m) }, error: (f: object, m: string) => { logged.push(JSON.stringify(f) + m) } }
const DISCORD: ContactPoint = { uid: 'd', name: 'Discord', type: 'discord', url: 'https://discord.test/api/webhooks/1/SECRET-TOKEN', origin: 'env' }
const CONFIG: AlertingConfig = { contactPoints: [DISCORD], route: { groupWaitMs: 30 * S, groupIntervalMs: 5 * M, repeatIntervalMs: 4 * 60 * M } }

interface Bench { clock: VirtualClock; discord: Recorder; store: AlertingStore; pipeline: AlertPipeline }
async function bench(config: AlertingConfig = CONFIG, from: Partial<Omit<Bench, 'pipeline'>> = {}): Promise<Bench> {
  const clock = from.clock ?? new VirtualClock(T0)
  const discord = from.discord ?? new Recorder()
  const store = from.store ?? createMemoryStore()
  const pipeline = createAlertPipeline({ store, clock, log, post: discord.post, externalUrl: 'http://h:9090', random: () => 0.5 })
  pipeline.configure(config)
  await pipeline.start()
  return { clock, discord, store, pipeline }
}
function firing(clock: VirtualClock, labels: Record<string, string> = {}, more: Partial<PostableAlert> = {}): PostableAlert {
  return { labels: labelsFromObject({ alertname: 'A', ...labels }), annotations: [], startsAtMs: clock.nowMs(), endsAtMs: clock.nowMs() + 4 * M, generatorUrl: 'http://h/g', ...more }
}
const resolved = (clock: VirtualClock, startsAtMs: number, labels: Record<string, string> = {}): PostableAlert => firing(clock, labels, { startsAtMs, endsAtMs: clock.nowMs() })
/** As the rules do: again each minute. */
async function keepFiring(b: Bench, minutes: number, labels: Record<string, string> = {}, startsAtMs: number = b.clock.nowMs()): Promise<number> {
  for (let i = 0; i < minutes; i++) {
    await b.pipeline.put([firing(b.clock, labels, { startsAtMs })])
    await b.clock.advance(M)
  }
  return startsAtMs
}

describe('[A1] a group is told once, and its end once', () => {
  test('first after group_wait, the end with the next flush, then silence', async () => {
    const b = await bench()
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(29 * S)
    expect(b.discord.requests).toHaveLength(0)
    await b.clock.advance(S)
    expect(b.discord.requests).toHaveLength(1)
    const start = await keepFiring(b, 10, {}, T0)
    expect(b.discord.requests).toHaveLength(1)
    await b.pipeline.put([resolved(b.clock, start)])
    await b.clock.advance(5 * M)
    expect(b.discord.titles()).toEqual(['🔴 A', '🟢 Resolved: A'])
    // The rules tell the end for 15 minutes more; nobody hears it again.
    await b.pipeline.put([resolved(b.clock, start)])
    await b.clock.advance(60 * M)
    expect(b.discord.requests).toHaveLength(2)
    expect((await b.store.load())).toEqual({ alerts: [], log: [] })
  })
  test('an alert that nobody speaks of any more ends when its time is over', async () => {
    const b = await bench()
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(10 * M)
    expect(b.discord.titles()).toEqual(['🔴 A', '🟢 Resolved: A'])
  })
  test('what goes on is told again after repeat_interval', async () => {
    const b = await bench({ ...CONFIG, route: { ...CONFIG.route, repeatIntervalMs: 20 * M } })
    await keepFiring(b, 50)
    expect(b.discord.requests).toHaveLength(3)
  })
  test('new alerts of a group wait for the next flush and are told together', async () => {
    const b = await bench()
    await keepFiring(b, 2, { i: '1' }, T0)
    await b.pipeline.put([firing(b.clock, { i: '2' }), firing(b.clock, { i: '3' })])
    await keepFiring(b, 4, { i: '1' }, T0)
    expect(b.discord.titles()).toHaveLength(2)
    expect(b.discord.bodies()[1]!['content']).toBe('**🔴 3 alerts: A**\n3 firing')
  })
  test('alerts that differ in group_by are told apart', async () => {
    const b = await bench({ ...CONFIG, route: { ...CONFIG.route, groupBy: ['alertname', 'job'] } })
    await b.pipeline.put([firing(b.clock, { job: 'a' }), firing(b.clock, { job: 'b' })])
    await b.clock.advance(M)
    expect(b.discord.requests).toHaveLength(2)
    expect(b.pipeline.groups().map(g => g.key)).toEqual(['{}:{alertname="A", job="a"}', '{}:{alertname="A", job="b"}'])
  })
  test('without resolved messages the end is silent', async () => {
    const b = await bench({ ...CONFIG, contactPoints: [{ ...DISCORD, sendResolved: false }] })
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(20 * M)
    expect(b.discord.titles()).toEqual(['🔴 A'])
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(M)
    expect(b.discord.requests).toHaveLength(2)
  })
})

describe('[A2] an alert is stored when something is new about it', () => {
  const writes = async (): Promise<{ readonly b: Bench; readonly stored: (number | undefined)[]; refuse: boolean }> => {
    const store = createMemoryStore()
    const of = { stored: [] as (number | undefined)[], refuse: false }
    const { putAlerts } = store
    const b = await bench(CONFIG, {
      store: Object.assign(store, {
        putAlerts: async (list: Parameters<typeof putAlerts>[0]) => {
          if (of.refuse) throw new Error('disk full')
          of.stored.push(...list.map(a => a.value))
          await putAlerts.call(store, list)
        },
      }),
    })
    return Object.assign(of, { b })
  }
  test('not with each word that it lasts, but after ten minutes; a new value, its end and another one of its labels are', async () => {
    const { b, stored } = await writes()
    const say = async (minutes: number, value: number, startsAtMs = T0): Promise<void> => {
      for (let i = 0; i < minutes; i++) {
        await b.pipeline.put([firing(b.clock, {}, { value, peak: value, startsAtMs, endsAtMs: b.clock.nowMs() + 4 * M - i })])
        await b.clock.advance(M)
      }
    }
    await say(9, 1)
    expect(stored).toEqual([1])
    await say(3, 1)
    expect(stored).toEqual([1, 1])
    await say(2, 2)
    expect(stored).toEqual([1, 1, 2])
    await b.pipeline.put([firing(b.clock, {}, { value: 2, startsAtMs: T0, endsAtMs: b.clock.nowMs() + 60 * M })])
    expect(stored).toEqual([1, 1, 2, 2])
    await b.pipeline.put([{ ...resolved(b.clock, T0), value: 2 }])
    await b.clock.advance(M)
    await say(2, 3, b.clock.nowMs())
    expect(stored).toEqual([1, 1, 2, 2, 2, 3])
  })
  test('one that could not be stored is with the next word; one that is forgotten and comes back is at once', async () => {
    const of = await writes()
    const { b, stored } = of
    of.refuse = true
    await expect(b.pipeline.put([firing(b.clock, {}, { value: 1, startsAtMs: T0 })])).rejects.toThrow('disk full')
    of.refuse = false
    await b.clock.advance(M)
    await b.pipeline.put([firing(b.clock, {}, { value: 1, startsAtMs: T0 })])
    expect(stored).toEqual([1])
    await b.clock.advance(30 * M)
    expect((await b.store.load()).alerts).toEqual([])
    await b.pipeline.put([firing(b.clock, {}, { value: 1 })])
    expect(stored).toEqual([1, 1])
    expect((await b.store.load()).alerts).toHaveLength(1)
  })
  test('over a restart it goes on as if each word had been stored', async () => {
    const { b } = await writes()
    await keepFiring(b, 8, {}, T0)
    await b.pipeline.stop()
    const c = await bench(CONFIG, b)
    // Its sender is given as long as it was last valid for.
    expect(c.pipeline.alerts().map(a => [a.startsAtMs, a.endsAtMs])).toEqual([[T0, c.clock.nowMs() + 4 * M]])
    await c.clock.advance(3 * M)
    await keepFiring(c, 3, {}, T0)
    expect(c.discord.titles()).toEqual(['🔴 A'])
  })
})

describe('[A2] over a restart nothing is told twice and nothing is lost', () => {
  const restart = async (b: Bench, downMs: number): Promise<Bench> => {
    await b.pipeline.stop()
    await b.clock.advance(downMs)
    return bench(CONFIG, b)
  }
  test('firing before and after: one message, and the end once', async () => {
    const b = await bench()
    const start = await keepFiring(b, 3)
    const c = await restart(b, 2 * M)
    // The rules need a while to find it again, then tell it with a new start.
    await c.clock.advance(3 * M)
    await keepFiring(c, 10)
    expect(c.discord.titles()).toEqual(['🔴 A'])
    expect(c.pipeline.alerts()[0]!.startsAtMs).toBe(start)
    await c.pipeline.put([resolved(c.clock, c.clock.nowMs() - 5 * M)])
    await c.clock.advance(6 * M)
    expect(c.discord.titles()).toEqual(['🔴 A', '🟢 Resolved: A'])
  })
  test('stopped before the first message: told after the start', async () => {
    const b = await bench()
    await b.pipeline.put([firing(b.clock)])
    const c = await restart(b, M)
    await c.clock.advance(S)
    expect(c.discord.titles()).toEqual(['🔴 A'])
  })
  test('over while it was down: the end is told', async () => {
    const b = await bench()
    await keepFiring(b, 2)
    const c = await restart(b, 60 * M)
    await c.clock.advance(15 * M)
    expect(c.discord.titles()).toEqual(['🔴 A', '🟢 Resolved: A'])
  })
  test('refused until the stop: delivered after the start', async () => {
    const b = await bench()
    b.discord.answers = Array.from({ length: 500 }, () => ({ status: 500 }))
    await keepFiring(b, 2)
    await b.pipeline.stop()
    b.discord.answers = []
    const before = b.discord.requests.length
    const c = await bench(CONFIG, b)
    await c.clock.advance(S)
    expect(c.discord.requests.length).toBe(before + 1)
  })
  test('any order of firing, ending, failing and restarting tells states in turn', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('fire', 'end', 'fail', 'restart', 'wait'), { maxLength: 14 }), async steps => {
      let b = await bench()
      let start: number | undefined
      for (const step of steps) {
        if (step === 'fire') start ??= b.clock.nowMs()
        else if (step === 'end' && start !== undefined) {
          await b.pipeline.put([resolved(b.clock, start)])
          start = undefined
        } else if (step === 'fail') b.discord.answers.push({ status: 503 }, new TransportError('connection refused'))
        else if (step === 'restart') b = await restart(b, 30 * S)
        for (let i = 0; i < 7; i++) {
          if (start !== undefined) await b.pipeline.put([firing(b.clock, {}, { startsAtMs: start })])
          await b.clock.advance(M)
        }
      }
      await b.clock.advance(30 * M)
      const told = (await b.pipeline.deliveries({ limit: 1000 })).filter(d => d.ok).map(d => d.status).reverse()
      told.forEach((s, i) => expect(s).toBe(i % 2 === 0 ? 'firing' : 'resolved'))
      // Everything that began was told, and so was its end.
      expect(told.length % 2).toBe(0)
      expect(told.length > 0).toBe(steps.includes('fire'))
      await b.pipeline.stop()
    }), { numRuns: 40 })
  }, 60_000)
})

describe('[A3] what is not accepted is tried again', () => {
  test('429 is waited out as asked, then accepted; each attempt is written down', async () => {
    const b = await bench()
    b.discord.answers = [LIMITED]
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(30 * S)
    expect(b.discord.requests).toHaveLength(1)
    await b.clock.advance(640)
    expect(b.discord.requests).toHaveLength(1)
    await b.clock.advance(20)
    expect(b.discord.requests).toHaveLength(2)
    expect((await b.pipeline.deliveries({ limit: 10 })).map(d => [d.attempt, d.ok, d.httpStatus, d.error, d.nextAttemptMs === undefined ? undefined : d.nextAttemptMs - d.tMs])).toEqual([
      [2, true, 200, undefined, undefined], [1, false, 429, 'Discord answered HTTP 429: You are being rate limited.', 650],
    ])
  })
  test('500s are tried with growing pauses, not more often than every half second, and accepted at last', async () => {
    const b = await bench()
    b.discord.answers = [{ status: 500 }, { status: 502 }, new TransportError('connection refused'), { status: 503, headers: { 'retry-after': '7' } }]
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(60 * S)
    const attempts = (await b.pipeline.deliveries({ limit: 10 })).reverse()
    expect(attempts.map(d => d.ok)).toEqual([false, false, false, false, true])
    expect(attempts.map((d, i) => (i === 0 ? 0 : d.tMs - attempts[i - 1]!.tMs))).toEqual([0, 500, 750, 1125, 7000])
  })
  test('a 400 is not repeated at once but with the next flush', async () => {
    const b = await bench()
    b.discord.answers = [{ status: 400, body: '{"message":"Invalid Form Body","code":50035}' }]
    await keepFiring(b, 4)
    expect(b.discord.requests).toHaveLength(1)
    await keepFiring(b, 2, {}, T0)
    expect(b.discord.requests).toHaveLength(2)
  })
  test('an unknown webhook is not tried again until it is changed', async () => {
    const b = await bench()
    b.discord.answers = [{ status: 404, body: '{"message":"Unknown Webhook","code":10015}' }]
    await keepFiring(b, 30)
    expect(b.discord.requests).toHaveLength(1)
    b.pipeline.configure({ ...CONFIG, contactPoints: [{ ...DISCORD, url: 'https://discord.test/api/webhooks/2/OTHER' }] })
    await keepFiring(b, 6, {}, T0)
    expect(b.discord.requests).toHaveLength(2)
    expect(b.discord.requests[1]!.url).toContain('/2/OTHER')
  })
  test('what fired and ended while nothing could be delivered is told as ended', async () => {
    const b = await bench()
    b.discord.answers = Array.from({ length: 40 }, () => ({ status: 503, headers: { 'retry-after': '30' } }))
    const start = await keepFiring(b, 4)
    await b.pipeline.put([resolved(b.clock, start)])
    await b.clock.advance(60 * M)
    expect((await b.pipeline.deliveries({ limit: 1000 })).filter(d => d.ok).map(d => d.status)).toEqual(['resolved'])
  })
  test('two contact points do not wait for each other', async () => {
    const b = await bench({ ...CONFIG, contactPoints: [DISCORD, { uid: 'w', name: 'hook', type: 'webhook', url: 'http://h/hook', origin: 'ui' }] })
    b.discord.answers = [{ status: 503, headers: { 'retry-after': '60' } }]
    await b.pipeline.put([firing(b.clock)])
    await b.clock.advance(31 * S)
    expect((await b.pipeline.deliveries({ limit: 10 })).filter(d => d.ok).map(d => d.contactPoint)).toEqual(['hook'])
  })
  test('the secret address is in no log and no attempt', async () => {
    const b = await bench()
    b.discord.answers = [new TransportError('no such host'), { status: 404 }]
    await keepFiring(b, 2)
    await b.pipeline.test('d')
    expect(logged.join() + JSON.stringify(await b.pipeline.deliveries({ limit: 100 }))).not.toContain('SECRET')
    expect(logged.length).toBeGreaterThan(0)
  })
})

describe('[A5] alerts of one name are limited', () => {
  const limited = async (store: AlertingStore, alertsPerName: number): Promise<{ clock: VirtualClock; pipeline: AlertPipeline; put: (i: number, minutes: number, name?: string) => Promise<void>; names: () => string[] }> => {
    const clock = new VirtualClock(T0)
    const pipeline = createAlertPipeline({ store, clock, log, post: () => Promise.reject(new Error('none')), externalUrl: 'http://h', alertsPerName })
    await pipeline.start()
    return {
      clock, pipeline, put: (i, minutes, name = 'A') => pipeline.put([{ labels: labelsFromObject({ alertname: name, i: String(i) }), annotations: [], startsAtMs: T0, endsAtMs: clock.nowMs() + minutes * M }]),
      names: () => pipeline.alerts().map(a => `${labelValue(a.labels, 'alertname')}${labelValue(a.labels, 'i')}`).sort(),
    }
  }
  test('[A5] the third is refused and counted, others are not; what is known may change; one that is over makes room', async () => {
    const { clock, pipeline, put, names } = await limited(createMemoryStore(), 2)
    await put(1, 5)
    await put(2, 50)
    await put(3, 50)
    await put(1, 5, 'B')
    await put(2, 60)
    expect(names()).toEqual(['A1', 'A2', 'B1'])
    expect(pipeline.stats().limit).toEqual({ perName: 2, refused: 1 })
    await clock.advance(6 * M)
    await put(4, 50)
    expect(names()).toEqual(['A2', 'A4'])
    expect(pipeline.stats().limit.refused).toBe(1)
    await pipeline.stop()
  })
  test('[A5] over a restart those that were taken stay and count; 0 is any number', async () => {
    const store = createMemoryStore()
    const first = await limited(store, 0)
    for (let i = 0; i < 5; i++) await first.put(i, 50)
    await first.pipeline.stop()
    const { pipeline, put, names } = await limited(store, 2)
    await put(9, 50)
    expect(names()).toHaveLength(5)
    expect(pipeline.stats().limit).toEqual({ perName: 2, refused: 1 })
    await pipeline.stop()
  })
})

describe('[A4] trials and input', () => {
  test('a trial is sent at once and says what it is', async () => {
    const b = await bench()
    expect(await b.pipeline.test('d')).toMatchObject({ ok: true, status: 'test', attempt: 1, id: 1 })
    expect(b.discord.titles()[0]).toMatch(/^\[Test\]/)
    await expect(b.pipeline.test('none')).rejects.toThrow('no such contact point')
  })
  test('bad alerts are refused by name, good ones of the same call are taken', async () => {
    const b = await bench()
    await expect(b.pipeline.put([{ labels: [], annotations: [] }, firing(b.clock), firing(b.clock, {}, { endsAtMs: 5 })])).rejects.toThrow('at least one label pair required\nstart time must be before end time')
    expect(b.pipeline.alerts()).toHaveLength(1)
  })
  test('an address that is none says so instead of stopping the others', async () => {
    const b = await bench({ ...CONFIG, contactPoints: [{ ...DISCORD, url: 'nonsense' }] })
    expect(await b.pipeline.test('d')).toMatchObject({ ok: false, error: 'the address is not a URL' })
  })
  test('names of alerts are Alertmanager\'s', async () => {
    const b = await bench()
    await b.pipeline.put([{ labels: labelsFromObject({ alertname: 'AlwaysOn', cluster: 'demo', dyn: '1.23%', severity: 'warning' }), annotations: [] }, { labels: labelsFromObject({ alertname: 'NoData', cluster: 'demo', grp: 'two' }), annotations: [] }])
    expect(b.pipeline.alerts().map(a => a.fingerprint)).toEqual(['862b9ecaf6caf8ee', 'fef723b80d2feffd'])
  })
})
