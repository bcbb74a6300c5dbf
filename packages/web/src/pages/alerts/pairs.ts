/** A name and its text, as a form holds them. */
export interface Pair {
  readonly name: string
  readonly value: string
}

/** The pairs of an object of texts, in its order. */
export function pairsOf(record: unknown): Pair[] {
  return record === null || typeof record !== 'object' ? [] : Object.entries(record as Readonly<Record<string, unknown>>).map(([name, value]) => ({ name, value: String(value) }))
}

/** The object of pairs; rows without a name are left out, a name that is repeated has its last text. */
export function recordOf(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter(p => p.name.trim() !== '').map(p => [p.name.trim(), p.value]))
}

/** Pairs with one text set, at its place or at the end; `''` takes it away. */
export function withPair(pairs: readonly Pair[], name: string, value: string): Pair[] {
  const others = pairs.filter(p => p.name !== name)
  if (value === '') return others
  return pairs.some(p => p.name === name) ? pairs.map(p => (p.name === name ? { name, value } : p)) : [...others, { name, value }]
}

/** The text of a name; `''` where there is none. */
export function pairValue(pairs: readonly Pair[], name: string): string {
  return pairs.find(p => p.name === name)?.value ?? ''
}

/** Whether two rows have the same name. */
export function hasTwin(pairs: readonly Pair[]): boolean {
  const names = pairs.map(p => p.name.trim()).filter(n => n !== '')
  return new Set(names).size !== names.length
}
