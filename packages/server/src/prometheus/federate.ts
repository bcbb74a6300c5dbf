import { METRIC_NAME, compareLabels, labelValue, labelsKey } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Queryable } from '@haechi/storage'
import { metricValue } from '../go-values.ts'

export interface FederateQuery {
  readonly matcherSets: readonly (readonly Matcher[])[]
  readonly nowMs: number
  readonly lookbackMs: number
  readonly externalLabels: Readonly<Record<string, string>>
}

/**
 * The newest sample of each selected series within the lookback window, in the text format; stale series are left out.
 * External labels are added where the series has none of that name, and an empty `instance` where it has none.
 *
 * @see web `federate.go`
 */
export async function federate(queryable: Queryable, q: FederateQuery): Promise<string> {
  const minMs = q.nowMs - q.lookbackMs
  const querier = queryable.querier(minMs, q.nowMs)
  const found = new Map<string, { labels: Labels; tMs: number; value: number }>()
  try {
    const columns = new SampleColumns()
    for (const matchers of q.matcherSets) {
      const set = await querier.select(matchers, minMs, q.nowMs)
      for (let i = 0; i < set.size; i++) {
        const labels = set.labels(i)
        const key = labelsKey(labels)
        if (found.has(key)) continue
        const n = set.read(i, minMs, q.nowMs, columns)
        if (n === 0 || columns.isStale(n - 1)) continue
        found.set(key, { labels, tMs: columns.ts[n - 1]!, value: columns.vs[n - 1]! })
      }
    }
  } finally {
    querier.close()
  }
  const list = [...found.values()].filter(s => labelValue(s.labels, METRIC_NAME) !== '')
  list.sort((a, b) => {
    const x = labelValue(a.labels, METRIC_NAME)
    const y = labelValue(b.labels, METRIC_NAME)
    return x === y ? compareLabels(a.labels, b.labels) : x < y ? -1 : 1
  })
  let out = ''
  let lastName = ''
  for (const s of list) {
    const name = labelValue(s.labels, METRIC_NAME)
    if (name !== lastName) out += `# TYPE ${escapedName(name)} untyped\n`
    lastName = name
    const pairs: string[] = []
    const seen = new Set<string>()
    for (let i = 0; i < s.labels.length; i += 2) {
      if (s.labels[i] === METRIC_NAME) continue
      seen.add(s.labels[i]!)
      pairs.push(labelText(s.labels[i]!, s.labels[i + 1]!))
    }
    for (const [label, value] of Object.entries(q.externalLabels).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (seen.has(label)) continue
      seen.add(label)
      pairs.push(labelText(label, value))
    }
    if (!seen.has('instance')) pairs.push('instance=""')
    out += `${escapedName(name)}{${pairs.join(',')}} ${metricValue(s.value)} ${s.tMs}\n`
  }
  return out
}

/** A name in the escaping `underscores`: what the old formats can't write becomes `_`. */
function escapedName(name: string): string {
  return name.replace(/^[^a-zA-Z_:]|[^a-zA-Z0-9_:]/gu, '_')
}

function labelText(name: string, value: string): string {
  return `${name.replace(/^[^a-zA-Z_]|[^a-zA-Z0-9_]/gu, '_')}="${value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`
}
