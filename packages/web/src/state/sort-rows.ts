/** How a table is sorted. */
export interface Sort {
  readonly key: string
  readonly isDescending: boolean
}

/** Reads `name` or `-name`; one of no known column falls back to `fallback`. */
export function readSort(text: string, known: readonly string[], fallback: string): Sort {
  const of = (s: string): Sort => ({ key: s.replace(/^-/, ''), isDescending: s.startsWith('-') })
  const sort = of(text)
  return known.includes(sort.key) ? sort : of(fallback)
}

function isNothing(v: number | string): boolean {
  return v === '' || (typeof v === 'number' && Number.isNaN(v))
}

/** A new array in order; rows without a value come last whatever the direction, equals keep their order, digits in texts count as numbers. */
export function sortRows<Row>(rows: readonly Row[], by: (row: Row) => number | string, isDescending: boolean): Row[] {
  const keyed = rows.map(row => ({ row, key: by(row) }))
  const sign = isDescending ? -1 : 1
  return keyed.sort((a, b) => {
    const gaps = Number(isNothing(a.key)) - Number(isNothing(b.key))
    if (gaps !== 0) return gaps
    if (typeof a.key === 'number' && typeof b.key === 'number') return a.key === b.key || Number.isNaN(a.key) ? 0 : sign * (a.key < b.key ? -1 : 1)
    return sign * String(a.key).localeCompare(String(b.key), 'en', { numeric: true, sensitivity: 'base' })
  }).map(k => k.row)
}
