import type { MetadataMap } from '../../api/prometheus.ts'
import { matchesFilter } from '../../state/order.ts'

/** A metric with what its targets say about it. */
export interface MetricEntry {
  readonly name: string
  /** `counter`, `gauge`, …; `unknown` if nobody says. */
  readonly type: string
  readonly help: string
}

/** Metrics that measure the same thing by their names. */
export interface MetricGroup {
  readonly prefix: string
  readonly metrics: readonly MetricEntry[]
}

const PARTS = /_(?:bucket|sum|count|total|created|info)$/

/** What the targets say about a metric; the parts of a histogram or summary share its family's words. */
export function metricEntry(name: string, metadata: MetadataMap): MetricEntry {
  const own = metadata[name]?.[0]
  if (own !== undefined) return { name, type: own.type, help: own.help }
  const family = metadata[name.replace(PARTS, '')]?.[0]
  return { name, type: family?.type ?? 'unknown', help: family?.help ?? '' }
}

/** The metrics that match a filter, grouped by the first word of their names; small groups come together under their own words. Names keep their order. */
export function metricGroups(names: readonly string[], metadata: MetadataMap, filter: string): MetricGroup[] {
  const groups = new Map<string, MetricEntry[]>()
  for (const name of names) {
    const entry = metricEntry(name, metadata)
    if (!matchesFilter(filter, [name, entry.help, entry.type])) continue
    const prefix = name.split(/[_:]/, 1)[0]!
    const group = groups.get(prefix)
    if (group === undefined) groups.set(prefix, [entry])
    else group.push(entry)
  }
  return [...groups].map(([prefix, metrics]) => ({ prefix, metrics }))
}

/** The first `limit` metrics of all groups; a group that is cut or left out still knows how many it has in `total`. */
export function firstMetrics(groups: readonly MetricGroup[], limit: number): (MetricGroup & { readonly total: number })[] {
  const out: (MetricGroup & { readonly total: number })[] = []
  let room = limit
  for (const group of groups) {
    if (room <= 0) break
    out.push({ prefix: group.prefix, metrics: group.metrics.slice(0, room), total: group.metrics.length })
    room -= group.metrics.length
  }
  return out
}

/** A metric's name as a selector; one with dots or other signs needs quotes. */
function selector(name: string): string {
  return /^[A-Za-z_:][\w:]*$/.test(name) ? name : `{${JSON.stringify(name)}}`
}

/** The query that shows a metric as it is meant: what only grows as its growth per second, buckets as the 95th percentile, the rest as it is. */
export function firstQuery(metric: MetricEntry): string {
  const { name, type } = metric
  if (name.endsWith('_bucket') && type === 'histogram') return `histogram_quantile(0.95, sum by (le) (rate(${selector(name)}[$__rate_interval])))`
  if (name.endsWith('_created')) return selector(name)
  if (type === 'counter' || ((type === 'histogram' || type === 'summary') && /_(?:sum|count)$/.test(name)) || (type === 'unknown' && name.endsWith('_total'))) return `rate(${selector(name)}[$__rate_interval])`
  return selector(name)
}
