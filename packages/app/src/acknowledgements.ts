import type { AlertPipeline, AlertingLog, Clock, SilenceMatcher, SilenceView } from '@haechi/alerting'
import { labelValue, matchesValue, newMatcher } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { isAcknowledgement } from '@haechi/server'

/** How long an acknowledgement waits for the alert that it is about before it counts as over: rules need a while after a start. */
const GRACE_MS = 10 * 60_000

/** What this reads and changes. */
export type AcknowledgedAlerts = Pick<AlertPipeline, 'alerts' | 'silences' | 'expireSilence'>

/**
 * Ends acknowledgements when what they are about is over, so that the end is told and the next time is told again.
 * An acknowledgement whose alert was never seen since `startedMs` is left alone for ten minutes.
 */
export class Acknowledgements {
  readonly #pipeline: AcknowledgedAlerts
  readonly #startedMs: number
  /** Ids of those whose alert was there. */
  readonly #seen = new Set<string>()

  constructor(pipeline: AcknowledgedAlerts, startedMs: number) {
    this.#pipeline = pipeline
    this.#startedMs = startedMs
  }

  /** Looks once. @returns ids of those that were ended */
  async check(nowMs: number): Promise<string[]> {
    const active = this.#pipeline.silences().filter(s => s.state === 'active' && isAcknowledgement(s))
    const ids = new Set(active.map(s => s.id))
    for (const id of this.#seen) if (!ids.has(id)) this.#seen.delete(id)
    if (active.length === 0) return []
    const alerts = this.#pipeline.alerts().filter(a => a.endsAtMs > nowMs)
    const ended: string[] = []
    for (const s of active) {
      if (alerts.some(a => concerns(s, a.labels))) this.#seen.add(s.id)
      else if (this.#seen.has(s.id) || nowMs - Math.max(s.startsAtMs, this.#startedMs) > GRACE_MS) {
        await this.#pipeline.expireSilence(s.id)
        ended.push(s.id)
      }
    }
    return ended
  }
}

/** How often it is looked whether an acknowledgement is over. */
const EVERY_MS = 5_000

/** Looks every five seconds until it is stopped. A failure is logged and the next look tries again. */
export function endAcknowledgements(pipeline: AcknowledgedAlerts, clock: Clock, log: AlertingLog): { stop(): void } {
  const acknowledgements = new Acknowledgements(pipeline, clock.nowMs())
  let cancel = (): void => {}
  const wait = (): void => { cancel = clock.after(EVERY_MS, () => void look()) }
  let stopped = false
  const look = async (): Promise<void> => {
    try {
      for (const silence of await acknowledgements.check(clock.nowMs())) log.info({ silence }, 'An acknowledgement ended: its alert is over')
    } catch (err) {
      log.error({ err }, 'Ending an acknowledgement failed')
    }
    if (!stopped) wait()
  }
  wait()
  return {
    stop: () => {
      stopped = true
      cancel()
    },
  }
}

function concerns(s: SilenceView, labels: Labels): boolean {
  return s.matchers.every(m => matchesValue(newMatcher(operator(m), m.name, m.value), labelValue(labels, m.name)))
}

function operator(m: SilenceMatcher): '=' | '!=' | '=~' | '!~' {
  return m.isRegex ? (m.isEqual ? '=~' : '!~') : m.isEqual ? '=' : '!='
}
