import { interpolateText, plainValue } from '@haechi/dashboards'
import type { SeriesLabels, TimeRange, VariableValue, VariableValues } from '@haechi/dashboards'

/** What a link's address may speak of. */
export interface LinkScope {
  readonly value: number | string | boolean | null
  readonly text: string
  readonly name: string
  readonly labels: SeriesLabels
  /** The texts of the row by column. */
  readonly row: readonly { readonly name: string; readonly text: string }[]
  readonly variables: VariableValues | undefined
  readonly range: TimeRange
}

/** Where a data link leads, everything in it encoded. Undefined for addresses that would run a script or can't be read. */
export function linkAddress(url: string, scope: LinkScope): string | undefined {
  const encode = encodeURIComponent
  const filled = url
    .replace(/\$\{__value(?:\.(\w+))?\}/g, (_, part?: string) => encode(part === 'text' ? scope.text : String(scope.value ?? '')))
    .replace(/\$\{__data\.fields(?:\.(\w+)|\["?([^\]"]+)"?\])(?:\.\w+)?\}/g, (_, a?: string, b?: string) => {
      const key = a ?? b ?? ''
      const found = scope.row.find(r => r.name === key) ?? scope.row[/^\d+$/.test(key) ? Number(key) : -1]
      return encode(found?.text ?? '')
    })
    .replace(/\$\{__field\.labels(?:\.(\w+)|\["([^"]+)"\])\}/g, (_, a?: string, b?: string) => {
      const label = a ?? b ?? ''
      return encode(Object.hasOwn(scope.labels, label) ? scope.labels[label]! : '')
    })
    .replace(/\$\{__(?:field|series)\.(?:name|displayName)\}/g, encode(scope.name))
    .replace(/\$\{?__url_time_range\}?/g, `from=${scope.range.startMs}&to=${scope.range.endMs}`)
    .replace(/\$\{?__all_variables\}?/g, [...scope.variables ?? []].filter(([n]) => !n.startsWith('__')).map(([n, v]) => v.values.map(x => `var-${n}=${encode(x)}`).join('&')).join('&'))
  const values = new Map<string, VariableValue>([['__from', plainValue('__from', String(scope.range.startMs))], ['__to', plainValue('__to', String(scope.range.endMs))]])
  for (const [n, v] of scope.variables ?? []) values.set(n, { ...v, texts: [encode(v.values.join(','))], isAll: false })
  const address = interpolateText(filled, values).trim()
  try {
    const { protocol } = new URL(address, 'http://localhost/')
    return protocol === 'http:' || protocol === 'https:' || protocol === 'mailto:' ? address : undefined
  } catch {
    return undefined
  }
}
