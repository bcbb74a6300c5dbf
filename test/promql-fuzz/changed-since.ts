/** Something that a release of Prometheus answers otherwise than those before it. */
export interface Change {
  /** The first release that answers so, or that in which it was seen. */
  readonly since: readonly [major: number, minor: number]
  /** What changed, with the pull requests where they are known. */
  readonly what: string
  /** @param ours, theirs  the two halves of the difference */
  readonly seen: (query: string, ours: string, theirs: string) => boolean
  /** A question over the data of the seed `changes` whose answer shows it. */
  readonly example: Readonly<Record<string, string>>
}

/** A value or a series that differs: no annotation, error or type. */
const isValue = (ours: string): boolean => !/^(?:warnings|infos|error|success|type|\d+ )/.test(ours)
const isNote = (ours: string): boolean => /^(?:warnings|infos) /.test(ours)
/** Annotations without their places. */
const withoutPlaces = (text: string): string => text.replace(/^(?:warnings|infos|error) /, '').replaceAll(/\d+:\d+/g, '…')
/** Annotations without the names of metrics. */
const withoutNames = (text: string): string => (JSON.parse(text.replace(/^\w+ /, '')) as string[]).map(note => note.replace(/ for metric name "(?:[^"\\]|\\.)*"/, '')).sort().join('\n')
const onlyOurs = (ours: string, theirs: string, text: string): boolean => isNote(ours) && ours.includes(text) && !theirs.includes(text)

const NATIVE = /fz_(?:n|c|m|b)|prometheus_|alertmanager_/

/**
 * Everything that the engine of 3.14 was seen to answer otherwise than 3.5.3: each was found by random queries. Against a reference of 3.14 the list is not used and the answers are the same without it; a test shows with
 * each example that 3.5.3 still needs its line and 3.14 does not.
 */
export const CHANGES: readonly Change[] = [
  {
    since: [3, 12], what: 'a warning that sorting has no effect on ranges (#18498)', seen: (query, ours, theirs) => /\bsort/.test(query) && onlyOurs(ours, theirs, 'sort is ineffective'),
    example: { query: 'sort(fz_gauge)', start: '1795290000', end: '1795290060', step: '15' },
  },
  {
    since: [3, 7], what: 'no metric name in the texts of histogram annotations (#16794)',
    seen: (_query, ours, theirs) => isNote(ours) && /(?:bucket label|mix of classic|NaN observations)[^"]*.* for metric name /.test(theirs) && withoutNames(ours) === withoutNames(theirs),
    example: { query: 'histogram_quantile(0.5, vector(1))', time: '1795290000' },
  },
  {
    since: [3, 10], what: 'details of histograms that are not monotonic, also where the result is NaN (#15578)',
    seen: (_query, ours, theirs) => isNote(ours) && /monotonicity.*max diff/.test(ours) && !/max diff/.test(theirs),
    example: { query: 'histogram_quantile(0.5, -1 * fz_duration_seconds_bucket)', time: '1795290000' },
  },
  {
    since: [3, 6], what: 'topk, limitk and limit_ratio judge their argument without series too, in other words (#16725)', seen: (query, ours) => /topk|bottomk|limit/.test(query) && /^error \(?(?:Ratio|Parameter|Scalar) value/.test(ours),
    example: { query: 'limit_ratio(NaN, fz_gauge)', time: '1795290000' },
  },
  {
    since: [3, 14], what: 'texts about durations that may be calculated (#19033)', seen: (_query, ours, theirs) => /expected number, duration, step\(\)/.test(ours) && /expected number or duration/.test(theirs),
    example: { query: 'fz_gauge offset x', time: '1795290000' },
  },
  {
    since: [3, 14], what: 'the text about what follows in brackets', seen: (_query, ours, theirs) => /unexpected character: '.+', expected ':'/.test(ours) && /unexpected colon|in subquery selector, expected number or duration/.test(theirs),
    example: { query: 'rate((2 * fz_gauge)[2m:s])', time: '1795290000' },
  },
  {
    since: [3, 14], what: 'the name of `@` in the texts of parse errors', seen: (_query, _ours, theirs) => theirs.includes('"<Item 57400>" <op:@>'),
    example: { query: 'sum by (@) (fz_gauge)', time: '1795290000' },
  },
  {
    since: [3, 6], what: 'the place of a label that stands in ON and GROUP (#16996)', seen: (_query, ours, theirs) => ours.includes('must not occur in ON and GROUP') && withoutPlaces(ours) === withoutPlaces(theirs),
    example: { query: 'sum by () (rate(fz_gauge[1m]) + on (kind) group_left (kind) fz_gauge)', time: '1795290000' },
  },
  {
    since: [3, 9], what: 'comparisons that filter judge the matching too (#17668)', seen: (_query, ours, theirs) => ours.startsWith('error (multiple matches for labels') && theirs.startsWith('success'),
    example: { query: 'fz_gauge > on (instance) max by (instance) (fz_gauge)', time: '1795290000' },
  },
  {
    since: [3, 9], what: 'signs and label functions merge series that don\'t overlap (#17703, #17708)', seen: (query, ours, theirs) => /-\(|label_/.test(query) && ours.startsWith('success ()') && /^error .*same labelset/.test(theirs),
    example: {
      query: 'label_replace((fz_gauge{job="api",instance="b:1"} and on () (vector(time()) < 1795290000)) or (fz_gauge{job="db",instance="b:1"} and on () (vector(time()) >= 1795290000)), "job", "x", "", "")',
      start: '1795289000', end: '1795291000', step: '500',
    },
  },
  {
    since: [3, 8], what: 'histogram_fraction below the first bucket (#17424)', seen: (query, ours) => /histogram_fraction/.test(query) && isValue(ours),
    example: { query: 'histogram_fraction(-1, 0, fz_duration_seconds_bucket)', time: '1795290000' },
  },
  {
    since: [3, 14], what: 'mad_over_time of a range with NaN (#19040)', seen: (query, ours) => query.includes('mad_over_time') && isValue(ours),
    example: { query: 'mad_over_time(fz_special{kind="nan"}[5m])', time: '1795290000' },
  },
  {
    since: [3, 6], what: 'places of annotations: of a calculated quantile (#16996), and in parentheses',
    seen: (_query, ours, theirs) => isNote(ours) && /quantile value should be|in (?:max|min|stddev|stdvar|quantile|topk|bottomk|sum|avg) aggregation|for aggregation/.test(ours) && withoutPlaces(ours) === withoutPlaces(theirs),
    example: { query: 'stddev((fz_native))', time: '1795290000' },
  },
  {
    since: [3, 6], what: 'no extrapolation of a native histogram below zero (bcf7a822a0), gauge results of rates (#17051, #17094)', seen: (query, ours) => /\b(?:rate|increase)\(/.test(query) && NATIVE.test(query) && isValue(ours),
    example: { query: 'rate(fz_native[5m])', start: '1795288900', end: '1795291000', step: '30' },
  },
  {
    since: [3, 9], what: 'a native histogram times a negative number is a gauge', seen: (_query, ours, theirs) => onlyOurs(ours, theirs, 'this native histogram metric is not a counter'),
    example: { query: 'rate((fz_native * -1)[3m:])', time: '1795290000' },
  },
  {
    since: [3, 8], what: 'custom bounds that differ are reconciled (#17278, #17312)',
    seen: (query, ours, theirs) => /fz_c|__name__=~/.test(query) && (isValue(ours) || /incompatible custom buckets|mismatched custom buckets/.test(`${ours}${theirs}`)),
    example: { query: 'sum(fz_custom)', start: '1795289000', end: '1795291000', step: '60' },
  },
  {
    since: [3, 9], what: 'contradicting counter resets in an aggregation are told (#17608)', seen: (query, ours, theirs) => NATIVE.test(query) && onlyOurs(ours, theirs, 'conflicting counter resets during histogram aggregation'),
    example: { query: 'histogram_count(sum by (le) (fz_native))', start: '1795289000', end: '1795291000', step: '60' },
  },
  {
    since: [3, 10], what: 'averages of native histograms are computed like those of floats (#15687)', seen: (query, ours) => NATIVE.test(query) && /\bavg/.test(query) && isValue(ours),
    example: { query: 'avg(-1 * (fz_native / 0))', time: '1795290000' },
  },
  {
    since: [3, 14], what: 'no failure inside about histograms of different schemas', seen: (query, ours, theirs) => NATIVE.test(query) && ours.startsWith('success') && theirs.includes('runtime error: index out of range'),
    example: { query: 'changes(avg_over_time(fz_native[90s:7s])[3m:7s])', time: '1795289405' },
  },
]

/** @returns the change by which releases after `version` answer otherwise, or undefined when the difference is none of the known ones */
export function changedSince(version: readonly [number, number], query: string, found: string): Change | undefined {
  const [ours = '', theirs = ''] = found.split(', reference ')
  return CHANGES.find(c => (version[0] < c.since[0] || (version[0] === c.since[0] && version[1] < c.since[1])) && c.seen(query, ours, theirs))
}
