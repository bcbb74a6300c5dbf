import { expect, test } from 'vitest'
import { parseRuleFile, parseRuleTestFile, runRuleTest } from '../index.ts'

const RULES = `
groups:
- name: g
  rules:
  - record: job:latency:rate5m
    expr: sum by (job) (rate(latency[5m]))
  - alert: Slow
    expr: latency{job="a"}
    annotations:
      text: 'is {{ $value }}'
`

const tests = (histogram: string): string => `
rule_files: [rules.yml]
tests:
- interval: 1m
  input_series:
  - series: latency{job="a"}
    values: '{{count:0 sum:0 buckets:[0]}}+{{count:6 sum:12 buckets:[6]}}x10'
  promql_expr_test:
  - expr: job:latency:rate5m
    eval_time: 10m
    exp_samples:
    - labels: job:latency:rate5m{job="a"}
      histogram: '${histogram}'
  alert_rule_test:
  - eval_time: 10m
    alertname: Slow
    exp_alerts:
    - exp_labels: {job: a}
      exp_annotations: {text: 'is {count:60, sum:120, (0.5,1]:60}'}
`

async function run(histogram: string): Promise<string[]> {
  const file = parseRuleTestFile(tests(histogram), 'test.yml')
  const one = file.tests[0]!
  return runRuleTest(file, one, parseRuleFile(RULES, 'rules.yml', { intervalMs: 60_000 }))
}

test('recording rules store native histograms, alerts show them', async () => {
  expect(await run('{{count:0.1 sum:0.2 counter_reset_hint:gauge buckets:[0.1]}}')).toEqual([])
})

test('another histogram is a difference', async () => {
  const failures = await run('{{count:0.1 sum:0.2 buckets:[0.2]}}')
  expect(failures).toHaveLength(1)
  expect(failures[0]).toContain('got: {__name__="job:latency:rate5m", job="a"} {{count:0.1 sum:0.2 counter_reset_hint:gauge buckets:[0.1]}}')
})
