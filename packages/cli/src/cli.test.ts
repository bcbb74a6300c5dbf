import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { VERSION } from './flags.ts'
import { isLoopback, load } from './load.ts'
import { main } from './main.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function folderWith(files: Readonly<Record<string, string>>): string {
  const cwd = mkdtempSync(join(tmpdir(), 'haechi-cli-'))
  folders.push(cwd)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  return cwd
}

interface Said { readonly code: number; readonly out: string; readonly err: string }

async function haechi(args: readonly string[], { cwd = folderWith({}), language = 'en_US.UTF-8', signal = new AbortController().signal } = {}): Promise<Said> {
  let out = ''
  let err = ''
  const code = await main(args, { out: text => { out += text }, err: text => { err += text }, terminal: false, env: { LANG: language }, cwd, signal, onHangup: () => undefined })
  return { code, out, err }
}

describe('L1 wrong usage is exit code 2 and says what is meant', () => {
  test.each([
    [['--web.listen-adress=127.0.0.1:0'], /^haechi: unknown option '--web\.listen-adress=127\.0\.0\.1:0'\n\(Did you mean --web\.listen-address\?\)\n$/],
    [['--web.listen-adress', '127.0.0.1:0'], /^haechi: unknown option '--web\.listen-adress'\n\(Did you mean --web\.listen-address\?\)\n$/],
    [['--storage.tsdb.retention.time=15 days'], /--storage\.tsdb\.retention\.time[^\n]*write e\.g\. 15d/],
    [['--storage.tsdb.retention.size=20'], /--storage\.tsdb\.retention\.size[^\n]*with its unit/],
    [['--web.listen-address=nowhere'], /--web\.listen-address[^\n]*Write host:port/],
    [['--web.listen-address=localhost:99999'], /Write host:port/],
    [['--web.external-url=example.org'], /Write a full address/],
    [['--web.cors.origin=('], /--web\.cors\.origin/],
    [['--query.max-samples=many'], /--query\.max-samples[^\n]*whole number/],
    [['--query.timeout=-1s'], /--query\.timeout/],
    [['--log.level=loud'], /debug, info, warn, error/],
    [['--config.file'], /argument missing/],
    [['lod', 'http://localhost'], /^haechi: unknown command "lod" \(did you mean load\?\)/],
    [['prometheus.yml'], /^haechi: unknown command "prometheus\.yml"\. haechi --help/],
    [['check', 'confg', 'x.yml'], /config/],
    [['check', 'config'], /missing required argument 'files'/],
    [['load'], /missing required argument 'url'/],
    [['load', 'http://localhost', '--cuont', '3'], /unknown option '--cuont'[\s\S]*--count/],
    [['load', 'http://localhost', '--cuont=3'], /unknown option '--cuont=3'[\s\S]*--count/],
    [['load', 'http://example.org/'], /^haechi load: example\.org is not this machine; .*--allow-remote\n$/],
    [['load', '127.0.0.1.example.org'], /is not this machine/],
    [['load', '::::'], /is no address/],
    [['load', 'ftp://localhost/'], /not HTTP/],
    [['load', 'http://localhost/', '--count', '0'], /--count must be between 1 and 1000000/],
    [['load', 'http://localhost/', '--count', 'ten'], /--count must be between/],
    [['load', 'http://localhost/', '--parallel', '9999'], /--parallel must be between 1 and 256/],
    [['relay', '--listen-address', 'nowhere'], /nowhere is no address/],
  ] as const)('[L1] %j', async (args, says) => {
    const got = await haechi(args)
    expect(got.err).toMatch(says)
    expect([got.code, got.out]).toEqual([2, ''])
    expect(got.err).not.toMatch(/\n\s+at /)
  })
  test.each([
    ['--web.listen-adress=x'], ['--storage.tsdb.retention.time=15 days'], ['--storage.tsdb.retention.size=20'], ['--web.listen-address=nowhere'], ['--query.max-samples=many'], ['--log.level=loud'], ['--config.file'], ['check', 'config'],
    ['check', 'confg', 'x.yml'], ['relay', '--listen-address', 'nowhere'],
  ])('[L6] Korean where the terminal is: %s %s', async (...args: string[]) => {
    const got = await haechi(args, { language: 'ko_KR.UTF-8' })
    expect(got.code).toBe(2)
    // Names and examples stay; no English sentence does.
    expect(got.err.replace(/--\S+|'[^']*'|<[^>]*>|\b[A-Z]\w+\b/g, '')).not.toMatch(/[a-z]{3,} [a-z]{2,} [a-z]{2,}/)
    expect(got.err).toMatch(/[가-힣]/)
  })
  test('[L1] in Korean where the terminal is', async () => {
    expect((await haechi(['lod'], { language: 'ko_KR.UTF-8' })).err).toContain('명령은 없습니다 (load인가요?)')
    expect((await haechi(['load', 'http://example.org'], { language: 'ko_KR.UTF-8' })).err).toContain('이 컴퓨터가 아닙니다')
  })
})

describe('L14 a file or folder that a flag names must be there', () => {
  test.each([
    ['--config.file', /^haechi: cannot read configuration file nowhere: no such file\n$/],
    ['--alertmanager.config.file', /^haechi: cannot read [^\n]*nowhere: no such file\n$/],
    ['--env-file', /^haechi: cannot read nowhere: no such file\n$/],
    ['--web.config.file', /^haechi: cannot read nowhere: no such file\n$/],
    ['--provisioning', /^haechi: the folder of --provisioning is missing: [^\n]*nowhere\n$/],
  ] as const)('[L14] %s', async (flag, says) => {
    const cwd = folderWith({})
    const got = await haechi([flag, 'nowhere', '--web.listen-address=127.0.0.1:0', `--storage.tsdb.path=${join(cwd, 'data')}`], { cwd })
    expect([got.code, got.err.replace(/^time=[^\n]*\n/gm, '')]).toEqual([1, expect.stringMatching(says)])
    expect((await haechi([flag, 'nowhere', '--web.listen-address=127.0.0.1:0', `--storage.tsdb.path=${join(cwd, 'data')}`], { cwd, language: 'ko_KR.UTF-8' })).err).toMatch(/haechi: [^\n]*(?:없|못)[^\n]*\n$/)
  })
})

describe('L2 help and version', () => {
  test('[L2] are printed to standard output with exit code 0', async () => {
    expect(await haechi(['--version'])).toEqual({ code: 0, out: `haechi ${VERSION}\n`, err: '' })
    const help = await haechi(['--help'])
    expect([help.code, help.err]).toEqual([0, ''])
    for (const flag of ['--config.file', '--storage.tsdb.path', '--web.listen-address', '--query.timeout', '--demo', 'load', 'relay', 'check']) expect(help.out).toContain(flag)
    expect((await haechi(['load', '--help'])).out).toContain('--parallel')
  })
})

describe('L3 a wrong configuration: exit code 1 and file, line, path and fix, by the server and by the check', () => {
  test.each([
    { name: 'a typo', yml: 'scrape_configs:\n  - job_name: a\n    scrape_intervall: 2s\n', says: /^prometheus\.yml:3:5: scrape_configs\[0\]\.scrape_intervall: .*did you mean scrape_interval/ },
    { name: 'a wrong duration', yml: 'global: { scrape_interval: 10 sec }\n', says: /^prometheus\.yml:1:28: global\.scrape_interval: .*write e\.g\. 15s/ },
    { name: 'a timeout above the interval', yml: 'scrape_configs:\n  - job_name: a\n    scrape_interval: 5s\n    scrape_timeout: 10s\n', says: /^prometheus\.yml:\d+:\d+: scrape_configs\[0\].*timeout/ },
    { name: 'two jobs of one name', yml: 'scrape_configs:\n  - job_name: a\n  - job_name: a\n', says: /^prometheus\.yml:3:\d+: scrape_configs\[1\].*"?a"?/ },
    { name: 'a wrong regular expression', yml: 'scrape_configs:\n  - job_name: a\n    relabel_configs: [{ target_label: b, regex: "(" }]\n', says: /^prometheus\.yml:3:\d+: scrape_configs\[0\]\.relabel_configs\[0\]\.regex: / },
    { name: 'no YAML', yml: 'scrape_configs: [1\n', says: /^prometheus\.yml:\d+:\d+: not valid YAML: / },
    { name: 'a list where a mapping belongs', yml: 'global: [1]\n', says: /^prometheus\.yml:1:9: global: / },
    { name: 'a key of another file', yml: 'route: { receiver: a }\n', says: /^prometheus\.yml:1:1: route: field route not found/ },
    { name: 'a wrong rule', yml: 'rule_files: [rules.yml]\n', says: /^rules\.yml: 5:15: group "g", rule 1, "A": could not parse expression: 1:7: parse error: / },
  ])('[L3] $name', async ({ yml, says }) => {
    const cwd = folderWith({ 'prometheus.yml': yml, 'rules.yml': 'groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up == = 0\n' })
    const before = process.cwd()
    process.chdir(cwd)
    try {
      const start = await haechi(['--web.listen-address=127.0.0.1:0'], { cwd })
      expect([start.code, start.out]).toEqual([1, ''])
      expect(start.err).toMatch(/^haechi: [^\n]+\n$/)
      expect(start.err.replace(/^haechi: /, '')).toMatch(says)
      const korean = await haechi(['--web.listen-address=127.0.0.1:0'], { cwd, language: 'ko_KR.UTF-8' })
      expect([korean.code, korean.err]).toEqual([1, expect.stringMatching(/[가-힣]/)])
      expect(/^haechi: \S+/.exec(korean.err)![0], 'the same file, line and column').toBe(/^haechi: \S+/.exec(start.err)![0])
      const check = await haechi(['check', 'config', 'prometheus.yml'], { cwd })
      expect([check.code, check.out]).toEqual([1, ''])
      expect(check.err).toMatch(says)
      expect(readdirSync(cwd).sort(), 'nothing was made').toEqual(['prometheus.yml', 'rules.yml'])
    } finally {
      process.chdir(before)
    }
  })

  test('[L3] check config takes the features that the server will have', async () => {
    const cwd = folderWith({
      'prometheus.yml': 'rule_files: [r.yml]\n',
      'r.yml': 'groups: [{name: g, rules: [{record: a, expr: "limitk(1, up) + fill(0) up"}]}]\n',
    })
    const file = join(cwd, 'prometheus.yml')
    const flag = '--enable-feature=promql-experimental-functions,promql-binop-fill-modifiers'
    expect((await haechi(['check', 'config', file])).err).toContain('limitk() is experimental')
    expect((await haechi(['check', 'config', flag, file])).code).toBe(0)
    expect((await haechi([flag, 'check', 'config', file])).code).toBe(0)
    expect((await haechi(['check', 'config', file])).code).toBe(1)
  })
  test('[L3] check config looks at each file on its own', async () => {
    const cwd = folderWith({ 'good.yml': 'scrape_configs: [{ job_name: a }]\nrule_files: [none-*.yml]\n', 'bad.yml': 'globl: {}\n', 'missing.yml': 'scrape_config_files:\n- jobs/*.yml\nrule_files:\n- here/nothing.yml\n' })
    const paths = ['good', 'bad', 'missing', 'absent'].map(name => join(cwd, `${name}.yml`))
    const got = await haechi(['check', 'config', ...paths])
    expect(got.code).toBe(1)
    expect(got.out).toContain('good.yml: fine (1 scrape jobs, 0 rule files, 0 rules)\n')
    expect(got.out).toContain('note: rule_files: no file matches none-*.yml')
    expect(got.err).toContain('did you mean global?')
    expect(got.err).toContain('missing.yml:4:3: rule_files[0]: "here/nothing.yml" does not point to an existing file')
    expect(got.err).toContain('absent.yml: no such file')
    const korean = await haechi(['check', 'config', paths[0]!], { language: 'ko_KR.UTF-8' })
    expect([korean.code, korean.out]).toEqual([0, expect.stringContaining('이상 없음')])
  })
})

describe('L4 load', () => {
  test('[L4] only this machine is loaded unless told otherwise', () => {
    for (const name of ['localhost', 'api.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '::1']) expect(isLoopback(name), name).toBe(true)
    for (const name of ['example.org', '10.0.0.1', '0.0.0.0', 'localhost.example.org', '127.0.0.1.example.org', '[::2]', '']) expect(isLoopback(name), name).toBe(false)
  })

  test('[L4] never more at once than asked for, every request counted, latencies ascending; stops when told to', async () => {
    let now = 0
    let most = 0
    let n = 0
    const server = createServer((_req, res) => {
      n++
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        res.writeHead(n % 5 === 0 ? 503 : 200).end('x')
      }, 5)
    })
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const options = { url, count: 50, parallel: 3, method: 'GET', timeoutMs: 5_000, allowRemote: false }
    let done = 0
    const result = await load(options, new AbortController().signal, d => { done = d })
    expect([n, done, result.latenciesMs.length, most]).toEqual([50, 50, 50, 3])
    expect([...result.byStatus.values()].reduce((a, b) => a + b)).toBe(50)
    expect([...result.byStatus.keys()].sort()).toEqual([200, 503])
    expect([...result.latenciesMs]).toEqual([...result.latenciesMs].sort((a, b) => a - b))
    const stop = new AbortController()
    const cut = await load({ ...options, count: 100_000 }, stop.signal, d => { if (d === 10) stop.abort() })
    expect(cut.latenciesMs.length).toBeLessThan(20)
    server.closeAllConnections()
    server.close()
    const gone = await load({ ...options, count: 4 }, new AbortController().signal, () => undefined)
    expect([...gone.failures]).toEqual([['ECONNREFUSED', 4]])
  })
})
