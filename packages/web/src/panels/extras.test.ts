import { describe, expect, test } from 'vitest'
import { panelQueries, readDashboard } from '@haechi/dashboards'
import { boardAddress, taggedAddress } from './board-address.ts'
import { marksOf, marksOfNotes, noteFilter, noteLabel, shownMarks } from './board-marks.ts'
import { localMoment, momentOf } from './local-moment.ts'
import { fileName } from '../components/download.ts'
import { csvCell } from '../format/csv.ts'
import { panelCsv } from './export-panel.ts'
import { alertListModel } from './lists/alert-list.ts'
import { boardListModel } from './lists/board-list.ts'
import { timeSeriesModel } from './timeseries/transform.ts'
import type { Panel, VariableValues } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'

const range = { startMs: 1_700_000_000_000, endMs: 1_700_003_600_000 }
const context: PanelContext = { theme: 'dark', language: 'en', range, variables: new Map() }
const panelOf = (json: object): Panel => readDashboard({ title: 'b', schemaVersion: 42, panels: [{ id: 1, type: 'timeseries', title: 'p', ...json }] }).panels[0]!

/** An answer per target: two samples of each named series. */
function answers(panel: Panel): QueryResult[] {
  return panelQueries(panel, { range, widthPx: 500, variables: new Map() }).map((query, k) => ({
    query, series: [{ labels: { job: `j${k}` }, ts: Float64Array.of(range.startMs, range.startMs + query.stepMs), vs: Float64Array.of(k + 1, k + 2) }],
  }))
}

const targets = [{ refId: 'A', expr: 'a', legendFormat: 'a' }, { refId: 'B', expr: 'b', legendFormat: 'b' }, { refId: 'C', expr: 'c', legendFormat: 'c' }]

describe('P17 axes', () => {
  test('[P17] each unit has an axis; another unit than the first stands on the right, as does what is put there', () => {
    const panel = panelOf({ targets, fieldConfig: { defaults: { unit: 's' }, overrides: [
      { matcher: { id: 'byName', options: 'b' }, properties: [{ id: 'unit', value: 'bytes' }] },
      { matcher: { id: 'byName', options: 'c' }, properties: [{ id: 'custom.axisPlacement', value: 'right' }] },
    ] } })
    const m = timeSeriesModel(panel, answers(panel), context)
    expect([m.y.unit, ...m.moreY!.map(y => `${y.side} ${y.unit}`)]).toEqual(['s', 'right bytes', 'right s'])
    expect(m.series.map(s => s.axis ?? 0)).toEqual([0, 1, 2])
  })

  test('[P17] the second axis of an old graph is one here, with its unit', () => {
    const panel = panelOf({ type: 'graph', targets, yaxes: [{ format: 's' }, { format: 'bytes', label: 'size' }], seriesOverrides: [{ alias: 'a', yaxis: 2 }] })
    const m = timeSeriesModel(panel, answers(panel), context)
    expect(m.y).toMatchObject({ unit: 's' })
    expect(m.moreY).toMatchObject([{ unit: 'bytes', side: 'right', label: 'size' }])
    expect(m.series.map(s => s.axis ?? 0)).toEqual([1, 0, 0])
  })

  test('[P17] one unit has one axis and no more is said', () => {
    const panel = panelOf({ targets })
    expect(timeSeriesModel(panel, answers(panel), context)).not.toHaveProperty('moreY')
  })

  test('[C3] series of another group, below zero or not stacked don\'t lie on the others', () => {
    const panel = panelOf({ targets, fieldConfig: { defaults: { custom: { stacking: { mode: 'normal', group: 'A' } } }, overrides: [
      { matcher: { id: 'byName', options: 'b' }, properties: [{ id: 'custom.transform', value: 'negative-Y' }] },
      { matcher: { id: 'byName', options: 'c' }, properties: [{ id: 'custom.stacking', value: { mode: 'none' } }] },
    ] } })
    expect(timeSeriesModel(panel, answers(panel), context).series.map(s => s.stack)).toEqual(['A', 'A below', false])
  })
})

describe('P24 missing values', () => {
  test('[P24] where a graph drew them as zeros, every missing step is one', () => {
    const panel = panelOf({ targets: [targets[0]], fieldConfig: { defaults: { custom: { nullAsZero: true } } } })
    const [s] = timeSeriesModel(panel, answers(panel), context).series
    const [q] = answers(panel)
    expect(s!.ts.length).toBe((q!.query.endMs - q!.query.startMs) / q!.query.stepMs + 1)
    expect([...s!.vs.slice(-2), s!.vs.filter(v => v !== 0).length]).toEqual([0, 0, 2])
  })
})

describe('P18 marks', () => {
  const [alerts, deploys] = readDashboard({ title: 'b', panels: [], annotations: { list: [
    { builtIn: 1, datasource: '-- Grafana --', enable: true, name: 'Alerts' }, { name: 'deploy', enable: true, expr: 'x', titleFormat: '{{ver}}', iconColor: '#123456' }] } }).annotations

  test('[P18] an alert is marked where it begins and ends, not at the ends of the range', () => {
    const stretch = (...steps: number[]): number[] => marksOf(alerts!, [{ labels: {}, ts: steps.map(i => range.startMs + i * 60_000), vs: steps.map(() => 1) }], { startMs: range.startMs, endMs: range.startMs + 600_000, stepMs: 60_000 }).map(m => (m.tMs - range.startMs) / 60_000)
    expect(stretch(2, 3, 4)).toEqual([2, 5])
    expect(stretch(0, 1)).toEqual([2])
    expect(stretch(8, 9, 10)).toEqual([8])
    expect(stretch(...Array.from({ length: 11 }, (_, i) => i))).toEqual([])
  })

  test('[P18] alerts mark the charts of what they are about, deploys all', () => {
    const marks = [
      ...marksOf(alerts!, [{ labels: { alertname: 'Slow', job: 'shop' }, ts: [range.startMs + 60_000, range.startMs + 120_000], vs: [1, 1] }], { ...range, stepMs: 60_000 }),
      ...marksOf(deploys!, [{ labels: { ver: 'v2' }, ts: [range.startMs], vs: [1] }], { ...range, stepMs: 60_000 }),
    ]
    expect(shownMarks(marks, [{ job: 'shop' }], 'dark', 1).map(m => [m.label, m.endMs])).toEqual([['Slow', undefined], ['Slow ✓', undefined], ['v2', undefined]])
    expect(shownMarks(marks, [{ job: 'other' }], 'dark', 1).map(m => m.label)).toEqual(['v2'])
    expect(shownMarks(marks, [{ handler: '/' }], 'dark', 1).map(m => m.label)).toEqual(['Slow', 'Slow ✓', 'v2'])
  })
})

describe('P22 annotations that people write', () => {
  const [own, tagged] = readDashboard({ title: 'b', panels: [], annotations: { list: [
    { builtIn: 1, datasource: '-- Grafana --', enable: true, name: 'Own' }, { name: 'by tags', datasource: { type: 'grafana', uid: '-- Grafana --' }, iconColor: 'blue', target: { type: 'tags', tags: ['deploy', '$job'], matchAny: true } }] } }).annotations
  const note = (more: object) => ({ id: 1, dashboardUID: 'b', panelId: 0, time: 1000, timeEnd: 1000, text: 'hello', tags: [], ...more })
  const values: VariableValues = new Map([['job', { name: 'job', values: ['shop'], texts: ['shop'], many: false, isAll: false }]])
  test('[P22] those of the board, or those with tags from anywhere, are asked for; variables are filled in', () => {
    expect(noteFilter(own!, 'b', { startMs: 1, endMs: 2 }, values)).toEqual({ from: 1, to: 2, dashboardUID: 'b', limit: 500 })
    expect(noteFilter(own!, '', { startMs: 1, endMs: 2 }, values)).toBeUndefined()
    expect(noteFilter(tagged!, 'b', { startMs: 1, endMs: 2 }, values)).toEqual({ from: 1, to: 2, tags: ['deploy', 'shop'], matchAny: true, limit: 100 })
  })
  test('[P22] one of a panel marks that panel only; a span is a span; a click finds it by its id', () => {
    const marks = marksOfNotes(own!, [note({}), note({ id: 2, panelId: 7, timeEnd: 5000 })])
    expect(shownMarks(marks, [], 'dark', 7).map(m => [m.noteId, m.endMs])).toEqual([[1, undefined], [2, 5000]])
    expect(shownMarks(marks, [], 'dark', 8).map(m => m.noteId)).toEqual([1])
  })
  test('[P22] its words are its first line without markup, shortened, and its tags', () => {
    expect(noteLabel({ text: '<b>v2</b> out\nmore', tags: ['deploy'] })).toBe('v2  out · deploy')
    expect(noteLabel({ text: 'x'.repeat(200), tags: [] })).toHaveLength(80)
  })
  test('[P22] a moment in a field is read back to the second; what is none is none', () => {
    expect(momentOf(localMoment(1_700_000_000_000))).toBe(1_700_000_000_000)
    expect([momentOf(''), momentOf('tomorrow'), localMoment(NaN)]).toEqual([undefined, undefined, ''])
  })
})

describe('P19 links', () => {
  const variables: VariableValues = new Map([['job', { name: 'job', values: ['a b', 'c'], texts: ['a b', 'c'], many: true, isAll: false }]])
  const link = (more: object) => ({ title: 't', url: '', targetBlank: false, ...more })
  test.each([
    ['/d/abc/some-name?x=1', 'boards/abc?x=1'],
    ['d/abc', 'boards/abc'],
    ['https://grafana.example.org/d/abc/x', 'https://grafana.example.org/d/abc/x'],
    ['javascript:alert(1)', undefined],
    [' java\nscript:alert(1)', undefined],
    ['data:text/html,<script>1</script>', undefined],
  ])('[P19] %s leads to %s', (url, expected) => {
    expect(boardAddress(link({ url }), variables, { from: 'now-1h', to: 'now' })).toBe(expected)
  })
  test('[P19] time and variables are taken along where the link says so', () => {
    expect(taggedAddress('x', link({ keepTime: true, includeVars: true }), variables, { from: 'now-1h', to: 'now' })).toBe('boards/x?from=now-1h&to=now&var-job=a%20b&var-job=c')
  })
})

describe('P20 lists', () => {
  const alert = (alertname: string, state: 'firing' | 'pending', job: string, minute: number) => ({ labels: { alertname, job }, state, activeAt: `2024-01-01T00:0${minute}:00Z` })
  const alerts = [alert('Slow', 'pending', 'shop', 1), alert('Down', 'firing', 'shop', 2), alert('Errors', 'firing', 'orders', 3)]
  const names = (options: object): string[] => alertListModel(alerts, panelOf({ type: 'alertlist', options }), t => t).rows.map(r => r.name)

  test('[P20] an alert list keeps to its states, names, labels, order and number', () => {
    expect(names({ sortOrder: 1 })).toEqual(['Down', 'Errors', 'Slow'])
    expect(names({ stateFilter: { firing: true } })).toEqual(['Down', 'Errors'])
    expect(names({ alertInstanceLabelFilter: '{job=~"sh.*"}', sortOrder: 2 })).toEqual(['Slow', 'Down'])
    expect(names({ alertName: 'err' })).toEqual(['Errors'])
    expect(names({ sortOrder: 4, maxItems: 1 })).toEqual(['Errors'])
    expect(names({ alertInstanceLabelFilter: '{job=~"("}' })).toHaveLength(3)
    expect(alertListModel(alerts, panelOf({ type: 'alertlist', options: { viewMode: 'stat' } }), t => t)).toMatchObject({ all: 3, firing: 2, isCount: true })
  })

  test('[P20] a dashboard list shows marked boards and those that fit', () => {
    const boards = [
      { uid: 'a', title: 'Alpha', tags: ['x'], builtIn: false, starred: true }, { uid: 'b', title: 'Beta', tags: ['x', 'y'], builtIn: false, folderUid: 'f' }, { uid: 'c', title: 'Gamma', tags: [], builtIn: true, localTitle: { en: 'Gamma', ko: '감마' } },
    ]
    const of = (options: object, language: 'en' | 'ko' = 'en') => boardListModel(boards, panelOf({ type: 'dashlist', options }), t => t, language).map(g => g.boards.map(b => b.title))
    expect(of({})).toEqual([['Alpha']])
    expect(of({ showStarred: false, showSearch: true, tags: ['x'] })).toEqual([['Alpha', 'Beta']])
    expect(of({ showStarred: false, showSearch: true, folderUID: 'f' })).toEqual([['Beta']])
    expect(of({ showStarred: false, showSearch: true, query: 'am' }, 'en')).toEqual([['Gamma']])
    expect(of({ showStarred: false, showSearch: true, maxItems: 1 }, 'ko')).toHaveLength(1)
  })
})

describe('P21 files', () => {
  test('[P21] the data of a panel as CSV: times in ISO, what is needed in quotes, no formulas', () => {
    const panel = panelOf({ targets: targets.slice(0, 2) })
    expect(panelCsv(panel, answers(panel), context).split('\r\n').slice(0, 2)).toEqual(['Time,a,b', '2023-11-14T22:13:20.000Z,1,2'])
    expect(['=1+1', '@x', '-1.5', '-x', 'a,b', 'say "x"', 'a\nb', '+Inf'].map(csvCell)).toEqual(["'=1+1", "'@x", '-1.5', "'-x", '"a,b"', '"say ""x"""', '"a\nb"', "'+Inf"])
    expect(fileName('a/b: "c"')).toBe('a b c')
  })
})
