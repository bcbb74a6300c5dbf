import { matchesValue } from '@haechi/model'
import type { Matcher } from '@haechi/model'
import { interpolateQuery, panelQueries, parseVariableQuery, readDashboard, variableValue } from '@haechi/dashboards'
import type { Dashboard, Panel, VariableValue } from '@haechi/dashboards'
import { parseExpr } from '@haechi/promql'
import type { Expr, VectorSelector } from '@haechi/promql'

/** A made-up series that a board asks for. */
export interface BoardSeries {
  /** With `__name__`. */
  readonly labels: Readonly<Record<string, string>>
  readonly kind: 'counter' | 'gauge' | 'info' | 'bucket' | 'time'
  /** Tells it from its neighbours. */
  readonly seed: number
}

const BOUNDS = ['0.005', '0.05', '0.5', '5', '+Inf']
const RANGE = { startMs: 1_700_000_000_000, endMs: 1_700_003_600_000 }

/** Which labels of a board hold the same values: those that one variable joins. */
class LabelGroups {
  readonly #parent = new Map<string, string>()
  /** The label that stands for the group of `label`. */
  of(label: string): string {
    let at = label
    for (let up = this.#parent.get(at); up !== undefined; up = this.#parent.get(at)) at = up
    return at
  }
  join(a: string, b: string): void {
    const [x, y] = [this.of(a), this.of(b)]
    if (x !== y) this.#parent.set(y, x)
  }
}

interface Use {
  readonly name: string
  readonly matchers: readonly Matcher[]
}

interface Found {
  readonly uses: Use[]
  readonly labels: Map<string, Set<string>>
}

/**
 * The series that a board's queries and variables ask for: for each metric two series per filter, with the labels by which it is grouped, joined, named and filtered.
 * Labels hold `<label>-0` and `<label>-1` unless a filter wants something else; labels that a variable joins hold the same values.
 */
export function boardSeries(json: unknown): BoardSeries[] {
  const board = readDashboard(json)
  const groups = new LabelGroups()
  const values = new Map<string, VariableValue>(board.variables.map(v => [v.name, v.kind === 'query' || v.kind === 'adhoc'
    ? { name: v.name, values: [`qvar_${v.name}_qvar`], texts: [v.name], many: false, isAll: false }
    : variableValue(v)]))
  const found: Found = { uses: [], labels: new Map() }
  const variableLabels = new Map<string, string>()
  for (const v of board.variables) {
    if (v.kind !== 'query') continue
    const q = parseVariableQuery(interpolateQuery(v.query, values))
    const named = /(\w+)="/.exec(v.regex)?.[1]
    if (q?.kind === 'label_values') {
      variableLabels.set(v.name, q.label)
      if (q.selector !== undefined) collect(q.selector, [q.label], found)
      else {
        found.uses.push({ name: 'up', matchers: [] })
        addLabels(found, 'up', [q.label])
      }
    } else if (q?.kind === 'query_result' || q?.kind === 'series') {
      if (named !== undefined) variableLabels.set(v.name, named)
      collect(q.kind === 'query_result' ? q.expr : q.selector, named === undefined ? [] : [named], found)
    }
  }
  for (const panel of panelsOf(board)) {
    for (const query of panelQueries(panel, { range: RANGE, widthPx: 600, variables: values })) {
      const legend = [...query.legend.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map(m => m[1]!)
      collect(query.expr, [...legend, ...labelsNamed(panel)], found)
    }
  }
  // A filter by a variable joins the label that it filters with the label that the variable lists.
  for (const use of found.uses) for (const m of use.matchers) for (const v of m.value.matchAll(/qvar_(\w+?)_qvar/g)) {
    const label = variableLabels.get(v[1]!)
    if (label !== undefined) groups.join(label, m.name)
  }
  return seriesOf(found, groups, board)
}

function panelsOf(board: Dashboard): Panel[] {
  return [...board.panels, ...board.rows.flatMap(r => r.panels)]
}

/** The labels that a panel's transformations and choices speak of. */
function labelsNamed(panel: Panel): string[] {
  const chosen = /"fields":"\/\^(\w+)\$\/"/.exec(JSON.stringify(panel.options['reduceOptions'] ?? {}))?.[1]
  const by = panel.transformations.flatMap(t => {
    const options = t['options'] as { byField?: unknown; fields?: unknown } | undefined
    return [options?.byField, ...(typeof options?.fields === 'object' && options.fields !== null ? Object.keys(options.fields) : [])]
  })
  return [chosen, ...by].filter((n): n is string => typeof n === 'string' && /^[a-z]\w*$/.test(n))
}

function collect(expr: string, outer: readonly string[], found: Found): void {
  let tree: Expr
  try {
    tree = parseExpr(expr)
  } catch {
    return
  }
  walk(tree, new Set(outer), found)
}

function walk(e: Expr, labels: ReadonlySet<string>, found: Found): void {
  switch (e.kind) {
    case 'number': case 'string': return
    case 'paren': case 'unary': case 'subquery': return walk(e.expr, labels, found)
    case 'matrix': return use(e.selector, labels, found)
    case 'selector': return use(e, labels, found)
    case 'aggregate': {
      if (e.param) walk(e.param, new Set(), found)
      const keeps = e.op === 'topk' || e.op === 'bottomk' || e.op === 'limitk'
      return walk(e.expr, new Set([...(keeps || e.without ? labels : []), ...e.grouping]), found)
    }
    case 'binary': {
      const m = e.matching
      const own = [...labels, ...(m?.on === true ? m.labels : [])]
      walk(e.left, new Set(m?.card === 'one-to-many' ? [...own, ...m.include] : own), found)
      return walk(e.right, new Set(m?.card === 'many-to-one' ? [...own, ...m.include] : own), found)
    }
    case 'call': {
      const texts = e.args.map(a => a.kind === 'string' ? a.value : '')
      const own = e.func === 'label_replace' ? [...labels].filter(l => l !== texts[1]).concat(texts[3] ?? '') : e.func === 'label_join' ? [...labels].filter(l => l !== texts[1]).concat(texts.slice(3)) : [...labels]
      for (const a of e.args) walk(a, new Set(own.filter(l => l !== '')), found)
    }
  }
}

function use(s: VectorSelector, labels: ReadonlySet<string>, found: Found): void {
  const wanted = s.matchers.find(m => m.name === '__name__')
  const name = s.name !== '' ? s.name : wanted === undefined ? 'up' : wanted.type === '=' ? wanted.value : fitting([wanted], 'up')
  const matchers = s.matchers.filter(m => m.name !== '__name__')
  found.uses.push({ name, matchers })
  addLabels(found, name, [...labels, ...matchers.map(m => m.name)])
}

function addLabels(found: Found, name: string, labels: Iterable<string>): void {
  const all = found.labels.get(name) ?? new Set()
  for (const l of labels) if (l !== '__name__' && l !== 'le') all.add(l)
  found.labels.set(name, all)
}

/** The first text that all filters let pass; `usual` if that does. */
function fitting(matchers: readonly Matcher[], usual: string): string {
  const own = matchers.filter(m => !m.value.includes('qvar_'))
  const candidates = [usual, ...own.flatMap(m => m.type === '=' ? [m.value] : m.type === '=~' ? samplesOf(m.value, usual) : []), '', `${usual}x`, '200']
  return candidates.find(c => own.every(m => matchesValue(m, c))) ?? usual
}

/** Some texts that a simple expression might match. */
function samplesOf(pattern: string, usual: string): string[] {
  const flat = (p: string): string => p.replace(/^\^|\$$/g, '').replace(/\(\?:|\(\?i\)/g, '(').replace(/\[\^[^\]]*\][*+]?/g, usual).replace(/\[(.)[^\]]*\][*+]?/g, '$1').replace(/\\d[*+]?/g, '7').replace(/\\w[*+]?/g, 'w').replace(/\.[*+]/g, usual).replace(/(\w)[?]/g, '$1').replace(/\\\.|\\\\\./g, '.').replace(/\\/g, '')
  const first = (p: string): string => p.replace(/\(([^()|]*)(?:\|[^()]*)?\)[*+?]?/g, '$1')
  return [...pattern.split('|').map(p => flat(first(p))), flat(first(pattern)), flat(first(first(pattern))), flat(first(pattern).split('|')[0]!).replace(/[()]/g, '')]
}

function seriesOf(found: Found, groups: LabelGroups, board: Dashboard): BoardSeries[] {
  const out = new Map<string, BoardSeries>()
  for (const { name, matchers } of found.uses) {
    const base = name.endsWith('_bucket') ? name.slice(0, -7) : undefined
    for (let k = 0; k < 2; k++) {
      const labels: Record<string, string> = { __name__: name }
      for (const l of [...(found.labels.get(name) ?? [])].sort()) labels[l] = fitting(matchers.filter(m => m.name === l), usualValue(l, k, groups, board))
      if (Object.keys(labels).length === 1) labels['instance'] = usualValue('instance', k, groups, board)
      for (const l of Object.keys(labels)) if (labels[l] === '') delete labels[l]
      const kind = base !== undefined ? 'bucket' : /_info$|^up$|_build/.test(name) ? 'info' : /(?:time|timestamp)(?:_seconds)?$/.test(name) ? 'time' : /_total$|_count$|_sum$/.test(name) ? 'counter' : 'gauge'
      for (const le of base === undefined ? [''] : BOUNDS) {
        const all = le === '' ? labels : { ...labels, le }
        const key = JSON.stringify(all)
        if (!out.has(key)) out.set(key, { labels: all, kind, seed: out.size })
      }
    }
  }
  return [...out.values()]
}

/** What a label holds where nothing wants something else: numbers where they are compared as such. */
function usualValue(label: string, k: number, groups: LabelGroups, board: Dashboard): string {
  const group = groups.of(label)
  const current = board.variables.find(v => v.kind === 'query' && v.regex !== '' && new RegExp(`\\b${label}\\b`).test(v.query))
  if (/^quantile$/.test(label)) return k === 0 ? '0.5' : '0.99'
  if (/^(?:code|status|status_code)$/.test(label)) return k === 0 ? '200' : '500'
  if (current !== undefined && current.regex.includes(':')) return `${group}-${k}:9100`
  return `${group}-${k}`
}

/** The value of a made-up series at a moment, Unix ms: smooth, positive, rising where it counts. */
export function boardValue(s: BoardSeries, tMs: number): number {
  const tS = tMs / 1000 - 1_700_000_000
  const size = 10 ** (s.seed % 4) * (1 + s.seed % 7)
  if (s.kind === 'info') return 1
  if (s.kind === 'time') return 1_700_000_000 + tS - 3600 * (1 + s.seed % 50)
  if (s.kind === 'counter') return Math.max(0, tS) * (0.5 + s.seed % 9) * 0.2 + 100
  if (s.kind === 'bucket') return Math.floor(Math.max(0, tS) * 2 * (BOUNDS.indexOf(s.labels['le']!) + 1) / BOUNDS.length)
  return size * (1.5 + Math.sin(tS / 600 + s.seed))
}
