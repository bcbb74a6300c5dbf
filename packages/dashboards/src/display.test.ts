import { describe, expect, test } from 'vitest'
import { haveShared, sharedRows, sharedText } from '../test/shared.ts'
import { continuousColor, cssColor } from './colors.ts'
import { displayValue } from './display.ts'
import { PALETTE, hashText, seriesLooks } from './palette.ts'
import { readFieldConfig } from './read-field-config.ts'
import { displayName, formatLegend, labelsText, seriesKey, seriesNames, varyingLabels } from './series-name.ts'
import type { JsonObject } from './model.ts'

const config = (json: JsonObject): ReturnType<typeof readFieldConfig> => readFieldConfig(json, 'defaults')

describe('S1 values', () => {
  test.each([
    [{ unit: 's' }, 0.0123, { text: '12.3', suffix: ' ms', color: '#73BF69' }],
    [{ unit: 'percentunit', thresholds: { steps: [{ color: 'green', value: null }, { color: 'red', value: 0.05 }] } }, 0.05, { text: '5', suffix: '%', color: '#F2495C' }],
    [{ mappings: [{ type: 'value', options: { 1: { text: 'UP', color: 'green' } } }] }, 1, { text: 'UP', color: '#73BF69' }],
    [{ mappings: [{ type: 'range', options: { from: null, to: 5, result: { text: 'low' } } }] }, 3, { text: 'low' }],
    [{ noValue: '-' }, null, { text: '-' }],
    [{ color: { mode: 'fixed', fixedColor: '#123456' } }, 1, { color: '#123456' }],
  ] as const)('[S1] %j shows %d as %j', (json, value, want) => expect(displayValue(config(json as unknown as JsonObject), value, 'dark')).toMatchObject(want))
  test('[S1] a first step with any stored value is the base', () => {
    expect(displayValue(config({ thresholds: { steps: [{ color: 'blue', value: 50 }] } }), 3, 'dark').color).toBe('#5794F2')
  })
  test('[S1] the light theme is one step darker', () => expect([cssColor('red', 'light'), cssColor('dark-green', 'light'), cssColor('#abc', 'light')]).toEqual(['#E02F44', '#19730E', '#abc']))

  const file = 'fixtures/grafana-oracle/display.json'
  test.skipIf(!haveShared(file))('[S1] every recorded value of Grafana', () => {
    const cases = JSON.parse(sharedText(file)) as { config: JsonObject; value: number | null; text: string; prefix?: string; suffix?: string; color: string; percent?: number }[]
    const bad: string[] = []
    for (const c of cases) {
      const got = displayValue(config(c.config), c.value, 'dark')
      const parts = (v: { text: string; suffix?: string; prefix?: string; color?: string; percent?: number }): string => JSON.stringify([v.text, v.prefix ?? '', v.suffix ?? '', v.color, v.percent])
      if (parts(got) !== parts(c)) bad.push(`${JSON.stringify(c.config)} ${c.value}: ${parts(got)}, want ${parts(c)}`)
    }
    expect(bad).toEqual([])
    expect(cases.length).toBeGreaterThan(50)
  })
  const colors = 'fixtures/grafana-oracle/colors.tsv'
  test.skipIf(!haveShared(colors))('[S1] every named colour of Grafana', () => {
    const named = sharedRows(colors).rows.filter(r => !r[0]!.startsWith('palette'))
    expect(named.map(([name]) => [name, cssColor(name!, 'dark')])).toEqual(named)
    expect(continuousColor('continuous-GrYlRd', 0.42, 'dark')).toBe('rgb(214, 199, 63)')
  })
})

describe('S2 names', () => {
  test.each([
    ['{{job}} {{missing}}!', [{ job: 'a' }], ['a !']],
    ['', [{ __name__: 'up', b: '2', a: '1' }], ['up{a="1", b="2"}']],
    ['', [{}], ['the query']],
    ['__auto', [{ job: 'a', x: '1' }, { job: 'b', x: '1' }], ['a', 'b']],
    ['__auto', [{ a: '1', b: '1' }, { a: '2', b: '2' }], ['{a="1", b="1"}', '{a="2", b="2"}']],
    ['__auto', [{ job: 'a' }], ['{job="a"}']],
  ] as const)('[S2] %j names %j %j', (legend, all, want) => expect(seriesNames(legend, 'the query', all as readonly Record<string, string>[])).toEqual(want))
  test('[S2] a label called __proto__ or constructor is only a label', () => {
    expect(formatLegend('{{constructor}}', {})).toBe('')
    expect(labelsText({ constructor: 'x' })).toBe('{constructor="x"}')
    expect(varyingLabels([{ toString: 'a' }, {}])).toEqual(['toString'])
  })
  test('[S2] displayName of an override', () => expect(displayName({ mappings: [], custom: {}, displayName: '${__field.labels.job}: ${__field.name}' }, 'n', { job: 'j' })).toBe('j: n'))
})

describe('S3 palette', () => {
  test('[S3] a series keeps its colour whatever stands beside it and in whatever order', () => {
    const keys = ['job=orders', 'job=shop']
    expect(hashText(keys[0]!) % 8).not.toBe(hashText(keys[1]!) % 8)
    const [orders] = seriesLooks([keys[0]!])
    expect(seriesLooks(keys)[0]).toEqual(orders)
    expect(seriesLooks([keys[1]!, keys[0]!])[1]).toEqual(orders)
    expect(seriesKey({ __name__: 'x', b: '1', a: '2' })).toBe('a=2\nb=1')
  })
  test('[S3] eight series have eight hues, thirty-two differ in hue or pattern, a thousand are no problem', () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `job=${i}`)
    expect(new Set(seriesLooks(keys.slice(0, 8)).map(l => l.slot)).size).toBe(8)
    expect(new Set(seriesLooks(keys.slice(0, 32)).map(l => `${l.slot} ${l.pattern}`)).size).toBe(32)
    expect(seriesLooks(keys).every(l => l.slot < 8 && l.pattern < 4)).toBe(true)
  })

  type Rgb = readonly [number, number, number]
  const linear = (hex: string): Rgb => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255).map(c => c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4) as unknown as Rgb
  const apply = (m: readonly Rgb[], [r, g, b]: Rgb): Rgb => m.map(row => Math.max(0, row[0] * r + row[1] * g + row[2] * b)) as unknown as Rgb
  const oklab = ([r, g, b]: Rgb): Rgb => {
    const l = Math.cbrt(0.412_221_5 * r + 0.536_332_5 * g + 0.051_446 * b)
    const m = Math.cbrt(0.211_903_5 * r + 0.680_699_5 * g + 0.107_397 * b)
    const s = Math.cbrt(0.088_302_5 * r + 0.281_718_8 * g + 0.629_978_7 * b)
    return [0.210_454_3 * l + 0.793_617_8 * m - 0.004_072 * s, 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s, 0.025_904 * l + 0.782_771_8 * m - 0.808_675_8 * s]
  }
  /** Machado, Oliveira, Fernandes 2009, severity 1. */
  const SIGHT = {
    full: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    protanopia: [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    deuteranopia: [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_82, 0.042_94, 0.968_881]],
    tritanopia: [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.3039]],
  } as const
  const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b
  test.each((['dark', 'light'] as const).flatMap(theme => (Object.keys(SIGHT) as (keyof typeof SIGHT)[]).map(sight => ({ theme, sight }))))('[S3] hues stay apart in $theme with $sight sight', ({ theme, sight }) => {
    const seen = PALETTE[theme].map(h => oklab(apply(SIGHT[sight], linear(h))))
    const distances = seen.flatMap((a, i) => seen.slice(i + 1).map(b => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])))
    expect(Math.min(...distances)).toBeGreaterThan(0.085)
  })
  test.each([['dark', '#171c1c'], ['light', '#ffffff']] as const)('[S3] every hue is 3:1 or more against the %s surface', (theme, surface) => {
    const other = luminance(linear(surface))
    for (const hex of PALETTE[theme]) {
      const own = luminance(linear(hex))
      expect((Math.max(own, other) + 0.05) / (Math.min(own, other) + 0.05), hex).toBeGreaterThanOrEqual(3)
    }
  })
})
