import type { HttpRequest } from '@haechi/alerting'
import { Secret } from '@haechi/model'
import { openState } from '@haechi/server'
import type { StateStore } from '@haechi/server'
import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { HeartbeatControl } from './heartbeat.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const env = (values: Readonly<Record<string, string>>): Map<string, Secret> => new Map(Object.entries(values).map(([name, value]) => [name, new Secret(value)]))
interface Bench { control: HeartbeatControl; asked: HttpRequest[]; clock: VirtualClock }
async function bench(state: StateStore, flag?: { url: string; method: 'GET'; intervalMs: number }): Promise<Bench> {
  const clock = new VirtualClock(1_800_000_000_000)
  const asked: HttpRequest[] = []
  const post = async (r: HttpRequest): Promise<{ status: number; headers: Record<string, string>; body: string }> => {
    asked.push(r)
    return { status: 200, headers: {}, body: '' }
  }
  return { clock, asked, control: new HeartbeatControl(state, { post, clock, log, externalUrl: 'http://h:9090', userAgent: 'x', alive: async () => undefined }, flag) }
}

describe('[P13] who configures the heartbeat', () => {
  test('[P13] our page, kept over a restart, ended there', async () => {
    const state = await openState(':memory:', { log })
    const b = await bench(state)
    await b.control.load(new Map())
    expect(b.control.view()).toBeUndefined()
    expect(await b.control.set({ url: 'https://hc.test/SECRETPING' })).toMatchObject({ url: 'https://hc.test/…', method: 'POST', intervalMs: 60_000, origin: 'ui', lastOkMs: null })
    expect(await b.control.beat()).toMatchObject({ lastOkMs: b.clock.nowMs(), lastStatus: 200, failures: 0 })
    b.control.stop()
    const c = await bench(state)
    await c.control.load(new Map())
    await c.clock.advance(1)
    expect(c.asked.map(r => r.url)).toEqual(['https://hc.test/SECRETPING'])
    expect(await c.control.remove()).toBe(true)
    expect(await c.control.remove()).toBe(false)
  })
  test('[P13] the .env file before our page, a flag before the file; then it can not be changed on the page', async () => {
    const state = await openState(':memory:', { log })
    const b = await bench(state)
    await b.control.load(env({ HEARTBEAT_URL: 'https://env.test/x', HEARTBEAT_METHOD: 'get', HEARTBEAT_INTERVAL: '5m' }))
    expect(b.control.view()).toMatchObject({ url: 'https://env.test/…', method: 'GET', intervalMs: 300_000, origin: 'env' })
    await expect(b.control.set({ url: 'https://a.test/' })).rejects.toThrow(/HEARTBEAT_URL/)
    const c = await bench(state, { url: 'https://flag.test/y', method: 'GET', intervalMs: 60_000 })
    await c.control.load(env({ HEARTBEAT_URL: 'https://env.test/x' }))
    expect(c.control.view()).toMatchObject({ url: 'https://flag.test/…', origin: 'flag' })
    await expect(c.control.remove()).rejects.toThrow(/--heartbeat\.url/)
  })
  test.each([[{ HEARTBEAT_URL: 'SECRET' }, /HEARTBEAT_URL.*no web address/], [{ HEARTBEAT_URL: 'https://a.test/', HEARTBEAT_METHOD: 'PUT' }, /HEARTBEAT_METHOD/], [{ HEARTBEAT_URL: 'https://a.test/', HEARTBEAT_INTERVAL: 'x' }, /HEARTBEAT_INTERVAL/]])('[P13] %j is refused', async (values, says) => {
    const b = await bench(await openState(':memory:', { log }))
    const failed = await b.control.load(env(values as Record<string, string>)).then(() => undefined, (err: Error) => err.message)
    expect(failed).toMatch(says)
    expect(failed).not.toMatch(/"?SECRET"? /)
  })
})
