import { goQuote, isLabelName, labelValue, matchesLabels } from '@haechi/model'
import type { Fields, Labels, Matcher } from '@haechi/model'
import { newMatchers, oldMatchers } from './route.ts'
import { sortMatchers } from './matchers.ts'
import type { StoredAlert } from './views.ts'

/** A firing source alert keeps target alerts from being told when the `equal` labels are the same. */
export interface InhibitRule {
  readonly name: string
  readonly sourceMatchers: readonly Matcher[]
  readonly targetMatchers: readonly Matcher[]
  /** A missing label is an empty one: missing on both sides is equal. */
  readonly equal: readonly string[]
}

/** One element of `inhibit_rules`. @throws ConfigError with Alertmanager's reasons */
export function inhibitRuleConfig(f: Fields): InhibitRule {
  const equal = f.strings('equal', [])
  for (const name of equal) if (!isLabelName(name)) throw f.error('equal', `invalid label name ${goQuote(name)} in equal list`)
  const rule: InhibitRule = {
    name: f.string('name', ''),
    sourceMatchers: sortMatchers([...oldMatchers(f, 'source_match', 'source_match_re'), ...newMatchers(f, 'source_matchers')]),
    targetMatchers: sortMatchers([...oldMatchers(f, 'target_match', 'target_match_re'), ...newMatchers(f, 'target_matchers')]),
    equal,
  }
  f.done()
  return rule
}

/** Says by which alert an alert is inhibited. The source alerts of each rule are found by their `equal` labels; alerts that changed are looked at again. */
export class Inhibitor {
  readonly #alerts: ReadonlyMap<string, StoredAlert>
  #rules: readonly InhibitRule[] = []
  /** Per rule: source alerts by the values of the equal labels. Undefined: to be made again. */
  #sources: readonly ReadonlyMap<string, readonly StoredAlert[]>[] | undefined

  /** @param alerts  all alerts by fingerprint; whoever changes them calls {@link changed} */
  constructor(alerts: ReadonlyMap<string, StoredAlert>) {
    this.#alerts = alerts
  }

  configure(rules: readonly InhibitRule[]): void {
    this.#rules = rules
    this.changed()
  }

  changed(): void {
    this.#sources = undefined
  }

  /** Fingerprints of inhibiting alerts: one, or none. @see alertmanager inhibit `Mutes` */
  inhibitedBy(labels: Labels, nowMs: number): readonly string[] {
    if (this.#rules.length === 0) return []
    const sources = (this.#sources ??= this.#rules.map(rule => this.#index(rule)))
    for (const [i, rule] of this.#rules.entries()) {
      if (!matchesLabels(rule.targetMatchers, labels)) continue
      // What is on both sides is not inhibited by what is on both sides too, itself above all.
      const bothSides = matchesLabels(rule.sourceMatchers, labels)
      const source = sources[i]!.get(equalKey(rule, labels))?.find(a => a.endsAtMs > nowMs && !(bothSides && matchesLabels(rule.targetMatchers, a.labels)))
      if (source !== undefined) return [source.fingerprint]
    }
    return []
  }

  #index(rule: InhibitRule): Map<string, StoredAlert[]> {
    const index = new Map<string, StoredAlert[]>()
    for (const a of this.#alerts.values()) {
      if (!matchesLabels(rule.sourceMatchers, a.labels)) continue
      const key = equalKey(rule, a.labels)
      const list = index.get(key)
      if (list === undefined) index.set(key, [a])
      else list.push(a)
    }
    // The one that lasts longest is named, as long as it fires.
    for (const list of index.values()) list.sort((a, b) => b.endsAtMs - a.endsAtMs || (a.fingerprint < b.fingerprint ? -1 : 1))
    return index
  }
}

function equalKey(rule: InhibitRule, labels: Labels): string {
  return rule.equal.map(name => labelValue(labels, name)).join('\xff')
}
