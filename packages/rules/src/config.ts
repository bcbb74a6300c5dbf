import { labelsFromObject, labelsFromPairs, parseFields } from '@haechi/model'
import type { Fields, Labels } from '@haechi/model'
import { checkRule } from './check.ts'
import { RuleError } from './rule-error.ts'
import type { Rule, RuleGroup } from './views.ts'

/** What `global:` of prometheus.yml gives to groups that say nothing themselves. */
export interface RuleFileDefaults {
  /** `evaluation_interval`, default 1 m. */
  readonly intervalMs?: number
  /** `rule_query_offset`, default 0. */
  readonly queryOffsetMs?: number
}

/**
 * Reads a rule file. Unknown fields are refused; every problem of every rule is reported at once, in Prometheus' words.
 * @param file  as the user named it; part of the groups' identity
 * @throws ConfigError for what can't be read at all, RuleError for rules that can't be used
 * @see Prometheus model/rulefmt
 */
export function parseRuleFile(text: string, file: string, defaults: RuleFileDefaults = {}): RuleGroup[] {
  const top = parseFields(text, file)
  const groups: RuleGroup[] = []
  const problems: string[] = []
  const names = new Set<string>()
  const complain = (place: string, reason: string): void => {
    problems.push(`${file}: ${place === '' ? '' : `${place}: `}${reason}`)
  }
  for (const g of top.list('groups')) {
    const name = g.string('name', '')
    if (name === '') complain(valuePlace(g, 'name'), 'Groupname must not be empty')
    else if (names.has(name)) complain(valuePlace(g, 'name'), `groupname: ${JSON.stringify(name)} is repeated in the same file`)
    names.add(name)
    const intervalMs = g.durationMs('interval', 0)
    const limit = g.integer('limit', 0)
    const queryOffsetMs = g.durationMs('query_offset', defaults.queryOffsetMs ?? 0)
    const groupLabels = g.stringMap('labels')
    for (const label of Object.keys(groupLabels)) if (label === '__name__') complain(valuePlace(g, 'labels'), `invalid label name: ${label}`)
    const rules: Rule[] = []
    for (const [i, r] of g.list('rules').entries()) {
      const { rule, issues } = parseRule(r, groupLabels)
      for (const issue of issues) complain(issue.place, `group ${JSON.stringify(name)}, rule ${i + 1}, ${JSON.stringify(rule?.name ?? '')}: ${issue.reason}`)
      if (rule !== undefined) rules.push(rule)
    }
    g.done()
    groups.push({ name, file, source: 'file', intervalMs: intervalMs > 0 ? intervalMs : (defaults.intervalMs ?? 60_000), limit, queryOffsetMs, rules })
  }
  top.done()
  if (problems.length > 0) throw new RuleError(problems)
  return groups
}

interface Issue { readonly place: string; readonly reason: string }

/** Where a key's value stands, as Prometheus writes it; `0:0` when the key is missing. */
function valuePlace(f: Fields, key: string): string {
  if (!f.keys().includes(key)) return '0:0'
  const { line, column } = f.place(key)
  return `${line}:${column + key.length + 2}`
}

function parseRule(f: Fields, groupLabels: Readonly<Record<string, string>>): { rule: Rule | undefined; issues: Issue[] } {
  const record = f.string('record', '')
  const alert = f.string('alert', '')
  const expr = f.string('expr', '')
  const forMs = f.durationMs('for', 0)
  const keepFiringForMs = f.durationMs('keep_firing_for', 0)
  const ownLabels = f.stringMap('labels')
  const annotations = labelsFromObject(f.stringMap('annotations'))
  f.done()
  const issues: Issue[] = []
  if (record !== '' && alert !== '') {
    issues.push({ place: `${valuePlace(f, 'record')}: ${valuePlace(f, 'alert')}`, reason: "only one of 'record' and 'alert' must be set" })
  } else if (record === '' && alert === '') {
    issues.push({ place: `${valuePlace(f, 'record')}: ${valuePlace(f, 'alert')}`, reason: "one of 'record' or 'alert' must be set" })
    return { rule: undefined, issues }
  }
  // The label values of the rule win over those of the group; an empty one takes the group's label away.
  const labels: Labels = labelsFromPairs([...Object.entries(groupLabels), ...Object.entries(ownLabels)])
  const rule: Rule = alert !== ''
    ? { kind: 'alerting', name: alert, expr, forMs, keepFiringForMs, labels, annotations }
    : { kind: 'recording', name: record, expr, labels }
  if (record !== '') {
    if (annotations.length > 0) issues.push({ place: valuePlace(f, 'record'), reason: "invalid field 'annotations' in recording rule" })
    if (forMs !== 0) issues.push({ place: valuePlace(f, 'record'), reason: "invalid field 'for' in recording rule" })
    if (keepFiringForMs !== 0) issues.push({ place: valuePlace(f, 'record'), reason: "invalid field 'keep_firing_for' in recording rule" })
  }
  for (const reason of checkRule(rule)) {
    const at = reason.startsWith('could not parse expression') ? valuePlace(f, 'expr')
      : reason.startsWith("field 'expr'") || reason.includes('recording rule name') ? valuePlace(f, record !== '' ? 'record' : 'alert') : ''
    issues.push({ place: at, reason })
  }
  return { rule, issues }
}
