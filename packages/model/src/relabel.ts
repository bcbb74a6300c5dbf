import { createHash } from 'node:crypto'
import { RE2JS } from 're2js'
import type { Fields } from './fields.ts'
import { labelValue, labelsFromPairs } from './labels.ts'
import type { Labels } from './labels.ts'

/** What a relabeling rule does. */
export type RelabelAction =
  | 'replace' | 'keep' | 'drop' | 'keepequal' | 'dropequal' | 'hashmod' | 'labelmap' | 'labeldrop' | 'labelkeep' | 'lowercase' | 'uppercase'

/** One relabeling rule, with all defaults filled in. */
export interface RelabelConfig {
  readonly action: RelabelAction
  readonly sourceLabels: readonly string[]
  readonly separator: string
  /** As the user wrote it; matches whole values. */
  readonly regex: string
  readonly modulus: number
  readonly targetLabel: string
  readonly replacement: string
  /** The compiled `regex`. */
  readonly pattern: RE2JS
}

const ACTIONS: readonly string[] = ['replace', 'keep', 'drop', 'keepequal', 'dropequal', 'hashmod', 'labelmap', 'labeldrop', 'labelkeep', 'lowercase', 'uppercase']

/** Prometheus' defaults. @see model/relabel/relabel.go `DefaultRelabelConfig` */
const DEFAULTS = { action: 'replace', separator: ';', regex: '(.*)', replacement: '$1', modulus: 0, targetLabel: '' } as const

/** A rule that can't be used. The message is Prometheus'. */
export class RelabelError extends Error {
  /** The key of the rule that is wrong, as in YAML; undefined if the rule as a whole is. */
  readonly key: string | undefined

  constructor(message: string, key?: string) {
    super(message)
    this.name = 'RelabelError'
    this.key = key
  }
}

/** The members of a rule as YAML has them; what is absent takes its default. */
export interface RelabelRule {
  readonly action?: string
  readonly source_labels?: readonly string[]
  readonly separator?: string
  readonly regex?: string
  readonly modulus?: number
  readonly target_label?: string
  readonly replacement?: string
}

/** Checks and compiles one rule. @throws RelabelError with Prometheus' message */
export function compileRelabel(rule: RelabelRule): RelabelConfig {
  const action = (rule.action ?? DEFAULTS.action).toLowerCase() as RelabelAction
  if (!ACTIONS.includes(action)) throw new RelabelError(`unknown relabel action ${JSON.stringify(rule.action)}`, 'action')
  const separator = rule.separator ?? DEFAULTS.separator
  const regex = rule.regex ?? DEFAULTS.regex
  const modulus = rule.modulus ?? DEFAULTS.modulus
  const targetLabel = rule.target_label ?? DEFAULTS.targetLabel
  const replacement = rule.replacement ?? DEFAULTS.replacement
  const writes = action === 'replace' || action === 'hashmod' || action === 'lowercase' || action === 'uppercase' || action === 'keepequal' || action === 'dropequal'
  if (modulus === 0 && action === 'hashmod') throw new RelabelError('relabel configuration for hashmod requires non-zero modulus', 'modulus')
  if (writes && targetLabel === '') throw new RelabelError(`relabel configuration for ${action} action requires 'target_label' value`)
  const invalidTarget = (): RelabelError => new RelabelError(`${JSON.stringify(targetLabel)} is invalid 'target_label' for ${action} action`, 'target_label')
  if (writes && !isLabelName(targetLabel)) throw invalidTarget()
  if ((action === 'lowercase' || action === 'uppercase' || action === 'keepequal' || action === 'dropequal') && replacement !== DEFAULTS.replacement) {
    throw new RelabelError(`'replacement' can not be set for ${action} action`, 'replacement')
  }
  if (action === 'labelmap' && !isLabelName(replacement)) throw new RelabelError(`${JSON.stringify(replacement)} is invalid 'replacement' for ${action} action`, 'replacement')
  const others = modulus !== DEFAULTS.modulus || separator !== DEFAULTS.separator || replacement !== DEFAULTS.replacement
  if ((action === 'dropequal' || action === 'keepequal') && (regex !== DEFAULTS.regex || others)) {
    throw new RelabelError(`${action} action requires only 'source_labels' and \`target_label\`, and no other fields`)
  }
  if ((action === 'labeldrop' || action === 'labelkeep') && (rule.source_labels !== undefined || targetLabel !== DEFAULTS.targetLabel || others)) {
    throw new RelabelError(`${action} action requires only 'regex', and no other fields`)
  }
  let pattern: RE2JS
  try {
    // Wrapped as Prometheus does, so that messages about the expression quote the same text.
    pattern = RE2JS.compile(`^(?s:${regex})$`)
  } catch (err) {
    throw new RelabelError(err instanceof Error ? err.message : String(err), 'regex')
  }
  return { action, sourceLabels: rule.source_labels ?? [], separator, regex, modulus, targetLabel, replacement, pattern }
}

/** Reads one rule of `relabel_configs`, `metric_relabel_configs`, `alert_relabel_configs` or `write_relabel_configs`. @throws ConfigError at the key */
export function relabelConfig(f: Fields): RelabelConfig {
  const rule: RelabelRule = {
    ...(f.has('action') && { action: f.string('action') }),
    ...(f.has('source_labels') && { source_labels: f.strings('source_labels') }),
    ...(f.has('separator') && { separator: f.string('separator') }),
    ...(f.has('regex') && { regex: f.string('regex') }),
    ...(f.has('modulus') && { modulus: f.integer('modulus') }),
    ...(f.has('target_label') && { target_label: f.string('target_label') }),
    ...(f.has('replacement') && { replacement: f.string('replacement') }),
  }
  f.done()
  try {
    return compileRelabel(rule)
  } catch (err) {
    if (err instanceof RelabelError) throw f.error(err.key, err.message)
    throw err
  }
}

/** Any non-empty UTF-8 text is a label name. */
function isLabelName(name: string): boolean {
  return name !== '' && !/\p{Surrogate}/u.test(name)
}

/**
 * Applies the rules in order.
 * @returns the new label set (the same array when nothing changed it), or undefined when a rule says to drop
 * @see Prometheus `model/relabel/relabel.go`, `ProcessBuilder`
 */
export function relabel(labels: Labels, rules: readonly RelabelConfig[]): Labels | undefined {
  if (rules.length === 0) return labels
  const set = new LabelBuilder(labels)
  for (const rule of rules) if (!applyRule(rule, set)) return undefined
  return set.labels()
}

/** A label set under change; reads fall through to the base until something is written. */
class LabelBuilder {
  readonly #base: Labels
  #changed: Map<string, string> | undefined

  constructor(base: Labels) {
    this.#base = base
  }

  get(name: string): string {
    return this.#changed === undefined ? labelValue(this.#base, name) : (this.#changed.get(name) ?? '')
  }

  set(name: string, value: string): void {
    if (this.get(name) === value) return
    if (this.#changed === undefined) {
      this.#changed = new Map()
      for (let i = 0; i < this.#base.length; i += 2) this.#changed.set(this.#base[i]!, this.#base[i + 1]!)
    }
    if (value === '') this.#changed.delete(name)
    else this.#changed.set(name, value)
  }

  pairs(): [string, string][] {
    if (this.#changed !== undefined) return [...this.#changed]
    const out: [string, string][] = []
    for (let i = 0; i < this.#base.length; i += 2) out.push([this.#base[i]!, this.#base[i + 1]!])
    return out
  }

  labels(): Labels {
    return this.#changed === undefined ? this.#base : labelsFromPairs(this.#changed)
  }
}

function applyRule(rule: RelabelConfig, set: LabelBuilder): boolean {
  let value = ''
  for (let i = 0; i < rule.sourceLabels.length; i++) value += (i === 0 ? '' : rule.separator) + set.get(rule.sourceLabels[i]!)
  switch (rule.action) {
    case 'drop': return !rule.pattern.matches(value)
    case 'keep': return rule.pattern.matches(value)
    case 'dropequal': return set.get(rule.targetLabel) !== value
    case 'keepequal': return set.get(rule.targetLabel) === value
    case 'replace': {
      const m = rule.pattern.matcher(value)
      if (!m.matches()) return true
      const target = expandTemplate(rule.targetLabel, m)
      if (isLabelName(target)) set.set(target, expandTemplate(rule.replacement, m))
      return true
    }
    case 'lowercase':
      set.set(rule.targetLabel, value.toLowerCase())
      return true
    case 'uppercase':
      set.set(rule.targetLabel, value.toUpperCase())
      return true
    case 'hashmod': {
      const digest = createHash('md5').update(value).digest()
      set.set(rule.targetLabel, String(digest.readBigUInt64BE(8) % BigInt(rule.modulus)))
      return true
    }
    case 'labelmap':
      for (const [name, v] of set.pairs()) {
        const m = rule.pattern.matcher(name)
        if (m.matches()) set.set(expandTemplate(rule.replacement, m), v)
      }
      return true
    case 'labeldrop':
      for (const [name] of set.pairs()) if (rule.pattern.matches(name)) set.set(name, '')
      return true
    case 'labelkeep':
      for (const [name] of set.pairs()) if (!rule.pattern.matches(name)) set.set(name, '')
      return true
  }
}

type Match = ReturnType<RE2JS['matcher']>

/**
 * Go's `Regexp.Expand`: `$1`, `${1}`, `$name`, `${name}`; the name after a bare `$` is as long as possible, unknown groups are empty, `$$` is a dollar.
 */
function expandTemplate(template: string, m: Match): string {
  if (!template.includes('$')) return template
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
    if (whole === '$$') return '$'
    const name = braced ?? bare!
    if (/^\d+$/.test(name)) {
      const index = Number(name)
      return index <= m.groupCount() ? (m.group(index) ?? '') : ''
    }
    return Object.hasOwn(m.namedGroups, name) ? (m.group(name) ?? '') : ''
  })
}
