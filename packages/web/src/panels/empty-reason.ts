import { metricNames } from '@haechi/dashboards'
import { isSlip, nearestNames } from '../state/nearest-names.ts'
import type { TimeRange } from '@haechi/dashboards'
import type { FetchValues } from './types.ts'

/** Why a query answered nothing. */
export type EmptyReason =
  /** No service has ever exposed these. */
  | { readonly kind: 'unknown'; readonly names: readonly string[]; readonly near?: string }
  /** Known, but silent in the range. */
  | { readonly kind: 'silent'; readonly names: readonly string[] }
  /** No series of the metric has this value. */
  | { readonly kind: 'value'; readonly metric: string; readonly label: string; readonly value: string; readonly near?: string }
  /** There are series; the query's own conditions leave none. */
  | { readonly kind: 'filtered' }

/** How far back a metric counts as known. */
const KNOWN_MS = 7 * 86_400_000

/** Finds out why nothing came back, by asking for the metrics themselves. Undefined where a query names none. */
export async function emptyReason(exprs: readonly string[], range: TimeRange, fetchValues: FetchValues, signal: AbortSignal, source?: string): Promise<EmptyReason | undefined> {
  const names = [...new Set(exprs.flatMap(metricNames))].slice(0, 6)
  if (names.length === 0) return undefined
  const selector = names.length === 1 ? `{__name__="${names[0]!}"}` : `{__name__=~"${names.join('|')}"}`
  const definition = `label_values(${selector}, __name__)`
  const inRange = new Set(await fetchValues(definition, range, signal, source))
  const missing = names.filter(n => !inRange.has(n))
  if (missing.length === 0) return await unknownValue(exprs, range, (d, r, x) => fetchValues(d, r, x, source), signal) ?? { kind: 'filtered' }
  const known = new Set(await fetchValues(definition, { startMs: range.endMs - KNOWN_MS, endMs: range.endMs }, signal, source))
  const unknown = missing.filter(n => !known.has(n))
  if (unknown.length > 0) {
    const near = nearestNames(unknown[0]!, await fetchValues('label_values(__name__)', range, signal, source)).find(name => isSlip(unknown[0]!, name))
    return { kind: 'unknown', names: unknown, ...(near === undefined ? {} : { near }) }
  }
  return { kind: 'silent', names: missing }
}

/** A metric with its conditions; texts may hold braces. */
const SELECTOR = /([a-zA-Z_:][\w:]*)\s*\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}/g
/** `label="value"`, not `!=` or `=~`. */
const EQUAL = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g
/** Most conditions that are looked at: each is a question. */
const MOST_CONDITIONS = 6

/** The first condition that asks for a value that no series of its metric has: a slip of the finger, or a job that was renamed. */
async function unknownValue(exprs: readonly string[], range: TimeRange, fetchValues: FetchValues, signal: AbortSignal): Promise<EmptyReason | undefined> {
  let looked = 0
  for (const expr of exprs) {
    for (const [, metric, conditions] of expr.matchAll(SELECTOR)) {
      for (const [, label, text] of conditions!.matchAll(EQUAL)) {
        const value = text!.replace(/\\(.)/g, '$1')
        if (value === '' || label === '__name__' || looked++ >= MOST_CONDITIONS) continue
        const values = await fetchValues(`label_values(${metric!}, ${label!})`, range, signal)
        if (values.includes(value)) continue
        const near = nearestNames(value, values).find(v => isSlip(value, v))
        return { kind: 'value', metric: metric!, label: label!, value, ...(near === undefined ? {} : { near }) }
      }
    }
  }
  return undefined
}
