import { expect, test } from 'vitest'
import { alertFacts } from './silences.ts'

test('[O8] what Alertmanager\'s list does not say of an alert', () => {
  const alerts = [{ fingerprint: 'a', value: 95, threshold: { op: 'outside', value: 10, high: 90, unit: '' }, ruleUid: 'r' }, { fingerprint: 'b', value: NaN }, { fingerprint: 'c' }]
  expect(alertFacts({ alerts: () => alerts as never })).toEqual([alerts[0], { fingerprint: 'b', value: null }, { fingerprint: 'c' }])
})
