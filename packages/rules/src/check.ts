import { METRIC_NAME } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { parseExpr } from '@haechi/promql'
import { checkTemplate } from './expand.ts'
import type { Rule, RuleGroup } from './views.ts'

/** What is wrong with one rule, in Prometheus' words, without place. Empty: nothing. */
export function checkRule(rule: Rule): string[] {
  const problems: string[] = []
  if (rule.expr === '') problems.push("field 'expr' must be set in rule")
  else {
    try {
      parseExpr(rule.expr)
    } catch (err) {
      problems.push(`could not parse expression: ${messageOf(err)}`)
    }
  }
  if (rule.kind === 'recording') {
    if (!isMetricName(rule.name)) problems.push(`invalid recording rule name: ${rule.name}`)
    else if (/[{}]/.test(rule.name)) problems.push(`braces present in the recording rule name; should it be in expr?: ${rule.name}`)
  }
  for (let i = 0; i < rule.labels.length; i += 2) {
    if (rule.labels[i] === '' || rule.labels[i] === METRIC_NAME) problems.push(`invalid label name: ${rule.labels[i]!}`)
  }
  if (rule.kind === 'alerting') {
    for (let i = 0; i < rule.annotations.length; i += 2) if (rule.annotations[i] === '') problems.push(`invalid annotation name: ${rule.annotations[i]!}`)
    problems.push(...checkTexts('label', rule.name, rule.labels), ...checkTexts('annotation', rule.name, rule.annotations))
  }
  return problems
}

function checkTexts(what: string, alert: string, texts: Labels): string[] {
  const problems: string[] = []
  for (let i = 0; i < texts.length; i += 2) {
    try {
      checkTemplate(alert, texts[i + 1]!)
    } catch (err) {
      problems.push(`${what} ${JSON.stringify(texts[i])}: ${messageOf(err)}`)
    }
  }
  return problems
}

/** Metric names may be any text that is valid UTF-8 and not empty. */
function isMetricName(name: string): boolean {
  return name !== '' && Buffer.from(name, 'utf8').toString('utf8') === name
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

/** Every problem of groups made in code or read from files; empty: all can be loaded. */
export function checkGroups(groups: readonly RuleGroup[]): string[] {
  const problems: string[] = []
  const names = new Set<string>()
  for (const g of groups) {
    if (g.name === '') problems.push(`${g.file}: Groupname must not be empty`)
    if (!(g.intervalMs > 0)) problems.push(`${g.file}: group ${JSON.stringify(g.name)}: interval must be greater than 0`)
    const key = `${g.file}\xff${g.name}`
    if (names.has(key)) problems.push(`${g.file}: groupname: ${JSON.stringify(g.name)} is repeated in the same file`)
    names.add(key)
    for (const [i, rule] of g.rules.entries()) {
      for (const p of checkRule(rule)) problems.push(`${g.file}: group ${JSON.stringify(g.name)}, rule ${i + 1}, ${JSON.stringify(rule.name)}: ${p}`)
    }
  }
  return problems
}
