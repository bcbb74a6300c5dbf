import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { Recorder } from '../test/discord-recorder.ts'
import { createHeartbeat } from './heartbeat.ts'
import type { Heartbeat } from './heartbeat.ts'
import { TransportError } from './transport.ts'

const M = 60_000
const URL_GET = { url: 'https://hc.test/ping/SECRETPINGKEY123', method: 'GET', intervalMs: M } as const
function bench(alive: () => Promise<void> = async () => undefined): { clock: VirtualClock; hook: Recorder; beat: Heartbeat; logged: string[] } {
  const clock = new VirtualClock(1_800_000_000_000)
  const hook = new Recorder()
  const logged: string[] = []
  const log = { debug() {}, info: (f: object, m: string) => { logged.push(JSON.stringify(f) + m) }, warn: (f: object, m: string) => { logged.push(JSON.stringify(f) + m) }, error() {} }
  return { clock, hook, logged, beat: createHeartbeat({ post: hook.post, clock, log, alive, externalUrl: 'http://h:9090', userAgent: 'Haechi' }) }
}

describe('[A80] heartbeat', () => {
  test('[A80] at once, then at each interval; the same settings do not begin anew; none after its end', async () => {
    const b = bench()
    b.beat.configure(URL_GET)
    await b.clock.advance(3 * M)
    b.beat.configure({ ...URL_GET })
    expect(b.hook.requests.map(r => [r.method, r.url])).toEqual(Array.from({ length: 4 }, () => ['GET', URL_GET.url]))
    expect(b.beat.status()).toMatchObject({ failures: 0, error: undefined, lastOkMs: b.clock.nowMs(), lastStatus: 200 })
    b.beat.configure(undefined)
    await b.clock.advance(10 * M)
    expect(b.hook.requests).toHaveLength(4)
    expect(b.beat.status()).toBeUndefined()
  })
  test('[A80] POST sends the alert Watchdog in Alertmanager\'s body', async () => {
    const b = bench()
    b.beat.configure({ ...URL_GET, method: 'POST' })
    await b.clock.advance(1)
    expect(b.hook.bodies()[0]).toMatchObject({ version: '4', status: 'firing', alerts: [{ status: 'firing', labels: { alertname: 'Watchdog' }, endsAt: '0001-01-01T00:00:00Z' }] })
  })
  test('[A80] a failure is seen, tried again soon, logged once, and no secret is in it', async () => {
    const b = bench()
    b.hook.answers = [new TransportError('connection refused'), new TransportError('connection refused'), { status: 500 }]
    b.beat.configure(URL_GET)
    await b.clock.advance(16_000)
    expect(b.beat.status()).toMatchObject({ failures: 2, error: 'connection refused', lastOkMs: undefined, lastStatus: undefined })
    expect(b.logged).toHaveLength(1)
    await b.clock.advance(15_000)
    expect(b.beat.status()).toMatchObject({ failures: 3, error: 'answered HTTP 500', lastStatus: 500 })
    await b.clock.advance(15_000)
    expect(b.beat.status()).toMatchObject({ failures: 0, error: undefined })
    expect(b.logged.join()).not.toContain('SECRET')
  })
  test('[A80] where rules can\'t be evaluated no life is told', async () => {
    const b = bench(() => Promise.reject(new Error('no query thread')))
    b.beat.configure(URL_GET)
    await b.clock.advance(5 * M)
    expect(b.hook.requests).toEqual([])
    expect(b.beat.status()!.error).toBe("not told, for rules can't be evaluated: no query thread")
  })
})
