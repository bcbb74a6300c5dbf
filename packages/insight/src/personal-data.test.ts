import { labelsFromObject } from '@haechi/model'
import { MemoryStorage, LocalQueryEngine } from '@haechi/promql'
import { describe, expect, test } from 'vitest'
import { findPersonalData, personalDataIn } from './personal-data.ts'

describe('D1 personal data in label values', () => {
  test.each([
    ['kim@example.com', 'email'], ['/users/kim.min-su+x@mail.example.co.kr/orders', 'email'], ['010-1234-5678', 'phone'], ['01012345678', 'phone'], ['+82 10-1234-5678', 'phone'],
    ['900101-1234568', 'resident-number'], ['4111-1111-1111-1111', 'card'], ['5500005555555559', 'card'], ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.SflKxwRJSMeKKF2QT4', 'token'],
  ])('[D1] %s: %s', (value, kind) => expect(personalDataIn(value)?.id).toBe(kind))
  test.each([
    '', '200', 'GET', '/api/v1/users/{id}', '127.0.0.1:8000', 'git@github.com:team/repo', 'git@github.com', 'f47ac10b-58cc-4372-a567-0e02b2c3d479', '1700000000000', '20261122-1234567', '900101-1234567', '4111-1111-1111-1112',
    '0000000000000000', '2026-11-22T11:46:11Z', 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'node@18', 'user@host', '0101234567', 'v1.2.3@sha', '1.5.0-beta@next', '192.168.010.1234',
  ])('[D1] nothing: %s', value => expect(personalDataIn(value)).toBeUndefined())

  test('[D1] is told with metric, label, job and share, never with a value; labels of the monitoring itself are left alone', async () => {
    const storage = new MemoryStorage()
    const appender = storage.appender()
    const add = (labels: Record<string, string>): void => { appender.append(appender.series(labelsFromObject(labels)), 1_000, 1) }
    for (let i = 0; i < 4; i++) add({ __name__: 'logins_total', job: 'shop', instance: 'kim@example.com', user: i === 0 ? 'admin' : `u${i}@example.com` })
    appender.commit()
    const found = await findPersonalData(new LocalQueryEngine(storage), 2_000)
    expect(found).toMatchObject([{ code: 'label-personal-data', subject: 'logins_total{user}', place: { kind: 'label', metric: 'logins_total', label: 'user' } }])
    expect(found[0]!.cause!.en).toContain('3 of 4 values look like it; they come from the job shop')
    expect(JSON.stringify(found)).not.toContain('@example')
  })
})
