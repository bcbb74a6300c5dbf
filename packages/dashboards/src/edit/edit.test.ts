import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffJson } from './json-diff.ts'
import { jsonAt, withJson } from './json-edit.ts'
import { freePlace, packGrid } from './grid.ts'
import type { GridItem } from './grid.ts'

describe('E1 a change touches its place only', () => {
  const board = { title: 'x', strange: { a: [1, { b: 2 }] }, panels: [{ id: 1, fieldConfig: { defaults: { unit: 's', other: 1 } } }, { id: 2, title: 'B' }] }
  test('[E1] everything beside the path stays the same object', () => {
    const out = withJson(board, ['panels', 0, 'fieldConfig', 'defaults', 'unit'], 'ms')
    expect(jsonAt(out, ['panels', 0, 'fieldConfig', 'defaults'])).toEqual({ unit: 'ms', other: 1 })
    expect(out.strange).toBe(board.strange)
    expect(out.panels[1]).toBe(board.panels[1])
    expect(board.panels[0]!.fieldConfig!.defaults.unit).toBe('s')
  })
  test('[E1] objects on the way are made, members taken away, emptied ones with them', () => {
    expect(withJson({}, ['a', 'b'], 1)).toEqual({ a: { b: 1 } })
    expect(withJson({ a: { b: 1 }, c: 2 }, ['a', 'b'], undefined)).toEqual({ c: 2 })
    expect(withJson({ a: { b: 1, d: {} } }, ['a', 'b'], undefined)).toEqual({ a: { d: {} } })
    expect(withJson({ list: [1, 2, 3] }, ['list', 1], undefined)).toEqual({ list: [1, 3] })
    expect(withJson({}, ['a', 'b'], undefined)).toEqual({})
    expect(withJson(board, ['title'], 'x')).toBe(board)
  })
  test('[E1] names of the language\'s own objects are plain names', () => {
    expect(jsonAt({}, ['constructor'])).toBeUndefined()
    expect(jsonAt([1], ['length'])).toBeUndefined()
  })
  test('[E1] what was set is read back, and everything else is as before', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }), fc.integer(), (json, path, value) => {
      const root = { kept: json }
      const out = withJson(root, path, value)
      expect(jsonAt(out, path)).toBe(value)
      expect(out.kept).toBe(json)
    }))
  })
})

describe('E2 differences', () => {
  test('[E2] items of lists are found again by their names', () => {
    const before = { panels: [{ id: 1, title: 'A', type: 'stat' }, { id: 2, title: 'B' }], tags: ['x'] }
    const after = { panels: [{ id: 2, title: 'B' }, { id: 1, title: 'A2', type: 'stat' }, { id: 3, title: 'C' }], tags: ['x', 'y'] }
    expect(diffJson(before, after).map(c => [c.kind, c.names.join('/')])).toEqual([
      ['changed', 'panels/A2/title'], ['added', 'panels/C'], ['moved', 'panels'], ['added', 'tags/#2'],
    ])
  })
  test('[E2] the order of members is no difference; equal trees have none', () => {
    fc.assert(fc.property(fc.jsonValue(), json => {
      expect(diffJson(json, JSON.parse(JSON.stringify(json)) as unknown)).toEqual([])
    }))
    expect(diffJson({ a: 1, b: 2 }, { b: 2, a: 1 })).toEqual([])
  })
  test('[E2] different trees have at least one', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(diffJson(a, b).length === 0).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)))
    }))
  })
  function sorted(v: unknown): unknown {
    if (Array.isArray(v)) return v.map(sorted)
    if (typeof v !== 'object' || v === null) return Object.is(v, -0) ? 0 : v
    return Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, x]) => [k, sorted(x)]))
  }
})

describe('E3 the grid', () => {
  const at = (id: number, x: number, y: number, w: number, h: number): GridItem => ({ id, pos: { x, y, w, h } })
  test('[E3] holes close upwards, collisions move down', () => {
    expect(packGrid([at(1, 0, 5, 12, 4), at(2, 6, 7, 12, 4)]).map(i => i.pos)).toEqual([{ x: 0, y: 0, w: 12, h: 4 }, { x: 6, y: 4, w: 12, h: 4 }])
    expect(packGrid([at(1, 0, 0, 24, 4), at(2, 0, 0, 12, 4)], 2).map(i => i.pos.y)).toEqual([4, 0])
  })
  test('[E3] nothing overlaps, nothing leaves the grid, packing twice changes nothing', () => {
    const item = fc.record({ x: fc.integer({ min: -3, max: 30 }), y: fc.nat(40), w: fc.integer({ min: 0, max: 30 }), h: fc.integer({ min: 0, max: 20 }) })
    fc.assert(fc.property(fc.array(item, { maxLength: 20 }), list => {
      const packed = packGrid(list.map((pos, id) => ({ id, pos })))
      for (const { pos: a, id } of packed) {
        expect(a.x >= 0 && a.x + a.w <= 24 && a.w > 0 && a.h > 0).toBe(true)
        for (const { pos: b, id: other } of packed) expect(id !== other && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h).toBe(false)
      }
      expect(packGrid(packed)).toEqual(packed)
    }))
  })
  test('[E3] a new panel goes beside the last one where it fits, else below', () => {
    expect(freePlace([], 12, 8)).toEqual({ x: 0, y: 0, w: 12, h: 8 })
    expect(freePlace([{ x: 0, y: 0, w: 12, h: 8 }], 12, 8)).toEqual({ x: 12, y: 0, w: 12, h: 8 })
    expect(freePlace([{ x: 0, y: 0, w: 18, h: 8 }], 12, 8)).toEqual({ x: 0, y: 8, w: 12, h: 8 })
  })
})
