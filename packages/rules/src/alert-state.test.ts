import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlertLimitError, AlertStates, DuplicateAlertError, RESOLVED_RETENTION_MS } from './alert-state.ts'
import type { AlertSample } from './alert-state.ts'

const sample = (i: number, value = 1): AlertSample => ({ labels: ['alertname', 'A', 'i', String(i)], key: String(i), annotations: [], value })

/**
 * What one alert should be, said another way: from the history of its presence alone, without any state that is carried along.
 * `history[k]` tells whether it was in the answer of run k; runs are `stepMs` apart.
 */
function expected(history: readonly boolean[], stepMs: number, forMs: number, keepMs: number): 'none' | 'pending' | 'firing' | 'resolved' {
  let state: 'none' | 'pending' | 'firing' | 'resolved' = 'none'
  let since = 0
  let gone = 0
  let ended = 0
  history.forEach((present, k) => {
    const t = k * stepMs
    if (present) {
      if (state === 'none' || state === 'resolved') {
        state = 'pending'
        since = t
      }
      if (state === 'pending' && t - since >= forMs) state = 'firing'
      gone = -1
      return
    }
    if (state === 'pending') state = 'none'
    else if (state === 'firing') {
      if (gone < 0) gone = t
      if (keepMs > 0 && t - gone < keepMs) return
      state = 'resolved'
      ended = t
    } else if (state === 'resolved' && t - ended > RESOLVED_RETENTION_MS) state = 'none'
  })
  return state
}

describe('[R20] the alert state machine', () => {
  test('agrees with a model for any history, of any number of alerts', () => {
    fc.assert(fc.property(
      fc.array(fc.uniqueArray(fc.nat(3)), { minLength: 1, maxLength: 60 }), fc.constantFrom(15_000, 60_000, 300_000), fc.constantFrom(0, 10_000, 60_000, 600_000), fc.constantFrom(0, 60_000, 400_000),
      (runs, stepMs, forMs, keepFiringForMs) => {
        const states = new AlertStates()
        runs.forEach((present, k) => {
          states.update(k * stepMs, present.map(i => sample(i, k)), { forMs, keepFiringForMs, limit: 0 })
          for (let i = 0; i <= 3; i++) {
            const got = [...states.byKey.values()].find(a => a.labels[3] === String(i))
            const want = expected(runs.slice(0, k + 1).map(r => r.includes(i)), stepMs, forMs, keepFiringForMs)
            expect(got === undefined ? 'none' : got.state === 'inactive' ? 'resolved' : got.state).toBe(want)
          }
        })
      }), { numRuns: 300 })
  })
  test('each change to firing and each end is told exactly once within a resend delay, and always in turn', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 80 }), fc.constantFrom(0, 30_000), (history, forMs) => {
      const states = new AlertStates()
      const told: string[] = []
      history.forEach((present, k) => {
        states.update(k * 15_000, present ? [sample(1)] : [], { forMs, keepFiringForMs: 0, limit: 0 })
        for (const a of states.takeToSend(k * 15_000, 1e12)) told.push(a.state)
      })
      told.forEach((s, i) => expect(s).toBe(i % 2 === 0 ? 'firing' : 'inactive'))
    }))
  })
  test('two samples with one identity change nothing', () => {
    const states = new AlertStates()
    expect(() => states.update(0, [sample(1), sample(1)], { forMs: 0, keepFiringForMs: 0, limit: 0 })).toThrow(DuplicateAlertError)
    expect(states.byKey.size).toBe(0)
  })
  test('above the limit all instances are forgotten', () => {
    const states = new AlertStates()
    states.update(0, [sample(1)], { forMs: 0, keepFiringForMs: 0, limit: 1 })
    expect(() => states.update(1, [sample(1), sample(2)], { forMs: 0, keepFiringForMs: 0, limit: 1 })).toThrow(new AlertLimitError('exceeded limit of 1 with 2 alerts'))
    expect(states.byKey.size).toBe(0)
  })
  test('a longer `for` makes a firing alert wait again', () => {
    const states = new AlertStates()
    states.update(0, [sample(1)], { forMs: 0, keepFiringForMs: 0, limit: 0 })
    states.takeToSend(0, 60_000)
    states.update(1000, [sample(1)], { forMs: 5000, keepFiringForMs: 0, limit: 0 })
    expect(states.state()).toBe('pending')
    states.update(5000, [sample(1)], { forMs: 5000, keepFiringForMs: 0, limit: 0 })
    expect(states.takeToSend(5000, 60_000)).toHaveLength(1)
  })
  test('the worst value follows the direction of the limit', () => {
    const states = new AlertStates()
    for (const [k, v] of [5, 2, NaN, 9, 4].entries()) states.update(k, [sample(1, v)], { forMs: 0, keepFiringForMs: 0, limit: 0, threshold: { op: '<', value: 10, unit: '' } })
    expect([...states.byKey.values()][0]).toMatchObject({ value: 4, peak: 2 })
  })
})
