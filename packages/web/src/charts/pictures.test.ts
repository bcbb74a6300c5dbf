import { describe, expect, test } from 'vitest'
import { onCircle, ringPath } from './arc.ts'
import { barEnds, barPicture } from './bar-picture.ts'
import { cellAt, cellPicture, thinned } from './cell-picture.ts'
import type { BarModel } from './bar-picture.ts'
import type { CellModel } from './cell-picture.ts'

const bars = (members: Partial<BarModel> = {}): BarModel => ({
  categories: ['a', 'b'], series: [{ name: 's', color: 'red', vs: [1, -2], unit: 'none' }, { name: 't', color: 'blue', vs: [3, null], unit: 'none' }],
  stacking: 'none', isHorizontal: false, groupWidth: 0.7, barWidth: 1, fill: 1, showValue: 'never', y: { unit: 'none' }, ...members,
})

describe('C8 rings', () => {
  test('[C8] angles run clockwise from the top', () => expect([onCircle(0, 10), onCircle(Math.PI / 2, 10)]).toEqual([{ x: 0, y: -10 }, { x: 10, y: -0 }]))
  test('[C8] a full circle is drawn', () => {
    const path = ringPath(0, Math.PI * 2, 0, 10)
    expect(path.match(/A/g)).toHaveLength(2)
    expect(path).not.toMatch(/NaN/)
  })
})

describe('C9 bars', () => {
  test('[C9] side by side from zero; stacked, up and down apart; as shares of the whole', () => {
    expect(barEnds(bars())).toEqual([[{ from: 0, to: 1 }, { from: 0, to: -2 }], [{ from: 0, to: 3 }, { from: 0, to: 0 }]])
    expect(barEnds(bars({ stacking: 'normal' }))[1]![0]).toEqual({ from: 1, to: 4 })
    expect(barEnds(bars({ stacking: 'percent' }))[1]![0]).toEqual({ from: 25, to: 100 })
  })
  test('[C9] the tooltip tells the values of a category, not sums; lying bars have their categories on the vertical axis', () => {
    expect(barPicture(bars({ stacking: 'normal' })).tipAt(0.4, 99)).toMatchObject({ head: 'a', rows: [{ text: '1' }, { text: '3' }] })
    const lying = barPicture(bars({ isHorizontal: true }))
    expect(lying.tipAt(99, 1.2)).toMatchObject({ head: 'b', rows: [{ text: '-2' }] })
    expect(lying.isTopDown).toBe(true)
    expect(barPicture(bars()).tipAt(5, 0)).toBeUndefined()
  })
  test('[C9] the axis holds zero, negative and stacked values', () => {
    const { y } = barPicture(bars({ stacking: 'normal' }))
    expect(y.min).toBeLessThanOrEqual(-2)
    expect(y.max).toBeGreaterThanOrEqual(4)
  })
})

describe('C10 cells', () => {
  const row = { name: 'r', starts: Float64Array.of(0, 10, 30), ends: Float64Array.of(10, 20, 40), colors: Int32Array.of(0, -1, 0), textOf: (i: number) => `v${i}` }
  const model: CellModel = { startMs: 0, endMs: 40, rows: [row], palette: ['#000'], marks: [], height: 1, gap: 0, labels: 'never', align: 'left', axisLabel: '', timeZone: 'UTC', inkOn: () => '#fff' }
  test('[C10] a cell holds its start, not its end; holes hold nothing', () => expect([0, 9, 10, 25, 39, 40, -1].map(t => cellAt(row, t))).toEqual([0, 0, 1, -1, 2, -1, -1]))
  test('[C10] the tooltip tells only cells that are drawn', () => {
    const picture = cellPicture(model, 'en')
    expect(picture.tipAt(5, 0.5)).toMatchObject({ rows: [{ name: 'r', text: 'v0', color: '#000' }] })
    expect(picture.tipAt(15, 0.5)).toBeUndefined()
    expect(picture.tipAt(5, 3)).toBeUndefined()
  })
  test('[C10] marks that have no room are thinned, the last one stays', () => {
    const marks = Array.from({ length: 10 }, (_, at) => ({ at, text: String(at) }))
    expect(thinned(marks, 4).map(m => m.at)).toEqual([0, 3, 6, 9])
    expect(thinned(marks, 99)).toBe(marks)
  })
})
