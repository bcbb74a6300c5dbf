import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { configDigest } from './config-digest.ts'

const dir = mkdtempSync(join(tmpdir(), 'haechi-digest-'))
afterAll(() => rmSync(dir, { recursive: true }))

test('[C10] the digest changes with every file that a reload reads, and with nothing else', async () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  }
  mkdirSync(join(dir, 'provisioning', 'alerting'), { recursive: true })
  const places = {
    config: file('prometheus.yml', "rule_files: ['rules/*.yml', 'more.yml']\nscrape_config_files: [jobs.yml]\n"), alertmanager: file('alertmanager.yml', "route: {receiver: a}\ntemplates: ['*.tmpl']\n"),
    provisioning: join(dir, 'provisioning'), env: file('.env', 'A=1'),
  }
  mkdirSync(join(dir, 'rules'))
  let before = await configDigest(places)
  expect(await configDigest(places)).toBe(before)
  file('unrelated.txt', 'x')
  expect(await configDigest(places)).toBe(before)
  for (const name of ['rules/a.yml', 'more.yml', 'jobs.yml', 'x.tmpl', 'provisioning/alerting/p.yaml', '.env', 'prometheus.yml', 'alertmanager.yml']) {
    file(name, name === 'prometheus.yml' ? 'rule_files: [' : `# ${name}`)
    const after = await configDigest(places)
    expect(after, name).not.toBe(before)
    before = after
  }
  rmSync(join(dir, '.env'))
  await expect(configDigest(places)).rejects.toThrow(/ENOENT/)
})
