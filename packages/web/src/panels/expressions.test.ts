import { panelQueries, readDashboard } from '@haechi/dashboards'
import { describe, expect, test } from 'vitest'
import { isExpressionTarget, newExpression } from '../pages/boards/edit/ExpressionEditor.tsx'
import { expressionRequest, seriesOfFrames } from './fetch-expression.ts'
import { filtered, sharedFetch } from './shared-fetch.ts'
import { panelFrames } from './shown-frames.ts'
import type { PanelQuery } from '@haechi/dashboards'

const panel = readDashboard({ panels: [{ type: 'timeseries', targets: [{ refId: 'A', expr: 'up' }, newExpression('B', 'A')] }] }).panels[0]!
const queries = panelQueries(panel, { range: { startMs: 0, endMs: 3_600_000 }, widthPx: 100, variables: new Map() })
const signal = new AbortController().signal

describe('P23 expressions', () => {
  test('[P23] the server is asked for the expression with its queries, which are hidden and keep their step', () => {
    expect(expressionRequest(queries[1]!, queries[1]!.expression!)).toMatchObject({
      from: '0', to: '3600000', queries: [
        { refId: 'A', expr: 'up', instant: false, range: true, intervalMs: queries[0]!.stepMs, hide: true, datasource: { type: 'prometheus' } },
        { refId: 'B', type: 'math', expression: '$A * 2', hide: false, datasource: { type: '__expr__', uid: '__expr__' } },
      ],
    })
  })
  test('[P23] frames become series: missing numbers are missing rows, odd ones are named beside them, a number alone has the last moment', () => {
    const frames = [
      { schema: { fields: [{ type: 'time' }, { type: 'number', labels: { job: 'a' } }] }, data: { values: [[0, 1000, 2000, 3000], [1, null, null, null]], entities: [null, { NaN: [1], NegInf: [2] }] } },
      { schema: { fields: [{ type: 'number' }] }, data: { values: [[7]] } }, { schema: { fields: [{ type: 'number' }] }, data: { values: [[null]] } },
    ]
    expect(seriesOfFrames(frames, 5000).map(s => [s.labels, [...s.ts], [...s.vs]])).toEqual([[{ job: 'a' }, [0, 1000, 2000], [1, NaN, -Infinity]], [{}, [5000], [7]]])
  })
  test('[P23] its series are called after its letter and their labels', () => {
    const series = [{ labels: { job: 'a' }, ts: Float64Array.of(1), vs: Float64Array.of(1) }, { labels: { job: 'b' }, ts: Float64Array.of(1), vs: Float64Array.of(2) }]
    const { frames } = panelFrames(panel, [{ query: queries[1]!, series }], {})
    expect(frames.map(f => f.fields[1]!.name)).toEqual(['B a', 'B b'])
  })
  test('[P23] two expressions of one text on other queries are two questions; filters of the board go into their queries', async () => {
    const asked: PanelQuery[] = []
    const fetch = sharedFetch(query => { asked.push(query); return Promise.resolve([]) })
    const other = { ...queries[1]!, expression: { ...queries[1]!.expression!, inputs: [{ ...queries[0]!, expr: 'down' }] } }
    await Promise.all([fetch(queries[1]!, signal), fetch(queries[1]!, signal), fetch(other, signal)])
    expect(asked).toHaveLength(2)
    await filtered(query => { asked.push(query); return Promise.resolve([]) }, ['job|=|a'])(queries[1]!, signal)
    expect(asked.at(-1)!.expression!.inputs[0]!.expr).toBe('up{job="a"}')
  })
  test('[P23] expressions are known in every form that Grafana wrote', () => {
    expect([{ datasource: { type: '__expr__' } }, { datasource: '__expr__' }, { datasource: { uid: '-100' } }, { datasourceId: -100 }, { datasource: { type: 'prometheus' } }, {}].map(isExpressionTarget)).toEqual([true, true, true, true, false, false])
  })
})
