import type { VectorMatching } from '@haechi/promql'

/** What is known of the labels of an expression's series, the metric name apart. */
export interface LabelFacts {
  /** No series has a label that is not in here; undefined: any label may be there. */
  readonly only: ReadonlySet<string> | undefined
  /** No series has one of these. */
  readonly not: ReadonlySet<string>
  /** Every series has all of these. */
  readonly must: ReadonlySet<string>
  /** Labels that have one value, the same in every series. */
  readonly fixed: ReadonlyMap<string, string>
}

const NONE: ReadonlySet<string> = new Set()

/** One series without labels, as of `vector(1)`. */
export const NO_LABELS: LabelFacts = { only: NONE, not: NONE, must: NONE, fixed: new Map() }

/** Nothing is known. */
export const ANY_LABELS: LabelFacts = { only: undefined, not: NONE, must: NONE, fixed: new Map() }

/** Whether a series may have a label. */
export function mayHave(f: LabelFacts, name: string): boolean {
  return !f.not.has(name) && (f.only === undefined || f.only.has(name))
}

function picked<V>(map: ReadonlyMap<string, V>, keep: (name: string) => boolean): ReadonlyMap<string, V> {
  return new Map([...map].filter(([name]) => keep(name)))
}

function pickedNames(names: ReadonlySet<string>, keep: (name: string) => boolean): ReadonlySet<string> {
  return new Set([...names].filter(keep))
}

/** Labels after `by (names)` or `on (names)`: these alone are kept. */
export function keptOnly(f: LabelFacts, names: readonly string[]): LabelFacts {
  const kept = new Set(names)
  const has = (name: string): boolean => kept.has(name)
  return { only: pickedNames(kept, name => mayHave(f, name)), not: NONE, must: pickedNames(f.must, has), fixed: picked(f.fixed, has) }
}

/** Labels after `without (names)`. */
export function withoutLabels(f: LabelFacts, names: readonly string[]): LabelFacts {
  const gone = new Set(names)
  const stays = (name: string): boolean => !gone.has(name)
  return { only: f.only === undefined ? undefined : pickedNames(f.only, stays), not: new Set([...f.not, ...names]), must: pickedNames(f.must, stays), fixed: picked(f.fixed, stays) }
}

/** Labels after a function has set one, perhaps to nothing. */
export function withSetLabel(f: LabelFacts, name: string): LabelFacts {
  const other = (n: string): boolean => n !== name
  return { only: f.only === undefined ? undefined : new Set([...f.only, name]), not: pickedNames(f.not, other), must: pickedNames(f.must, other), fixed: picked(f.fixed, other) }
}

/** Labels of what is in either. */
export function eitherLabels(a: LabelFacts, b: LabelFacts): LabelFacts {
  return {
    only: a.only === undefined || b.only === undefined ? undefined : new Set([...a.only, ...b.only]),
    not: pickedNames(a.not, name => !mayHave(b, name)),
    must: pickedNames(a.must, name => b.must.has(name)),
    fixed: new Map([...a.fixed].filter(([name, value]) => b.fixed.get(name) === value)),
  }
}

/** Labels of a binary operation's result. */
export function matchedLabels(left: LabelFacts, right: LabelFacts, matching: VectorMatching): LabelFacts {
  if (matching.card === 'one-to-one') return matching.on ? keptOnly(left, matching.labels) : withoutLabels(left, matching.labels)
  const [many, one] = matching.card === 'one-to-many' ? [right, left] : [left, right]
  let out = many
  for (const name of matching.include) {
    out = withSetLabel(out, name)
    if (!mayHave(one, name)) out = withoutLabels(out, [name])
    else if (one.must.has(name)) out = { ...out, must: new Set([...out.must, name]) }
  }
  return out
}

/** Why two sides can never find each other: a label that only one side has, or that has another value on each. */
export type Mismatch =
  | { readonly kind: 'missing'; readonly label: string; readonly missingOn: 'left' | 'right' }
  | { readonly kind: 'different'; readonly label: string; readonly left: string; readonly right: string }

/** The label by which no series of one side can have a partner on the other; undefined: some may. */
export function mismatch(left: LabelFacts, right: LabelFacts, matching: Pick<VectorMatching, 'on' | 'labels'>): Mismatch | undefined {
  const named = new Set(matching.labels)
  for (const label of new Set([...left.must, ...right.must])) {
    if (named.has(label) !== matching.on) continue
    if (!mayHave(right, label)) return { kind: 'missing', label, missingOn: 'right' }
    if (!mayHave(left, label)) return { kind: 'missing', label, missingOn: 'left' }
    const [a, b] = [left.fixed.get(label), right.fixed.get(label)]
    if (a !== undefined && b !== undefined && a !== b) return { kind: 'different', label, left: a, right: b }
  }
  return undefined
}
