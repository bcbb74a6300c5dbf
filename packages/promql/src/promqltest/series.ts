import { METRIC_NAME, labelsFromPairs } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { Lexer, describeToken } from '../lexer.ts'
import type { Token } from '../lexer.ts'
import { LiteralError, numberValue, stringValue } from '../literals.ts'
import { PromqlParseError } from '../parse-error.ts'
import { histogramSequence, parseHistogram } from './histogram-literal.ts'
import type { HistogramLiteral } from './histogram-literal.ts'

/** What stands at one place of a series description. Integers, because they are a column. */
export const POINT = {
  /** `_`: no sample. */
  none: 0,
  value: 1,
  /** `stale`: the series ends here. */
  stale: 2,
  /** `{{…}}`: a native histogram. */
  histogram: 3,
} as const

/** A series as written in tests: `up{job="a"} 1+1x3 _ stale`. Columns of equal length, one entry per step. */
export interface SeriesDescription {
  readonly labels: Labels
  /** One of {@link POINT} each. */
  readonly kinds: Uint8Array
  /** The value where the kind is `value`, else 0. */
  readonly values: Float64Array
  readonly hasHistograms: boolean
  /** The histogram where the kind is `histogram`, else null; empty if there is none. */
  readonly histograms: readonly (Histogram | null)[]
  /** 1 where a histogram's reset hint was written out. */
  readonly hintsSet: Uint8Array
}

/** Most points that one series may be expanded to. */
const MAX_POINTS = 10_000_000

/**
 * Reads a series description of promqltest scripts and of rule unit tests.
 * Values: `5`, `_`, `stale`, `1x3` (four ones), `1+2x3` (1 3 5 7), `_x3` (three gaps), `{{…}}` for native histograms, which repeat and add up likewise.
 *
 * @throws PromqlParseError
 * @see Prometheus documentation, "Unit testing for rules", series; `promql/parser/generated_parser.y`, series_description
 */
export function parseSeriesDescription(text: string): SeriesDescription {
  const { labels, end } = metricAt(text)
  return { labels, ...valuesAt(text, end) }
}

/** Reads a metric as written in tests, e.g. `up{job="a"}`. @throws PromqlParseError */
export function parseMetric(text: string): Labels {
  const { labels, end } = metricAt(text)
  if (text.slice(end).trim() !== '') throw failure(text, end, `unexpected ${JSON.stringify(text.slice(end).trim())}`)
  return labels
}

function failure(text: string, start: number, message: string): PromqlParseError {
  return new PromqlParseError(text, [{ span: { start, end: text.length }, text: message }])
}

function metricAt(text: string): { labels: Labels; end: number } {
  const head = /\s*([A-Za-z_:][A-Za-z0-9_:]*)?\s*/y
  const name = head.exec(text)![1]
  const pairs: [string, string][] = []
  let end = text.slice(0, head.lastIndex).trimEnd().length
  if (text[head.lastIndex] === '{' && text[head.lastIndex + 1] !== '{') end = labelSet(text, head.lastIndex, pairs)
  else if (name === undefined) throw failure(text, head.lastIndex, 'unexpected start of a series description, expected metric name or "{"')
  if (name !== undefined) pairs.push([METRIC_NAME, name])
  return { labels: labelsFromPairs(pairs), end }
}

/** Reads `{a="b", "metric name"}` from `start`. @returns where it ends */
function labelSet(text: string, start: number, pairs: [string, string][]): number {
  const lexer = new Lexer(text.slice(start))
  const next = (): Token => {
    const t = lexer.next()
    if (t.kind === 'error') throw failure(text, start + t.start, t.text)
    return t
  }
  const surprise = (t: Token, expected: string): PromqlParseError => failure(text, start + t.start, `unexpected ${describeToken(t)} in label set, expected ${expected}`)
  next()
  let t = next()
  while (t.name !== '}' || t.kind === 'string') {
    if (t.kind !== 'identifier' && t.kind !== 'string') throw surprise(t, 'identifier or "}"')
    const name = t.kind === 'string' ? stringValue(t.text) : t.text
    const quoted = t.kind === 'string'
    t = next()
    if (t.name === '=' && t.kind === 'sign') {
      const value = next()
      if (value.kind !== 'string') throw surprise(value, 'string')
      pairs.push([name, stringValue(value.text)])
      t = next()
    } else if (quoted) pairs.push([METRIC_NAME, name])
    else throw surprise(t, '"="')
    if (t.name === ',' && t.kind === 'sign') t = next()
    else if (t.name !== '}') throw surprise(t, '"," or "}"')
  }
  return start + t.end
}

const NUMBER = /(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|nan/iy
const REPEAT = /x([0-9]+)/y

function valuesAt(text: string, from: number): Omit<SeriesDescription, 'labels'> {
  const kinds: number[] = []
  const values: number[] = []
  const histograms: (Histogram | null)[] = []
  const hintsSet: number[] = []
  let pos = from
  const match = (re: RegExp): string[] | undefined => {
    re.lastIndex = pos
    const found = re.exec(text)
    if (found === null) return undefined
    pos = re.lastIndex
    return found
  }
  const number = (): number => {
    const negative = text[pos] === '-'
    if (negative || text[pos] === '+') pos++
    const start = pos
    const found = match(NUMBER)
    if (found === undefined) throw failure(text, start, `unexpected ${JSON.stringify(text.slice(start, start + 10))} in series values, expected number or "stale"`)
    try {
      return negative ? -numberValue(found[0]!) : numberValue(found[0]!)
    } catch (err) {
      throw err instanceof LiteralError ? failure(text, start, `error parsing number: ${err.message}`) : err
    }
  }
  const repeat = (): number | undefined => {
    const found = match(REPEAT)
    return found === undefined ? undefined : Number(found[1])
  }
  const add = (kind: number, value: number): void => {
    if (kinds.length >= MAX_POINTS) throw failure(text, from, `more than ${MAX_POINTS} points in a series`)
    kinds.push(kind)
    values.push(value)
  }
  const histogram = (): HistogramLiteral => {
    const close = text.indexOf('}}', pos)
    if (close < 0) throw failure(text, pos, 'unexpected end of input in histogram description')
    const start = pos
    pos = close + 2
    return literal(start, () => parseHistogram(text.slice(start + 2, close)))
  }
  const literal = <T>(start: number, read: () => T): T => {
    try {
      return read()
    } catch (err) {
      throw err instanceof LiteralError ? failure(text, start, err.message) : err
    }
  }

  while (match(/\s+/y) !== undefined) {
    const start = pos
    if (pos === text.length) break
    if (match(/_(?=x[0-9]|\s|$)/y) !== undefined) {
      const count = repeat() ?? 1
      for (let i = 0; i < count; i++) add(POINT.none, 0)
    } else if (match(/stale\b/y) !== undefined) add(POINT.stale, 0)
    else if (text.startsWith('{{', pos)) {
      let { histogram: base, hintSet } = histogram()
      let step: Histogram | undefined
      const sign = text[pos] === '-' ? '-' : '+'
      if (text.startsWith('{{', pos + 1) && (text[pos] === '+' || text[pos] === '-')) {
        pos++
        ;({ histogram: step, hintSet } = histogram())
      }
      const count = repeat()
      if (count === undefined && step !== undefined) throw failure(text, pos, 'unexpected end of a series value, expected "x" and a count')
      if ((count ?? 0) >= MAX_POINTS) throw failure(text, from, `more than ${MAX_POINTS} points in a series`)
      const all = step === undefined ? undefined : literal(start, () => histogramSequence(base, step, sign, count!))
      for (let i = 0; i <= (count ?? 0); i++) {
        histograms[kinds.length] = all?.[i] ?? base
        hintsSet[kinds.length] = hintSet ? 1 : 0
        add(POINT.histogram, 0)
      }
    } else {
      let value = number()
      const step = text[pos] === '+' || text[pos] === '-' ? number() : 0
      const count = repeat()
      if (count === undefined && step !== 0) throw failure(text, pos, 'unexpected end of a series value, expected "x" and a count')
      for (let i = 0; i <= (count ?? 0); i++) {
        add(POINT.value, value)
        value += step
      }
    }
    if (pos < text.length && !/\s/.test(text[pos]!)) {
      throw failure(text, pos, `unexpected ${JSON.stringify(text.slice(pos, pos + 10))} in series values after ${JSON.stringify(text.slice(start, pos))}`)
    }
  }
  if (pos < text.length) throw failure(text, pos, `unexpected ${JSON.stringify(text.slice(pos, pos + 10))} in series values`)
  const hasHistograms = histograms.length > 0
  return {
    kinds: Uint8Array.from(kinds), values: Float64Array.from(values), hasHistograms, histograms: hasHistograms ? kinds.map((_, i) => histograms[i] ?? null) : [],
    hintsSet: Uint8Array.from(kinds, (_, i) => hintsSet[i] ?? 0),
  }
}
