import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerRun } from '@haechi/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { main } from '../src/main.ts'

const FILES: Readonly<Record<string, string>> = {
  'rules.yml': `groups:
  - name: g
    interval: 30s
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: up == 0
        for: 2m
        labels: { severity: page }
        annotations:
          summary: "{{ $labels.instance }} is {{ $value }} down {{ $externalURL }} {{ $externalLabels.cluster }}"
`,
  'duplicates.yml': 'groups:\n- name: a\n  rules:\n  - {record: x, expr: up}\n  - {record: x, expr: up}\n  - {record: x, expr: up, labels: {a: b}}\n',
  'wrong-rules.yml': 'groups:\n- name: a\n  rules:\n  - record: x y\n    expr: sum(\n',
  'failing-rules.yml': 'groups:\n- name: g\n  rules:\n  - {record: many, expr: \'label_replace(up, "instance", "", "", "")\'}\n',
  'templates.yml': `groups:
- name: b
  interval: 5m
  query_offset: 1m
  rules: [{record: b, expr: up + 1}]
- name: a
  limit: 1
  rules:
  - {record: a, expr: sum(b)}
  - alert: Z
    expr: b > 1
    for: 1m
    keep_firing_for: 2m
    labels: {l: '{{ $labels.job }}-{{ $value }}'}
    annotations: {s: '{{ query "up" | first | value }}', bad: '{{ first (query "nope") }}', p: '{{ $externalLabels.c }} {{ $externalURL }}'}
`,
  'pass.test.yml': `rule_files: [rules.yml]
tests:
  - name: first
    interval: 1m
    input_series: [{series: 'up{job="a",instance="x"}', values: '1 1 0x10'}]
    alert_rule_test:
      - {eval_time: 3m, alertname: Down}
      - eval_time: 5m
        alertname: Down
        exp_alerts: [{exp_labels: {severity: page, job: a, instance: x}, exp_annotations: {summary: "x is 0 down  "}}]
    promql_expr_test:
      - {expr: 'job:up:sum', eval_time: 1m, exp_samples: [{labels: 'job:up:sum{job="a"}', value: 1}]}
`,
  'fail.test.yml': `rule_files: [rules.yml]
tests:
  - name: first
    interval: 1m
    input_series: [{series: 'up{job="a",instance="x"}', values: '1 1 0x10'}]
    alert_rule_test:
      - eval_time: 10m
        alertname: Down
        exp_alerts: [{exp_labels: {severity: other, job: a, instance: x}, exp_annotations: {summary: "x is 0 down  "}}]
    promql_expr_test:
      - {expr: 'job:up:sum', eval_time: 1m, exp_samples: [{labels: 'job:up:sum{job="a"}', value: 2}]}
      - {expr: 'sum(', eval_time: 1m}
      - {expr: '"text"', eval_time: 90s}
      - {expr: up, eval_time: 1m, exp_samples: [{labels: 'up{', value: 2}]}
      - {expr: 1/3, eval_time: 1m, exp_samples: [{value: 0.333}]}
      - {expr: nothing, eval_time: 1m, exp_samples: [{labels: nothing, value: 1e21}]}
`,
  'series.test.yml': 'rule_files: [rules.yml, no-*.yml]\ntests:\n  - name: zap\n    input_series: [{series: \'up{job="a"\', values: 1 1}]\n',
  'nameless.test.yml': 'rule_files: [rules.yml]\ntests:\n  - name: q\n    alert_rule_test: [{eval_time: 3m}]\n',
  'order.test.yml': 'rule_files: [rules.yml]\ngroup_eval_order: [a, a]\ntests: []\n',
  'wrong-rules.test.yml': 'rule_files: [wrong-rules.yml]\ntests:\n - promql_expr_test: [{expr: vector(1), exp_samples: [{value: 1}]}]\n',
  'failing-rules.test.yml': 'rule_files: [failing-rules.yml]\ntests:\n - input_series: [{series: \'up{instance="1"}\', values: 1x4}, {series: \'up{instance="2"}\', values: 1x4}]\n   promql_expr_test: [{expr: up, eval_time: 1m}]\n',
  'templates.test.yml': `rule_files: [templates.yml, templates.yml]
group_eval_order: [b, a]
tests:
 - external_labels: {c: d}
   external_url: http://x.y/z
   input_series: [{series: 'up{job="a"}', values: '1+0x3 _ _ _x5'}]
   alert_rule_test:
   - {eval_time: 0, alertname: Z}
   - {eval_time: 4m, alertname: Z}
   - {eval_time: 8m30s, alertname: Z}
   - {eval_time: 12m, alertname: Z, exp_alerts: [{exp_labels: {job: a}}]}
   promql_expr_test: [{expr: b, eval_time: 3m}, {expr: ALERTS, eval_time: 3m}, {expr: a, eval_time: 7m}]
`,
  'histograms.test.yml': `rule_files: []
tests:
 - input_series: [{series: 'h{job="a"}', values: '{{schema:0 sum:5 count:4 buckets:[1 2 1]}}x10'}]
   promql_expr_test:
   - {expr: histogram_count(h), eval_time: 5m, exp_samples: [{labels: '{job="a"}', value: 4}]}
   - {expr: histogram_avg(h), eval_time: 5m, exp_samples: [{labels: '{job="a"}', value: 2}]}
`,
  'fuzzy.test.yml': `rule_files: []
fuzzy_compare: true
tests:
 - promql_expr_test: [{expr: 0.1 + 0.2, exp_samples: [{value: 0.3}]}, {expr: 0.1 * 3, exp_samples: [{value: 0.29}]}]
`,
}

const folder = mkdtempSync(join(tmpdir(), 'haechi-promtool-'))
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Said { readonly code: number; readonly out: string; readonly err: string }

async function ours(args: readonly string[]): Promise<Said> {
  let out = ''
  let err = ''
  const code = await main(args, { out: text => { out += text }, err: text => { err += text }, terminal: false, env: { LANG: 'en_US.UTF-8' }, cwd: folder, signal: new AbortController().signal, onHangup: () => undefined })
  return { code, out, err }
}

const RUN = peerRun()
if (RUN === undefined) process.stderr.write('packages/cli/test/promtool.test.ts: not compared with the real promtool, PEERS_DIR names none\n')

function promtool(args: readonly string[]): Promise<Said> {
  return new Promise(resolve => {
    execFile(RUN!, ['promtool', ...args], { cwd: folder, timeout: 30_000 }, (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err: err.replaceAll('promtool: error: ', 'haechi: ') }))
  })
}

const TEST_FILES = Object.keys(FILES).filter(name => name.endsWith('.test.yml'))

describe.skipIf(RUN === undefined)('[L7] as the real promtool', () => {
  test.each([
    ['test', 'rules', ...TEST_FILES],
    ['test', 'rules', 'pass.test.yml'],
    ['test', 'rules', '--diff', 'fail.test.yml'],
    ['test', 'rules', '--run=fir', '--run=zz', 'pass.test.yml', 'series.test.yml'],
    ['test', 'rules', 'absent.test.yml'],
    ['check', 'rules', 'rules.yml', 'duplicates.yml', 'wrong-rules.yml', 'templates.yml'],
    ['check', 'rules', '--lint=none', 'duplicates.yml'],
    ['check', 'rules', '--lint-fatal', 'duplicates.yml'],
    ['check', 'rules', 'absent.yml'],
  ])('[L7] %s %s %s %s', async (...args) => {
    expect(await ours(args)).toEqual(await promtool(args))
  }, 60_000)

  test('[L7] JUnit results', async () => {
    const args = (file: string): string[] => ['test', 'rules', `--junit=${file}`, 'pass.test.yml', 'fail.test.yml', 'order.test.yml', 'fuzzy.test.yml']
    await ours(args('ours.xml'))
    await promtool(args('theirs.xml'))
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8').replace(/timestamp="[^"]*"/g, 'timestamp')
    expect(read('ours.xml')).toBe(read('theirs.xml'))
  }, 60_000)
})

describe('[L7] without promtool', () => {
  test('[L7] a failing test names the test, the time, what was expected and what is', async () => {
    const got = await ours(['test', 'rules', 'pass.test.yml', 'fail.test.yml'])
    expect(got.code).toBe(1)
    expect(got.out.startsWith('  SUCCESS\n\n')).toBe(true)
    expect(got.err).toContain('    name: first,\n    alertname: Down, time: 10m, \n        exp:[\n            0:\n              Labels:{alertname="Down", instance="x", job="a", severity="other"}')
    expect(got.err).toContain('    expr: "job:up:sum", time: 1m,\n        exp: {__name__="job:up:sum", job="a"} 2E+00\n        got: {__name__="job:up:sum", job="a"} 1E+00\n')
  })
  test('[L7] --debug prints every sample', async () => {
    const { code, out } = await ours(['test', 'rules', '--debug', 'pass.test.yml'])
    expect(code).toBe(0)
    expect(out).toContain('{__name__="ALERTS", alertname="Down", alertstate="firing", instance="x", job="a", severity="page"} =>\n1 @[240000]\n1 @[300000]\n')
  })
  test('[L7] an unknown field is refused with its place, unless told otherwise', async () => {
    writeFileSync(join(folder, 'unknown.yml'), 'rule_files: []\ntests:\n - bogus: 1\n')
    expect(await ours(['test', 'rules', 'unknown.yml'])).toEqual({ code: 1, out: '\n\n', err: '  FAILED:\nunknown.yml:3:4: tests[0].bogus: field bogus not found\n' })
    expect((await ours(['test', 'rules', '--ignore-unknown-fields', 'unknown.yml'])).code).toBe(0)
  })
})

describe('[L8] alertmanager.yml', () => {
  const good = 'route: {receiver: a}\nreceivers: [{name: a}]\ninhibit_rules: [{source_matchers: [a=b], target_matchers: [c=d]}]\n'
  test('[L8] check alertmanager speaks as amtool', async () => {
    const file = join(folder, 'am.yml')
    writeFileSync(file, good)
    const bad = join(folder, 'am-bad.yml')
    writeFileSync(bad, 'route: {receiver: z}\n')
    const got = await ours(['check', 'alertmanager', file, bad])
    expect(got.code).toBe(1)
    expect(got.out).toContain(`Checking '${file}'  SUCCESS\nFound:\n - global config\n - route\n - 1 inhibit rules\n - 1 receivers\n - 0 templates\n\n`)
    expect(got.out).toMatch(/am-bad\.yml'  FAILED: .*undefined receiver "z" used in route/)
    expect(got.err).toBe('haechi: failed to validate 1 file(s)\n')
  })
  test('[L8] check config reads it too', async () => {
    const file = join(folder, 'am.yml')
    writeFileSync(file, good)
    expect(await ours(['check', 'config', file])).toEqual({ code: 0, out: `${file}: fine (1 receivers, 1 inhibit rules)\n`, err: '' })
    const bad = join(folder, 'alertmanager-bad.yml')
    writeFileSync(bad, 'route: {receiver: z}\n')
    const got = await ours(['check', 'config', bad])
    expect([got.code, got.err]).toEqual([1, expect.stringContaining('undefined receiver "z"')])
  })
})
