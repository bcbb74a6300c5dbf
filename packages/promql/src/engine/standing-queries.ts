import { labelsEqual } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { BatchAnswer, BatchVector, InstantBatch, KnownLabels, Queryable, QueryOptions, QueryValue, RecentView } from '@haechi/storage'
import { Annotations } from './annotations.ts'
import { Budget } from './budget.ts'
import type { EvalContext } from './context.ts'
import { instantGrid } from './grid.ts'
import { HistogramRow } from './histogram-column.ts'
import { LabelMemo } from './label-memo.ts'
import { toAnswer } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { movePlan } from './plan.ts'
import type { Plan, SharedSelector } from './plan.ts'
import { toQueryError } from './query-errors.ts'
import type { Rows } from './rows.ts'
import { evaluate, memoryOf, planInstant, runInstant } from './run-query.ts'
import type { EngineOptions, RunLimits } from './run-query.ts'
import { Selection } from './selection.ts'

/** Most queries kept, and the longest of them: rules are asked again and again, and they are short. */
const MOST_KEPT = 5000
const LONGEST = 4000
/** Label sets of answers are numbered from here on: engines up to 2^20 with 2^33 answers each stay below 2^53. */
const VERSIONS = 2 ** 33
const ENGINES = 2 ** 20

/** A query that is asked again and again. */
interface Standing {
  /** Undefined: it names times, and is planned each time. */
  readonly plan: Plan | undefined
  /** The time of the plan. */
  tMs: number
  /** Of the last answer. */
  labels: KnownLabels | undefined
}

/** What the queries of one batch share. */
interface Batch {
  readonly tMs: number
  readonly q: QueryOptions
  readonly limits: RunLimits
  readonly view: RecentView | undefined
}

/**
 * Answers batches of instant queries, such as those of rules. What does not change between two evaluations is worked out once: the plan, which series
 * a selector finds (the storage tells when that may be others), groups and label sets that are made of theirs, and the label sets of the answer.
 * What is left is to read the newest samples and to compute, which is done by the very evaluator of all other queries.
 */
export class StandingQueries {
  readonly #queryable: Queryable
  readonly #options: Required<EngineOptions>
  /** Oldest use first. */
  readonly #kept = new Map<string, Standing>()
  readonly #memo = new LabelMemo()
  #version: number
  /** For the samples of each selector of a query. */
  readonly #columns: SampleColumns[] = []
  /** Rows of an answer that have a value, and their values. */
  #rows = new Int32Array(64)
  #values = new Float64Array(64)

  /** @param engine  a number that tells this engine from others whose answers go to the same asker, from 0 */
  constructor(queryable: Queryable, options: Required<EngineOptions>, engine: number) {
    this.#queryable = queryable
    this.#options = options
    this.#version = (engine % ENGINES) * VERSIONS
  }

  /** One query after the other; each may fail alone. @throws QueryError `canceled` */
  async answer({ exprs, known, tMs, ...q }: InstantBatch, limits: RunLimits): Promise<BatchAnswer[]> {
    const out: BatchAnswer[] = []
    const usual = (q.limit ?? 0) === 0 && (q.stats ?? '') === '' && q.lookbackMs === undefined
    const view = usual ? this.#queryable.recent?.() : undefined
    const batch: Batch = { tMs, q, limits, view }
    try {
      let fromMs = limits.nowMs()
      for (let i = 0; i < exprs.length; i++) {
        let result: { readonly vector: BatchVector } | { readonly value: QueryValue } | { readonly error: ReturnType<typeof toQueryError> }
        try {
          const standing = this.#standing(exprs[i]!, batch)
          result = this.#recent(standing, batch, known?.[i]) ?? await this.#whole(exprs[i]!, standing, batch, known?.[i])
        } catch (err) {
          const error = toQueryError(err)
          if (error.kind === 'canceled') throw error
          result = { error }
        }
        const toMs = limits.nowMs()
        out.push({ ...result, ms: toMs - fromMs })
        fromMs = toMs
      }
    } finally {
      view?.close()
    }
    return out
  }

  /** @throws QueryError of the text */
  #standing(expr: string, { tMs, q, limits }: Batch): Standing {
    let found = this.#kept.get(expr)
    if (found === undefined) {
      const plan = planInstant({ ...q, expr, tMs }, this.#options, limits)
      found = { plan: plan.movable ? plan : undefined, tMs, labels: undefined }
      if (expr.length > LONGEST) return found
      if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    } else this.#kept.delete(expr)
    this.#kept.set(expr, found)
    return found
  }

  /** The answer from the newest samples; undefined where it needs others, or cannot be asked so. @throws QueryError */
  #recent(standing: Standing, { tMs, limits, view }: Batch, known: KnownLabels | undefined): { readonly vector: BatchVector } | { readonly value: QueryValue } | undefined {
    if (view === undefined || standing.plan === undefined) return undefined
    const options = this.#options
    const { plan } = standing
    movePlan(plan, tMs - standing.tMs)
    standing.tMs = tMs
    const budget = new Budget(options.maxSamples, limits.deadlineMs, limits.nowMs, limits.cancelFlag, limits.cancelIndex, memoryOf(options, limits))
    try {
      budget.tick()
      const selections = new Map<SharedSelector, Selection>()
      for (const s of plan.selectors) {
        const found = view.select(s.matchers, s.minMs, s.maxMs)
        if (found === undefined) return undefined
        selections.set(s, new Selection(found, s, budget, this.#columns[selections.size] ??= new SampleColumns()))
      }
      const ctx: EvalContext = {
        budget, annotations: new Annotations(), delayedNames: options.delayedNameRemoval, lookbackMs: options.lookbackMs, startTimestamps: options.startTimestamps,
        typeLabels: options.typeAndUnitLabels, tracer: undefined, memo: this.#memo,
      }
      const outcome = evaluate(ctx, plan, selections, instantGrid(tMs), tMs, undefined)
      if (outcome.type === 'vector') return { vector: this.#vector(outcome.rows, standing, known) }
      return outcome.type === 'scalar' || outcome.type === 'string' ? { value: outcome } : undefined
    } finally {
      budget.close()
    }
  }

  /** The answer by way of a querier. @throws QueryError */
  #whole(expr: string, standing: Standing, { tMs, q, limits }: Batch, known: KnownLabels | undefined): Promise<{ readonly vector: BatchVector } | { readonly value: QueryValue }> {
    return runInstant(this.#queryable, { ...q, expr, tMs }, this.#options, limits, finished => {
      const outcome: Outcome = finished.outcome
      return outcome.type === 'vector' && finished.limit === 0 ? { vector: this.#vector(outcome.rows, standing, known) } : { value: toAnswer(finished).value }
    })
  }

  #vector(rows: Rows, standing: Standing, known: KnownLabels | undefined): BatchVector {
    const n = rows.labels.length
    const before = standing.labels?.sets
    if (this.#rows.length < n) {
      this.#rows = new Int32Array(2 * n)
      this.#values = new Float64Array(2 * n)
    }
    const value = new Float64Array(1)
    const present = new Uint8Array(1)
    const row = new HistogramRow()
    let histograms: (Histogram | null)[] | undefined
    let same = before !== undefined
    let found = 0
    for (let i = 0; i < n; i++) {
      row.column = null
      if (rows.read(i, value, present, row) === 0) continue
      const histogram = (row as HistogramRow).column?.[0] ?? null
      if (histogram !== null) {
        histograms ??= Array.from({ length: found }, () => null)
        histograms.push(histogram)
      } else histograms?.push(null)
      this.#values[found] = histogram === null ? value[0]! : 0
      this.#rows[found] = i
      if (same && (found >= before!.length || !labelsEqual(before![found]!, rows.labels[i]!))) same = false
      found++
    }
    if (!same || before!.length !== found) {
      const sets: Labels[] = []
      for (let k = 0; k < found; k++) sets.push(rows.labels[this.#rows[k]!]!)
      standing.labels = { version: ++this.#version, sets }
    }
    const labels = standing.labels!
    return { labels: known?.version === labels.version ? known : labels, values: this.#values.slice(0, found), ...(histograms === undefined ? {} : { histograms }) }
  }
}
