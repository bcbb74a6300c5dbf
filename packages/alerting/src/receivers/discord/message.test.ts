import { labelsFromObject } from '@haechi/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Notification, NotificationAlert } from '../../notification.ts'
import { valueText } from '../alert-text.ts'
import { DISCORD_LIMITS, discordMessage } from './message.ts'
import type { DiscordMessage } from './message.ts'

const START = Date.UTC(2026, 2, 1, 5, 2)
function alert(more: Partial<NotificationAlert> & { labelMap?: Record<string, string>; texts?: Record<string, string> } = {}): NotificationAlert {
  const { labelMap, texts, ...rest } = more
  return {
    status: 'firing', labels: labelsFromObject({ alertname: 'High 5xx Error Rate', job: 'orders', severity: 'warning', ...labelMap }),
    annotations: labelsFromObject({
      summary: 'orders: 4.2% of requests are failing (limit 1%)', summary_ko: 'orders: 요청의 4.2%가 실패하고 있습니다 (기준 1%)', description: 'Check the deploy', description_ko: '최근 배포를 확인하세요',
      runbook_url: 'https://wiki.test/5xx', ...texts,
    }),
    startsAtMs: START, endsAtMs: undefined, generatorUrl: 'http://h:9090/graph?g0.expr=a&g0.tab=1', fingerprint: 'f', value: 0.042, peak: 0.071, threshold: { op: '>', value: 0.01, unit: 'ratio' }, ...rest,
  }
}
function notification(alerts: readonly NotificationAlert[], more: Partial<Notification> = {}): Notification {
  return {
    receiver: 'r', status: alerts.some(a => a.status === 'firing') ? 'firing' : 'resolved', alerts, groupLabels: [], externalUrl: '', groupKey: '{}:{}', truncatedAlerts: 0, reason: '', ...more,
  }
}

/** What Discord itself checks. @see discord-api-docs "Embed Limits" */
function checkLimits(m: DiscordMessage): void {
  expect(m.allowed_mentions).toEqual({ parse: [] })
  expect((m.content ?? '').length).toBeLessThanOrEqual(DISCORD_LIMITS.content)
  expect(m.embeds.length).toBeGreaterThanOrEqual(1)
  expect(m.embeds.length).toBeLessThanOrEqual(DISCORD_LIMITS.embeds)
  let total = 0
  for (const e of m.embeds) {
    expect(e.title.length).toBeLessThanOrEqual(80)
    expect(e.title.trim()).not.toBe('')
    expect((e.description ?? '').length).toBeLessThanOrEqual(DISCORD_LIMITS.description)
    expect((e.fields ?? []).length).toBeLessThanOrEqual(DISCORD_LIMITS.fields)
    expect((e.url ?? 'http://x').length).toBeLessThanOrEqual(2048)
    total += e.title.length + (e.description?.length ?? 0) + (e.footer?.text.length ?? 0)
    for (const f of e.fields ?? []) {
      expect(f.name.trim()).not.toBe('')
      expect(f.value.trim()).not.toBe('')
      expect(f.name.length).toBeLessThanOrEqual(DISCORD_LIMITS.fieldName)
      expect(f.value.length).toBeLessThanOrEqual(DISCORD_LIMITS.fieldValue)
      total += f.name.length + f.value.length
    }
  }
  expect(total).toBeLessThanOrEqual(DISCORD_LIMITS.total)
  // No half of a surrogate pair.
  expect(JSON.stringify(m)).not.toMatch(/\\ud[89a-f]/i)
}

describe('[A10] a message says what is wrong, how much, since when', () => {
  test.each([['en', 'Limit', 'outside 10 to 90'], ['ko', '기준', '10~90 벗어남']] as const)('[A10] %s: a limit with two numbers', (language, name, value) => {
    const m = discordMessage(notification([alert({ value: 95, threshold: { op: 'outside', value: 10, high: 90, unit: '' } })]), language)
    expect(m.embeds[0]!.fields).toContainEqual({ name, value, inline: true })
    expect(m.embeds[0]!.fields![0]!.value).toBe('95')
  })
  test('in Korean', () => {
    const m = discordMessage(notification([alert()]), 'ko')
    checkLimits(m)
    const [e] = m.embeds
    expect(e!.title).toBe('🔴 orders: 요청의 4.2%가 실패하고 있습니다 (기준 1%)')
    expect(e!.description).toBe('최근 배포를 확인하세요')
    expect(e!.fields!.map(f => [f.name, f.value])).toEqual([
      ['현재값', '4.2%'], ['기준', '> 1%'], ['시작', `<t:${START / 1000}:f> · <t:${START / 1000}:R>`], ['심각도', '경고'], ['라벨', '`job=orders`'],
      ['링크', '[그래프](http://h:9090/graph?g0.expr=a&g0.tab=1) · [런북](https://wiki.test/5xx)'],
    ])
    expect(e!.color).toBe(0xe8930c)
  })
  test('in English, and when it is over: how long and how bad', () => {
    expect(discordMessage(notification([alert()]), 'en').embeds[0]!.title).toBe('🔴 orders: 4.2% of requests are failing (limit 1%)')
    const over = discordMessage(notification([alert({ status: 'resolved', endsAtMs: START + 372_000 })]), 'ko').embeds[0]!
    expect(over.title).toBe('🟢 해결됨: orders · High 5xx Error Rate')
    expect(over.fields![0]).toEqual({ name: '지속 시간', value: '6분 12초, 최고 7.1%', inline: true })
    expect(over.color).toBe(0x2ea043)
  })
  test('many alerts: the five worst, the others counted', () => {
    const alerts = Array.from({ length: 40 }, (_, i) => alert({ labelMap: { i: String(i), severity: i === 37 ? 'critical' : 'warning' }, startsAtMs: START + i * 1000 }))
    const m = discordMessage(notification(alerts, { truncatedAlerts: 2 }), 'en')
    checkLimits(m)
    expect(m.embeds).toHaveLength(5)
    expect(m.embeds[0]!.color).toBe(0xd63232)
    expect(m.content).toBe('**🔴 40 alerts: High 5xx Error Rate**\n40 firing (and 37 more)')
  })
  test('a text that is too long is cut with a count', () => {
    const e = discordMessage(notification([alert({ texts: { description: '가'.repeat(5000), summary: 's'.repeat(300), summary_ko: '' } })]), 'en').embeds[0]!
    expect(e.title).toBe(`🔴 ${'s'.repeat(76)}…`)
    expect(e.description).toMatch(/가… \(\d+ more characters\)$/)
  })
  test('links that are none are left out', () => {
    const m = discordMessage(notification([alert({ generatorUrl: 'javascript:alert(1)', texts: { runbook_url: 'see wiki' } })]), 'en')
    expect(JSON.stringify(m)).not.toMatch(/javascript|see wiki/)
    expect(m.embeds[0]!.url).toBeUndefined()
  })
  test('a long address of a graph is left out, not cut', () => checkLimits(discordMessage(notification([alert({ generatorUrl: `http://h/${'x'.repeat(4000)}` })]), 'en')))
  test.each([[0.0345, 'ratio', '3.45%'], [2.18, 's', '2.18s'], [0.25, 's', '250ms'], [0, '', '0'], [1234.5678, '', '1235'], [1.5 * 2 ** 30, 'bytes', '1.5 GiB'], [NaN, 's', 'NaN'], [12, 'req/s', '12 req/s']])('%d %s reads %s', (v, unit, want) => {
    expect(valueText(v, unit)).toBe(want)
  })
})

describe('[A11] every message is within Discord\'s limits', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 3000 }), fc.string({ maxLength: 20 }), fc.constantFrom('', ' ', '@everyone', '`', '😀'.repeat(2000), '\n\n'))
  const any = fc.record({
    status: fc.constantFrom('firing' as const, 'resolved' as const), labels: fc.dictionary(text, text, { maxKeys: 12 }), annotations: fc.dictionary(fc.constantFrom('summary', 'description', 'summary_ko', 'Error', 'runbook_url'), text),
    value: fc.option(fc.double(), { nil: undefined }), generatorUrl: fc.oneof(text, fc.webUrl()), values: fc.option(fc.dictionary(fc.string(), fc.double(), { maxKeys: 30 }), { nil: undefined }),
  }).map(a => alert({ ...a, labels: labelsFromObject(a.labels), annotations: labelsFromObject(a.annotations), endsAtMs: a.status === 'resolved' ? START + 1 : undefined }))
  test('whatever the alerts hold', () => {
    fc.assert(fc.property(fc.array(any, { minLength: 1, maxLength: 12 }), fc.constantFrom('en' as const, 'ko' as const), fc.nat(), (alerts, language, truncatedAlerts) => {
      checkLimits(discordMessage(notification(alerts, { truncatedAlerts }), language))
    }), { numRuns: 60 })
  })
})
