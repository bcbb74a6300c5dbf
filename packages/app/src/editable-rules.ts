import { randomBytes } from 'node:crypto'
import type { ServiceKind } from '@haechi/dashboards'
import { text } from '@haechi/insight'
import type { LocalText } from '@haechi/insight'
import { labelsFromObject, labelsToObject } from '@haechi/model'
import { parseExpr } from '@haechi/promql'
import { BUILTIN_FILE, BUILTIN_RULE_UIDS, builtinRule, exprThreshold, exprWithThreshold } from '@haechi/rules'
import type { AlertingRule, BuiltinRuleUid, RuleGroup, RuleGroupView } from '@haechi/rules'
import { ApiError } from '@haechi/server'
import type { EditableRule, NewRule, RuleEdit, StateStore, StoredRuleEdit } from '@haechi/server'

/** What pages call the built-in rules. The limit is not part of it: people change that. */
const TITLES: Readonly<Record<BuiltinRuleUid, LocalText>> = {
  'builtin-5xx': text('Too many requests fail (5xx)', '실패하는 요청이 많음 (5xx)'),
  'builtin-p95': text('Requests are slow (p95)', '요청이 느림 (p95)'),
  'builtin-down': text('A service is down', '서비스가 응답하지 않음'),
}

/** Rules that were made here. */
const OWN_PREFIX = 'own-'
const OWN_FILE = 'haechi:made-here'

/** How often these rules are evaluated. */
const INTERVAL_MS = 15_000

/** One built-in rule with what was changed about it. */
interface Edited {
  readonly rule: AlertingRule
  readonly enabled: boolean
  readonly edited: boolean
}

/**
 * The built-in rules with what people changed about them, and the rules that people made here. Expressions follow the services that exist, unless somebody wrote their own.
 * Edits are kept in the state database.
 */
export class EditableRules {
  readonly #state: StateStore
  readonly #enabledByDefault: boolean
  #edits: ReadonlyMap<string, StoredRuleEdit['edit']> = new Map()
  #kinds: readonly ServiceKind[] = []

  /** @param enabledByDefault  false where a prometheus.yml says what is to be alerted on; the rules can then be switched on one by one */
  constructor(state: StateStore, enabledByDefault: boolean) {
    this.#state = state
    this.#enabledByDefault = enabledByDefault
  }

  /** Reads the edits that are kept. */
  async load(): Promise<void> {
    this.#edits = new Map((await this.#state.ruleEdits.list()).map(e => [e.uid, e.edit]))
  }

  /** Takes the kinds of services that exist now. @returns whether any expression changed */
  setKinds(kinds: readonly ServiceKind[]): boolean {
    const before = this.groups()
    this.#kinds = kinds
    return JSON.stringify(before) !== JSON.stringify(this.groups())
  }

  /** The groups to evaluate: built-in rules and those made here; none when every rule is switched off. */
  groups(): RuleGroup[] {
    const rules = BUILTIN_RULE_UIDS.map(uid => this.#edited(uid)).filter(e => e.enabled).map(e => e.rule)
    const own = this.#ownUids().map(uid => this.#own(uid)).filter(e => e.enabled).map(e => e.rule)
    const common = { intervalMs: INTERVAL_MS, limit: 0, queryOffsetMs: 0 }
    return [
      ...(rules.length === 0 ? [] : [{ ...common, name: 'Haechi', file: BUILTIN_FILE, source: 'builtin' as const, rules }]),
      ...(own.length === 0 ? [] : [{ ...common, name: 'Haechi, made here', file: OWN_FILE, source: 'ui' as const, rules: own }]),
    ]
  }

  /** What the page shows. */
  list(running: readonly RuleGroupView[]): EditableRule[] {
    return [...BUILTIN_RULE_UIDS, ...this.#ownUids()].map(uid => this.#view(uid, running))
  }

  /** One rule as the page shows it; undefined when there is none. */
  one(uid: string, running: readonly RuleGroupView[]): EditableRule | undefined {
    return isBuiltin(uid) || this.#isOwn(uid) ? this.#view(uid, running) : undefined
  }

  /** Keeps a new rule. @returns its uid @throws ApiError for an expression that can't be used */
  async add(rule: NewRule): Promise<string> {
    checkExpr(rule.expr)
    const uid = `${OWN_PREFIX}${randomBytes(6).toString('hex')}`
    const edit: StoredRuleEdit['edit'] = {
      title: rule.title, expr: rule.expr, forMs: rule.forMs, labels: rule.labels ?? {}, annotations: rule.annotations ?? {}, enabled: true, ...(rule.unit === undefined ? {} : { unit: rule.unit }),
    }
    await this.#state.ruleEdits.put(uid, edit)
    this.#edits = new Map([...this.#edits, [uid, edit]])
    return uid
  }

  /** Keeps an edit. @returns false when there is no such rule @throws ApiError for an expression or number that can't be used */
  async edit(uid: string, edit: RuleEdit): Promise<boolean> {
    if (!isBuiltin(uid) && !this.#isOwn(uid)) return false
    const merged: StoredRuleEdit['edit'] = { ...this.#edits.get(uid), ...edit }
    // A new limit in an expression of one's own changes the expression.
    const next: StoredRuleEdit['edit'] = edit.threshold !== undefined && merged.expr !== undefined ? { ...merged, expr: withThreshold(merged.expr, edit.threshold) } : merged
    if (next.expr !== undefined) checkExpr(next.expr)
    if (next.forMs !== undefined && !(next.forMs >= 0)) throw new ApiError('bad_body', 'the time a rule must hold can not be negative')
    await this.#state.ruleEdits.put(uid, next)
    this.#edits = new Map([...this.#edits, [uid, next]])
    return true
  }

  /** Forgets what was changed about a built-in rule, or a rule that was made here. @returns false when there is no such rule */
  async reset(uid: string): Promise<boolean> {
    if (!isBuiltin(uid) && !this.#isOwn(uid)) return false
    await this.#state.ruleEdits.remove(uid)
    this.#edits = new Map([...this.#edits].filter(([key]) => key !== uid))
    return true
  }

  #edited(uid: BuiltinRuleUid): Edited {
    const edit = this.#edits.get(uid)
    const settings = { ...(edit?.threshold === undefined ? {} : { threshold: edit.threshold }), ...(edit?.forMs === undefined ? {} : { forMs: edit.forMs }) }
    const built = builtinRule(uid, this.#kinds, settings)
    const enabled = edit?.enabled ?? this.#enabledByDefault
    if (edit === undefined) return { rule: built, enabled, edited: false }
    const rule: AlertingRule = {
      ...built,
      ...(edit.expr === undefined ? {} : ownExpr(edit.expr, built)),
      ...(edit.labels === undefined ? {} : { labels: labelsFromObject(edit.labels) }),
      ...(edit.annotations === undefined ? {} : { annotations: labelsFromObject(edit.annotations) }),
    }
    return { rule, enabled, edited: true }
  }

  #ownUids(): string[] {
    return [...this.#edits.keys()].filter(uid => uid.startsWith(OWN_PREFIX))
  }

  #isOwn(uid: string): boolean {
    return uid.startsWith(OWN_PREFIX) && this.#edits.has(uid)
  }

  #own(uid: string): Edited {
    const edit = this.#edits.get(uid)!
    const expr = edit.expr ?? ''
    const found = exprThreshold(expr)
    return {
      rule: {
        kind: 'alerting', uid, name: edit.title ?? uid, expr, forMs: edit.forMs ?? 0, keepFiringForMs: 0, labels: labelsFromObject(edit.labels ?? {}), annotations: labelsFromObject(edit.annotations ?? {}),
        ...(found === undefined ? {} : { threshold: { ...found, unit: edit.unit ?? '' } }),
      },
      enabled: edit.enabled !== false, edited: false,
    }
  }

  #view(uid: string, running: readonly RuleGroupView[]): EditableRule {
    const { rule, enabled, edited } = isBuiltin(uid) ? this.#edited(uid) : this.#own(uid)
    const view = running.flatMap(g => g.rules).find(r => r.type === 'alerting' && r.uid === uid)
    const threshold = rule.threshold
    return {
      uid, title: rule.name, ...(isBuiltin(uid) ? { localTitle: TITLES[uid] } : {}), expr: rule.expr, forMs: rule.forMs, labels: labelsToObject(rule.labels), annotations: labelsToObject(rule.annotations), enabled, builtIn: isBuiltin(uid), edited,
      ...(threshold !== undefined && (threshold.op === '>' || threshold.op === '<') ? { threshold: { op: threshold.op, value: threshold.value, unit: threshold.unit } } : {}),
      state: !enabled ? 'disabled' : view?.type === 'alerting' && view.lastEvaluationMs > 0 ? view.state : 'unknown',
      ...(view !== undefined && view.lastError !== '' ? { lastError: view.lastError } : {}),
      lastEvaluationMs: view === undefined || view.lastEvaluationMs === 0 ? null : view.lastEvaluationMs,
    }
  }
}

function isBuiltin(uid: string): uid is BuiltinRuleUid {
  return (BUILTIN_RULE_UIDS as readonly string[]).includes(uid)
}

/** A rule with an expression of one's own: its limit is read from the expression, its unit stays. */
function ownExpr(expr: string, built: AlertingRule): Partial<AlertingRule> {
  const found = exprThreshold(expr)
  return found === undefined ? { expr } : { expr, threshold: { ...found, unit: built.threshold?.unit ?? '' } }
}

function withThreshold(expr: string, value: number): string {
  try {
    return exprWithThreshold(expr, value)
  } catch (err) {
    throw new ApiError('bad_body', `the limit can't be changed: ${(err as Error).message}`)
  }
}

function checkExpr(expr: string): void {
  try {
    parseExpr(expr)
  } catch (err) {
    throw new ApiError('bad_expression', (err as Error).message)
  }
}
