import type { Dialect } from './grammar.ts'

export const VALUE_FUNCTIONS: readonly string[] = 'abs acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan tanh timestamp day_of_month day_of_week day_of_year days_in_month hour minute month year sort sort_desc'.split(' ')
/** Functions of ranges that answer for floats alone. */
const FLOAT_RANGE = 'changes deriv max_over_time min_over_time resets stddev_over_time stdvar_over_time'.split(' ')
const FLOAT_RANGE_EXPERIMENTAL = 'mad_over_time ts_of_max_over_time ts_of_min_over_time'.split(' ')
const ANY_RANGE = 'rate increase delta irate idelta rate increase rate avg_over_time count_over_time last_over_time present_over_time sum_over_time changes resets'.split(' ')
const ANY_RANGE_EXPERIMENTAL = ['ts_of_last_over_time']
const RANGE_NEWER = ['first_over_time', 'ts_of_first_over_time']

/** Names of functions of a range that answer for it. */
export function rangeFunctions(dialect: Dialect, native: boolean): string[] {
  return [
    ...ANY_RANGE, ...(native ? [] : FLOAT_RANGE), ...(dialect.experimental ? ANY_RANGE_EXPERIMENTAL : []), ...(dialect.experimental && !native ? FLOAT_RANGE_EXPERIMENTAL : []),
    ...(dialect.newer ? RANGE_NEWER : []),
  ]
}

export const ANCHORED: readonly string[] = ['resets', 'changes', 'rate', 'increase', 'delta']
export const SMOOTHED: readonly string[] = ['rate', 'increase', 'delta']
export const FLOAT_AGGREGATIONS: readonly string[] = 'sum avg min max count group stddev stdvar sum avg'.split(' ')
export const NATIVE_AGGREGATIONS: readonly string[] = ['sum', 'avg', 'sum', 'count', 'group']
export const ARITHMETIC: readonly string[] = ['+', '-', '*', '/', '%', '^', 'atan2']
/** Operators between two native histograms that answer something. */
export const NATIVE_OPERATORS: readonly string[] = ['+', '-', '==', '!=', '+']
/** Comparisons; few values equal each other. */
export const COMPARISON: readonly string[] = ['!=', '>', '<', '>=', '<=', '!=', '>', '<', '==']
export const RANGES: readonly string[] = ['1m', '2m', '5m', '90s', '47s', '2m', '10m', '5m', '1m1s500ms', '3m', '2m', '5m', '1m', '90s', '4m', '20s', '15s']
export const OFFSETS: readonly string[] = ['1m', '30s', '-1m', '2m', '7s', '-90s', '1m', '30s', '10s', '5m', '2m', '20s', '-30s', '90s', '3s', '1m', '1d']
