import type { ValueType } from './ast.ts'

/** What a function takes and gives. */
export interface FunctionSignature {
  readonly name: string
  readonly argTypes: readonly ValueType[]
  /** How many arguments may be absent at the end or come in addition to the last one: 0 exact, n > 0 at most n around the last, -1 any number. */
  readonly variadic: number
  readonly returnType: ValueType
  /** Needs `--enable-feature=promql-experimental-functions`. */
  readonly experimental: boolean
}

type Row = readonly [names: string, argTypes: string, returnType: ValueType, variadic?: number]

/** v instant vector, m range vector, s scalar, t string. */
const LETTERS: Readonly<Record<string, ValueType>> = { v: 'vector', m: 'matrix', s: 'scalar', t: 'string' }

const STABLE: readonly Row[] = [
  ['abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp', 'v', 'vector'],
  ['histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar', 'v', 'vector'],
  ['day_of_month day_of_week day_of_year days_in_month hour minute month year', 'v', 'vector', 1],
  ['absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time max_over_time min_over_time', 'm', 'vector'],
  ['present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time', 'm', 'vector'],
  ['clamp', 'vss', 'vector'],
  ['clamp_max clamp_min', 'vs', 'vector'],
  ['histogram_fraction', 'ssv', 'vector'],
  ['histogram_quantile', 'sv', 'vector'],
  ['label_join', 'vttt', 'vector', -1],
  ['label_replace', 'vtttt', 'vector'],
  ['pi time', '', 'scalar'],
  ['predict_linear', 'ms', 'vector'],
  ['quantile_over_time', 'sm', 'vector'],
  ['round', 'vs', 'vector', 1],
  ['scalar', 'v', 'scalar'],
  ['vector', 's', 'vector'],
]

const EXPERIMENTAL: readonly Row[] = [
  ['double_exponential_smoothing', 'mss', 'vector'],
  ['end range start step', '', 'scalar'],
  ['histogram_quantiles', 'vtss', 'vector', 9],
  ['info', 'vv', 'vector', 1],
  ['mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time', 'm', 'vector'],
  ['max_of min_of', 'ss', 'scalar'],
  ['sort_by_label sort_by_label_desc', 'vt', 'vector', -1],
  ['start_timestamp', 'v', 'vector'],
]

function signatures(rows: readonly Row[], experimental: boolean): FunctionSignature[] {
  return rows.flatMap(([names, argTypes, returnType, variadic = 0]) =>
    names.split(' ').map(name => ({ name, argTypes: [...argTypes].map(letter => LETTERS[letter]!), variadic, returnType, experimental })))
}

/** Every function of PromQL by name. @see Prometheus 3.14 `promql/parser/functions.go` */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map(
  [...signatures(STABLE, false), ...signatures(EXPERIMENTAL, true)].map(f => [f.name, f]),
)
