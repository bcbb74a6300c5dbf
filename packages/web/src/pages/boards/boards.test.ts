import { readDashboard } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import { describe, expect, test } from 'vitest'
import { enEdit } from '../../i18n/en-edit.ts'
import { enEditOptions } from '../../i18n/en-edit-options.ts'
import { koEdit } from '../../i18n/ko-edit.ts'
import { koEditOptions } from '../../i18n/ko-edit-options.ts'
import { boardGroups } from './board-groups.ts'
import { annotationSource, withAnnotationSource } from './edit/AnnotationsEditor.tsx'
import { editHistory, isUnsaved, startHistory } from './edit/edit-history.ts'
import { mappingLines, mappingsOfLines } from './edit/MappingsEditor.tsx'
import { OPTION_FIELDS, overrideFieldsOf } from './edit/option-fields.ts'
import { shareUrl } from './edit/ShareDialog.tsx'
import { stepsOf } from './edit/ThresholdsEditor.tsx'
import { ruleExpr, ruleOfPanel } from './panel-rule.ts'

describe('B3 undo', () => {
  const set = (title: string, about?: string) => ({ kind: 'change' as const, change: (b: JsonObject): JsonObject => ({ ...b, title }), about })
  test('[B3] typing is one step; undo, redo, and a new change ends the way forth', () => {
    let s = startHistory({ title: '' })
    for (const t of ['a', 'ab', 'abc']) s = editHistory(s, set(t, 'title'))
    expect([s.past.length, isUnsaved(s)]).toEqual([1, true])
    s = editHistory(s, set('x', 'other'))
    s = editHistory(s, { kind: 'undo' })
    expect(s.now['title']).toBe('abc')
    s = editHistory(s, { kind: 'undo' })
    expect([s.now['title'], isUnsaved(s)]).toEqual(['', false])
    expect(editHistory(s, { kind: 'undo' })).toBe(s)
    s = editHistory(s, { kind: 'redo' })
    expect(s.now['title']).toBe('abc')
    s = editHistory(s, set('new'))
    expect(editHistory(s, { kind: 'redo' })).toBe(s)
    expect(editHistory(s, { kind: 'change', change: b => b })).toBe(s)
  })
  test('[B3] after a save nothing is lost by leaving; what is equal is not unsaved', () => {
    let s = editHistory(startHistory({ title: 'a' }), set('b'))
    s = editHistory(s, { kind: 'saved', board: s.now })
    expect(isUnsaved(s)).toBe(false)
    expect(isUnsaved(editHistory(s, set('b')))).toBe(false)
  })
})

describe('B8 editors of parts', () => {
  test('[B8] mappings are read as lines and written as Grafana does', () => {
    const mappings = [
      { type: 'value', options: { 0: { text: 'down', color: 'red', index: 0 }, 1: { text: 'up', color: 'green', index: 1 } } }, { type: 'range', options: { from: 2, to: null, result: { text: 'many', index: 2 } } },
      { type: 'regex', options: { pattern: 'a.*', result: { text: 'A', index: 3 } } }, { type: 'special', options: { match: 'nan', result: { color: 'blue', index: 4 } } },
    ]
    expect(mappingsOfLines(mappingLines(mappings))).toEqual(mappings)
    expect(mappingLines('x')).toEqual([])
  })
  test('[B8] the first threshold is the base, whatever is written', () => {
    expect(stepsOf(undefined)).toEqual([{ value: null, color: 'green' }])
    expect(stepsOf({ steps: [{ color: 'red', value: 5 }, { color: 'x', value: 7 }] })).toEqual([{ color: 'red', value: null }, { color: 'x', value: 7 }])
  })
  test('[B8] a setting stands once per kind of panel; what an override sets stands where the panel\'s own does', () => {
    for (const f of OPTION_FIELDS) {
      const twins = OPTION_FIELDS.filter(x => x.path.join('.') === f.path.join('.') && x !== f)
      expect(twins).toEqual([])
    }
    for (const f of overrideFieldsOf('timeseries')) expect(f.path.join('.').startsWith(`fieldConfig.defaults.${f.property!}`)).toBe(true)
  })
  test('[B8] both languages say the same, with the same placeholders', () => {
    const holes = (words: Readonly<Record<string, string>>): string[] => Object.entries(words).map(([key, text]) => `${key}: ${[...text.matchAll(/\{\{(\w+)\}\}/g)].map(m => m[1]!).sort().join(' ')}`).sort()
    expect(holes({ ...koEdit, ...koEditOptions })).toEqual(holes({ ...enEdit, ...enEditOptions }))
  })
})

describe('B11 annotations', () => {
  test('[B11] what an entry asks for is known in every form that Grafana wrote; another source takes the old one\'s members away', () => {
    expect([{ builtIn: 1 }, { datasource: '-- Grafana --', type: 'tags' }, { datasource: { type: 'grafana', uid: '-- Grafana --' }, target: { type: 'tags' } }, { datasource: { type: 'grafana' }, target: { type: 'dashboard' } }, { expr: 'x' }].map(annotationSource)).toEqual(['board', 'tags', 'tags', 'board', 'query'])
    const tags = withAnnotationSource({ name: 'a', iconColor: 'red', expr: 'x', datasource: { uid: 'p' }, mystery: 1 }, 'tags')
    expect(tags).toEqual({ name: 'a', iconColor: 'red', mystery: 1, datasource: { type: 'grafana', uid: '-- Grafana --' }, target: { type: 'tags', tags: [], matchAny: false, limit: 100 } })
    expect(withAnnotationSource(tags, 'query')).toEqual({ name: 'a', iconColor: 'red', mystery: 1, datasource: { type: 'prometheus' }, target: { refId: 'Anno', expr: '' } })
  })
})

describe('B7 alerts of panels', () => {
  const board = (panel: object) => readDashboard({ templating: { list: [{ name: 'job', type: 'query', includeAll: true, current: { value: '$__all' } }] }, panels: [{ id: 1, type: 'stat', title: 'T of $job', ...panel }] })
  test('[B7] query with variables as chosen, highest threshold, unit', () => {
    const b = board({ fieldConfig: { defaults: { unit: 's', thresholds: { steps: [{ color: 'green' }, { color: 'orange', value: 1 }, { color: 'red', value: 2 }] } } }, targets: [{ expr: 'a', hide: true }, { expr: 'rate(x{job=~"$job"}[$__rate_interval])' }] })
    expect(ruleOfPanel(b.panels[0]!, b.variables, { job: ['orders'] })).toEqual({ title: 'T of orders', expr: 'rate(x{job=~"orders"}[5m])', op: '>', value: 2, unit: 's' })
    expect(ruleOfPanel(b.panels[0]!, b.variables, {}).expr).toBe('rate(x{job=~".*"}[5m])')
  })
  test('[B7] where low is bad it fires below; percent thresholds and none are left open', () => {
    const low = board({ fieldConfig: { defaults: { thresholds: { steps: [{ color: 'red' }, { color: 'green', value: 10 }] } } }, targets: [{ expr: 'a' }] })
    expect(ruleOfPanel(low.panels[0]!, [], {})).toMatchObject({ op: '<', value: 10 })
    const share = board({ fieldConfig: { defaults: { thresholds: { mode: 'percentage', steps: [{ color: 'green' }, { color: 'red', value: 80 }] } } }, targets: [{ expr: 'a' }] })
    expect(ruleOfPanel(share.panels[0]!, [], {}).value).toBeUndefined()
  })
  test.each([['up', 'up > 1'], ['a{b="c"}', 'a{b="c"} > 1'], ['sum by (job) (rate_x)', 'sum by (job) (rate_x) > 1'], ['a / b', '(a / b) > 1'], ['a or b', '(a or b) > 1']])('[B7] %s', (expr, want) => expect(ruleExpr(expr, '>', 1)).toBe(want))
})

describe('B9 the list of boards', () => {
  const b = (uid: string, more: object = {}): Parameters<typeof boardGroups>[0][number] => ({ uid, title: uid, tags: [], builtIn: false, ...more })
  const how = { titleOf: (x: { title: string }): string => x.title, sort: 'title' as const, withEmptyFolders: false }
  test('[B9] marked first, then one\'s own, folders, and what came with the product; lost folders are none', () => {
    const groups = boardGroups([b('z'), b('a', { folderUid: 'f' }), b('s', { starred: true, builtIn: true }), b('c', { builtIn: true }), b('l', { folderUid: 'gone' })], [{ uid: 'f', title: 'F' }, { uid: 'e', title: 'E' }], how)
    expect(groups.map(g => [g.kind, g.boards.map(x => x.uid)])).toEqual([['starred', ['s']], ['mine', ['l', 'z']], ['folder', ['a']], ['came', ['c']]])
    expect(boardGroups([b('a', { folderUid: 'f', starred: true })], [{ uid: 'f', title: 'F' }], how).map(g => g.boards.length)).toEqual([1, 1])
    expect(boardGroups([b('a', { updatedMs: 1 }), b('b', { updatedMs: 2 })], [], { ...how, sort: 'updated' })[0]!.boards.map(x => x.uid)).toEqual(['b', 'a'])
    expect(boardGroups([], [{ uid: 'e', title: 'E' }], { ...how, withEmptyFolders: true })).toHaveLength(1)
  })
  test('[B9] a link shows what one sees', () => {
    expect(shareUrl('http://x', '/boards/a', { from: 'now-1h', to: 'now', variables: { job: ['a', 'b'] } })).toBe('http://x/boards/a?from=now-1h&var-job=a&var-job=b')
    expect(shareUrl('http://x', '/boards/a', { from: '1', to: '2' })).toBe('http://x/boards/a?from=1&to=2')
  })
})
