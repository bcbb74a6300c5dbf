import { labelsFromObject } from '@haechi/model'
import { LocalQueryEngine, MemoryStorage } from '@haechi/promql'
import { describe, expect, test } from 'vitest'
import { findMiddlewareFaults } from './middleware.ts'

/** Totals of one Django that has been there for two minutes. */
async function faults(totals: Readonly<Record<string, number>>): Promise<string[]> {
  const storage = new MemoryStorage()
  for (const tMs of [1_000, 60_000, 120_000]) {
    const appender = storage.appender()
    for (const [name, value] of Object.entries(totals)) appender.append(appender.series(labelsFromObject({ __name__: name, job: 'shop', instance: 'a:1', ...(name.includes('method') ? { method: 'GET' } : {}) })), tMs, value)
    appender.commit()
  }
  return (await findMiddlewareFaults(new LocalQueryEngine(storage), 121_000)).map(d => `${d.code} ${d.what.en} ${d.place?.kind}`)
}
const BEFORE = 'django_http_requests_before_middlewares_total'
const AFTER = 'django_http_requests_total_by_method_total'
const AROUND = 'django_http_requests_latency_including_middlewares_seconds_sum'
const INSIDE = 'django_http_requests_latency_seconds_by_view_method_sum'

describe('D2 middleware of Django', () => {
  test('[D2] both in their places, none at all, none asked yet: nothing to say', async () => {
    expect(await faults({ [BEFORE]: 3740, [AFTER]: 3740, [AROUND]: 192.95, [INSIDE]: 192.42 })).toEqual([])
    expect(await faults({ up: 1 })).toEqual([])
    expect(await faults({ [BEFORE]: 0, [AROUND]: 0 })).toEqual([])
  })
  test('[D2] the first is missing', async () => expect(await faults({ [BEFORE]: 0, [AFTER]: 12, [AROUND]: 0 })).toEqual(['middleware-missing shop: PrometheusBeforeMiddleware is not installed: requests that a middleware answers are not counted. target']))
  test('[D2] the second is missing', async () => expect((await faults({ [BEFORE]: 12, [AROUND]: 1 }))[0]).toMatch(/^middleware-missing shop: PrometheusAfterMiddleware/))
  test('[D2] they are the wrong way round', async () => expect((await faults({ [BEFORE]: 12, [AFTER]: 12, [AROUND]: 1, [INSIDE]: 1.4 }))[0]).toMatch(/^middleware-misplaced/))
})
