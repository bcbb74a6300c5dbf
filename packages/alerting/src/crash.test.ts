import { labelsFromObject } from '@haechi/model'
import { VirtualClock } from '@haechi/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAlertPipeline, createMemoryStore } from './index.ts'
import type { AlertPipeline, AlertingStore, Clock, HttpPost, PostableAlert } from './index.ts'

const M = 60_000
const T0 = 1_800_000_000_000
const log = { debug() {}, info() {}, warn() {}, error() {} }
const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

/** Where a process is killed: at which of its steps to the outside (writes to the store, messages), and whether that step still happens. */
interface Kill { readonly step: number; readonly happens: boolean }
interface Step { readonly kind: string; readonly happens: boolean }

/** What the other side has read: status and names of the alerts. */
interface Told { readonly status: string; readonly firing: readonly string[]; readonly resolved: readonly string[] }

/** One life of a process: after its kill nothing of it happens any more, and nothing is answered. */
class Life {
  dead = false
  steps = 0
  killedAt: Step | undefined
  readonly pipeline: AlertPipeline
  readonly death: Promise<void>
  readonly #kill: Kill | undefined
  #die!: () => void

  constructor(clock: VirtualClock, store: AlertingStore, told: Told[], kill: Kill | undefined) {
    this.#kill = kill
    this.death = new Promise(resolve => { this.#die = resolve })
    const own: Clock = { nowMs: () => clock.nowMs(), after: (ms, run) => clock.after(ms, () => { if (!this.dead) run() }) }
    const post: HttpPost = q => this.#step('message', () => {
      const body = JSON.parse(q.body) as { status: string; alerts: { status: string; labels: { i: string } }[] }
      const of = (status: string): string[] => body.alerts.filter(a => a.status === status).map(a => a.labels.i).sort()
      told.push({ status: body.status, firing: of('firing'), resolved: of('resolved') })
      return Promise.resolve({ status: 200, headers: {}, body: 'ok' })
    })
    const kept: AlertingStore = {
      ...store,
      putAlerts: list => this.#step('alerts', () => store.putAlerts(list)), deleteAlerts: list => this.#step('forget alerts', () => store.deleteAlerts(list)),
      putLog: entry => this.#step('log', () => store.putLog(entry)), deleteLog: (key, uid) => this.#step('forget log', () => store.deleteLog(key, uid)), addDelivery: a => this.#step('delivery', () => store.addDelivery(a)),
    }
    this.pipeline = createAlertPipeline({ store: kept, clock: own, log, post, externalUrl: 'http://h:9090', random: () => 0.5 })
    this.pipeline.configure({ contactPoints: [{ uid: 'w', name: 'hook', type: 'webhook', url: 'http://h/hook', origin: 'ui' }], route: { groupWaitMs: 10_000, groupIntervalMs: 5 * M, repeatIntervalMs: 4 * 60 * M } })
  }

  #step<T>(kind: string, run: () => Promise<T>): Promise<T> {
    if (this.dead) return never()
    if (this.steps++ !== this.#kill?.step) return run()
    this.dead = true
    this.#die()
    this.killedAt = { kind, happens: this.#kill.happens }
    if (this.#kill.happens) void run()
    return never()
  }
}

/** `counted`: messages that the process itself says may be there twice. */
interface Outcome { readonly told: readonly Told[]; readonly killed: readonly Step[]; readonly steps: number; readonly counted: number }

/** Alerts 0 and 1 fire, 1 ends after 20 minutes and 0 after 40; the rules say so every minute, whoever has died. Each kill ends one life; the next begins a second later. */
async function run(kills: readonly Kill[]): Promise<Outcome> {
  const clock = new VirtualClock(T0)
  const store = createMemoryStore()
  const told: Told[] = []
  const killed: Step[] = []
  const waiting = [...kills]
  let steps = 0
  let counted = 0
  const count = (): void => { for (const c of life.pipeline.stats().integrations.values()) counted += c.mayRepeat.restart + c.mayRepeat.no_answer }
  let life = new Life(clock, store, told, waiting.shift())
  const follow = async (): Promise<void> => {
    while (life.dead) {
      killed.push(life.killedAt!)
      steps += life.steps
      count()
      await clock.advance(1000)
      life = new Life(clock, store, told, waiting.shift())
      // It may be killed while it starts.
      await Promise.race([life.pipeline.start(), life.death])
    }
  }
  await life.pipeline.start()
  const alert = (i: number, endsAtMs: number): PostableAlert => ({ labels: labelsFromObject({ alertname: 'A', i: String(i) }), annotations: [], startsAtMs: T0, endsAtMs })
  const ends = [T0 + 40 * M, T0 + 20 * M]
  for (let minute = 0; minute < 65; minute++) {
    const now = clock.nowMs()
    // As rules do: valid for four minutes, an end is said for a quarter of an hour.
    const said = ends.flatMap((end, i) => (now < end ? [alert(i, now + 4 * M)] : now < end + 15 * M ? [alert(i, end)] : []))
    if (said.length > 0) void life.pipeline.put(said)
    for (let k = 0; k < 6; k++) {
      await clock.advance(10_000)
      await follow()
    }
  }
  steps += life.steps
  count()
  await life.pipeline.stop()
  return { told, killed, steps, counted }
}

/** Everything is told; the same is told twice only where a life ended between the message and the log. @returns how often it was */
function check({ told, killed, counted }: Outcome): number {
  const said = JSON.stringify({ told, killed, counted })
  for (const i of ['0', '1']) {
    expect(told.some(t => t.firing.includes(i)), said).toBe(true)
    expect(told.some(t => t.resolved.includes(i)), said).toBe(true)
  }
  expect(told.at(-1)!.status, said).toBe('resolved')
  const repeats = told.filter((t, i) => i > 0 && JSON.stringify(t) === JSON.stringify(told[i - 1])).length
  // Killed after the other side had read it and before the log knew.
  const windows = killed.filter(k => (k.kind === 'message' && k.happens) || k.kind === 'delivery' || (k.kind === 'log' && !k.happens)).length
  expect(repeats, said).toBeLessThanOrEqual(windows)
  // None that is not counted; what is counted and was not there twice is what was killed before the other side had read it.
  expect(counted, said).toBeGreaterThanOrEqual(repeats)
  expect(counted, said).toBeLessThanOrEqual(killed.length)
  return repeats
}

describe('[A93] killed at any step: at least once, and twice only between answer and log', () => {
  test('[A93] without a kill each change is told once', async () => {
    const { told } = await run([])
    expect(told).toEqual([
      { status: 'firing', firing: ['0', '1'], resolved: [] }, { status: 'firing', firing: ['0'], resolved: ['1'] }, { status: 'resolved', firing: [], resolved: ['0'] },
    ])
  })
  test('[A93] at every step of the whole story, done or not', async () => {
    const { steps } = await run([])
    expect(steps).toBeGreaterThan(20)
    let repeats = 0
    for (let step = 0; step < steps; step++) for (const happens of [true, false]) repeats += check(await run([{ step, happens }]))
    // Three messages, each with its window.
    expect(repeats).toBeGreaterThanOrEqual(3)
  }, 120_000)
  test('[A93] several kills in a row', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ step: fc.nat(25), happens: fc.boolean() }), { maxLength: 5 }), async kills => void check(await run(kills))), { numRuns: 25, seed: 5 })
  }, 120_000)
})
