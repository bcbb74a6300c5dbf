import { describe, expect, test } from 'vitest'
import { emptyReason } from './empty-reason.ts'
import type { FetchValues } from './types.ts'

const RANGE = { startMs: 0, endMs: 60_000 }
/** Values by definition; what is not there has none. */
const world = (answers: Readonly<Record<string, readonly string[]>>): FetchValues => async definition => answers[definition] ?? []
const ask = (expr: string, answers: Readonly<Record<string, readonly string[]>>): ReturnType<typeof emptyReason> => emptyReason([expr], RANGE, world(answers), new AbortController().signal)

describe('V3 why a panel is empty', () => {
  test('[V3] a name that nothing exposes, with the name most like it', async () => {
    expect(await ask('rate(http_request_total[5m])', { 'label_values(__name__)': ['up', 'http_requests_total'] })).toEqual({ kind: 'unknown', names: ['http_request_total'], near: 'http_requests_total' })
    expect(await ask('zzz', { 'label_values(__name__)': ['up'] })).toEqual({ kind: 'unknown', names: ['zzz'] })
  })
  test('[V3] a value that no series has, with the value most like it', async () => {
    const answers = { 'label_values({__name__="up"}, __name__)': ['up'], 'label_values(up, job)': ['shop', 'orders'], 'label_values(up, instance)': ['a'] }
    expect(await ask('up{instance="a", job="shopp"}', answers)).toEqual({ kind: 'value', metric: 'up', label: 'job', value: 'shopp', near: 'shop' })
    expect(await ask('up{job="shop"} > 3', answers)).toEqual({ kind: 'filtered' })
    expect(await ask('up{job!="shopp", instance=~"x"}', answers)).toEqual({ kind: 'filtered' })
  })
  test('[V3] braces and quotes inside a value', async () => {
    const answers = { 'label_values({__name__="x"}, __name__)': ['x'], 'label_values(x, path)': ['/a/{id}'] }
    expect(await ask('x{path="/a/{id}"}', answers)).toEqual({ kind: 'filtered' })
    expect(await ask('x{path="/b/{\\"q}"}', answers)).toMatchObject({ kind: 'value', value: '/b/{"q}' })
  })
})
