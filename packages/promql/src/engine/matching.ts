import { labelsKey } from '@haechi/model'
import type { Labels } from '@haechi/model'
import type { VectorMatching } from '../ast.ts'
import type { LabelMemo } from './label-memo.ts'
import { matchingLabels } from './metadata-labels.ts'

/** The match group of each series on both sides; equal numbers match. */
export interface MatchGroups {
  readonly left: Int32Array
  readonly right: Int32Array
  readonly count: number
}

/** Numbers the match groups of two vectors. */
export function matchGroups(left: readonly Labels[], right: readonly Labels[], matching: VectorMatching, memo?: LabelMemo): MatchGroups {
  const kept = memo?.match(left, right, matching)
  if (kept !== undefined) return kept
  const byKey = new Map<string, number>()
  const names = new Set(matching.labels)
  const number = (series: readonly Labels[]): Int32Array => {
    const out = new Int32Array(series.length)
    for (let i = 0; i < series.length; i++) {
      const key = labelsKey(matchingLabels(series[i]!, matching.on, names))
      let group = byKey.get(key)
      if (group === undefined) {
        group = byKey.size
        byKey.set(key, group)
      }
      out[i] = group
    }
    return out
  }
  const l = number(left)
  const r = number(right)
  const groups = { left: l, right: r, count: byKey.size }
  memo?.keepMatch(left, right, matching, groups)
  return groups
}

/** Series numbers by match group. */
export function seriesByGroup(of: Int32Array, count: number): number[][] {
  const out: number[][] = Array.from({ length: count }, () => [])
  for (let i = 0; i < of.length; i++) out[of[i]!]!.push(i)
  return out
}
