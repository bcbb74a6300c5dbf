import { answerFrames, displayName, fieldConfigFor, fieldName, interpolateText, matchedColumn, seriesKey, transformFrames } from '@haechi/dashboards'
import { isOptions } from './option-values.ts'
import type { FieldConfig, Frame, FrameField, Panel, ValueRange, VariableValue } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'

/** A column with its name and how it is to be shown. */
export interface ShownField {
  /** Unique in the panel, the same from refresh to refresh. */
  readonly id: string
  readonly name: string
  readonly refId: string
  readonly field: FrameField
  readonly config: FieldConfig
  /** What its colour hangs on. */
  readonly colorKey: string
  /** Left out of pictures, by the dashboard. */
  readonly isHidden: boolean
}

/** A table with its columns as they are to be shown. */
export interface ShownFrame {
  readonly frame: Frame
  readonly fields: readonly ShownField[]
}

/** A panel's tables, transformations and overrides done. */
export interface PanelFrames {
  readonly frames: readonly ShownFrame[]
  /** Transformations that were passed over. */
  readonly unknown: readonly string[]
}

/** Turns answers into tables, runs the panel's transformations, names the columns and applies the overrides. */
export function panelFrames(panel: Panel, results: readonly QueryResult[], context: Pick<PanelContext, 'variables'>): PanelFrames {
  const { variables } = context
  const { frames, unknown } = transformFrames(answerFrames(panel, results), panel.transformations, { valuesOf: name => valuesOf(variables?.get(name)) })
  return { frames: shownFrames(panel, frames, context), unknown }
}

/** Names the columns of tables and applies the overrides. */
export function shownFrames(panel: Panel, frames: readonly Frame[], { variables }: Pick<PanelContext, 'variables'>): readonly ShownFrame[] {
  const usedIds = new Set<string>()
  const usedKeys = new Set<string>()
  return frames.map((frame): ShownFrame => ({
    frame,
    fields: frame.fields.map((field, i): ShownField => {
      const own = fieldName(field, frame, frames)
      const config = fieldConfigFor(panel, matchedColumn(field, frame, frames))
      const hideFrom = config.custom['hideFrom']
      const template = config.displayName
      const name = displayName(template === undefined || variables === undefined ? config : { ...config, displayName: interpolateText(template, variables) }, own, field.labels ?? {})
      const labels = field.labels === undefined ? '' : seriesKey(field.labels)
      let id = `${frame.refId} ${labels || own}`
      while (usedIds.has(id)) id = `${id}+`
      usedIds.add(id)
      let colorKey = labels || own
      if (usedKeys.has(colorKey)) colorKey = `${colorKey}\n${name}${i}`
      usedKeys.add(colorKey)
      return { id, name, refId: frame.refId, field, config, colorKey, isHidden: isOptions(hideFrom) && hideFrom['viz'] === true }
    }),
  }))
}

function valuesOf(v: VariableValue | undefined): readonly string[] {
  return v === undefined ? [] : v.verbatim === undefined ? v.values : [v.verbatim]
}

/**
 * Between which ends the numbers of a panel are measured where its settings give none: percentages from 0 to 100 %, other numbers from zero (or the
 * lowest below it) to the highest of all.
 */
export function rangeOf(fields: readonly ShownField[], own: FieldConfig): ValueRange {
  if (own.unit === 'percent') return { min: 0, max: 100 }
  if (own.unit === 'percentunit') return { min: 0, max: 1 }
  let min = 0
  let max = -Infinity
  for (const { field } of fields) {
    if (field.type !== 'number') continue
    for (let i = 0; i < field.values.length; i++) {
      const v = field.values[i]
      if (typeof v !== 'number' || !Number.isFinite(v)) continue
      if (v < min) min = v
      if (v > max) max = v
    }
  }
  if (max === -Infinity) return { min: 0, max: 100 }
  return { min, max: max > min ? max : min + 100 }
}
