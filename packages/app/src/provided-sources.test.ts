import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openState } from '@haechi/server'
import type { StateStore } from '@haechi/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProvidedSources } from './provided-sources.ts'

const LOG = { debug() {}, info() {}, warn() {}, error() {} }
let folder: string
let state: StateStore
let sources: ProvidedSources
const write = (text: string, name = 'all.yaml'): Promise<void> => writeFile(join(folder, 'datasources', name), text)
const load = (env: Record<string, string> = {}): Promise<void> => sources.load(folder, name => env[name])
const names = async (): Promise<string[]> => (await state.dataSources.list()).map(s => s.name)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haechi-sources-'))
  await mkdir(join(folder, 'datasources'))
  state = await openState(':memory:', { log: LOG })
  sources = new ProvidedSources(state.dataSources, LOG, 20)
})
afterEach(async () => {
  await sources.stop()
  await state.close()
  await rm(folder, { recursive: true })
})

describe('DS1 data sources of files', () => {
  test('[DS1] are read as Grafana reads them, with variables and files', async () => {
    await writeFile(join(folder, 'token'), 'tenant-7\n')
    await write(`apiVersion: 1
datasources:
  - name: Prometheus
    type: prometheus
    url: http://\${HOST}:9090
    isDefault: true
    basicAuth: true
    basicAuthUser: kim
    editable: false
    jsonData: { httpMethod: POST, timeInterval: 5s, customQueryParameters: 'a=b', httpHeaderName1: X-Scope-OrgID, tlsSkipVerify: true }
    secureJsonData:
      basicAuthPassword: $PW
      httpHeaderValue1: $__file{${join(folder, 'token')}}
`)
    await load({ HOST: 'far', PW: 'geheim' })
    expect(await state.dataSources.list()).toMatchObject([{
      id: 1, uid: 'PBFA97CFB590B2093', name: 'Prometheus', version: 1, secrets: { basicAuthPassword: 'geheim', httpHeaderValue1: 'tenant-7' },
      settings: { url: 'http://far:9090', isDefault: true, basicAuth: true, basicAuthUser: 'kim', jsonData: { timeInterval: '5s', tlsSkipVerify: true }, provisioned: { file: join(folder, 'datasources', 'all.yaml'), editable: false } },
    }])
    // The same once more changes nothing: clients see the version.
    await load({ HOST: 'far', PW: 'geheim' })
    expect((await state.dataSources.list())[0]).toMatchObject({ id: 1, version: 1 })
    await load({ HOST: 'near', PW: 'geheim' })
    expect((await state.dataSources.list())[0]).toMatchObject({ id: 1, version: 2, settings: { url: 'http://near:9090' } })
  })
  test.each([
    ['datasources:\n  - name: A\n    type: prometheus\n', /all\.yaml:2:\d+: datasources\[0\]\.url: the address is missing \(write e\.g\./],
    ['datasources:\n  - name: A\n    type: prometheus\n    url: http://x\n    isdefault: true\n', /all\.yaml:5:\d+.*isdefault/],
    ['datasources:\n  - { name: A, type: prometheus, url: "http://x", isDefault: true }\n  - { name: B, type: prometheus, url: "http://x", isDefault: true }\n', /all\.yaml:3:\d+.*only one data source can be the default; "A"/],
    ['datasources:\n  - { name: A, type: prometheus, url: "http://x" }\n  - { name: A, type: prometheus, url: "http://y" }\n', /all\.yaml:3:\d+.*called "A" already/],
    ['datasources:\n  - { name: A, type: prometheus, url: "http://me:geheim@x" }\n', /all\.yaml:2:\d+.*holds a name or password/],
    ['datasources:\n  - name: A\n    type: prometheus\n    url: http://x\n    secureJsonData: { token: "$__file{/none/at/all}" }\n', /all\.yaml:5:\d+.*cannot read \/none\/at\/all: no such file/],
    ['apiVersion: 2\n', /all\.yaml:1:\d+: apiVersion: only apiVersion 1/],
    ['datasources: [\n', /all\.yaml:\d+:\d+: not valid YAML/],
  ])('[DS2] %j is refused with file and line', async (text, message) => {
    await write('datasources:\n  - { name: Before, type: prometheus, url: "http://x" }\n')
    await load()
    await write(text)
    const err = await load().then(() => undefined, (e: Error) => e)
    expect(err?.message).toMatch(message)
    expect(err?.message).not.toContain('geheim')
    expect(await names()).toEqual(['Before'])
  })
  test('[DS3] deleteDatasources, prune, and what stays without it', async () => {
    await state.dataSources.add({ uid: 'page', name: 'Of the page', secrets: {}, settings: { type: 'prometheus', access: 'proxy', url: 'http://p', user: '', database: '', basicAuth: false, basicAuthUser: '', withCredentials: false, isDefault: true, jsonData: {} } })
    await write('datasources:\n  - { name: A, type: prometheus, url: "http://a", isDefault: true }\n  - { name: B, type: prometheus, url: "http://b" }\n')
    await load()
    expect((await state.dataSources.list()).map(s => [s.name, s.settings.isDefault])).toEqual([['A', true], ['B', false], ['Of the page', false]])
    await write('datasources:\n  - { name: A, type: prometheus, url: "http://a" }\n')
    await load()
    expect((await state.dataSources.list()).find(s => s.name === 'B')?.settings.provisioned).toBeUndefined()
    await write('deleteDatasources:\n  - { name: B, orgId: 1 }\n  - { name: A }\ndatasources:\n  - { name: A, type: prometheus, url: "http://a" }\n')
    await load()
    expect(await names()).toEqual(['A', 'Of the page'])
    await write('prune: true\n')
    await load()
    expect(await names()).toEqual(['Of the page'])
  })
  test('[DS4] a changed file is read by itself; a wrong one is told and changes nothing', async () => {
    await write('datasources:\n  - { name: A, type: prometheus, url: "http://a" }\n')
    await load()
    sources.watch()
    await write('datasources:\n  - { name: A, type: prometheus, url: "http://changed" }\n')
    await expect.poll(async () => (await state.dataSources.list())[0]!.settings.url, { timeout: 15_000 }).toBe('http://changed')
    await write('datasources: nothing to see\n')
    await expect.poll(() => sources.error, { timeout: 15_000 }).toMatch(/all\.yaml:1:14/)
    expect(await names()).toEqual(['A'])
    await write('datasources: []\nprune: true\n')
    await expect.poll(names, { timeout: 15_000 }).toEqual([])
    expect(sources.error).toBeUndefined()
  })
})
