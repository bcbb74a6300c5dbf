import { QueryError } from '@haechi/storage'
import type { BatchAnswer, KnownLabels, QueryEngine } from '@haechi/storage'

/** Most rules asked together, and how long they may take together: other rules wait that long. */
const MOST_TOGETHER = 128
const LONGEST_TOGETHER_MS = 50

/** Prometheus' default of `--rules.max-concurrent-evals`. */
export const DEFAULT_CONCURRENT_EVALS = 4

/** What one group asks at once. */
export interface GroupQuestion {
  readonly exprs: readonly string[]
  /** For each expression the label sets of its last answer. */
  readonly known?: readonly (KnownLabels | undefined)[]
  readonly tMs: number
  /** What they took before, together. */
  readonly expectedMs: number
  readonly signal: AbortSignal
}

interface Waiting extends GroupQuestion {
  readonly resolve: (answers: readonly BatchAnswer[]) => void
  readonly reject: (reason: Error) => void
  settled: boolean
}

/**
 * Asks the questions of all groups: those about the same moment in one message, since a message to a query thread costs more than most rules,
 * and no more messages at once than rules may run at once. Belongs to a manager.
 */
export class RuleQuestions {
  readonly #query: QueryEngine
  readonly #mostAtOnce: number
  #waiting: Waiting[] = []
  #running = 0
  #scheduled = false

  /** @param mostAtOnce messages under way at the same time; further questions wait, and those of one moment grow together meanwhile */
  constructor(query: QueryEngine, mostAtOnce: number = DEFAULT_CONCURRENT_EVALS) {
    this.#query = query
    this.#mostAtOnce = mostAtOnce
  }

  /**
   * @returns an answer for each expression, in order
   * @throws Error when they could not be asked together, QueryError of kind `canceled` when the signal ended the wait
   */
  ask(question: GroupQuestion): Promise<readonly BatchAnswer[]> {
    return new Promise((resolve, reject) => {
      if (question.signal.aborted) return reject(canceled())
      const waiting: Waiting = {
        ...question, settled: false,
        resolve: answers => {
          settle(waiting)
          resolve(answers)
        },
        reject: reason => {
          settle(waiting)
          reject(reason)
        },
      }
      const onAbort = (): void => waiting.reject(canceled())
      const settle = (w: Waiting): void => {
        w.settled = true
        w.signal.removeEventListener('abort', onAbort)
      }
      question.signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiting)
      this.#schedule()
    })
  }

  /** Behind all timers of this moment: their groups ask together. */
  #schedule(): void {
    if (this.#scheduled || this.#running >= this.#mostAtOnce) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#running < this.#mostAtOnce) {
        const together = this.#take()
        if (together.length === 0) return
        this.#running++
        void this.#send(together).finally(() => {
          this.#running--
          if (this.#waiting.length > 0) this.#schedule()
        })
      }
    })
  }

  /** The first that waits and those of the same moment, as many as may be asked together. */
  #take(): Waiting[] {
    const left = this.#waiting.filter(w => !w.settled)
    const first = left[0]
    if (first === undefined || this.#query.instantBatch === undefined) {
      this.#waiting = left.slice(1)
      return first === undefined ? [] : [first]
    }
    const together: Waiting[] = []
    let exprs = 0
    let expectedMs = 0
    this.#waiting = []
    for (const w of left) {
      const fits = w === first || (w.tMs === first.tMs && exprs + w.exprs.length <= MOST_TOGETHER && expectedMs + w.expectedMs <= LONGEST_TOGETHER_MS)
      if (!fits) {
        this.#waiting.push(w)
        continue
      }
      together.push(w)
      exprs += w.exprs.length
      expectedMs += w.expectedMs
    }
    return together
  }

  async #send(together: readonly Waiting[]): Promise<void> {
    // The message is given up when nobody waits for it any more.
    const abort = new AbortController()
    const onAbort = (): void => {
      if (together.every(w => w.signal.aborted)) abort.abort()
    }
    for (const w of together) w.signal.addEventListener('abort', onAbort, { once: true })
    const exprs = together.flatMap(w => w.exprs)
    const known = together.flatMap(w => w.known ?? w.exprs.map(() => undefined))
    try {
      const answers = await this.#answers(exprs, known, together[0]!.tMs, abort.signal)
      let from = 0
      for (const w of together) {
        if (!w.settled) w.resolve(answers.slice(from, from + w.exprs.length))
        from += w.exprs.length
      }
    } catch (err) {
      const reason = err instanceof Error ? err : new Error(String(err))
      for (const w of together) if (!w.settled) w.reject(reason)
    } finally {
      for (const w of together) w.signal.removeEventListener('abort', onAbort)
    }
  }

  async #answers(exprs: readonly string[], known: readonly (KnownLabels | undefined)[], tMs: number, signal: AbortSignal): Promise<readonly BatchAnswer[]> {
    if (this.#query.instantBatch !== undefined) {
      try {
        return await this.#query.instantBatch({ exprs, known, tMs, priority: 'rule', signal })
      } catch (err) {
        // Of one question it is the answer.
        if (exprs.length > 1 || !(err instanceof QueryError) || signal.aborted) throw err
        return [{ error: err, ms: 0 }]
      }
    }
    const answers: BatchAnswer[] = []
    for (const expr of exprs) {
      const fromMs = performance.now()
      try {
        const { value } = await this.#query.instant({ expr, tMs, priority: 'rule', signal })
        answers.push({ value, ms: performance.now() - fromMs })
      } catch (err) {
        if (!(err instanceof QueryError) || signal.aborted) throw err
        answers.push({ error: err, ms: performance.now() - fromMs })
      }
    }
    return answers
  }
}

function canceled(): QueryError {
  return new QueryError('canceled', 'query was canceled: the rule group stops')
}
