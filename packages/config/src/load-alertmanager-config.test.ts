import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadAlertmanagerConfig } from './load-alertmanager-config.ts'

let dir = ''
beforeEach(async () => { dir = await mkdtemp(join(tmpdir(), 'haechi-am-')) })
afterEach(() => rm(dir, { recursive: true, force: true }))
const load = async (text: string): ReturnType<typeof loadAlertmanagerConfig> => {
  await writeFile(join(dir, 'alertmanager.yml'), text)
  return loadAlertmanagerConfig(join(dir, 'alertmanager.yml'))
}
const ROUTE = 'route: { receiver: a }\n'

describe('[C5] alertmanager.yml and its files', () => {
  test('[C5] secrets and templates are found beside the file; nothing secret is shown', async () => {
    await mkdir(join(dir, 'tmpl'))
    await writeFile(join(dir, 'url.txt'), 'http://h/FILESECRET\n')
    await writeFile(join(dir, 'tmpl/x.tmpl'), '{{ define "x" }}y{{ end }}')
    const config = await load(`# TOKENSECRET0
global: { slack_api_url: 'https://hooks.slack.test/TOKENSECRET1', smtp_auth_password: TOKENSECRET2, telegram_bot_token: TOKENSECRET7 }
${ROUTE}receivers:
  - name: a
    webhook_configs: [{ url_file: url.txt }, { url: 'http://h/TOKENSECRET3', http_config: { basic_auth: { username: kim, password: TOKENSECRET4 } } }]
    discord_configs: [{ webhook_url: 'https://discord.test/TOKENSECRET5' }]
    slack_configs: [{ api_url: 'https://hooks.slack.test/TOKENSECRET6' }]
templates: ['tmpl/*.tmpl', 'none/*.tmpl']
`)
    expect(config.contactPoints.map(p => [p.name, p.url])).toEqual([
      ['a/discord[0]', 'https://discord.test/TOKENSECRET5'], ['a/slack[0]', 'https://hooks.slack.test/TOKENSECRET6'], ['a/webhook[0]', 'http://h/FILESECRET'], ['a/webhook[1]', 'http://h/TOKENSECRET3'],
    ])
    expect(config.templates).toEqual([{ name: 'x.tmpl', text: '{{ define "x" }}y{{ end }}' }])
    expect(config.warnings).toEqual(['templates: no file matches none/*.tmpl'])
    expect(Number.isSafeInteger(config.hash)).toBe(true)
    expect(config.shownYaml).not.toContain('SECRET')
    expect(config.shownYaml).toContain('username: kim')
    expect(config.shownYaml.match(/<secret>/g)!.length).toBe(7)
  })
  test('[C5] what is missing or wrong is named', async () => {
    await expect(load(`${ROUTE}receivers: [{ name: a, webhook_configs: [{ url_file: none.txt }] }]\n`)).rejects.toThrow(/cannot read secret file .*none\.txt: no such file/)
    await writeFile(join(dir, 'bad.tmpl'), '{{ if }}')
    await expect(load(`${ROUTE}receivers: [{ name: a }]\ntemplates: [bad.tmpl]\n`)).rejects.toThrow('templates: template: bad.tmpl:1: missing value for if')
    await expect(load(`${ROUTE}receivers: [{ name: b }]\n`)).rejects.toThrow('alertmanager.yml:1:10: route.receiver: undefined receiver "a" used in route')
    await expect(loadAlertmanagerConfig(join(dir, 'other.yml'))).rejects.toThrow('no such file')
  })
})

test('[C6] the hash of a file is the number that the real Alertmanager shows', async () => {
  await writeFile(join(dir, 'am.yml'), 'route:\n  receiver: r\nreceivers:\n- name: r\n')
  expect((await loadAlertmanagerConfig(join(dir, 'am.yml'))).hash).toBe(66_547_401_729_705)
})
