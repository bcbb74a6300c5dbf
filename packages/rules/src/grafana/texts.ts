import { compilePattern, goFormatFloat, labelValue, labelsFromPairs, labelsWith } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { GoMap, GoStruct, TemplateSet, formatFloat, prometheusFunctions } from '@haechi/template'
import type { GoFunction } from '@haechi/template'

/** One number that a text may show. */
export interface CapturedValue {
  /** refId, or refId and number for the matches of a classic condition. */
  readonly name: string
  readonly labels: Labels
  readonly value: number | null
  /** Of a classic condition only. */
  readonly metric?: string
}

/** `a=b, c=d`, as Grafana prints a label set. */
export function labelsPlain(labels: Labels): string {
  const parts: string[] = []
  for (let i = 0; i < labels.length; i += 2) parts.push(`${labels[i]!}=${labels[i + 1]!}`)
  return parts.join(', ')
}

/** The text of `$value`: `[ var='A' labels={instance=x} value=81.234 ], [ var='B' … ]`, in the order of the names. */
export function valueString(values: readonly CapturedValue[]): string {
  return values.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(v => `[ var='${v.name}'${v.metric === undefined ? '' : ` metric='${v.metric}'`} labels={${labelsPlain(v.labels)}} value=${v.value === null ? 'null' : formatFloat(v.value)} ]`).join(', ')
}

const PRELUDE = '{{- $labels := .Labels -}}{{- $values := .Values -}}{{- $value := .Value -}}'

/** What all texts of one result are expanded with. */
export interface TextData {
  /** Of the result, with the reserved ones. */
  readonly labels: Labels
  readonly values: readonly CapturedValue[]
  readonly valueString: string
}

/** One label or annotation text of a Grafana-managed rule, parsed once. Variables: `$labels`, `$values`, `$value`. */
export class GrafanaText {
  readonly #text: string
  readonly #set: TemplateSet | undefined
  readonly #name: string
  #nowMs = 0

  /** @throws TemplateSyntaxError */
  constructor(title: string, text: string, externalUrl: string) {
    this.#text = text
    this.#name = `__alert_${title}`
    if (!text.includes('{{')) return
    this.#set = new TemplateSet(new Map([...prometheusFunctions({ externalUrl, nowMs: () => this.#nowMs, query: () => [] }), ...labelFunctions(), ...linkFunctions(externalUrl)]))
    this.#set.parse(this.#name, PRELUDE + text)
  }

  /** The text for one result. A failure is told to `onError`, and the raw text stands. What is missing reads `[no value]`. */
  expand(data: TextData, tMs: number, onError: (err: Error) => void): string {
    if (this.#set === undefined) return this.#text
    this.#nowMs = tMs
    try {
      return this.#set.execute(this.#name, dataStruct(data)).replaceAll('<no value>', '[no value]')
    } catch (err) {
      onError(err as Error)
      return this.#text
    }
  }
}

function dataStruct(data: TextData): GoStruct {
  const values = new Map<string, unknown>()
  for (const v of data.values) {
    const number = v.value ?? NaN
    values.set(v.name, new GoStruct('template.Value', { Labels: labelsMap(v.labels), Value: number }, {}, () => goFormatFloat(number)))
  }
  const valuesText = (): string => [...values.keys()].sort().map(k => `${k}: ${(values.get(k) as GoStruct).text!()}`).join(', ')
  return new GoStruct('template.Data', { Labels: labelsMap(data.labels), Values: new GoMap(values, 'any', undefined, 'map[string]template.Value', valuesText), Value: data.valueString })
}

function labelsMap(labels: Labels): GoMap {
  const map = new Map<string, unknown>()
  for (let i = 0; i < labels.length; i += 2) map.set(labels[i]!, labels[i + 1]!)
  // Elements of any type: what is missing is then no value instead of an empty text.
  return new GoMap(map, 'any', undefined, 'template.Labels', () => labelsPlain(labels))
}

function filtered(map: GoMap, keep: (name: string) => boolean): GoMap {
  return labelsMap(labelsFromPairs([...map.entries].filter(([name]) => keep(name)).map(([name, value]): [string, string] => [name, String(value)])))
}

function labelFunctions(): Map<string, GoFunction> {
  const prefix = (matches: boolean): GoFunction => ({ params: ['map', 'string'], call: (m: GoMap, text: string) => filtered(m, name => name.startsWith(text) === matches) })
  const pattern = (matches: boolean): GoFunction => ({ params: ['map', 'string'], call: (m: GoMap, text: string) => {
    const p = compilePattern(`.*(?:${text}).*`)
    return filtered(m, name => p.matches(name) === matches)
  } })
  // The misspelt name is Grafana's own.
  return new Map([['filterLabels', prefix(true)], ['removeLabels', prefix(false)], ['filterLabelsRe', pattern(true)], ['removeLabelsRe', pattern(false)], ['removeLabelslRe', pattern(false)]])
}

function linkFunctions(externalUrl: string): Map<string, GoFunction> {
  const link = (instant: boolean): GoFunction => ({ params: ['string'], call: (text: string) => {
    const { datasource, expr } = JSON.parse(text) as { datasource?: unknown; expr?: unknown }
    const left = { datasource, queries: [{ datasource, expr, instant, range: !instant, refId: 'A' }], range: { from: 'now-1h', to: 'now' } }
    return `${externalUrl}/explore?left=${encodeURIComponent(JSON.stringify(left))}`
  } })
  return new Map([['graphLink', link(false)], ['tableLink', link(true)]])
}

/** The labels of an instance: reserved ones win over the rule's, those over the result's; empty ones are left out. */
export function instanceLabels(reserved: readonly (readonly [string, string])[], ruleLabels: readonly (readonly [string, string])[], result: Labels): Labels {
  let labels = result
  for (const [name, value] of ruleLabels) labels = labelsWith(labels, name, value)
  for (const [name, value] of reserved) labels = labelsWith(labels, name, value)
  return labels
}

/** The labels of a result with the reserved ones, as texts see them. */
export function textLabels(reserved: readonly (readonly [string, string])[], result: Labels): Labels {
  return instanceLabels(reserved, [], result)
}

/** The name of the alert that stands for missing data or an error, with the rule's own name kept. */
export function dataSourceAlertLabels(labels: Labels, alertname: 'DatasourceNoData' | 'DatasourceError'): Labels {
  return labelsWith(labelsWith(labels, 'rulename', labelValue(labels, 'alertname')), 'alertname', alertname)
}
