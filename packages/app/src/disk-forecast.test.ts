import { labelsFromObject } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { DiskForecast } from './disk-forecast.ts'

function engine(...full: readonly (readonly [mount: string, seconds: number])[]): { asked: string[]; instant: (q: { readonly expr: string }) => Promise<never> } {
  const asked: string[] = []
  return {
    asked,
    instant: async q => {
      asked.push(q.expr)
      return { value: { type: 'vector', samples: full.map(([mountpoint, value]) => ({ labels: labelsFromObject({ instance: 'vm', mountpoint }), tMs: 0, value })) }, warnings: [], infos: [] } as never
    },
  }
}

describe('[P35] disks that fill', () => {
  test('[P35] are told in days, in both languages, red from three days', async () => {
    const found = await new DiskForecast(engine(['/', 5 * 3600], ['/data', 9.5 * 86_400]), () => 0).diagnoses()
    expect(found.map(d => [d.code, d.health, d.subject, d.what.en])).toEqual([
      ['disk-filling', 'critical', 'vm /', 'The disk / of vm will be full in about 5 hours, at the pace of the last 24 hours.'],
      ['disk-filling', 'warning', 'vm /data', 'The disk /data of vm will be full in about 9 days, at the pace of the last 24 hours.'],
    ])
    expect(found[1]!.what.ko).toBe('최근 24시간처럼 계속되면 vm의 /data 디스크가 약 9일 뒤에 가득 찹니다.')
  })
  test('[P35] one question a minute', async () => {
    const e = engine()
    let now = 0
    const forecast = new DiskForecast(e, () => now)
    for (now = 0; now < 150_000; now += 10_000) expect(await forecast.diagnoses()).toEqual([])
    expect(e.asked).toHaveLength(3)
  })
  test('[P35] an engine that fails says nothing here', async () => {
    expect(await new DiskForecast({ instant: async () => { throw new Error('gone') } }, () => 0).diagnoses()).toEqual([])
  })
})
