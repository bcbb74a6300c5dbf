import { flagOf, isObject, textOf, textsOf } from '../json-reader.ts'
import { matchedColumn } from './arrange.ts'
import { aggregatedFields, groupedRows } from './compute.ts'
import { fieldMatches } from './field-matcher.ts'
import type { JsonObject } from '../model.ts'
import type { Frame, FrameField } from './frame.ts'

/** What becomes of the columns that a matcher chooses. */
interface GroupRule {
  readonly matcher: { readonly id: string; readonly options: unknown }
  readonly operation: string
  /** Absent: it says nothing about calculations, and its columns stay inside. */
  readonly aggregations: readonly string[] | undefined
  /** An aggregated column stays in the inner tables, too. */
  readonly keep: boolean
}

/** The column that holds the inner tables. */
export const NESTED_FIELD = '__nestedFrames'

function rulesOf(options: JsonObject): GroupRule[] {
  if (Array.isArray(options['rules'])) {
    return (options['rules'] as unknown[]).filter(isObject).map(r => {
      const matcher = isObject(r['matcher']) ? r['matcher'] : {}
      return { matcher: { id: textOf(matcher['id']), options: matcher['options'] }, operation: textOf(r['operation']), aggregations: Array.isArray(r['aggregations']) ? textsOf(r['aggregations']) : undefined, keep: flagOf(r['keepNestedField']) }
    })
  }
  const fields = isObject(options['fields']) ? options['fields'] : {}
  return Object.entries(fields).map(([name, o]) => ({ matcher: { id: 'byName', options: name }, operation: isObject(o) ? textOf(o['operation']) : '', aggregations: isObject(o) ? textsOf(o['aggregations']) : [], keep: false }))
}

/**
 * groupToNestedTable: a row for each tuple of the group columns, with aggregated columns and, inside the row, a table of what nobody aggregated.
 *
 * @see Grafana `packages/grafana-data/src/transformations/transformers/groupToNestedTable.ts`
 */
export function groupToNestedTable(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const rules = rulesOf(options)
  if (!rules.some(r => r.operation === 'groupby')) return frames
  return frames.flatMap((frame): Frame[] => {
    const ruled = frame.fields.map(field => ({ field, rule: rules.find(r => fieldMatches(r.matcher.id, r.matcher.options, matchedColumn(field, frame, frames))) }))
    const keys = ruled.filter(x => x.rule?.operation === 'groupby').map(x => x.field)
    if (keys.length === 0) return []
    const groups = groupedRows(frame, keys)
    const calcsOf = (rule: GroupRule | undefined): readonly string[] => rule?.operation === 'aggregate' ? rule.aggregations ?? [] : []
    const inner = ruled.filter(({ rule }) => rule?.aggregations === undefined || rule.operation !== 'groupby' && (calcsOf(rule).length === 0 || rule.keep)).map(x => x.field)
    const noHeader = options['showSubframeHeaders'] === false
    const tables = groups.map((rows): Frame => ({
      name: '', refId: frame.refId, length: inner.length === 0 ? 0 : rows.length, noHeader,
      fields: inner.map((f): FrameField => ({ ...f, values: rows.map(i => f.values[i] ?? null) })),
    }))
    return [{
      name: '', refId: frame.refId, length: groups.length, ...(flagOf(options['expandAllRows']) ? { expandAll: true } : {}),
      fields: [
        ...keys.map((k): FrameField => ({ ...k, values: groups.map(rows => k.values[rows[0]!] ?? null) })),
        ...ruled.flatMap(({ field, rule }) => aggregatedFields(field, matchedColumn(field, frame, [frame]).displayName, groups, calcsOf(rule))),
        { name: NESTED_FIELD, type: 'nested', values: tables },
      ],
    }]
  })
}
