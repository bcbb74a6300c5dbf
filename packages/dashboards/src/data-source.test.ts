import { describe, expect, test } from 'vitest'
import { foreignQueries } from './data-source.ts'
import { panelQueries } from './panel-queries.ts'
import { readDashboard } from './read-dashboard.ts'

const RANGE = { startMs: 0, endMs: 3_600_000 }
const board = (panel: object, more: object = {}) => readDashboard({ title: 'b', panels: [{ id: 1, type: 'timeseries', title: 't', ...panel }], ...more })
const asked = (b: ReturnType<typeof board>): string[] => panelQueries(b.panels[0]!, { range: RANGE, widthPx: 500, variables: new Map() }).map(q => q.expr)

describe('Q2 data sources', () => {
  test.each([
    ['absent', undefined], ['a name', 'Prometheus'], ['an unknown uid', { uid: 'abc' }], ['the default', null], ['an unknown variable', '${DS_X}'], ['a type', { type: 'prometheus', uid: 'x' }],
    ['another that speaks PromQL', { type: 'victoriametrics-metrics-datasource', uid: 'x' }],
  ])('[Q2] %s is ours', (_, datasource) => {
    const b = board({ datasource, targets: [{ refId: 'A', expr: 'up' }] })
    expect(asked(b)).toEqual(['up'])
    expect(foreignQueries(b.panels[0]!)).toBeUndefined()
  })

  test.each([
    ['a type', { type: 'loki', uid: 'x' }, {}], ['a known name', 'Loki', {}],
    ['a variable of data sources', '$logs', { templating: { list: [{ name: 'logs', type: 'datasource', query: 'loki' }] } }],
    ['an input', { uid: '${DS_L}' }, { __inputs: [{ name: 'DS_L', type: 'datasource', pluginId: 'loki' }] }],
  ])('[Q2] %s of another product is not asked, and is named', (_, datasource, more) => {
    const b = board({ datasource, targets: [{ refId: 'A', expr: '{job="x"} |= "error"' }] }, more)
    expect(asked(b)).toEqual([])
    expect(foreignQueries(b.panels[0]!)).toEqual({ kinds: ['loki'], texts: ['{job="x"} |= "error"'] })
  })

  test('[Q2] of a mixed panel the queries for us are asked, the others passed over', () => {
    const b = board({ datasource: { uid: '-- Mixed --' }, targets: [{ refId: 'A', expr: 'up', datasource: { type: 'prometheus', uid: 'p' } }, { refId: 'B', rawSql: 'select 1', datasource: { type: 'mysql', uid: 'm' } }] })
    expect(asked(b)).toEqual(['up'])
    expect(foreignQueries(b.panels[0]!)).toBeUndefined()
  })

  test('[Q2] a panel that shows the data of another asks its queries', () => {
    const other = { id: 7, type: 'table', title: 'source', targets: [{ refId: 'A', expr: 'rate(x[$__rate_interval])', instant: true }], transformations: [{ id: 'merge', options: {} }] }
    const b = readDashboard({ title: 'b', panels: [{ id: 1, type: 'stat', title: 't', datasource: { uid: '-- Dashboard --', type: 'datasource' }, targets: [{ refId: 'A', panelId: 7, withTransforms: true }], transformations: [{ id: 'limit', options: {} }] }, other] })
    const [panel] = b.panels
    expect(asked(b)).toEqual(['rate(x[1m])'])
    expect(panel!.transformations.map(t => t['id'])).toEqual(['merge', 'limit'])
  })
})
