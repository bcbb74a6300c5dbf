import { labelsFromObject, labelsToObject } from '@haechi/model'
import { VirtualClock } from '@haechi/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Recorder } from '../test/discord-recorder.ts'
import { createAlertPipeline, createMemoryStore, fileContactPoints, parseAlertmanagerConfig } from './index.ts'
import type { AlertPipeline, AlertingConfig, AlertingStore, PostableAlert, PostableSilence } from './index.ts'

/** A Monday, midnight UTC. */
const T0 = Date.parse('2026-11-23T00:00:00Z')
const S = 1000
const M = 60 * S
const H = 60 * M
const none = (): void => {}
const log = { debug: none, info: none, warn: none, error(f: object, m: string): void { throw new Error(`${m} ${JSON.stringify(f)}`) } }

interface Bench { clock: VirtualClock; hooks: Recorder; store: AlertingStore; pipeline: AlertPipeline }
async function config(text: string): Promise<AlertingConfig> {
  const read = parseAlertmanagerConfig(text, 'am.yml')
  return { contactPoints: await fileContactPoints(read, () => Promise.resolve('')), routing: read.routing, resolveTimeoutMs: read.resolveTimeoutMs }
}
async function bench(text: string, from: Partial<Omit<Bench, 'pipeline'>> = {}): Promise<Bench> {
  const clock = from.clock ?? new VirtualClock(T0)
  const hooks = from.hooks ?? new Recorder()
  const store = from.store ?? createMemoryStore()
  const pipeline = createAlertPipeline({ store, clock, log, post: hooks.post, externalUrl: 'http://h', random: () => 0.5 })
  pipeline.configure(await config(text))
  await pipeline.start()
  return { clock, hooks, store, pipeline }
}
const alert = (labels: Record<string, string>, more: Partial<PostableAlert> = {}): PostableAlert => ({ labels: labelsFromObject({ alertname: 'A', ...labels }), annotations: [], endsAtMs: T0 + 1000 * H, ...more })
/** What was told: receiver of the address, group key, names of the firing and of the resolved alerts. */
function told(b: Bench): string[] {
  return b.hooks.requests.map(r => {
    const body = JSON.parse(r.body) as { groupKey: string; alerts: { status: string; labels: Record<string, string> }[] }
    const list = (status: string): string => body.alerts.filter(a => a.status === status).map(a => a.labels['n'] ?? a.labels['alertname']!).join()
    return `${new URL(r.url).pathname.slice(1)} ${body.groupKey} +${list('firing')} -${list('resolved')}`
  })
}
const hooksConfig = (names: readonly string[]): string => `receivers:\n${names.map(n => `  - { name: ${n}, webhook_configs: [{ url: 'http://h/${n}' }] }\n`).join('')}`
const ONE = `route: { receiver: all, group_by: [alertname], group_wait: 10s, group_interval: 1m, repeat_interval: 4h }\n${hooksConfig(['all'])}`
const silence = (b: Bench, value: string, more: Partial<PostableSilence> = {}): PostableSilence => ({
  matchers: [{ name: 'n', value, isRegex: true, isEqual: true }], startsAtMs: b.clock.nowMs(), endsAtMs: b.clock.nowMs() + H, createdBy: 'kim', comment: '', ...more,
})

describe('[A53] a tree of routes tells each receiver its part', () => {
  const TREE = `
route:
  receiver: rest
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  routes:
    - { matchers: [team="x"], receiver: x, continue: true, group_by: ['...'] }
    - { matchers: [severity="page"], receiver: page, group_wait: 0s, group_interval: 5m }
${hooksConfig(['rest', 'x', 'page'])}`
  test('[A53] two routes, their own timers and groups, each told the end', async () => {
    const b = await bench(TREE)
    await b.pipeline.put([alert({ n: '1', team: 'x', severity: 'page' }), alert({ n: '2' })])
    await b.clock.advance(5 * S)
    expect(told(b)).toEqual(['page {}/{severity="page"}:{alertname="A"} +1 -'])
    await b.clock.advance(5 * S)
    expect(told(b).slice(1).sort()).toEqual(['rest {}:{alertname="A"} +2 -', 'x {}/{team="x"}:{alertname="A", n="1", severity="page", team="x"} +1 -'])
    expect(b.pipeline.alerts().find(a => labelsToObject(a.labels)['n'] === '1')!.receivers).toEqual(['x', 'page'])
    await b.pipeline.put([alert({ n: '1', team: 'x', severity: 'page' }, { startsAtMs: T0, endsAtMs: b.clock.nowMs() })])
    await b.clock.advance(2 * M)
    // Told to one, still to be told to the other: it is not forgotten yet.
    expect(told(b).slice(3)).toEqual(['x {}/{team="x"}:{alertname="A", n="1", severity="page", team="x"} + -1'])
    expect((await b.store.load()).alerts.length).toBe(2)
    await b.clock.advance(4 * M)
    expect(told(b).slice(4)).toEqual(['page {}/{severity="page"}:{alertname="A"} + -1'])
    expect((await b.store.load()).alerts.length).toBe(1)
  })
  test('[A53] a receiver without contact points takes alerts and says nothing', async () => {
    const b = await bench('route: { receiver: nobody, group_wait: 0s, group_interval: 1m }\nreceivers: [{ name: nobody }]\n')
    await b.pipeline.put([alert({}, { endsAtMs: T0 + M })])
    await b.clock.advance(10 * M)
    expect([told(b), (await b.store.load()).alerts]).toEqual([[], []])
  })
  test('[A53] a changed tree groups anew and repeats nothing', async () => {
    const b = await bench(TREE)
    await b.pipeline.put([alert({ n: '2' })])
    await b.clock.advance(M)
    b.pipeline.configure(await config(TREE.replace('severity="page"', 'severity="night"')))
    await b.clock.advance(5 * M)
    expect(told(b)).toEqual(['rest {}:{alertname="A"} +2 -'])
    b.pipeline.configure(await config(TREE.replace('alertname]', 'alertname, n]')))
    await b.clock.advance(5 * M)
    expect(told(b).slice(1)).toEqual(['rest {}:{alertname="A", n="2"} +2 -'])
  })
  test('[A53] the receiver is quoted in the body, as Alertmanager does', async () => {
    const b = await bench(`route: { receiver: 'team.x', group_wait: 0s }\nreceivers: [{ name: team.x, webhook_configs: [{ url: 'http://h/t' }] }]\n`)
    await b.pipeline.put([alert({})])
    await b.clock.advance(S)
    expect(b.hooks.bodies()[0]!['receiver']).toBe('team\\.x')
  })
})

describe('[A61] silences', () => {
  test('[A61] what is silenced is not told, what is not silenced is; after the end it is told', async () => {
    const b = await bench(ONE)
    const id = await b.pipeline.setSilence(silence(b, '1'))
    await b.pipeline.put([alert({ n: '1' }), alert({ n: '2' })])
    await b.clock.advance(30 * M)
    expect(told(b)).toEqual(['all {}:{alertname="A"} +2 -'])
    expect(b.pipeline.alerts().map(a => [labelsToObject(a.labels)['n'], a.state, a.silencedBy]).sort()).toEqual([['1', 'suppressed', [id]], ['2', 'active', []]])
    await b.clock.advance(31 * M)
    expect(told(b).slice(1)).toEqual(['all {}:{alertname="A"} +1,2 -'])
  })
  test('[A61] over a restart it holds on; five days after its end it is forgotten', async () => {
    const b = await bench(ONE)
    const id = await b.pipeline.setSilence(silence(b, '.+'))
    await b.pipeline.stop()
    const c = await bench(ONE, b)
    expect(c.pipeline.silence(id)).toMatchObject({ state: 'active', createdBy: 'kim' })
    await c.pipeline.put([alert({ n: '1' })])
    await c.clock.advance(59 * M)
    expect(told(c)).toEqual([])
    await c.clock.advance(2 * M)
    expect(told(c).length).toBe(1)
    await c.clock.advance(120 * H - 2 * M)
    expect(c.pipeline.silence(id)!.state).toBe('expired')
    await c.clock.advance(20 * M)
    expect([c.pipeline.silences(), await c.store.loadSilences()]).toEqual([[], []])
  })
  test('[A61] who silences what was told hears neither its end nor, later, of it again', async () => {
    const b = await bench(ONE)
    await b.pipeline.put([alert({ n: '1' })])
    await b.clock.advance(M)
    await b.pipeline.setSilence(silence(b, '1'))
    await b.pipeline.put([alert({ n: '1' }, { startsAtMs: T0, endsAtMs: b.clock.nowMs() })])
    await b.clock.advance(3 * H)
    expect(told(b)).toEqual(['all {}:{alertname="A"} +1 -'])
    // Anew, and told anew.
    await b.pipeline.put([alert({ n: '1' })])
    await b.clock.advance(M)
    expect(told(b).length).toBe(2)
  })
  test('[A62] any order of making, changing, ending and waiting agrees with the plain reading, over restarts', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('make' as const), value: fc.constantFrom('1', '2', '1|2'), from: fc.integer({ min: -30, max: 60 }), lasts: fc.integer({ min: 1, max: 90 }) }),
      fc.record({ kind: fc.constant('change' as const), which: fc.nat(9), value: fc.option(fc.constantFrom('1', '2'), { nil: undefined }), end: fc.integer({ min: -5, max: 90 }) }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(9) }),
      fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 50 }) }),
      fc.constant({ kind: 'restart' as const }),
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
      let b = await bench(ONE)
      /** The plain reading: what each id silences, from when to when. */
      const known = new Map<string, { value: string; from: number; to: number }>()
      await b.pipeline.put([alert({ n: '1' }), alert({ n: '2' })])
      for (const s of steps) {
        const now = b.clock.nowMs()
        const ids = [...known.keys()]
        if (s.kind === 'make') {
          const from = now + s.from * M
          const to = Math.max(now, from) + s.lasts * M
          known.set(await b.pipeline.setSilence(silence(b, s.value, { startsAtMs: from, endsAtMs: to })), { value: s.value, from: Math.max(from, now), to })
        } else if (s.kind === 'change' && ids.length > 0) {
          const id = ids[s.which % ids.length]!
          const old = known.get(id)!
          const to = Math.max(now, old.from) + s.end * M
          const value = s.value ?? old.value
          const fresh = silence(b, value, { id, startsAtMs: old.from, endsAtMs: to })
          if (to < old.from) await expect(b.pipeline.setSilence(fresh)).rejects.toThrow('end time must not be before start time')
          else {
            const got = await b.pipeline.setSilence(fresh)
            if (got !== id) known.set(id, { ...old, from: Math.min(old.from, Math.max(now, 0)), to: Math.min(old.to, now) })
            else expect(value).toBe(old.value)
            known.set(got, { value, from: got === id ? old.from : Math.max(old.from, now), to })
          }
        } else if (s.kind === 'end' && ids.length > 0) {
          const id = ids[s.which % ids.length]!
          expect(await b.pipeline.expireSilence(id)).toBe(true)
          known.set(id, { ...known.get(id)!, to: Math.min(known.get(id)!.to, now) })
        } else if (s.kind === 'wait') await b.clock.advance(s.minutes * M)
        else if (s.kind === 'restart') {
          await b.pipeline.stop()
          b = await bench(ONE, b)
        }
        const t = b.clock.nowMs()
        for (const a of b.pipeline.alerts()) {
          const n = labelsToObject(a.labels)['n']!
          const want = [...known].filter(([, k]) => k.value.split('|').includes(n) && t >= k.from && t < k.to).map(([id]) => id).sort()
          expect(a.silencedBy).toEqual(want)
          expect(a.state).toBe(want.length > 0 ? 'suppressed' : 'active')
        }
        expect(b.pipeline.silences().map(x => x.id).sort()).toEqual([...known.keys()].sort())
      }
      await b.pipeline.stop()
    }), { numRuns: 60 })
  }, 60_000)
})

describe('[A63] inhibition', () => {
  const RULES = `${ONE}inhibit_rules:\n  - { source_matchers: [severity="critical"], target_matchers: [severity=~"warning|critical"], equal: [host] }\n`
  test('[A63] a firing source holds back targets with equal labels, and nothing else; after its end they are told', async () => {
    const b = await bench(RULES)
    await b.pipeline.put([alert({ n: 's', severity: 'critical', host: 'a' }), alert({ n: 't', severity: 'warning', host: 'a' }), alert({ n: 'u', severity: 'warning', host: 'b' })])
    await b.clock.advance(5 * M)
    expect(told(b)).toEqual(['all {}:{alertname="A"} +s,u -'])
    await b.pipeline.put([alert({ n: 's', severity: 'critical', host: 'a' }, { startsAtMs: T0, endsAtMs: b.clock.nowMs() })])
    await b.clock.advance(M)
    expect(told(b).slice(1)).toEqual(['all {}:{alertname="A"} +t,u -s'])
  })
  test('[A63] what is on both sides is not held back by another on both sides; a missing label equals a missing one', async () => {
    const b = await bench(RULES)
    await b.pipeline.put([alert({ n: 'p', severity: 'critical' }), alert({ n: 'q', severity: 'critical' }), alert({ n: 'r', severity: 'warning' })])
    expect(b.pipeline.alerts().filter(a => a.inhibitedBy.length > 0).map(a => labelsToObject(a.labels)['n'])).toEqual(['r'])
  })
  test('[A63] a silenced source still inhibits', async () => {
    const b = await bench(RULES)
    await b.pipeline.setSilence(silence(b, 's'))
    await b.pipeline.put([alert({ n: 's', severity: 'critical', host: 'a' }), alert({ n: 't', severity: 'warning', host: 'a' })])
    await b.clock.advance(10 * M)
    expect(told(b)).toEqual([])
  })
  test('[A63] any alerts over any time agree with the plain reading', async () => {
    const one = fc.record({ severity: fc.constantFrom('critical', 'warning', 'info'), host: fc.constantFrom('a', 'b', ''), lasts: fc.integer({ min: 1, max: 9 }), at: fc.nat(9) })
    await fc.assert(fc.asyncProperty(fc.array(one, { maxLength: 8 }), async list => {
      const b = await bench(RULES)
      for (let minute = 0; minute < 12; minute++) {
        await b.pipeline.put(list.flatMap((a, i) => (a.at === minute ? [alert({ n: String(i), severity: a.severity, host: a.host }, { startsAtMs: b.clock.nowMs(), endsAtMs: b.clock.nowMs() + a.lasts * M })] : [])))
        const fires = list.map(a => minute >= a.at && minute < a.at + a.lasts)
        for (const shown of b.pipeline.alerts()) {
          const i = Number(labelsToObject(shown.labels)['n'])
          const me = list[i]!
          // A critical alert is on both sides of the rule, and so are all that could inhibit it.
          const want = me.severity === 'warning' && list.some((o, j) => fires[j]! && o.severity === 'critical' && o.host === me.host)
          expect([minute, i, shown.inhibitedBy.length > 0]).toEqual([minute, i, want])
        }
        await b.clock.advance(M)
      }
      await b.pipeline.stop()
    }), { numRuns: 60 })
  }, 60_000)
})

describe('[A64] time intervals of routes', () => {
  const TIMES = `
route:
  receiver: all
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 48h
  routes:
    - { matchers: [kind="night"], receiver: all, mute_time_intervals: [night] }
    - { matchers: [kind="office"], receiver: all, active_time_intervals: [office] }
${hooksConfig(['all'])}
time_intervals:
  - { name: night, time_intervals: [{ times: [{ start_time: '00:00', end_time: '06:00' }] }] }
  - { name: office, time_intervals: [{ times: [{ start_time: '09:00', end_time: '18:00' }], weekdays: ['monday:friday'], location: Asia/Seoul }] }
`
  test('[A64] muted in the interval, told when it is over; the group says by what', async () => {
    const b = await bench(TIMES)
    await b.pipeline.put([alert({ n: '1', kind: 'night' }), alert({ n: '2', kind: 'office' })])
    await b.clock.advance(M)
    // Midnight in UTC is nine in the morning in Seoul.
    expect(told(b)).toEqual(['all {}/{kind="office"}:{} +2 -'])
    const groups = b.pipeline.groups()
    expect(groups.map(g => [g.key, g.mutedBy, g.alerts.map(a => [a.state, a.mutedBy])])).toEqual([
      ['{}/{kind="night"}:{}', ['night'], [['suppressed', ['night']]]], ['{}/{kind="office"}:{}', [], [['active', []]]],
    ])
    await b.clock.advance(6 * H)
    expect(told(b).slice(1)).toEqual(['all {}/{kind="night"}:{} +1 -'])
  })
  test('[A64] outside of its active interval a route is mute', async () => {
    const b = await bench(TIMES, { clock: new VirtualClock(Date.parse('2026-11-21T00:00:00Z')) })
    await b.pipeline.put([alert({ n: '2', kind: 'office' }, { startsAtMs: b.clock.nowMs() })])
    await b.clock.advance(48 * H - S)
    expect([told(b), b.pipeline.groups()[0]!.mutedBy]).toEqual([[], ['office']])
    await b.clock.advance(M + S)
    expect(told(b).length).toBe(1)
  }, 20_000)
  test('[A64] several intervals: active within any of them, mute within any of them', async () => {
    const day = (name: string): string => `  - { name: ${name}, time_intervals: [{ weekdays: ['${name}'] }] }`
    const b = await bench(`
route:
  receiver: all
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 48h
  routes:
    - { matchers: [kind="active"], receiver: all, active_time_intervals: [monday, wednesday] }
    - { matchers: [kind="mute"], receiver: all, mute_time_intervals: [monday, wednesday] }
${hooksConfig(['all'])}
time_intervals:
${day('monday')}
${day('wednesday')}
`, { clock: new VirtualClock(Date.parse('2026-11-23T00:00:00Z')) })
    const states = (): unknown => Object.fromEntries(b.pipeline.groups().map(g => [/kind="(\w+)"/.exec(g.key)![1], g.mutedBy.length > 0]))
    await b.pipeline.put(['active', 'mute'].map(kind => alert({ kind }, { startsAtMs: b.clock.nowMs(), endsAtMs: b.clock.nowMs() + 100 * H })))
    for (const [, muted] of [['Monday', { active: false, mute: true }], ['Tuesday', { active: true, mute: false }], ['Wednesday', { active: false, mute: true }]] as const) {
      expect(states()).toEqual(muted)
      await b.clock.advance(24 * H)
    }
  }, 20_000)
})

describe('[A61] limits of silences', () => {
  test.each([
    [{ maxSilences: 1, maxBytes: 0 }, 'exceeded maximum number of silences: 1 (limit: 1)'],
    [{ maxSilences: 0, maxBytes: 300 }, /^silence exceeded maximum size: \d+ bytes \(limit: 300 bytes\)$/],
    [{ maxSilences: 0, maxBytes: 0 }, undefined],
  ])('[A61] %j', async (silenceLimits, says) => {
    const pipeline = createAlertPipeline({ store: createMemoryStore(), clock: new VirtualClock(1_800_000_000_000), log: { debug() {}, info() {}, warn() {}, error() {} }, post: async () => ({ status: 200, headers: {}, body: '' }), externalUrl: 'http://h', silenceLimits })
    await pipeline.start()
    const make = (comment: string): Promise<string> => pipeline.setSilence({ matchers: [{ name: 'a', value: 'b', isRegex: false, isEqual: true }], startsAtMs: 1_800_000_000_000, endsAtMs: 1_800_003_600_000, createdBy: 'me', comment })
    await make('one')
    if (says === undefined) await make('x'.repeat(100_000))
    else await expect(make('x'.repeat(400))).rejects.toThrow(says)
    await pipeline.stop()
  })
})

test('[A63] what would keep an alert quiet is known without one: active silences and alerts that fire now', async () => {
  const b = await bench(`${ONE}inhibit_rules: [{ source_matchers: [severity="critical"], target_matchers: [severity="info"], equal: [job] }]\n`)
  const id = await b.pipeline.setSilence(silence(b, '4.*'))
  await b.pipeline.setSilence(silence(b, '42', { startsAtMs: b.clock.nowMs() + M }))
  await b.pipeline.put([alert({ severity: 'critical', job: 'a' })])
  const held = (labels: Record<string, string>): unknown => b.pipeline.heldBack(labelsFromObject({ alertname: 'B', ...labels }))
  const [source] = b.pipeline.alerts()
  expect(held({ n: '42', severity: 'info', job: 'a' })).toEqual({ silencedBy: [id], inhibitedBy: [source!.fingerprint] })
  expect(held({ n: '5', severity: 'info', job: 'b' })).toEqual({ silencedBy: [], inhibitedBy: [] })
  await b.pipeline.stop()
})
