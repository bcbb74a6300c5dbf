import { foreignQueries, readDashboard } from '@haechi/dashboards'
import type { Panel } from '@haechi/dashboards'
import { parseExpr } from '@haechi/promql'
import type { Expr } from '@haechi/promql'
import type { GrafanaRule, RuleGroupView } from '@haechi/rules'
import type { Labels } from '@haechi/model'
import type { DiagnosisPlace, LocalText } from '../diagnosis.ts'
import { text } from '../diagnosis.ts'
import { VARIABLE_MARK } from './expr-facts.ts'

/** A query that somebody has written down, and where. */
export interface AskedQuery {
  readonly place: Extract<DiagnosisPlace, { kind: 'rule' | 'panel' }>
  /** What people call the place, e.g. `the rule "A"`. */
  readonly called: LocalText
  readonly expr: Expr
  /** An alert's: its texts with their templates, by label or annotation. */
  readonly alert?: { readonly texts: readonly (readonly [name: string, template: string])[]; readonly builtIn: boolean; /** Labels that its templates have besides those of the query. */ readonly extra: readonly string[] }
}

const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g
const VARIABLE = /\$\{\w+(?:\.\w+)?(?::[\w:]+)?\}|\$\w+|\[\[\w+(?::\w+)?\]\]/g

/** The expression of a panel with its variables marked; undefined when it can't be read, or a variable stands where it decides what is asked. */
export function panelExpr(source: string): Expr | undefined {
  const macros = source
    .replace(/\$(?:\{__(?:rate_interval|interval|range)\}|__(?:rate_interval|interval|range))(?![\w])/g, '5m')
    .replace(/\$(?:\{__(?:rate_interval|interval|range)_m?s\}|__(?:rate_interval|interval|range)_m?s)(?![\w])/g, '300')
  const marked = macros.replace(STRING, s => s.replace(VARIABLE, VARIABLE_MARK))
  return parsed(marked)
}

function parsed(source: string): Expr | undefined {
  if (source.trim() === '') return undefined
  try {
    return parseExpr(source)
  } catch {
    return undefined
  }
}

function pairs(labels: Labels): [string, string][] {
  const out: [string, string][] = []
  for (let i = 0; i < labels.length; i += 2) out.push([labels[i]!, labels[i + 1]!])
  return out
}

function ruleCalled(name: string): LocalText {
  return text(`the rule "${name}"`, `규칙 "${name}"`)
}

/** Expressions by their text; undefined: can't be read. */
export type ParsedExprs = Map<string, Expr | undefined>

/**
 * Queries of the rules that run. Grafana-managed ones are left to {@link grafanaQueries}, which knows more of them.
 * @param read  expressions that were read the last time; afterwards it holds those of these rules
 */
export function ruleQueries(groups: readonly RuleGroupView[], read: ParsedExprs = new Map()): AskedQuery[] {
  const out: AskedQuery[] = []
  const before = new Map(read)
  read.clear()
  for (const group of groups) {
    if (group.source === 'grafana') continue
    for (const rule of group.rules) {
      const expr = before.has(rule.query) ? before.get(rule.query) : parsed(rule.query)
      read.set(rule.query, expr)
      if (expr === undefined) continue
      out.push({
        place: { kind: 'rule', name: rule.name, group: group.name, file: group.file, ...(rule.type === 'alerting' && rule.uid !== undefined ? { uid: rule.uid } : {}) },
        called: ruleCalled(rule.name), expr,
        ...(rule.type === 'alerting' ? { alert: { texts: [...pairs(rule.labels), ...pairs(rule.annotations)], builtIn: group.source === 'builtin', extra: [] } } : {}),
      })
    }
  }
  return out
}

/** Labels that Grafana gives to templates besides those of the query. */
const GRAFANA_LABELS: readonly string[] = ['alertname', 'grafana_folder', '__alert_rule_uid__', '__alert_rule_namespace_uid__']
/** Reducers whose number is among those that they are given. */
const REDUCERS: ReadonlySet<unknown> = new Set(['last', 'mean', 'min', 'max', 'median'])
const OPERATORS: Readonly<Record<string, string>> = { gt: '>', lt: '<', eq: '==', gte: '>=', lte: '<=' }

/** Queries of a Grafana-managed rule: as one expression with its limit where its nodes are a query, a reduction and a threshold, else each query alone. */
export function grafanaQueries(rule: GrafanaRule): AskedQuery[] {
  const place: AskedQuery['place'] = { kind: 'rule', name: rule.title, group: rule.group, file: rule.folderUid, uid: rule.uid }
  const texts = [...Object.entries(rule.labels), ...Object.entries(rule.annotations)]
  const whole = wholeGrafanaExpr(rule)
  const expr = whole === undefined ? undefined : parsed(whole)
  if (expr !== undefined) return [{ place, called: ruleCalled(rule.title), expr, alert: { texts, builtIn: false, extra: GRAFANA_LABELS } }]
  return rule.data.flatMap(d => {
    const one = typeof d.model['expr'] === 'string' ? parsed(d.model['expr']) : undefined
    return one === undefined ? [] : [{ place, called: ruleCalled(rule.title), expr: one }]
  })
}

function wholeGrafanaExpr(rule: GrafanaRule): string | undefined {
  const byRef = new Map(rule.data.map(d => [d.refId, d]))
  const input = (model: Readonly<Record<string, unknown>>): string => String(model['expression'] ?? '').replace(/^\$\{?(\w+)\}?$/, '$1')
  const write = (refId: string, depth: number): string | undefined => {
    const node = byRef.get(refId)
    if (node === undefined || depth > 8) return undefined
    const { model } = node
    switch (model['type']) {
      case 'threshold': {
        const evaluator = (model['conditions'] as readonly { readonly evaluator?: { readonly type?: string; readonly params?: readonly number[] } }[] | undefined)?.[0]?.evaluator
        const op = OPERATORS[evaluator?.type ?? '']
        const inner = write(input(model), depth + 1)
        return op === undefined || inner === undefined || evaluator?.params?.[0] === undefined ? undefined : `(${inner}) ${op} ${evaluator.params[0]}`
      }
      case 'reduce': return REDUCERS.has(model['reducer']) ? write(input(model), depth + 1) : undefined
      case 'math': case 'resample': case 'classic_conditions': return undefined
      default: return typeof model['expr'] === 'string' ? model['expr'] : undefined
    }
  }
  return write(rule.condition, 0)
}

/** Queries of a board's panels. What is no board, or asks something else than Prometheus, has none. @param json Grafana's dashboard JSON */
export function boardQueries(uid: string, json: unknown): AskedQuery[] {
  let panels: readonly Panel[]
  let title: string
  try {
    const board = readDashboard(json)
    panels = [...board.panels, ...board.rows.flatMap(r => r.panels)]
    title = board.title
  } catch {
    return []
  }
  return panels.filter(p => foreignQueries(p) === undefined).flatMap(panel => panel.targets.flatMap(target => {
    const expr = panelExpr(target.expr)
    const name = panel.title === '' ? `#${panel.id}` : panel.title
    return expr === undefined ? [] : [{ place: { kind: 'panel' as const, boardUid: uid, board: title, panelId: panel.id, panel: name }, called: text(`the panel "${name}" of the board "${title}"`, `"${title}" 대시보드의 "${name}" 패널`), expr }]
  }))
}
