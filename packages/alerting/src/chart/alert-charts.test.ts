import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { labelsFromObject } from '@haechi/model'
import type { Answer, QueryValue, RangeQuery } from '@haechi/storage'
import { VirtualClock } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import type { Notification } from '../notification.ts'
import { createAlertCharts } from './alert-charts.ts'
import type { AlertChartOptions } from './alert-charts.ts'
import { CHART_HEIGHT, CHART_WIDTH, alertChartSvg } from './svg.ts'

const NOW = Date.UTC(2026, 2, 1, 5, 30)
const M = 60_000
const N: Notification = {
  receiver: 'r', status: 'firing', groupLabels: [], externalUrl: '', groupKey: 'k', truncatedAlerts: 0, reason: '',
  alerts: [{
    status: 'firing', labels: labelsFromObject({ alertname: 'A', job: 'b' }), annotations: labelsFromObject({ summary: '주문 서비스: 오류 <4%> & 더' }), startsAtMs: NOW - 10 * M, endsAtMs: undefined, generatorUrl: '', fingerprint: 'f', value: 0.04,
    threshold: { op: '>', value: 0.01, unit: 'ratio' },
  }],
}
const ts = Float64Array.from({ length: 100 }, (_x, i) => NOW - (99 - i) * 30_000)
const matrix: QueryValue = { type: 'matrix', series: ['a', 'b'].map((job, k) => ({ labels: labelsFromObject({ job }), ts, vs: ts.map((_t, i) => (k === 1 ? i / 2500 : 0.001)) })) }
const warned: string[] = []
function charts(more: Partial<AlertChartOptions> = {}): { draw: ReturnType<typeof createAlertCharts>; clock: VirtualClock; asked: RangeQuery[]; svgs: string[] } {
  const clock = new VirtualClock(NOW)
  const asked: RangeQuery[] = []
  const svgs: string[] = []
  const draw = createAlertCharts({
    clock, log: { debug() {}, info() {}, warn: (_f, m) => { warned.push(m) }, error() {} }, queryOf: () => ({ value: 'errors', threshold: { op: '>', value: 0.01, unit: 'ratio' } }),
    query: { range: async (q): Promise<Answer<QueryValue>> => {
      asked.push(q)
      return { value: matrix, warnings: [], infos: [] }
    } },
    render: async svg => {
      svgs.push(svg)
      return new Uint8Array([1])
    }, ...more,
  })
  return { draw, clock, asked, svgs }
}

describe('[A19] pictures', () => {
  test('[A19] value, limit and time since it fires; the own series first; told in words too', async () => {
    const c = charts()
    expect(await c.draw(N, 'ko')).toEqual({ png: new Uint8Array([1]), alt: '그래프: 현재값 3.96%, 기준 > 1%' })
    expect(c.asked[0]).toMatchObject({ expr: 'errors', startMs: NOW - 40 * M, endMs: NOW })
    expect(c.svgs[0]).toContain('주문 서비스: 오류 &lt;4%&gt; &amp; 더')
    expect(c.svgs[0]).toContain('&gt; 1%')
    expect(c.svgs[0]!.match(/<path /g)).toHaveLength(2)
    expect(c.svgs[0]).not.toMatch(/NaN|undefined|Infinity/)
  })
  test('[A19] a range has two lines, each with its own bad side, and is told in words', async () => {
    const c = charts({ queryOf: () => ({ value: 'errors', threshold: { op: 'outside', value: 0.01, high: 0.9, unit: 'ratio' } }) })
    expect((await c.draw(N, 'en'))?.alt).toBe('Graph: Value 3.96%, Limit outside 1% to 90%')
    expect((await c.draw(N, 'ko'))?.alt).toBe('그래프: 현재값 3.96%, 기준 1%~90% 벗어남')
    expect(c.svgs[0]!.match(/stroke-dasharray/g)).toHaveLength(2)
    expect(c.svgs[0]).toContain('&lt; 1%')
    expect(c.svgs[0]).toContain('&gt; 90%')
  })
  test('[A19] a failure is no picture and no rejection; the next messages do not wait', async () => {
    const c = charts({ render: () => Promise.reject(new Error('no memory')) })
    expect(await c.draw(N, 'en')).toBeUndefined()
    expect(await c.draw(N, 'en')).toBeUndefined()
    expect(c.asked).toHaveLength(1)
    expect(warned).toHaveLength(1)
    await c.clock.advance(6 * M)
    await c.draw(N, 'en')
    expect(c.asked).toHaveLength(2)
  })
  test('[A19] a picture that does not come is waited for two seconds, once', async () => {
    const c = charts({ render: () => new Promise(() => undefined) })
    const drawn = c.draw(N, 'en')
    await c.clock.advance(2000)
    expect(await drawn).toBeUndefined()
    expect(await c.draw(N, 'en')).toBeUndefined()
  })
  test('[A19] a value that no query alone gives is answered by who knows it', async () => {
    const times: object[] = []
    const c = charts({ queryOf: () => ({ value: async range => {
      times.push(range)
      return [{ labels: labelsFromObject({ job: 'b' }), ts, vs: ts.map(() => 3) }]
    } }) })
    expect(await c.draw(N, 'en')).toMatchObject({ alt: 'Graph: Value 300%' })
    expect([c.asked, times]).toEqual([[], [{ startMs: NOW - 40 * M, endMs: NOW }]])
  })
  test('[A19] an alert of unknown origin and one without data have none', async () => {
    expect(await charts({ queryOf: () => undefined }).draw(N, 'en')).toBeUndefined()
    expect(await charts({ query: { range: async () => ({ value: { type: 'matrix', series: [] }, warnings: [], infos: [] }) } }).draw(N, 'en')).toBeUndefined()
  })
  test.each([[[NaN, NaN]], [[0, 0]], [[5, 5]], [[-3, NaN, 2]], [[1e300, -1e300]], [[Infinity, 1]], [[]]])('[A19] %j can be drawn', values => {
    const svg = alertChartSvg({ title: 't', series: [{ name: 's', ts: Float64Array.from(values, (_v, i) => NOW + i * 1000), vs: Float64Array.from(values) }], unit: '', startMs: NOW, endMs: NOW + 5000, language: 'en' })
    expect(svg).not.toMatch(/NaN|undefined|="-?Infinity/)
  })
  test('[A19] the real renderer makes a PNG of the size, with Korean letters', async () => {
    const find = createRequire(import.meta.url)
    const { initWasm, Resvg } = await import('@resvg/resvg-wasm')
    await initWasm(await readFile(find.resolve('@resvg/resvg-wasm/index_bg.wasm')))
    const font = await readFile(find.resolve('pretendard/dist/public/static/Pretendard-Regular.otf'))
    const png = (title: string): Buffer => Buffer.from(new Resvg(alertChartSvg({ title, series: [{ name: 'b', ts, vs: ts.map((_t, i) => i) }], unit: '', startMs: ts[0]!, endMs: NOW, language: 'ko' }), { font: { fontBuffers: [font], defaultFontFamily: 'Pretendard' } }).render().asPng())
    const korean = png('주문')
    expect(korean.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
    expect([korean.readUInt32BE(16), korean.readUInt32BE(20)]).toEqual([CHART_WIDTH, CHART_HEIGHT])
    // Letters that a font lacks all look alike.
    expect(korean.equals(png('결제'))).toBe(false)
  })
})
