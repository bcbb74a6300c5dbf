import { isObject, textOf } from './json-reader.ts'
import type { DataSourceRef, JsonObject, Panel, Variable } from './model.ts'

/** Kinds that answer PromQL, and those that stand for no source of their own. */
const OURS: ReadonlySet<string> = new Set([
  '', 'prometheus', 'datasource', 'grafana', 'mixed', '-- Mixed --', '-- Dashboard --', '-- Grafana --', '__expr__', 'grafana-amazonprometheus-datasource', 'grafana-azureprometheus-datasource',
  'victoriametrics-metrics-datasource', 'victoriametrics-datasource', 'mimir', 'thanos', 'cortex', 'haechi',
])
/** Names that people give to sources of other kinds, where the kind itself is not written. */
const NAMED = /^(?:loki|elasticsearch|opensearch|influx(?:db)?|tempo|jaeger|zipkin|graphite|cloudwatch|clickhouse|mysql|postgres(?:ql)?|mssql|testdata(?:-db)?|vlogs|victorialogs|pyroscope)$/i

/** Whether a kind of data source is neither Prometheus nor one that stands for another. */
export function isOtherKind(kind: string): boolean {
  return !OURS.has(kind)
}

/**
 * The kind of the data source that a query asks, if it doesn't take PromQL. A variable of data sources says of what kind they are, an input of an
 * exported board its plugin; a name alone is taken for Prometheus unless it is that of another product.
 */
export function otherSourceOf(ref: DataSourceRef | undefined, variables: readonly Variable[], inputs: ReadonlyMap<string, string>): string | undefined {
  if (ref === undefined) return undefined
  const type = ref.type ?? ''
  if (type !== '' && !type.startsWith('$')) return OURS.has(type) ? undefined : type
  const uid = ref.uid ?? ''
  const named = /^\$\{?(\w+)(?::\w+)?\}?$|^\[\[(\w+)\]\]$/.exec(uid)
  const name = named?.[1] ?? named?.[2]
  const kind = name === undefined ? NAMED.test(uid) || uid.endsWith('-datasource') ? uid.toLowerCase() : '' : variables.find(v => v.kind === 'datasource' && v.name === name)?.query ?? inputs.get(name) ?? ''
  return OURS.has(kind) ? undefined : kind
}

/** The plugins that an exported board's inputs stand for, by name. */
export function inputPlugins(root: JsonObject): ReadonlyMap<string, string> {
  const list = Array.isArray(root.__inputs) ? root.__inputs.filter(isObject) : []
  return new Map(list.filter(i => i.type === 'datasource').map(i => [textOf(i.name), textOf(i.pluginId)]))
}

/** Questions of a panel that only other data sources can answer. */
export interface ForeignQueries {
  /** Their kinds, e.g. `loki`. */
  readonly kinds: readonly string[]
  /** Their texts, where they have one. */
  readonly texts: readonly string[]
}

/** What a panel asks of other data sources; undefined where a part of it is for us, or it asks nothing at all. */
export function foreignQueries(panel: Panel): ForeignQueries | undefined {
  const shown = panel.targets.filter(t => !t.hide)
  if (shown.length === 0 || shown.some(t => t.otherSource === undefined)) return undefined
  return { kinds: [...new Set(shown.map(t => t.otherSource!))], texts: shown.map(t => t.expr).filter(t => t !== '') }
}
