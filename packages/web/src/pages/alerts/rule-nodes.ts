type Json = Readonly<Record<string, unknown>>

/** What a step of a Grafana-managed rule does. */
export const NODE_KINDS = ['query', 'reduce', 'math', 'resample', 'threshold', 'classic_conditions'] as const
export type NodeKind = (typeof NODE_KINDS)[number]
export const REDUCERS = ['last', 'mean', 'min', 'max', 'sum', 'count', 'median'] as const
export const REDUCE_MODES = ['strict', 'dropNN', 'replaceNN'] as const
export const UPSAMPLERS = ['pad', 'backfilling', 'fillna'] as const
export const COMPARISONS = ['gt', 'lt', 'eq', 'ne', 'gte', 'lte', 'within_range', 'outside_range', 'within_range_included', 'outside_range_included'] as const
export const CLASSIC_REDUCERS = ['avg', 'min', 'max', 'sum', 'count', 'last', 'median', 'diff', 'diff_abs', 'percent_diff', 'percent_diff_abs', 'count_non_null'] as const
export const CLASSIC_COMPARISONS = ['gt', 'lt', 'outside_range', 'within_range', 'no_value'] as const

/** A comparison with one or two numbers, as typed. */
export interface Compare {
  readonly type: string
  readonly low: string
  readonly high: string
}

/** One line of a classic condition. */
export interface ClassicLine extends Compare {
  readonly operator: 'and' | 'or'
  readonly reducer: string
  readonly query: string
}

/** One query or expression of a rule, as its form holds it: every kind's fields at once, so that another kind keeps what fits. */
export interface RuleNode {
  readonly refId: string
  readonly kind: NodeKind
  /** A query's PromQL. */
  readonly expr: string
  /** How far a query looks back, as typed. */
  readonly range: string
  readonly instant: boolean
  /** What an expression works on; the formula of `math`. */
  readonly input: string
  readonly reducer: string
  readonly mode: (typeof REDUCE_MODES)[number]
  readonly replaceWith: string
  readonly window: string
  readonly upsampler: string
  readonly compare: Compare
  /** Once firing, until this holds; undefined: until the comparison no longer holds. */
  readonly recovery: Compare | undefined
  readonly lines: readonly ClassicLine[]
  /** As it came, for what the form does not show. */
  readonly source: Json
}

const LINE: ClassicLine = { operator: 'and', reducer: 'last', query: 'A', type: 'gt', low: '', high: '' }
const BLANK: Omit<RuleNode, 'refId' | 'kind'> = {
  expr: '', range: '10m', instant: true, input: 'A', reducer: 'last', mode: 'strict', replaceWith: '0', window: '1m', upsampler: 'pad', compare: { type: 'gt', low: '', high: '' }, recovery: undefined, lines: [LINE], source: {},
}

/** A new step. */
export function newNode(refId: string, kind: NodeKind, more: Partial<RuleNode> = {}): RuleNode {
  return { ...BLANK, refId, kind, ...more }
}

/** A new line of a classic condition. */
export function newLine(query: string): ClassicLine {
  return { ...LINE, query }
}

/** The first letter that no step has. */
export function freeRefId(nodes: readonly RuleNode[]): string {
  for (let i = 0; ; i++) {
    const id = i < 26 ? String.fromCharCode(65 + i) : `${String.fromCharCode(65 + (i % 26))}${Math.floor(i / 26)}`
    if (!nodes.some(n => n.refId === id)) return id
  }
}

/** Whether a comparison has two numbers. */
export function isRange(type: string): boolean {
  return type.includes('range')
}

const record = (v: unknown): Json => (v !== null && typeof v === 'object' && !Array.isArray(v) ? (v as Json) : {})
const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? (v as readonly unknown[]) : [])
const word = (v: unknown, fallback: string): string => (typeof v === 'string' && v !== '' ? v : fallback)
const num = (v: unknown): string => (typeof v === 'number' ? String(v) : '')

function compareOf(v: unknown): Compare {
  const e = record(v)
  const params = list(e['params'])
  return { type: word(e['type'], 'gt'), low: num(params[0]), high: num(params[1]) }
}

/** Seconds as people write them: `10m`. */
function rangeText(seconds: number): string {
  return seconds > 0 && seconds % 3600 === 0 ? `${seconds / 3600}h` : seconds > 0 && seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}

/** Reads the member `data` of a rule. */
export function nodesOf(data: unknown): RuleNode[] {
  return list(data).map(entry => {
    const source = record(entry)
    const model = record(source['model'])
    const refId = word(source['refId'], 'A')
    const isExpression = source['datasourceUid'] === '__expr__' || source['datasourceUid'] === '-100'
    const kind = isExpression ? NODE_KINDS.find(k => k === model['type']) ?? 'math' : 'query'
    const settings = record(model['settings'])
    const conditions = list(model['conditions']).map(record)
    const from = record(source['relativeTimeRange'])['from']
    return newNode(refId, kind, {
      source, expr: isExpression ? '' : word(model['expr'], ''), range: typeof from === 'number' && from > 0 ? rangeText(from) : '10m', instant: model['instant'] === true, input: word(model['expression'], '').replace(kind === 'math' ? /(?!)/ : /^\$\{(.*)\}$|^\$/, '$1'),
      reducer: model['reducer'] === 'avg' ? 'mean' : word(model['reducer'], kind === 'resample' ? word(model['downsampler'], 'last') : 'last'), mode: REDUCE_MODES.find(m => m === settings['mode']) ?? 'strict', replaceWith: num(settings['replaceWithValue']) || '0',
      window: word(model['window'], '1m'), upsampler: word(model['upsampler'], 'pad'), compare: compareOf(conditions[0]?.['evaluator']), recovery: conditions[0]?.['unloadEvaluator'] === undefined || conditions[0]['unloadEvaluator'] === null ? undefined : compareOf(conditions[0]['unloadEvaluator']),
      lines: conditions.map((c): ClassicLine => ({ ...compareOf(c['evaluator']), operator: record(c['operator'])['type'] === 'or' ? 'or' : 'and', reducer: word(record(c['reducer'])['type'], 'last'), query: word(list(record(c['query'])['params'])[0], 'A') })),
    })
  })
}

function evaluator(c: Compare): Json {
  return { type: c.type, params: c.type === 'no_value' ? [] : isRange(c.type) ? [numberOf(c.low), numberOf(c.high)] : [numberOf(c.low)] }
}

function numberOf(text: string): number {
  return Number(text.trim().replace(',', '.'))
}

/** Whether the text is a number. */
export function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(numberOf(text))
}

/** One step as the provisioning API takes it; what the form does not show stays. @param seconds  of `range` */
export function nodeJson(n: RuleNode, seconds: number): Json {
  const old = record(n.source['model'])
  const isExpression = n.kind !== 'query'
  const wasSame = isExpression ? old['type'] === n.kind : typeof old['expr'] === 'string'
  const base: Json = { ...(wasSame ? old : {}), refId: n.refId }
  const range = record(n.source['relativeTimeRange'])
  const to = typeof range['to'] === 'number' ? range['to'] : 0
  return {
    refId: n.refId, queryType: wasSame ? word(n.source['queryType'], '') : '', relativeTimeRange: isExpression ? (wasSame && typeof range['from'] === 'number' ? range : { from: 0, to: 0 }) : { from: seconds, to },
    datasourceUid: isExpression ? '__expr__' : wasSame ? word(n.source['datasourceUid'], 'prometheus') : 'prometheus', model: { ...base, ...modelOf(n, wasSame ? old : {}) },
  }
}

function modelOf(n: RuleNode, old: Json): Json {
  switch (n.kind) {
    case 'query': return { expr: n.expr.trim(), instant: n.instant, range: !n.instant }
    case 'math': return { type: 'math', expression: n.input.trim() }
    case 'reduce': return { type: 'reduce', expression: n.input, reducer: n.reducer, settings: n.mode === 'strict' ? { mode: '' } : n.mode === 'dropNN' ? { mode: 'dropNN' } : { mode: 'replaceNN', replaceWithValue: numberOf(n.replaceWith) } }
    case 'resample': return { type: 'resample', expression: n.input, window: n.window.trim(), downsampler: n.reducer, upsampler: n.upsampler }
    case 'threshold': {
      const { unloadEvaluator: _u, ...condition } = record(list(old['conditions'])[0])
      return { type: 'threshold', expression: n.input, conditions: [{ ...condition, evaluator: evaluator(n.compare), ...(n.recovery === undefined ? {} : { unloadEvaluator: evaluator(n.recovery) }) }] }
    }
    case 'classic_conditions': return {
      type: 'classic_conditions', conditions: n.lines.map((l, i) => ({ ...record(list(old['conditions'])[i]), type: 'query', evaluator: evaluator(l), operator: { type: l.operator }, query: { params: [l.query] }, reducer: { type: l.reducer, params: [] } })),
    }
  }
}

/** The comparison that ends what another begins. */
export function oppositeOf(type: string): string {
  const pairs: Readonly<Record<string, string>> = { gt: 'lt', lt: 'gt', gte: 'lt', lte: 'gt', eq: 'ne', ne: 'eq', within_range: 'outside_range', outside_range: 'within_range', within_range_included: 'outside_range', outside_range_included: 'within_range' }
  return pairs[type] ?? 'lt'
}

/** Whether every field of a step has what it needs. @param isTime  whether a text is a length of time */
export function isNodeComplete(n: RuleNode, isTime: (text: string) => boolean): boolean {
  const isCompared = (c: Compare): boolean => c.type === 'no_value' || (isNumber(c.low) && (!isRange(c.type) || isNumber(c.high)))
  switch (n.kind) {
    case 'query': return n.expr.trim() !== '' && isTime(n.range)
    case 'math': return n.input.trim() !== ''
    case 'reduce': return n.input !== '' && (n.mode !== 'replaceNN' || isNumber(n.replaceWith))
    case 'resample': return n.input !== '' && isTime(n.window)
    case 'threshold': return n.input !== '' && isCompared(n.compare) && (n.recovery === undefined || isCompared(n.recovery))
    case 'classic_conditions': return n.lines.length > 0 && n.lines.every(l => l.query !== '' && isCompared(l))
  }
}
