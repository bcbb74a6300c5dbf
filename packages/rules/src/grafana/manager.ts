import { labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { Appendable, Appender } from '@haechi/storage'
import { slotAfter, slotBefore, slotOffsetMs } from '../group.ts'
import type { AlertView, RuleAlert, RuleGroupView } from '../views.ts'
import { SCHEDULER_TICK_MS } from './rule.ts'
import type { GrafanaGroup, GrafanaRule } from './rule.ts'
import { RunningRule } from './running-rule.ts'
import type { GrafanaContext } from './running-rule.ts'
import type { GrafanaInstance, StoredInstance } from './state.ts'

/** What is kept of one rule's alerts. `version`: of the rule that they belong to. */
export interface StoredRuleState {
  readonly ruleUid: string
  readonly version: string
  readonly instances: readonly StoredInstance[]
}

/** Keeps states over a restart. When `save` resolves, they survive `kill -9`. */
export interface GrafanaStateStore {
  load(): Promise<readonly StoredRuleState[]>
  /** Replaces what is kept of each rule; no instances: forgets the rule. */
  save(states: readonly StoredRuleState[]): Promise<void>
}

export interface GrafanaRuleManagerOptions extends GrafanaContext {
  readonly appendable: Appendable
  readonly store: GrafanaStateStore
  /** Takes the alerts to send. A rejection is logged; they are sent again with the next evaluation. */
  readonly notify: (alerts: readonly RuleAlert[]) => void | Promise<void>
}

/** One rule as it runs, for who shows it. */
export interface GrafanaRuleView {
  readonly rule: GrafanaRule
  readonly group: GrafanaGroup
  readonly running: RunningRule
}

interface RunningGroup {
  readonly group: GrafanaGroup
  readonly rules: readonly RunningRule[]
  /** Series that recording rules wrote last, by rule uid. */
  readonly written: Map<string, Map<string, Labels>>
  cancel: (() => void) | undefined
  work: Promise<void> | undefined
  lastEvaluationMs: number
  evaluationMs: number
  iterations: number
  missed: number
  failures: number
}

/** Evaluates Grafana-managed rules on time. Rules of a group run together at one time; groups are spread over their interval. */
export class GrafanaRuleManager {
  readonly #options: GrafanaRuleManagerOptions
  #groups: RunningGroup[] = []
  #stored: Map<string, StoredRuleState> = new Map()
  #saved = new Map<string, string>()
  #started = false
  #abort = new AbortController()
  readonly #leaving = new Set<Promise<void>>()

  constructor(options: GrafanaRuleManagerOptions) {
    this.#options = options
  }

  /** Reads the states of before the restart; before the first `load`. */
  async restore(): Promise<void> {
    for (const s of await this.#options.store.load()) this.#stored.set(s.ruleUid, s)
  }

  /**
   * Replaces all groups. Rules that did not change keep their alerts; those of rules that changed, are paused or gone end, and are told so.
   * @throws ExpressionError, TemplateSyntaxError; then the groups before go on
   */
  load(groups: readonly GrafanaGroup[]): void {
    const before = new Map(this.#groups.flatMap(g => g.rules.map(r => [r.rule.uid, r])))
    const old = this.#groups
    const keyOf = (g: GrafanaGroup): string => JSON.stringify([g.folderUid, g.name])
    const oldByKey = new Map(old.map(o => [keyOf(o.group), o]))
    // Groups that did not change go on as they are: reading a thousand rules again for one that changed holds everybody up.
    const going = new Set<RunningGroup>()
    const fresh = (group: GrafanaGroup): RunningGroup => ({
      group, rules: group.rules.map(rule => new RunningRule(rule, group, this.#options)), written: new Map(), cancel: undefined, work: undefined, lastEvaluationMs: 0, evaluationMs: 0, iterations: 0,
      missed: 0, failures: 0,
    })
    const next = groups.map((group): RunningGroup => {
      const same = oldByKey.get(keyOf(group))
      if (same !== undefined && sameGroup(same.group, group)) {
        going.add(same)
        return same
      }
      return fresh(group)
    })
    const tMs = this.#options.clock.nowMs()
    const ending: { rule: RunningRule; reason: string }[] = []
    for (const g of next) {
      if (going.has(g)) {
        for (const r of g.rules) before.delete(r.rule.uid)
        continue
      }
      const same = oldByKey.get(keyOf(g.group))
      if (same !== undefined) {
        Object.assign(g, { lastEvaluationMs: same.lastEvaluationMs, evaluationMs: same.evaluationMs, iterations: same.iterations, missed: same.missed, failures: same.failures })
        for (const [uid, series] of same.written) g.written.set(uid, series)
      }
      for (const r of g.rules) {
        const was = before.get(r.rule.uid)
        before.delete(r.rule.uid)
        const kept = this.#stored.get(r.rule.uid)
        this.#stored.delete(r.rule.uid)
        if (was !== undefined) r.adopt(was)
        else if (kept !== undefined) {
          r.states.restore(kept.instances)
          this.#saved.set(r.rule.uid, JSON.stringify(kept.instances))
        }
        const version = was?.version ?? kept?.version
        if (r.rule.isPaused) ending.push({ rule: r, reason: 'Paused' })
        else if (version !== undefined && version !== r.version) ending.push({ rule: r, reason: 'Updated' })
      }
    }
    for (const r of before.values()) ending.push({ rule: r, reason: 'RuleDeleted' })
    this.#groups = next
    for (const g of old) {
      if (going.has(g)) continue
      g.cancel?.()
      if (g.work !== undefined) this.#track(g.work)
    }
    for (const { rule, reason } of ending) rule.states.endAll(tMs, reason)
    if (ending.length > 0) this.#track(this.#tellEnded(ending.map(e => e.rule), tMs))
    if (this.#started) for (const g of next) if (!going.has(g)) this.#begin(g)
  }

  async #tellEnded(rules: readonly RunningRule[], tMs: number): Promise<void> {
    for (const r of rules) await this.#tell(r, tMs)
    await this.#save(rules)
  }

  /** Rules that were kept and are no more: their alerts end. */
  async #endForgotten(): Promise<void> {
    const gone = [...this.#stored.keys()]
    this.#stored.clear()
    if (gone.length > 0) await this.#options.store.save(gone.map(ruleUid => ({ ruleUid, version: '', instances: [] })))
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#abort = new AbortController()
    this.#track(this.#endForgotten())
    for (const g of this.#groups) this.#begin(g)
  }

  /** Stops the schedule and waits for evaluations under way. */
  async stop(): Promise<void> {
    this.#started = false
    this.#abort.abort()
    for (const g of this.#groups) g.cancel?.()
    await Promise.all([...this.#groups.map(g => g.work), ...this.#leaving])
  }

  #track(work: Promise<void>): void {
    const done = work.catch((err: unknown) => this.#options.log.error({ err }, 'Ending alerts of rules failed')).finally(() => this.#leaving.delete(done))
    this.#leaving.add(done)
  }

  #begin(g: RunningGroup): void {
    const { intervalMs } = g.group
    const offset = this.#offset(g.group)
    this.#schedule(g, slotBefore(this.#options.clock.nowMs(), intervalMs, offset) + intervalMs)
  }

  /** Groups are spread over their interval in steps of the scheduler. */
  #offset(group: GrafanaGroup): number {
    const ticks = Math.max(1, Math.floor(group.intervalMs / SCHEDULER_TICK_MS))
    return (slotOffsetMs({ name: group.name, file: group.folderUid, intervalMs: ticks }) * SCHEDULER_TICK_MS) % group.intervalMs
  }

  #schedule(g: RunningGroup, slotMs: number): void {
    if (!this.#started || !this.#groups.includes(g)) return
    const { clock, log } = this.#options
    g.cancel = clock.after(Math.max(0, slotMs - clock.nowMs()), () => {
      const again = (): void => {
        g.work = undefined
        const { intervalMs } = g.group
        const missed = Math.max(0, Math.floor((clock.nowMs() - slotMs) / intervalMs) - 1)
        g.missed += missed
        this.#schedule(g, slotAfter(slotMs + (missed + 1) * intervalMs, clock.nowMs(), intervalMs, this.#offset(g.group)))
      }
      g.work = this.#evaluate(g, slotMs).then(again, (err: unknown) => {
        if (!this.#abort.signal.aborted) log.error({ group: g.group.name, folder: g.group.folderTitle, err }, 'Evaluating rule group failed')
        again()
      })
    })
  }

  async #evaluate(g: RunningGroup, tMs: number): Promise<void> {
    const { clock } = this.#options
    const begun = clock.nowMs()
    const { signal } = this.#abort
    const rules = g.rules.filter(r => !r.rule.isPaused)
    await Promise.all(rules.map(async r => {
      const answer = await r.evaluate(tMs, signal)
      if (r.health === 'err') g.failures++
      // A reload took this group's place meanwhile: its alerts are the new one's.
      if (!this.#groups.includes(g)) return
      if (r.rule.record !== undefined) this.#write(g, r, r.recorded(answer), tMs)
      await this.#tell(r, tMs)
    }))
    g.iterations++
    g.lastEvaluationMs = tMs
    g.evaluationMs = clock.nowMs() - begun
    if (this.#groups.includes(g)) await this.#save(rules)
  }

  async #tell(r: RunningRule, tMs: number): Promise<void> {
    const { instances, alerts } = r.takeAlerts(tMs)
    if (alerts.length === 0) return
    try {
      await this.#options.notify(alerts)
    } catch (err) {
      // Not taken: told again with the next evaluation.
      for (const i of instances as GrafanaInstance[]) i.lastSentAtMs = NaN
      this.#options.log.error({ rule: r.rule.title, uid: r.rule.uid, err }, 'Handing over alerts failed')
    }
  }

  #write(g: RunningGroup, r: RunningRule, samples: readonly { readonly labels: Labels; readonly value: number }[], tMs: number): void {
    const appender: Appender = this.#options.appendable.appender()
    const written = new Map<string, Labels>()
    for (const s of samples) {
      appender.append(appender.series(s.labels), tMs, s.value)
      written.set(labelsKey(s.labels), s.labels)
    }
    for (const [key, labels] of g.written.get(r.rule.uid) ?? []) if (!written.has(key)) appender.appendStale(appender.series(labels), tMs)
    g.written.set(r.rule.uid, written)
    appender.commit()
  }

  /** Writes what changed about the states that must be kept. */
  async #save(rules: readonly RunningRule[]): Promise<void> {
    const changed: StoredRuleState[] = []
    const texts = new Map<string, string>()
    for (const r of rules) {
      const instances = r.states.stored()
      const text = JSON.stringify(instances)
      if (text === (this.#saved.get(r.rule.uid) ?? '[]')) continue
      texts.set(r.rule.uid, text)
      changed.push({ ruleUid: r.rule.uid, version: r.version, instances })
    }
    if (changed.length === 0) return
    try {
      await this.#options.store.save(changed)
      for (const [uid, text] of texts) this.#saved.set(uid, text)
    } catch (err) {
      this.#options.log.error({ err }, 'States of rules could not be kept')
    }
  }

  /** All rules as they run. */
  rules(): GrafanaRuleView[] {
    return this.#groups.flatMap(g => g.rules.map(running => ({ rule: running.rule, group: g.group, running })))
  }

  /** As Prometheus' API lists them: the folder stands for the file. Paused rules are left out. */
  groups(): RuleGroupView[] {
    return this.#groups.map((g): RuleGroupView => ({
      name: g.group.name, file: g.group.folderTitle, source: 'grafana', intervalMs: g.group.intervalMs, limit: 0, rules: g.rules.filter(r => !r.rule.isPaused).map(r => r.view()),
      evaluationMs: g.evaluationMs, lastEvaluationMs: g.lastEvaluationMs, iterations: g.iterations, iterationsMissed: g.missed, evaluations: g.iterations * g.rules.length,
      evaluationFailures: g.failures, lastSamples: 0,
    })).sort((a, b) => (a.file !== b.file ? (a.file < b.file ? -1 : 1) : a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  /** Active alerts of all rules. */
  alerts(): AlertView[] {
    return this.groups().flatMap(g => g.rules.flatMap(r => (r.type === 'alerting' ? r.alerts : [])))
  }

  /** Tries whether groups can be used. @throws ExpressionError, TemplateSyntaxError */
  check(groups: readonly GrafanaGroup[]): void {
    for (const g of groups) for (const rule of g.rules) void new RunningRule(rule, g, this.#options)
  }
}

function sameGroup(a: GrafanaGroup, b: GrafanaGroup): boolean {
  return a.intervalMs === b.intervalMs && a.folderTitle === b.folderTitle && a.rules.length === b.rules.length && a.rules.every((r, i) => r === b.rules[i] || JSON.stringify(r) === JSON.stringify(b.rules[i]))
}
