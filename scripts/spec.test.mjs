import { describe, expect, test } from 'vitest'
import { rulesIn, rulesNamed, specFaults } from './spec.mjs'

describe('rules and tests', () => {
  test('rules are found where a SPEC.md states them, and nowhere else', () => {
    expect([...rulesIn('- **A1** One. **A2** Two.\n- B1 Three; see B9 for it. B2 Four.\n**J1**–**J3** many\nC1 and not UTF8 or SHA256')].sort()).toEqual(['A1', 'A2', 'B1', 'B2', 'C1', 'J1', 'J2', 'J3'])
  })
  test('tests name rules at the beginning of their names', () => {
    expect([...rulesNamed("test('[P1][P2] every page'); describe(`[N4] [N5] services`); test('a[Z9]'); x['A1']")].sort()).toEqual(['N4', 'N5', 'P1', 'P2'])
  })
  test('every test names a rule that is there', () => expect(specFaults().faults).toEqual([]))
})
