import { expect, test } from 'vitest'
import { startOf } from '../api/start.ts'
import { failureOf } from '../api/failure.ts'
import { TAB_PATHS, tabOf } from './tab-paths.ts'

test('[P9] words of the path mean tabs, the first one needs none, others are unknown', () => {
  const { tabs } = TAB_PATHS.find(p => p.path === '/alerts')!
  expect([tabOf(tabs, 'rules'), tabOf(tabs, 'now'), tabOf(tabs, 'nonsense'), tabOf(tabs, 'constructor'), tabOf(tabs, '')]).toEqual(['rules', undefined, null, null, null])
})
test('[P5] a server that is being started is told from one that fails', () => {
  expect(failureOf(503, '{"status":"error","errorType":"unavailable","error":"Haechi is starting: opening the data directory"}').kind).toBe('starting')
  expect(failureOf(503, '{"message":"Haechi is starting: opening the data directory"}').kind).toBe('starting')
  expect(failureOf(503, '{"status":"error","errorType":"unavailable","error":"busy"}').kind).toBe('server')
  expect(startOf('{"en":"opening","ko":"여는 중","ratio":null}')).toEqual({ en: 'opening', ko: '여는 중' })
  for (const body of ['<!doctype html>', '', '{}', '{"en":1}', 'null']) expect(startOf(body), body).toBe('ready')
})
