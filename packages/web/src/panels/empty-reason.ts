import { metricNames } from '@haechi/dashboards'
import type { TimeRange } from '@haechi/dashboards'
import type { FetchValues } from './types.ts'

/** Why a query answered nothing. */
export type EmptyReason =
  /** No service has ever exposed these. */
  | { readonly kind: 'unknown'; readonly names: readonly string[] }
  /** Known, but silent in the range. */
  | { readonly kind: 'silent'; readonly names: readonly string[] }
  /** There are series; the query's own conditions leave none. */
  | { readonly kind: 'filtered' }

/** How far back a metric counts as known. */
const KNOWN_MS = 7 * 86_400_000

/** Finds out why nothing came back, by asking for the metrics themselves. Undefined where a query names none. */
export async function emptyReason(exprs: readonly string[], range: TimeRange, fetchValues: FetchValues, signal: AbortSignal): Promise<EmptyReason | undefined> {
  const names = [...new Set(exprs.flatMap(metricNames))].slice(0, 6)
  if (names.length === 0) return undefined
  const selector = names.length === 1 ? `{__name__="${names[0]!}"}` : `{__name__=~"${names.join('|')}"}`
  const definition = `label_values(${selector}, __name__)`
  const inRange = new Set(await fetchValues(definition, range, signal))
  const missing = names.filter(n => !inRange.has(n))
  if (missing.length === 0) return { kind: 'filtered' }
  const known = new Set(await fetchValues(definition, { startMs: range.endMs - KNOWN_MS, endMs: range.endMs }, signal))
  const unknown = missing.filter(n => !known.has(n))
  return unknown.length > 0 ? { kind: 'unknown', names: unknown } : { kind: 'silent', names: missing }
}
