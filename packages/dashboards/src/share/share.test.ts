import { describe, expect, test } from 'vitest'
import { exportForSharing } from './export-board.ts'
import { boardInputs, resolveInputs } from './inputs.ts'

describe('X1 import', () => {
  const file = {
    __inputs: [{ name: 'DS_X', label: 'Source', type: 'datasource', pluginId: 'prometheus' }, { name: 'VAR_R', type: 'constant', value: '5m' }], __requires: [1], __elements: {}, title: 'T', other: { keep: '${unknown}' },
    panels: [{ datasource: '${DS_X}', targets: [{ expr: 'rate(a[${VAR_R}])', datasource: { uid: '${DS_X}' } }] }],
  }
  test('[X1] inputs are listed', () => {
    expect(boardInputs(file)).toMatchObject([{ name: 'DS_X', label: 'Source', kind: 'datasource', pluginId: 'prometheus' }, { name: 'VAR_R', label: 'VAR_R', kind: 'constant', value: '5m' }])
    expect(boardInputs({ title: 'x' })).toEqual([])
  })
  test('[X1] each place is filled in, the rest stays', () => {
    expect(resolveInputs(file, { DS_X: 'me' })).toEqual({
      title: 'T', other: { keep: '${unknown}' }, panels: [{ datasource: 'me', targets: [{ expr: 'rate(a[5m])', datasource: { uid: 'me' } }] }],
    })
  })
  test('[X1] what is no board is refused with its place', () => {
    expect(() => boardInputs([])).toThrow('must be an object')
    expect(() => boardInputs({ __inputs: [{ type: 'constant' }] })).toThrow('__inputs[0].name')
  })
})

describe('X2 export', () => {
  const board = {
    id: 7, version: 3, uid: 'u', title: 'T', panels: [
      { id: 1, type: 'timeseries', datasource: { type: 'prometheus', uid: 'abc' }, targets: [{ expr: 'up', datasource: { type: 'prometheus', uid: 'abc' } }] },
      { id: 2, type: 'stat', targets: [{ expr: 'up' }], mine: { datasource: { type: 'loki', uid: 'l' } } },
      { id: 3, type: 'row', panels: [{ id: 4, type: 'graph', datasource: { uid: '${ds}' }, targets: [{ expr: 'up' }] }] },
    ],
    templating: { list: [{ name: 'ds', type: 'datasource', query: 'prometheus' }] },
    annotations: { list: [{ builtIn: 1, datasource: { type: 'grafana', uid: '-- Grafana --' } }] },
  }
  const out = exportForSharing(board) as Record<string, never>
  test('[X2] our source becomes an input, others and variables stay', () => {
    expect(out['__inputs']).toMatchObject([{ name: 'DS_PROMETHEUS', type: 'datasource', pluginId: 'prometheus' }])
    const input = { type: 'prometheus', uid: '${DS_PROMETHEUS}' }
    expect(out['panels']).toEqual([
      { id: 1, type: 'timeseries', datasource: input, targets: [{ expr: 'up', datasource: input }] },
      { id: 2, type: 'stat', datasource: input, targets: [{ expr: 'up' }], mine: { datasource: { type: 'loki', uid: 'l' } } },
      { id: 3, type: 'row', panels: [{ id: 4, type: 'graph', datasource: { uid: '${ds}' }, targets: [{ expr: 'up' }] }] },
    ])
    expect(out['annotations']).toEqual(board.annotations)
  })
  test('[X2] what is needed is said, numbers of this server go', () => {
    expect((out['__requires'] as unknown as { id: string }[]).map(r => r.id)).toEqual(['grafana', 'prometheus', 'stat', 'timeseries'])
    expect(out['id']).toBeNull()
    expect(Object.keys(out)).not.toContain('version')
  })
  test('[X2] an export that is imported is the board again', () => {
    const again = resolveInputs(out, { DS_PROMETHEUS: 'abc' })
    expect(again).toMatchObject({ uid: 'u', title: 'T', templating: board.templating, annotations: board.annotations })
    expect((again['panels'] as unknown[])[0]).toEqual(board.panels[0])
  })
})
