import { useEffect, useMemo, useState } from 'react'
import { annotationEvents, calculateIntervalMs, cssColor, interpolateQuery, interpolateText, parseDurationMs, withRange } from '@haechi/dashboards'
import type { Annotation, PanelQuery, Theme, TimeRange, VariableValues } from '@haechi/dashboards'
import type { ChartMark } from '../charts/chart-model.ts'
import type { FetchSeries } from './types.ts'

/** A moment or a stretch that all charts of a board mark. */
export interface BoardMark {
  readonly tMs: number
  /** Equal to `tMs` for a moment. */
  readonly endMs: number
  /** A colour name of Grafana or CSS. */
  readonly color: string
  readonly label: string
  /** Of an alert: charts of other services leave it out. */
  readonly labels?: Readonly<Record<string, string>>
}

/** An alert belongs into a chart unless one of these says that they are about different things. */
const IDENTITY = ['job', 'service', 'instance', 'namespace'] as const
const ALERTS = 'ALERTS{alertstate="firing"}'

/** The query of an annotation. Alerts come from the series that every rule leaves behind. */
export function annotationQuery(annotation: Annotation, range: TimeRange, variables: VariableValues): PanelQuery {
  const own = parseDurationMs(interpolateText(annotation.step, variables).replace(/^>/, '')) ?? 60_000
  const stepMs = Math.max(own, annotation.kind === 'alerts' ? 0 : 1000, calculateIntervalMs(range.endMs - range.startMs, 1000, 1000))
  return {
    refId: 'Anno', expr: annotation.kind === 'alerts' ? ALERTS : interpolateQuery(annotation.expr, withRange(variables, range, stepMs)),
    startMs: Math.floor(range.startMs / stepMs) * stepMs, endMs: Math.floor(range.endMs / stepMs) * stepMs, stepMs, legend: '', instant: false, shiftMs: 0,
  }
}

/**
 * Turns the answers of an annotation's query into marks. An alert is marked where it begins and where it ends, as Grafana marks changes of state: a
 * band as long as the alert would lie over the curve that explains it. What began before the range or goes on after it has no mark there.
 */
export function marksOf(annotation: Annotation, series: Parameters<typeof annotationEvents>[1], query: Pick<PanelQuery, 'startMs' | 'endMs' | 'stepMs'>): BoardMark[] {
  const { stepMs } = query
  if (annotation.kind === 'alerts') {
    return series.flatMap(s => annotationEvents(annotation, [s], stepMs).flatMap((e): BoardMark[] => {
      const name = s.labels['alertname'] ?? annotation.name
      const overMs = e.endMs + stepMs
      return [
        ...(e.startMs > query.startMs ? [{ tMs: e.startMs, endMs: e.startMs, color: 'red', label: name, labels: s.labels }] : []),
        ...(overMs <= query.endMs ? [{ tMs: overMs, endMs: overMs, color: 'green', label: `${name} ✓`, labels: s.labels }] : []),
      ]
    })).sort((a, b) => a.tMs - b.tMs)
  }
  return annotationEvents(annotation, series, stepMs).map((e): BoardMark => ({
    tMs: e.startMs, endMs: e.endMs, color: annotation.color, label: [e.title || annotation.name, e.text, ...e.tags].filter(t => t !== '').join(' · '),
  }))
}

/** The marks of one chart, in its theme's colours: those that are not about something else. */
export function shownMarks(marks: readonly BoardMark[], labels: readonly Readonly<Record<string, string>>[], theme: Theme): ChartMark[] {
  return marks.filter(m => m.labels === undefined || IDENTITY.every(n => {
    const own = m.labels![n]
    return own === undefined || labels.every(l => l[n] === undefined) || labels.some(l => l[n] === own)
  })).map((m): ChartMark => ({ tMs: m.tMs, ...(m.endMs > m.tMs ? { endMs: m.endMs } : {}), color: cssColor(m.color, theme), label: m.label }))
}

/** What a board marks, and which of its annotations failed, with the reason. */
export interface BoardMarks {
  readonly marks: readonly BoardMark[]
  readonly failures: ReadonlyMap<string, string>
}

const NOTHING: BoardMarks = { marks: [], failures: new Map() }

/** Asks the annotations of a board at every refresh; those that people switched (`toggled`) are the other way round than the board has them. The old marks stay until the new ones are there. */
export function useBoardMarks(annotations: readonly Annotation[], toggled: ReadonlySet<string>, range: TimeRange, variables: VariableValues, isReady: boolean, fetchSeries: FetchSeries): BoardMarks {
  const [found, setFound] = useState<BoardMarks>(NOTHING)
  const asked = useMemo(() => annotations.filter(a => toggled.has(a.name) !== a.enabled), [annotations, toggled])
  useEffect(() => {
    if (!isReady || asked.length === 0) return undefined
    const controller = new AbortController()
    void (async () => {
      const failures = new Map<string, string>()
      const all = await Promise.all(asked.map(async a => {
        try {
          const query = annotationQuery(a, range, variables)
          return marksOf(a, await fetchSeries(query, controller.signal), query)
        } catch (err) {
          failures.set(a.name, err instanceof Error ? err.message : String(err))
          return []
        }
      }))
      if (controller.signal.aborted) return
      const marks = all.flat().sort((a, b) => a.tMs - b.tMs)
      setFound(old => JSON.stringify([old.marks, [...old.failures]]) === JSON.stringify([marks, [...failures]]) ? old : { marks, failures })
    })()
    return () => controller.abort()
  }, [asked, range, variables, isReady, fetchSeries])
  return asked.length === 0 ? NOTHING : found
}
