/**
 * The state of a page that a link shows to a colleague. Everything is optional: what is absent has its default, and defaults are never written.
 * The wire names are Grafana's where Grafana has one (`from`, `to`, `refresh`, `var-<name>`).
 */
export interface PageSearch {
  readonly from?: string
  readonly to?: string
  /** `off`, `10s`, … */
  readonly refresh?: string
  /** What was typed into the page's filter. */
  readonly filter?: string
  readonly tab?: string
  /** How a table is sorted: the column's key, with `-` before it when the largest comes first. */
  readonly sort?: string
  /** One thing that is open on the page: a rule's uid, a target's key. */
  readonly open?: string
  /** Explore: the queries, top to bottom. */
  readonly expr?: readonly string[]
  /** Explore: the uid of the data source; absent: our own storage. */
  readonly ds?: string
  /** Sign-in: where to go afterwards, a path of ours. */
  readonly next?: string
  /** Boards: the values of the variables. */
  readonly variables?: Readonly<Record<string, readonly string[]>>
}

const TEXTS = ['from', 'to', 'refresh', 'filter', 'tab', 'sort', 'open', 'next', 'ds'] as const

/** Reads the query part of an address, with or without its `?`. Unknown names are dropped. */
export function decodeSearch(text: string): PageSearch {
  const params = new URLSearchParams(text)
  const out: { -readonly [K in keyof PageSearch]: PageSearch[K] } = {}
  for (const name of TEXTS) {
    const value = params.get(name)
    if (value !== null && value !== '') out[name] = value
  }
  const expr = params.getAll('expr')
  if (expr.length > 0) out.expr = expr
  else {
    const graph = prometheusGraph(params)
    if (graph.expr.length > 0) out.expr = graph.expr
    if (graph.tab !== undefined && out.tab === undefined) out.tab = graph.tab
  }
  const matchers = params.getAll('matcher')
  if (matchers.length > 0) Object.assign(out, { tab: 'silences', open: 'new', filter: silenceMatchers(matchers) })
  const variables = new Map<string, string[]>()
  for (const [name, value] of params) {
    if (!name.startsWith('var-') || name.length === 4) continue
    const values = variables.get(name.slice(4))
    if (values === undefined) variables.set(name.slice(4), [value])
    else values.push(value)
  }
  if (variables.size > 0) out.variables = Object.fromEntries(variables)
  return out
}

/** The matchers of a link to a new silence, as messages carry it (`matcher=job=orders`), as one text: `job="orders"`. */
function silenceMatchers(matchers: readonly string[]): string {
  return matchers.map(m => /^([^=!~]+)(=~|!~|!=|=)(.*)$/s.exec(m)).filter(m => m !== null).map(m => `${m[1]!.trim()}${m[2]!}"${m[3]!.replace(/[\\\n"]/g, c => (c === '\n' ? '\\n' : `\\${c}`))}"`).join(', ')
}

/** Writes the query part of an address, `''` or with its `?`. `decodeSearch(encodeSearch(s))` equals `s`. */
export function encodeSearch(search: PageSearch): string {
  const params = new URLSearchParams()
  for (const name of TEXTS) {
    const value = search[name]
    if (value !== undefined && value !== '') params.set(name, value)
  }
  for (const expr of search.expr ?? []) params.append('expr', expr)
  for (const [name, values] of Object.entries(search.variables ?? {})) for (const value of values) params.append(`var-${name}`, value)
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** A change of the state; `undefined` takes a member away. */
export type SearchPatch = { readonly [K in keyof PageSearch]?: PageSearch[K] | undefined }

/** The state with a change made. */
export function patchSearch(search: PageSearch, patch: SearchPatch): PageSearch {
  const out: Record<string, unknown> = { ...search }
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || value === '') delete out[name]
    else out[name] = value
  }
  return out as PageSearch
}

/** What a link to another page takes along: the time, not the page's own state. */
export function keepTime(search: PageSearch): PageSearch {
  return patchSearch({}, { from: search.from, to: search.to, refresh: search.refresh })
}

/** The queries and the tab of a link that Prometheus makes (`/graph?g0.expr=…&g0.tab=1`): alerts carry such links as `generatorURL`. */
function prometheusGraph(params: URLSearchParams): { readonly expr: readonly string[]; readonly tab: string | undefined } {
  const expr: string[] = []
  for (let i = 0; i < 50; i++) {
    const value = params.get(`g${i}.expr`)
    if (value === null) break
    expr.push(value)
  }
  const tab = params.get('g0.tab')
  return { expr, tab: tab === '1' || tab === 'table' ? 'table' : undefined }
}
