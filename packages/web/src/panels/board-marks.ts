import { useEffect, useMemo, useState } from 'react'
import { annotationEvents, calculateIntervalMs, cssColor, interpolateQuery, interpolateText, parseDurationMs, sourceOf, withRange } from '@haechi/dashboards'
import type { Annotation, KnownSource, PanelQuery, Theme, TimeRange, VariableValues } from '@haechi/dashboards'
import type { ChartMark } from '../charts/chart-model.ts'
import type { Note, NoteFilter } from '../api/notes.ts'
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
  /** Of what somebody wrote: it can be changed. */
  readonly note?: Note
  /** Panels that show it, or that don't; absent: all show it. */
  readonly panels?: { readonly ids: readonly number[]; readonly exclude: boolean }
}

/** Answers what people wrote down. */
export type FetchNotes = (filter: NoteFilter, signal: AbortSignal) => Promise<readonly Note[]>

/** Most notes of a board that are asked for. */
const MOST_NOTES = 500
/** What the board's own notes are drawn with where it doesn't say: Grafana's colour for them. */
const OWN_COLOR = 'rgba(0, 211, 255, 1)'

/** The notes that an annotation asks for; undefined where it asks for none. */
export function noteFilter(annotation: Annotation, boardUid: string, range: TimeRange, variables: VariableValues): NoteFilter | undefined {
  const span = { from: range.startMs, to: range.endMs }
  if (annotation.kind === 'tags') return { ...span, tags: annotation.tags.map(t => interpolateText(t, variables)), matchAny: annotation.matchAny, limit: annotation.limit }
  return annotation.kind === 'alerts' && boardUid !== '' ? { ...span, dashboardUID: boardUid, limit: MOST_NOTES } : undefined
}

/** Marks of notes. A note on one panel is shown there only. */
export function marksOfNotes(annotation: Pick<Annotation, 'color' | 'kind'>, notes: readonly Note[]): BoardMark[] {
  return notes.map((note): BoardMark => ({
    tMs: note.time, endMs: Math.max(note.time, note.timeEnd), color: annotation.kind === 'alerts' && annotation.color === 'red' ? OWN_COLOR : annotation.color, label: noteLabel(note), note,
    ...(note.panelId > 0 && annotation.kind === 'alerts' ? { panels: { ids: [note.panelId], exclude: false } } : {}),
  }))
}

/** A note in one line: the first line of its text, without markup, and its tags. */
export function noteLabel(note: Pick<Note, 'text' | 'tags'>): string {
  const line = note.text.replace(/<[^>]*>/g, ' ').split('\n').map(l => l.trim()).find(l => l !== '') ?? ''
  return [line.length > 80 ? `${line.slice(0, 79)}…` : line, ...note.tags].filter(t => t !== '').join(' · ')
}

/** An alert belongs into a chart unless one of these says that they are about different things. */
const IDENTITY = ['job', 'service', 'instance', 'namespace'] as const
const ALERTS = 'ALERTS{alertstate="firing"}'

/** The query of an annotation. Alerts come from the series that every rule leaves behind. */
export function annotationQuery(annotation: Annotation, range: TimeRange, variables: VariableValues, sources?: readonly KnownSource[]): PanelQuery {
  const source = annotation.kind === 'alerts' ? undefined : sourceOf(annotation.datasource, variables, sources)
  const own = parseDurationMs(interpolateText(annotation.step, variables).replace(/^>/, '')) ?? 60_000
  const stepMs = Math.max(own, annotation.kind === 'alerts' ? 0 : 1000, calculateIntervalMs(range.endMs - range.startMs, 1000, 1000))
  return {
    refId: 'Anno', expr: annotation.kind === 'alerts' ? ALERTS : interpolateQuery(annotation.expr, withRange(variables, range, stepMs)),
    startMs: Math.floor(range.startMs / stepMs) * stepMs, endMs: Math.floor(range.endMs / stepMs) * stepMs, stepMs, legend: '', instant: false, shiftMs: 0, ...(source === undefined ? {} : { source }),
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

/** The marks of one chart, in its theme's colours: those that are not about something else. @param panelId  of the chart */
export function shownMarks(marks: readonly BoardMark[], labels: readonly Readonly<Record<string, string>>[], theme: Theme, panelId: number): ChartMark[] {
  return marks.filter(m => m.panels === undefined || m.panels.ids.includes(panelId) !== m.panels.exclude).filter(m => m.labels === undefined || IDENTITY.every(n => {
    const own = m.labels![n]
    return own === undefined || labels.every(l => l[n] === undefined) || labels.some(l => l[n] === own)
  })).map((m): ChartMark => ({ tMs: m.tMs, ...(m.endMs > m.tMs ? { endMs: m.endMs } : {}), color: cssColor(m.color, theme), label: m.label, ...(m.note === undefined ? {} : { noteId: m.note.id }) }))
}

/** What a board marks, and which of its annotations failed, with the reason. */
export interface BoardMarks {
  readonly marks: readonly BoardMark[]
  readonly failures: ReadonlyMap<string, string>
}

const NOTHING: BoardMarks = { marks: [], failures: new Map() }

/** What a board's marks are made of, besides its annotations. */
export interface MarkSources {
  readonly boardUid: string
  readonly fetchSeries: FetchSeries
  readonly fetchNotes: FetchNotes
  /** The data sources that there are. */
  readonly known: readonly KnownSource[] | undefined
  /** Another number asks again at once. */
  readonly count: number
}

/** What every board has, whether it says so or not. @see Grafana inserts `Annotations & Alerts` where a board has none */
const OWN_NOTES: Annotation = {
  name: '', kind: 'alerts', enabled: true, hidden: true, color: OWN_COLOR, expr: '', step: '60s', titleFormat: '', textFormat: '', tagKeys: [], useValueForTime: false, tags: [], matchAny: false, limit: MOST_NOTES,
}

/** Asks the annotations of a board at every refresh; those that people switched (`toggled`) are the other way round than the board has them. The old marks stay until the new ones are there. */
export function useBoardMarks(annotations: readonly Annotation[], toggled: ReadonlySet<string>, range: TimeRange, variables: VariableValues, isReady: boolean, sources: MarkSources): BoardMarks {
  const [found, setFound] = useState<BoardMarks>(NOTHING)
  const { boardUid, fetchSeries, fetchNotes, known, count } = sources
  const asked = useMemo(() => annotations.filter(a => toggled.has(a.name) !== a.enabled), [annotations, toggled])
  const hasOwn = useMemo(() => annotations.some(a => a.kind === 'alerts'), [annotations])
  useEffect(() => {
    if (!isReady) return undefined
    const controller = new AbortController()
    const { signal } = controller
    void (async () => {
      const failures = new Map<string, string>()
      const ask = async (a: Annotation, isImplied: boolean): Promise<readonly BoardMark[]> => {
        try {
          const filter = noteFilter(a, boardUid, range, variables)
          const query = isImplied || a.kind === 'tags' ? undefined : annotationQuery(a, range, variables, known)
          const [notes, series] = await Promise.all([filter === undefined ? [] : fetchNotes(filter, signal), query === undefined ? [] : fetchSeries(query, signal)])
          const marks = [...marksOfNotes(a, notes), ...(query === undefined ? [] : marksOf(a, series, query))]
          return a.panels === undefined ? marks : marks.map(m => (m.panels === undefined ? { ...m, panels: a.panels! } : m))
        } catch (err) {
          // What nobody asked for by name is missing in silence: its server may not know it.
          if (!isImplied) failures.set(a.name, err instanceof Error ? err.message : String(err))
          return []
        }
      }
      const all = await Promise.all([...asked.map(a => ask(a, false)), ...(hasOwn || boardUid === '' ? [] : [ask(OWN_NOTES, true)])])
      if (signal.aborted) return
      const seen = new Set<number>()
      // A note with tags may be found twice: on its board and by its tags.
      const marks = all.flat().filter(m => m.note === undefined || !seen.has(m.note.id) && seen.add(m.note.id) !== undefined).sort((a, b) => a.tMs - b.tMs)
      setFound(old => JSON.stringify([old.marks, [...old.failures]]) === JSON.stringify([marks, [...failures]]) ? old : { marks, failures })
    })()
    return () => controller.abort()
  }, [asked, hasOwn, boardUid, range, variables, isReady, fetchSeries, fetchNotes, known, count])
  return found
}
