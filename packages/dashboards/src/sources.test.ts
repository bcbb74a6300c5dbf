import { describe, expect, test } from 'vitest'
import { plainValue, promqlSources, readDashboard, sourceChoice, sourceOf, sourceOptions, panelQueries } from './index.ts'
import type { KnownSource } from './index.ts'

const source = (uid: string, name: string, more: Partial<KnownSource> = {}): KnownSource => ({ uid, name, type: 'prometheus', isDefault: false, isOwn: false, ...more })
const OWN = source('own', 'Haechi', { isOwn: true, isDefault: true })
const ALL = [source('p', 'Prod'), OWN, source('vm', 'VM EU', { type: 'victoriametrics-metrics-datasource' }), source('logs', 'Logs', { type: 'loki' })]
const values = new Map([plainValue('DS', 'vm'), plainValue('D', 'default')].map(v => [v.name, v]))

describe('DS5 which data source a reference means', () => {
  test.each([
    [{ uid: 'p' }, 'p'], [{ uid: 'Prod' }, 'p'], [{ uid: '${DS}' }, 'vm'], [{ uid: '$DS' }, 'vm'], [{ uid: '[[DS]]' }, 'vm'], [{ uid: '${D}' }, undefined], [undefined, undefined], [{ type: 'prometheus' }, undefined],
    [{ uid: 'own' }, undefined], [{ uid: 'of another installation' }, undefined], [{ uid: 'logs' }, undefined], [{ uid: '${DS_NOT_THERE}' }, undefined],
  ])('[DS5] %j is %s', (ref, uid) => expect(sourceOf(ref, values, ALL)).toBe(uid))
  test('[DS5] what names none means the default one; alone, nothing is asked elsewhere', () => {
    const others = ALL.map(s => ({ ...s, isDefault: s.uid === 'p' }))
    for (const ref of [undefined, { uid: 'unknown' }, { uid: '${D}' }]) expect(sourceOf(ref, values, others)).toBe('p')
    expect(sourceOf({ uid: 'own' }, values, others)).toBeUndefined()
    expect(sourceOf({ uid: 'p' }, values, [OWN])).toBeUndefined()
    expect(promqlSources(ALL).map(s => s.uid)).toEqual(['own', 'p', 'vm'])
  })
  test('[DS5] panels, their queries, mixed ones', () => {
    const board = readDashboard({ title: 'x', panels: [
      { id: 1, type: 'timeseries', datasource: { uid: '-- Mixed --' }, targets: [{ refId: 'A', expr: 'a', datasource: { uid: 'vm' } }, { refId: 'B', expr: 'b' }] },
      { id: 2, type: 'timeseries', datasource: 'Prod', targets: [{ refId: 'A', expr: 'a' }, { refId: 'B', expr: 'b', datasource: null }, { refId: 'C', expr: 'c', datasource: { uid: 'own' } }] },
      { id: 3, type: 'timeseries', datasource: { uid: '$DS' }, targets: [{ refId: 'A', expr: 'a' }, { refId: 'M', type: 'math', expression: '$A', datasource: { uid: '__expr__' } }] },
    ] })
    const asked = board.panels.map(p => panelQueries(p, { range: { startMs: 0, endMs: 60_000 }, widthPx: 100, variables: values, sources: ALL }).map(q => q.expression?.inputs[0]?.source ?? q.source))
    expect(asked).toEqual([['vm', undefined], ['p', 'p', undefined], ['vm', 'vm']])
  })
})

describe('DS6 data source variables', () => {
  const variable = (query: string, regex = '') => readDashboard({ title: 'x', templating: { list: [{ name: 'DS', type: 'datasource', query, regex, current: { value: 'Prod' } }] } }).variables[0]!
  test('[DS6] offer the sources of their kind, by name, and the default one', () => {
    expect(sourceOptions(variable('prometheus'), ALL)).toEqual([{ text: 'default', value: 'default' }, { text: 'Prod', value: 'p' }, { text: 'Haechi', value: 'own' }, { text: 'VM EU', value: 'vm' }])
    expect(sourceOptions(variable('prometheus', '/^(?!Pr).*/'), ALL).map(o => o.text)).toEqual(['default', 'Haechi', 'VM EU'])
    expect(sourceOptions(variable('prometheus', 'EU'), ALL).map(o => o.value)).toEqual(['vm'])
    expect(sourceOptions(variable('loki'), ALL)).toEqual([{ text: 'Logs', value: 'logs' }])
    expect(sourceOptions(variable('prometheus', '/(/'), ALL)).toHaveLength(4)
  })
  test('[DS6] a saved name or uid is found; one of elsewhere becomes the first', () => {
    const options = sourceOptions(variable('prometheus'), ALL)
    expect(['Prod', 'vm', 'default', 'elsewhere'].map(c => sourceChoice([c], options)[0])).toEqual(['p', 'vm', 'default', 'default'])
  })
})
