import { isCoarse } from './percentile.ts'
import type { Percentile } from './percentile.ts'
import type { RedRow } from './red-rows.ts'

/** Percentiles that a histogram's buckets can't tell, of one metric and one reason. */
export interface CoarseNote {
  readonly metric: string
  /** Above the last limit, in seconds; undefined: inside a wide bucket. */
  readonly above?: number
  /** `p95`, `p99`. */
  readonly percentiles: readonly string[]
  /** Names of the rows, as they stand in the table. */
  readonly names: readonly string[]
}

/** What must be said about a table of percentiles: beyond the last bucket first, then wide buckets. Percentiles in the first bucket say enough: they are small. */
export function coarseNotes(rows: readonly RedRow[], nameOf: (row: RedRow) => string): CoarseNote[] {
  const notes = new Map<string, { metric: string; above?: number; percentiles: Set<string>; names: Set<string> }>()
  for (const row of rows) {
    for (const [name, p] of [['p50', row.p50], ['p95', row.p95], ['p99', row.p99]] as const satisfies readonly (readonly [string, Percentile | undefined])[]) {
      if (p === undefined || row.metric === undefined || !isCoarse(p) || p.lower <= 0) continue
      const isAbove = p.upper === Infinity
      const key = `${row.metric} ${isAbove ? p.lower : ''}`
      let note = notes.get(key)
      if (note === undefined) notes.set(key, note = { metric: row.metric, ...(isAbove ? { above: p.lower } : {}), percentiles: new Set(), names: new Set() })
      note.percentiles.add(name)
      note.names.add(nameOf(row))
    }
  }
  return [...notes.values()].sort((a, b) => Number(b.above !== undefined) - Number(a.above !== undefined)).map(n => ({ ...n, percentiles: [...n.percentiles], names: [...n.names] }))
}
