import { labelsFromObject } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { haechiApi } from './haechi-api.ts'
import type { HaechiApiParts } from './haechi-api.ts'

const alert = (labels: Record<string, string>, state: 'firing' | 'pending' = 'firing'): object => ({ labels: labelsFromObject(labels), annotations: [], state, activeAtMs: 1, value: 1 })

/** Rules with alerts, and what the pipeline says of them. */
function overview(alerts: readonly object[], told: readonly { readonly labels: Record<string, string>; readonly state: string }[]): ReturnType<ReturnType<typeof haechiApi>['overview']> {
  return haechiApi({
    finder: { find: async () => [] }, scrape: { activeTargets: () => [] }, rules: { groups: () => [], alerts: () => alerts }, contactPoints: { all: () => [] }, heartbeat: { view: () => undefined }, diagnoses: { last: () => [] }, nowMs: () => 5,
    pipeline: { alerts: () => told.map(t => ({ ...t, labels: labelsFromObject(t.labels) })) },
  } as unknown as HaechiApiParts).overview()
}

describe('[P34] the overview', () => {
  test('[P34] an alert that nobody is told of is quiet, also with labels that were added on its way; others are not', async () => {
    const { firing, pending } = await overview(
      [alert({ alertname: 'A', job: 'a' }), alert({ alertname: 'A', job: 'b' }), alert({ alertname: 'B' }), alert({ alertname: 'C' }, 'pending')],
      [{ labels: { alertname: 'A', job: 'a', cluster: 'x' }, state: 'suppressed' }, { labels: { alertname: 'A', job: 'b' }, state: 'active' }, { labels: { alertname: 'B', job: 'z' }, state: 'unprocessed' }],
    )
    expect(firing.map(f => [f.labels['job'] ?? f.name, f.quiet])).toEqual([['a', true], ['b', undefined], ['B', undefined]])
    expect(pending).toBe(1)
  })
})
