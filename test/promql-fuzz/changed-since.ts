/** Something that a release of Prometheus answers otherwise than those before it. */
interface Change {
  readonly since: readonly [major: number, minor: number]
  /** What changed, with the pull requests. */
  readonly what: string
  /** @param found  the difference: ours, then the reference's */
  readonly seen: (query: string, found: string) => boolean
}

const NATIVE = /fz_(?:native|custom|mixed|both)/
const both = (found: string, a: RegExp, b: RegExp): boolean => {
  const [ours, theirs] = found.split(', reference ')
  return a.test(ours ?? '') && b.test(theirs ?? '')
}

/**
 * Everything that the engine of 3.14 was seen to answer otherwise than 3.5: each was found by random queries and is in Prometheus' change log or history. Against a reference of 3.14 the list is not used, and the
 * answers are the same without it.
 */
const CHANGES: readonly Change[] = [
  { since: [3, 12], what: 'a warning that sorting has no effect on ranges (#18498)', seen: (query, found) => /\bsort/.test(query) && found.includes('sort is ineffective') },
  { since: [3, 7], what: 'metric names in the texts of histogram annotations (#16794)', seen: (_query, found) => /^(?:warnings|infos) /.test(found) && / for metric name /.test(found) && /bucket label|mix of classic|monotonicity|NaN observations/.test(found) },
  { since: [3, 10], what: 'details of histograms that are not monotonic (#15578)', seen: (_query, found) => both(found, /monotonicity.*max diff/, /monotonicity/) },
  { since: [3, 6], what: 'topk, limitk and limit_ratio judge their argument without series too, in other words (#16725)', seen: (query, found) => /topk|bottomk|limit/.test(query) && /^error \(?(?:Ratio|Parameter|Scalar) value/.test(found) },
  { since: [3, 14], what: 'texts about durations that may be calculated (#19033)', seen: (_query, found) => both(found, /expected number, duration, step\(\)/, /expected number or duration/) },
  { since: [3, 6], what: 'the place of a label that stands in ON and GROUP (#16996)', seen: (_query, found) => both(found, /must not occur in ON and GROUP/, /must not occur in ON and GROUP/) },
  { since: [3, 14], what: 'the name of `@` in the texts of parse errors', seen: (_query, found) => found.includes('<Item 57') },
  { since: [3, 9], what: 'comparisons that filter judge the matching too (#17668)', seen: (_query, found) => found.startsWith('error (multiple matches for labels') },
  { since: [3, 9], what: 'signs and label functions merge series that don\'t overlap (#17703, #17708)', seen: (query, found) => /-\(|label_/.test(query) && /^success \(\), reference error .*same labelset/.test(found) },
  { since: [3, 8], what: 'histogram_fraction below the first bucket (#17424)', seen: (query, found) => /histogram_fraction/.test(query) && !/^(?:error|success)/.test(found) },
  { since: [3, 14], what: 'mad_over_time of a range with NaN (#19040)', seen: query => query.includes('mad_over_time') },
  { since: [3, 12], what: 'the name goes from last_over_time of a subquery (#18409)', seen: query => /last_over_time\(.*\[[^\]]*:/.test(query) },
  { since: [3, 6], what: 'the place of a quantile that is calculated (#16996)', seen: (_query, found) => both(found, /quantile value should be/, /quantile value should be/) },
  {
    since: [3, 10], what: 'native histograms: no extrapolation below zero, gauge results of rates, bounds reconciled, reset hints, sums by Kahan (bcf7a822a0 in 3.6, #17051 and #17094 in 3.7, #17278 and #17312 in 3.8, #17608 in 3.9, #15687 in 3.10)',
    seen: query => NATIVE.test(query),
  },
]

/** @returns what a release after `version` answers otherwise, or undefined when the difference is none of the known changes */
export function changedSince(version: readonly [number, number], query: string, found: string): string | undefined {
  return CHANGES.find(c => (version[0] < c.since[0] || (version[0] === c.since[0] && version[1] < c.since[1])) && c.seen(query, found))?.what
}
