import { describe, expect, test } from 'vitest'
import { addFilters } from './add-filters.ts'
import { filterText, parseFilter, savedFilters } from './adhoc-filters.ts'
import { annotationEvents } from './annotation-events.ts'
import { readDashboard } from './read-dashboard.ts'
import { variableValue } from './interpolate.ts'

describe('D8 annotations and links', () => {
  const board = readDashboard({
    title: 'b', panels: [{ type: 'text', links: [{ title: 'docs', url: 'https://example.org/$job' }, { title: 'nothing' }] }],
    annotations: { list: [
      { builtIn: 1, datasource: '-- Grafana --', enable: true, hide: true, name: 'Annotations & Alerts', type: 'dashboard' },
      { name: 'deploys', datasource: { type: 'prometheus', uid: 'p' }, enable: true, expr: 'changes(start[1m])', iconColor: 'blue', titleFormat: '{{ job }} of {{other}}', tagKeys: 'job, ver', step: '60s' },
      { name: 'tagged', datasource: '-- Grafana --', enable: true, target: { type: 'tags', tags: ['x'], matchAny: true, limit: 5 }, filter: { exclude: true, ids: [7] } },
      { name: 'logs', datasource: { type: 'loki' }, enable: true, target: { queryType: 'range' } },
    ] },
    links: [{ type: 'dashboards', tags: ['a'], asDropdown: true, includeVars: true, keepTime: true, title: 'more' }, { type: 'link', url: 'https://example.org', title: 'out', targetBlank: true }],
  })

  test('[D8] annotations of Prometheus, alerts and notes by tags are read, others left out; links by tags keep what they take along', () => {
    expect(board.annotations.map(a => [a.name, a.kind, a.enabled, a.hidden])).toEqual([['Annotations & Alerts', 'alerts', true, true], ['deploys', 'prometheus', true, false], ['tagged', 'tags', true, false]])
    expect(board.annotations[2]).toMatchObject({ tags: ['x'], matchAny: true, limit: 5, panels: { ids: [7], exclude: true } })
    expect(board.links).toEqual([{ title: 'more', url: '', targetBlank: false, tags: ['a'], asDropdown: true, includeVars: true, keepTime: true }, { title: 'out', url: 'https://example.org', targetBlank: true }])
    expect(board.panels[0]!.links).toEqual([{ title: 'docs', url: 'https://example.org/$job', targetBlank: false }])
  })

  test('[D8] values above zero are events, joined while not more than a step apart; texts take labels, a missing one its name', () => {
    const series = [{ labels: { job: 'shop', ver: '2' }, ts: [0, 60_000, 120_000, 300_000, 360_000], vs: [0, 1, 2, 1, NaN] }]
    expect(annotationEvents(board.annotations[1]!, series, 60_000)).toEqual([
      { startMs: 60_000, endMs: 120_000, title: 'shop of other', text: '', tags: ['shop', '2'] },
      { startMs: 300_000, endMs: 300_000, title: 'shop of other', text: '', tags: ['shop', '2'] },
    ])
    expect(annotationEvents({ ...board.annotations[1]!, useValueForTime: true }, [{ labels: {}, ts: [0], vs: [1234.5] }], 60_000)[0]).toMatchObject({ startMs: 1234, endMs: 1234 })
  })

  test('[D8] annotations of model v2 are read', () => {
    const v2 = readDashboard({ apiVersion: 'dashboard.grafana.app/v2', metadata: { name: 'x' }, spec: { title: 't', elements: {}, layout: { kind: 'GridLayout', spec: { items: [] } }, annotations: [
      { kind: 'AnnotationQuery', spec: { name: 'deploys', enable: true, hide: false, iconColor: 'red', query: { kind: 'DataQuery', group: 'prometheus', spec: { expr: 'x > 0' } } } }] } })
    expect(v2.annotations).toMatchObject([{ name: 'deploys', kind: 'prometheus', expr: 'x > 0' }])
  })
})

describe('D9 filters and switches', () => {
  const filters = [{ key: 'job', operator: '=', value: 'a"b' }] as const

  test.each([
    ['up', 'up{job="a\\"b"}'],
    ['up{}', 'up{job="a\\"b"}'],
    ['sum by (x) (rate(up{ x="1" }[5m])) / on() count(down)', 'sum by (x) (rate(up{job="a\\"b", x="1" }[5m])) / on() count(down{job="a\\"b"})'],
    ['{__name__=~"a.*"}', '{job="a\\"b",__name__=~"a.*"}'],
    ['max_over_time(x[5m:1m] offset 5m)', 'max_over_time(x{job="a\\"b"}[5m:1m] offset 5m)'],
    ['sum(', 'sum('],
  ])('[D9] a filter goes into every selector of %s', (expr, expected) => {
    expect(addFilters(expr, filters)).toBe(expected)
  })

  test('[D9] a filter in an address is read back, bars included; what is none is dropped', () => {
    const f = { key: 'a|b', operator: '!~', value: 'x|y' } as const
    expect(parseFilter(filterText(f))).toEqual(f)
    expect(parseFilter('job')).toBeUndefined()
    expect(parseFilter('job|like|x')).toBeUndefined()
  })

  test('[D9] saved filters of a board, those that always apply first', () => {
    const [v] = readDashboard({ title: 'b', panels: [], templating: { list: [{ type: 'adhoc', name: 'f', filters: [{ key: 'a', operator: '=', value: '1' }], baseFilters: [{ key: 'b', operator: '!=', value: '2' }] }] } }).variables
    expect(savedFilters(v!).map(filterText)).toEqual(['b|!=|2', 'a|=|1'])
  })

  test('[D9] a switch has two values, off first', () => {
    const [v] = readDashboard({ title: 'b', panels: [], templating: { list: [{ type: 'switch', name: 's', enabledValue: 'yes', disabledValue: 'no', current: { value: 'yes' } }] } }).variables
    expect(v!.options.map(o => o.value)).toEqual(['no', 'yes'])
    expect(variableValue(v!).values).toEqual(['yes'])
  })
})
