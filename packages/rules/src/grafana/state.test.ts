import fc from 'fast-check'
import { labelsFromObject } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { GrafanaStates, RESOLVED_RETENTION_MS } from './state.ts'
import type { InstanceResult, InstanceState, StateSettings } from './state.ts'

const settings = (more: Partial<StateSettings> = {}): StateSettings => ({
  forMs: 0, keepFiringForMs: 0, intervalMs: 60_000, missingSeriesEvalsToResolve: undefined, noDataState: 'NoData', execErrState: 'Error', ...more,
})
const result = (kind: InstanceResult['kind'], name = 'x'): InstanceResult => {
  const own = kind === 'NoData' || kind === 'Error' ? { ref_id: 'A' } : { i: name }
  const labels = labelsFromObject({ alertname: 'R', ...own })
  return { kind, resultLabels: labels, labels, annotations: [], values: {}, valueString: '', ...(kind === 'Error' ? { error: 'broken' } : {}) }
}

/** What one evaluation says about one label set. */
type Word = 'alerting' | 'normal' | 'missing'

/** The state by the table of reference facts: from the history alone, one row at a time. */
function expected(history: readonly Word[], s: StateSettings): InstanceState | 'gone' {
  let state: InstanceState | 'gone' = 'gone'
  let since = 0
  let lastSeen = 0
  let resolved = NaN
  for (const [k, word] of history.entries()) {
    const t = k * s.intervalMs
    if (state === 'Normal' && t - resolved > RESOLVED_RETENTION_MS && t - s.intervalMs !== lastSeen) state = 'gone'
    if (word === 'missing') {
      if (state === 'gone' || t - lastSeen < (s.missingSeriesEvalsToResolve ?? 2) * s.intervalMs) continue
      if (state === 'Alerting' || state === 'Recovering') [state, resolved] = ['Normal', t]
      else if (state === 'Pending' || Number.isNaN(resolved)) state = 'gone'
      continue
    }
    lastSeen = t
    if (word === 'alerting') {
      if (state === 'Recovering') state = 'Alerting'
      else if (state === 'Pending') {
        if (t - since >= s.forMs) state = 'Alerting'
      } else if (state !== 'Alerting') {
        state = s.forMs === 0 ? 'Alerting' : 'Pending'
        since = t
        resolved = NaN
      }
    } else if (state === 'Alerting' && s.keepFiringForMs > 0) [state, since] = ['Recovering', t]
    else if (state === 'Alerting' || (state === 'Recovering' && t - since >= s.keepFiringForMs)) [state, resolved] = ['Normal', t]
    else if (state === 'Pending' || state === 'gone') {
      if (state === 'gone') resolved = NaN
      state = 'Normal'
    }
  }
  return state
}

describe('[R60] the states of instances', () => {
  test('agree with the table for any history', () => {
    fc.assert(fc.property(
      fc.array(fc.constantFrom<Word>('alerting', 'alerting', 'normal', 'missing'), { minLength: 1, maxLength: 14 }),
      fc.constantFrom(0, 30_000, 60_000, 180_000), fc.constantFrom(0, 120_000), fc.constantFrom(undefined, 1, 3),
      (history, forMs, keepFiringForMs, missingSeriesEvalsToResolve) => {
        const s = settings({ forMs, keepFiringForMs, missingSeriesEvalsToResolve })
        const states = new GrafanaStates()
        history.forEach((word, k) => {
          states.update(k * s.intervalMs, word === 'missing' ? [] : [result(word === 'alerting' ? 'Alerting' : 'Normal')], s)
          expect([...states.byKey.values()][0]?.state ?? 'gone').toBe(expected(history.slice(0, k + 1), s))
        })
      }), { numRuns: 400 })
  })

  test('every alert that began is told firing at once, told to have ended at once, and again each 30 s; never while pending', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), fc.constantFrom(0, 40_000), (history, forMs) => {
      const s = settings({ forMs, intervalMs: 20_000 })
      const states = new GrafanaStates()
      let told = 'nothing'
      history.forEach((alerting, k) => {
        states.update(k * 20_000, [result(alerting ? 'Alerting' : 'Normal')], s)
        const sent = states.takeToSend(k * 20_000)
        const now = [...states.byKey.values()][0]!.state
        if (sent.length > 0) told = sent[0]!.state
        if (now === 'Pending') expect(sent).toEqual([])
        if (now === 'Alerting') expect(told).toBe('Alerting')
        if (now === 'Normal') expect(told).not.toBe('Alerting')
      })
    }), { numRuns: 200 })
  })

  test('pending counts from the evaluation that entered it, and firing has a start of its own', () => {
    const s = settings({ forMs: 120_000 })
    const states = new GrafanaStates()
    const seen: unknown[] = []
    for (let t = 0; t <= 240_000; t += 60_000) {
      states.update(t, [result('Alerting')], s)
      const i = [...states.byKey.values()][0]!
      seen.push([i.state, i.startsAtMs])
    }
    expect(seen).toEqual([['Pending', 0], ['Pending', 0], ['Alerting', 120_000], ['Alerting', 120_000], ['Alerting', 120_000]])
  })
})

describe('[R61] no data and errors', () => {
  test.each(['OK', 'Alerting', 'KeepLast'] as const)('a label set without a value beside others that have one is no word about those (%s)', noDataState => {
    const states = new GrafanaStates()
    const s = settings({ noDataState })
    const none: InstanceResult = { ...result('Alerting', 'b'), kind: 'NoData' }
    states.update(0, [result('Alerting', 'a'), result('Normal', 'b')], s)
    states.update(60_000, [result('Alerting', 'a'), none], s)
    expect([...states.byKey.values()].map(i => i.state)).toEqual(['Alerting', noDataState === 'Alerting' ? 'Alerting' : 'Normal'])
    states.update(120_000, [result('Normal', 'a'), none], s)
    expect(states.byKey.values().next().value!.state).toBe('Normal')
  })
  const firing = (s: StateSettings): GrafanaStates => {
    const states = new GrafanaStates()
    states.update(0, [result('Alerting', 'x'), result('Normal', 'y')], s)
    return states
  }
  const shown = (states: GrafanaStates): string[] => [...states.byKey.values()].map(i => `${i.labels[3] ?? ''} ${i.state}${i.reason === '' ? '' : ` (${i.reason})`}`)

  test('NoData: an alert of its own at once, whatever `for` says; the others stay until they were missing for long', () => {
    const s = settings()
    const states = firing(s)
    states.update(60_000, [result('NoData')], { ...s, forMs: 600_000 })
    expect(shown(states)).toEqual(['x Alerting', 'y Normal', 'A NoData'])
    states.update(120_000, [result('NoData')], s)
    expect(shown(states)).toEqual(['x Normal (MissingSeries)', 'A NoData'])
    states.update(180_000, [result('Alerting', 'x')], s)
    expect(shown(states)).toEqual(['x Alerting', 'A Normal (MissingSeries)'])
  })
  test.each([
    ['Alerting', 60_000, ['x Alerting (NoData)', 'y Pending (NoData)']],
    ['OK', 0, ['x Normal (NoData)', 'y Normal (NoData)']],
    ['KeepLast', 0, ['x Alerting (NoData, KeepLast)', 'y Normal (NoData, KeepLast)']],
  ] as const)('noDataState %s acts on every instance', (noDataState, forMs, want) => {
    const states = firing(settings())
    states.update(60_000, [result('NoData')], settings({ noDataState, forMs }))
    expect(shown(states)).toEqual(want)
  })
  test.each([
    ['Error', ['x Alerting', 'y Normal', 'A Error']],
    ['Alerting', ['x Alerting (Error)', 'y Alerting (Error)']],
    ['OK', ['x Normal (Error)', 'y Normal (Error)']],
    ['KeepLast', ['x Alerting (Error, KeepLast)', 'y Normal (Error, KeepLast)']],
  ] as const)('execErrState %s', (execErrState, want) => {
    const states = firing(settings())
    states.update(60_000, [result('Error')], settings({ execErrState }))
    expect(shown(states)).toEqual(want)
    expect([...states.byKey.values()].some(i => i.error === 'broken')).toBe(true)
  })
  test('KeepLast promotes what is pending once `for` is over', () => {
    const s = settings({ forMs: 60_000, noDataState: 'KeepLast' })
    const states = new GrafanaStates()
    states.update(0, [result('Alerting')], s)
    states.update(60_000, [result('NoData')], s)
    expect(shown(states)).toEqual(['x Alerting (NoData, KeepLast)'])
  })
  test('without any instance the setting makes one', () => {
    const states = new GrafanaStates()
    states.update(0, [result('NoData')], settings({ noDataState: 'Alerting' }))
    expect(shown(states)).toEqual(['A Alerting (NoData)'])
  })
})

test('[R62] what is stored and restored goes on as if nothing happened', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom<Word>('alerting', 'normal', 'missing'), { minLength: 2, maxLength: 12 }), fc.nat(10), (history, at) => {
    const s = settings({ forMs: 60_000, keepFiringForMs: 60_000 })
    const told = (restart: number): string[] => {
      let states = new GrafanaStates()
      return history.map((word, k) => {
        if (k === restart) {
          const kept = JSON.parse(JSON.stringify(states.stored())) as ReturnType<GrafanaStates['stored']>
          states = new GrafanaStates()
          states.restore(kept)
        }
        states.update(k * 60_000, word === 'missing' ? [] : [result(word === 'alerting' ? 'Alerting' : 'Normal')], s)
        return states.takeToSend(k * 60_000).map(i => i.state).join()
      })
    }
    expect(told(at)).toEqual(told(-1))
  }), { numRuns: 200 })
})
