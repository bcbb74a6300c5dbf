import { describe, expect, test } from 'vitest'
import { RuleError, parseRuleFile } from './index.ts'

const refuses = (name: string, yaml: string, ...problems: string[]): void => {
  test(name, () => {
    let got: readonly string[] = []
    try {
      parseRuleFile(yaml, 'r.yml')
    } catch (err) {
      got = err instanceof RuleError ? err.problems : [(err as Error).message]
    }
    expect(got).toEqual(problems)
  })
}

// The messages are promtool's (3.5.3) for the same texts.
describe('[R1] a rule file is refused with Prometheus\' words, all problems at once', () => {
  refuses('rules', `groups:
- name: a
  rules:
  - alert: X
    expr: up ==
    labels: {a: "{{ foo }}"}
    annotations: {s: "{{ $values.A }}"}
  - alert: Y
    record: z
    expr: up
  - expr: up
  - record: y
    expr: ""
    for: 5m
    annotations: {a: b}
  - record: "a{b}"
    expr: up
    labels: {__name__: x}
- name: a
  rules: []
- name: ""
  rules: []
`,
  'r.yml: 5:11: group "a", rule 1, "X": could not parse expression: 1:6: parse error: unexpected end of input',
  'r.yml: group "a", rule 1, "X": label "a": template: __alert_X:1: function "foo" not defined',
  'r.yml: group "a", rule 1, "X": annotation "s": template: __alert_X:1: undefined variable "$values"',
  'r.yml: 9:13: 8:12: group "a", rule 2, "Y": only one of \'record\' and \'alert\' must be set',
  'r.yml: 0:0: 0:0: group "a", rule 3, "": one of \'record\' or \'alert\' must be set',
  'r.yml: 12:13: group "a", rule 4, "y": invalid field \'annotations\' in recording rule',
  'r.yml: 12:13: group "a", rule 4, "y": invalid field \'for\' in recording rule',
  'r.yml: 12:13: group "a", rule 4, "y": field \'expr\' must be set in rule',
  'r.yml: 16:13: group "a", rule 5, "a{b}": braces present in the recording rule name; should it be in expr?: a{b}',
  'r.yml: group "a", rule 5, "a{b}": invalid label name: __name__',
  'r.yml: 19:9: groupname: "a" is repeated in the same file',
  'r.yml: 21:9: Groupname must not be empty')
  refuses('unknown field', 'groups:\n- name: a\n  rulez: []\n', 'r.yml:3:3: groups[0].rulez: field rulez not found (did you mean rules?)')
  refuses('bad duration', 'groups:\n- name: a\n  interval: xx\n', 'r.yml:3:13: groups[0].interval: not a valid duration string: "xx" (write e.g. 15s, 1m30s or 2h)')
})

describe('[R2] what a file does not say has Prometheus\' default', () => {
  test('defaults of the caller, labels of the group below those of the rule', () => {
    const [g] = parseRuleFile('groups:\n- name: a\n  labels: {team: x, b: c}\n  rules:\n  - {alert: A, expr: up, labels: {team: y}}\n  - {record: r, expr: up}\n', 'r.yml', { intervalMs: 15_000, queryOffsetMs: 7 })
    expect(g).toEqual({
      name: 'a', file: 'r.yml', source: 'file', intervalMs: 15_000, limit: 0, queryOffsetMs: 7, rules: [
        { kind: 'alerting', name: 'A', expr: 'up', forMs: 0, keepFiringForMs: 0, labels: ['b', 'c', 'team', 'y'], annotations: [] },
        { kind: 'recording', name: 'r', expr: 'up', labels: ['b', 'c', 'team', 'x'] },
      ],
    })
  })
  test('an explicit offset of 0s beats the default', () => expect(parseRuleFile('groups:\n- {name: a, query_offset: 0s}\n', 'r.yml', { queryOffsetMs: 7 })[0]!.queryOffsetMs).toBe(0))
  test('an empty file has no groups', () => expect(parseRuleFile('', 'r.yml')).toEqual([]))
})
