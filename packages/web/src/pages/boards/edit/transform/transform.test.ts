import { readDashboard, transformFrames } from '@haechi/dashboards'
import { describe, expect, test } from 'vitest'
import { TRANSFORM_KINDS, filterLetters, lettersFilter, operandJson, operandText, transformKind } from './transform-catalog.ts'
import { moved, organizedColumns, transformStages } from './transform-stages.ts'
import { EN_TRANSFORM, KO_TRANSFORM } from './transform-words.ts'
import type { TransformKey } from './transform-words.ts'

const panel = readDashboard({ panels: [{ type: 'table', targets: [{ refId: 'A', expr: 'a' }, { refId: 'B', expr: 'b' }] }] }).panels[0]!
const query = { expr: 'a', legend: '{{job}}', startMs: 0, endMs: 1, stepMs: 1, instant: false, shiftMs: 0 }
const results = ['A', 'B'].map((refId, i) => ({ query: { ...query, refId }, series: [{ labels: { job: `job${i}` }, ts: Float64Array.of(0, 1), vs: Float64Array.of(i, i + 1) }] }))

describe('B10 transformations', () => {
  test('[B10] each one that can be added is known to the boards, begins with options that do no harm, and has words', () => {
    for (const k of TRANSFORM_KINDS) {
      const { unknown } = transformFrames([], [{ id: k.id, options: k.start }])
      expect({ id: k.id, unknown }).toEqual({ id: k.id, unknown: [] })
      expect(Object.keys(EN_TRANSFORM)).toContain(`id.${k.id}`)
      expect(Object.keys(EN_TRANSFORM)).toContain(`d.${k.id}`)
      expect(transformStages(panel, results, [{ id: k.id, options: k.start }], new Map())).toHaveLength(2)
    }
    expect(transformKind('seriesToColumns')).toBe(transformKind('joinByField'))
    expect(transformKind('mystery')).toBeUndefined()
  })
  test('[B10] both languages say the same, with the same placeholders', () => {
    const holes = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(m => m[1]!).sort()
    for (const key of Object.keys(EN_TRANSFORM) as TransformKey[]) expect({ key, holes: holes(KO_TRANSFORM[key]) }).toEqual({ key, holes: holes(EN_TRANSFORM[key]) })
  })
  test('[B10] names of columns are those before each step', () => {
    const stages = transformStages(panel, results, [{ id: 'joinByField', options: {} }, { id: 'organize', options: { renameByName: { job0: 'first' } } }, { id: 'limit', disabled: true, options: { limitField: 0 } }], new Map())
    expect(stages.map(s => s.columns)).toEqual([['Time', 'job0', 'job1'], ['Time', 'job0', 'job1'], ['Time', 'first', 'job1'], ['Time', 'first', 'job1']])
    expect(stages[0]).toMatchObject({ labels: ['job'], letters: ['A', 'B'] })
    expect(transformStages(panel, undefined, [{ id: 'merge' }], new Map()).map(s => s.columns)).toEqual([[], []])
  })
  test.each([['A', ['A']], ['/A|B/', ['A', 'B']], ['/^(?:A|B)$/', ['A', 'B']], ['/^A$/', ['A']], ['', []], [undefined, []], [['A', 'C'], ['A', 'C']]])('[B10] the filter %j is for the queries %j', (options, letters) => expect(filterLetters(options)).toEqual(letters))
  test('[B10] filters are written as Grafana writes them', () => expect([[], ['A'], ['A', 'B']].map(lettersFilter)).toEqual([undefined, 'A', '/^(?:A|B)$/']))
  test('[B10] sides of a calculation are columns or numbers; what says more is left alone', () => {
    expect(['Value', { fixed: '2' }, { matcher: { id: 'byName', options: 'x' } }, 3, undefined, { matcher: { id: 'byType', options: 'number' } }].map(operandText)).toEqual(['Value', '2', 'x', '3', '', undefined])
    expect([operandJson('100', []), operandJson('100', ['100']), operandJson('x', [])]).toEqual([{ fixed: '100' }, { matcher: { id: 'byName', options: '100' } }, { matcher: { id: 'byName', options: 'x' } }])
  })
  test('[B10] steps and columns move by one and stop at the ends', () => {
    expect([moved(['a', 'b'], 0, 1), moved(['a', 'b'], 0, -1), moved(['a', 'b'], 1, 1)]).toEqual([['b', 'a'], ['a', 'b'], ['a', 'b']])
    expect(organizedColumns(['a', 'b', 'c'], { indexByName: { c: 0, a: 1 } })).toEqual(['c', 'a', 'b'])
  })
})
