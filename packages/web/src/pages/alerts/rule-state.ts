import type { EditableRule, LocalText, Health } from '@haechi/server'

const ORDER: Readonly<Record<EditableRule['state'], number>> = { firing: 0, pending: 1, unknown: 3, inactive: 4, disabled: 5 }

/** The state of a rule as a colour: a rule that can't be evaluated is as bad as one that fires, because it guards nothing. */
export function ruleHealth(rule: EditableRule): Health {
  if (rule.enabled && rule.lastError !== undefined && rule.lastError !== '') return 'critical'
  switch (rule.state) {
    case 'firing': return 'critical'
    case 'pending': return 'warning'
    case 'inactive': return 'ok'
    case 'disabled': case 'unknown': return 'unknown'
  }
}

function rank(rule: EditableRule): number {
  return rule.state !== 'firing' && rule.enabled && (rule.lastError ?? '') !== '' ? 2 : ORDER[rule.state]
}

/** Rules worst first: firing, waiting, broken, not evaluated, quiet, off; then by title. A new array. */
export function rulesWorstFirst(rules: readonly EditableRule[]): EditableRule[] {
  return [...rules].sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title))
}

/** What the page calls a rule: its translated title where it has one. */
export function ruleTitle(rule: EditableRule, of: (text: LocalText) => string): string {
  return rule.localTitle === undefined ? rule.title : of(rule.localTitle)
}
