import type { InstantQuery, JsonAnswer, Queryable, RangeQuery } from '@haechi/storage'
import { LocalQueryEngine } from './local-engine.ts'
import type { Question } from './protocol.ts'
import type { EngineOptions } from './run-query.ts'

/** A question that took a thread longer than this, ms, or whose body is larger, stays with the threads. */
const MOST_MS = 1.2
const MOST_BYTES = 128 * 1024
/** Most cells of columns and samples that an answer may hold here. */
const MOST_SAMPLES = 20_000
const MOST_HELD_BYTES = 8 << 20
/** After this long, ms, it is left off and a thread is asked. */
const LEAVE_OFF_MS = 10
/** An answer that takes this long, ms, counts as slow: while code is compiled, or when other programs take the core. More of them than others make up for, and threads answer for a while. */
const SLOW_MS = 4
const MOST_SLOW = 5
const MAKES_UP = 0.1
const SLOW_FOR_MS = 60_000
/** Part of the time that answers may take here, and how much of it may be saved up, ms. */
const SHARE = 0.5
const SAVED_MS = 100
/** For answers that are kept. */
const RESULT_BYTES = 1 << 20
/** Questions that are remembered. */
const MOST_REMEMBERED = 1000

/** What a pool knows of a question that a thread answered. */
interface Cost {
  ms: number
  /** The earliest time that a thread was asked about, Unix ms: files were read from there on, and no further back. */
  fromMs: number
  /** How often it was slow here, less what quick answers make up for. */
  slow: number
  /** Not before this time again. */
  notBeforeMs: number
}

/**
 * Answers questions in the calling thread of which it is known that they take next to nothing: asking another thread would take longer. What it may
 * take, one by one and together, is bounded, as that thread has more urgent things to do.
 */
export class DirectAnswers {
  readonly #engine: LocalQueryEngine
  readonly #costs = new Map<string, Cost>()
  readonly #nowMs: () => number
  #savedMs = SAVED_MS
  #lastMs: number

  /** @param nowMs  a clock with fractions, ms from any origin */
  constructor(queryable: Queryable, options: EngineOptions, nowMs: () => number = () => performance.now()) {
    this.#engine = new LocalQueryEngine(queryable, { ...options, maxSamples: MOST_SAMPLES, maxBytes: MOST_HELD_BYTES, resultBytes: (options.resultBytes ?? 0) > 0 ? RESULT_BYTES : 0 }, nowMs)
    this.#nowMs = nowMs
    this.#lastMs = nowMs()
  }

  /** Notes what a thread took for a question. */
  took(question: Question, ms: number, bytes: number): void {
    const key = keyOf(question)
    if (key === undefined) return
    const cost = this.#costs.get(key)
    const counted = bytes > MOST_BYTES ? Infinity : ms
    const fromMs = startOf(question)
    if (cost !== undefined) {
      cost.ms = counted
      cost.fromMs = Math.min(cost.fromMs, fromMs)
      return
    }
    if (this.#costs.size >= MOST_REMEMBERED) this.#costs.clear()
    this.#costs.set(key, { ms: counted, fromMs, slow: 0, notBeforeMs: -Infinity })
  }

  /** The answer; undefined where a thread has to be asked, also because it fails. */
  async answer(question: Question): Promise<JsonAnswer | undefined> {
    const key = keyOf(question)
    const cost = key === undefined ? undefined : this.#costs.get(key)
    const fromMs = this.#nowMs()
    this.#savedMs = Math.min(SAVED_MS, this.#savedMs + (fromMs - this.#lastMs) * SHARE)
    this.#lastMs = fromMs
    if (cost === undefined || cost.ms > MOST_MS || cost.fromMs > startOf(question) || cost.notBeforeMs > fromMs || this.#savedMs <= 0) return undefined
    try {
      const timeoutMs = Math.min(question.query.timeoutMs ?? Infinity, LEAVE_OFF_MS)
      if (question.method === 'instantJson') return await this.#engine.instantJson({ ...question.query as InstantQuery, timeoutMs })
      return await this.#engine.rangeJson({ ...question.query as RangeQuery, timeoutMs })
    } catch {
      // Whatever it is, it is told by those who have the time.
      cost.ms = Infinity
      return undefined
    } finally {
      const ms = this.#nowMs() - fromMs
      this.#savedMs -= ms
      cost.slow = ms > SLOW_MS ? cost.slow + 1 : Math.max(0, cost.slow - MAKES_UP)
      if (cost.slow >= MOST_SLOW) {
        cost.slow = 0
        cost.notBeforeMs = fromMs + SLOW_FOR_MS
      }
    }
  }
}

function startOf({ query }: Question): number {
  return 'tMs' in query ? query.tMs : query.startMs
}

/** Equal for questions of equal work: wherever the range lies. */
function keyOf(question: Question): string | undefined {
  if (question.method !== 'instantJson' && question.method !== 'rangeJson') return undefined
  const { query: q } = question
  if ((q.stats ?? '') !== '') return undefined
  return 'tMs' in q ? `${q.lookbackMs ?? 0} ${q.expr}` : `${q.endMs - q.startMs} ${q.stepMs} ${q.lookbackMs ?? 0} ${q.expr}`
}
