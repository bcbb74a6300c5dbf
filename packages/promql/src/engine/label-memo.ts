import type { Labels } from '@haechi/model'
import type { VectorMatching } from '../ast.ts'
import type { Groups } from './grouping.ts'
import type { MatchGroups } from './matching.ts'

/** Rows without their metric names; see `dropNames`. */
export interface DroppedNames {
  readonly labels: readonly Labels[]
  readonly dropName: Uint8Array | undefined
  /** False when two label sets may have become equal. */
  readonly unique: boolean
}

interface KeptGroups { readonly names: readonly string[]; readonly without: boolean; readonly groups: Groups }
interface KeptMatch { readonly right: readonly Labels[]; readonly matching: VectorMatching; readonly groups: MatchGroups }
interface KeptPair { readonly one: Labels; readonly matching: VectorMatching; readonly labels: Labels }

/**
 * What was worked out for label sets, for queries that are asked again and again and mostly find the same series: storage and operators hand on
 * the very same arrays then, and those are the keys. Nothing is kept of arrays that nobody holds any more.
 */
export class LabelMemo {
  readonly dropped: WeakMap<readonly Labels[], DroppedNames> = new WeakMap()
  readonly #groups = new WeakMap<readonly Labels[], KeptGroups>()
  readonly #matches = new WeakMap<readonly Labels[], KeptMatch>()
  readonly #pairs = new WeakMap<Labels, KeptPair>()

  /** @param names  the same array each time; likewise below */
  groups(series: readonly Labels[], names: readonly string[], without: boolean): Groups | undefined {
    const kept = this.#groups.get(series)
    return kept !== undefined && kept.names === names && kept.without === without ? kept.groups : undefined
  }

  keepGroups(series: readonly Labels[], names: readonly string[], without: boolean, groups: Groups): void {
    this.#groups.set(series, { names, without, groups })
  }

  match(left: readonly Labels[], right: readonly Labels[], matching: VectorMatching): MatchGroups | undefined {
    const kept = this.#matches.get(left)
    return kept !== undefined && kept.right === right && kept.matching === matching ? kept.groups : undefined
  }

  keepMatch(left: readonly Labels[], right: readonly Labels[], matching: VectorMatching, groups: MatchGroups): void {
    this.#matches.set(left, { right, matching, groups })
  }

  /** The label set of the result of a pair of series. */
  pair(many: Labels, one: Labels, matching: VectorMatching): Labels | undefined {
    const kept = this.#pairs.get(many)
    return kept !== undefined && kept.one === one && kept.matching === matching ? kept.labels : undefined
  }

  keepPair(many: Labels, one: Labels, matching: VectorMatching, labels: Labels): void {
    this.#pairs.set(many, { one, matching, labels })
  }
}
