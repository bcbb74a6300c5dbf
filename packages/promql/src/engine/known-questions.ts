import type { Parts, Question } from './protocol.ts'

/** Expressions that are remembered. */
const MOST_REMEMBERED = 1000
/** A question that takes less than this, ms, is answered by one thread: finding series twice and compiling code in two threads costs more than it saves. */
const LEAST_MS = 15
/** Work for one thread, ms and steps, below which no further one takes part. */
const LEAST_PART_MS = 5
const LEAST_PART_STEPS = 8
/** Most threads for one question. */
const MOST_PARTS = 4

const ONE: Parts = { parts: 1, msEach: 0 }

interface Known<T> {
  /** Who answered it last: it has what it read. */
  thread: T
  /** Who computed its first steps then. */
  helpers: readonly T[]
  /** What a step took, all threads together; 0: not known. */
  msPerStep: number
  /** Parts of it are no use. */
  whole: boolean
}

/** What a pool of threads remembers of the questions it answered. */
export class KnownQuestions<T> {
  readonly #known = new Map<string, Known<T>>()

  /** The thread that answered an expression last. */
  threadOf(expr: string): T | undefined {
    return this.#known.get(expr)?.thread
  }

  /** Those that took part in it. */
  helpersOf(expr: string): readonly T[] {
    return this.#known.get(expr)?.helpers ?? []
  }

  /** Notes who answers an expression. */
  assign(expr: string, thread: T, helpers: readonly T[]): void {
    const known = this.#known.get(expr)
    if (known !== undefined) {
      known.thread = thread
      if (helpers.length > 0) known.helpers = helpers
      return
    }
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear()
    this.#known.set(expr, { thread, helpers, msPerStep: 0, whole: false })
  }

  /** Notes what a question took. */
  took(question: Question, ms: number, whole: boolean): void {
    const steps = stepsOf(question)
    const known = steps === 0 ? undefined : this.#known.get((question.query as { readonly expr: string }).expr)
    if (known === undefined) return
    known.msPerStep = ms / steps
    if (whole) known.whole = true
  }

  /** In how many parts a question is best computed, when nothing else is to be done. */
  partsOf(question: Question): Parts {
    const steps = stepsOf(question)
    if (steps === 0 || question.method !== 'rangeJson') return ONE
    const { query } = question
    const known = this.#known.get(query.expr)
    if (known === undefined || known.whole || (query.limit ?? 0) > 0 || (query.stats ?? '') !== '') return ONE
    const ms = known.msPerStep * steps
    const parts = ms < LEAST_MS ? 1 : Math.max(1, Math.min(MOST_PARTS, Math.floor(ms / LEAST_PART_MS), Math.floor(steps / LEAST_PART_STEPS)))
    return { parts, msEach: ms / parts }
  }

  /** Whether it is not known what a question takes that could be computed in parts. */
  isNew(question: Question): boolean {
    if (stepsOf(question) < 2 * LEAST_PART_STEPS || question.method !== 'rangeJson') return false
    const { query } = question
    return (query.limit ?? 0) === 0 && (query.stats ?? '') === '' && (this.#known.get(query.expr)?.msPerStep ?? 0) === 0
  }

  /** Forgets a thread that ended. */
  forget(thread: T): void {
    for (const [expr, known] of this.#known) if (known.thread === thread) this.#known.delete(expr)
  }
}

/** Steps of a range query, 0 for any other question. */
export function stepsOf(question: Question): number {
  if (question.method !== 'rangeJson') return 0
  const { startMs, endMs, stepMs } = question.query
  return Math.floor((endMs - startMs) / stepMs) + 1
}
