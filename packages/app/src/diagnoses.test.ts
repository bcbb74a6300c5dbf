import type { Diagnosis } from '@haechi/insight'
import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine, MemoryStorage } from '@haechi/promql'
import type { RuleGroupView } from '@haechi/rules'
import { describe, expect, test } from 'vitest'
import { QueryError } from '@haechi/storage'
import { Diagnoses, inShort } from './diagnoses.ts'
import type { DiagnosesParts } from './diagnoses.ts'

function group(query: string): RuleGroupView {
  const rule = { type: 'alerting' as const, name: 'A', query, labels: [], annotations: [], health: 'ok' as const, lastError: '', evaluationMs: 0, lastEvaluationMs: 0, state: 'inactive' as const, forMs: 0, keepFiringForMs: 0, alerts: [] }
  return { name: 'g', file: 'rules.yml', source: 'file', intervalMs: 1_000, limit: 0, rules: [rule], evaluationMs: 0, lastEvaluationMs: 0, iterations: 0, iterationsMissed: 0, evaluations: 0, evaluationFailures: 0, lastSamples: 0 }
}

function world(): { readonly diagnoses: Diagnoses; readonly state: { nowMs: number; query: string; board: string; asked: number; errors: number; fault: Error | undefined } } {
  const storage = new MemoryStorage()
  const appender = storage.appender()
  appender.append(appender.series(labelsFromObject({ __name__: 'up', job: 'orders' })), 1_000, 1)
  appender.commit()
  const engine = new LocalQueryEngine(storage)
  const state = { nowMs: 2_000, query: 'up{job="order"} == 0', board: 'up{job="$job"}', asked: 0, errors: 0, fault: undefined as Error | undefined }
  const parts = {
    engine: { instant: (q: never) => engine.instant(q), series: (q: never) => { state.asked++; if (state.fault !== undefined) throw state.fault; return engine.series(q) }, labelNames: (q: never) => engine.labelNames(q), labelValues: (n: never, q: never) => engine.labelValues(n, q) },
    rules: { groups: () => [group(state.query)] }, grafanaRules: () => [], targets: () => [], nowMs: () => state.nowMs, onError: () => { state.errors++ },
    boards: async () => [{ uid: 'b', version: state.board, dashboard: { title: 'B', panels: [1, 2].map(id => ({ id, type: 'timeseries', title: `P${id}`, targets: [{ refId: 'A', expr: state.board }] })) } }],
  } as unknown as DiagnosesParts
  return { diagnoses: new Diagnoses(parts), state }
}
const codes = (found: readonly Diagnosis[]): string[] => found.map(d => `${d.code} ${d.place?.kind}`)

describe('P40 diagnoses of what people have written down', () => {
  test('[P40] rules and boards are judged when somebody asks; a change shows after ten seconds, of a board after a minute', async () => {
    const { diagnoses, state } = world()
    expect(codes(await diagnoses.list())).toEqual(['query-unknown-job rule'])
    const asked = state.asked
    state.query = 'up == 0'
    state.board = 'up{job="shop"}'
    expect(codes(await diagnoses.list())).toEqual(['query-unknown-job rule'])
    state.nowMs += 10_000
    expect(codes(await diagnoses.list())).toEqual([])
    // The same metrics within a minute: nothing is asked of the storage again.
    expect(state.asked).toBe(asked)
    state.nowMs += 60_000
    expect(codes(await diagnoses.list())).toEqual(['query-unknown-job panel', 'query-unknown-job panel'])
  })

  test('[P40] who may not wait gets what was found last', async () => {
    const { diagnoses } = world()
    expect(diagnoses.last()).toEqual([])
    await expect.poll(() => codes(diagnoses.last())).toEqual(['query-unknown-job rule'])
  })

  test('[P40] a storage that fails is told of, one that stops is not', async () => {
    for (const [fault, errors] of [[new QueryError('canceled', 'query was canceled in query queue'), 0], [new QueryError('execution', 'the disk is gone'), 1]] as const) {
      const { diagnoses, state } = world()
      state.fault = fault
      expect(diagnoses.last()).toEqual([])
      await expect(diagnoses.list()).rejects.toBe(fault)
      await expect.poll(() => state.errors).toBe(errors)
    }
  })

  test('[P40] in short: panels of a board with the same fault are one line, remarks are left out', async () => {
    const { diagnoses, state } = world()
    state.board = 'up{job="shop"}'
    const short = inShort([...await diagnoses.list(), { code: 'x', health: 'ok', what: { en: 'x', ko: 'x' } }])
    expect(codes(short)).toEqual(['query-unknown-job rule', 'query-unknown-job panel'])
    expect([short[1]!.what.en.endsWith('And 1 more panel of this board.'), short[1]!.what.ko.endsWith('다른 패널 1개도 같습니다.')]).toEqual([true, true])
  })
})
