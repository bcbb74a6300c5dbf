import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { smallDisk } from '@haechi/testkit'
import { afterAll, expect, test } from 'vitest'
import { own, vector } from './support/api.ts'
import { newFolder, runHaechi, startHaechi, waitFor } from './support/haechi.ts'
import { pushBody } from './support/write-request.ts'

const disk = smallDisk(8)
if (typeof disk === 'string') process.stderr.write(`tests of a full and of a read-only disk are skipped: ${disk}\n`)
afterAll(() => {
  if (typeof disk !== 'string') disk.remove()
})

test.skipIf(typeof disk === 'string')('[F10] on a full disk the server goes on: it answers, sends alerts, says in log and answers what is not kept, and keeps things again when there is space; on a read-only one it refuses to start in a sentence', async () => {
  if (typeof disk === 'string') return
  const messages: string[] = []
  const hook = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => { text += part }).on('end', () => {
      messages.push(text)
      response.end()
    })
  })
  await new Promise<void>(resolve => { hook.listen(0, '127.0.0.1', resolve) })
  const cwd = newFolder()
  writeFileSync(join(cwd, 'prometheus.yml'), JSON.stringify({ global: { evaluation_interval: '200ms' }, rule_files: ['rules.yml'], scrape_configs: [] }))
  writeFileSync(join(cwd, 'rules.yml'), JSON.stringify({ groups: [{ name: 'a', rules: [{ alert: 'First', expr: 'vector(1)' }] }] }))
  writeFileSync(join(cwd, 'alertmanager.yml'), JSON.stringify({
    route: { receiver: 'hook', group_by: ['alertname'], group_wait: '100ms', group_interval: '300ms' },
    receivers: [{ name: 'hook', webhook_configs: [{ url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/` }] }],
  }))
  mkdirSync(join(disk.dir, 'data'))
  const start = { cwd, data: join(disk.dir, 'data'), args: ['--web.enable-remote-write-receiver'] }
  const haechi = await startHaechi(start)
  const push = async (name: string, i: number): Promise<{ readonly status: number; readonly text: string }> => {
    const response = await fetch(`${haechi.url}/api/v1/write`, {
      method: 'POST', body: pushBody(Array.from({ length: 500 }, (_, k) => ({ labels: { __name__: name, i: String(i), k: String(k) }, samples: [[Date.now(), i * 1000 + k]] }))),
      headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf', 'x-prometheus-remote-write-version': '0.1.0' },
    })
    return { status: response.status, text: await response.text() }
  }
  const board = (): Promise<Response> => fetch(`${haechi.url}/api/dashboards/db`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ dashboard: { title: 'large', text: 'x'.repeat(100_000) }, overwrite: true }) })
  expect((await push('before', 1)).status).toBe(204)
  await waitFor('the first alert', 20_000, () => messages.some(m => m.includes('"First"')))

  disk.fill()
  // The last page of a file may have room for a little.
  await waitFor('a refused batch', 20_000, async () => (await push('refused', Date.now() % 1_000_000)).status === 500)
  const saved = await board()
  expect(saved.status).toBe(507)
  expect(await saved.text()).toMatch(/state\.db can't be written: no space left on the device\. .*Free space/)
  const point = await own<{ readonly errorType: string; readonly error: string; readonly next: { readonly en: string; readonly ko: string } }>(haechi.url, 'contact-points', { method: 'POST', body: JSON.stringify({ name: 'y'.repeat(100), type: 'discord', url: 'https://discord.com/api/webhooks/1/abc' }) })
  expect(point).toMatchObject({ code: 507, body: { errorType: 'not_kept', error: expect.stringContaining('no space left on the device'), next: { en: expect.stringContaining('Free space'), ko: expect.stringContaining('공간') } } })
  expect((await vector(haechi.url, 'count(before)')).map(s => s.value[1])).toEqual(['500'])
  // What alerting remembers can't be kept; the next alert is sent all the same. It begins when the rules are read again.
  writeFileSync(join(cwd, 'rules.yml'), JSON.stringify({ groups: [{ name: 'a', rules: [{ alert: 'WhileFull', expr: 'count(before)' }] }] }))
  haechi.signal('SIGHUP')
  await waitFor('an alert while the disk is full', 20_000, () => messages.some(m => m.includes('"WhileFull"') && m.includes('"firing"')))
  await waitFor('the line of the log', 20_000, () => haechi.said().includes('What alerting remembers can not be kept'))
  expect(haechi.said()).toMatch(/no space left on (the )?device/i)

  disk.free()
  await waitFor('batches to be taken again', 20_000, async () => (await push('after', 2)).status === 204)
  expect((await board()).status).toBe(200)
  expect((await haechi.stop()).code).toBe(0)
  const again = await startHaechi(start)
  expect((await vector(again.url, 'count(last_over_time(before[1h]))')).map(s => s.value[1])).toEqual(['500'])
  expect((await vector(again.url, 'count(last_over_time(after[1h]))')).map(s => s.value[1])).toEqual(['500'])
  expect(again.said()).not.toMatch(/level=ERROR/)
  await again.stop()

  disk.readOnly(true)
  const refused = await runHaechi(['--web.listen-address=127.0.0.1:0', `--storage.tsdb.path=${start.data}`], { cwd })
  disk.readOnly(false)
  expect(refused.code).toBe(1)
  expect(refused.err + refused.out).toMatch(/cannot write to the data directory .*: the file system is read-only/)
  hook.close()
}, 180_000)
