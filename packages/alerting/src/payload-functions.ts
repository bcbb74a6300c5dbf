import { GoList, GoMap, GoStruct, alertmanagerFunctions } from '@haechi/template'
import type { GoFunction } from '@haechi/template'

/** What Grafana's payload templates can call besides. `execute` runs a template of the set by its name, `inlineText` a text. */
export function payloadFunctions(nowMs: number, execute: (name: string, data: unknown) => string, inlineText: (source: string, data: unknown) => string): ReadonlyMap<string, GoFunction> {
  const shared = alertmanagerFunctions({ nowMs })
  const json = shared.get('toJson')!
  const space = (name: string, methods: Readonly<Record<string, GoFunction>>): [string, GoFunction] => [name, { params: [], call: () => new GoStruct(name, {}, methods) }]
  return new Map([
    space('coll', {
      Dict: shared.get('dict')!, Slice: { params: [], variadic: 'any', call: (...items: unknown[]) => new GoList(items, '[]any') },
      // Grafana's order: the item, then the list.
      Append: { params: ['any', 'list'], call: (item: unknown, list: readonly unknown[]) => new GoList([...list, item], '[]any') },
    }),
    space('data', {
      JSON: { params: ['string'], call: (text: string) => goValue(JSON.parse(text)) }, ToJSON: json,
      ToJSONPretty: { params: ['string', 'any'], call: (indent: string, v: unknown) => JSON.stringify(JSON.parse(String(json.call(v as never))), null, indent) },
    }),
    space('tmpl', {
      Exec: { params: ['string', 'any'], call: (name: string, data: unknown) => execute(name, data) }, Inline: { params: ['string', 'any'], call: (source: string, data: unknown) => inlineText(source, data) },
    }),
    space('time', { Now: shared.get('now')! }),
  ])
}

function goValue(v: unknown): unknown {
  if (Array.isArray(v)) return new GoList(v.map(goValue), '[]any')
  if (typeof v === 'object' && v !== null) return new GoMap(new Map(Object.entries(v).map(([k, inner]) => [k, goValue(inner)])))
  return v
}
