import { interpolateQuery, interpolateText, interpolateValues, plainValue, withAutoIntervals } from './interpolate.ts'
import { calculateIntervalMs, intervalText, parseDurationMs, rateIntervalMs, roundInterval } from './time/duration.ts'
import { parseTime } from './time/range.ts'
import { isObject, textOf } from './json-reader.ts'
import { sourceOf } from './sources.ts'
import type { KnownSource } from './sources.ts'
import type { DataSourceRef, JsonObject, Panel, Target } from './model.ts'
import type { VariableValue, VariableValues } from './interpolate.ts'
import type { TimeRange } from './time/range.ts'

/** One question to a data source, ready to be sent. */
export interface PanelQuery {
  readonly refId: string
  readonly expr: string
  /** Unix ms, both inclusive, multiples of the step. Of an instant query only the end counts. */
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  /** The legend format, variables replaced; `''` and `__auto` leave the naming to us. */
  readonly legend: string
  readonly instant: boolean
  /** How far the data was moved, to be added to its times: that of `timeShift`. */
  readonly shiftMs: number
  /** Exemplars are asked for, too. */
  readonly exemplar?: true
  /** The uid of the data source to ask; absent: our own storage. */
  readonly source?: string
  /** The server computes the answer from others; `expr` is then only a text for people. */
  readonly expression?: PanelExpression
}

/** A computation on the server, with everything that it needs. */
export interface PanelExpression {
  /** Its JSON, variables replaced. */
  readonly model: JsonObject
  /** The queries that it comes from, directly or through other expressions, hidden ones too. */
  readonly inputs: readonly PanelQuery[]
  /** The expressions between it and them. */
  readonly steps: readonly JsonObject[]
}

/** What a query is made for. */
export interface QueryContext {
  readonly range: TimeRange
  /** The panel's width; as many points are asked for. */
  readonly widthPx: number
  readonly variables: VariableValues
  /** Of the data source; default 15 s. */
  readonly scrapeIntervalMs?: number
  /** The dashboard's range is relative to now, so that `timeFrom` may replace it. */
  readonly relative?: boolean
  readonly nowMs?: number
  /** The data sources that there are; absent: our own storage alone. */
  readonly sources?: readonly KnownSource[]
}

/** The Prometheus server refuses more points per series. */
const MOST_POINTS = 11_000
const DEFAULT_SCRAPE_MS = 15_000

/** The queries of a panel that are not hidden and meant for Prometheus, macros and variables replaced, by the rules of Grafana's Prometheus data source. */
export function panelQueries(panel: Panel, context: QueryContext): PanelQuery[] {
  const { range, shiftMs } = panelRange(panel, context)
  const inRange = { ...context, variables: withAutoIntervals(context.variables, range) }
  const out: PanelQuery[] = []
  for (const target of panel.targets) {
    if (target.expression !== undefined && !target.hide) {
      out.push(expressionQuery(panel, target, target.expression, range, shiftMs, inRange))
      continue
    }
    if (target.hide || target.otherSource !== undefined || target.expr.trim() === '') continue
    const query = targetQuery(panel, target, range, shiftMs, inRange)
    if (target.range) out.push(query)
    if (target.instant) out.push({ ...query, instant: true })
  }
  return out
}

/** An expression with what it needs. One that needs what there is not, or itself, goes to the server all the same: that one says what is wrong. */
function expressionQuery(panel: Panel, target: Target, json: JsonObject, range: TimeRange, shiftMs: number, context: QueryContext): PanelQuery {
  const byRef = new Map(panel.targets.map(t => [t.refId, t]))
  const inputs: PanelQuery[] = []
  const steps: JsonObject[] = []
  const seen = new Set([target.refId])
  const visit = (model: JsonObject): void => {
    for (const refId of expressionInputs(model, [...byRef.keys()])) {
      const t = byRef.get(refId)
      if (t === undefined || seen.has(refId)) continue
      seen.add(refId)
      if (t.expression !== undefined) {
        steps.push(filledIn(t.expression, context.variables))
        visit(t.expression)
      } else if (t.otherSource === undefined && t.expr.trim() !== '') inputs.push({ ...targetQuery(panel, t, range, shiftMs, context), instant: t.instant && !t.range })
    }
  }
  visit(json)
  const model = filledIn(json, context.variables)
  const ends = inputs[0] ?? targetQuery(panel, target, range, shiftMs, context)
  return {
    refId: target.refId, expr: expressionText(model), startMs: ends.startMs, endMs: ends.endMs, stepMs: inputs.reduce((step, q) => Math.min(step, q.stepMs), ends.stepMs), legend: '', instant: false, shiftMs,
    expression: { model, inputs, steps },
  }
}

/** The letters that an expression works on. */
export function expressionInputs(model: JsonObject, known: readonly string[]): string[] {
  if (model.type === 'classic_conditions') {
    return (Array.isArray(model.conditions) ? model.conditions : []).flatMap(c => isObject(c) && isObject(c.query) && Array.isArray(c.query.params) ? c.query.params.filter(p => typeof p === 'string') : [])
  }
  const text = textOf(model.expression)
  if (model.type !== 'math') return [text.trim().replace(/^\$\{(.*)\}$|^\$/, '$1')]
  return known.filter(refId => text.includes(`\${${refId}}`) || new RegExp(`\\$${refId.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)}(?!\\w)`).test(text))
}

/** What an expression does, as a short text for people. */
function expressionText(model: JsonObject): string {
  const of = textOf(model.expression).trim()
  switch (model.type) {
    case 'math': return of
    case 'reduce': return `${textOf(model.reducer, 'last')}(${of})`
    case 'resample': return `resample(${of}, ${textOf(model.window)})`
    default: return `${textOf(model.type, 'expression')}(${of})`
  }
}

/** An expression with its variables replaced. Letters of queries are no variables: `$A` stays. */
function filledIn(model: JsonObject, variables: VariableValues): JsonObject {
  const fill = (member: string): JsonObject => typeof model[member] === 'string' ? { [member]: interpolateText(model[member], variables) } : {}
  return { ...model, ...fill('expression'), ...fill('window') }
}

/** The panel's own range: `timeFrom` replaces a relative one, `timeShift` moves it back. */
export function panelRange(panel: Panel, context: QueryContext): { range: TimeRange; shiftMs: number } {
  let { range } = context
  const nowMs = context.nowMs ?? range.endMs
  if (panel.timeFrom !== '' && context.relative !== false) {
    const text = interpolateText(panel.timeFrom, context.variables)
    const startMs = parseTime(text.startsWith('now') ? text : `now-${text}`, nowMs, false)
    if (startMs !== undefined && startMs < nowMs) range = { startMs, endMs: nowMs }
  }
  const shiftMs = panel.timeShift === '' ? 0 : parseDurationMs(interpolateText(panel.timeShift, context.variables)) ?? 0
  return { range: { startMs: range.startMs - shiftMs, endMs: range.endMs - shiftMs }, shiftMs }
}

function targetQuery(panel: Panel, target: Target, range: TimeRange, shiftMs: number, context: QueryContext): PanelQuery {
  const scrapeMs = context.scrapeIntervalMs ?? DEFAULT_SCRAPE_MS
  const ownMinMs = minStepMs(target.interval, context.variables)
  const panelMinMs = minStepMs(panel.interval, context.variables)
  const minMs = ownMinMs ?? (panelMinMs === undefined ? scrapeMs : Math.max(context.scrapeIntervalMs ?? 0, panelMinMs))
  const points = Math.max(1, Math.floor(panel.maxDataPoints ?? context.widthPx))
  const rangeMs = range.endMs - range.startMs
  const intervalMs = calculateIntervalMs(rangeMs, points, minMs)
  const safeMs = rangeMs / MOST_POINTS
  const stepMs = Math.max(intervalMs, safeMs > intervalMs ? Math.ceil(Math.max(safeMs, roundInterval(safeMs)) / 1000) * 1000 : 0, 1) * target.intervalFactor
  const values = new Map(context.variables)
  for (const v of macros(range, intervalMs, rateIntervalMs(intervalMs, ownMinMs ?? scrapeMs))) values.set(v.name, v)
  const startMs = Math.floor(range.startMs / stepMs) * stepMs
  const endMs = Math.floor(range.endMs / stepMs) * stepMs
  const source = sourceOf(usualRef(target.datasource) ?? usualRef(panel.datasource), context.variables, context.sources)
  return {
    refId: target.refId,
    expr: interpolateQuery(target.expr, values).trim(),
    startMs, endMs, stepMs,
    legend: target.legendFormat === '__auto' ? '__auto' : interpolateValues(target.legendFormat, values),
    instant: false,
    shiftMs,
    ...(target.exemplar === true && panel.type === 'timeseries' ? { exemplar: true } : {}),
    ...(source === undefined ? {} : { source }),
  }
}

/** A reference that names a source: what stands for several, or for none, leaves it to others. */
function usualRef(ref: DataSourceRef | undefined): DataSourceRef | undefined {
  return ref?.uid === undefined || ref.uid.startsWith('-- ') ? undefined : ref
}

/** A min step such as `1m`, `$interval` or `>10s`. */
function minStepMs(text: string, variables: VariableValues): number | undefined {
  const t = interpolateText(text, variables).trim().replace(/^>/, '')
  const ms = t === '' ? undefined : parseDurationMs(t)
  return ms !== undefined && ms > 0 ? ms : undefined
}

/** Choices with what a range makes of them, for queries beside panels: of variables and annotations. `$__interval` is that of the data source unless `stepMs` says otherwise. */
export function withRange(values: VariableValues, range: TimeRange, stepMs: number = DEFAULT_SCRAPE_MS): VariableValues {
  const out = new Map(withAutoIntervals(values, range))
  for (const v of macros(range, stepMs, rateIntervalMs(stepMs, DEFAULT_SCRAPE_MS))) out.set(v.name, v)
  return out
}

/** The built-in variables of a range. */
export function macros(range: TimeRange, intervalMs: number, rateMs: number): VariableValue[] {
  const rangeMs = range.endMs - range.startMs
  const rangeS = Math.round(rangeMs / 1000)
  return [
    plainValue('__interval', intervalText(intervalMs)), plainValue('__interval_ms', String(intervalMs)),
    plainValue('__rate_interval', intervalText(rateMs)), plainValue('__rate_interval_ms', String(rateMs)),
    plainValue('__range', `${rangeS}s`), plainValue('__range_s', String(rangeS)), plainValue('__range_ms', String(rangeMs)),
    plainValue('__from', String(range.startMs)), plainValue('__to', String(range.endMs)),
  ]
}
