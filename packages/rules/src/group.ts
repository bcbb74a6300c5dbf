import { APPEND } from '@haechi/storage'
import type { BatchAnswer, KnownLabels } from '@haechi/storage'
import type { AlertInstance } from './alert-state.ts'
import { AlertingEvaluation, RecordingEvaluation, newEvaluation } from './evaluate.ts'
import type { Evaluation } from './evaluate.ts'
import type { RuleQuestions } from './questions.ts'
import { newestRead } from './reads.ts'
import { restoreForStates } from './restore.ts'
import type { RestoreSettings } from './restore.ts'
import { NO_OUTPUT, NO_RULE_SERIES, OutputBatch } from './rule-output.ts'
import type { OutputWriter, RuleOutput, RuleSeries } from './rule-output.ts'
import type { SlotTimers } from './slots.ts'
import type { RuleAlert, RuleGroup, RuleGroupView, RuleManagerOptions } from './views.ts'

/** Most rules of a group asked together, and how long they may take together: other groups wait that long. A rule that was never asked counts as so long. */
const MOST_TOGETHER = 64
const LONGEST_TOGETHER_MS = 50
const UNKNOWN_MS = 5

/** FNV-1a 64 of a text's UTF-8 bytes. */
function fnv64(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const b of Buffer.from(text, 'utf8')) hash = BigInt.asUintN(64, (hash ^ BigInt(b)) * 0x100000001b3n)
  return hash
}

/** Where in its interval a group runs, ms: spreads groups, stays the same for the same group. */
export function slotOffsetMs(group: Pick<RuleGroup, 'name' | 'file' | 'intervalMs'>): number {
  return Number(fnv64(`${group.file}\xff${group.name}`) % BigInt(group.intervalMs))
}

/** Groups run at five moments of their interval, which are full seconds and at most ten of them apart; at any millisecond where the interval is shorter than ten seconds. */
const MOMENTS = 5
const SECOND_MS = 1000
const LONGEST_GRID_MS = 10 * SECOND_MS

/**
 * Where in its interval a rule group runs, ms. Groups that run at the same moment share what waking up costs, which is more than most of them take:
 * with 100 groups every 15 s more than half of the CPU if each runs at a moment of its own.
 */
export function groupOffsetMs(group: Pick<RuleGroup, 'name' | 'file' | 'intervalMs'>): number {
  const offset = slotOffsetMs(group)
  if (group.intervalMs < 10 * SECOND_MS) return offset
  const apart = Math.min(LONGEST_GRID_MS, group.intervalMs / MOMENTS)
  return offset - offset % (apart - apart % SECOND_MS)
}

/** The slot that comes next, or the clock's next one if the machine's clock was set back meanwhile: nobody waits until it is there again. */
export function slotAfter(nextMs: number, nowMs: number, intervalMs: number, offsetMs: number): number {
  return nextMs > nowMs + 2 * intervalMs ? slotBefore(nowMs, intervalMs, offsetMs) + intervalMs : nextMs
}

/** The newest slot at or before `nowMs`: k * interval + offset. */
export function slotBefore(nowMs: number, intervalMs: number, offsetMs: number): number {
  return Math.floor((nowMs - offsetMs) / intervalMs) * intervalMs + offsetMs
}

/** What the groups of a manager share. */
export interface GroupsShare {
  readonly questions: RuleQuestions
  readonly writer: OutputWriter
  readonly timers: SlotTimers
}

/** Settings with all defaults filled in. */
export interface GroupSettings extends RestoreSettings {
  readonly resendDelayMs: number
}

/** One rule group that is being evaluated on time. Belongs to a manager. */
export class RunningGroup {
  readonly group: RuleGroup
  readonly rules: readonly Evaluation[]
  /** For each rule the newest before it that it reads, -1 for none: it can be asked when that one's samples are stored. */
  readonly #reads: readonly number[]
  readonly #options: RuleManagerOptions
  readonly #settings: GroupSettings
  readonly #share: GroupsShare
  readonly #offsetMs: number
  #abort = new AbortController()
  #cancelTimer: (() => void) | undefined
  #running: Promise<void> | undefined
  #stopped = true
  /** Evaluations left until the `for` state of before the restart is looked up; 0: done or not wanted. */
  #restoreAfter: number
  /** Series of rules that a reload removed; they end with the next evaluation. */
  #orphans: readonly RuleSeries[] = NO_RULE_SERIES
  #evaluationMs = 0
  #lastEvaluationMs = 0
  #iterations = 0
  #missed = 0
  #evaluations = 0
  #failures = 0
  #lastSamples = 0

  /**
   * @param restores whether the group was there at the start, so that `for` continues from before it
   * @throws PromqlParseError, TemplateSyntaxError
   */
  constructor(group: RuleGroup, options: RuleManagerOptions, settings: GroupSettings, share: GroupsShare, restores: boolean) {
    this.group = group
    this.#options = options
    this.#settings = settings
    this.#share = share
    this.rules = group.rules.map(r => newEvaluation(r, options, !restores))
    this.#reads = this.rules.map((rule, i) => newestRead(rule.reads, group.rules.slice(0, i)))
    this.#restoreAfter = restores ? 2 : 0
    this.#offsetMs = groupOffsetMs(group)
  }

  /** Begins with the next slot. */
  start(): void {
    this.#stopped = false
    this.#abort = new AbortController()
    const { intervalMs } = this.group
    this.#schedule(slotBefore(this.#options.clock.nowMs(), intervalMs, this.#offsetMs) + intervalMs)
  }

  /** Ends the schedule; resolves when the evaluation under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimer?.()
    this.#abort.abort()
    this.#share.questions.giveUp(this)
    await this.#running
  }

  #schedule(slotMs: number): void {
    if (this.#stopped) return
    const { clock, log } = this.#options
    this.#cancelTimer = this.#share.timers.at(slotMs, () => {
      this.#running = this.#iterate(slotMs).then(() => {
        this.#running = undefined
        const { intervalMs } = this.group
        // A run that took longer than its interval skips slots; nothing is caught up.
        const missed = Math.max(0, Math.floor((clock.nowMs() - slotMs) / intervalMs) - 1)
        if (missed > 0) {
          this.#missed += missed
          this.#iterations += missed
          log.warn({ group: this.group.name, file: this.group.file, missed }, 'Rule group took longer than its interval')
        }
        this.#schedule(slotAfter(slotMs + (missed + 1) * intervalMs, clock.nowMs(), intervalMs, this.#offsetMs))
      }, (err: unknown) => {
        this.#running = undefined
        log.error({ group: this.group.name, file: this.group.file, err }, 'Evaluating rule group failed')
        this.#schedule(slotAfter(slotMs + this.group.intervalMs, clock.nowMs(), this.group.intervalMs, this.#offsetMs))
      })
    })
  }

  async #iterate(slotMs: number): Promise<void> {
    await this.evaluate(slotMs)
    if (this.#restoreAfter > 0 && --this.#restoreAfter === 0) await this.#restore()
  }

  async #restore(): Promise<void> {
    const { query, clock, log } = this.#options
    const rules = this.rules.filter(r => r instanceof AlertingEvaluation && !r.restored) as AlertingEvaluation[]
    // The look-up is not repeated: an alert that waits a little longer is better than one that is never told.
    await restoreForStates(rules, query, clock.nowMs(), this.#settings, (rule, err) => log.error({ group: this.group.name, rule: rule.rule.name, err }, "Failed to restore 'for' state"))
    for (const rule of rules) rule.restored = true
  }

  /** Evaluates all rules at one time, in order; each writes before one that reads it asks. */
  async evaluate(tMs: number): Promise<void> {
    const { clock } = this.#options
    const begun = clock.nowMs()
    const sampleMs = tMs - this.group.queryOffsetMs
    let samples = 0
    for (let from = 0; from < this.rules.length;) {
      const answers = await this.#askTogether(from, sampleMs)
      if (this.#abort.signal.aborted) return
      const outputs: (RuleOutput | undefined)[] = []
      const telling: Promise<void>[] = []
      for (let i = 0; i < answers.length && !this.#abort.signal.aborted; i++) {
        const waits = this.#evaluateRule(this.rules[from + i]!, tMs, answers[i], output => void (outputs[i] = output))
        if (waits === undefined) continue
        // One that has to be asked alone is waited for, alerts to be told are told together.
        if (answers[i] === undefined) await waits
        else telling.push(waits)
      }
      if (telling.length > 0) await Promise.all(telling)
      const batch = new OutputBatch<Evaluation>(sampleMs)
      for (let i = 0; i < outputs.length; i++) {
        const output = outputs[i]
        if (output !== undefined) batch.add(this.rules[from + i]!, output)
      }
      // What was begun is stored even if the group stops: its alerts may have been told.
      samples += await this.#store(batch)
      if (this.#abort.signal.aborted) return
      from += answers.length
    }
    await this.#endOrphans(sampleMs)
    this.#iterations++
    this.#lastSamples = samples
    this.#evaluationMs = clock.nowMs() - begun
    this.#lastEvaluationMs = tMs
  }

  /** @returns what is left to be waited for: mostly nothing */
  #evaluateRule(rule: Evaluation, tMs: number, answer: BatchAnswer | undefined, write: (output: RuleOutput) => void): Promise<void> | undefined {
    const { limit, queryOffsetMs } = this.group
    const begun = this.#options.clock.nowMs()
    this.#evaluations++
    const failed = (err: unknown): void => {
      if (!this.#abort.signal.aborted) this.#failed(rule, err)
    }
    const ended = (): void => {
      rule.evaluationMs = this.#options.clock.nowMs() - begun + (answer?.ms ?? 0)
      rule.lastEvaluationMs = tMs
    }
    try {
      const output = rule.evaluate(answer === undefined ? { tMs, queryOffsetMs, limit, signal: this.#abort.signal } : { tMs, queryOffsetMs, limit, signal: this.#abort.signal, answer })
      const waits = output instanceof Promise ? output.then(o => this.#evaluated(rule, o, tMs, write)) : this.#evaluated(rule, output, tMs, write)
      if (waits !== undefined) return waits.catch(failed).finally(ended)
    } catch (err) {
      failed(err)
    }
    ended()
    return undefined
  }

  #evaluated(rule: Evaluation, output: RuleOutput, tMs: number, write: (output: RuleOutput) => void): Promise<void> | undefined {
    write(output)
    rule.health = 'ok'
    rule.lastError = ''
    return rule instanceof AlertingEvaluation ? this.#tell(rule, tMs) : undefined
  }

  #failed(rule: Evaluation, err: unknown): void {
    this.#failures++
    rule.health = 'err'
    rule.lastError = err instanceof Error ? err.message : String(err)
    this.#options.log.warn({ file: this.group.file, group: this.group.name, rule: rule.rule.name, err: rule.lastError }, 'Evaluating rule failed')
  }

  /**
   * Asks rule `from` and those behind it that don't read what one of them writes: a message to a query thread costs more than most rules.
   * @returns an answer for each of them; undefined for one that has to be asked alone
   */
  async #askTogether(from: number, tMs: number): Promise<readonly (BatchAnswer | undefined)[]> {
    const { query, log } = this.#options
    const most = query.instantBatch === undefined ? 1 : MOST_TOGETHER
    const exprs: string[] = []
    const known: (KnownLabels | undefined)[] = []
    let expectedMs = 0
    for (let i = from; i < this.rules.length && exprs.length < most; i++) {
      const rule = this.rules[i]!
      if (this.#reads[i]! >= from) break
      expectedMs += rule.lastEvaluationMs === 0 ? UNKNOWN_MS : rule.evaluationMs
      if (i > from && expectedMs > LONGEST_TOGETHER_MS) break
      exprs.push(rule.rule.expr)
      known.push(rule.answered)
    }
    try {
      const answers = await this.#share.questions.ask({ exprs, known, tMs, expectedMs, group: this })
      // The time was for all of them: one that ran out of it may have been held up by others.
      return answers.length === 1 ? answers : answers.map(a => ('error' in a && a.error.kind === 'timeout' ? undefined : a))
    } catch (err) {
      // Whichever of them did it, each is asked alone.
      if (!this.#abort.signal.aborted) log.warn({ group: this.group.name, rules: exprs.length, err: err instanceof Error ? err.message : String(err) }, 'Asking rules together failed')
      return exprs.map(() => undefined)
    }
  }

  #tell(rule: AlertingEvaluation, tMs: number): Promise<void> | undefined {
    const { instances, alerts } = rule.takeAlerts(tMs, this.#settings.resendDelayMs, this.group.intervalMs)
    return alerts.length === 0 ? undefined : this.#tellAlerts(rule, instances, alerts)
  }

  async #tellAlerts(rule: AlertingEvaluation, instances: readonly AlertInstance[], alerts: readonly RuleAlert[]): Promise<void> {
    try {
      await this.#options.notify(alerts)
    } catch (err) {
      // Not taken: told again with the next evaluation.
      for (const a of instances) a.lastSentAtMs = NaN
      this.#options.log.error({ group: this.group.name, rule: rule.rule.name, err }, 'Handing over alerts failed')
    }
  }

  /** @returns samples written */
  async #store(batch: OutputBatch<Evaluation>): Promise<number> {
    let statuses: Uint8Array | undefined
    try {
      statuses = batch.samples === 0 ? undefined : await this.#share.writer.store(batch)
    } catch (err) {
      for (const s of batch.staged) if (s.output.series.length + s.ended.length > 0) this.#failed(s.rule, err)
      return 0
    }
    let samples = 0
    let at = 0
    for (const { rule, output, ended } of batch.staged) {
      rule.written = output.series
      samples += output.series.length
      const to = at + output.series.length + ended.length
      if (statuses !== undefined) this.#tellRefused(rule, statuses.subarray(at, to))
      at = to
    }
    return samples
  }

  #tellRefused(rule: Evaluation, statuses: Uint8Array): void {
    const count = (status: number): number => statuses.reduce((n, s) => (s === status ? n + 1 : n), 0)
    const outOfOrder = count(APPEND.outOfOrder)
    const duplicate = count(APPEND.duplicate)
    const outOfBounds = count(APPEND.outOfBounds)
    const refused = outOfOrder + duplicate + outOfBounds
    if (refused > 0) this.#options.log.warn({ group: this.group.name, rule: rule.rule.name, refused, outOfOrder, duplicate, outOfBounds }, 'Rule evaluation result discarded')
  }

  async #endOrphans(sampleMs: number): Promise<void> {
    const orphans = this.#orphans
    if (orphans.length === 0) return
    try {
      const batch = new OutputBatch(sampleMs)
      batch.add({ written: orphans }, NO_OUTPUT)
      await this.#share.writer.store(batch)
      if (this.#orphans === orphans) this.#orphans = NO_RULE_SERIES
    } catch (err) {
      this.#options.log.warn({ group: this.group.name, err }, 'Marking removed series as ended failed')
    }
  }

  /** Marks every series that the group wrote as ended; for a group that is gone. */
  async endSeries(): Promise<void> {
    this.#orphans = [...this.#orphans, ...this.rules.flatMap(r => r.written)]
    await this.#endOrphans(this.#options.clock.nowMs())
  }

  /**
   * Takes over state from the group of the same file and name that this one replaces: rule by rule, by name and labels, the n-th from the n-th.
   * @param starting  whether rules that are new or ask something else now look up their `for` state, unless they have alerts already
   */
  adopt(from: RunningGroup, starting: boolean): void {
    this.#evaluationMs = from.#evaluationMs
    this.#lastEvaluationMs = from.#lastEvaluationMs
    this.#iterations = from.#iterations
    this.#missed = from.#missed
    this.#evaluations = from.#evaluations
    this.#failures = from.#failures
    this.#restoreAfter = from.#restoreAfter
    const free = new Map<string, Evaluation[]>()
    for (const r of from.rules) {
      const list = free.get(r.identity)
      if (list === undefined) free.set(r.identity, [r])
      else list.push(r)
    }
    for (const r of this.rules) {
      const old = free.get(r.identity)?.shift()
      if (r instanceof AlertingEvaluation) {
        // A rule that was added while the group still waits for its restore waits with it.
        r.restored = from.#restoreAfter === 0
        if (old instanceof AlertingEvaluation) r.adopt(old)
        if (starting && r.restored && r.states.byKey.size === 0 && old?.rule.expr !== r.rule.expr) {
          r.restored = false
          this.#restoreAfter = 2
        }
      } else if (old instanceof RecordingEvaluation) r.adopt(old)
    }
    this.#orphans = [...from.#orphans, ...[...free.values()].flat().flatMap(r => r.written)]
  }

  view(): RuleGroupView {
    const { name, file, source, intervalMs, limit } = this.group
    return {
      name, file, source, intervalMs, limit, rules: this.rules.map(r => r.view()), evaluationMs: this.#evaluationMs, lastEvaluationMs: this.#lastEvaluationMs,
      iterations: this.#iterations, iterationsMissed: this.#missed, evaluations: this.#evaluations, evaluationFailures: this.#failures, lastSamples: this.#lastSamples,
    }
  }
}
