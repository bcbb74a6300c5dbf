import { openState } from '@haechi/server'
import { expect, test } from 'vitest'
import { EditableRules } from './editable-rules.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

test('[P12] a rule made here is evaluated in a group of its own, changed, switched off, kept over a start and removed', async () => {
  const state = await openState(':memory:', { log })
  const rules = new EditableRules(state, false)
  await rules.load()
  const uid = await rules.add({ title: 'Slow', expr: 'p95 > 0.5', forMs: 60_000, unit: 's', labels: { severity: 'warning' } })
  expect(rules.groups()).toMatchObject([{ source: 'ui', rules: [{ uid, name: 'Slow', expr: 'p95 > 0.5', forMs: 60_000, threshold: { op: '>', value: 0.5, unit: 's' } }] }])
  expect(rules.one(uid, [])).toMatchObject({ title: 'Slow', builtIn: false, enabled: true, labels: { severity: 'warning' } })
  expect(await rules.edit(uid, { threshold: 1 })).toBe(true)
  const again = new EditableRules(state, false)
  await again.load()
  expect(again.one(uid, [])).toMatchObject({ title: 'Slow', expr: 'p95 > 1' })
  await again.edit(uid, { enabled: false })
  expect(again.groups()).toEqual([])
  expect(again.list([]).map(r => r.uid)).toContain(uid)
  expect(await again.reset(uid)).toBe(true)
  expect(again.one(uid, [])).toBeUndefined()
  await expect(again.add({ title: 'x', expr: 'sum(', forMs: 0 })).rejects.toThrow('parse error')
  await state.close()
})
