import { ALL_VALUE, interpolateQuery, interpolateText, plainValue, variableValue } from '@haechi/dashboards'
import type { Panel, Variable, VariableValue } from '@haechi/dashboards'

/** What a rule about a panel begins with. */
export interface PanelRule {
  readonly title: string
  /** Without a comparison. */
  readonly expr: string
  readonly op: '>' | '<'
  /** Undefined where the panel has no thresholds. */
  readonly value: number | undefined
  readonly unit: string
}

/** What a range written in a rule is, where a panel leaves it to the page. */
const FIXED: readonly (readonly [string, string])[] = [['__rate_interval', '5m'], ['__interval', '1m'], ['__range', '1h'], ['__range_s', '3600'], ['__interval_ms', '60000']]

/**
 * The rule that a panel suggests: its first visible query with the variables as they are chosen, above its highest threshold, or below it where the panel's colours
 * say that low is bad (red base, green above).
 */
export function ruleOfPanel(panel: Panel, variables: readonly Variable[], chosen: Readonly<Record<string, readonly string[]>>): PanelRule {
  const values = new Map<string, VariableValue>(FIXED.map(([name, text]) => [name, plainValue(name, text)]))
  for (const v of variables) {
    const selected = chosen[v.name] ?? v.current
    // A rule watches whatever there will be, not what there is now.
    values.set(v.name, selected.includes(ALL_VALUE) || selected.length === 0 ? plainValue(v.name, v.allValue === '' ? '.*' : v.allValue) : variableValue(v, selected))
  }
  const target = panel.targets.find(t => !t.hide && t.expr.trim() !== '') ?? panel.targets[0]
  const steps = panel.fieldConfig.thresholds?.steps ?? []
  const isLowBad = /red|orange/.test(steps[0]?.color ?? '') && steps.length > 1
  const step = isLowBad ? steps[1] : steps.at(-1)
  return {
    title: interpolateText(panel.title, values), expr: interpolateQuery(target?.expr ?? '', values).trim(), op: isLowBad ? '<' : '>',
    value: step !== undefined && Number.isFinite(step.value) && panel.fieldConfig.thresholds?.mode !== 'percentage' ? step.value : undefined, unit: panel.fieldConfig.unit ?? '',
  }
}

/** The whole expression of a rule. */
export function ruleExpr(expr: string, op: '>' | '<', value: number): string {
  const text = expr.trim()
  const isPlain = /^[\w:]+(\{[^{}]*\})?$/.test(text) || /^[\w:]+\s*(?:(?:by|without)\s*\([^()]*\)\s*)?\([^()]*\)$/.test(text)
  return `${isPlain ? text : `(${text})`} ${op} ${value}`
}
