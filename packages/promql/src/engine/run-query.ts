import { histogramSize, utf8Length } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { ChangeLog, InstantQuery, MatrixSeries, QueryExplanation, Queryable, RangeQuery } from '@haechi/storage'
import type { Expr } from '../ast.ts'
import { typeName } from '../check.ts'
import { PromqlParseError } from '../parse-error.ts'
import { parseExpr } from '../parser.ts'
import { Annotations } from './annotations.ts'
import { Budget, SAMPLE_BYTES } from './budget.ts'
import type { MemoryLimits } from './budget.ts'
import type { EvalContext } from './context.ts'
import { Evaluator } from './evaluator.ts'
import { DurationValueError } from './durations.ts'
import { toExplanation } from './explain.ts'
import { extendedSamples } from './extended-range.ts'
import { instantGrid, rangeGrid } from './grid.ts'
import type { Grid } from './grid.ts'
import { HistogramRow } from './histogram-column.ts'
import { joinSteps, stepsStandAlone } from './kept-results.ts'
import type { KeptResults, Reuse } from './kept-results.ts'
import { Measurement } from './measurement.ts'
import type { ParsedQueries } from './parsed-queries.ts'
import { withoutMetadata } from './metadata-labels.ts'
import { toJsonBody } from './outcome.ts'
import type { Finished, Outcome } from './outcome.ts'
import type { MatrixNode, Plan, SharedSelector } from './plan.ts'
import { makePlan } from './planner.ts'
import type { PlanOptions } from './planner.ts'
import type { Parts } from './protocol.ts'
import type { QueryMemory } from './query-memory.ts'
import { blockOfParts, bodyOfParts, canBeSplit, writePart } from './range-part.ts'
import type { RangePart } from './range-part.ts'
import { subqueryGrid } from './range-rows.ts'
import { toBlock, withoutDuplicates } from './rows.ts'
import type { Block, Rows } from './rows.ts'
import type { SampleStats } from './sample-stats.ts'
import { StaleFilter, selectAll } from './selection.ts'
import type { Samples, Selection } from './selection.ts'
import { Tracer } from './tracer.ts'

/** Settings of an engine; see {@link DEFAULT_ENGINE} for what is absent. */
export interface EngineOptions {
  /** How far back an instant selector looks for a value (`--query.lookback-delta`). */
  readonly lookbackMs?: number
  /** Longest a query may take (`--query.timeout`). */
  readonly timeoutMs?: number
  /** Most samples a query may hold in memory (`--query.max-samples`). */
  readonly maxSamples?: number
  /** Most bytes that a query may hold (`--query.max-memory`); 0: no limit. */
  readonly maxBytes?: number
  /** Most bytes that all running queries may hold (`--query.max-memory-total`); 0: no limit. */
  readonly maxTotalBytes?: number
  /** Step of subqueries that name none: the global evaluation interval. */
  readonly subqueryStepMs?: number
  /** `--enable-feature=promql-experimental-functions` */
  readonly experimentalFunctions?: boolean
  /** `--enable-feature=promql-delayed-name-removal` */
  readonly delayedNameRemoval?: boolean
  /** `--enable-feature=promql-extended-range-selectors` */
  readonly extendedRangeSelectors?: boolean
  /** `--enable-feature=promql-binop-fill-modifiers` */
  readonly fillModifiers?: boolean
  /** `--enable-feature=promql-per-step-stats` */
  readonly perStepStats?: boolean
  /** `--enable-feature=use-start-timestamps` */
  readonly startTimestamps?: boolean
  /** `--enable-feature=type-and-unit-labels` */
  readonly typeAndUnitLabels?: boolean
  /** Most bytes of answers to range queries that are kept for the next one over a range that has moved on (`--query.cache-size`); 0: none. */
  readonly resultBytes?: number
}

/** Prometheus' defaults. @see cmd/prometheus flags `--query.*` */
export const DEFAULT_ENGINE: Required<EngineOptions> = {
  lookbackMs: 300_000,
  timeoutMs: 120_000,
  maxSamples: 50_000_000,
  maxBytes: 0,
  maxTotalBytes: 0,
  subqueryStepMs: 60_000,
  experimentalFunctions: false,
  delayedNameRemoval: false,
  extendedRangeSelectors: false,
  fillModifiers: false,
  perStepStats: false,
  startTimestamps: false,
  typeAndUnitLabels: false,
  resultBytes: 0,
}

/** How a running query learns that nobody wants its answer, and when it must be done. */
export interface RunLimits {
  /** On the clock of `nowMs`; Infinity: none. */
  readonly deadlineMs: number
  readonly nowMs: () => number
  readonly cancelFlag?: Int32Array
  readonly cancelIndex?: number
  /** How long the query waited for its turn, ms. */
  readonly queuedMs?: number
  /** The query is to be explained. */
  readonly explain?: boolean
  /** Answers to range queries that may be used again. */
  readonly results?: KeptResults
  /** What the queries of all threads hold. */
  readonly memory?: QueryMemory
  /** Expressions that were parsed before. */
  readonly parsed?: ParsedQueries
}

/** @throws QueryError `bad_data` with the place of the first issue */
export function parseQuery(text: string, options: Required<EngineOptions>): Expr {
  try {
    const { experimentalFunctions, extendedRangeSelectors, fillModifiers } = options
    return parseExpr(text, { experimentalFunctions, extendedRangeSelectors, fillModifiers })
  } catch (err) {
    if (err instanceof PromqlParseError) throw new QueryError('bad_data', err.message, err.errors[0]!.span)
    throw err
  }
}

function parsedQuery(text: string, options: Required<EngineOptions>, parsed: ParsedQueries | undefined): Expr {
  return parsed === undefined ? parseQuery(text, options) : parsed.get(text, t => parseQuery(t, options))
}

/** The plan of a query. Places in messages about calculated durations count bytes, as Prometheus' do. @throws QueryError */
function planQuery(text: string, expr: Expr, options: PlanOptions): Plan {
  try {
    return makePlan(expr, options)
  } catch (err) {
    if (!(err instanceof DurationValueError)) throw err
    const bytes = (at: number): number => utf8Length(text.slice(0, at))
    throw new QueryError('bad_data', `${bytes(err.span.start)}:${bytes(err.span.end)}: ${err.message}`, err.span)
  }
}

/** The plan of an instant query. @throws QueryError */
export function planInstant(q: InstantQuery, options: Required<EngineOptions>, limits: RunLimits): Plan {
  const { subqueryStepMs, startTimestamps } = options
  return planQuery(q.expr, parsedQuery(q.expr, options, limits.parsed), { startMs: q.tMs, endMs: q.tMs, stepMs: 1, instant: true, lookbackMs: q.lookbackMs ?? options.lookbackMs, subqueryStepMs, startTimestamps })
}

/** Evaluates an expression at one time. The querier stays open until `use` has read the outcome. @throws QueryError */
export async function runInstant<T>(queryable: Queryable, q: InstantQuery, options: Required<EngineOptions>, limits: RunLimits, use: (finished: Finished) => T): Promise<T> {
  const startedMs = limits.nowMs()
  const plan = planInstant(q, options, limits)
  return run({ queryable, plan, q, options, limits, grid: instantGrid(q.tMs), startedMs }, use)
}

/** The plan of a range query for some of its steps. @throws QueryError */
function planSteps(q: RangeQuery, expr: Expr, options: Required<EngineOptions>, startMs: number, endMs: number): Plan {
  return planQuery(q.expr, expr, { startMs, endMs, stepMs: q.stepMs, instant: false, lookbackMs: q.lookbackMs ?? options.lookbackMs, subqueryStepMs: options.subqueryStepMs, startTimestamps: options.startTimestamps })
}

/** Asks whether others compute the first steps of a query. @param parts in how many parts it is best done @returns the first step that is left */
export type AskForHelp = (parts: Parts) => Promise<number | undefined>

/** How a query finds out how much there is to do, and what came of that. */
interface Sharing {
  readonly ask: AskForHelp
  /** Takes the steps that are left. */
  readonly use: (finished: Finished) => void
  /** Others do the rest. */
  shared: boolean
  /** What was kept of it before. */
  reuse: Reuse | undefined
}

/** Evaluates an expression at all steps of a range. @throws QueryError */
export async function runRange<T>(queryable: Queryable, q: RangeQuery, options: Required<EngineOptions>, limits: RunLimits, use: (finished: Finished) => T, sharing?: Sharing): Promise<T> {
  const startedMs = limits.nowMs()
  const expr = parsedQuery(q.expr, options, limits.parsed)
  const plan = planSteps(q, expr, options, q.startMs, q.endMs)
  const { type } = plan.root
  if (type !== 'vector' && type !== 'scalar') {
    throw new QueryError('bad_data', `invalid expression type "${typeName(type)}" for range query, must be Scalar or instant Vector`)
  }
  const grid = rangeGrid(q.startMs, q.endMs, q.stepMs)
  const job: Job = { queryable, plan, q, options, limits, grid, startedMs, ...(sharing !== undefined && !options.delayedNameRemoval && canBeSplit(plan, q.expr) ? { sharing: { of: sharing, expr } } : {}) }
  const { results } = limits
  const { changes } = queryable
  if (results === undefined || changes === undefined || (q.stats ?? '') !== '' || q.fresh === true || limits.explain === true || options.delayedNameRemoval || grid.steps < 2 || !stepsStandAlone(plan, q.expr)) return run(job, use)
  return runKeeping(job, expr, results, results.lookUp(q.expr, grid, q.lookbackMs ?? options.lookbackMs, changes), use)
}

/**
 * Evaluates some of the steps of a range query, so that others can do the rest at the same time. Series are found over the whole range: their order,
 * in which sums are made, is that of the whole query.
 * @param from   the first step
 * @param steps  how many, > 0
 * @returns undefined where only the whole query can be answered, or failed
 */
export async function runRangePart(queryable: Queryable, q: RangeQuery, from: number, steps: number, options: Required<EngineOptions>, limits: RunLimits): Promise<RangePart | undefined> {
  const { changes } = queryable
  const moment = { version: changes?.version() ?? 0, mark: changes?.mark() ?? 0 }
  try {
    const startedMs = limits.nowMs()
    const expr = parsedQuery(q.expr, options, limits.parsed)
    const whole = planSteps(q, expr, options, q.startMs, q.endMs)
    if (options.delayedNameRemoval || !canBeSplit(whole, q.expr)) return undefined
    const grid: Grid = { startMs: q.startMs + from * q.stepMs, stepMs: q.stepMs, steps, instant: false }
    const plan = planSteps(q, expr, options, grid.startMs, grid.startMs + (steps - 1) * q.stepMs)
    return await run({ queryable, plan, whole, q, options, limits, grid, startedMs }, finished => writePart(finished, moment, q.fresh !== true))
  } catch (err) {
    if (err instanceof QueryError && err.kind !== 'canceled' && err.kind !== 'timeout') return undefined
    throw err
  }
}

/**
 * The body of a range query of which others compute the first steps.
 * @param from    the first step that is computed here
 * @param others  the parts before it, in order
 * @returns       `whole`: the others' work was in vain, and most probably always will be
 */
export async function runRangeInParts(
  queryable: Queryable, q: RangeQuery, from: number, others: () => Promise<readonly (RangePart | undefined)[]>, options: Required<EngineOptions>, limits: RunLimits,
): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly whole: boolean }> {
  const grid = rangeGrid(q.startMs, q.endMs, q.stepMs)
  const { results } = limits
  const { changes } = queryable
  if (q.fresh !== true && results !== undefined && changes !== undefined && results.has(q.expr, grid, q.lookbackMs ?? options.lookbackMs, changes)) {
    return { body: await runRange(queryable, q, options, limits, toJsonBody), whole: false }
  }
  const own = await runRangePart(queryable, q, from, grid.steps - from, options, limits)
  return together(queryable, q, own, others, options, limits, undefined)
}

/**
 * The body of a range query that asks others to take part when it has found how much there is to do.
 * @param others  what they compute, if they do
 */
export async function runRangeAsking(
  queryable: Queryable, q: RangeQuery, ask: AskForHelp, others: () => Promise<readonly (RangePart | undefined)[]>, options: Required<EngineOptions>, limits: RunLimits,
): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly whole: boolean }> {
  const { changes } = queryable
  const moment = { version: changes?.version() ?? 0, mark: changes?.mark() ?? 0 }
  let own: RangePart | undefined
  const sharing: Sharing = { ask, use: finished => void (own = writePart(finished, moment, q.fresh !== true)), shared: false, reuse: undefined }
  try {
    const body = await runRange<Uint8Array<ArrayBuffer> | undefined>(queryable, q, options, limits, toJsonBody, sharing)
    if (body !== undefined) return { body, whole: false }
  } catch (err) {
    if (!sharing.shared || (err instanceof QueryError && (err.kind === 'canceled' || err.kind === 'timeout'))) throw err
  }
  return together(queryable, q, own, others, options, limits, sharing.reuse)
}

/** Puts the parts of an answer together, or computes it as a whole. */
async function together(
  queryable: Queryable, q: RangeQuery, own: RangePart | undefined, others: () => Promise<readonly (RangePart | undefined)[]>, options: Required<EngineOptions>, limits: RunLimits, reuse: Reuse | undefined,
): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly whole: boolean }> {
  const alone = async (): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly whole: boolean }> => ({ body: await runRange(queryable, q, options, limits, toJsonBody), whole: true })
  if (own === undefined) return alone()
  const found = await others()
  if (found.includes(undefined)) return alone()
  const parts = [...found as readonly RangePart[], own]
  const sum = (of: (part: RangePart) => number): number => parts.reduce((n, part) => n + of(part), 0)
  // What only parts of it fit into may be refused as a whole.
  if (sum(p => p.peakSamples) > options.maxSamples || (options.maxBytes > 0 && sum(p => p.peakBytes) > options.maxBytes)) return alone()
  const { results } = limits
  const { changes } = queryable
  const budget = new Budget(options.maxSamples, Infinity, limits.nowMs, undefined, 0, memoryOf(options, limits))
  try {
    budget.take(2 * sum(p => p.text.length + p.keys.length))
    if (q.fresh !== true && results !== undefined && changes !== undefined && parts.every(p => p.version === own.version)) keepParts(parts, q, options, results, changes, reuse)
    return { body: bodyOfParts(parts), whole: false }
  } finally {
    budget.close()
  }
}

/** Keeps an answer that was made in parts, as of the oldest view that one of them had. */
function keepParts(parts: readonly RangePart[], q: RangeQuery, options: Required<EngineOptions>, results: KeptResults, changes: ChangeLog, known: Reuse | undefined): void {
  const grid = rangeGrid(q.startMs, q.endMs, q.stepMs)
  const reuse = known ?? results.lookUp(q.expr, grid, q.lookbackMs ?? options.lookbackMs, changes)
  const cells = grid.steps * parts.reduce((n, p) => Math.max(n, p.keyEnds.length), 0)
  if (!reuse.keep && cells > SMALL_CELLS) return
  const oldest = parts.reduce((a, b) => (changes.oldestSince(b.mark) < changes.oldestSince(a.mark) ? b : a))
  results.keep({ ...reuse, version: oldest.version, mark: oldest.mark }, grid, blockOfParts(parts))
}

export function memoryOf({ maxBytes, maxTotalBytes }: Required<EngineOptions>, limits: RunLimits): MemoryLimits {
  return { maxBytes, maxTotalBytes, account: limits.memory }
}

/** Series times steps of an answer that is kept without having been asked for twice. */
const SMALL_CELLS = 65_536

/** Evaluates the steps of a range that a kept answer doesn't have, and keeps the whole. */
async function runKeeping<T>(job: Job, expr: Expr, results: KeptResults, reuse: Reuse, use: (finished: Finished) => T): Promise<T> {
  const { grid, options, q } = job
  const whole = (finished: Finished, rows: Block): T => use({ ...finished, outcome: { type: 'grid', grid, rows } })
  if (reuse.steps === grid.steps) {
    // Kept anew: the next question need not look at what came until now.
    const block = joinSteps(reuse, undefined, grid.steps)
    results.keep(reuse, grid, block)
    const budget = new Budget(options.maxSamples, Infinity, job.limits.nowMs, undefined, 0, memoryOf(options, job.limits))
    try {
      return whole({ outcome: { type: 'grid', grid, rows: block }, annotations: new Annotations(), budget, query: q.expr, limit: q.limit ?? 0, statsParam: '', measurement: undefined, explained: undefined }, block)
    } finally {
      budget.close()
    }
  }
  const startMs = grid.startMs + reuse.steps * grid.stepMs
  const endMs = grid.startMs + (grid.steps - 1) * grid.stepMs
  // As a range of several steps even if one is left: functions treat single steps in ways of their own.
  const missing: Grid = { startMs, stepMs: grid.stepMs, steps: grid.steps - reuse.steps, instant: false }
  const plan = reuse.steps === 0 ? job.plan : planSteps({ ...q, stepMs: grid.stepMs } as RangeQuery, expr, options, startMs, endMs)
  const { sharing } = job
  if (sharing !== undefined) sharing.of.reuse = reuse
  const done = await run({ ...job, plan, grid: missing, sharing: reuse.steps === 0 ? sharing : undefined }, finished => {
    if (finished.outcome.type !== 'grid') throw new Error('BUG: a vector over a range is a grid')
    const { rows } = finished.outcome
    // A small answer is kept at once, a large one when it is asked for again.
    if (!reuse.keep && rows.labels.length * grid.steps > SMALL_CELLS) return { answer: use(finished) }
    const later = toBlock(rows, missing.steps, finished.budget)
    // Only floats are kept.
    const floats = later.histograms === undefined
    if (reuse.steps > 0 && !floats) return undefined
    if (reuse.steps > 0) finished.budget.reserve(rows.labels.length * grid.steps)
    const block = reuse.steps === 0 ? later : joinSteps(reuse, later, grid.steps)
    // What was noted about these steps would be missing from an answer that takes them over.
    if (floats && finished.annotations.isEmpty()) results.keep(reuse, grid, block)
    return { answer: whole(finished, block) }
  })
  if (sharing?.of.shared === true) return undefined as T
  return done === undefined ? run(job, use) : done.answer
}

/** Evaluates a query for what its parts do. @throws QueryError */
export function runExplained(queryable: Queryable, q: InstantQuery | RangeQuery, options: Required<EngineOptions>, limits: RunLimits): Promise<QueryExplanation> {
  const watched = { ...limits, explain: true }
  return 'tMs' in q ? runInstant(queryable, q, options, watched, toExplanation) : runRange(queryable, q, options, watched, toExplanation)
}

/** A query that is ready to run. */
interface Job {
  readonly queryable: Queryable
  readonly plan: Plan
  /** The plan of the whole query, if this is a part of it. */
  readonly whole?: Plan
  /** How others may take part. */
  readonly sharing?: { readonly of: Sharing; readonly expr: Expr } | undefined
  readonly q: InstantQuery | RangeQuery
  readonly options: Required<EngineOptions>
  readonly limits: RunLimits
  readonly grid: Grid
  readonly startedMs: number
}

async function run<T>({ queryable, plan, whole, sharing, q, options, limits, grid, startedMs }: Job, use: (finished: Finished) => T): Promise<T> {
  const budget = new Budget(options.maxSamples, limits.deadlineMs, limits.nowMs, limits.cancelFlag, limits.cancelIndex, memoryOf(options, limits))
  const annotations = new Annotations()
  const statsParam = q.stats ?? ''
  const tracer = limits.explain === true ? new Tracer(limits.nowMs) : undefined
  const measurement = statsParam === '' && tracer === undefined
    ? undefined
    : new Measurement(grid, budget, limits.nowMs, startedMs, limits.queuedMs ?? 0, options.perStepStats && statsParam === 'all')
  const ctx: EvalContext = { budget, annotations, delayedNames: options.delayedNameRemoval, lookbackMs: q.lookbackMs ?? options.lookbackMs, startTimestamps: options.startTimestamps, typeLabels: options.typeAndUnitLabels, tracer, memo: undefined }
  budget.tick()
  const querier = queryable.querier((whole ?? plan).minMs, (whole ?? plan).maxMs)
  try {
    const selections = await selectAll(querier, plan.selectors, budget, whole?.selectors)
    budget.tick()
    measurement?.prepared()
    if (sharing !== undefined) {
      const parts = partsFor(plan, selections, grid.steps)
      const from = parts.parts < 2 ? undefined : await sharing.of.ask(parts)
      if (from !== undefined) {
        sharing.of.shared = true
        const rest: Grid = { startMs: grid.startMs + from * grid.stepMs, stepMs: grid.stepMs, steps: grid.steps - from, instant: false }
        const own = planSteps(q as RangeQuery, sharing.expr, options, rest.startMs, rest.startMs + (rest.steps - 1) * rest.stepMs)
        const narrowed = new Map(own.selectors.map(s => [s, selections.get(plan.selectors.find(w => w.key === s.key)!)!.narrowed(s)]))
        sharing.of.use({ outcome: evaluate(ctx, own, narrowed, rest, undefined, undefined), annotations, budget, query: q.expr, limit: 0, statsParam, measurement, explained: undefined })
        return undefined as T
      }
    }
    const outcome = evaluate(ctx, plan, selections, grid, 'tMs' in q ? q.tMs : undefined, measurement?.samples)
    return use({ outcome, annotations, budget, query: q.expr, limit: q.limit ?? 0, statsParam, measurement, explained: tracer === undefined ? undefined : { plan, tracer } })
  } finally {
    querier.close()
    budget.close()
  }
}

/** Samples and steps of a part that is worth handing over, 50 ms or more where nothing is kept: series have to be found twice, and code compiled; the interval that samples are supposed to have; most parts. */
const LEAST_WORK = 2_500_000
const SUPPOSED_INTERVAL_MS = 15_000
const WORK_PER_MS = 50_000
const MOST_PARTS = 4
const LEAST_STEPS = 16

/** In how many parts a query is best computed, by the series that were found. */
function partsFor(plan: Plan, selections: ReadonlyMap<SharedSelector, Selection>, steps: number): Parts {
  const work = plan.selectors.reduce((sum, s) => sum + selections.get(s)!.labels.length * ((s.maxMs - s.minMs) / SUPPOSED_INTERVAL_MS + steps), 0)
  const parts = steps < LEAST_STEPS ? 1 : Math.max(1, Math.min(MOST_PARTS, Math.floor(work / LEAST_WORK)))
  return { parts, msEach: work / WORK_PER_MS / parts }
}

/** Computes what a plan asks for, all series having been selected. @param tMs  the time of an instant query, undefined for a range */
export function evaluate(ctx: EvalContext, plan: Plan, selections: ReadonlyMap<SharedSelector, Selection>, grid: Grid, tMs: number | undefined, stats: SampleStats | undefined): Outcome {
  const evaluator = new Evaluator(ctx, selections, stats)
  const { root } = plan
  switch (root.type) {
    case 'string': return { type: 'string', tMs: grid.startMs, value: root.value }
    case 'scalar': {
      if (tMs !== undefined) return { type: 'scalar', tMs, value: evaluator.scalar(root, grid)[0]! }
      const rows = evaluator.block(root, grid)
      ctx.budget.hold(grid.steps)
      return { type: 'grid', grid, rows }
    }
    case 'vector': {
      const rows = withNamesRemoved(ctx, evaluator.vector(root, grid), grid)
      return tMs === undefined ? { type: 'grid', grid, rows } : { type: 'vector', tMs, rows }
    }
    case 'matrix': return { type: 'matrix', series: matrixSeries(ctx, evaluator, root, selections, grid, stats) }
  }
}

/** Delayed name removal: drops the marked names now. */
function withNamesRemoved(ctx: EvalContext, rows: Rows, grid: Grid): Rows {
  const { dropName } = rows
  if (dropName === undefined) return rows
  const labels = rows.labels.map((own, i) => dropName[i] === 1 ? withoutMetadata(own) : own)
  return withoutDuplicates({ labels, dropName: undefined, read: (i, values, present, histograms) => rows.read(i, values, present, histograms) }, grid.steps, 'merge', ctx.budget)
}

/** A range vector at one time: samples as they are stored, or a subquery's results. */
function matrixSeries(ctx: EvalContext, evaluator: Evaluator, node: MatrixNode, selections: ReadonlyMap<SharedSelector, Selection>, grid: Grid, stats: SampleStats | undefined): MatrixSeries[] {
  const series = node.kind === 'matrix-selector' ? storedSeries(ctx, node, selections.get(node.selector)!, grid, stats) : subquerySeries(ctx, evaluator, node, grid)
  if (ctx.tracer !== undefined) {
    const trace = ctx.tracer.of(node)
    trace.series = series.length
    for (const s of series) trace.samples += s.ts.length
    if (node.kind === 'matrix-selector') trace.matched = selections.get(node.selector)!.labels.length
  }
  return series
}

function storedSeries(ctx: EvalContext, node: MatrixNode & { readonly kind: 'matrix-selector' }, selection: Selection, grid: Grid, stats: SampleStats | undefined): MatrixSeries[] {
  const out: MatrixSeries[] = []
  const maxMs = (node.atMs ?? grid.startMs) - node.offsetMs
  const minMs = maxMs - node.rangeMs
  const { extension } = node
  const filter = new StaleFilter()
  for (let i = 0; i < selection.labels.length; i++) {
    ctx.budget.tick()
    const s = filter.apply(selection.read(i, minMs - (extension?.beforeMs ?? 0) + 1, maxMs + (extension?.afterMs ?? 0)))
    if (s.length === 0) continue
    if (extension !== undefined && s.histograms?.some(h => h !== null) === true) throw new QueryError('execution', `${extension.kind} modifier is not supported with histograms`)
    const columns = extension === undefined ? { ts: s.ts.slice(0, s.length), vs: s.vs.slice(0, s.length), ...histogramsOf(s) } : extendedSamples(s, minMs, maxMs, extension.kind)
    if (columns === undefined) continue
    const size = s.histograms === null ? columns.ts.length : s.histograms.reduce((n, h) => n + (h === null ? 1 : histogramSize(h)), 0)
    ctx.budget.hold(size)
    ctx.budget.take(SAMPLE_BYTES * size)
    stats?.addRange(size)
    out.push({ labels: selection.labels[i]!, ...columns })
  }
  return out
}

function histogramsOf(s: Samples): { readonly histograms?: readonly (Histogram | null)[] } {
  return s.histograms?.some(h => h !== null) === true ? { histograms: s.histograms.slice(0, s.length) } : {}
}

function subquerySeries(ctx: EvalContext, evaluator: Evaluator, node: MatrixNode & { readonly kind: 'subquery' }, grid: Grid): MatrixSeries[] {
  const out: MatrixSeries[] = []
  const inner = subqueryGrid(node, grid)
  const block = evaluator.subqueryBlock(node, inner, 0)
  const rows = withNamesRemoved(ctx, block, inner)
  const values = new Float64Array(inner.steps)
  const present = new Uint8Array(inner.steps)
  const row = new HistogramRow()
  rows.labels.forEach((labels: Labels, i) => {
    row.column = null
    if (rows.read(i, values, present, row) === 0) return
    const histograms: (Histogram | null)[] = []
    const ts: number[] = []
    const vs: number[] = []
    for (let k = 0; k < inner.steps; k++) {
      const h = row.column?.[k] ?? null
      if (present[k] === 0 && h === null) continue
      ts.push(inner.startMs + k * inner.stepMs)
      vs.push(h === null ? values[k]! : 0)
      histograms.push(h)
    }
    ctx.budget.take(SAMPLE_BYTES * ts.length)
    out.push({ labels, ts: Float64Array.from(ts), vs: Float64Array.from(vs), ...(row.column === null ? {} : { histograms }) })
  })
  return out
}
