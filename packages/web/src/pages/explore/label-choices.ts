import type { LabelMap } from '../../api/prometheus.ts'
import type { LabelFilter } from './simple-query.ts'

/** A label or a value to choose, with how many there are: values of a label, series of a value. */
export interface CountedName {
  readonly name: string
  readonly count: number
}

/** The labels of a metric's series, each with how many values it has; sorted. */
export function labelChoices(series: readonly LabelMap[]): CountedName[] {
  const values = new Map<string, Set<string>>()
  for (const labels of series) {
    for (const [name, value] of Object.entries(labels)) {
      if (name === '__name__') continue
      const known = values.get(name)
      if (known === undefined) values.set(name, new Set([value]))
      else known.add(value)
    }
  }
  return [...values].map(([name, found]) => ({ name, count: found.size })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The values that one filter can take, each with how many series have it; those that the other filters leave out are not offered. Most series first. */
export function valueChoices(series: readonly LabelMap[], filters: readonly LabelFilter[], at: number): CountedName[] {
  const label = filters[at]?.label ?? ''
  const tests = filters.filter((f, i) => i !== at && f.label !== '' && f.values.length > 0).map(testOf)
  const counts = new Map<string, number>()
  for (const labels of series) {
    const value = labels[label]
    if (value !== undefined && tests.every(test => test(labels))) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
}

/** Patterns that the browser reads differently, or not at all, leave nothing out. */
function testOf(f: LabelFilter): (labels: LabelMap) => boolean {
  const isWanted = f.op === 'is' || f.op === 'matches'
  if (f.op === 'is' || f.op === 'isNot') {
    const values = new Set(f.values)
    return labels => values.has(labels[f.label] ?? '') === isWanted
  }
  try {
    const pattern = new RegExp(`^(?:${f.values[0]!})$`, 's')
    return labels => pattern.test(labels[f.label] ?? '') === isWanted
  } catch {
    return () => true
  }
}
