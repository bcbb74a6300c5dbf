import type { SeriesLabels } from './series-name.ts'
import type { Annotation } from './model.ts'

/** A marked moment, or a stretch. Unix ms. */
export interface AnnotationEvent {
  readonly startMs: number
  /** Equal to `startMs` for a moment. */
  readonly endMs: number
  readonly title: string
  readonly text: string
  readonly tags: readonly string[]
}

/** Most marks of one annotation: more are no help and cost time to draw. */
const MOST_EVENTS = 500

/**
 * The events of an annotation query: where a value is above zero, moments not more than a step apart are one stretch.
 * @see Grafana `packages/grafana-prometheus/src/annotations.ts`
 */
export function annotationEvents(annotation: Annotation, series: readonly { readonly labels: SeriesLabels; readonly ts: ArrayLike<number>; readonly vs: ArrayLike<number> }[], stepMs: number): AnnotationEvent[] {
  const out: AnnotationEvent[] = []
  for (const s of series) {
    const fill = (format: string): string => format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => Object.hasOwn(s.labels, label) ? s.labels[label]! : label)
    const words = { title: fill(annotation.titleFormat), text: fill(annotation.textFormat), tags: annotation.tagKeys.flatMap(k => Object.hasOwn(s.labels, k) ? [s.labels[k]!] : []) }
    let open: { startMs: number; endMs: number } | undefined
    const close = (): void => {
      if (open !== undefined) out.push({ ...open, ...words })
      open = undefined
    }
    for (let i = 0; i < s.ts.length && out.length < MOST_EVENTS; i++) {
      const v = s.vs[i]!
      if (!(v > 0) || v === Infinity) continue
      const t = annotation.useValueForTime ? Math.floor(v) : s.ts[i]!
      if (open !== undefined && t >= open.startMs && t - open.endMs <= stepMs) open.endMs = t
      else {
        close()
        open = { startMs: t, endMs: t }
      }
    }
    close()
  }
  return out.sort((a, b) => a.startMs - b.startMs).slice(0, MOST_EVENTS)
}
