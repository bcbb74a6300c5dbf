import { METRIC_NAME, labelsDrop, labelsKeep, labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { LabelMemo } from './label-memo.ts'

/** Which group each series belongs to. */
export interface Groups {
  /** Group of series i, numbered by first appearance. */
  readonly of: Int32Array
  /** Labels of each group. */
  readonly labels: Labels[]
}

/** Groups label sets by the named labels, or by all but those and the metric name. */
export function groupSeries(series: readonly Labels[], names: readonly string[], without: boolean, memo?: LabelMemo): Groups {
  const kept = memo?.groups(series, names, without)
  if (kept !== undefined) return kept
  const groups = newGroups(series, names, without)
  memo?.keepGroups(series, names, without, groups)
  return groups
}

function newGroups(series: readonly Labels[], names: readonly string[], without: boolean): Groups {
  const of = new Int32Array(series.length)
  const labels: Labels[] = []
  const byKey = new Map<string, number>()
  if (!without && names.length === 0) return { of, labels: series.length > 0 ? [[]] : [] }
  const set = new Set(names)
  if (without) set.add(METRIC_NAME)
  const single = !without && names.length === 1 ? names[0]! : undefined
  for (let i = 0; i < series.length; i++) {
    let key: string
    let own: Labels | undefined
    if (single !== undefined) key = valueOf(series[i]!, single)
    else {
      own = without ? labelsDrop(series[i]!, set) : labelsKeep(series[i]!, set)
      key = labelsKey(own)
    }
    let group = byKey.get(key)
    if (group === undefined) {
      group = labels.length
      byKey.set(key, group)
      labels.push(own ?? (key === '' ? [] : [single!, key]))
    }
    of[i] = group
  }
  return { of, labels }
}

function valueOf(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1]!
  return ''
}
