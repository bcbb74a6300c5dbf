import { describe, expect, test } from 'vitest'
import { createServer } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

const none = (): void => {}
const calls: unknown[] = []
const admin = {
  deleteSeries: (matchers: readonly (readonly { name: string; value: string }[])[], minMs: number, maxMs: number) => {
    calls.push([matchers.map(list => list.map(m => `${m.name}=${m.value}`)), minMs, maxMs])
    return Promise.resolve()
  },
  cleanTombstones: () => Promise.reject(new Error('no space left on device')),
  snapshot: (skipHead: boolean) => {
    calls.push(skipHead)
    return Promise.resolve({ name: '20260102T030405Z-0123456789abcdef' })
  },
}
const deps = { ...fakeDeps(), log: { debug: none, info: none, warn: none, error: none }, admin }
const on = createServer(deps, { version: '0.1.0', adminApi: true })
const off = createServer(deps, { version: '0.1.0' })
const post = async (server: typeof on, path: string): Promise<{ status: number; body: unknown }> => {
  const answer = await server.inject({ method: 'POST', url: `/api/v1/admin/tsdb/${path}`, headers: { host: 'localhost' } })
  return { status: answer.statusCode, body: answer.body === '' ? '' : JSON.parse(answer.body) as unknown }
}

describe('admin API', () => {
  test.each(['delete_series', 'clean_tombstones', 'snapshot'])('[P13] %s is refused without --web.enable-admin-api', async path => {
    expect(await post(off, path)).toEqual({ status: 500, body: { status: 'error', errorType: 'unavailable', error: 'admin APIs disabled' } })
  })

  test('[P13] parameters are those of Prometheus, and so are the answers', async () => {
    calls.length = 0
    expect(await post(on, 'delete_series?match[]=up&match[]={job="a"}&start=10&end=1970-01-01T00:00:20Z')).toEqual({ status: 204, body: '' })
    expect(await post(on, 'snapshot')).toEqual({ status: 200, body: { status: 'success', data: { name: '20260102T030405Z-0123456789abcdef' } } })
    await post(on, 'snapshot?skip_head=true')
    expect(calls).toEqual([[[['__name__=up'], ['job=a']], 10_000, 20_000], false, true])
    expect(await post(on, 'delete_series')).toMatchObject({ status: 400, body: { errorType: 'bad_data', error: 'no match[] parameter provided' } })
    expect(await post(on, 'delete_series?match[]={')).toMatchObject({ status: 400, body: { errorType: 'bad_data', error: expect.stringContaining('invalid parameter "match[]": 1:2: parse error') as string } })
    expect(await post(on, 'delete_series?match[]=up&start=x')).toMatchObject({ status: 400, body: { error: expect.stringContaining('invalid parameter "start"') as string } })
    expect(await post(on, 'snapshot?skip_head=maybe')).toMatchObject({
      status: 400, body: { error: 'invalid parameter "skip_head": unable to parse boolean \'skip_head\' argument: strconv.ParseBool: parsing "maybe": invalid syntax' },
    })
    expect(await post(on, 'clean_tombstones')).toMatchObject({ status: 500, body: { errorType: 'internal', error: 'no space left on device' } })
    expect((await on.inject({ method: 'GET', url: '/api/v1/admin/tsdb/snapshot', headers: { host: 'localhost' } })).statusCode).toBe(405)
  })
})
