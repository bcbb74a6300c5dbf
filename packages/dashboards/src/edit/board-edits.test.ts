import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDashboard } from '../read-dashboard.ts'
import { UNIT_CATEGORIES } from '../units/catalog.ts'
import { knownUnits } from '../units/registry.ts'
import type { JsonObject } from '../model.ts'
import { addPanel, addRow, currentPanelJson, duplicatePanel, editableBoard, panelPlace, panelPlaces, removePanel, toggleRow, withPlaces } from './board-edits.ts'
import { parseJsonText } from './json-text.ts'
import { newPanel, withPanelKind } from './panel-kinds.ts'
import { examineBoard } from '../share/examine-board.ts'

const panel = (id: number, x: number, y: number, more: object = {}): JsonObject => ({ id, type: 'timeseries', title: `P${id}`, gridPos: { x, y, w: 12, h: 8 }, strange: { keep: id }, ...more })
const BOARD: JsonObject = { title: 'T', unknown: [1], panels: [panel(1, 0, 0), panel(2, 12, 0), { id: 3, type: 'row', title: 'R', collapsed: false, gridPos: { x: 0, y: 8, w: 24, h: 1 }, panels: [] }, panel(4, 0, 9), panel(5, 12, 9)] }
const ids = (b: JsonObject): number[] => panelPlaces(b).map(p => p.id)

describe('E4 panels and rows', () => {
  test('[E4] a new panel gets a free id and place; the others are the same objects', () => {
    const { board, id } = addPanel(BOARD, newPanel())
    expect(id).toBe(6)
    expect(panelPlace(board, 6)).toMatchObject({ pos: { x: 0, y: 17, w: 12, h: 8 } })
    expect((board.panels as unknown[])[0]).toBe((BOARD.panels as unknown[])[0])
    expect(addRow(BOARD, 'New').board.panels).toHaveLength(6)
  })
  test('[E4] a copy stands beside, or below where there is no room; unknown members go with it', () => {
    expect(panelPlace(duplicatePanel(BOARD, 1).board, 6)).toMatchObject({ pos: { x: 12, y: 0 }, json: { strange: { keep: 1 }, title: 'P1' } })
    const below = duplicatePanel(BOARD, 2).board
    expect(panelPlace(below, 6)!.pos).toEqual({ x: 12, y: 8, w: 12, h: 8 })
    expect(panelPlace(below, 4)!.pos.y).toBe(17)
  })
  test('[E4] a row folds its panels into itself and lets them out again where they were', () => {
    const folded = toggleRow(BOARD, 3)
    expect((panelPlace(folded, 3)!.json.panels as JsonObject[]).map(p => p.id)).toEqual([4, 5])
    expect(readDashboard(folded).rows[0]).toMatchObject({ collapsed: true, panels: [{ id: 4 }, { id: 5 }] })
    expect(toggleRow(folded, 3)).toEqual(BOARD)
  })
  test('[E4] a row goes alone or with its panels, open or folded', () => {
    for (const board of [BOARD, toggleRow(BOARD, 3)]) {
      expect(ids(removePanel(board, 3)).sort()).toEqual([1, 2, 4, 5])
      expect(ids(removePanel(board, 3, true))).toEqual([1, 2])
    }
    expect(ids(removePanel(BOARD, 2))).toEqual([1, 3, 4, 5])
    expect(removePanel(BOARD, 99)).toBe(BOARD)
  })
  test('[E4] only what moved is changed', () => {
    const moved = withPlaces(BOARD, new Map([[1, { x: 0, y: 0, w: 12, h: 8 }], [2, { x: 12, y: 0, w: 6, h: 8 }]]))
    expect((moved.panels as unknown[])[0]).toBe((BOARD.panels as unknown[])[0])
    expect(panelPlace(moved, 2)!.json).toMatchObject({ gridPos: { w: 6 }, strange: { keep: 2 } })
  })
  test('[E4] ids that are missing or taken are given; a sound board stays the same object', () => {
    expect(editableBoard(BOARD).board).toBe(BOARD)
    expect(ids(editableBoard({ panels: [{ type: 'stat' }, { id: 1 }, { id: 1 }] }).board)).toEqual([2, 1, 3])
  })
  test('[E4] rows of before schema 16 and model v2 become the classic model, and it is said', () => {
    const old = editableBoard({ title: 'O', schemaVersion: 14, mine: 1, rows: [{ panels: [{ id: 1, type: 'graph', span: 6 }] }] })
    expect(old).toMatchObject({ converted: 'rows', board: { title: 'O', mine: 1, panels: [{ id: 1, gridPos: { w: 12 } }] } })
    const v2 = editableBoard({ title: 'V', elements: { a: { kind: 'Panel', spec: { id: 1, title: 'P', vizConfig: { kind: 'stat', spec: {} }, data: { kind: 'QueryGroup', spec: { queries: [] } } } } }, layout: { kind: 'GridLayout', spec: { items: [{ kind: 'GridLayoutItem', spec: { x: 0, y: 0, width: 12, height: 8, element: { kind: 'ElementReference', name: 'a' } } }] } } })
    expect(v2.converted).toBe('v2')
    expect(panelPlaces(v2.board)).toMatchObject([{ json: { title: 'P' } }])
  })
})

describe('E5 kinds of panels', () => {
  const stat: JsonObject = {
    id: 1, type: 'stat', title: 'S', mine: 1, targets: [{ refId: 'A', expr: 'up' }], options: { reduceOptions: { calcs: ['max'] }, colorMode: 'value' },
    fieldConfig: { defaults: { unit: 's', custom: { a: 1 } }, overrides: [{ matcher: { id: 'byName', options: 'x' }, properties: [{ id: 'unit', value: 'ms' }, { id: 'custom.b', value: 1 }] }] },
  }
  test('[E5] what fits stays, what only the old kind knows goes', () => {
    expect(withPanelKind(stat, 'gauge')).toEqual({
      ...stat, type: 'gauge', options: { reduceOptions: { calcs: ['max'] } }, fieldConfig: { defaults: { unit: 's' }, overrides: [{ matcher: { id: 'byName', options: 'x' }, properties: [{ id: 'unit', value: 'ms' }] }] },
    })
    expect(withPanelKind(stat, 'stat')).toBe(stat)
    expect(withPanelKind(stat, 'gauge', { options: { showThresholdLabels: true }, custom: { z: 1 } })).toMatchObject({ options: { showThresholdLabels: true }, fieldConfig: { defaults: { custom: { z: 1 } } } })
  })
  test('[E5] an old panel takes today\'s shape before it is changed', () => {
    expect(currentPanelJson({ type: 'graph', lines: true, yaxes: [{ format: 'ms' }] })).toMatchObject({ type: 'timeseries', lines: true, fieldConfig: { defaults: { unit: 'ms' } } })
    expect(currentPanelJson(stat)).toBe(stat)
  })
})

describe('E6 units to choose from', () => {
  test('[E6] each is known and stands once', () => {
    const offered = UNIT_CATEGORIES.flatMap(c => c.units.map(([id]) => id))
    const known = new Set(knownUnits())
    expect(offered.filter(id => !known.has(id))).toEqual([])
    expect(new Set(offered).size).toBe(offered.length)
  })
})

describe('E7 faults of JSON texts', () => {
  test.each([
    ['{"a": 1,}', 8], ['{"a": tru}', 6], ['[1 2]', 3], ['{"a" 1}', 5], ['{"a": 1', 7], ['', 0], ['{"a":"\n"}', 5], ['{} x', 3], ['[01]', 1], ["{'a':1}", 1],
  ])('[E7] %j', (text, at) => expect(parseJsonText(text)).toMatchObject({ fault: { at } }))
  test('[E7] line and column', () => expect(parseJsonText('{\n  "a": 1\n  "b": 2\n}')).toMatchObject({ fault: { line: 3, column: 3, found: '"b": 2' } }))
  test('[E7] every JSON text is read; a text with a cut end is faulty at its end', () => {
    fc.assert(fc.property(fc.json(), text => {
      expect(parseJsonText(text)).toEqual({ value: JSON.parse(text) as unknown })
    }))
    fc.assert(fc.property(fc.json(), text => {
      const open = `[${text}`
      expect(parseJsonText(open)).toMatchObject({ fault: { at: open.length } })
    }))
  })
})

describe('X3 what a board is made of', () => {
  test('[X3] types, transformations, sources, metrics', () => {
    const seen = examineBoard({
      title: 'T', templating: { list: [{ name: 'job', type: 'query', query: 'label_values(up{a="b"}, job)' }, { name: 'z', type: 'nobody knows' }] },
      panels: [
        { type: 'timeseries', targets: [{ expr: 'rate(http_requests_total{job="$job"}[$__rate_interval]) + my_$x + ${p}_total' }], transformations: [{ id: 'nope' }] },
        { type: 'canvas', datasource: { type: 'loki' }, targets: [{ expr: 'x' }] }, { type: 'row', title: 'R' },
      ],
    }, type => type === 'timeseries')
    expect(seen).toMatchObject({
      panels: 2, rows: 1, queries: 2, variables: 2, types: [{ type: 'canvas', count: 1, isDrawn: false }, { type: 'timeseries', count: 1, isDrawn: true }], transformations: ['nope'], unsupportedVariables: ['z'],
      otherSources: ['loki'], metrics: ['http_requests_total', 'up', 'x'],
    })
  })
})
