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
  /** Who asks. */
  readonly group: object
}

interface Waiting {
  readonly question: GroupQuestion
  readonly resolve: (answers: readonly BatchAnswer[]) => void
  readonly reject: (reason: Error) => void
  settled: boolean
}

/** Questions that are being answered. */
interface Message {
  readonly together: readonly Waiting[]
  readonly abort: AbortController
}

/**
 * Asks the questions of all groups: those about the same moment in one message, since a message to a query thread costs more than most rules,
 * and no more messages at once than rules may run at once. Belongs to a manager.
 */
export class RuleQuestions {
  readonly #query: QueryEngine
  readonly #mostAtOnce: number
  #waiting: Waiting[] = []
  readonly #underWay = new Set<Message>()
  #scheduled = false

  /** @param mostAtOnce messages under way at the same time; further questions wait, and those of one moment grow together meanwhile */
  constructor(query: QueryEngine, mostAtOnce: number = DEFAULT_CONCURRENT_EVALS) {
    this.#query = query
    this.#mostAtOnce = mostAtOnce
  }

  /**
   * @returns an answer for each expression, in order
   * @throws Error when they could not be asked together, QueryError of kind `canceled` when they were given up
   */
  ask(question: GroupQuestion): Promise<readonly BatchAnswer[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject, settled: false })
      this.#schedule()
    })
  }

  /** Ends the questions of a group that stops. A message is given up when nobody waits for it any more. */
  giveUp(group: object): void {
    const given = (w: Waiting): boolean => {
      if (w.question.group === group && !w.settled) {
        w.settled = true
        w.reject(canceled())
      }
      return w.settled
    }
    for (const w of this.#waiting) given(w)
    for (const m of this.#underWay) {
      if (m.together.map(given).every(Boolean)) m.abort.abort()
    }
  }

  /** Behind all timers of this moment: their groups ask together. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay.size >= this.#mostAtOnce) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      while (this.#underWay.size < this.#mostAtOnce) {
        const together = this.#take()
        if (together.length === 0) return
        void this.#send(together)
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
      const q = w.question
      const fits = w === first || (q.tMs === first.question.tMs && exprs + q.exprs.length <= MOST_TOGETHER && expectedMs + q.expectedMs <= LONGEST_TOGETHER_MS)
      if (!fits) {
        this.#waiting.push(w)
        continue
      }
      together.push(w)
      exprs += q.exprs.length
      expectedMs += q.expectedMs
    }
    return together
  }

  async #send(together: readonly Waiting[]): Promise<void> {
    const message: Message = { together, abort: new AbortController() }
    this.#underWay.add(message)
    const exprs: string[] = []
    const known: (KnownLabels | undefined)[] = []
    for (const { question: q } of together) {
      for (let i = 0; i < q.exprs.length; i++) {
        exprs.push(q.exprs[i]!)
        known.push(q.known?.[i])
      }
    }
    try {
      const answers = await this.#answers(exprs, known, together[0]!.question.tMs, message.abort.signal)
      let from = 0
      for (const w of together) {
        const to = from + w.question.exprs.length
        if (!w.settled) w.resolve(together.length === 1 ? answers : answers.slice(from, to))
        w.settled = true
        from = to
      }
    } catch (err) {
      const reason = err instanceof Error ? err : new Error(String(err))
      for (const w of together) {
        if (!w.settled) w.reject(reason)
        w.settled = true
      }
    } finally {
      this.#underWay.delete(message)
      if (this.#waiting.length > 0) this.#schedule()
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
