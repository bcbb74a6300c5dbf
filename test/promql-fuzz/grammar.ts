import { DATA_END_MS, DATA_START_MS, FUZZ_METRICS } from './data.ts'
import type { FuzzMetric } from './data.ts'
import type { Random } from './random.ts'

/** What the reference understands. */
export interface Dialect {
  /** Functions and aggregations behind `promql-experimental-functions`. */
  readonly experimental: boolean
  /** What came after 3.5: further functions, trim operators, `fill`, `anchored`, `smoothed`. */
  readonly newer: boolean
}

/** A query and what is needed to judge its answers. */
export interface FuzzQuery {
  readonly text: string
  /** Inputs of aggregations that choose among equals as they like. */
  readonly ties: readonly string[]
}

const VALUE_FUNCTIONS = 'abs acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan tanh timestamp day_of_month day_of_week day_of_year days_in_month hour minute month year histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar sort sort_desc absent'.split(' ')
const RANGE_FUNCTIONS = 'absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time rate increase rate'.split(' ')
const RANGE_EXPERIMENTAL = 'mad_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time'.split(' ')
const RANGE_NEWER = ['first_over_time', 'ts_of_first_over_time']
const ANCHORED = ['resets', 'changes', 'rate', 'increase', 'delta']
const SMOOTHED = ['rate', 'increase', 'delta']
const AGGREGATIONS = 'sum avg min max count group stddev stdvar'.split(' ')
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2']
const COMPARISON = ['==', '!=', '>', '<', '>=', '<=']
const LABELS = ['job', 'instance', 'path', 'zone', 'kind', 'le', 'none', 'version']
const RANGES = ['1m', '2m', '5m', '90s', '47s', '20s', '10m', '15s', '1m1s500ms']
const OFFSETS = ['1m', '30s', '-1m', '5m', '7s', '-90s', '1d']

/** Random PromQL: everything the language has, over the metrics of the data. */
export class QueryMaker {
  readonly #r: Random
  readonly #dialect: Dialect
  #ties: string[] = []

  constructor(random: Random, dialect: Dialect) {
    this.#r = random
    this.#dialect = dialect
  }

  query(): FuzzQuery {
    this.#ties = []
    const r = this.#r
    const depth = r.pick([1, 2, 2, 3, 3, 4, 5])
    const kind = r.next()
    let text = kind < 0.93 ? this.#vector(depth) : kind < 0.97 ? this.#scalar(depth) : kind < 0.985 ? this.#matrix(depth) : JSON.stringify(r.pick(['x', 'a"b', '값']))
    if (r.chance(0.03)) text = this.#spoil(text)
    return { text, ties: this.#ties }
  }

  /** A few characters less or more: mostly errors, whose texts are compared. */
  #spoil(text: string): string {
    const at = this.#r.int(0, text.length)
    const piece = this.#r.pick(['', '', '(', ')', '}', '{', '[', ' by ', '5m', '"', ' @ ', ' offset ', '==', ' bool ', ',', '-', 'x', '1', '값'])
    return text.slice(0, at) + piece + text.slice(at + this.#r.int(0, 3))
  }

  #vector(depth: number): string {
    const r = this.#r
    if (depth <= 0) return this.#selector()
    const p = r.next()
    if (p < 0.08) return this.#selector()
    if (p < 0.2) return this.#valueFunction(depth)
    if (p < 0.42) return this.#rangeFunction(depth)
    if (p < 0.6) return this.#aggregation(depth)
    if (p < 0.82) return this.#binary(depth)
    if (p < 0.9) return this.#histogramFunction(depth)
    if (p < 0.95) return this.#labelFunction(depth)
    if (p < 0.97) return `${r.pick(['-', '+', '-'])}${this.#wrapped(this.#vector(depth - 1))}`
    if (p < 0.98) return `vector(${this.#scalar(depth - 1)})`
    if (this.#dialect.experimental && this.#dialect.newer && p < 0.99) return `info(${this.#vector(depth - 1)}${r.pick(['', ', {version=~".+"}', ', {version="1"}', ', {__name__="target_info"}'])})`
    return `(${this.#vector(depth - 1)})`
  }

  #wrapped(text: string): string {
    return /^[\w.:]+(\(|\{|$)/.test(text) && !/[ @]/.test(text) ? text : `(${text})`
  }

  #metric(): FuzzMetric {
    return this.#r.pick(FUZZ_METRICS)
  }

  #matchers(metric: FuzzMetric): string[] {
    const r = this.#r
    const out: string[] = []
    for (const [name, values] of Object.entries(metric.labels)) {
      if (!r.chance(0.18)) continue
      const label = /^[a-z]+$/.test(name) ? name : JSON.stringify(name)
      const value = r.chance(0.9) ? r.pick(values) : r.pick(['', 'nope'])
      const op = r.pick(['=', '=', '=', '!=', '=~', '!~'])
      if (op === '=' || op === '!=') out.push(`${label}${op}${JSON.stringify(value)}`)
      else out.push(`${label}${op}${JSON.stringify(r.pick([value, `${value}|${r.pick(values)}`, '.*', '.+', `${value.slice(0, 1)}.*`, '(?i:A.*|N)']).replaceAll('+Inf', '\\+Inf'))}`)
    }
    return out
  }

  #plainSelector(metric: FuzzMetric = this.#metric()): string {
    const r = this.#r
    const matchers = this.#matchers(metric)
    if (!/^[a-z_]+$/.test(metric.name)) return `{${[JSON.stringify(metric.name), ...matchers].join(', ')}}`
    if (r.chance(0.06)) return `{${[`__name__=~${JSON.stringify(r.pick([metric.name, `${metric.name}|fz_gauge`, 'fz_(gauge|zone)', 'fz_native.*', 'fz_(requests|errors)_total']))}`, ...matchers].join(',')}}`
    return matchers.length === 0 ? metric.name : `${metric.name}{${matchers.join(',')}}`
  }

  #modifiers(): string {
    const r = this.#r
    const parts: string[] = []
    if (r.chance(0.1)) parts.push(`@ ${r.pick(['start()', 'end()', this.#instant(), this.#instant()])}`)
    if (r.chance(0.12)) parts.push(`offset ${r.pick(OFFSETS)}`)
    if (parts.length === 2 && r.chance(0.5)) parts.reverse()
    return parts.length === 0 ? '' : ` ${parts.join(' ')}`
  }

  #instant(): string {
    return String(this.#r.int(DATA_START_MS / 1000 - 100, DATA_END_MS / 1000) + this.#r.pick([0, 0.5]))
  }

  #selector(metric?: FuzzMetric): string {
    const smoothed = this.#dialect.newer && this.#r.chance(0.02) ? ' smoothed' : ''
    return this.#plainSelector(metric) + smoothed + this.#modifiers()
  }

  #range(): string {
    const r = this.#r
    if (this.#dialect.newer && r.chance(0.04)) return r.pick(['step()', 'step() * 2', 'range() + 1m', 'max_of(step(), 1m)', '1m + 30s', 'min_of(5m, range() + 20s)'])
    return r.pick(RANGES)
  }

  /** A range vector and whether it may carry `anchored` or `smoothed`. */
  #matrix(depth: number, name = ''): string {
    const r = this.#r
    if (depth > 1 && r.chance(0.25)) {
      const step = r.pick(['', '30s', '20s', '1m', '7s', '15s'])
      return `${this.#wrapped(this.#vector(depth - 2))}[${r.pick(['2m', '5m', '90s', '3m'])}:${step}]${this.#modifiers()}`
    }
    const metric = r.chance(0.35) ? r.pick(FUZZ_METRICS.filter(m => m.kind === 'counter' || m.kind === 'native')) : this.#metric()
    const extended = this.#dialect.newer && r.chance(0.1) ? (ANCHORED.includes(name) && r.chance(0.5) ? ' anchored' : SMOOTHED.includes(name) ? ' smoothed' : '') : ''
    return `${this.#plainSelector(metric)}[${this.#range()}]${extended}${this.#modifiers()}`
  }

  #scalar(depth: number): string {
    const r = this.#r
    const p = r.next()
    if (depth <= 0 || p < 0.5) return r.pick(['0', '1', '2', '-1', '0.5', '3', '1e3', 'NaN', 'Inf', '-Inf', '0x1f', '1m', '0.1', '10'])
    if (p < 0.6) return r.pick(['time()', 'pi()'])
    if (p < 0.75) return `scalar(${this.#vector(depth - 1)})`
    if (p < 0.9) return `(${this.#scalar(depth - 1)} ${r.pick([...ARITHMETIC, '== bool', '> bool'])} ${this.#scalar(depth - 1)})`
    if (this.#dialect.experimental && this.#dialect.newer) return r.pick(['start()', 'end()', 'step()', 'range()', `max_of(${this.#scalar(depth - 1)}, 2)`, `min_of(1, ${this.#scalar(depth - 1)})`])
    return `-${this.#scalar(0)}`
  }

  #valueFunction(depth: number): string {
    const r = this.#r
    const p = r.next()
    const inner = (): string => this.#vector(depth - 1)
    if (p < 0.08) return `clamp(${inner()}, ${this.#scalar(depth - 1)}, ${this.#scalar(depth - 1)})`
    if (p < 0.16) return `${r.pick(['clamp_max', 'clamp_min', 'round'])}(${inner()}, ${this.#scalar(depth - 1)})`
    if (p < 0.2) return `round(${inner()})`
    if (p < 0.23) return `${r.pick(['hour', 'minute', 'day_of_week', 'month', 'year', 'day_of_year', 'days_in_month'])}()`
    if (this.#dialect.experimental && p < 0.28) return `${r.pick(['sort_by_label', 'sort_by_label_desc'])}(${inner()}, ${r.some(LABELS, 0.3).concat('instance').map(l => JSON.stringify(l)).join(', ')})`
    return `${r.pick(VALUE_FUNCTIONS)}(${inner()})`
  }

  #rangeFunction(depth: number): string {
    const r = this.#r
    const p = r.next()
    if (p < 0.06) return `quantile_over_time(${this.#scalar(depth - 1)}, ${this.#matrix(depth)})`
    if (p < 0.1) return `predict_linear(${this.#matrix(depth)}, ${this.#scalar(depth - 1)})`
    if (this.#dialect.experimental && p < 0.13) return `double_exponential_smoothing(${this.#matrix(depth)}, ${r.pick(['0.5', '0.1', '0.9', '1'])}, ${r.pick(['0.5', '0.1', '0.99', '0'])})`
    const names = [...RANGE_FUNCTIONS, ...(this.#dialect.experimental ? RANGE_EXPERIMENTAL : []), ...(this.#dialect.newer ? RANGE_NEWER : [])]
    const name = r.pick(names)
    return `${name}(${this.#matrix(depth, name)})`
  }

  #grouping(): string {
    const r = this.#r
    const p = r.next()
    if (p < 0.35) return ''
    return `${r.pick(['by', 'by', 'without'])} (${r.some([...LABELS, ...(r.chance(0.1) ? ['"라벨.one"', '__name__'] : [])], 0.3).join(r.pick([', ', ',']))}) `
  }

  #aggregation(depth: number): string {
    const r = this.#r
    const inner = this.#vector(depth - 1)
    const grouping = this.#grouping()
    const p = r.next()
    const before = (name: string, args: string): string => (r.chance(0.7) || grouping === '' ? `${name} ${grouping}(${args})` : `${name}(${args}) ${grouping.trim()}`)
    if (p < 0.12) {
      this.#ties.push(inner)
      return before(r.pick(['topk', 'bottomk']), `${r.pick(['1', '2', '3', '0', '10', '-1'])}, ${inner}`)
    }
    if (p < 0.2) return before('quantile', `${r.pick(['0.5', '0.9', '0', '1', '-1', '2', 'NaN', '0.25'])}, ${inner}`)
    if (p < 0.27) return before('count_values', `${r.pick(['"v"', '"instance"', '"job"', '"값"'])}, ${inner}`)
    // Which series limitk takes is not defined, but how many.
    if (this.#dialect.experimental && p < 0.29) return `count ${grouping}(limitk ${grouping}(${r.pick(['1', '2', '5', '0', '-1'])}, ${inner}))`
    if (this.#dialect.experimental && p < 0.34) return before('limit_ratio', `${r.pick(['0.5', '-0.5', '0.1', '1', '-1', '2', '0', 'NaN'])}, ${inner}`)
    return before(r.pick(AGGREGATIONS), inner)
  }

  #matching(set: boolean): string {
    const r = this.#r
    if (r.chance(0.45)) return ''
    const on = `${r.pick(['on', 'on', 'ignoring'])} (${r.some(LABELS, 0.35).join(', ')}) `
    if (set || r.chance(0.5)) return on + (set ? '' : this.#fill())
    return `${on}${r.pick(['group_left', 'group_right'])}${r.pick([' ', '() ', ' (kind) ', ' (zone, version) '])}${this.#fill()}`
  }

  #fill(): string {
    if (!this.#dialect.newer || !this.#r.chance(0.1)) return ''
    return this.#r.pick(['fill (0) ', 'fill_left (1) ', 'fill_right (-1) ', 'fill_left (1) fill_right (NaN) '])
  }

  #operand(depth: number): string {
    const text = this.#vector(depth)
    return this.#r.chance(0.6) ? this.#wrapped(text) : text
  }

  #binary(depth: number): string {
    const r = this.#r
    const p = r.next()
    if (p < 0.18) {
      const left = this.#operand(depth - 1)
      return `${left} ${r.pick(['and', 'or', 'unless'])} ${this.#matching(true)}${this.#operand(depth - 1)}`
    }
    const comparison = r.chance(0.4)
    const op = comparison ? r.pick(COMPARISON) + r.pick(['', '', ' bool']) : this.#dialect.newer && r.chance(0.05) ? r.pick(['</', '>/']) : r.pick(ARITHMETIC)
    if (p < 0.36) return `${this.#operand(depth - 1)} ${op} ${this.#scalar(depth - 1)}`
    if (p < 0.48) return `${this.#scalar(depth - 1)} ${op} ${this.#operand(depth - 1)}`
    if (p < 0.85) {
      // Both sides about one metric: pairs exist.
      const metric = this.#metric()
      const wrap = r.pick(['', 'sum by (job, instance) ', 'max by (instance) ', 'rate', ''])
      const side = (): string => (wrap === 'rate' ? `rate(${this.#plainSelector(metric)}[${r.pick(RANGES)}])` : wrap === '' ? this.#selector(metric) : `${wrap}(${this.#selector(metric)})`)
      return `${side()} ${op} ${this.#matching(false)}${side()}`
    }
    return `${this.#operand(depth - 1)} ${op} ${this.#matching(false)}${this.#operand(depth - 1)}`
  }

  #histogramFunction(depth: number): string {
    const r = this.#r
    const metric = r.pick(FUZZ_METRICS.filter(m => m.kind === 'classic' || m.kind === 'native' || m.kind === 'mixed'))
    const base = r.pick([
      () => this.#selector(metric), () => `rate(${this.#plainSelector(metric)}[${r.pick(RANGES)}])`, () => `sum by (${r.pick(['le', 'le, job', 'instance, le'])}) (rate(${this.#plainSelector(metric)}[${r.pick(RANGES)}]))`,
      () => `sum(${this.#selector(metric)})`, () => `increase(${this.#plainSelector(metric)}[5m])`, () => `avg(${this.#selector(metric)})`, () => this.#vector(depth - 1), () => `${this.#selector(metric)} * ${r.pick(['-1', '2', '0'])}`,
    ])()
    const p = r.next()
    if (p < 0.4) return `histogram_quantile(${r.pick(['0.5', '0.9', '0', '1', '0.99', '-1', '1.5', 'NaN'])}, ${base})`
    if (p < 0.6) return `histogram_fraction(${r.pick(['0', '-1', '-Inf', '0.2', 'NaN'])}, ${r.pick(['1', '0.7', 'Inf', '5', '0'])}, ${base})`
    if (this.#dialect.newer && this.#dialect.experimental && p < 0.66) return `histogram_quantiles(${base}, "q", 0.5, ${r.pick(['0.9', '0', '1', '2'])})`
    return `${r.pick(['histogram_avg', 'histogram_count', 'histogram_sum', 'histogram_stddev', 'histogram_stdvar'])}(${base})`
  }

  #labelFunction(depth: number): string {
    const r = this.#r
    const inner = this.#vector(depth - 1)
    if (r.chance(0.5)) return `label_join(${inner}, ${r.pick(['"none"', '"instance"', '"__name__"', '"값"'])}, ${r.pick(['"-"', '""'])}, ${r.some(LABELS, 0.4).concat('job').map(l => JSON.stringify(l)).join(', ')})`
    return `label_replace(${inner}, ${r.pick(['"none"', '"instance"', '"__name__"', '"job"', '"값"'])}, ${r.pick(['"$1"', '"x-${1}"', '""', '"$0$2"'])}, ${r.pick(['"instance"', '"job"', '"__name__"', '"none"'])}, ${r.pick(['"(.*):.*"', '".*"', '"(a).*"', '"(?P<n>.+)"', '"a("'])})`
  }
}
