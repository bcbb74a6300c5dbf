import { labelsFromObject } from '@haechi/model'
import { expect, test } from 'vitest'
import { acceptedAlert, mergedAlert } from './alerts.ts'
import type { StoredAlert } from './views.ts'

const NOW = 1_800_000_000_000
const M = 60_000
/** Minutes from now. */
const alert = (start: number, end: number | undefined, value?: number): StoredAlert => acceptedAlert({
  labels: labelsFromObject({ alertname: 'A' }), annotations: [], startsAtMs: NOW + start * M, ...(end === undefined ? {} : { endsAtMs: NOW + end * M }), ...(value === undefined ? {} : { value, threshold: { op: '>', value: 1, unit: '' } }),
}, NOW, 5 * M)

// Without an end an alert lasts for the five minutes of `resolve_timeout`.
test.each([
  ['an end that was given outlasts a shorter one', alert(-10, 20), alert(-5, 10), -10, 20],
  ['an end that nobody gave does not', alert(-10, undefined), alert(-5, 3), -10, 3],
  ['a later end counts', alert(-10, 20), alert(-5, 30), -10, 30],
  ['what is over is over', alert(-10, 20), alert(-10, -1), -10, -1],
  ['of two ends that are past the later one counts', alert(-10, -1), alert(-8, -3), -10, -1],
  ['an earlier start counts', alert(-5, 20), alert(-10, 10), -10, 20],
  ['what begins after the end is another alert', alert(-20, -10), alert(-5, 10), -5, 10],
  ['what ended before the start is the newer word', alert(-5, 10), alert(-20, -10), -20, -10],
] as const)('[A7] %s', (_what, old, fresh, start, end) => {
  const got = mergedAlert(old, fresh, NOW)
  expect([(got.startsAtMs - NOW) / M, (got.endsAtMs - NOW) / M]).toEqual([start, end])
})

test('[A7] the worst value of one activity is kept, and is gone with it', () => {
  const first = alert(-10, 5, 9)
  const second = mergedAlert(first, alert(-10, 6, 3), NOW)
  expect([second.value, second.peak]).toEqual([3, 9])
  expect(mergedAlert(second, alert(7, 20, 2), NOW).peak).toBeUndefined()
})
