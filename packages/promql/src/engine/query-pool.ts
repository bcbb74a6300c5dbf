import { Worker } from 'node:worker_threads'
import type { Labels } from '@haechi/model'
import { QueryError } from '@haechi/storage'
import type { Answer, BatchAnswer, ExemplarQuery, ExemplarQueryable, ExemplarSeries, InstantBatch, InstantQuery, JsonAnswer, QueryEngine, QueryExplanation, QueryOptions, QueryPriority, QueryValue, RangeQuery, SeriesQuery } from '@haechi/storage'
import { KeptAnswers } from './kept-answers.ts'
import { DirectAnswers } from './direct-answers.ts'
import { IN_EVALUATION, IN_QUEUE, canceledError, timeoutError } from './budget.ts'
import { CANCEL_WORD, CHANNEL, SHARED_WORDS, WAITING_WORD, isOurs } from './protocol.ts'
import { QueryMemory, newQueryMemory } from './query-memory.ts'
import { unpackBatch } from './packed-batch.ts'
import type { PackedBatch } from './packed-batch.ts'
import type { QueryPoolOptions, QueryPoolStats } from './query-pool-options.ts'
import { KnownQuestions, stepsOf } from './known-questions.ts'
import { buffersOfPart } from './range-part.ts'
import type { RangePart } from './range-part.ts'
import type { FromThread, Parts, Question, Shares, ToThread } from './protocol.ts'
import { DEFAULT_ENGINE } from './run-query.ts'
import { findExemplars } from './exemplars.ts'

/** Keeps no exemplars. */
const NO_EXEMPLARS: ExemplarQueryable = { exemplars: () => Promise.resolve([]) }

/** What the thread that ranges leave free may help with, ms: instant queries wait no longer for it. */
const SOON_MS = 100

/** Waiting queries of one priority that may change places. */
const LOOK_AHEAD = 8

/** How long rules wait for each other before another thread takes them. */
const RULES_WAIT_MS = 250
/** How long they do before another one is started for them: that costs more than all of them, and the first rules after a start take long. */
const RULES_START_MS = 3000

const PRIORITIES: readonly QueryPriority[] = ['rule', 'instant', 'range']

/** Wait before a thread that died at once is started again: doubled each time up to the longest. */
const FIRST_RESTART_MS = 100
const LONGEST_RESTART_MS = 5000

interface Job {
  readonly id: number
  readonly question: Question
  readonly priority: QueryPriority
  readonly queuedMs: number
  readonly deadlineMs: number
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: QueryError) => void
  readonly signal: AbortSignal | undefined
  onAbort: (() => void) | undefined
  timer: NodeJS.Timeout | undefined
  /** The promise has been settled; a thread may still be at it. */
  settled: boolean
  /** Steps of it that other threads compute. */
  parts: readonly Job[]
  /** In how many parts its thread would have it computed, after a first look. */
  asked: Parts | undefined
  /** It is a part of another one. */
  readonly isPart: boolean
  /** What it and its parts took, ms. */
  tookMs: number
}

interface Thread {
  readonly worker: Worker
  readonly cancel: Int32Array
  /** Its place in the account of memory. */
  readonly place: number
  /** Whether it answers rules alone, while there are others. */
  readonly forRules: boolean
  ready: boolean
  /** To be told to get ready for questions when it is up. */
  warmsUp: boolean
  job: Job | undefined
  startedMs: number
  killTimer: NodeJS.Timeout | undefined
}

/**
 * Answers questions in query threads, so that the caller's thread never evaluates anything.
 * Rules come before instant queries and those before ranges. A thread that dies fails its query alone and is replaced.
 */
export class QueryPool implements QueryEngine {
  readonly #options: QueryPoolOptions
  readonly #size: number
  readonly #reserved: number
  /** Threads that only rules may use: one, if there are enough. */
  readonly #ruleThreads: number
  readonly #maxQueue: number
  readonly #timeoutMs: number
  readonly #graceMs: number
  readonly #threads: Thread[] = []
  /** What the queries hold: the whole, and what each thread's place is. */
  readonly #memory: SharedArrayBuffer
  readonly #queues: Record<QueryPriority, Job[]> = { rule: [], instant: [], range: [] }
  readonly #restarts = new Set<NodeJS.Timeout>()
  readonly #questions = new KnownQuestions<Thread>()
  readonly #kept: KeptAnswers | undefined
  readonly #direct: DirectAnswers | undefined
  #rulesTimer: NodeJS.Timeout | undefined
  /** When the last thread was up. */
  #readyMs = -Infinity
  /** Unix ms at which threads were told to get ready; undefined: they were not. */
  #warmFromMs: number | undefined
  #nextId = 1
  #started = 0
  #closed = false
  #restartMs = FIRST_RESTART_MS
  #completed = 0
  #failed = 0
  #canceled = 0
  #timedOut = 0
  #shared = 0
  #answeredDirectly = 0
  #refused = 0
  #crashes = 0
  #busyMs = 0

  constructor(options: QueryPoolOptions) {
    this.#options = options
    this.#size = Math.max(1, options.threads ?? 2)
    this.#memory = newQueryMemory(this.#size)
    this.#reserved = Math.min(this.#size - 1, Math.max(0, options.reserved ?? 1))
    this.#ruleThreads = this.#size > this.#reserved + 1 ? 1 : 0
    this.#maxQueue = options.maxQueue ?? 1000
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_ENGINE.timeoutMs
    this.#graceMs = options.graceMs ?? 5000
    this.#kept = options.keep === undefined || options.keep.maxBytes <= 0 ? undefined : new KeptAnswers(options.keep.maxBytes, options.keep.changes)
    this.#direct = options.direct === undefined ? undefined : new DirectAnswers(options.direct.queryable, options.direct.engine)
    const atOnce = Math.min(this.#size, Math.max(0, options.atOnce ?? this.#size))
    for (let i = 0; i < atOnce; i++) this.#startThread(true)
  }

  instant(q: InstantQuery): Promise<Answer<QueryValue>> {
    return this.#ask({ method: 'instant', query: bare(q) }, q, 'instant') as Promise<Answer<QueryValue>>
  }

  async instantBatch({ known = [], ...q }: InstantBatch): Promise<readonly BatchAnswer[]> {
    const versions = q.exprs.map((_, i) => known[i]?.version ?? 0)
    const packed = await this.#ask({ method: 'instantBatch', query: bare(q), known: versions }, q, 'instant') as PackedBatch
    return unpackBatch(packed, q.exprs.length, known)
  }

  range(q: RangeQuery): Promise<Answer<QueryValue>> {
    return this.#ask({ method: 'range', query: bare(q) }, q, 'range') as Promise<Answer<QueryValue>>
  }

  instantJson(q: InstantQuery): Promise<JsonAnswer> {
    return this.#body({ method: 'instantJson', query: bare(q) }, q, 'instant')
  }

  rangeJson(q: RangeQuery): Promise<JsonAnswer> {
    return this.#body({ method: 'rangeJson', query: bare(q) }, q, 'range')
  }

  explain(q: InstantQuery | RangeQuery): Promise<QueryExplanation> {
    return this.#ask({ method: 'explain', query: bare(q) }, q, 'tMs' in q ? 'instant' : 'range') as Promise<QueryExplanation>
  }

  series(q: SeriesQuery): Promise<Answer<Labels[]>> {
    return this.#ask({ method: 'series', query: bare(q) }, q, 'instant') as Promise<Answer<Labels[]>>
  }

  seriesJson(q: SeriesQuery): Promise<JsonAnswer> {
    return this.#body({ method: 'seriesJson', query: bare(q) }, q, 'instant')
  }

  labelNames(q: SeriesQuery): Promise<Answer<string[]>> {
    return this.#ask({ method: 'labelNames', query: bare(q) }, q, 'instant') as Promise<Answer<string[]>>
  }

  labelValues(name: string, q: SeriesQuery): Promise<Answer<string[]>> {
    return this.#ask({ method: 'labelValues', name, query: bare(q) }, q, 'instant') as Promise<Answer<string[]>>
  }

  labelNamesJson(q: SeriesQuery): Promise<JsonAnswer> {
    return this.#body({ method: 'labelNamesJson', query: bare(q) }, q, 'instant')
  }

  labelValuesJson(name: string, q: SeriesQuery): Promise<JsonAnswer> {
    return this.#body({ method: 'labelValuesJson', name, query: bare(q) }, q, 'instant')
  }

  exemplars(q: ExemplarQuery): Promise<ExemplarSeries[]> {
    return findExemplars(this.#options.exemplars ?? NO_EXEMPLARS, q)
  }

  /**
   * Lets threads get ready for questions as long as there are none: they ask the storage a few small ones, so that their code is compiled when
   * somebody waits. To be called when nothing else is urgent; threads that start later are left as they are.
   * @param nowMs    Unix ms
   * @param atLeast  threads that are started before, if there are fewer
   */
  warmUp(nowMs: number, atLeast: number = 0): void {
    this.#warmFromMs = nowMs
    while (!this.#closed && this.#threads.length + this.#restarts.size < Math.min(this.#size, atLeast)) this.#startThread(true)
    for (const thread of this.#threads) this.#warm(thread)
  }

  stats(): QueryPoolStats {
    return {
      threads: this.#size,
      ready: this.#threads.filter(t => t.ready).length,
      running: this.#threads.filter(t => t.job !== undefined).length,
      queued: { rule: this.#queues.rule.length, instant: this.#queues.instant.length, range: this.#queues.range.length },
      completed: this.#completed,
      failed: this.#failed,
      canceled: this.#canceled,
      timedOut: this.#timedOut,
      shared: this.#shared,
      direct: this.#answeredDirectly,
      refused: this.#refused,
      memoryBytes: new QueryMemory(this.#memory, 0).bytes,
      refusedMemory: new QueryMemory(this.#memory, 0).refused,
      crashes: this.#crashes,
      busyMs: this.#busyMs,
    }
  }

  /** Ends all threads. Queries that wait or run are rejected as canceled. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const timer of this.#restarts) clearTimeout(timer)
    clearTimeout(this.#rulesTimer)
    for (const priority of PRIORITIES) for (const job of this.#queues[priority].splice(0)) this.#reject(job, canceledError(IN_QUEUE))
    const threads = this.#threads.splice(0)
    for (const t of threads) {
      clearTimeout(t.killTimer)
      if (t.job !== undefined) this.#reject(t.job, canceledError(IN_EVALUATION))
    }
    await Promise.all(threads.map(t => t.worker.terminate()))
  }

  /** A body, from an earlier answer if that still holds. */
  async #body(question: Question, q: QueryOptions, usual: QueryPriority): Promise<JsonAnswer> {
    if (this.#closed || q.signal?.aborted === true) return await this.#ask(question, q, usual) as JsonAnswer
    const place = this.#kept?.placeOf(question)
    const found = place === undefined ? undefined : this.#kept!.find(question, place)
    if (found !== undefined) {
      this.#completed++
      return found
    }
    const own = await this.#direct?.answer(question)
    if (own !== undefined) {
      this.#completed++
      this.#answeredDirectly++
    }
    const answer = own ?? await this.#ask(question, q, usual) as JsonAnswer
    if (place !== undefined) this.#kept!.keep(place, answer)
    return answer
  }

  #ask(question: Question, q: QueryOptions, usual: QueryPriority): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const now = performance.now()
      const timeoutMs = Math.min(q.timeoutMs ?? Infinity, this.#timeoutMs)
      const job: Job = {
        id: this.#nextId++, question, priority: q.priority ?? usual, queuedMs: now, deadlineMs: now + timeoutMs, resolve, reject,
        signal: q.signal, onAbort: undefined, timer: undefined, settled: false, parts: [], asked: undefined, isPart: false, tookMs: 0,
      }
      if (this.#closed) return this.#reject(job, new QueryError('unavailable', 'the query engine has been stopped'))
      if (q.signal?.aborted === true) return this.#reject(job, canceledError(IN_QUEUE))
      if (this.#waiting() >= this.#maxQueue) {
        this.#refused++
        return this.#reject(job, new QueryError('unavailable', `too many queries: ${this.#maxQueue} are waiting already`))
      }
      if (q.signal !== undefined) {
        job.onAbort = () => this.#abort(job)
        q.signal.addEventListener('abort', job.onAbort, { once: true })
      }
      job.timer = setTimeout(() => this.#expire(job), Math.min(timeoutMs, 2 ** 31 - 1))
      this.#queues[job.priority].push(job)
      this.#dispatch()
    })
  }

  #waiting(): number {
    return this.#queues.rule.length + this.#queues.instant.length + this.#queues.range.length
  }

  /** Gives waiting queries to idle threads, if possible to the one that answered the same before. */
  #dispatch(): void {
    for (;;) {
      const free = this.#threads.filter(t => t.ready && t.job === undefined)
      const job = free.length === 0 ? undefined : this.#next(free)
      if (job === undefined) break
      const idle = job.priority === 'rule' ? free : this.#forAll(free)
      const { query } = job.question
      const expr = 'expr' in query ? query.expr : undefined
      const before = expr === undefined ? undefined : this.#questions.threadOf(expr)
      const ruleThread = job.priority === 'rule' ? idle.find(t => t.forRules) : undefined
      const thread = ruleThread ?? (before !== undefined && idle.includes(before) ? before : idle[0]!)
      const helpers = this.#helpersFor(job, idle.filter(t => t !== thread))
      if (expr !== undefined && !thread.forRules) this.#questions.assign(expr, thread, helpers)
      this.#give(thread, job, helpers)
    }
    // One at a time: the next one when this one is there and somebody still waits.
    if (this.#wantsThread() && this.#threads.length + this.#restarts.size < this.#size && this.#threads.every(t => t.ready)) this.#startThread()
  }

  /** Idle threads that compute steps of a range query while its own thread does the others: where it is worth it and nobody else waits. */
  #helpersFor(job: Job, idle: readonly Thread[]): readonly Thread[] {
    const { parts, msEach } = job.asked ?? this.#questions.partsOf(job.question)
    if (parts < 2 || this.#queues.range.length + this.#queues.instant.length > 0) return []
    // The thread that ranges leave free may help, too, if that is soon done.
    const left = msEach <= SOON_MS ? 0 : this.#reserved
    const slots = this.#forAll(this.#threads).length - left - this.#runningBelow('instant') - (job.asked === undefined ? 1 : 0)
    if (slots <= 0) {
      // The next time there may be one more.
      if (this.#rangeSlots(this.#size) > 1 && this.#threads.length + this.#restarts.size < this.#size) this.#startThread()
      return []
    }
    const before = this.#questions.helpersOf((job.question.query as { readonly expr: string }).expr)
    return [...before.filter(t => idle.includes(t)), ...idle.filter(t => !before.includes(t))].slice(0, Math.min(slots, parts - 1, this.#rangeSlots(this.#size) - 1))
  }

  /** How many threads range queries may use of so many. */
  #rangeSlots(threads: number = this.#threads.length): number {
    return Math.max(1, threads - this.#ruleThreads - this.#reserved)
  }

  /** Lets a thread answer; `helpers` compute the first steps. */
  #give(thread: Thread, job: Job, helpers: readonly Thread[]): void {
    const nowMs = performance.now()
    begin(thread, job, nowMs)
    const parts = this.#shareOut(thread, job, helpers, nowMs)
    this.#post(thread, {
      channel: CHANNEL, type: 'ask', id: job.id, question: timed(job, nowMs), queuedMs: nowMs - job.queuedMs,
      ...(parts === undefined ? {} : { parts }), ...(parts === undefined && this.#questions.isNew(job.question) ? { mayAsk: true } : {}),
    })
  }

  /** Lets helpers compute the first steps of a query; what they find goes to its thread. */
  #shareOut(thread: Thread, job: Job, helpers: readonly Thread[], nowMs: number): Shares | undefined {
    if (helpers.length === 0) return undefined
    this.#shared++
    const steps = stepsOf(job.question)
    const first = (part: number): number => Math.floor((steps * part) / (helpers.length + 1))
    const query = timed(job, nowMs).query as RangeQuery
    job.parts = helpers.map((helper, index): Job => {
      const hand = (part: RangePart | undefined): void => this.#post(thread, { channel: CHANNEL, type: 'part', id: job.id, index, part }, part === undefined ? [] : buffersOfPart(part))
      const question: Question = { method: 'rangePart', query, from: first(index), steps: first(index + 1) - first(index) }
      const part: Job = {
        id: this.#nextId++, question, priority: 'range', queuedMs: nowMs, deadlineMs: job.deadlineMs, resolve: answer => hand((answer as { readonly part: RangePart | undefined }).part), reject: () => hand(undefined),
        signal: undefined, onAbort: undefined, timer: undefined, settled: false, parts: [], asked: undefined, isPart: true, tookMs: 0,
      }
      begin(helper, part, nowMs)
      this.#post(helper, { channel: CHANNEL, type: 'ask', id: part.id, question, queuedMs: 0 })
      return part
    })
    return { from: first(helpers.length), others: helpers.length }
  }

  /** A thread has found that its question is best computed in parts. */
  #help(thread: Thread, job: Job, parts: Parts): void {
    job.asked = parts
    const helpers = this.#helpersFor(job, this.#forAll(this.#threads.filter(t => t.ready && t.job === undefined)))
    if (helpers.length > 0) this.#questions.assign((job.question.query as { readonly expr: string }).expr, thread, helpers)
    this.#post(thread, { channel: CHANNEL, type: 'shares', id: job.id, shares: this.#shareOut(thread, job, helpers, performance.now()) })
  }

  /**
   * Whether somebody waits who should not. Rules take turns: while only they wait, and not for long, one thread is enough, because starting
   * another costs more than all of them.
   */
  #wantsThread(): boolean {
    const { rule, instant, range } = this.#queues
    if (instant.length + range.length > 0) return true
    const first = rule[0]
    if (first === undefined) return false
    const waitMs = this.#threads.every(t => t.job === undefined || t.job.priority === 'rule') ? RULES_START_MS : RULES_WAIT_MS
    // While a thread comes up, nobody is served sooner by yet another one.
    const waitedMs = performance.now() - Math.max(first.queuedMs, this.#readyMs)
    if (waitedMs >= waitMs || this.#threads.length === 0) return true
    this.#rulesTimer ??= setTimeout(() => {
      this.#rulesTimer = undefined
      if (!this.#closed) this.#dispatch()
    }, (waitedMs < RULES_WAIT_MS ? RULES_WAIT_MS : waitMs) - waitedMs)
    return false
  }

  /** The next query by priority; among the first of those, one that an idle thread has answered before. */
  #next(free: readonly Thread[]): Job | undefined {
    for (const priority of PRIORITIES) {
      const idle = priority === 'rule' ? this.#forRules(free) : this.#forAll(free)
      if (priority === 'rule' && idle.length === 0) continue
      if (idle.length === 0) return undefined
      if (priority === 'range' && this.#runningBelow('instant') >= this.#rangeSlots()) return undefined
      const queue = this.#queues[priority]
      if (queue.length === 0) continue
      const known = queue.slice(0, LOOK_AHEAD).findIndex(job => {
        const before = 'expr' in job.question.query ? this.#questions.threadOf(job.question.query.expr) : undefined
        return before === undefined || idle.includes(before)
      })
      return queue.splice(Math.max(0, known), 1)[0]
    }
    return undefined
  }

  /** The thread for rules as long as they don't wait long for it: the others would have to warm up for them. */
  #forRules(free: readonly Thread[]): readonly Thread[] {
    const first = this.#queues.rule[0]
    if (first === undefined || this.#ruleThreads === 0 || performance.now() - first.queuedMs >= RULES_WAIT_MS) return free
    return this.#threads.some(t => t.forRules) ? free.filter(t => t.forRules) : free
  }

  /** Without the thread for rules, unless it is the only one yet. */
  #forAll(threads: readonly Thread[]): readonly Thread[] {
    return this.#threads.length === 1 ? threads : threads.filter(t => !t.forRules)
  }

  /** How many queries run that come after this priority. */
  #runningBelow(priority: QueryPriority): number {
    let n = 0
    for (const t of this.#threads) if (t.job !== undefined && PRIORITIES.indexOf(t.job.priority) > PRIORITIES.indexOf(priority)) n++
    return n
  }

  #post(thread: Thread, message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    thread.worker.postMessage(message, transfer)
  }

  /** @param atOnce  not because a query waits. The thread for rules is the first of those, else the first that a rule waits for, else the last. */
  #startThread(atOnce = false): void {
    if (this.#closed) return
    const worker = new Worker(this.#options.file, { ...this.#options.worker, workerData: this.#options.workerData })
    const cancel = new Int32Array(new SharedArrayBuffer(4 * SHARED_WORDS))
    const isLast = this.#threads.length + 1 === this.#size
    const forRules = this.#ruleThreads > 0 && !this.#threads.some(t => t.forRules) && (atOnce || isLast || this.#queues.rule.length > 0)
    const taken = new Set(this.#threads.map(t => t.place))
    let place = 0
    while (taken.has(place)) place++
    new QueryMemory(this.#memory, place).clear()
    const thread: Thread = { worker, cancel, place, forRules, ready: false, warmsUp: false, job: undefined, startedMs: 0, killTimer: undefined }
    this.#threads.push(thread)
    let failure: Error | undefined
    worker.on('message', (message: unknown) => {
      if (isOurs(message)) this.#received(thread, message as FromThread)
    })
    worker.on('error', (err: unknown) => {
      failure = err instanceof Error ? err : new Error(String(err))
    })
    worker.on('exit', code => this.#ended(thread, failure ?? new Error(`query thread ended with code ${code}`)))
    this.#post(thread, { channel: CHANNEL, type: 'init', cancel: cancel.buffer as SharedArrayBuffer, memory: this.#memory, place, thread: this.#started++ })
    this.#options.onThread?.(worker)
  }

  /** Rules are asked each few seconds: who answers them alone becomes warm by itself. So does who is started because many ask at once. */
  #warm(thread: Thread): void {
    if (this.#forAll([thread]).length === 0) return
    if (thread.ready) this.#post(thread, { channel: CHANNEL, type: 'warm-up', nowMs: this.#warmFromMs! })
    else thread.warmsUp = true
  }

  #received(thread: Thread, message: FromThread): void {
    if (message.type === 'ready') {
      thread.ready = true
      this.#readyMs = performance.now()
      if (thread.warmsUp) this.#warm(thread)
      this.#restartMs = FIRST_RESTART_MS
      this.#dispatch()
      return
    }
    const job = thread.job
    if (job === undefined || job.id !== message.id) return
    if (message.type === 'help') return this.#help(thread, job, message.parts)
    this.#release(thread)
    if (message.type === 'answer') {
      if (!job.isPart) this.#direct?.took(job.question, message.ms, bytesOf(message.answer))
      this.#questions.took(job.question, job.parts.reduce((ms, part) => ms + part.tookMs, job.tookMs), message.whole === true)
      if (!job.settled) {
        if (!job.isPart) this.#completed++
        this.#settle(job)
        job.resolve(message.answer)
      }
    } else this.#reject(job, new QueryError(message.kind, message.message, message.span))
    this.#dispatch()
  }

  #release(thread: Thread): void {
    clearTimeout(thread.killTimer)
    thread.killTimer = undefined
    const { job } = thread
    thread.job = undefined
    const ms = performance.now() - thread.startedMs
    this.#busyMs += ms
    if (job === undefined) return
    job.tookMs += ms
    // An answer that did without its parts, or a failure: nobody waits for them any more.
    for (const part of job.parts) this.#stop(part, canceledError)
  }

  #ended(thread: Thread, error: Error): void {
    const at = this.#threads.indexOf(thread)
    if (at >= 0) this.#threads.splice(at, 1)
    new QueryMemory(this.#memory, thread.place).clear()
    this.#questions.forget(thread)
    if (this.#closed) return
    this.#crashes++
    this.#options.onCrash?.(error)
    const job = thread.job
    if (job !== undefined) {
      this.#release(thread)
      this.#reject(job, new QueryError('internal', `the thread that evaluated the query ended: ${error.message}`))
    }
    // A thread that had been working is replaced at once; one that never came up must not be started in a tight loop.
    const delayMs = thread.ready ? 0 : this.#restartMs
    if (!thread.ready) this.#restartMs = Math.min(2 * this.#restartMs, LONGEST_RESTART_MS)
    const timer = setTimeout(() => {
      this.#restarts.delete(timer)
      this.#startThread()
    }, delayMs)
    this.#restarts.add(timer)
  }

  #abort(job: Job): void {
    this.#stop(job, canceledError)
  }

  #expire(job: Job): void {
    this.#stop(job, timeoutError)
  }

  /** Ends a query from outside: it leaves the queue, or its thread is told to stop and replaced if it doesn't. */
  #stop(job: Job, error: (where: string) => QueryError): void {
    if (job.settled) return
    const queue = this.#queues[job.priority]
    const at = queue.indexOf(job)
    if (at >= 0) {
      queue.splice(at, 1)
      this.#reject(job, error(IN_QUEUE))
      return
    }
    const thread = this.#threads.find(t => t.job === job)
    this.#reject(job, error(IN_EVALUATION))
    for (const part of job.parts) this.#stop(part, error)
    if (thread === undefined) return
    Atomics.store(thread.cancel, CANCEL_WORD, 1)
    thread.killTimer = setTimeout(() => void thread.worker.terminate(), this.#graceMs)
  }

  #settle(job: Job): void {
    job.settled = true
    clearTimeout(job.timer)
    if (job.onAbort !== undefined) job.signal?.removeEventListener('abort', job.onAbort)
  }

  #reject(job: Job, error: QueryError): void {
    if (job.settled) return
    this.#settle(job)
    if (job.isPart) return job.reject(error)
    if (error.kind === 'canceled') this.#canceled++
    else if (error.kind === 'timeout') this.#timedOut++
    else this.#failed++
    job.reject(error)
  }
}

/** Notes that a thread is at a query, and tells it. */
function begin(thread: Thread, job: Job, nowMs: number): void {
  thread.job = job
  thread.startedMs = nowMs
  Atomics.store(thread.cancel, CANCEL_WORD, 0)
  Atomics.store(thread.cancel, WAITING_WORD, 1)
}

/** A question with the time that is left for it. */
function timed({ question, deadlineMs }: Job, nowMs: number): Question {
  return { ...question, query: { ...question.query, timeoutMs: deadlineMs - nowMs } } as Question
}

function bytesOf(answer: unknown): number {
  return typeof answer === 'object' && answer !== null && 'body' in answer ? (answer as JsonAnswer).body.byteLength : 0
}

/** A query that can be sent: signals can't. */
function bare<T extends QueryOptions>(q: T): T {
  const { signal: _signal, ...rest } = q
  return rest as T
}
