import { describe, expect, test } from 'vitest'
import { placeInText } from '../pages/explore/place-in-text.ts'
import { errorPlace, failureOf } from './failure.ts'
import { expandIntervals } from './macros.ts'
import { seriesOnGrid } from './prometheus.ts'
import { requestQueue } from './request-queue.ts'

describe('[N1] request queue', () => {
  test('[N1] no more than the limit at once, all in order', async () => {
    const enqueue = requestQueue(2)
    let running = 0
    let most = 0
    const order: number[] = []
    await Promise.all([1, 2, 3, 4, 5].map(n => enqueue(async () => {
      running++
      most = Math.max(most, running)
      order.push(n)
      await Promise.resolve()
      running--
    })))
    expect(most).toBe(2)
    expect(order).toEqual([1, 2, 3, 4, 5])
  })
  test('[N1] an aborted job that waits never starts', async () => {
    const enqueue = requestQueue(1)
    let release = (): void => {}
    const first = enqueue(() => new Promise<void>(resolve => { release = resolve }))
    const controller = new AbortController()
    let started = false
    const second = enqueue(async () => { started = true }, controller.signal)
    controller.abort()
    await expect(second).rejects.toThrow('aborted')
    release()
    await first
    expect(started).toBe(false)
  })
  test('[N1] a failed job makes room', async () => {
    const enqueue = requestQueue(1)
    await expect(enqueue(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await enqueue(async () => 7)).toBe(7)
  })
})

describe('[N2] failures', () => {
  test.each([
    { name: 'Prometheus', status: 400, body: '{"status":"error","errorType":"bad_data","error":"1:2: parse error: x"}', want: { kind: 'refused', errorType: 'bad_data', message: '1:2: parse error: x' } },
    { name: 'timeout', status: 503, body: '{"status":"error","errorType":"timeout","error":"query timed out"}', want: { kind: 'timeout' } },
    { name: 'Grafana', status: 404, body: '{"message":"Dashboard not found"}', want: { kind: 'refused', message: 'Dashboard not found' } },
    { name: 'password', status: 401, body: '{"status":"error","errorType":"unauthorized","error":"sign in"}', want: { kind: 'signIn' } },
    { name: 'forbidden is no sign-in', status: 403, body: '{"status":"error","errorType":"read_only","error":"comes from a file"}', want: { kind: 'refused', message: 'comes from a file' } },
    { name: 'a proxy', status: 502, body: '<html><h1>Bad gateway</h1></html>', want: { kind: 'server', message: '' } },
    { name: 'plain text', status: 500, body: 'boom', want: { kind: 'server', message: 'boom' } },
  ])('[N2] $name', ({ status, body, want }) => expect(failureOf(status, body)).toMatchObject(want))
  test('[N2] the next step comes along', () => expect(failureOf(403, '{"error":"x","next":{"en":"a","ko":"b"}}').next).toEqual({ en: 'a', ko: 'b' }))
})

describe('[N3] the grid', () => {
  const wire = { metric: { __name__: 'up', job: 'a' }, values: [[10, '1'], [30, '+Inf'], [31, '9']] as [number, string][] }
  test('[N3] gaps stay gaps', () => {
    const [series] = seriesOnGrid([wire], 10_000, 40_000, 10_000)
    expect([...series!.ts]).toEqual([10_000, 20_000, 30_000, 40_000])
    expect([...series!.vs].map(String)).toEqual(['1', 'NaN', '9', 'NaN'])
  })
  test('[N3] names tell series apart by what differs', () => {
    const series = seriesOnGrid([{ metric: { __name__: 'up', job: 'a', env: 'x' } }, { metric: { __name__: 'up', job: 'b', env: 'x' } }], 0, 0, 1000)
    expect(series.map(s => s.name)).toEqual(['a', 'b'])
    expect(series[0]!.id).toBe('up{env="x", job="a"}')
  })
})

describe('[N4] places', () => {
  test('[N4] a parse error', () => expect(errorPlace('invalid parameter "query": 2:5: parse error: unexpected <op:*>')).toEqual({ line: 1, column: 4, text: 'unexpected <op:*>' }))
  test('[N4] no place', () => expect(errorPlace('query timed out in 2m')).toBeUndefined())
  test.each([
    { text: 'sum(foo)', line: 0, column: 4, want: 'foo' },
    { text: 'a +\nbar{', line: 1, column: 0, want: 'bar' },
    { text: 'sum(', line: 0, column: 4, want: '(' },
    { text: '1 + * 2', line: 0, column: 4, want: '*' },
    { text: 'x', line: 7, column: 70, want: 'x' },
  ])('[N4] $line:$column of $text', ({ text, line, column, want }) => {
    const { from, to } = placeInText(text, line, column)
    expect(text.slice(from, to)).toBe(want)
  })
})

test('[N3] interval variables', () => {
  const c = { startMs: 0, endMs: 3_600_000, stepMs: 60_000, scrapeIntervalMs: 15_000 }
  expect(expandIntervals('rate(a[$__rate_interval])', c)).toBe('rate(a[75s])')
  expect(expandIntervals('a[$__range] + b[${__interval}]', c)).toBe('a[3600s] + b[1m]')
})
