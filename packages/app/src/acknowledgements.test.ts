import type { PipelineAlertView, SilenceView } from '@haechi/alerting'
import { labelsFromObject } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { Acknowledgements } from './acknowledgements.ts'

const MINUTE = 60_000

function silence(id: string, comment: string): SilenceView {
  return { id, state: 'active', matchers: [{ name: 'job', value: 'orders', isRegex: false, isEqual: true }], startsAtMs: 0, endsAtMs: 1e12, updatedAtMs: 0, createdBy: 'kim', comment }
}

function world(): { now: string[]; expired: string[]; check: (nowMs: number) => Promise<string[]> } {
  const state = { now: [] as string[], expired: [] as string[] }
  const all = [silence('ack', 'ACK! looking'), silence('plain', 'planned work')]
  const acknowledgements = new Acknowledgements({
    alerts: () => state.now.map((job): PipelineAlertView => ({
      fingerprint: job, labels: labelsFromObject({ alertname: 'X', job }), annotations: labelsFromObject({}), startsAtMs: 0, endsAtMs: 1e12, updatedAtMs: 0, generatorUrl: '', receivers: [], state: 'suppressed', silencedBy: [], inhibitedBy: [], mutedBy: [],
    })),
    silences: () => all.filter(s => !state.expired.includes(s.id)),
    expireSilence: id => {
      state.expired.push(id)
      return Promise.resolve(true)
    },
  }, 0)
  return Object.assign(state, { check: (nowMs: number) => acknowledgements.check(nowMs) })
}

describe('[P30] acknowledgements', () => {
  test('[P30] end once their alert is over; other silences stay', async () => {
    const w = world()
    w.now = ['orders']
    expect(await w.check(1000)).toEqual([])
    w.now = ['shop']
    expect(await w.check(2000)).toEqual(['ack'])
    expect(w.expired).toEqual(['ack'])
  })
  test('[P30] whose alert is not there yet after a start wait ten minutes', async () => {
    const w = world()
    expect(await w.check(9 * MINUTE)).toEqual([])
    w.now = ['orders']
    expect(await w.check(9.5 * MINUTE)).toEqual([])
    expect(await w.check(60 * MINUTE)).toEqual([])
    const other = world()
    expect(await other.check(11 * MINUTE)).toEqual(['ack'])
  })
})
