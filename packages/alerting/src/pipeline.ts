import { compareText, labelValue, labelsFromPairs } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { AlertLimit } from './alert-limit.ts'
import { AlertInputError, acceptedAlert, mergedAlert, onlyLasts, revivedAlert } from './alerts.ts'
import { DeliveryStats } from './delivery-stats.ts'
import { fingerprint } from './fingerprint.ts'
import type { MailPost } from './mail-transport.ts'
import type { DrawChart } from './receivers/notifier-context.ts'
import { groupId, groupKey, groupLabels, isResolved } from './group.ts'
import type { AlertGroup } from './group.ts'
import { Inhibitor } from './inhibit.ts'
import { compareAlerts, compareSets } from './notification.ts'
import type { NotificationAlert, SendResult } from './notification.ts'
import type { TemplateFile } from './message-templates.ts'
import { createNotifier } from './receivers/create-notifier.ts'
import { allRoutes, matchRoutes, routeTree } from './route.ts'
import type { Route, RouteConfig } from './route.ts'
import { WorkStats } from './work-stats.ts'
import { ContactSender } from './sender.ts'
import { Silences } from './silences.ts'
import type { SilenceLimits } from './silences.ts'
import { LOG_RETENTION_MS, Teller } from './teller.ts'
import { intervalContains } from './time-interval.ts'
import type { TimeInterval } from './time-interval.ts'
import type { HttpPost } from './transport.ts'
import type {
  AlertGroupView, AlertingConfig, AlertingLog, AlertingStore, AlertPipeline, Clock, ContactPoint, DeliveryQuery, PipelineAlertView, PipelineStats, PostableAlert, PostableSilence, Receiver, RouteSettings, Routing, SilenceView,
  StoredAlert, StoredDelivery,
} from './views.ts'

/** Everything that the pipeline needs from outside. */
export interface PipelineOptions {
  readonly store: AlertingStore
  readonly clock: Clock
  readonly log: AlertingLog
  /** See `createHttpPost`. */
  readonly post: HttpPost
  /** See `createMailPost`; without it mails are refused. */
  readonly mail?: MailPost
  /** Draws pictures for messages; without it there are none. */
  readonly chart?: DrawChart
  /** Without a slash at the end. */
  readonly externalUrl: string
  /** Default: 10,000 silences of 64 KiB. */
  readonly silenceLimits?: SilenceLimits
  /** Most alerts of one `alertname`; 0 (the default): any number. */
  readonly alertsPerName?: number
  /** Default `Haechi`. */
  readonly userAgent?: string
  /** Default Math.random. */
  readonly random?: () => number
}

/** Alertmanager's timers; told apart by `alertname`. */
export const DEFAULT_ROUTE: Required<RouteSettings> = { groupBy: ['alertname'], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 }
const DEFAULT_RESOLVE_TIMEOUT_MS = 300_000
/** A flush has at least this long to deliver. */
const MIN_FLUSH_MS = 10_000

/** An alert that only lasts is stored again after this time: what could not be written meanwhile (full disk, say) is written then. */
const STORE_AGAIN_MS = 600_000

/** Makes a pipeline without contact points, not started. */
export function createAlertPipeline(options: PipelineOptions): AlertPipeline {
  return new Pipeline(options)
}

/** One route for everything, to all contact points. */
function oneRoute(config: Pick<AlertingConfig, 'contactPoints' | 'route' | 'receiver'>): Routing {
  const name = config.receiver ?? 'default'
  const route: RouteConfig = { ...DEFAULT_ROUTE, ...config.route, receiver: name, matchers: [], continues: false, muteTimeIntervals: [], activeTimeIntervals: [], routes: [] }
  return { route, receivers: [{ name, labels: { name }, contactPoints: config.contactPoints.map(c => c.uid) }], inhibitRules: [], timeIntervals: [] }
}

/** One group that an alert belongs to. */
interface Place {
  readonly route: Route
  readonly labels: Labels
  /** See `groupId`. */
  readonly id: string
}

function nameOf(a: StoredAlert): string {
  return labelValue(a.labels, 'alertname')
}

/** What decides in which groups alerts are. */
function shapeOf(route: Route): string {
  return JSON.stringify(allRoutes(route).map(r => [r.id, r.matchers, r.groupBy, r.continues]))
}

class Pipeline implements AlertPipeline {
  readonly #options: PipelineOptions
  readonly #alerts = new Map<string, StoredAlert>()
  /** When each was stored last: what only lasts longer is not stored with every word about it. */
  readonly #storedMs = new Map<string, number>()
  readonly #groups = new Map<string, AlertGroup>()
  readonly #teller: Teller
  readonly #silences: Silences
  readonly #inhibitor = new Inhibitor(this.#alerts)
  readonly #limit: AlertLimit
  /** The last flush of each group key: what shares a key shares the notification log, so one waits for the other. */
  readonly #running = new Map<string, Promise<void>>()
  #senders: ContactSender[] = []
  readonly #stats = new DeliveryStats()
  readonly #placed = new WorkStats()
  readonly #received = { firing: 0, resolved: 0, invalid: 0 }
  readonly #suppressed = { inhibition: 0, silence: 0, muteTimeInterval: 0, activeTimeInterval: 0 }
  #inhibitRules = 0
  #templates: readonly TemplateFile[] = []
  #root!: Route
  #routes: ReadonlyMap<string, Route> = new Map()
  /** By fingerprint: where an alert goes in the tree as it is. */
  readonly #places = new Map<string, readonly Place[]>()
  #receivers: readonly Receiver[] = []
  #intervals: ReadonlyMap<string, TimeInterval> = new Map()
  #resolveTimeoutMs = DEFAULT_RESOLVE_TIMEOUT_MS
  #started = false
  #abort = new AbortController()

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#limit = new AlertLimit(options.alertsPerName ?? 0)
    this.#teller = new Teller(options.store, options.externalUrl)
    this.#silences = new Silences(options.store, options.clock, options.silenceLimits)
    this.#route(oneRoute({ contactPoints: [] }))
  }

  configure(config: AlertingConfig): void {
    const { clock, store, log, post, mail, random } = this.#options
    const templates = config.templates ?? []
    const sameTemplates = JSON.stringify(templates) === JSON.stringify(this.#templates)
    this.#templates = templates
    const kept = new Map(this.#senders.map(s => [s.contactPoint.uid, s]))
    this.#senders = config.contactPoints.map(c => {
      const old = kept.get(c.uid)
      // One that did not change keeps its place in the queue and what it knows about rate limits.
      if (old !== undefined && sameTemplates && JSON.stringify(old.contactPoint) === JSON.stringify(c)) return old
      return new ContactSender(c, (p, m) => this.#notifier(c, p, m), { clock, store, log, random: random ?? Math.random, post, ...(mail === undefined ? {} : { mail }), stats: this.#stats })
    })
    this.#resolveTimeoutMs = config.resolveTimeoutMs ?? DEFAULT_RESOLVE_TIMEOUT_MS
    const shape = shapeOf(this.#root)
    this.#route(config.routing ?? oneRoute(config))
    // Groups that stay the same keep their timers and the flush under way.
    if (this.#started && shape !== shapeOf(this.#root)) this.#regroup()
  }

  #route(routing: Routing): void {
    this.#root = routeTree(routing.route)
    this.#places.clear()
    this.#routes = new Map(allRoutes(this.#root).map(r => [r.id, r]))
    this.#receivers = routing.receivers
    this.#intervals = new Map(routing.timeIntervals.map(t => [t.name, t]))
    this.#inhibitor.configure(routing.inhibitRules)
    this.#inhibitRules = routing.inhibitRules.length
  }

  /** A contact point whose address can't be used says so at each attempt instead of keeping the others from working. */
  #notifier(c: ContactPoint, post: HttpPost, mail: MailPost | undefined): ReturnType<typeof createNotifier> {
    const { clock, userAgent, chart } = this.#options
    try {
      return createNotifier(c, { post, clock, userAgent: userAgent ?? 'Haechi', templates: this.#templates, ...(mail === undefined ? {} : { mail }), ...(chart === undefined ? {} : { chart }) })
    } catch (err) {
      const result: SendResult = { ok: false, retryable: false, error: err instanceof Error ? err.message : String(err) }
      this.#options.log.error({ contactPoint: c.name, err: result.error }, 'Contact point can not be used')
      return { title: n => n.groupKey, send: () => Promise.resolve(result) }
    }
  }

  async start(): Promise<void> {
    if (this.#started) return
    const kept = await this.#options.store.load()
    await this.#silences.start()
    const nowMs = this.#options.clock.nowMs()
    await this.#teller.load(kept.log, nowMs)
    // An alert that was put while the store was read is newer.
    for (const a of kept.alerts) {
      if (this.#alerts.has(a.fingerprint)) continue
      const alert = revivedAlert(a, nowMs)
      this.#alerts.set(a.fingerprint, alert)
      this.#storedMs.set(a.fingerprint, a.updatedAtMs)
      // What was taken before a limit was set stays.
      this.#limit.keep(nameOf(alert), alert.fingerprint, alert.endsAtMs)
    }
    this.#inhibitor.changed()
    this.#abort = new AbortController()
    this.#started = true
    this.#regroup()
  }

  async stop(): Promise<void> {
    this.#started = false
    this.#silences.stop()
    this.#abort.abort(new Error('stopped'))
    for (const g of this.#groups.values()) g.cancelTimer?.()
    await Promise.all(this.#running.values())
    this.#groups.clear()
  }

  async put(alerts: readonly PostableAlert[]): Promise<void> {
    const nowMs = this.#options.clock.nowMs()
    const taken: StoredAlert[] = []
    const problems: string[] = []
    for (const a of alerts) {
      try {
        taken.push(acceptedAlert(a, nowMs, this.#resolveTimeoutMs))
      } catch (err) {
        problems.push(err instanceof Error ? err.message : String(err))
      }
    }
    this.#received.invalid += problems.length
    for (const a of taken) this.#received[isResolved(a, nowMs) ? 'resolved' : 'firing']++
    const changed: StoredAlert[] = []
    const unstored: StoredAlert[] = []
    const limited = new Set<string>()
    for (const fresh of taken) {
      const old = this.#alerts.get(fresh.fingerprint)
      // The end of something that nobody was told about is no news; where its group still lasts, what ended is said with the next message.
      if (old === undefined && isResolved(fresh, nowMs) && !this.#hasGroup(fresh)) continue
      const alert = old === undefined ? fresh : mergedAlert(old, fresh, nowMs)
      if (!this.#limit.admit(nameOf(alert), alert.fingerprint, alert.endsAtMs, nowMs)) {
        limited.add(nameOf(alert))
        continue
      }
      this.#alerts.set(alert.fingerprint, alert)
      changed.push(alert)
      const storedMs = this.#storedMs.get(alert.fingerprint)
      if (storedMs === undefined || nowMs < storedMs || nowMs - storedMs >= STORE_AGAIN_MS || old === undefined || !onlyLasts(old, alert)) unstored.push(alert)
    }
    if (limited.size > 0) this.#options.log.warn({ alertnames: [...limited].slice(0, 10).join(', '), limit: this.#limit.counts().perName }, 'Alerts were refused: too many of one name')
    if (changed.length > 0) this.#inhibitor.changed()
    // Stored before the caller hears that they are taken, and before anything is sent.
    if (unstored.length > 0) {
      for (const a of unstored) this.#storedMs.delete(a.fingerprint)
      await this.#options.store.putAlerts(unstored)
      for (const a of unstored) this.#storedMs.set(a.fingerprint, nowMs)
    }
    if (this.#started) {
      for (const a of changed) {
        const begun = this.#options.clock.nowMs()
        this.#place(a)
        this.#placed.add(this.#options.clock.nowMs() - begun)
      }
    }
    if (problems.length > 0) throw new AlertInputError(problems)
  }

  #hasGroup(a: StoredAlert): boolean {
    return this.#started && this.#placesOf(a).some(p => this.#groups.has(p.id))
  }

  #regroup(): void {
    for (const g of this.#groups.values()) g.cancelTimer?.()
    this.#groups.clear()
    for (const a of this.#alerts.values()) this.#place(a)
  }

  /** Puts an alert into its groups, making those that are not there. */
  #place(a: StoredAlert): void {
    for (const { route, labels, id } of this.#placesOf(a)) {
      let group = this.#groups.get(id)
      if (group === undefined) {
        const nowMs = this.#options.clock.nowMs()
        group = { key: groupKey(route.key, labels), routeId: route.id, labels, fingerprints: new Set(), nextFlushMs: 0, cancelTimer: undefined, flushing: undefined }
        this.#groups.set(id, group)
        // An alert that already waited (before a restart, say) is looked at at once.
        this.#schedule(group, a.startsAtMs + route.groupWaitMs <= nowMs ? nowMs : nowMs + route.groupWaitMs)
      }
      group.fingerprints.add(a.fingerprint)
    }
  }

  #placesOf(a: StoredAlert): readonly Place[] {
    let places = this.#places.get(a.fingerprint)
    if (places === undefined) {
      places = matchRoutes(this.#root, a.labels).map((route): Place => {
        const labels = groupLabels(a.labels, route.groupBy)
        return { route, labels, id: groupId(route.id, labels) }
      })
      this.#places.set(a.fingerprint, places)
    }
    return places
  }

  #schedule(group: AlertGroup, atMs: number): void {
    const { clock, log } = this.#options
    group.nextFlushMs = atMs
    group.cancelTimer?.()
    group.cancelTimer = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      if (group.flushing !== undefined || !this.#isCurrent(group)) return
      const begunMs = clock.nowMs()
      const earlier = this.#running.get(group.key)
      const flush = async (): Promise<void> => {
        await earlier
        if (this.#isCurrent(group)) await this.#flush(group, clock.nowMs())
      }
      const flushing = flush().catch((err: unknown) => {
        if (!this.#abort.signal.aborted) log.error({ groupKey: group.key, err }, 'Flushing a group failed')
      }).finally(() => {
        group.flushing = undefined
        if (this.#running.get(group.key) === flushing) this.#running.delete(group.key)
        if (!this.#isCurrent(group)) return
        if (group.fingerprints.size === 0) this.#groups.delete(groupId(group.routeId, group.labels))
        else this.#schedule(group, begunMs + this.#routes.get(group.routeId)!.groupIntervalMs)
      })
      group.flushing = flushing
      this.#running.set(group.key, flushing)
    })
  }

  #isCurrent(group: AlertGroup): boolean {
    return this.#started && this.#groups.get(groupId(group.routeId, group.labels)) === group
  }

  async #flush(group: AlertGroup, nowMs: number): Promise<void> {
    const route = this.#routes.get(group.routeId)!
    const alerts = [...group.fingerprints].map(f => this.#alerts.get(f)).filter(a => a !== undefined).sort(compareAlerts)
    const deadlineMs = nowMs + Math.max(route.groupIntervalMs, MIN_FLUSH_MS)
    const senders = this.#sendersOf(route.receiver)
    // What is muted, inhibited or silenced is not told, nor is its end; what was told before stays known.
    const muted = this.#mutedBy(route, nowMs).length > 0
    if (muted) this.#suppressed[route.muteTimeIntervals.some(name => intervalContains(this.#intervals.get(name)!, nowMs)) ? 'muteTimeInterval' : 'activeTimeInterval'] += alerts.length
    const told = muted ? [] : alerts.filter(a => {
      const held = this.#inhibitor.inhibitedBy(a.labels, nowMs).length > 0 ? 'inhibition' : this.#silences.silencedBy(a, nowMs).length > 0 ? 'silence' : undefined
      if (held !== undefined) this.#suppressed[held]++
      return held === undefined
    })
    const flush = { receiver: route.receiver, repeatIntervalMs: route.repeatIntervalMs, nowMs, deadlineMs, signal: this.#abort.signal }
    const results = told.length === 0 ? [] : await Promise.all(senders.map(s => this.#teller.tell(s, group, told, flush)))
    const known = results.every(Boolean)
    // What is over and told (and did not change meanwhile) is forgotten; what can't be told at all, after five days.
    const over = alerts.filter(a => isResolved(a, known ? nowMs : nowMs - LOG_RETENTION_MS) && this.#alerts.get(a.fingerprint) === a)
    if (over.length === 0) return
    for (const a of over) group.fingerprints.delete(a.fingerprint)
    const gone = over.filter(a => !this.#isHeld(a)).map(a => a.fingerprint)
    if (gone.length > 0) await this.#forgetAlerts(gone, over)
    if (group.fingerprints.size === 0) for (const s of senders) await this.#teller.forget(group.key, s.contactPoint.uid)
  }

  async #forgetAlerts(gone: readonly string[], judged: readonly StoredAlert[]): Promise<void> {
    await this.#options.store.deleteAlerts(gone)
    const set = new Set(gone)
    for (const a of judged) {
      if (!set.has(a.fingerprint) || this.#alerts.get(a.fingerprint) !== a) continue
      this.#alerts.delete(a.fingerprint)
      this.#limit.forget(nameOf(a), a.fingerprint)
    }
    for (const f of gone) {
      this.#places.delete(f)
      this.#storedMs.delete(f)
    }
    this.#silences.forget(gone)
    this.#inhibitor.changed()
  }

  /** Whether a group still has to tell something about the alert. */
  #isHeld(a: StoredAlert): boolean {
    return this.#placesOf(a).some(p => this.#groups.get(p.id)?.fingerprints.has(a.fingerprint) === true)
  }

  #sendersOf(receiver: string): ContactSender[] {
    const uids = this.#receivers.find(r => r.name === receiver)?.contactPoints ?? []
    return this.#senders.filter(s => uids.includes(s.contactPoint.uid))
  }

  /** Names of the time intervals that keep a route's messages back. @see alertmanager notify `TimeActiveStage`, `TimeMuteStage` */
  #mutedBy(route: Route, nowMs: number): readonly string[] {
    const holds = (name: string): boolean => intervalContains(this.#intervals.get(name)!, nowMs)
    if (route.activeTimeIntervals.length > 0 && !route.activeTimeIntervals.some(holds)) return route.activeTimeIntervals
    return route.muteTimeIntervals.filter(holds)
  }

  alerts(): PipelineAlertView[] {
    const nowMs = this.#options.clock.nowMs()
    return [...this.#alerts.values()].filter(a => !isResolved(a, nowMs)).map(a => this.#view(a)).sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
  }

  #view(a: StoredAlert): PipelineAlertView {
    const nowMs = this.#options.clock.nowMs()
    const silencedBy = this.#silences.silencedBy(a, nowMs)
    const inhibitedBy = this.#inhibitor.inhibitedBy(a.labels, nowMs)
    return {
      fingerprint: a.fingerprint, labels: a.labels, annotations: a.annotations, startsAtMs: a.startsAtMs, endsAtMs: a.endsAtMs, updatedAtMs: a.updatedAtMs, generatorUrl: a.generatorUrl,
      receivers: this.#placesOf(a).map(p => p.route.receiver),
      state: !this.#started ? 'unprocessed' : silencedBy.length > 0 || inhibitedBy.length > 0 ? 'suppressed' : 'active', silencedBy, inhibitedBy, mutedBy: [],
      ...(a.value === undefined ? {} : { value: a.value }), ...(a.threshold === undefined ? {} : { threshold: a.threshold }), ...(a.ruleUid === undefined ? {} : { ruleUid: a.ruleUid }),
    }
  }

  heldBack(labels: Labels): { readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[] } {
    const nowMs = this.#options.clock.nowMs()
    return { silencedBy: this.#silences.silencing(labels, nowMs), inhibitedBy: this.#inhibitor.inhibitedBy(labels, nowMs) }
  }

  groups(): AlertGroupView[] {
    const nowMs = this.#options.clock.nowMs()
    return [...this.#groups.values()].map((g): AlertGroupView => {
      const route = this.#routes.get(g.routeId)!
      const mutedBy = this.#mutedBy(route, nowMs)
      const alerts = [...g.fingerprints].map(f => this.#alerts.get(f)).filter(a => a !== undefined).filter(a => !isResolved(a, nowMs)).sort(compareAlerts)
      const views = alerts.map((a): PipelineAlertView => (mutedBy.length === 0 ? this.#view(a) : { ...this.#view(a), state: 'suppressed', mutedBy }))
      return { key: g.key, labels: g.labels, receiver: route.receiver, nextFlushMs: g.nextFlushMs, mutedBy, alerts: views }
    }).filter(g => g.alerts.length > 0).sort((a, b) => compareSets(a.labels, b.labels) || compareText(a.receiver, b.receiver))
  }

  receivers(): readonly Receiver[] {
    return this.#receivers
  }

  silences(): SilenceView[] {
    return this.#silences.list()
  }

  silence(id: string): SilenceView | undefined {
    return this.#silences.get(id)
  }

  setSilence(silence: PostableSilence): Promise<string> {
    return this.#silences.set(silence)
  }

  expireSilence(id: string): Promise<boolean> {
    return this.#silences.expire(id)
  }

  contactPoints(): readonly ContactPoint[] {
    return this.#senders.map(s => s.contactPoint)
  }

  async test(contactPointUid: string): Promise<StoredDelivery> {
    const sender = this.#senders.find(s => s.contactPoint.uid === contactPointUid)
    if (sender === undefined) throw new Error('no such contact point')
    const nowMs = this.#options.clock.nowMs()
    const labels = labelsFromPairs([['alertname', 'TestAlert'], ['instance', 'haechi'], ['severity', 'info']])
    const alert: NotificationAlert = {
      status: 'firing', labels, annotations: labelsFromPairs([['summary', 'Notification test']]), startsAtMs: nowMs, endsAtMs: undefined, generatorUrl: this.#options.externalUrl,
      fingerprint: fingerprint(labels),
    }
    const group = groupLabels(labels, ['alertname'])
    const receiver = this.#receivers.find(r => r.contactPoints.includes(contactPointUid))?.name ?? sender.contactPoint.name
    return sender.test({
      receiver, status: 'firing', alerts: [alert], groupLabels: group, externalUrl: this.#options.externalUrl, groupKey: groupKey('{}', group), truncatedAlerts: 0, reason: '', test: true,
    }, new AbortController().signal)
  }

  stats(): PipelineStats {
    const nowMs = this.#options.clock.nowMs()
    const alerts = this.alerts()
    const silences = this.#silences.list()
    return {
      received: { ...this.#received }, groups: this.#groups.size, integrations: this.#stats.counts(), suppressed: { ...this.#suppressed },
      alerts: { active: alerts.filter(a => a.state === 'active').length, suppressed: alerts.filter(a => a.state === 'suppressed').length, unprocessed: alerts.filter(a => a.state === 'unprocessed').length },
      silences: { active: silences.filter(s => s.state === 'active').length, pending: silences.filter(s => s.state === 'pending').length, expired: silences.filter(s => s.state === 'expired').length },
      placed: this.#placed, limit: this.#limit.counts(), logWork: this.#teller.work(), silenceWork: this.#silences.work(), logEntries: this.#teller.size(nowMs), inhibitRules: this.#inhibitRules, receivers: this.#receivers.length, contactPoints: this.#senders.length,
    }
  }

  deliveries(query: DeliveryQuery): Promise<StoredDelivery[]> {
    return this.#options.store.deliveries(query)
  }
}
