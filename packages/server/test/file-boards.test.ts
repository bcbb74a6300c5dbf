import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServer, openState } from '../src/index.ts'
import type { HaechiServer, InjectedAnswer, StateStore } from '../src/index.ts'
import { fakeDeps } from './fake-deps.ts'

let state: StateStore
let server: HaechiServer
beforeAll(async () => {
  state = await openState(':memory:', { log: fakeDeps().log })
  await state.folders.put('shop', 'Shop', '')
  server = createServer(fakeDeps({ state, boards: () => [{ uid: 'open', dashboard: { uid: 'open', title: 'May be saved' }, origin: 'file', folderUid: 'shop', canSave: true }, { uid: 'shut', dashboard: { uid: 'shut', title: 'May not' }, origin: 'file', folderUid: 'shop' }] }), { version: '0.1.0' })
})
afterAll(async () => {
  await server.close()
  await state.close()
})
const ask = (method: 'GET' | 'POST', url: string, body?: unknown): Promise<InjectedAnswer> => server.inject({ method, url: `/api${url}`, headers: { host: 'localhost', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { payload: JSON.stringify(body) }) })
const json = async (url: string): Promise<unknown> => JSON.parse((await ask('GET', url)).body) as unknown

test('[D1] boards of files lie in their folder; those that may be saved say so, and the saved one stands in', async () => {
  expect(await json('/dashboards/uid/open')).toMatchObject({ meta: { provisioned: true, canSave: true, folderUid: 'shop', folderTitle: 'Shop' } })
  expect(await json('/dashboards/uid/shut')).toMatchObject({ meta: { provisioned: true, canSave: false, folderUid: 'shop' } })
  expect(await json('/search?folderUIDs=shop&type=dash-db')).toMatchObject([{ uid: 'open', folderUid: 'shop' }, { uid: 'shut', folderTitle: 'Shop' }])
  expect((await ask('POST', '/dashboards/db', { dashboard: { uid: 'shut', title: 'x' }, overwrite: true })).statusCode).toBe(400)
  expect((await ask('POST', '/dashboards/db', { dashboard: { uid: 'open', title: 'Mine now' }, overwrite: true })).statusCode).toBe(200)
  expect(await json('/dashboards/uid/open')).toMatchObject({ dashboard: { title: 'Mine now' }, meta: { folderUid: '' } })
  const own = await json('/haechi/v1/boards') as { readonly uid: string; readonly fromFile?: boolean; readonly folderUid?: string }[]
  expect(own.map(b => [b.uid, b.fromFile ?? false, b.folderUid ?? ''])).toEqual([['open', false, ''], ['shut', true, 'shop']])
})
