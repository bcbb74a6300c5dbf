import { displayName, fieldConfigFor, seriesKey, seriesNames } from '@haechi/dashboards'
import { numbers } from './single-values.ts'
import { panelFrames } from './shown-frames.ts'
import type { FieldConfig, Panel } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'
import type { PanelSeries } from './types.ts'

/** A series with its name and how it is to be shown. */
export interface Field {
  /** Unique in the panel, the same from refresh to refresh. */
  readonly id: string
  readonly name: string
  readonly refId: string
  /** What its colour hangs on. */
  readonly colorKey: string
  readonly series: PanelSeries
  readonly config: FieldConfig
}

/** Names every series of a panel and applies the overrides. A series hidden from the picture is left out; equal names get a number. */
export function panelFields(panel: Panel, results: readonly QueryResult[], context: Pick<PanelContext, 'variables'> = {}): Field[] {
  // Series over time are named as they are; what is transformed has to become tables first.
  if (panel.transformations.length > 0 || results.some(r => r.query.expression !== undefined)) return framedFields(panel, results, context)
  const fields: Field[] = []
  const usedNames = new Map<string, number>()
  const usedKeys = new Set<string>()
  const usedIds = new Set<string>()
  for (const { query, series } of results) {
    const names = seriesNames(query.legend, query.expr, series.map(s => s.labels))
    series.forEach((s, i) => {
      // Native histograms are no line.
      if (s.histograms !== undefined) return
      const matched = { name: 'Value', displayName: names[i]!, refId: query.refId, values: s.vs }
      const config = fieldConfigFor(panel, matched)
      const hideFrom = config.custom['hideFrom']
      if (typeof hideFrom === 'object' && hideFrom !== null && 'viz' in hideFrom && hideFrom.viz === true) return
      let name = displayName(config, names[i]!, s.labels)
      const nth = (usedNames.get(name) ?? 0) + 1
      usedNames.set(name, nth)
      if (nth > 1) name = `${name} ${nth}`
      // The labels decide the colour; where two queries give the same labels (p50, p95), the name does.
      let colorKey = seriesKey(s.labels)
      if (usedKeys.has(colorKey)) colorKey = `${colorKey}\n${name}`
      usedKeys.add(colorKey)
      let id = `${query.refId}${query.instant ? 'i' : ''} ${seriesKey(s.labels)}`
      while (usedIds.has(id)) id = `${id}+`
      usedIds.add(id)
      fields.push({ id, name, refId: query.refId, colorKey, series: s, config })
    })
  }
  return fields
}

/** The columns of numbers of a panel's tables, over the first column of times of each; tables without times have no series. */
function framedFields(panel: Panel, results: readonly QueryResult[], context: Pick<PanelContext, 'variables'>): Field[] {
  return panelFrames(panel, results, context).frames.flatMap(({ frame, fields }) => {
    const time = frame.fields.find(f => f.type === 'time')
    if (time === undefined) return []
    // Times are already moved; the caller moves by its query's shift again.
    const shiftMs = results.find(r => r.query.refId === frame.refId)?.query.shiftMs ?? 0
    const ts = numbers(time.values)
    return fields.filter(f => f.field.type === 'number' && !f.isHidden).map((f): Field => ({
      id: f.id, name: f.name, refId: f.refId, colorKey: f.colorKey, config: f.config,
      series: { labels: f.field.labels ?? {}, ts: shiftMs === 0 ? ts : ts.map(t => t - shiftMs), vs: numbers(f.field.values) },
    }))
  })
}
