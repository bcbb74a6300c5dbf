import type { SayEdit } from './edit-words.ts'

/** Calculations of one value from many, by Grafana's ids, the usual ones first. */
export const CALCS = [
  'lastNotNull', 'last', 'firstNotNull', 'first', 'mean', 'median', 'min', 'max', 'sum', 'count', 'countAll', 'range', 'delta', 'diff', 'diffperc', 'stdDev', 'variance', 'step', 'logmin', 'changeCount',
  'distinctCount', 'allIsZero', 'allIsNull', 'allValues', 'uniqueValues', 'p50', 'p90', 'p95', 'p99',
] as const

/** What a list of calculations offers; ids that are in use but not known stand under their id. */
export function calcChoices(e: SayEdit, used: readonly string[] = []): { readonly value: string; readonly label: string }[] {
  const known = CALCS as readonly string[]
  return [...CALCS.map(c => ({ value: c as string, label: e(`calc.${c}`) })), ...[...new Set(used)].filter(u => u !== '' && !known.includes(u)).map(u => ({ value: u, label: u }))]
}
