import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Labels } from '@haechi/model'
import { POINT, parseSeriesDescription } from '@haechi/promql'

/** Length of a run in steps of one second. */
export const STEPS = 42
/** The second server stops after the evaluations of this step. */
export const RESTART_STEP = 6
/** One silence over a part of its scenario, in steps. */
export const SILENCE: { readonly fromStep: number; readonly toStep: number } = { fromStep: 4, toStep: 10 }
export const EXTERNAL_URL = 'http://scenario.test'
export const RECORDER_URL = 'http://recorder.test'
/** Shorter than Prometheus' own minute, so that alerts which nobody sends any more end within a run. */
export const RESEND_MS = 1000
/** Of the server that restarts: Prometheus knows no Alertmanager for five seconds after its start, and nothing shall end in that time. */
export const RESTARTING_RESEND_MS = 4000

/** A file of this folder. */
export function scenarioFile(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}

/** One series; sample `i` belongs to step `steps[i]`. */
export interface ScenarioSeries {
  readonly labels: Labels
  readonly steps: readonly number[]
  /** undefined: the series ends here. */
  readonly values: readonly (number | undefined)[]
}

/** The series of `series.txt`. */
export function scenarioSeries(): ScenarioSeries[] {
  return scenarioFile('series.txt').split('\n').filter(l => l !== '' && !l.startsWith('#')).map(line => {
    const { labels, kinds, values } = parseSeriesDescription(line)
    const steps: number[] = []
    const out: (number | undefined)[] = []
    for (let i = 0; i < kinds.length && i <= STEPS; i++) {
      if (kinds[i] === POINT.none) continue
      steps.push(i)
      out.push(kinds[i] === POINT.stale ? undefined : values[i]!)
    }
    return { labels, steps, values: out }
  })
}

/** What a receiver was sent, times as steps. */
export interface Told {
  /** Whole steps since the evaluations of step 0 of the group that it is about. */
  readonly at: number
  /** Path of the receiver's address. */
  readonly to: string
  readonly body: Readonly<Record<string, unknown>>
}

/** A message as it arrived. */
export interface Arrived {
  readonly tMs: number
  readonly path: string
  readonly body: unknown
}

interface Body { readonly alerts: readonly { readonly startsAt: string; readonly endsAt: string; readonly labels: Readonly<Record<string, string>> }[] }

/**
 * Messages with times as steps, in an order that does not depend on which of two groups is a millisecond faster. Groups of rules have their own place within
 * a second, which the start of each alert tells: all times are counted from it.
 */
export function told(arrived: readonly Arrived[], startMs: number): Told[] {
  return arrived.map((a): Told => {
    const body = a.body as Body
    const offsetMs = Date.parse(body.alerts[0]!.startsAt) % 1000
    const step = (tMs: number): number => Math.floor((tMs - startMs - offsetMs) / 1000)
    const time = (text: string): string => (text.startsWith('0001-') ? 'never' : `step ${step(Date.parse(text))}`)
    return { at: step(a.tMs), to: a.path, body: { ...body, alerts: body.alerts.map(x => ({ ...x, startsAt: time(x.startsAt), endsAt: time(x.endsAt) })) } }
  }).sort((a, b) => compare(a.to, b.to) || compare(String(a.body['groupKey']), String(b.body['groupKey'])) || a.at - b.at)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The scenario that a message belongs to. */
export function scenarioOf(t: Told): string {
  const { labels } = (t.body as unknown as Body).alerts[0]!
  return labels['scenario'] ?? labels['alertname']!
}

/** What was recorded from the real servers. */
export interface Recording {
  readonly prometheus: string
  readonly alertmanager: string
  /** Step of the first evaluation after the restart. */
  readonly restartedStep: number
  readonly told: readonly Told[]
}
