import { describe, expect, test } from 'vitest'
import { joined, sharedFetch } from './shared-fetch.ts'
import type { PanelQuery } from '@haechi/dashboards'
import type { PanelSeries } from './types.ts'

const STEP = 15_000
const query = (startMs: number, endMs: number, more: Partial<PanelQuery> = {}): PanelQuery => ({ refId: 'A', expr: 'up', startMs, endMs, stepMs: STEP, legend: '', instant: false, shiftMs: 0, ...more })

/** Answers `f(t)` on the grid and remembers what was asked. */
function source(): { readonly asked: PanelQuery[]; readonly fetch: (q: PanelQuery) => Promise<PanelSeries[]> } {
  const asked: PanelQuery[] = []
  return {
    asked,
    fetch: async q => {
      asked.push(q)
      await Promise.resolve()
      const n = (q.endMs - q.startMs) / q.stepMs + 1
      const ts = Float64Array.from({ length: n }, (_, i) => q.startMs + i * q.stepMs)
      return [{ labels: { job: 'a' }, ts, vs: ts.map(t => t / 1000) }]
    },
  }
}

describe('P16 questions', () => {
  const hour = 3_600_000
  const signal = new AbortController().signal

  test('[P16] equal questions at once are asked once', async () => {
    const s = source()
    const fetch = sharedFetch(s.fetch)
    const [a, b] = await Promise.all([fetch(query(0, hour), signal), fetch({ ...query(0, hour), refId: 'B', legend: 'x' }, signal)])
    expect(s.asked).toHaveLength(1)
    expect(a).toBe(b)
  })

  test('[P16] a range that moved on is asked for its end only, and the answer is that of the whole range', async () => {
    const s = source()
    let nowMs = hour
    const fetch = sharedFetch(s.fetch, () => nowMs)
    await fetch(query(0, hour), signal)
    nowMs += 30_000
    const [got] = await fetch(query(2 * STEP, hour + 2 * STEP), signal)
    expect(s.asked[1]!.startMs).toBe(hour - 120_000)
    const [whole] = await source().fetch(query(2 * STEP, hour + 2 * STEP))
    expect([...got!.ts]).toEqual([...whole!.ts])
    expect([...got!.vs]).toEqual([...whole!.vs])
  })

  test.each([
    ['another step', query(30_000, hour + 30_000, { stepMs: 30_000 })],
    ['an earlier start', query(-hour, hour)],
    ['another grid', query(7, hour + 7)],
    ['an end before the known one', query(0, hour - STEP)],
    ['a range long after', query(5 * hour, 6 * hour)],
  ])('[P16] %s is asked in full', async (_, next) => {
    const s = source()
    const fetch = sharedFetch(s.fetch, () => hour)
    await fetch(query(0, hour), signal)
    await fetch(next, signal)
    expect(s.asked[1]).toEqual(next)
  })

  test.each(['up @ end()', 'topk(1, up @ start())', 'limitk(2, up)'])('[P16] %s depends on the range and is asked in full', async expr => {
    const s = source()
    const fetch = sharedFetch(s.fetch, () => hour)
    await fetch(query(0, hour, { expr }), signal)
    await fetch(query(STEP, hour + STEP, { expr }), signal)
    expect(s.asked[1]!.startMs).toBe(STEP)
  })

  test('[P16] who gives up does not take the answer from others; the last one ends the question', async () => {
    const seen: AbortSignal[] = []
    let answer: (v: PanelSeries[]) => void = () => {}
    const fetch = sharedFetch((_q, s) => {
      seen.push(s)
      return new Promise(resolve => { answer = resolve })
    })
    const one = new AbortController()
    const two = new AbortController()
    const first = fetch(query(0, hour), one.signal)
    const second = fetch(query(0, hour), two.signal)
    one.abort()
    await expect(first).rejects.toThrow()
    expect(seen[0]!.aborted).toBe(false)
    answer([])
    await expect(second).resolves.toEqual([])
    const third = new AbortController()
    const last = fetch(query(0, hour), third.signal)
    third.abort()
    await expect(last).rejects.toThrow()
    expect(seen[1]!.aborted).toBe(true)
  })

  test('[P16] series that appear or end are in the joined answer', () => {
    const of = (job: string, ts: number[]): PanelSeries => ({ labels: { job }, ts: Float64Array.from(ts), vs: Float64Array.from(ts) })
    const out = joined([of('a', [0, 1, 2, 3]), of('gone', [0])], [of('new', [3]), of('a', [3, 4])], 1, 3)
    expect(out.map(s => [s.labels['job'], [...s.ts]])).toEqual([['a', [1, 2, 3, 4]], ['new', [3]]])
  })
})
