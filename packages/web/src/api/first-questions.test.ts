import { describe, expect, test } from 'vitest'
import { addressesAt, firstOf, forgetQuestions, keepQuestions, questionAddress, questionParams, recallQuestions } from './first-questions.ts'
import type { AskedQuestion, FirstQuestions } from './first-questions.ts'

const H = 3_600_000
const NOW = 1_700_000_007_123
const floor = (t: number, step: number): number => Math.floor(t / step) * step
const over = (expr: string, startMs: number, endMs: number, stepMs = 60_000, instant = false): AskedQuestion => ({ expr, stepMs, instant, startMs: floor(startMs, stepMs), endMs: floor(endMs, stepMs) })

/** What the page would ask, as an address. */
function addressOf(q: AskedQuestion): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(questionParams(q, q.startMs, q.endMs))) params.set(name, String(value))
  return questionAddress(q.instant, params)
}

/** Storage as a browser has it. */
function memory(): { readonly get: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>; readonly text: () => string } {
  const held = new Map<string, string>()
  return { get: () => ({ getItem: k => held.get(k) ?? null, setItem: (k, v) => void held.set(k, v), removeItem: k => void held.delete(k) }), text: () => [...held.values()].join('') }
}

describe('W6 questions of the last opening', () => {
  test('[W6] a range up to now moves along: the questions are those that the board asks at that moment', () => {
    const asked = [over('rate(a[5m])', NOW - 6 * H, NOW), over('up', NOW - 6 * H, NOW, 15_000, true)]
    const first = firstOf(asked, 'now-6h', 'now', { startMs: NOW - 6 * H, endMs: NOW }, 1440)!
    const later = NOW + 86_405_678
    expect(addressesAt(first, later)).toEqual([over('rate(a[5m])', later - 6 * H, later), over('up', later - 6 * H, later, 15_000, true)].map(addressOf))
  })
  test('[W6] two moments stay', () => {
    const asked = [over('a', NOW - H, NOW)]
    const first = firstOf(asked, String(NOW - H), String(NOW), { startMs: NOW - H, endMs: NOW }, 1440)!
    expect(addressesAt(first, NOW + 99 * H)).toEqual(asked.map(addressOf))
  })
  test('[W6] what has a range of its own, or a part of one, is not asked again; each once; other ranges not at all', () => {
    const range = { startMs: NOW - H, endMs: NOW }
    const asked = [over('a', NOW - H, NOW), over('a', NOW - H, NOW), over('own', NOW - 7 * H, NOW), over('shifted', NOW - 2 * H, NOW - H)]
    expect(firstOf(asked, 'now-1h', 'now', range, 1440)!.questions.map(q => q.expr)).toEqual(['a'])
    expect(firstOf(asked, 'now/d', 'now', range, 1440)).toBeUndefined()
    expect(firstOf([], 'now-1h', 'now', range, 1440)).toBeUndefined()
  })
  test('[W6] are kept by address and width, for the boards opened last; signing out forgets them', () => {
    const { get, text } = memory()
    const first = (expr: string): FirstQuestions => ({ widthPx: 1440, range: { spanMs: H }, questions: [{ expr, stepMs: 1, instant: false }] })
    for (let i = 0; i < 15; i++) keepQuestions(get, `boards/${i}`, first(`q${i}`))
    expect(recallQuestions(get, 'boards/2', 1440)).toBeUndefined()
    expect(recallQuestions(get, 'boards/3', 1440)).toEqual(first('q3'))
    expect(recallQuestions(get, 'boards/3', 800)).toBeUndefined()
    keepQuestions(get, 'boards/14', first('x'.repeat(70_000)))
    expect(recallQuestions(get, 'boards/14', 1440)).toBeUndefined()
    forgetQuestions(get)
    expect(text()).toBe('')
  })
  test('[W6] forbidden or damaged storage is none', () => {
    const forbidden = (): never => { throw new DOMException('no', 'SecurityError') }
    expect(recallQuestions(forbidden, 'boards/1', 1)).toBeUndefined()
    keepQuestions(forbidden, 'boards/1', { widthPx: 1, range: { spanMs: 1 }, questions: [] })
    for (const text of ['{', 'null', '[]', '{"boards/1":{"widthPx":1}}']) expect(recallQuestions(() => ({ getItem: () => text }), 'boards/1', 1)).toBeUndefined()
  })
})
