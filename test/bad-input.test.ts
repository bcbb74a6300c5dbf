import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ask, own, vector } from './support/api.ts'
import type { QueryData } from './support/api.ts'
import { everythingSaid, launchHaechi, newFolder, note, runHaechi, sleep, startHaechi, waitFor } from './support/haechi.ts'
import { exporter, serve } from './support/targets.ts'

const EMPTY = 'scrape_configs: []\n'
const PASSWORD = 'topsecret-9b1d'
/** `haechi: …` and nothing else: no stack trace, no second line. */
const ONE_SENTENCE = /^haechi: [^\n]+\n$/

function folderWith(files: Readonly<Record<string, string>>): string {
  const cwd = newFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  return cwd
}

/** What was said to the user, without the log. */
function words(err: string): string {
  return err.split('\n').filter(line => !line.startsWith('time=')).join('\n')
}

// These two measure time and run alone; those below wait most of theirs and run side by side.
describe('B5 targets that hang, flood or lie', { retry: 1 }, () => {
  test('[B5] each is down with its reason and a diagnosis; the healthy one beside them keeps its time', { timeout: 120_000 }, async () => {
    const arrivals: number[] = []
    const healthy = await serve((req, res) => {
      if (req.url === '/healthy') arrivals.push(performance.now())
      res.setHeader('content-type', 'text/plain; version=0.0.4').end('healthy_total 1\n')
    })
    const line = Buffer.from('flood{a="1"} 1\n'.repeat(4096))
    const flood = (res: ServerResponse): void => {
      const more = (): void => { while (!res.destroyed && res.write(line)); }
      res.on('drain', more)
      more()
    }
    const text = (body: string) => (res: ServerResponse): void => void res.end(body)
    const long = 'x'.repeat(10 << 20)
    const paths: Readonly<Record<string, { readonly answer: (res: ServerResponse) => void; readonly type?: string; readonly code?: string; readonly error: RegExp }>> = {
      hang: { answer: () => undefined, code: 'target-timeout', error: /context deadline exceeded/ },
      slowbody: { answer: res => void res.write('a 1\n'), code: 'target-timeout', error: /context deadline exceeded/ },
      flood: { answer: flood, code: 'target-timeout', error: /context deadline exceeded|body size limit exceeded/ },
      html: { answer: text('<!doctype html><html><body>Sign in</body></html>'), type: 'text/html', code: 'target-html', error: /text\/html/ },
      lines: { answer: text('good 1\nthis is { no metric\n'), code: 'target-parse', error: /expected|invalid|got/ },
      long: { answer: text(`{${long}\n`), code: 'target-parse', error: /expected|invalid|got/ },
      broken: { answer: res => void res.writeHead(500).end('no'), code: 'target-server-error', error: /HTTP status 500/ },
      cut: { answer: res => { res.write('a 1\n'); setTimeout(() => res.destroy(), 50) }, code: 'target-closed', error: /EOF|reset/ },
      twice: { answer: text('twice 1\ntwice 2\n'), error: /^$/ },
      longvalue: { answer: text(`longvalue{v="${long}"} 1\n`), error: /^$/ },
    }
    const liar = await serve((req, res) => {
      const path = paths[(req.url ?? '').slice(1)]
      // Programs that look for services on this machine ask for other paths.
      if (path === undefined) return void res.writeHead(404).end()
      res.setHeader('content-type', path.type ?? 'text/plain; version=0.0.4')
      path.answer(res)
    })
    const job = (name: string, address: string, path: string): object => ({ job_name: name, metrics_path: path, static_configs: [{ targets: [address] }] })
    const cwd = folderWith({
      'prometheus.yml': JSON.stringify({
        global: { scrape_interval: '1s' },
        scrape_configs: [{ ...job('healthy', healthy.address, '/healthy'), scrape_interval: '1s' }, ...Object.keys(paths).map(name => job(name, liar.address, `/${name}`))],
      }),
    })
    const haechi = await startHaechi({ cwd })
    interface Target { readonly job: string; readonly health: string; readonly lastError: string; readonly diagnosis?: { readonly code: string; readonly what: { readonly en: string; readonly ko: string }; readonly next: { readonly en: string; readonly ko: string } } }
    let targets: readonly Target[] = []
    await waitFor('every target to be judged', 15_000, async () => {
      targets = (await own<Target[]>(haechi.url, 'targets')).body
      return targets.length === Object.keys(paths).length + 1 && targets.every(t => t.health !== 'unknown')
    }, 250)
    const from = arrivals.length
    const t0 = performance.now()
    await sleep(8_000)
    const seconds = (performance.now() - t0) / 1000
    const gaps = arrivals.slice(from).map((t, i, all) => (i === 0 ? 0 : t - all[i - 1]!))
    targets = (await own<Target[]>(haechi.url, 'targets')).body
    for (const [name, { code, error }] of Object.entries(paths)) {
      const t = targets.find(x => x.job === name)!
      expect([name, t.health], `${name}: ${t.lastError}`).toEqual([name, code === undefined ? 'up' : 'down'])
      expect(t.lastError, name).toMatch(error)
      expect(t.lastError.length, name).toBeLessThan(8_000)
      if (code === undefined) continue
      expect([name, t.diagnosis?.code]).toEqual([name, name === 'flood' && t.lastError.includes('size') ? 'target-body-limit' : code])
      expect(t.diagnosis!.what.en.length * t.diagnosis!.what.ko.length * t.diagnosis!.next.en.length * t.diagnosis!.next.ko.length).toBeGreaterThan(0)
    }
    expect(Number((await vector(haechi.url, 'avg_over_time(up{job="healthy"}[10s])'))[0]!.value[1])).toBeGreaterThan(0.75)
    process.stderr.write(`healthy target: ${gaps.length} scrapes in ${seconds.toFixed(1)} s at 1 s, longest gap ${Math.max(...gaps).toFixed(0)} ms; ${((await own<{ rssBytes: number }>(haechi.url, 'status')).body.rssBytes / 2 ** 20).toFixed(0)} MiB\n`)
    // One scrape a second whatever the others do; a busy machine may cost one or two.
    expect(gaps.length).toBeGreaterThanOrEqual(Math.floor(seconds) - 2)
    expect(Math.max(...gaps)).toBeLessThan(2_500)
    // The first of two samples at the same time stays, as in Prometheus.
    expect((await vector(haechi.url, 'twice'))[0]?.value[1]).toBe('1')
    const down = Object.entries(paths).filter(([, { code }]) => code !== undefined).map(([name]) => name)
    expect((await vector(haechi.url, `count(max_over_time(up{job=~"${down.join('|')}"}[10m]) == 0)`))[0]?.value[1]).toBe(String(down.length))
    expect((await vector(haechi.url, 'sum(good) or vector(0)'))[0]?.value[1], 'a page with a wrong line leaves nothing').toBe('0')
    const stopped = await haechi.stop()
    expect(stopped.code).toBe(0)
    expect(stopped.ms).toBeLessThan(20_000)
  })
})

describe('B6 questions that are wrong, endless or too big', () => {
  test('[B6] each gets the error of Prometheus while others are answered', { timeout: 120_000 }, async () => {
    const target = await exporter(() => Array.from({ length: 2_000 }, (_, i) => `wide{i="${i}"} ${i}`).join('\n') + '\n')
    const cwd = folderWith({ 'prometheus.yml': `global: { scrape_interval: 2s }\nscrape_configs: [{ job_name: wide, static_configs: [{ targets: ['${target.address}'] }] }]\n` })
    const haechi = await startHaechi({ cwd, args: ['--query.timeout=3s', '--query.max-samples=200000', '--query.threads=2'] })
    await waitFor('samples', 10_000, async () => (await vector(haechi.url, 'count(wide)'))[0]?.value[1] === '2000')
    const now = Date.now() / 1000
    const range = { start: String(now - 3_000), end: String(now), step: '1' }
    const errors: readonly (readonly [string, string, Readonly<Record<string, string>>, number, string, RegExp])[] = [
      ['a typo', 'query', { query: 'sum(rate(wide[5m])' }, 400, 'bad_data', /parse error: unclosed left parenthesis/],
      ['no query', 'query', {}, 400, 'bad_data', /invalid parameter "query"/],
      ['a wrong time', 'query', { query: 'up', time: 'now' }, 400, 'bad_data', /cannot parse "now" to a valid timestamp/],
      ['too many points', 'query_range', { query: 'up', start: '0', end: '100000', step: '1' }, 400, 'bad_data', /exceeded maximum resolution of 11,000 points/],
      ['step zero', 'query_range', { ...range, query: 'up', step: '0' }, 400, 'bad_data', /zero or negative query resolution step/],
      ['many to many', 'query', { query: 'wide * on () wide' }, 422, 'execution', /found duplicate series for the match group/],
      ['too big', 'query_range', { ...range, query: '{__name__="wide"} or vector(1) + on () group_left () wide', step: '0.5' }, 422, 'execution', /query processing would load too many samples into memory/],
      ['endless', 'query', { query: 'deriv(deriv((vector(time()))[1m:1ms])[1m:1ms])' }, 503, 'timeout', /query timed out in/],
      ['no time at all', 'query', { query: 'count(wide)', timeout: '0.000001' }, 503, 'timeout', /query timed out in/],
      ['a wrong matcher', 'series', { 'match[]': '{' }, 400, 'bad_data', /parse error/],
      ['no matcher', 'series', {}, 400, 'bad_data', /no match\[\] parameter provided/],
      ['a wrong label name', 'label/a%20b%FF/values', {}, 400, 'bad_data', /invalid label name/],
    ]
    let others = 0
    let slowest = 0
    let done = false
    const asking = (async (): Promise<void> => {
      while (!done) {
        const t0 = performance.now()
        expect(await vector(haechi.url, 'count(last_over_time(wide[1m]))')).toHaveLength(1)
        slowest = Math.max(slowest, performance.now() - t0)
        others++
      }
    })()
    try {
      for (const [name, path, params, code, type, text] of errors) {
        const t0 = performance.now()
        const got = await ask(haechi.url, path, params)
        expect([name, got.code, got.errorType, got.error], `${name} took ${(performance.now() - t0).toFixed(0)} ms`).toEqual([name, code, type, expect.stringMatching(text)])
        expect(performance.now() - t0, name).toBeLessThan(25_000)
      }
    } finally {
      done = true
      await asking
    }
    expect(others).toBeGreaterThan(10)
    // The endless one had a thread for three seconds, and nobody waited for it.
    expect(slowest).toBeLessThan(10_000)
    const good = await ask<QueryData<unknown>>(haechi.url, 'query_range', { ...range, query: 'count(wide)' })
    expect([good.code, good.data.result.length]).toEqual([200, 1])
    expect((await haechi.stop()).code).toBe(0)
  })
})

describe.concurrent('B1 wrong files are refused with file, line, path and fix', () => {
  test('[B1] a typo: one sentence, nothing is made (more of them: packages/cli)', async () => {
    const cwd = folderWith({ 'prometheus.yml': 'scrape_configs:\n  - job_name: a\n    scrape_intervall: 2s\n' })
    const start = await runHaechi(['--web.listen-address=127.0.0.1:0'], { cwd })
    expect([start.code, start.err]).toEqual([1, 'haechi: prometheus.yml:3:5: scrape_configs[0].scrape_intervall: field scrape_intervall not found (did you mean scrape_interval?)\n'])
    expect(readdirSync(cwd)).toEqual(['prometheus.yml'])
  })

  test('[B1] rule files: a wrong expression names file, line and rule; a missing file is refused by the check and noted by the server', async () => {
    const rules = 'groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: up == = 0\n'
    const cwd = folderWith({ 'prometheus.yml': 'rule_files: [rules.yml]\n', 'rules.yml': rules, 'missing.yml': 'rule_files:\n  - nothing.yml\n  - none-*.yml\n' })
    const check = await runHaechi(['check', 'config', 'prometheus.yml'], { cwd })
    expect([check.code, check.err]).toEqual([1, expect.stringMatching(/^rules\.yml: 5:15: group "g", rule 1, "A": could not parse expression: 1:7: parse error: /)])
    const start = await runHaechi(['--web.listen-address=127.0.0.1:0'], { cwd })
    expect([start.code, start.err]).toEqual([1, expect.stringMatching(ONE_SENTENCE)])
    const missing = await runHaechi(['check', 'config', 'missing.yml'], { cwd })
    expect([missing.code, missing.err]).toEqual([1, 'missing.yml:2:5: rule_files[0]: "nothing.yml" does not point to an existing file (paths are relative to this file)\n'])
    const haechi = await startHaechi({ cwd, args: ['--config.file=missing.yml'] })
    expect(haechi.said()).toContain('no file matches nothing.yml')
    expect((await haechi.stop()).code).toBe(0)
  })

  test('[B1] files that are named and not there', async () => {
    for (const flag of ['--config.file=no.yml', '--alertmanager.config.file=no-am.yml', '--web.config.file=no-web.yml']) {
      const got = await runHaechi([flag, '--web.listen-address=127.0.0.1:0'])
      expect([got.code, words(got.err)], flag).toEqual([1, expect.stringMatching(/^haechi: cannot read [^\n]*no[^\n]*\n$/)])
    }
    // Some versions of Node take this flag for their own, even behind the program, and then say so themselves.
    const env = await runHaechi(['--env-file=no.env', '--web.listen-address=127.0.0.1:0'])
    expect([[1, 9].includes(env.code!), env.err.trim().split('\n').length]).toEqual([true, 1])
    expect(env.err).toMatch(/no\.env: (no such file|not found)/)
  })
})

describe.concurrent('B2 wrong flags', () => {
  test.each([
    [['--web.listen-adress=127.0.0.1:0'], /unknown option '--web\.listen-adress(=[^']*)?'[\s\S]*did you mean --web\.listen-address/i],
    [['lod', 'http://localhost'], /unknown command "lod" \(did you mean load\?\)/],
  ] as const)('[B2] %j: exit code 2 and what is meant (more of them: packages/cli)', async (args, says) => {
    const got = await runHaechi(args)
    expect([got.code, got.err]).toEqual([2, expect.stringMatching(says)])
    expect(got.err).not.toMatch(/\n\s+at /)
  })
  test('[B2] a wrong pattern of origins is no crash', async () => {
    const got = await runHaechi(['--web.cors.origin=(', '--web.listen-address=127.0.0.1:0'], { cwd: folderWith({ 'prometheus.yml': EMPTY }) })
    expect([got.code, words(got.err)]).toEqual([2, expect.stringMatching(/--web\.cors\.origin/)])
    expect(got.err).not.toMatch(/\n\s+at /)
  })
})

describe.concurrent('B3 what keeps Haechi from starting is one sentence and exit code 1', () => {
  test('[B3] the port is taken; a second one on the same directory; others could read everything', async () => {
    const cwd = folderWith({ 'prometheus.yml': EMPTY })
    const first = await startHaechi({ cwd })
    const address = new URL(first.url).host
    const port = await runHaechi([`--web.listen-address=${address}`, '--storage.tsdb.path=other'], { cwd })
    expect([port.code, words(port.err)]).toEqual([1, `haechi: cannot listen on ${address}: the port is in use by another program; stop that one or choose another port with --web.listen-address\n`])
    const directory = await runHaechi(['--web.listen-address=127.0.0.1:0', '--storage.tsdb.path=data'], { cwd })
    expect([directory.code, words(directory.err)]).toEqual([1, expect.stringMatching(new RegExp(`^haechi: the data directory .*data is in use by another process \\(pid ${first.pid}\\)\\n$`))])
    expect((await vector(first.url, 'vector(1)'))).toHaveLength(1)
    for (const listen of ['0.0.0.0:0', ':0', '[::]:0']) {
      const open = await runHaechi([`--web.listen-address=${listen}`, '--storage.tsdb.path=other'], { cwd })
      expect([open.code, words(open.err)], listen).toEqual([1, expect.stringMatching(/^haechi: .*a password is required: .*--web\.config\.file.*\n$/)])
    }
    const address2 = await runHaechi(['--web.listen-address=no-such-host.invalid:1', '--storage.tsdb.path=other'], { cwd })
    expect([address2.code, words(address2.err)]).toEqual([1, expect.stringMatching(ONE_SENTENCE)])
    expect((await first.stop()).code).toBe(0)
    // What failed to start has given its directory back.
    const other = await startHaechi({ cwd, data: 'other' })
    expect((await other.stop()).code).toBe(0)
  })

  test('[B3] data directories that can not be made or written', async () => {
    const cwd = folderWith({ 'prometheus.yml': EMPTY, 'a-file': '' })
    mkdirSync(join(cwd, 'read-only'))
    chmodSync(join(cwd, 'read-only'), 0o500)
    // The administrator may write anywhere but into /proc.
    const places = ['a-file', 'a-file/below', ...(process.platform === 'linux' ? ['/proc/haechi', '/proc/haechi/deep'] : []), ...(process.getuid?.() === 0 ? [] : ['read-only'])]
    for (const place of places) {
      const got = await runHaechi(['--web.listen-address=127.0.0.1:0', `--storage.tsdb.path=${place}`], { cwd })
      expect([got.code, words(got.err)], place).toEqual([1, expect.stringMatching(/^haechi: cannot (make|write to) the data directory [^\n]+\n$/)])
    }
  })

  test('[B3] with users, other addresses are served to those who know the password', async () => {
    // bcrypt of the password below, cost 4.
    const bcrypt = await import('bcryptjs')
    const cwd = folderWith({ 'prometheus.yml': EMPTY, 'web.yml': `basic_auth_users:\n  bob: ${bcrypt.hashSync(PASSWORD, 4)}\n`, 'bad-web.yml': `basic_auth_users:\n  bob: ${PASSWORD}\n` })
    const bad = await runHaechi(['--web.config.file=bad-web.yml', '--web.listen-address=127.0.0.1:0'], { cwd })
    expect([bad.code, words(bad.err)]).toEqual([1, expect.stringMatching(/^haechi: bad-web\.yml:2:\d+: basic_auth_users\.bob: is no bcrypt hash/)])
    const haechi = await startHaechi({ cwd, listen: '0.0.0.0:0', args: ['--web.config.file=web.yml'] })
    const base = haechi.url.replace('0.0.0.0', '127.0.0.1')
    expect((await fetch(`${base}/api/v1/query?query=1`)).status).toBe(401)
    expect((await fetch(`${base}/api/v1/query?query=1`, { headers: { authorization: `Basic ${Buffer.from(`bob:${PASSWORD}`).toString('base64')}` } })).status).toBe(200)
    expect((await haechi.stop()).code).toBe(0)
    expect(everythingSaid()).not.toContain(PASSWORD)
  })
})

describe.concurrent('B4 reload', () => {
  test('[B4] a wrong file keeps the running one and is shown; a corrected one takes over; SIGHUP does the same; passwords stay hidden', { timeout: 120_000 }, async () => {
    const target = await exporter(() => 'reload_info 1\n')
    const yml = (job: string): string => `global: { scrape_interval: 300ms }\nscrape_configs:\n  - job_name: ${job}\n    basic_auth: { username: bob, password: ${PASSWORD} }\n    static_configs: [{ targets: ['${target.address}'] }]\n`
    const cwd = folderWith({ 'prometheus.yml': yml('before') })
    const haechi = await startHaechi({ cwd, args: ['--web.enable-lifecycle'] })
    const pools = async (): Promise<string> => (await ask<{ activeTargets: { scrapePool: string; health: string }[] }>(haechi.url, 'targets')).data.activeTargets.map(t => `${t.scrapePool} ${t.health}`).join()
    const reloaded = async (): Promise<string> => /^prometheus_config_last_reload_successful (\d)/m.exec(await fetch(`${haechi.url}/metrics`).then(r => r.text()))![1]!
    await waitFor('the first job', 10_000, async () => (await pools()) === 'before up')
    expect(await reloaded()).toBe('1')

    writeFileSync(join(cwd, 'prometheus.yml'), yml('wrong').replace('static_configs', 'static_config'))
    const refused = await fetch(`${haechi.url}/-/reload`, { method: 'POST' })
    const words = await refused.text()
    note(words)
    expect([refused.status, words]).toEqual([500, expect.stringContaining('static_config')])
    expect(words).toMatch(/prometheus\.yml:5:5/)
    expect(await pools()).toBe('before up')
    expect(await reloaded()).toBe('0')
    const status = (await own<{ files: { role: string; state: string; error?: string }[] }>(haechi.url, 'status')).body
    expect(status.files.find(f => f.role === 'prometheus.yml')).toMatchObject({ state: 'error', error: expect.stringContaining('did you mean static_configs') as string })
    expect((await ask<{ text: string }[]>(haechi.url, 'notifications')).data.map(n => n.text).join()).toContain('static_config')
    expect((await ask<{ reloadConfigSuccess: boolean }>(haechi.url, 'status/runtimeinfo')).data.reloadConfigSuccess).toBe(false)
    expect((await ask<{ yaml: string }>(haechi.url, 'status/config')).data.yaml).toContain('job_name: before')
    const scraped = async (): Promise<number> => Number((await vector(haechi.url, 'count_over_time(reload_info{job="before"}[1m])'))[0]?.value[1] ?? 0)
    const n = await scraped()
    await waitFor('the old job to be scraped on', 5_000, async () => (await scraped()) > n + 2)

    writeFileSync(join(cwd, 'prometheus.yml'), yml('after'))
    haechi.signal('SIGHUP')
    await waitFor('the new job', 10_000, async () => (await pools()) === 'after up')
    expect(await reloaded()).toBe('1')
    expect((await own<{ files: { role: string; state: string }[] }>(haechi.url, 'status')).body.files.find(f => f.role === 'prometheus.yml')).toMatchObject({ state: 'ok' })
    expect((await ask<unknown[]>(haechi.url, 'notifications')).data).toEqual([])
    expect((await ask<{ yaml: string }>(haechi.url, 'status/config')).data.yaml).toContain('<secret>')

    writeFileSync(join(cwd, 'prometheus.yml'), 'rule_files: [bad.yml]\n')
    writeFileSync(join(cwd, 'bad.yml'), 'groups: [{ name: g, rules: [{ record: ok, expr: up == }] }]\n')
    haechi.signal('SIGHUP')
    await waitFor('the refusal', 5_000, async () => (await reloaded()) === '0')
    expect(await pools()).toBe('after up')
    expect((await haechi.stop()).code).toBe(0)
    expect(everythingSaid()).not.toContain(PASSWORD)
  })

  test('[B4] without --web.enable-lifecycle nobody reloads or quits from outside; with it /-/quit ends', async () => {
    const cwd = folderWith({ 'prometheus.yml': EMPTY })
    const closed = await startHaechi({ cwd })
    expect([(await fetch(`${closed.url}/-/reload`, { method: 'POST' })).status, (await fetch(`${closed.url}/-/quit`, { method: 'POST' })).status]).toEqual([403, 403])
    await closed.stop()
    const open = await startHaechi({ cwd, args: ['--web.enable-lifecycle'] })
    expect((await fetch(`${open.url}/-/quit`, { method: 'POST' })).status).toBe(200)
    expect(await open.ended).toBe(0)
  })
})

describe.concurrent('B7 the end', () => {
  test('[B7] SIGTERM: exit code 0 within seconds, connections or not, and everything is on the disk', async () => {
    const target = await exporter(() => `last_total ${Date.now()}\n`)
    const cwd = folderWith({ 'prometheus.yml': `global: { scrape_interval: 500ms }\nscrape_configs: [{ job_name: last, static_configs: [{ targets: ['${target.address}'] }] }]\n` })
    const haechi = await startHaechi({ cwd })
    await waitFor('samples', 10_000, async () => Number((await vector(haechi.url, 'count_over_time(last_total[1m])'))[0]?.value[1] ?? 0) >= 5)
    const [seen] = await vector(haechi.url, 'last_total')
    const { code, ms } = await haechi.stop()
    const ended = Date.now() / 1000
    expect(code).toBe(0)
    expect(ms).toBeLessThan(20_000)
    expect(haechi.said()).not.toMatch(/level=(ERROR|WARN)/)
    const again = await startHaechi({ cwd })
    const kept = await vector(again.url, 'max_over_time(last_total[10m])')
    expect(Number(kept[0]!.value[1])).toBeGreaterThanOrEqual(Number(seen!.value[1]))
    expect((await vector(again.url, 'last_over_time(up[10m])', ended))[0]?.value[1], 'stopping is not recorded as an outage').toBe('1')
    await again.stop()
  })

  test('[B7] an Alertmanager that hangs and questions under way do not keep it from ending', async () => {
    const hangs = await serve(() => undefined)
    const cwd = folderWith({
      'prometheus.yml': JSON.stringify({ global: { evaluation_interval: '200ms' }, rule_files: ['rules.yml'], alerting: { alertmanagers: [{ static_configs: [{ targets: [hangs.address] }] }] } }),
      'rules.yml': JSON.stringify({ groups: [{ name: 'g', rules: [{ alert: 'Always', expr: 'vector(1)' }] }] }),
    })
    const haechi = await startHaechi({ cwd })
    await waitFor('the alert', 10_000, async () => (await ask<{ alerts: unknown[] }>(haechi.url, 'alerts')).data.alerts.length === 1)
    const query = 'quantile_over_time(0.5, quantile_over_time(0.5, (vector(time()))[10m:100ms])[10m:100ms])'
    const asked = fetch(`${haechi.url}/api/v1/query?${new URLSearchParams({ query })}`).then(() => 'answered', () => 'cut')
    await sleep(300)
    const { code, ms } = await haechi.stop()
    expect(code, haechi.said()).toBe(0)
    expect(ms).toBeLessThan(30_000)
    expect(['answered', 'cut']).toContain(await asked)
    expect(haechi.said()).not.toMatch(/stack=/)
  })

  test('[B7] SIGTERM at any moment of the start: no stack trace, nothing left locked', { timeout: 120_000 }, async () => {
    const cwd = folderWith({ 'prometheus.yml': EMPTY })
    for (const ms of [300, 500, 700, 900]) {
      const early = launchHaechi({ cwd })
      await sleep(ms)
      const { code, ms: took } = await early.stop()
      // Null: the signal came before there was anything to handle it.
      expect([0, null], `${ms} ms: ${early.said()}`).toContain(code)
      expect(took).toBeLessThan(20_000)
      expect(early.said()).not.toMatch(/\n\s+at |level=ERROR/)
    }
    const haechi = await startHaechi({ cwd })
    expect((await haechi.stop()).code).toBe(0)
  })
})

describe.concurrent('B8 haechi load', () => {
  test('[B8] counts answers by status, and what was not answered', async () => {
    let n = 0
    const server = await serve((req, res) => {
      if (req.headers['user-agent'] === 'haechi-load') n++
      if (req.url === '/boom') res.writeHead(500)
      if (req.url === '/cut') return void res.destroy()
      res.end('ok')
    })
    const good = await runHaechi(['load', `${server.url}/ping`, '--count', '40', '--parallel', '4'])
    expect(good.code).toBe(0)
    expect(good.out).toMatch(/^40 answers in /)
    expect(good.out).toContain('200 × 40')
    expect(good.out).toMatch(/p50 [\d.]+ ms/)
    expect(n).toBe(40)
    const boom = await runHaechi(['load', `${server.address}/boom`, '--count', '7'])
    expect([boom.code, boom.out]).toEqual([0, expect.stringContaining('500 × 7')])
    const cut = await runHaechi(['load', `${server.url}/cut`, '--count', '5'])
    expect([cut.code, cut.out]).toEqual([1, expect.stringMatching(/no answer: ECONNRESET × 5/)])
    const korean = await runHaechi(['load', `${server.url}/`, '--count', '2'], { env: { LANG: 'ko_KR.UTF-8' } })
    expect(korean.out).toContain('응답 2개')
    await server.close()
    const gone = await runHaechi(['load', `${server.url}/`, '--count', '3'])
    expect([gone.code, gone.out]).toEqual([1, expect.stringContaining('ECONNREFUSED × 3')])
  })
})
