import type { DataSet, FuzzMetric } from './data-set.ts'
import { dashboardQuery } from './dashboard-queries.ts'
import { ANCHORED, ARITHMETIC, COMPARISON, FLOAT_AGGREGATIONS, NATIVE_AGGREGATIONS, NATIVE_OPERATORS, OFFSETS, RANGES, SMOOTHED, VALUE_FUNCTIONS, rangeFunctions } from './query-shapes.ts'
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

/** An expression and what its answer is like, so that what stands around it mostly suits: a query about nothing shows nothing. */
interface Part {
  readonly text: string
  readonly native: boolean
  /** Labels that its series have. */
  readonly labels: readonly string[]
}

const STRAY_LABELS = ['none', 'version']
/** Selectors that find nothing. */
const NOTHING = ['none{job="gone"}', 'none{job="gone",instance=~"x.*"}', '{job="gone",none="1",instance!="x"}']

/** Random PromQL: everything the language has, over the metrics of the data. Some parts do not care whether they make sense. */
export class QueryMaker {
  readonly #r: Random
  readonly #dialect: Dialect
  readonly #data: DataSet
  readonly #dashboards: number
  readonly #floats: readonly FuzzMetric[]
  readonly #counters: readonly FuzzMetric[]
  readonly #natives: readonly FuzzMetric[]
  readonly #histograms: readonly FuzzMetric[]
  readonly #labels: readonly string[]
  #ties: string[] = []

  /** @param dashboards  share of queries as people write them */
  constructor(random: Random, dialect: Dialect, data: DataSet, dashboards = 0) {
    this.#r = random
    this.#dialect = dialect
    this.#data = data
    this.#dashboards = dashboards
    const of = (...kinds: FuzzMetric['kind'][]): FuzzMetric[] => data.metrics.filter(m => kinds.includes(m.kind))
    this.#floats = of('counter', 'gauge', 'classic', 'info')
    this.#counters = of('counter')
    this.#natives = of('native', 'mixed')
    this.#histograms = of('classic', 'native', 'mixed')
    this.#labels = [...new Set(data.metrics.flatMap(m => Object.keys(m.labels))), 'none'].filter(l => /^[a-z_]+$/.test(l))
  }

  query(): FuzzQuery {
    this.#ties = []
    const r = this.#r
    const depth = r.pick([1, 2, 2, 3, 3, 4, 5])
    if (r.chance(this.#dashboards)) return dashboardQuery(r, this.#data)
    const kind = r.next()
    let text = kind < 0.93 ? this.#vector(depth).text : kind < 0.97 ? this.#scalar(depth) : kind < 0.985 ? this.#matrix(depth, this.#wantsNative()) : JSON.stringify(r.pick(['x', 'a"b', '값']))
    if (r.chance(0.03)) text = this.#spoil(text)
    return { text, ties: this.#ties }
  }

  /** A few characters less or more: mostly errors, whose texts are compared. */
  #spoil(text: string): string {
    const at = this.#r.int(0, text.length)
    const piece = this.#r.pick(['', '', '(', ')', '}', '{', '[', ' by ', '5m', '"', ' @ ', ' offset ', '==', ' bool ', ',', '-', 'x', '1', '값'])
    return text.slice(0, at) + piece + text.slice(at + this.#r.int(0, 3))
  }

  /** Whether this expression ignores what its parts are like. */
  #wild(): boolean {
    return this.#r.chance(0.06)
  }

  #wantsNative(): boolean {
    return this.#natives.length > 0 && this.#r.chance(0.3)
  }

  #vector(depth: number, native: boolean = this.#wantsNative()): Part {
    const r = this.#r
    if (this.#wild()) native = this.#wantsNative()
    if (depth <= 0) return this.#selector(native)
    const p = r.next()
    if (p < 0.08) return this.#selector(native)
    if (p < 0.2) return native ? this.#scaled(depth) : this.#valueFunction(depth)
    if (p < 0.42) return this.#rangeFunction(depth, native)
    if (p < 0.6) return this.#aggregation(depth, native)
    if (p < 0.82) return this.#binary(depth, native)
    if (p < 0.9) return native ? this.#rangeFunction(depth, native) : this.#histogramFunction(depth)
    if (p < 0.95) return this.#labelFunction(depth, native)
    if (p < 0.97) {
      const inner = this.#vector(depth - 1, native)
      return { ...inner, text: `${r.pick(['-', '+', '-'])}${wrapped(inner.text)}` }
    }
    if (p < 0.98) return { text: `vector(${this.#scalar(depth - 1)})`, native: false, labels: [] }
    if (this.#dialect.experimental && this.#dialect.newer && p < 0.99) {
      const inner = this.#vector(depth - 1, native)
      return { ...inner, text: `info(${inner.text}${r.pick(['', ', {version=~".+"}', ', {version="1"}', ', {__name__="target_info"}'])})` }
    }
    const inner = this.#vector(depth - 1, native)
    return { ...inner, text: `(${inner.text})` }
  }

  #metric(native: boolean): FuzzMetric {
    return this.#r.pick(native && this.#natives.length > 0 ? this.#natives : this.#floats)
  }

  #matchers(metric: FuzzMetric): string[] {
    const r = this.#r
    const out: string[] = []
    for (const [name, values] of Object.entries(metric.labels)) {
      if (!r.chance(0.13)) continue
      const label = /^[a-z_]+$/.test(name) ? name : JSON.stringify(name)
      const value = r.chance(0.97) ? r.pick(values) : r.pick(['', 'nope'])
      // Without its only value nothing is left.
      const op = r.pick(values.length > 1 ? ['=', '=', '!=', '=~', '!~'] : ['=', '=~'])
      if (op === '=' || op === '!=') out.push(`${label}${op}${JSON.stringify(value)}`)
      else out.push(`${label}${op}${JSON.stringify(r.pick([quoted(value), `${quoted(value)}|${quoted(r.pick(values))}`, ...(op === '=~' ? ['.*', '.+'] : ['', `${quoted(value)}x?`]), `${quoted(value.slice(0, 2))}.*`, r.chance(0.3) ? '(?i:A.*|N)' : `(?i:${quoted(value.toUpperCase())})`]))}`)
    }
    return out
  }

  #plainSelector(metric: FuzzMetric, bare = false): string {
    const r = this.#r
    const matchers = bare ? [] : this.#matchers(metric)
    if (!/^[a-zA-Z_]\w*$/.test(metric.name)) return `{${[JSON.stringify(metric.name), ...matchers].join(', ')}}`
    if (r.chance(0.06)) {
      const other = r.pick(this.#data.metrics).name
      return `{${[`__name__=~${JSON.stringify(r.pick([quoted(metric.name), `${quoted(metric.name)}|${quoted(other)}`, `${quoted(metric.name.slice(0, 9))}.*`, `${quoted(metric.name.slice(0, -1))}.`]))}`, ...matchers].join(',')}}`
    }
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
    return String(this.#r.int(Math.floor(this.#data.startMs / 1000) - 20, Math.floor(this.#data.endMs / 1000)) + this.#r.pick([0, 0.5]))
  }

  #selector(native: boolean, metric: FuzzMetric = this.#metric(native)): Part {
    const smoothed = this.#dialect.newer && this.#r.chance(0.02) ? ' smoothed' : ''
    return { text: this.#plainSelector(metric) + smoothed + this.#modifiers(), native: metric.kind === 'native', labels: Object.keys(metric.labels) }
  }

  #range(): string {
    const r = this.#r
    if (this.#dialect.newer && r.chance(0.04)) return r.pick(['step()', 'step() * 2', 'range() + 1m', 'max_of(step(), 1m)', '1m + 30s', 'min_of(5m, range() + 20s)'])
    return r.pick(RANGES)
  }

  /** A range vector for a function; some may carry `anchored` or `smoothed`. */
  #matrix(depth: number, native: boolean, name = ''): string {
    return this.#rangePart(depth, native, name).text
  }

  #rangePart(depth: number, native: boolean, name: string): Part {
    const r = this.#r
    if (depth > 1 && r.chance(0.25)) {
      const step = r.pick(['', '30s', '20s', '1m', '7s', '15s'])
      const inner = this.#vector(depth - 2, native)
      return { ...inner, text: `${wrapped(inner.text)}[${r.pick(['2m', '5m', '90s', '3m'])}:${step}]${this.#modifiers()}` }
    }
    const metric = !native && r.chance(0.25) && this.#counters.length > 0 ? r.pick(this.#counters) : this.#metric(native)
    const extended = this.#dialect.newer && r.chance(0.1) ? (ANCHORED.includes(name) && r.chance(0.5) ? ' anchored' : SMOOTHED.includes(name) ? ' smoothed' : '') : ''
    return { text: `${this.#plainSelector(metric)}[${this.#range()}]${extended}${this.#modifiers()}`, native: metric.kind === 'native', labels: Object.keys(metric.labels) }
  }

  #scalar(depth: number): string {
    const r = this.#r
    const p = r.next()
    if (depth <= 0 || p < 0.5) return r.pick(['0', '1', '2', '-1', '0.5', '3', '1e3', 'NaN', 'Inf', '-Inf', '0x1f', '1m', '0.1', '10'])
    if (p < 0.6) return r.pick(['time()', 'pi()'])
    if (p < 0.75) return `scalar(${r.chance(0.7) ? `${r.pick(['sum', 'max', 'avg'])}(${this.#vector(depth - 1, false).text})` : this.#vector(depth - 1).text})`
    if (p < 0.9) return `(${this.#scalar(depth - 1)} ${r.pick([...ARITHMETIC, '== bool', '> bool'])} ${this.#scalar(depth - 1)})`
    if (this.#dialect.experimental && this.#dialect.newer) return r.pick(['start()', 'end()', 'step()', 'range()', `max_of(${this.#scalar(depth - 1)}, 2)`, `min_of(1, ${this.#scalar(depth - 1)})`])
    return `-${this.#scalar(0)}`
  }

  /** A native histogram times a number. */
  #scaled(depth: number): Part {
    const inner = this.#vector(depth - 1, true)
    return this.#r.chance(0.5) ? { ...inner, text: `${wrapped(inner.text)} ${this.#r.pick(['*', '/'])} ${this.#r.pick(['2', '0.5', '-1', '0', '3', this.#scalar(depth - 1)])}` } : { ...inner, text: `${this.#r.pick(['2', '-1', '0.5'])} * ${wrapped(inner.text)}` }
  }

  #valueFunction(depth: number): Part {
    const r = this.#r
    const p = r.next()
    if (p < 0.05) return { text: `${r.pick(['hour', 'minute', 'day_of_week', 'month', 'year', 'day_of_year', 'days_in_month'])}()`, native: false, labels: [] }
    if (p < 0.1) return { text: `absent(${r.chance(0.7) ? r.pick(NOTHING) : this.#vector(depth - 1).text})`, native: false, labels: [] }
    const inner = this.#vector(depth - 1, this.#wild() ? this.#wantsNative() : false)
    const of = (text: string): Part => ({ ...inner, native: false, text })
    if (p < 0.15) return of(`clamp(${inner.text}, ${r.pick(['0', '-1', '-Inf', this.#scalar(depth - 1)])}, ${r.pick(['10', '1e3', 'Inf', this.#scalar(depth - 1)])})`)
    if (p < 0.22) return of(`${r.pick(['clamp_max', 'clamp_min', 'round'])}(${inner.text}, ${this.#scalar(depth - 1)})`)
    if (p < 0.26) return of(`round(${inner.text})`)
    if (this.#dialect.experimental && p < 0.34) return of(`${r.pick(['sort_by_label', 'sort_by_label_desc'])}(${inner.text}, ${this.#few(3).concat('instance').map(l => JSON.stringify(l)).join(', ')})`)
    return of(`${r.pick(VALUE_FUNCTIONS)}(${inner.text})`)
  }

  #rangeFunction(depth: number, native: boolean): Part {
    const r = this.#r
    const p = r.next()
    if (!native || this.#wild()) {
      const floats = (make: (matrix: string) => string): Part => {
        const part = this.#rangePart(depth, false, '')
        return { ...part, native: false, text: make(part.text) }
      }
      if (p < 0.06) return floats(matrix => `quantile_over_time(${r.chance(0.8) ? r.pick(['0.5', '0.9', '0', '1', '0.25', '-1', '2']) : this.#scalar(depth - 1)}, ${matrix})`)
      if (p < 0.1) return floats(matrix => `predict_linear(${matrix}, ${r.pick(['60', '3600', '-60', this.#scalar(depth - 1)])})`)
      if (this.#dialect.experimental && p < 0.13) return floats(matrix => `double_exponential_smoothing(${matrix}, ${r.pick(['0.5', '0.1', '0.9', '0.3', '0.7', '0.5', '1'])}, ${r.pick(['0.5', '0.1', '0.99', '0.3', '0.7', '0.5', '0'])})`)
      if (p < 0.15) return floats(matrix => `absent_over_time(${r.chance(0.6) ? `${r.pick(NOTHING)}[5m]` : matrix})`)
    }
    const name = r.pick(rangeFunctions(this.#dialect, native && !this.#wild()))
    const part = this.#rangePart(depth, native, name)
    return { ...part, native: part.native && !/^(?:count|present|changes|resets|ts_of)/.test(name), text: `${name}(${part.text})` }
  }

  /** A grouping's text and the labels that are left. */
  #grouping(labels: readonly string[]): { readonly text: string; readonly labels: readonly string[] } {
    const r = this.#r
    const p = r.next()
    if (p < 0.35) return { text: '', labels: [] }
    const by = r.chance(0.66)
    const chosen = [...r.some(labels.filter(l => /^[a-z_]+$/.test(l)), by ? 0.5 : 0.3), ...r.some(STRAY_LABELS, 0.1), ...(r.chance(0.06) ? this.#few(2) : []), ...(r.chance(0.08) ? ['"라벨.one"', '__name__'] : [])]
    return { text: `${by ? 'by' : 'without'} (${chosen.join(r.pick([', ', ',']))}) `, labels: labels.filter(l => chosen.includes(l) === by) }
  }

  #aggregation(depth: number, native: boolean): Part {
    const r = this.#r
    const inner = this.#vector(depth - 1, native)
    const { text: grouping, labels } = this.#grouping(inner.labels)
    const p = r.next()
    const before = (name: string, args: string, kept: readonly string[] = labels, histograms = false): Part => ({ text: r.chance(0.7) || grouping === '' ? `${name} ${grouping}(${args})` : `${name}(${args}) ${grouping.trim()}`, native: histograms, labels: kept })
    if (!inner.native || this.#wild()) {
      if (p < 0.12) {
        this.#ties.push(inner.text)
        return before(r.pick(['topk', 'bottomk']), `${r.pick(['1', '2', '3', '5', '10', '1', '2', '3', '0', '-1'])}, ${inner.text}`, inner.labels)
      }
      if (p < 0.2) return before('quantile', `${r.pick(['0.5', '0.9', '0', '1', '-1', '2', 'NaN', '0.25'])}, ${inner.text}`)
    }
    if (p < 0.27) return before('count_values', `${r.pick(['"v"', '"instance"', '"job"', '"값"'])}, ${inner.text}`)
    // Which series limitk takes is not defined, but how many.
    if (this.#dialect.experimental && p < 0.29) return { text: `count ${grouping}(limitk ${grouping}(${r.pick(['1', '2', '5', '3', '1', '0', '-1'])}, ${inner.text}))`, native: false, labels }
    if (this.#dialect.experimental && p < 0.34) return before('limit_ratio', `${r.pick(['0.5', '-0.5', '0.9', '1', '-1', '2', '-0.9', '0.1', '0', 'NaN'])}, ${inner.text}`, inner.labels, inner.native)
    const name = r.pick(inner.native && !this.#wild() ? NATIVE_AGGREGATIONS : FLOAT_AGGREGATIONS)
    return before(name, inner.text, labels, inner.native && /^(?:sum|avg)$/.test(name))
  }

  /** Up to so many of all labels that there are. */
  #few(most: number): string[] {
    return Array.from({ length: this.#r.int(0, most) }, () => this.#r.pick(this.#labels))
  }

  #matching(set: boolean): string {
    const r = this.#r
    if (r.chance(0.45)) return ''
    const on = `${r.pick(['on', 'on', 'ignoring'])} (${this.#few(3).join(', ')}) `
    if (set || r.chance(0.5)) return on + (set ? '' : this.#fill())
    return `${on}${r.pick(['group_left', 'group_right'])}${r.pick([' ', '() ', ' (kind) ', ' (zone, version) '])}${this.#fill()}`
  }

  #fill(): string {
    if (!this.#dialect.newer || !this.#r.chance(0.1)) return ''
    return this.#r.pick(['fill (0) ', 'fill_left (1) ', 'fill_right (-1) ', 'fill_left (1) fill_right (NaN) '])
  }

  /** `on` a few labels that both have. */
  #common(left: Part, right: Part): string[] {
    const both = left.labels.filter(l => right.labels.includes(l) && /^[a-z_]+$/.test(l) && l !== 'le')
    return this.#r.chance(0.6) ? both : this.#r.some(both, 0.7)
  }

  #binary(depth: number, native: boolean): Part {
    const r = this.#r
    const p = r.next()
    const left = this.#vector(depth - 1, native)
    const operand = (text: string): string => (r.chance(0.6) ? wrapped(text) : text)
    if (p < 0.18) {
      const op = r.pick(['and', 'or', 'unless', 'and', 'or'])
      if (op === 'unless' && !this.#wild()) {
        // What is left is that of the other instances.
        const metric = this.#r.pick(this.#floats)
        return { ...left, text: `${operand(left.text)} unless on (instance) ${wrapped(`{__name__=${JSON.stringify(metric.name)},instance=${JSON.stringify(r.pick(metric.labels['instance'] ?? ['']))}}`)}` }
      }
      const right = this.#vector(depth - 1)
      const on = op === 'and' && !this.#wild() ? `on (${this.#common(left, right).join(', ')}) ` : this.#matching(true)
      return { ...left, text: `${operand(left.text)} ${op} ${on}${operand(right.text)}` }
    }
    const comparison = r.chance(native ? 0.2 : 0.4)
    if (p < 0.48) {
      const number = comparison && r.chance(0.7) ? r.pick(['0', '1', '-5', '0.5', '-1e9', 'Inf']) : this.#scalar(depth - 1)
      const op = comparison ? r.pick(COMPARISON) + r.pick(['', '', ' bool']) : this.#dialect.newer && r.chance(native ? 0.3 : 0.03) ? r.pick(['</', '>/']) : r.pick(native && !this.#wild() ? ['*', '/'] : ARITHMETIC)
      const reverse = p >= 0.36 && (!native || op === '*')
      return { ...left, text: reverse ? `${number} ${op} ${operand(left.text)}` : `${operand(left.text)} ${op} ${number}` }
    }
    const op = native && !this.#wild() ? r.pick(NATIVE_OPERATORS) : comparison ? r.pick(COMPARISON) + r.pick(['', ' bool']) : this.#dialect.newer && r.chance(0.02) ? r.pick(['</', '>/']) : r.pick(ARITHMETIC)
    if (p < 0.68) {
      // Both sides about one metric: pairs exist.
      const metric = this.#metric(native)
      const labels = Object.keys(metric.labels)
      const grouped = r.some(labels.filter(l => /^[a-z_]+$/.test(l)), 0.6)
      const wrap = r.pick(['', 'sum', 'max', 'rate', ''])
      const side = (bare: boolean): string => (wrap === 'rate' ? `rate(${this.#plainSelector(metric, bare)}[${r.pick(RANGES)}])` : wrap === '' ? this.#plainSelector(metric, bare) + this.#modifiers() : `${native ? 'sum' : wrap} by (${grouped.join(', ')}) (${this.#plainSelector(metric, bare)})`)
      const matching = r.chance(0.15) ? this.#matching(false) : r.chance(0.3) ? `on (${(wrap === '' || wrap === 'rate' ? labels.filter(l => /^[a-z_]+$/.test(l)) : grouped).join(', ')}) ${this.#fill()}` : this.#fill() === '' ? '' : `ignoring (none) ${this.#fill()}`
      return { text: `${side(r.chance(0.5))} ${op} ${matching}${side(r.chance(0.8))}`, native, labels: wrap === '' || wrap === 'rate' ? labels : grouped }
    }
    const right = this.#vector(depth - 1, native && op !== '*')
    if (this.#wild()) return { text: `${operand(left.text)} ${op} ${this.#matching(false)}${operand(right.text)}`, native, labels: left.labels }
    const common = this.#common(left, right)
    const one = (part: Part): string => `${part.native ? 'sum' : r.pick(['sum', 'max', 'avg', 'min'])} by (${common.join(', ')}) (${part.text})`
    if (r.chance(0.5)) return { text: `${one(left)} ${op} ${r.chance(0.4) ? '' : r.chance(0.7) ? `on (${common.join(', ')}) ${this.#fill()}` : this.#fill() === '' ? '' : `ignoring (none) ${this.#fill()}`}${one(right)}`, native, labels: common }
    return r.chance(0.7)
      ? { text: `${operand(left.text)} ${op} on (${common.join(', ')}) group_left${r.pick([' ', '() ', ' (none) '])}${this.#fill()}${one(right)}`, native, labels: left.labels }
      : { text: `${one(left)} ${op} on (${common.join(', ')}) group_right${r.pick([' ', '() ', ' (none) '])}${this.#fill()}${operand(right.text)}`, native, labels: right.labels }
  }

  #histogramFunction(depth: number): Part {
    const r = this.#r
    const p = this.#natives.length > 0 || this.#wild() ? r.next() : r.next() * 0.66
    // Figures of a histogram: native ones alone have them.
    const figures = p >= 0.66 && this.#natives.length > 0
    const metric = figures && !this.#wild() ? r.pick(this.#natives) : this.#histograms.length === 0 ? r.pick(this.#floats) : r.pick(this.#histograms)
    const own = Object.keys(metric.labels)
    const base = r.pick<() => Part>([
      () => this.#selector(true, metric), () => ({ text: `rate(${this.#plainSelector(metric)}[${r.pick(RANGES)}])`, native: true, labels: own }),
      () => ({ text: `sum by (${r.pick(['le', 'le, job', 'instance, le'])}) (rate(${this.#plainSelector(metric)}[${r.pick(RANGES)}]))`, native: true, labels: ['le'] }),
      () => ({ text: `sum by (le) (${this.#selector(true, metric).text})`, native: true, labels: ['le'] }), () => ({ text: `increase(${this.#plainSelector(metric)}[5m])`, native: true, labels: own }),
      () => ({ text: `avg by (le) (${this.#selector(true, metric).text})`, native: true, labels: ['le'] }), () => this.#vector(depth - 1, true), () => ({ text: `${this.#selector(true, metric).text} * ${r.pick(['-1', '2', '0'])}`, native: true, labels: own }),
    ])()
    const of = (text: string): Part => ({ text, native: false, labels: base.labels.filter(l => l !== 'le') })
    if (p < 0.4) return of(`histogram_quantile(${r.pick(['0.5', '0.9', '0', '1', '0.99', '-1', '1.5', 'NaN'])}, ${base.text})`)
    if (p < 0.6) return of(`histogram_fraction(${r.pick(['0', '-1', '-Inf', '0.2', 'NaN'])}, ${r.pick(['1', '0.7', 'Inf', '5', '0'])}, ${base.text})`)
    if (this.#dialect.newer && this.#dialect.experimental && p < 0.66) return of(`histogram_quantiles(${base.text}, "q", 0.5, ${r.pick(['0.9', '0', '1', '2'])})`)
    return of(`${r.pick(['histogram_avg', 'histogram_count', 'histogram_sum', 'histogram_stddev', 'histogram_stdvar'])}(${base.text})`)
  }

  #labelFunction(depth: number, native: boolean): Part {
    const r = this.#r
    const inner = this.#vector(depth - 1, native)
    const of = (text: string): Part => ({ ...inner, text })
    if (r.chance(0.5)) return of(`label_join(${inner.text}, ${r.pick(['"none"', '"none"', '"__name__"', '"값"', '"instance"'])}, ${r.pick(['"-"', '""'])}, ${this.#few(3).concat('job').map(l => JSON.stringify(l)).join(', ')})`)
    return of(`label_replace(${inner.text}, ${r.pick(['"none"', '"instance"', '"none"', '"job"', '"값"', '"__name__"'])}, ${r.pick(['"$1"', '"x-${1}"', '""', '"$0$2"'])}, ${r.pick(['"instance"', '"job"', '"__name__"', '"none"'])}, ${r.pick(['"(.*):.*"', '".*"', '"(a).*"', '"(?P<n>.+)"', '"(.*):.*"', '"(.*)"', '"a("'])})`)
  }
}

/** A regular expression of one value. */
const quoted = (value: string): string => value.replace(/[.+*?^$(){}|[\]\\]/g, '\\$&')

function wrapped(text: string): string {
  return /^[\w.:]+(\(|\{|$)/.test(text) && !/[ @]/.test(text) ? text : `(${text})`
}
