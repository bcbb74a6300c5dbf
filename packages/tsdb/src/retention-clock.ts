import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { uptime } from 'node:os'
import path from 'node:path'
import type { Logger } from './logger.ts'
import { listSegments } from './wal/wal-files.ts'

/** A step of the clock counts when it has stood for so long. */
export const SETTLE_MS: number = 24 * 3_600_000
/** Smaller steps are the clock's own business. */
const STEP_MS = 3_600_000
/** How often what is known is written down; a kill makes the pause before the next start look so much longer. */
const KEEP_MS = 600_000

/** A step of the clock that does not count yet. */
interface Step {
  /** Positive: forward. */
  deltaMs: number
  /** Running time since, over restarts. */
  ageMs: number
}

/** What outlives the process. */
interface KeptClock {
  readonly believedMs: number
  readonly steps: readonly Step[]
}

/** What the clock shows and does not count yet. */
export interface ClockHold {
  /** How far the machine's clock is ahead of the time that the retention is measured from. */
  readonly aheadMs: number
  /** Running time until all of it counts, if the clock stays. */
  readonly leftMs: number
}

/** Where a clock gets its times from. All in ms. */
export interface RetentionClockOptions {
  readonly dataDir: string
  readonly retentionMs: number
  /** Unix ms. Default the machine's clock. */
  readonly now?: (() => number) | undefined
  /** Time that passes whatever the clock is set to. Default the machine's uptime, or `now` if that is given: every step of it counts at once then. */
  readonly monotonic?: (() => number) | undefined
  readonly logger: Logger
}

const FORWARD = 'The clock was set forward, or the machine was paused; data is not yet dropped by the new time, only if the clock stays there for a day'
const OFF = 'The clock is far ahead of the time when data was last written here; data is not yet dropped by it, only if the clock stays there for a day'

/**
 * The time that the retention is measured from: the machine's clock, but where that steps forward the step counts only after a day, so that a wrong clock
 * drops nothing. A step back counts at once, since it only keeps more. What is known is in `haechi/clock.json` of the data directory, so that a restart under
 * a wrong clock, or with one that still is, is no way around; without that file the newest segment of the log says when data was written last.
 */
export class RetentionClock {
  private readonly now: () => number
  private readonly monotonic: () => number
  /** Undefined: every time is believed. */
  private readonly file: string | undefined
  private readonly log: Logger
  private readonly toleranceMs: number
  private believedMs: number
  private steps: Step[] = []
  private lastMono: number
  private keptMono = -Infinity
  private failed = false

  constructor(options: RetentionClockOptions) {
    this.now = options.now ?? Date.now
    this.monotonic = options.monotonic ?? options.now ?? (() => uptime() * 1000)
    this.log = options.logger
    this.toleranceMs = Math.min(STEP_MS, options.retentionMs / 10)
    this.lastMono = this.monotonic()
    const guarded = options.monotonic !== undefined || options.now === undefined
    this.file = guarded ? path.join(options.dataDir, 'haechi', 'clock.json') : undefined
    this.believedMs = this.now()
    if (this.file === undefined) return
    const kept = readKept(this.file) ?? writtenLast(path.join(options.dataDir, 'wal'))
    if (kept !== undefined) {
      this.believedMs = kept.believedMs
      this.steps = [...kept.steps]
      this.look(true)
    }
    this.keep()
  }

  /** Unix ms from which the retention is measured. */
  nowMs(): number {
    if (this.file === undefined) return this.now()
    this.look(false)
    if (this.lastMono - this.keptMono >= KEEP_MS) this.keep()
    return Math.min(this.believedMs, this.now())
  }

  /** Time for measuring how long ago something was, whatever the clock is set to. */
  passedMs(): number {
    return this.monotonic()
  }

  /** What does not count yet; undefined while all is well. */
  hold(): ClockHold | undefined {
    const aheadMs = this.now() - this.nowMs()
    const youngest = this.steps.at(-1)
    return youngest === undefined || aheadMs <= this.toleranceMs ? undefined : { aheadMs, leftMs: SETTLE_MS - youngest.ageMs }
  }

  /** Writes down what is known, for the next process. */
  keep(): void {
    if (this.file === undefined) return
    this.keptMono = this.lastMono
    const temp = `${this.file}.tmp`
    const content: KeptClock = { believedMs: this.believedMs, steps: this.steps }
    try {
      mkdirSync(path.dirname(this.file), { recursive: true })
      writeFileSync(temp, `${JSON.stringify(content)}\n`)
      renameSync(temp, this.file)
      this.failed = false
    } catch (err) {
      try {
        rmSync(temp, { force: true })
      } catch {
        // The disk that refused the file may refuse this as well.
      }
      if (!this.failed) this.log.warn({ err, file: this.file }, 'What is known about the clock could not be written; it is tried again')
      this.failed = true
    }
  }

  /** Compares the clock with the time that has passed. */
  private look(start: boolean): void {
    const mono = Math.max(this.lastMono, this.monotonic())
    const passedMs = mono - this.lastMono
    this.lastMono = mono
    this.believedMs += passedMs
    let shownMs = this.believedMs
    for (const step of this.steps) {
      step.ageMs += passedMs
      shownMs += step.deltaMs
    }
    const deltaMs = this.now() - shownMs
    if (Math.abs(deltaMs) <= this.toleranceMs) this.believedMs += deltaMs
    else this.step(deltaMs, start)
    while (this.steps.length > 0 && this.steps[0]!.ageMs >= SETTLE_MS) {
      const { deltaMs: settledMs } = this.steps.shift()!
      this.believedMs += settledMs
      this.log.info({ stepMs: Math.round(settledMs) }, 'The clock has stayed where it was set to: data is dropped by its time')
      this.keptMono = -Infinity
    }
  }

  private step(deltaMs: number, start: boolean): void {
    this.keptMono = -Infinity
    let leftMs = deltaMs
    // What is taken back was never there.
    for (let last = this.steps.at(-1); last !== undefined && last.deltaMs * leftMs < 0; last = this.steps.at(-1)) {
      if (Math.abs(last.deltaMs) > Math.abs(leftMs)) {
        last.deltaMs += leftMs
        return
      }
      leftMs += last.deltaMs
      this.steps.pop()
    }
    if (Math.abs(leftMs) <= this.toleranceMs) {
      this.believedMs += leftMs
      return
    }
    this.steps.push({ deltaMs: leftMs, ageMs: 0 })
    if (leftMs < 0) return
    const fields = { aheadMs: Math.round(leftMs), clock: iso(this.now()), believed: iso(this.believedMs) }
    // A machine that was off for some hours is no news.
    if (start && leftMs <= SETTLE_MS) this.log.info(fields, OFF)
    else this.log.warn(fields, start ? OFF : FORWARD)
  }
}

function readKept(file: string): KeptClock | undefined {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // None, or half of one: the log says when data was written last.
    return undefined
  }
  const kept = content as Partial<KeptClock> | null
  if (typeof kept !== 'object' || kept === null || !Number.isFinite(kept.believedMs) || !Array.isArray(kept.steps)) return undefined
  const steps: Step[] = []
  for (const step of kept.steps as readonly (Partial<Step> | null)[]) {
    if (!Number.isFinite(step?.deltaMs) || !Number.isFinite(step?.ageMs)) return undefined
    steps.push({ deltaMs: step!.deltaMs!, ageMs: step!.ageMs! })
  }
  return { believedMs: kept.believedMs!, steps }
}

/** The time of the newest segment of a log. */
function writtenLast(walDir: string): KeptClock | undefined {
  const newest = listSegments(walDir).at(-1)
  if (newest === undefined) return undefined
  const { mtimeMs } = statSync(newest.file)
  return { believedMs: mtimeMs, steps: [] }
}

function iso(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}
