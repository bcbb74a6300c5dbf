import type { FieldConfig } from './model.ts'

/** Labels of a series as the API gives them. */
export type SeriesLabels = Readonly<Record<string, string>>

const own = (labels: SeriesLabels, name: string): string => Object.hasOwn(labels, name) ? labels[name]! : ''

/** `name{a="1", b="2"}`, as Prometheus prints a series. */
export function labelsText(labels: SeriesLabels): string {
  const pairs = Object.keys(labels).filter(n => n !== '__name__').sort().map(n => `${n}="${labels[n]!}"`)
  const name = own(labels, '__name__')
  return pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(', ')}}`
}

/** Fills `{{label}}` of a legend format; a missing label is empty. */
export function formatLegend(format: string, labels: SeriesLabels): string {
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, name: string) => own(labels, name))
}

/** The labels whose values differ between the series, sorted. */
export function varyingLabels(all: readonly SeriesLabels[]): string[] {
  const names = new Set(all.flatMap(l => Object.keys(l)))
  return [...names].filter(n => all.some(l => own(l, n) !== own(all[0]!, n))).sort()
}

/**
 * The names of the series of one query, as Grafana shows them.
 *
 * @param legend  `{{label}}` format; `''` prints the labels, `__auto` those that differ
 * @param expr    the query, shown where labels give nothing
 */
export function seriesNames(legend: string, expr: string, all: readonly SeriesLabels[]): string[] {
  if (legend !== '' && legend !== '__auto') return all.map(l => formatLegend(legend, l) || expr)
  if (legend === '') return all.map(l => nonEmpty(labelsText(l), expr))
  if (all.length <= 1) return all.map(l => nonEmpty(labelsText(l), expr))
  const varying = varyingLabels(all)
  if (varying.length === 1) return all.map(l => own(l, varying[0]!) || expr)
  return all.map(l => nonEmpty(labelsText(Object.fromEntries(varying.filter(n => Object.hasOwn(l, n)).map(n => [n, l[n]!]))), expr))
}

function nonEmpty(text: string, fallback: string): string {
  return text === '{}' || text === '' ? fallback : text
}

/** A field's name with `displayName` and its `${__field.labels.x}`, `${__series.name}`, `${__field.name}` applied. */
export function displayName(config: FieldConfig, name: string, labels: SeriesLabels): string {
  const template = config.displayName
  if (template === undefined || template === '') return name
  return template.replace(/\$\{__field\.labels(?:\.(\w+)|\["([^"]+)"\])?\}/g, (_, a?: string, b?: string) => {
    const label = a ?? b
    return label === undefined ? labelsText(labels) : own(labels, label)
  }).replace(/\$\{__(?:series|field)\.(?:name|displayName)\}|\$__cell_0/g, name)
}

/**
 * What identifies a series to people: its labels without the metric name, sorted. The colour hangs on it, so a series of `job="orders"` has
 * one colour wherever it is shown by job.
 */
export function seriesKey(labels: SeriesLabels): string {
  return Object.keys(labels).filter(n => n !== '__name__').sort().map(n => `${n}=${labels[n]!}`).join('\n')
}
