import type { Answer, JsonAnswer, QueryExplanation, QueryValue, Queryable } from '@haechi/storage'
import { Budget, IN_EVALUATION, timeoutError } from './budget.ts'
import { KeptResults } from './kept-results.ts'
import { findLabelNames, findLabelValues, findSeries, findSeriesJson, labelsBody } from './metadata.ts'
import { toAnswer, toJsonBody } from './outcome.ts'
import { packBatch } from './packed-batch.ts'
import type { PackedBatch } from './packed-batch.ts'
import { ParsedQueries } from './parsed-queries.ts'
import { toQueryError } from './query-errors.ts'
import { QueryMemory } from './query-memory.ts'
import { CHANNEL, WAITING_WORD, isOurs } from './protocol.ts'
import { buffersOfPart } from './range-part.ts'
import type { RangePart } from './range-part.ts'
import type { FromThread, Parts, Question, Shares, SingleQuestion, ToThread } from './protocol.ts'
import { DEFAULT_ENGINE, runExplained, runInstant, runRange, runRangeAsking, runRangeInParts, runRangePart } from './run-query.ts'
import type { EngineOptions, RunLimits } from './run-query.ts'
import { StandingQueries } from './standing-queries.ts'
import { fewSeries, warmUpQuestions } from './warm-up.ts'

/** The side of a message port that a query thread talks to; `parentPort` of node:worker_threads is one. */
export interface QueryPort {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (message: unknown) => void): unknown
}

/** How long nobody must have asked anything before the next small question of a warm-up. */
const IDLE_MS = 100
/** Rest between two small questions. */
const REST_MS = 5
/** Bytes for answers of a warm-up, which are thrown away. */
const WARM_UP_RESULT_BYTES = 4_000_000

/**
 * Answers the questions of a `QueryPool` on a message port; the entry file of a query thread calls this once its storage is open.
 * Messages of others on the same port are left alone.
 */
export function serveQueries(port: QueryPort, queryable: Queryable, options: EngineOptions = {}): void {
  const settings = { ...DEFAULT_ENGINE, ...options }
  const results = settings.resultBytes > 0 ? new KeptResults(settings.resultBytes) : undefined
  const parsed = new ParsedQueries()
  let cancelFlag: Int32Array | undefined
  let memory: QueryMemory | undefined
  let standing = new StandingQueries(queryable, settings, 0)
  let running = 0
  let lastMs = -Infinity
  const gathered = new Map<number, GatheredParts>()
  const send = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  const answer = async (id: number, question: Question, queuedMs: number, parts: Shares | undefined, mayAsk: boolean): Promise<void> => {
    if (cancelFlag !== undefined) Atomics.store(cancelFlag, WAITING_WORD, 0)
    running++
    const fromMs = nowMs()
    const timeoutMs = Math.min(question.query.timeoutMs ?? Infinity, settings.timeoutMs)
    const limits: RunLimits = { deadlineMs: nowMs() + timeoutMs, nowMs, queuedMs, parsed, ...(memory === undefined ? {} : { memory }), ...(cancelFlag === undefined ? {} : { cancelFlag }), ...(results === undefined ? {} : { results }) }
    try {
      if (timeoutMs <= 0) throw timeoutError(IN_EVALUATION)
      if (question.method === 'rangeJson' && (parts !== undefined || mayAsk)) {
        const others = new GatheredParts(parts?.others ?? 0)
        gathered.set(id, others)
        const help = async (count: Parts): Promise<number | undefined> => {
          send({ channel: CHANNEL, type: 'help', id, parts: count })
          return (await others.shares(limits))?.from
        }
        const all = (): Promise<readonly (RangePart | undefined)[]> => others.all(limits)
        const { body, whole } = parts !== undefined
          ? await runRangeInParts(queryable, question.query, parts.from, all, settings, limits)
          : await runRangeAsking(queryable, question.query, help, all, settings, limits)
        send({ channel: CHANNEL, type: 'answer', id, answer: { body }, ms: nowMs() - fromMs, ...(whole ? { whole } : {}) }, [body.buffer])
        return
      }
      const result = question.method === 'instantBatch'
        ? packBatch(await standing.answer(question.query, limits), question.known)
        : await ask(queryable, question, settings, limits)
      send({ channel: CHANNEL, type: 'answer', id, answer: result, ms: nowMs() - fromMs }, buffersOf(result))
    } catch (err) {
      const { kind, message, span } = toQueryError(err)
      send({ channel: CHANNEL, type: 'failure', id, kind, message, span })
    } finally {
      gathered.delete(id)
      running--
      lastMs = nowMs()
    }
  }
  const rest = async (): Promise<void> => {
    do await new Promise(resolve => setTimeout(resolve, running > 0 || nowMs() - lastMs < IDLE_MS ? IDLE_MS : REST_MS))
    while (running > 0 || nowMs() - lastMs < IDLE_MS)
  }
  const warmUp = async (unixMs: number): Promise<void> => {
    await rest()
    const few = fewSeries(queryable)
    const own = { results: new KeptResults(WARM_UP_RESULT_BYTES), nowMs, deadlineMs: Infinity, ...(cancelFlag === undefined ? {} : { cancelFlag, cancelIndex: WAITING_WORD }) }
    for (const question of await warmUpQuestions(few, unixMs)) {
      await rest()
      // It ends when a question arrives; a storage that fails is told to those who ask.
      await ask(few, question, settings, own).catch(() => undefined)
    }
  }
  port.on('message', message => {
    if (!isOurs(message)) return
    const m = message as ToThread
    if (m.type === 'init') {
      cancelFlag = new Int32Array(m.cancel)
      memory = new QueryMemory(m.memory, m.place)
      standing = new StandingQueries(queryable, settings, m.thread)
    }
    else if (m.type === 'warm-up') void warmUp(m.nowMs).catch(() => undefined)
    else if (m.type === 'shares') gathered.get(m.id)?.grant(m.shares)
    else if (m.type === 'part') gathered.get(m.id)?.add(m.index, m.part)
    else void answer(m.id, m.question, m.queuedMs, m.parts, m.mayAsk === true)
  })
  send({ channel: CHANNEL, type: 'ready' })
}

function nowMs(): number {
  return performance.now()
}

/** How often a thread that waits for others looks whether anybody still wants the answer, ms. */
const LOOK_MS = 50

/** What other threads compute for a question. */
class GatheredParts {
  readonly #parts: (RangePart | undefined)[] = []
  #count: number
  /** null: not known yet. */
  #shares: Shares | undefined | null = null
  #arrived = 0
  #wake: () => void = () => undefined

  constructor(count: number) {
    this.#count = count
  }

  /** Who was asked for help has answered. */
  grant(shares: Shares | undefined): void {
    this.#shares = shares
    this.#count = shares?.others ?? 0
    this.#wake()
  }

  /** What others were found to compute. @throws QueryError as `all` */
  async shares(limits: RunLimits): Promise<Shares | undefined> {
    await this.#until(() => this.#shares !== null, limits)
    return this.#shares ?? undefined
  }

  add(index: number, part: RangePart | undefined): void {
    this.#parts[index] = part
    this.#arrived++
    this.#wake()
  }

  /** All of them, in order. @throws QueryError when the question is called off or its time is over before they are there */
  async all(limits: RunLimits): Promise<readonly (RangePart | undefined)[]> {
    await this.#until(() => this.#arrived >= this.#count, limits)
    return this.#parts
  }

  async #until(there: () => boolean, limits: RunLimits): Promise<void> {
    const budget = new Budget(Infinity, limits.deadlineMs, limits.nowMs, limits.cancelFlag, limits.cancelIndex)
    while (!there()) {
      budget.tick()
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, LOOK_MS)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

type Result = JsonAnswer | Answer<unknown> | QueryExplanation | { readonly part: RangePart | undefined }

function ask(queryable: Queryable, question: SingleQuestion, settings: Required<EngineOptions>, limits: RunLimits): Promise<Result> {
  switch (question.method) {
    case 'instant': return runInstant(queryable, question.query, settings, limits, toAnswer)
    case 'range': return runRange(queryable, question.query, settings, limits, toAnswer)
    case 'instantJson': return runInstant(queryable, question.query, settings, limits, finished => ({ body: toJsonBody(finished) }))
    case 'rangeJson': return runRange(queryable, question.query, settings, limits, finished => ({ body: toJsonBody(finished) }))
    case 'rangePart': return runRangePart(queryable, question.query, question.from, question.steps, settings, limits).then(part => ({ part }))
    case 'explain': return runExplained(queryable, question.query, settings, limits)
    case 'series': return findSeries(queryable, question.query)
    case 'seriesJson': return findSeriesJson(queryable, question.query)
    case 'labelNames': return findLabelNames(queryable, question.query)
    case 'labelValues': return findLabelValues(queryable, question.name, question.query)
    case 'labelNamesJson': return labelsBody(findLabelNames(queryable, question.query))
    case 'labelValuesJson': return labelsBody(findLabelValues(queryable, question.name, question.query))
  }
}

/** Memory of an answer that is handed over instead of copied. */
function buffersOf(result: Result | PackedBatch): ArrayBuffer[] {
  if ('numbers' in result) return [result.numbers.buffer]
  if ('part' in result) return result.part === undefined ? [] : buffersOfPart(result.part)
  if ('root' in result || !('value' in result || 'body' in result)) return []
  if ('body' in result) return [result.body.buffer as ArrayBuffer]
  const value = result.value as QueryValue | readonly unknown[]
  if (!('type' in value) || value.type !== 'matrix') return []
  return value.series.flatMap(s => [s.ts.buffer as ArrayBuffer, s.vs.buffer as ArrayBuffer])
}
