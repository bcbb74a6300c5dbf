import { checkGroups } from './check.ts'
import { AlertingEvaluation } from './evaluate.ts'
import { RunningGroup } from './group.ts'
import type { GroupSettings, GroupsShare } from './group.ts'
import { RuleQuestions } from './questions.ts'
import { OutputWriter } from './rule-output.ts'
import { RuleError } from './rule-error.ts'
import { SlotTimers } from './slots.ts'
import type { AlertView, RuleGroup, RuleGroupView, RuleManager, RuleManagerOptions } from './views.ts'

/** Prometheus' defaults: `--rules.alert.for-outage-tolerance`, `--rules.alert.for-grace-period`, `--rules.alert.resend-delay`. */
export const DEFAULT_RULE_SETTINGS: GroupSettings = {
  outageToleranceMs: 3_600_000, forGracePeriodMs: 600_000, resendDelayMs: 60_000, restoreShortFor: true,
}

/**
 * How long after the start a group or expression that comes late still looks up its `for` state: what the services here are called may only be
 * known after some scrapes. Prometheus looks up only what it loads first.
 */
const START_UP_MS = 600_000

/** Makes a manager without groups, not started. */
export function createRuleManager(options: RuleManagerOptions): RuleManager {
  return new Manager(options)
}

function groupKey(g: RuleGroup): string {
  return `${g.file}\xff${g.name}`
}

class Manager implements RuleManager {
  readonly #options: RuleManagerOptions
  readonly #settings: GroupSettings
  readonly #share: GroupsShare
  #groups = new Map<string, RunningGroup>()
  #started = false
  #startedMs = Infinity
  /** Cancels the staleness markers of groups that went away. */
  readonly #endings = new Map<string, () => void>()
  /** Groups that a reload replaced and that still finish an evaluation. */
  readonly #leaving = new Set<Promise<void>>()

  constructor(options: RuleManagerOptions) {
    this.#options = options
    this.#share = { questions: new RuleQuestions(options.query, options.maxConcurrentEvals), writer: new OutputWriter(options.appendable.appender()), timers: new SlotTimers(options.clock) }
    this.#settings = {
      outageToleranceMs: options.outageToleranceMs ?? DEFAULT_RULE_SETTINGS.outageToleranceMs,
      forGracePeriodMs: options.forGracePeriodMs ?? DEFAULT_RULE_SETTINGS.forGracePeriodMs,
      resendDelayMs: options.resendDelayMs ?? DEFAULT_RULE_SETTINGS.resendDelayMs,
      restoreShortFor: options.restoreShortFor ?? DEFAULT_RULE_SETTINGS.restoreShortFor,
    }
  }

  load(groups: readonly RuleGroup[]): void {
    const problems = checkGroups(groups)
    if (problems.length > 0) throw new RuleError(problems)
    const next = new Map<string, RunningGroup>()
    const begin: (() => void)[] = []
    const starting = !(this.#options.clock.nowMs() - this.#startedMs > START_UP_MS)
    for (const g of groups) {
      const key = groupKey(g)
      const old = this.#groups.get(key)
      if (old !== undefined && sameGroup(old.group, g)) {
        next.set(key, old)
        continue
      }
      const fresh = new RunningGroup(g, this.#options, this.#settings, this.#share, starting)
      next.set(key, fresh)
      begin.push(() => this.#begin(fresh, old, starting))
    }
    for (const [key, old] of this.#groups) if (!next.has(key)) begin.push(() => this.#end(key, old))
    for (const key of next.keys()) {
      this.#endings.get(key)?.()
      this.#endings.delete(key)
    }
    this.#groups = next
    for (const b of begin) b()
  }

  /** Starts a group, after the one that it replaces has ended and handed over its state. */
  #begin(fresh: RunningGroup, old: RunningGroup | undefined, starting: boolean): void {
    if (old === undefined) {
      if (this.#started) fresh.start()
      return
    }
    // What is known now shows at once; what an evaluation under way still finds out follows.
    fresh.adopt(old, starting)
    if (!this.#started) return
    this.#track(old.stop().then(() => {
      fresh.adopt(old, starting)
      if (this.#started && [...this.#groups.values()].includes(fresh)) fresh.start()
    }))
  }

  #end(key: string, old: RunningGroup): void {
    this.#track(old.stop())
    // The series of a group end two intervals after it went: it may come back under another manager's reload.
    this.#endings.set(key, this.#options.clock.after(2 * old.group.intervalMs, () => {
      this.#endings.delete(key)
      this.#track(old.endSeries())
    }))
  }

  #track(work: Promise<void>): void {
    const done = work.catch((err: unknown) => this.#options.log.error({ err }, 'Replacing rule group failed')).finally(() => this.#leaving.delete(done))
    this.#leaving.add(done)
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#startedMs = this.#options.clock.nowMs()
    for (const g of this.#groups.values()) g.start()
  }

  async stop(): Promise<void> {
    this.#started = false
    for (const cancel of this.#endings.values()) cancel()
    this.#endings.clear()
    await Promise.all([...this.#groups.values()].map(g => g.stop()))
    await Promise.all(this.#leaving)
  }

  groups(): RuleGroupView[] {
    return [...this.#groups.values()].map(g => g.view()).sort((a, b) => (a.file !== b.file ? (a.file < b.file ? -1 : 1) : a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  alerts(): AlertView[] {
    return [...this.#groups.values()].flatMap(g => g.rules.flatMap(r => (r instanceof AlertingEvaluation ? r.states.views() : [])))
  }
}

function sameGroup(a: RuleGroup, b: RuleGroup): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
