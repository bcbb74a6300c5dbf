import { randomUUID } from 'node:crypto'
import { PatternError, compilePattern, goQuote, isLabelName, isWellFormed, matchesLabels, newMatcher } from '@haechi/model'
import type { Labels, MatchType, Matcher } from '@haechi/model'
import { WorkStats } from './work-stats.ts'
import type { SilenceWork } from './work-stats.ts'
import type { AlertingStore, Clock, PostableSilence, Silence, SilenceMatcher, SilenceState, SilenceView } from './views.ts'

/** Why a silence can't be made. The message is Alertmanager's. */
export class SilenceError extends Error {
  readonly code: 'invalid' | 'not_found'

  constructor(code: SilenceError['code'], message: string) {
    super(message)
    this.name = 'SilenceError'
    this.code = code
  }
}

/** How long an ended silence can still be seen. @see alertmanager `--data.retention` */
export const SILENCE_RETENTION_MS: number = 120 * 3_600_000
/** @see alertmanager `--data.maintenance-interval` */
const MAINTENANCE_MS = 15 * 60_000
/** How many silences there may be, and how large one may be in bytes of JSON. 0: any. */
export interface SilenceLimits {
  readonly maxSilences: number
  readonly maxBytes: number
}

/** So that a caller that makes them in a loop can't fill the memory. */
export const DEFAULT_SILENCE_LIMITS: SilenceLimits = { maxSilences: 10_000, maxBytes: 65_536 }

const NO_IDS: readonly string[] = []

interface Held {
  readonly silence: Silence
  readonly matchers: readonly Matcher[]
}

/** The silences: made, changed and ended by people; ended ones are forgotten after {@link SILENCE_RETENTION_MS}. */
export class Silences {
  readonly #store: AlertingStore
  readonly #clock: Clock
  readonly #limits: SilenceLimits
  readonly #held = new Map<string, Held>()
  /** By fingerprint: the silences whose matchers an alert satisfies, whenever they hold. Empty after each change of a silence. */
  readonly #matching = new Map<string, readonly Silence[]>()
  #cancel: (() => void) | undefined
  readonly #queries = new WorkStats()
  readonly #maintenance = new WorkStats()
  #maintenanceErrors = 0
  #scanned = 0
  #skipped = 0
  /** Changes go one by one: each is judged by what the one before left. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(store: AlertingStore, clock: Clock, limits: SilenceLimits = DEFAULT_SILENCE_LIMITS) {
    this.#limits = limits
    this.#store = store
    this.#clock = clock
  }

  /** Loads what was kept, then looks every quarter of an hour for what is to be forgotten. */
  async start(): Promise<void> {
    for (const s of await this.#store.loadSilences()) if (!this.#held.has(s.id)) this.#held.set(s.id, { silence: s, matchers: s.matchers.map(compiled) })
    this.#matching.clear()
    await this.#forgetOld()
    this.#schedule()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(MAINTENANCE_MS, () => {
      this.#schedule()
      const begun = this.#clock.nowMs()
      // What could not be removed is tried again next time.
      this.#forgetOld().catch(() => { this.#maintenanceErrors++ }).finally(() => this.#maintenance.add(this.#clock.nowMs() - begun))
    })
  }

  async #forgetOld(): Promise<void> {
    const before = this.#clock.nowMs() - SILENCE_RETENTION_MS
    const old = [...this.#held.values()].filter(h => h.silence.endsAtMs <= before).map(h => h.silence.id)
    if (old.length === 0) return
    await this.#store.deleteSilences(old)
    for (const id of old) this.#held.delete(id)
    this.#matching.clear()
  }

  /** Ids of the active silences that match, sorted. */
  silencedBy(alert: { readonly fingerprint: string; readonly labels: Labels }, nowMs: number): readonly string[] {
    const begun = this.#clock.nowMs()
    const ids = this.#silencedBy(alert, nowMs)
    this.#queries.add(this.#clock.nowMs() - begun)
    return ids
  }

  /** The same for labels of which there need be no alert; nothing is remembered. */
  silencing(labels: Labels, nowMs: number): readonly string[] {
    return [...this.#held.values()].filter(h => stateOf(h.silence, nowMs) === 'active' && matchesLabels(h.matchers, labels)).map(h => h.silence.id).sort()
  }

  /** What was done since the start. */
  work(): SilenceWork {
    return { queries: this.#queries, scanned: this.#scanned, skipped: this.#skipped, maintenance: this.#maintenance, maintenanceErrors: this.#maintenanceErrors, kept: this.#held.size }
  }

  #silencedBy(alert: { readonly fingerprint: string; readonly labels: Labels }, nowMs: number): readonly string[] {
    if (this.#held.size === 0) return NO_IDS
    let matching = this.#matching.get(alert.fingerprint)
    if (matching === undefined) {
      matching = [...this.#held.values()].filter(h => matchesLabels(h.matchers, alert.labels)).map(h => h.silence)
      this.#matching.set(alert.fingerprint, matching)
      this.#scanned += this.#held.size
    } else this.#skipped += this.#held.size
    return matching.length === 0 ? NO_IDS : matching.filter(s => stateOf(s, nowMs) === 'active').map(s => s.id).sort()
  }

  /** Alerts that are no more. */
  forget(fingerprints: readonly string[]): void {
    for (const f of fingerprints) this.#matching.delete(f)
  }

  /** Active ones by their end, then pending ones by their start, then expired ones, the last ended first. @see alertmanager api/v2 `SortSilences` */
  list(): SilenceView[] {
    const order: readonly SilenceState[] = ['active', 'pending', 'expired']
    const at = (s: SilenceView): number => (s.state === 'active' ? s.endsAtMs : s.state === 'pending' ? s.startsAtMs : -s.endsAtMs)
    return [...this.#held.values()].map(h => this.#view(h.silence)).sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || at(a) - at(b) || (a.id < b.id ? -1 : 1))
  }

  get(id: string): SilenceView | undefined {
    const held = this.#held.get(id)
    return held === undefined ? undefined : this.#view(held.silence)
  }

  #view(s: Silence): SilenceView {
    return { ...s, state: stateOf(s, this.#clock.nowMs()) }
  }

  /**
   * Makes a silence, or changes the one with the given id. One whose past would change is ended instead, and a new one made.
   * @returns the id; stored when it resolves
   * @throws SilenceError
   * @see alertmanager silence `Set`
   */
  set(posted: PostableSilence): Promise<string> {
    return this.#alone(async () => {
      const nowMs = this.#clock.nowMs()
      const matchers = checked(posted)
      const fresh: Silence = {
        id: posted.id ?? '', matchers: posted.matchers, startsAtMs: posted.startsAtMs, endsAtMs: posted.endsAtMs, updatedAtMs: nowMs, createdBy: posted.createdBy, comment: posted.comment,
        ...(posted.annotations === undefined ? {} : { annotations: posted.annotations }),
      }
      const size = Buffer.byteLength(JSON.stringify(fresh))
      const { maxSilences, maxBytes } = this.#limits
      if (maxBytes > 0 && size > maxBytes) throw new SilenceError('invalid', `silence exceeded maximum size: ${size} bytes (limit: ${maxBytes} bytes)`)
      const before = fresh.id === '' ? undefined : this.#held.get(fresh.id)?.silence
      if (fresh.id !== '' && before === undefined) throw new SilenceError('not_found', 'silence not found')
      if (before !== undefined && keepsThePast(before, fresh, nowMs)) {
        await this.#keep(fresh, matchers)
        return fresh.id
      }
      if (maxSilences > 0 && this.#held.size >= maxSilences) throw new SilenceError('invalid', `exceeded maximum number of silences: ${this.#held.size} (limit: ${maxSilences})`)
      if (before !== undefined) await this.#end(before, nowMs)
      const made = { ...fresh, id: randomUUID(), startsAtMs: Math.max(fresh.startsAtMs, nowMs) }
      await this.#keep(made, matchers)
      return made.id
    })
  }

  /** Ends a silence now. @returns false when there is none; one that is over stays as it is */
  expire(id: string): Promise<boolean> {
    return this.#alone(async () => {
      const held = this.#held.get(id)
      if (held !== undefined) await this.#end(held.silence, this.#clock.nowMs())
      return held !== undefined
    })
  }

  async #end(s: Silence, nowMs: number): Promise<void> {
    const state = stateOf(s, nowMs)
    if (state === 'expired') return
    await this.#keep({ ...s, startsAtMs: state === 'pending' ? nowMs : s.startsAtMs, endsAtMs: nowMs, updatedAtMs: nowMs }, this.#held.get(s.id)!.matchers)
  }

  async #keep(s: Silence, matchers: readonly Matcher[]): Promise<void> {
    await this.#store.putSilence(s)
    this.#held.set(s.id, { silence: s, matchers })
    this.#matching.clear()
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => undefined)
    return done
  }
}

/** @param nowMs Unix ms; at its very end a silence is over. */
export function stateOf(s: Pick<Silence, 'startsAtMs' | 'endsAtMs'>, nowMs: number): SilenceState {
  if (nowMs >= s.endsAtMs) return 'expired'
  return nowMs < s.startsAtMs ? 'pending' : 'active'
}

function compiled(m: SilenceMatcher): Matcher {
  const type: MatchType = m.isRegex ? (m.isEqual ? '=~' : '!~') : m.isEqual ? '=' : '!='
  return newMatcher(type, m.name, m.value)
}

/** @throws SilenceError */
function checked(s: PostableSilence): Matcher[] {
  const invalid = (why: string): SilenceError => new SilenceError('invalid', `invalid silence: ${why}`)
  if (s.matchers.length === 0) throw invalid('matcher set 0 is empty')
  const matchers = s.matchers.map((m, i) => {
    const wrong = (why: string): SilenceError => invalid(`invalid label matcher ${i} in set 0: ${why}`)
    if (!isLabelName(m.name)) throw wrong(`invalid label name ${goQuote(m.name)}`)
    if (!m.isRegex && !isWellFormed(m.value)) throw wrong(`invalid label value ${goQuote(m.value)}`)
    try {
      return compiled(m)
    } catch (err) {
      if (err instanceof PatternError) throw wrong(`invalid regular expression ${goQuote(m.value)}: ${err.message}`)
      throw err
    }
  })
  if (s.matchers.every(matchesEmpty)) throw invalid('matcher set 0: at least one matcher must not match the empty string')
  if (!(s.endsAtMs >= s.startsAtMs)) throw invalid('end time must not be before start time')
  return matchers
}

/** As Alertmanager asks it: a negative matcher counts as one that does not, an expression may match anywhere. */
function matchesEmpty(m: SilenceMatcher): boolean {
  if (!m.isEqual) return false
  return m.isRegex ? compilePattern(m.value).matches('') : m.value === ''
}

function keepsThePast(before: Silence, fresh: Silence, nowMs: number): boolean {
  if (JSON.stringify(before.matchers.map(matcherKey)) !== JSON.stringify(fresh.matchers.map(matcherKey))) return false
  switch (stateOf(before, nowMs)) {
    case 'active': return Math.floor(before.startsAtMs / 1000) === Math.floor(fresh.startsAtMs / 1000) && fresh.endsAtMs >= nowMs
    case 'pending': return fresh.startsAtMs >= nowMs
    case 'expired': return false
  }
}

function matcherKey(m: SilenceMatcher): readonly unknown[] {
  return [m.name, m.value, m.isRegex, m.isEqual]
}
