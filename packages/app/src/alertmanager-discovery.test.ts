import { createServer } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@haechi/config'
import { SYSTEM_CLOCK } from '@haechi/scrape'
import { afterEach, expect, test } from 'vitest'
import { AlertmanagerDiscovery } from './alertmanager-discovery.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

test('[P22] Alertmanagers are found by file and HTTP, beside fixed ones, once each; a reload keeps them', { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'haechi-am-'))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const server = createServer((_q, res) => {
    res.setHeader('content-type', 'application/json').end(JSON.stringify([{ targets: ['http-a:9093', 'fixed:9093', 'drop-me:9093'], labels: { zone: 'z' } }]))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.close()
    server.closeAllConnections()
  })
  writeFileSync(join(folder, 'am.json'), JSON.stringify([{ targets: ['file-a:9093'] }]))
  const yml = join(folder, 'prometheus.yml')
  writeFileSync(yml, JSON.stringify({ alerting: { alertmanagers: [
    { static_configs: [{ targets: ['fixed:9093'] }] },
    { scheme: 'https', path_prefix: '/am', timeout: '3s', file_sd_configs: [{ files: ['am.json'], refresh_interval: '1s' }] },
    { http_sd_configs: [{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }], relabel_configs: [{ source_labels: ['__address__', 'zone'], regex: 'drop-me.*;z', action: 'drop' }] },
  ] } }))
  const config = await loadConfig(yml)
  expect(config.warnings).toEqual([])
  const discovery = new AlertmanagerDiscovery({ log, clock: SYSTEM_CLOCK, userAgent: 'test' })
  ends.push(() => discovery.stop())
  discovery.apply(config)
  const urls = (): string[] => discovery.targets().map(t => t.url).sort()
  await expect.poll(urls, { timeout: 20_000 }).toEqual(['http://fixed:9093', 'http://http-a:9093', 'https://file-a:9093/am'])
  expect(discovery.dropped()).toEqual(['http://drop-me:9093/api/v2/alerts'])
  expect(discovery.targets().find(t => t.url.includes('file-a'))!.timeoutMs).toBe(3000)
  discovery.apply(await loadConfig(yml))
  expect(urls()).toContain('http://http-a:9093')
  writeFileSync(join(folder, 'am.json'), JSON.stringify([{ targets: ['file-b:9093'] }]))
  await expect.poll(urls, { timeout: 20_000 }).toContain('https://file-b:9093/am')
  expect(urls()).not.toContain('https://file-a:9093/am')
})
