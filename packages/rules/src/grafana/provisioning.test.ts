import fc from 'fast-check'
import { ConfigError, parseFields } from '@haechi/model'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readRuleProvisioning, ruleFields } from './read-rules.ts'
import type { GrafanaGroup, GrafanaRule } from './rule.ts'
import { groupsToFile, ruleToApi } from './write-rules.ts'

const YAML = `apiVersion: 1
groups:
  - orgId: 1
    name: api
    folder: Observability
    interval: 30s
    rules:
      - uid: high5xx
        title: High 5xx Error Rate
        condition: C
        for: 5m
        keepFiringFor: 1m
        missing_series_evals_to_resolve: 3
        data:
          - refId: A
            relativeTimeRange: {from: 600, to: 0}
            datasourceUid: PBFA97CFB590B2093
            model: {expr: 'sum(rate(http_requests_total{status=~"5.."}[5m]))', instant: true}
          - refId: C
            datasourceUid: __expr__
            model: {type: threshold, expression: A, conditions: [{evaluator: {type: gt, params: [0.01]}}]}
        labels: {severity: warning, service: web}
        annotations: {summary: '5xx is high: {{ $values.A }}'}
        notification_settings: {receiver: team, group_by: [alertname], group_wait: 10s}
deleteRules: [{orgId: 1, uid: old}]
`
const read = (yaml: string): ReturnType<typeof readRuleProvisioning> => {
  const top = parseFields(yaml, 'rules.yaml')
  top.integer('apiVersion', 1)
  const out = readRuleProvisioning(top, t => t)
  top.done()
  return out
}
const asGroups = (yaml: string): GrafanaGroup[] => read(yaml).groups.map(g => ({ name: g.name, folderTitle: g.folder, folderUid: '', intervalMs: g.intervalMs, rules: g.rules }))

describe('[R70] provisioning files', () => {
  test('are read with Grafana\'s defaults', () => {
    const { groups, deleteRules } = read(YAML)
    expect(deleteRules).toEqual(['old'])
    expect(groups[0]).toMatchObject({ name: 'api', folder: 'Observability', intervalMs: 30_000 })
    expect(groups[0]!.rules[0]).toMatchObject({
      uid: 'high5xx', forMs: 300_000, keepFiringForMs: 60_000, missingSeriesEvalsToResolve: 3, noDataState: 'NoData', execErrState: 'Alerting', isPaused: false,
      notificationSettings: { receiver: 'team', groupBy: ['alertname'], groupWaitMs: 10_000 },
    })
  })
  test('what is exported is read again as the same, as YAML and as JSON', () => {
    const groups = asGroups(YAML)
    for (const text of [stringify(groupsToFile(groups)), JSON.stringify(groupsToFile(groups))]) expect(asGroups(text)).toEqual(groups)
  })
  test('any rule survives the round trip, dollar signs included, through files and through the API', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter(s => s.trim() === s && s !== '')
    const durations = fc.nat(100).map(n => n * 1000)
    fc.assert(fc.property(name, fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ maxLength: 20 }).filter(s => !s.includes('{{'))), durations, durations, fc.constantFrom('NoData', 'OK', 'Alerting', 'KeepLast'),
      fc.constantFrom('Error', 'OK', 'Alerting', 'KeepLast'), fc.boolean(), (title, texts, forMs, keepFiringForMs, noDataState, execErrState, isPaused) => {
        const rule: GrafanaRule = {
          ...asGroups(YAML)[0]!.rules[0]!, title, labels: texts, annotations: texts, forMs, keepFiringForMs, noDataState: noDataState as 'OK', execErrState: execErrState as 'OK', isPaused,
        }
        const group = { ...asGroups(YAML)[0]!, rules: [rule] }
        const top = parseFields(stringify(groupsToFile([group])), 'f')
        top.integer('apiVersion')
        const back = readRuleProvisioning(top, t => t.replaceAll('$$', '$'))
        expect(back.groups[0]!.rules[0]).toEqual(rule)
        const api = ruleFields(parseFields(JSON.stringify(ruleToApi(rule, { id: 1, updatedMs: 0, provenance: '' })), 'f'), 'api', t => t, { group: '', folderUid: '' })
        expect(api).toEqual(rule)
      }), { numRuns: 100 })
  })
  test.each([
    ['folder: Observability', 'folder:', /rules\.yaml:5:5: groups\[0\]\.folder: rule group "api" has no folder set/],
    ['interval: 30s', 'interval: 25s', /rules\.yaml:6:5: groups\[0\]\.interval: interval \(25s\) should be non-zero and divided exactly by scheduler interval: 10s/],
    ['uid: high5xx', 'uid: high 5xx', /rules\.yaml:8:9: .*uid "high 5xx" is not usable/],
    ['condition: C', 'condition: Z', /rules\.yaml:10:9: groups\[0\]\.rules\[0\]\.condition: condition "Z" does not exist, must be one of A, C/],
    ['type: gt', 'type: above', /rules\.yaml:21:13: groups\[0\]\.rules\[0\]\.data\[1\]\.model: expression C: model\.conditions\[0\]\.evaluator\.type: unknown value "above"; one of gt, lt/],
    ['keepFiringFor', 'keepFiringFr', /field keepFiringFr not found \(did you mean keepFiringFor\?\)/],
    ['{{ $values.A }}', '{{ $value.A', /annotations\.summary: .*unclosed action/],
    ['severity: warning', '__grafana_receiver__: x', /label __grafana_receiver__ is reserved/],
    ['for: 5m', 'for: 5 minutes', /rules\.yaml:11:\d+: .*write e\.g\. 15s/],
    ['orgId: 1', 'orgId: 2', /one organisation here/],
  ])('%s -> %s is refused with its place', (from, to, says) => {
    expect(() => read(YAML.replace(from, to))).toThrow(says)
    expect(() => read(YAML.replace(from, to))).toThrow(ConfigError)
  })
})
