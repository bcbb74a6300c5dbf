import type { Labels } from '@haechi/model'
import type { Answer, BatchAnswer, InstantBatch, InstantQuery, JsonAnswer, QueryEngine, QueryExplanation, QueryOptions, QueryValue, Queryable, RangeQuery, SeriesQuery } from '@haechi/storage'
import { IN_EVALUATION, canceledError } from './budget.ts'
import { KeptResults } from './kept-results.ts'
import { findLabelNames, findLabelValues, findSeries, findSeriesJson, labelsBody } from './metadata.ts'
import { toAnswer, toJsonBody } from './outcome.ts'
import { ParsedQueries } from './parsed-queries.ts'
import { toQueryError } from './query-errors.ts'
import { DEFAULT_ENGINE, runExplained, runInstant, runRange } from './run-query.ts'
import type { EngineOptions, RunLimits } from './run-query.ts'
import { StandingQueries } from './standing-queries.ts'

/**
 * Answers questions in the calling thread, over any storage. Evaluation itself does not yield: while a query runs, a signal is not seen.
 * For rules, tests and tools; a server puts a `QueryPool` before it.
 */
export class LocalQueryEngine implements QueryEngine {
  readonly #queryable: Queryable
  readonly #options: Required<EngineOptions>
  readonly #nowMs: () => number
  readonly #results: KeptResults | undefined
  readonly #parsed = new ParsedQueries()
  readonly #standing: StandingQueries

  /** @param nowMs  clock for time-outs, in ms from any origin */
  constructor(queryable: Queryable, options: EngineOptions = {}, nowMs: () => number = () => performance.now()) {
    this.#queryable = queryable
    this.#options = { ...DEFAULT_ENGINE, ...options }
    this.#nowMs = nowMs
    this.#standing = new StandingQueries(queryable, this.#options, 0)
    this.#results = this.#options.resultBytes > 0 ? new KeptResults(this.#options.resultBytes) : undefined
  }

  instant(q: InstantQuery): Promise<Answer<QueryValue>> {
    return this.#guarded(q, limits => runInstant(this.#queryable, q, this.#options, limits, toAnswer))
  }

  instantBatch(q: InstantBatch): Promise<readonly BatchAnswer[]> {
    return this.#guarded(q, limits => this.#standing.answer(q, limits))
  }

  range(q: RangeQuery): Promise<Answer<QueryValue>> {
    return this.#guarded(q, limits => runRange(this.#queryable, q, this.#options, limits, toAnswer))
  }

  instantJson(q: InstantQuery): Promise<JsonAnswer> {
    return this.#guarded(q, limits => runInstant(this.#queryable, q, this.#options, limits, finished => ({ body: toJsonBody(finished) })))
  }

  rangeJson(q: RangeQuery): Promise<JsonAnswer> {
    return this.#guarded(q, limits => runRange(this.#queryable, q, this.#options, limits, finished => ({ body: toJsonBody(finished) })))
  }

  explain(q: InstantQuery | RangeQuery): Promise<QueryExplanation> {
    return this.#guarded(q, limits => runExplained(this.#queryable, q, this.#options, limits))
  }

  series(q: SeriesQuery): Promise<Answer<Labels[]>> {
    return this.#guarded(q, () => findSeries(this.#queryable, q))
  }

  seriesJson(q: SeriesQuery): Promise<JsonAnswer> {
    return this.#guarded(q, () => findSeriesJson(this.#queryable, q))
  }

  labelNames(q: SeriesQuery): Promise<Answer<string[]>> {
    return this.#guarded(q, () => findLabelNames(this.#queryable, q))
  }

  labelValues(name: string, q: SeriesQuery): Promise<Answer<string[]>> {
    return this.#guarded(q, () => findLabelValues(this.#queryable, name, q))
  }

  labelNamesJson(q: SeriesQuery): Promise<JsonAnswer> {
    return this.#guarded(q, () => labelsBody(findLabelNames(this.#queryable, q)))
  }

  labelValuesJson(name: string, q: SeriesQuery): Promise<JsonAnswer> {
    return this.#guarded(q, () => labelsBody(findLabelValues(this.#queryable, name, q)))
  }

  async #guarded<T>(q: QueryOptions, answer: (limits: RunLimits) => Promise<T>): Promise<T> {
    if (q.signal?.aborted === true) throw canceledError(IN_EVALUATION)
    // The query's own limit can only shorten the engine's.
    const timeoutMs = Math.min(q.timeoutMs ?? Infinity, this.#options.timeoutMs)
    try {
      return await answer({ deadlineMs: this.#nowMs() + timeoutMs, nowMs: this.#nowMs, parsed: this.#parsed, ...(this.#results === undefined ? {} : { results: this.#results }) })
    } catch (err) {
      throw toQueryError(err)
    }
  }
}
