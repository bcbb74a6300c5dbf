import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@haechi/model'
import { RuleError } from '@haechi/rules'
import { afterAll, describe, expect, test } from 'vitest'
import { maskSecrets } from './mask.ts'
import { readEnvFile } from './env-file.ts'
import { globBeside } from './glob.ts'
import { DEFAULT_CONFIG, loadConfig } from './load-config.ts'

describe('[C3] no secret leaves in the shown configuration', () => {
  test('keys, headers and addresses', () => {
    const shown = maskSecrets(`
# api key: topsecret0
scrape_configs:
  - job_name: a
    basic_auth: { username: bob, password: topsecret1 }
    authorization: { type: Bearer, credentials: topsecret2 }
    proxy_url: http://bob:topsecret3@proxy:3128
    http_headers: { X-Key: { secrets: [topsecret4] } }
    static_configs: [{ targets: ['localhost:8000'] }]
remote_write:
  - url: https://x.example/write
    headers: { X-Token: topsecret5 }
`)
    expect(shown).not.toContain('topsecret')
    expect(shown).toContain('username: bob')
    expect(shown).toContain('http://bob:<secret>@proxy:3128')
    expect(shown).toContain('localhost:8000')
  })
  test('a text that is no YAML shows nothing', () => expect(maskSecrets('a: [1\n')).toBe(''))
})

describe('[C4] .env', () => {
  test('values are secrets; a missing file is no error', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'haechi-config-'))
    await writeFile(join(dir, '.env'), 'DISCORD_WEBHOOK="https://discord.com/api/webhooks/1/abc"\n# comment\nEMPTY=\n')
    const env = (await readEnvFile(join(dir, '.env')))!
    expect([...env.keys()]).toEqual(['DISCORD_WEBHOOK'])
    expect(String(env.get('DISCORD_WEBHOOK'))).toBe('<secret>')
    expect(env.get('DISCORD_WEBHOOK')!.reveal()).toBe('https://discord.com/api/webhooks/1/abc')
    expect(await readEnvFile(join(dir, 'none'))).toBeUndefined()
  })
})

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

/** A folder with these files, folders made as needed. @returns the path of the first */
async function files(named: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'haechi-config-'))
  folders.push(dir)
  for (const [name, text] of Object.entries(named)) {
    await mkdir(join(dir, name, '..'), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return join(dir, Object.keys(named)[0]!)
}

const RULES = (name: string): string => `groups: [{ name: ${name}, rules: [{ record: 'a:b', expr: up }] }]\n`

describe('[C1] prometheus.yml with the files that it names', () => {
  test('an empty file has Prometheus\' defaults', async () => {
    const config = await loadConfig(await files({ 'prometheus.yml': '' }))
    expect(config).toMatchObject({ scrapeConfigs: [], scrapeIntervalMs: 60_000, evaluationIntervalMs: 60_000, ruleGroups: [], alertmanagers: [], warnings: [], missing: [] })
    expect(DEFAULT_CONFIG.file).toBeUndefined()
  })
  test('jobs of further files, rules by patterns, each rule file once, external labels, Alertmanagers', async () => {
    const path = await files({
      'prometheus.yml': `
global: { scrape_interval: 7s, evaluation_interval: 9s, external_labels: { zone: b, cluster: a } }
runtime: { gogc: 50 }
rule_files: [rules/*.yml, rules/one.yml]
scrape_config_files: [jobs/*.yml]
scrape_configs: [{ job_name: first }]
alerting:
  alertmanagers:
    - scheme: https
      path_prefix: am/
      timeout: 3s
      static_configs: [{ targets: ['a:9093', 'b:9093'] }]
`,
      'rules/one.yml': RULES('one'), 'rules/two.yml': RULES('two'), 'rules/two.txt': 'no rules', 'jobs/x.yml': 'scrape_configs: [{ job_name: second, scrape_interval: 1s }]\n',
    })
    const config = await loadConfig(path)
    expect(config.scrapeConfigs.map(j => [j.jobName, j.scrapeIntervalMs])).toEqual([['first', 7_000], ['second', 1_000]])
    expect(config.ruleGroups.map(g => [g.name, g.intervalMs])).toEqual([['one', 9_000], ['two', 9_000]])
    expect(config.ruleFiles.map(f => f.slice(path.length - 'prometheus.yml'.length))).toEqual(['rules/one.yml', 'rules/two.yml'])
    expect(config.externalLabels).toEqual(['cluster', 'a', 'zone', 'b'])
    expect(config.alertmanagers).toEqual([{ url: 'https://a:9093/am', timeoutMs: 3_000 }, { url: 'https://b:9093/am', timeoutMs: 3_000 }])
    expect(config.warnings).toEqual([])
  })
  test('what is not acted on is said, not swallowed', async () => {
    const config = await loadConfig(await files({ 'prometheus.yml': 'remote_write: [{ url: "http://x/" }]\nstorage: { exemplars: { max_exemplars: 5 }, tsdb: { out_of_order_time_window: 30m } }\nrule_files: [gone.yml, none-*.yml]\nalerting: { alertmanagers: [{ consul_sd_configs: [] }] }\n' }))
    expect(config.warnings.join('\n')).toMatch(/remote_write/)
    expect(config.warnings.join('\n')).toMatch(/consul_sd_configs/)
    expect(config.maxExemplars).toBe(5)
    expect(config.outOfOrderWindowMs).toBe(1_800_000)
    expect(config.warnings.filter(w => w.startsWith('rule_files: no file matches'))).toHaveLength(2)
    expect(config.missing.map(e => [e.place.line, e.place.path])).toEqual([[3, 'rule_files[0]']])
  })
})

describe('[C2] nothing is used when anything is wrong', () => {
  test.each([
    ['globl: {}', /prometheus\.yml:1:1: globl: field globl not found \(did you mean global\?\)/],
    ['global: { evaluation_interval: 5 }', /global\.evaluation_interval/],
    ['scrape_configs: [{ job_name: a, static_configs: [{ targets: [5, [] ] }] }]', /scrape_configs\[0\]\.static_configs\[0\]\.targets\[1\]/],
    ['alerting: { alertmanagers: [{ scheme: ftp }] }', /alerting\.alertmanagers\[0\]\.scheme/],
    ['scrape_config_files: [more.yml]', /more\.yml:1:1: globl/],
  ])('%s', async (text, says) => {
    const path = await files({ 'prometheus.yml': text, 'more.yml': 'globl: {}' })
    const failed = await loadConfig(path).then(() => undefined, (err: unknown) => err)
    expect(failed).toBeInstanceOf(ConfigError)
    expect((failed as Error).message).toMatch(says)
  })
  test('a wrong rule names its file; a file that is none says so', async () => {
    const path = await files({ 'prometheus.yml': 'rule_files: [r.yml]', 'r.yml': "groups: [{ name: g, rules: [{ alert: A, expr: 'up >' }] }]" })
    const failed = await loadConfig(path).then(() => undefined, (err: unknown) => err)
    expect(failed).toBeInstanceOf(RuleError)
    expect((failed as Error).message).toMatch(/r\.yml: 1:\d+: group "g", rule 1, "A": could not parse expression/)
    await expect(loadConfig(`${path}.none`)).rejects.toThrow(/^cannot read configuration file .*: no such file$/)
    await expect(loadConfig(join(path, '..'))).rejects.toThrow(/it is a folder/)
  })
})

describe('[C5] patterns match as Go\'s filepath.Glob does', () => {
  test.each([
    ['*.yml', ['a.yml', 'ab.yml', 'b.yml']], ['a*.yml', ['a.yml', 'ab.yml']], ['?.yml', ['a.yml', 'b.yml']], ['[a]*.yml', ['a.yml', 'ab.yml']], ['[^a].yml', ['b.yml']], ['[a-b].yml', ['a.yml', 'b.yml']],
    ['sub/*.yml', ['sub/c.yml']], ['*/c.yml', ['sub/c.yml']], ['none*.yml', []], ['a.yml', ['a.yml']], ['sub', []], ['[a.yml', []],
  ])('%s', async (pattern, found) => {
    const path = await files({ 'prometheus.yml.txt': '', 'a.yml': '', 'ab.yml': '', 'b.yml': '', 'sub/c.yml': '' })
    const dir = join(path, '..')
    expect((await globBeside(pattern, path)).map(f => f.slice(dir.length + 1))).toEqual(found)
  })
})

describe('[C8] alerting: of prometheus.yml', () => {
  test('[C8] relabelling of alerts and of Alertmanagers, authorization and TLS', async () => {
    const path = await files({
      'prometheus.yml': `
alerting:
  alert_relabel_configs: [{ regex: replica, action: labeldrop }]
  alertmanagers:
    - path_prefix: /am
      basic_auth: { username: kim, password_file: pw }
      tls_config: { insecure_skip_verify: true }
      alert_relabel_configs: [{ source_labels: [severity], regex: info, action: drop }]
      relabel_configs:
        - { source_labels: [role], regex: spare, action: drop }
        - { source_labels: [role], regex: tls, target_label: __scheme__, replacement: https }
      static_configs: [{ targets: ['a:9093'], labels: { role: tls } }, { targets: ['b:9093'], labels: { role: spare } }, { targets: ['c:9093', 'c:9093'] }]
`, pw: 'SECRETPW\n',
    })
    const config = await loadConfig(path)
    const headers = { authorization: `Basic ${Buffer.from('kim:SECRETPW').toString('base64')}` }
    expect(config.alertmanagers.map(({ relabelConfigs, ...a }) => ({ ...a, rules: relabelConfigs?.length }))).toEqual([
      { url: 'https://a:9093/am', timeoutMs: 10_000, headers, tls: { insecure: true }, rules: 1 }, { url: 'http://c:9093/am', timeoutMs: 10_000, headers, tls: { insecure: true }, rules: 1 },
    ])
    expect(config.droppedAlertmanagers).toEqual(['http://b:9093/am/api/v2/alerts'])
    expect(config.alertRelabelConfigs).toHaveLength(1)
    expect([config.warnings, config.shownYaml.includes('SECRET')]).toEqual([[], false])
  })
})
