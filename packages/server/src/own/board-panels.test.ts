import { expect, test } from 'vitest'
import { boardPanels } from './board-panels.ts'

const titles = (dashboard: Readonly<Record<string, unknown>>): string[] => boardPanels('b', dashboard).map(p => `${p.id} ${p.title}`)

test('[O1] titles of panels: in rows, in closed rows, of old boards with rows and of boards of version 2', () => {
  expect(titles({ panels: [{ id: 1, title: 'CPU', type: 'stat' }, { id: 2, title: 'Network', type: 'row', panels: [{ id: 3, title: ' Received ', type: 'timeseries' }] }, { id: 4, title: '' }] })).toEqual(['1 CPU', '3 Received'])
  expect(titles({ rows: [{ title: 'Row', panels: [{ id: 7, title: 'Old graph', type: 'graph' }] }] })).toEqual(['7 Old graph'])
  expect(titles({ spec: { elements: { 'panel-1': { kind: 'Panel', spec: { id: 9, title: 'New' } } } } })).toEqual(['9 New'])
})
test('[O1] what is no board has no panels', () => expect([titles({}), titles({ panels: 7, rows: [null, 'x'], spec: { elements: { a: 1 } } }), titles({ panels: [{ id: '1', title: 'x' }, { id: 1, title: {} }, null] })]).toEqual([[], [], []]))
test('[O1] a board of many panels tells the first two thousand', () => expect(boardPanels('b', { panels: Array.from({ length: 5000 }, (_, id) => ({ id, title: `p${id}` })) })).toHaveLength(2000))
