import { describe, expect, test } from 'vitest'
import { haveShared, sharedRows } from '../test/shared.ts'
import { reduceNumber, reducer } from './reducers.ts'

const SERIES: Readonly<Record<string, (number | null)[]>> = {
  plain: [1, 5, 3, 2], nulls: [null, 4, null, 7, null], allNull: [null, null], zeros: [0, 0, 0], empty: [], counterReset: [1, 4, 9, 2, 6], nan: [1, NaN, 3], neg: [-3, -1, -2], one: [42],
}

describe('R1 reducers', () => {
  test.each([
    ['lastNotNull', [1, null], 1], ['mean', [1, 2, null, 6], 3], ['max', [3, 9, 1], 9], ['min', [3, 9, 1], 1], ['sum', [], 0], ['p50', [3, 5, 8, 10], 8], ['median', [3, 5, 8, 10], 6.5],
    ['delta', [1, 4, 9, 2, 6], 8], ['diffperc', [4, 6], 50], ['avg', [2, 4], 3], ['nobody knows', [1, 2], 2],
  ] as const)('[R1] %s of %j is %d', (id, vs, want) => {
    expect(reduceNumber(id, vs)).toBe(want)
  })
  test('[R1] an empty series has no last value', () => expect(reduceNumber('last', [])).toBeNull())

  const file = 'fixtures/grafana-oracle/reducers.tsv'
  test.skipIf(!haveShared(file))('[R1] every recorded answer of Grafana', () => {
    const bad: string[] = []
    for (const [id, name, , series, mode, want] of sharedRows(file).rows) {
      if (mode !== '(default)') continue
      const r = reducer(id!)
      const got = r?.reduce(SERIES[series!.split(' ')[0]!]!)
      const text = got === undefined ? '' : typeof got === 'number' && Number.isNaN(got) ? 'NaN' : JSON.stringify(got)
      if (text !== want || r?.name !== name) bad.push(`${id} ${series}: ${text} (${r?.name}), want ${want} (${name})`)
    }
    expect(bad).toEqual([])
  })
})
