import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { peerRun } from '@haechi/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { main } from '../main.ts'
import { goBytes, goDuration, goTime } from './go-text.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'haechi-cli-tsdb-'))
  folders.push(dir)
  return dir
}

async function haechi(args: readonly string[], { language = 'en_US.UTF-8', terminal = false } = {}): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await main(['tsdb', ...args], { out: text => { out += text }, err: text => { err += text }, terminal, env: { LANG: language }, cwd: folder(), signal: new AbortController().signal, onHangup: () => undefined })
  return { code, out, err }
}

const T0 = 1_779_984_000
/** Series with awkward labels and values, over two blocks. */
function openMetrics(): string {
  const lines: string[] = []
  const values = ['1e-7', '123456789', '1e21', '+Inf', '-Inf', 'NaN', '0.1', '-0', '1000000', '3.5']
  for (let s = 0; s < 6; s++) for (let i = 0; i < 500; i++) lines.push(`requests{code="${200 + s}",path="/a\\"b\\\\c\\n한국 ${s % 2}"} ${values[(s + i) % 10]!} ${T0 + i * 15.5}`)
  for (let i = 0; i < 500; i++) lines.push(`plain ${i} ${T0 + i * 15}`)
  return `# TYPE requests gauge\n${lines.join('\n')}\n# EOF\n`
}

async function filled(): Promise<string> {
  const file = path.join(folder(), 'in.om')
  writeFileSync(file, openMetrics())
  const dir = folder()
  const made = await haechi(['create-blocks-from', 'openmetrics', file, dir])
  expect([made.code, made.err]).toEqual([0, ''])
  expect(made.out).toMatch(/^BLOCK ULID {18}MIN TIME/)
  return dir
}

test('[L7] durations, times and sizes as Go prints them', () => {
  expect([0, 1, 999, 1000, 1500, 60_000, 6_390_001, 86_400_000].map(goDuration)).toEqual(['0s', '1ms', '999ms', '1s', '1.5s', '1m0s', '1h46m30.001s', '24h0m0s'])
  expect(goTime(1_700_006_390_001)).toBe('2023-11-14 23:59:50 +0000 UTC')
  expect([0, 555, 18681, 1024, 2 ** 31 + 7].map(goBytes)).toEqual(['0B', '555B', '18KiB249B', '1KiB', '2GiB7B'])
})

const run = peerRun()
test.skipIf(run === undefined)('[L7] the same directory, the same output as promtool (needs PEERS_DIR and the peers folder)', { timeout: 60_000 }, async () => {
  const dir = await filled()
  mkdirSync(path.join(dir, 'wal'))
  const promtool = (args: readonly string[]): string => {
    const done = spawnSync(run!, ['promtool', 'tsdb', ...args], { encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 28 })
    expect(done.stderr).toBe('')
    return done.stdout
  }
  for (const args of [['list', dir], ['list', '-r', dir], ['dump', dir], ['dump', '--match={code="203"}', '--match=plain', `--min-time=${T0 * 1000 + 20_000}`, `--max-time=${T0 * 1000 + 90_000}`, dir]]) {
    const ours = await haechi(args)
    expect([ours.code, ours.out === promtool(args), args]).toEqual([0, true, args])
  }
  // promtool lists equal counts in no particular order, and escapes as Go does where OpenMetrics has escapes of its own.
  for (const args of [['analyze', dir], ['analyze', '--extended', dir], ['analyze', '--match={code=~"20[0-3]"}', dir]]) {
    const sorted = (text: string): string[] => text.split('\n').sort()
    expect(sorted((await haechi(args)).out), args.join(' ')).toEqual(sorted(promtool(args)))
  }
  expect((await haechi(['dump-openmetrics', dir])).out).toBe(promtool(['dump-openmetrics', dir]))
  const text = path.join(folder(), 'out.om')
  writeFileSync(text, (await haechi(['dump-openmetrics', dir])).out)
  const again = folder()
  promtool(['create-blocks-from', 'openmetrics', text, again])
  expect((await haechi(['dump', again])).out).toBe((await haechi(['dump', dir])).out)
})

describe('L7 verify and repair', () => {
  test('[L7] exit codes, report in both languages, progress on a terminal only', async () => {
    const dir = await filled()
    const good = await haechi(['verify', dir])
    expect([good.code, good.err, good.out.match(/^ok /gm)?.length]).toEqual([0, '', 2])
    expect((await haechi(['verify', dir], { terminal: true })).err).toContain('█')
    const [ulid] = readdirSync(dir).sort()
    const chunks = path.join(dir, ulid!, 'chunks/000001')
    const b = readFileSync(chunks)
    b[60]! ^= 1
    writeFileSync(chunks, b)
    const bad = await haechi(['verify', dir])
    expect(bad.code).toBe(1)
    expect(bad.out).toMatch(/DAMAGED[^\n]+\n[^\n]+chunks\/000001: checksum mismatch in the chunk at \d+: covers 1 series, about \d+ samples, 2026-/)
    expect(bad.out).toContain(`haechi tsdb repair ${dir}`)
    const korean = await haechi(['verify', dir], { language: 'ko_KR.UTF-8' })
    expect([korean.code, korean.out]).toEqual([1, expect.stringContaining('손상됨')])
    const repaired = await haechi(['repair', dir])
    expect([repaired.code, repaired.out]).toEqual([0, expect.stringMatching(/written anew as [^\n]+ lost: about \d+ samples/)])
    expect((await haechi(['verify', dir])).code).toBe(0)
    expect((await haechi(['repair', dir], { language: 'ko' })).out).toContain('고칠 것이 없습니다')
  })
})

describe('L7 bad input says what, where and what to do', () => {
  test.each([
    [['list', '/nowhere/data'], 1, /^haechi tsdb: opening the db dir: stat \/nowhere\/data: no such file or directory\n$/],
    [['verify', '/nowhere/data'], 1, /no such file or directory/],
    [['dump', '/nowhere/data'], 1, /no such file or directory/],
    [['analyze', '.'], 1, /no blocks found in \./],
    [['analyze', '.', '--match', 'up{'], 1, /^haechi tsdb: 1:4: parse error: /],
    [['analyze', '.', '--limit=many'], 2, /--limit[^\n]*whole number/],
    [['dump', '.', '--min-time=yesterday'], 2, /--min-time[^\n]*Unix milliseconds/],
    [['lst'], 2, /unknown command 'lst'\n\(Did you mean list\?\)/],
    [['create-blocks-from', 'openmetrics'], 2, /missing required argument/],
    [['create-blocks-from', 'openmetrics', '/nowhere/in.om', 'out'], 1, /cannot read \/nowhere\/in\.om: no such file/],
    [['create-blocks-from', 'openmetrics', 'x', '--label', 'z'], 2, /Expected name=value/],
    [['create-blocks-from', 'rules', '/nowhere/r.yml'], 2, /--start/],
    [['create-blocks-from', 'rules', '/nowhere/r.yml', '--start=soon'], 2, /--start[^\n]*2026-11-01/],
    [['create-blocks-from', 'rules', '/nowhere/r.yml', '--start=1'], 1, /cannot read \/nowhere\/r\.yml/],
    [['create-blocks-from', 'rules', '/nowhere/r.yml', '--start=100', '--end=1'], 1, /swap --start and --end/],
  ] as const)('[L7] %j', async (args, code, says) => {
    const before = process.cwd()
    process.chdir(folder())
    try {
      const got = await haechi(args)
      expect(got.err).toMatch(says)
      expect([got.code, got.out]).toEqual([code, ''])
      expect(got.err).not.toMatch(/\n\s+at /)
    } finally {
      process.chdir(before)
    }
  })
})

test('[L7] rules are evaluated block by block at their own interval; alerting rules are left out', async () => {
  const asked: Record<string, string>[] = []
  const authorized: string[] = []
  const server = createServer((req, res) => {
    let body = ''
    req.on('data', (piece: Buffer) => { body += piece.toString() })
    req.on('end', () => {
      const q = Object.fromEntries(new URLSearchParams(body))
      asked.push(q)
      authorized.push(req.headers.authorization ?? '')
      const values: [number, string][] = []
      for (let t = Number(q['start']); t <= Number(q['end']); t += Number(q['step'])) values.push([t, '2.5'])
      res.end(JSON.stringify(q['query'] === 'bad' ? { status: 'error', error: 'no such thing' } : { status: 'success', data: { resultType: 'matrix', result: [{ metric: { __name__: 'up', job: 'a' }, values }] } }))
    })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const url = `--url=http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rules = path.join(folder(), 'r.yml')
  writeFileSync(rules, 'groups:\n- name: g\n  interval: 90s\n  rules: [{record: "job:up", expr: up, labels: {team: x}}, {alert: A, expr: up}]\n')
  const dir = folder()
  const made = await haechi(['create-blocks-from', 'rules', rules, url, `--start=${T0 + 10}`, `--end=${T0 + 7200 + 300}`, `--output-dir=${dir}`])
  expect(made.code).toBe(0)
  expect(made.err).toContain('1 alerting rules are left out')
  expect(asked.map(q => [q['query'], q['start'], q['end'], q['step']])).toEqual([['up', String(T0 + 90), String(T0 + 7199.999), '90'], ['up', String(T0 + 7200), String(T0 + 7500), '90']])
  expect((await haechi(['dump', dir])).out.split('\n').slice(0, 2)).toEqual([`{__name__="job:up", job="a", team="x"} 2.5 ${(T0 + 90) * 1000}`, `{__name__="job:up", job="a", team="x"} 2.5 ${(T0 + 180) * 1000}`])
  writeFileSync(rules, 'groups:\n- name: g\n  rules: [{record: "job:up", expr: bad}]\n')
  const refused = await haechi(['create-blocks-from', 'rules', rules, url, `--start=${T0}`, `--end=${T0 + 300}`, `--output-dir=${dir}`])
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('rule job:up: the server says: no such thing')])
  expect(authorized.every(a => a === '')).toBe(true)
  const http = path.join(folder(), 'http.yml')
  writeFileSync(http, 'basic_auth: {username: kim, password: secret}\n')
  writeFileSync(rules, 'groups:\n- name: g\n  rules: [{record: "job:up", expr: up}]\n')
  const with_ = await haechi(['create-blocks-from', 'rules', rules, url, `--http.config.file=${http}`, `--start=${T0}`, `--end=${T0 + 300}`, `--output-dir=${folder()}`])
  expect([with_.code, authorized.at(-1)]).toEqual([0, `Basic ${Buffer.from('kim:secret').toString('base64')}`])
  writeFileSync(http, 'basic_auth: {user: kim}\n')
  const wrong = await haechi(['create-blocks-from', 'rules', rules, url, `--http.config.file=${http}`, `--start=${T0}`, `--end=${T0 + 300}`, `--output-dir=${folder()}`])
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/http\.yml.*user/)])
  server.closeAllConnections()
  server.close()
  expect((await haechi(['create-blocks-from', 'rules', rules, url, `--start=${T0}`, `--end=${T0 + 300}`, `--output-dir=${dir}`])).err).toContain('--url names the running server')
})
