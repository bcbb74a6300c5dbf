import { DurationError, PatternError, compilePattern, labelsKey, parseDuration } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { LiteralError, numberValue } from '../literals.ts'
import { PromqlParseError } from '../parse-error.ts'
import { parseMetric, parseSeriesDescription } from './series.ts'
import type { SeriesDescription } from './series.ts'
import { parseStartOffsets } from './start-offsets.ts'

/** A script that can't be read. */
export class TestScriptError extends Error {
  /** From 1. */
  readonly line: number

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(`line ${line}: ${message}`, options)
    this.name = 'TestScriptError'
    this.line = line
  }
}

/** Adds series, each sample one step after the other from time 0. */
export interface LoadStatement {
  readonly kind: 'load'
  readonly line: number
  readonly stepMs: number
  readonly series: readonly SeriesDescription[]
  /** `load_with_nhcb`: classic histograms are also to be stored as native ones. */
  readonly withNativeHistograms: boolean
  /** Lines `metric@st …` give start timestamps. */
  readonly hasStartTimestamps: boolean
  /** For series i, start times relative to its samples, ms, NaN where not known; undefined: it has no such line. */
  readonly startOffsets: readonly (Float64Array | undefined)[]
}

/** Forgets everything loaded. */
export interface ClearStatement {
  readonly kind: 'clear'
  readonly line: number
}

/** A text that an annotation or error must be, or match. */
export interface MessageExpectation {
  readonly source: string
  readonly matches: (message: string) => boolean
}

/** What an answer may carry besides its value. Undefined: it is not looked at. */
export interface AnnotationExpectation {
  /** At least one; each matches one message and each message one of these. Empty: any message will do. */
  readonly messages?: readonly MessageExpectation[]
  readonly none?: boolean
}

/** Asks a question and says what the answer must be. */
export interface EvalStatement {
  readonly kind: 'eval'
  readonly line: number
  readonly expr: string
  /** Instant: evaluated at `endMs`. Times are Unix ms. */
  readonly range: boolean
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly fail?: MessageExpectation
  readonly ordered: boolean
  readonly warn: AnnotationExpectation
  readonly info: AnnotationExpectation
  /** An instant query whose value is a range vector. */
  readonly rangeVector: boolean
  readonly string?: string
  readonly scalar?: number
  /** In the order of the script. */
  readonly series: readonly SeriesDescription[]
}

export type Statement = LoadStatement | ClearStatement | EvalStatement

const LOAD = /^load(?:_(with_nhcb))?\s+(.+?)$/
const EVAL_INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/
const EVAL_RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/
const EXPECT_RANGE = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/
const EXPECT_STRING = /^expect string(?: (.*))?$/
const START_TIMESTAMPS = /^(\S*)@st[ \t]/

const ANYTHING: MessageExpectation = { source: '', matches: () => true }

/**
 * Reads a script of Prometheus' promqltest language.
 * @throws TestScriptError that names the line
 * @see Prometheus `promql/promqltest/README.md`
 */
export function parseTestScript(text: string): Statement[] {
  const lines = text.split('\n').map(line => line.trim()).map(line => (line.startsWith('#') ? '' : line))
  const statements: Statement[] = []
  for (let i = 0; i < lines.length; i++) {
    const head = lines[i]!
    if (head === '') continue
    // A statement goes on to the next empty line.
    const line = i + 1
    const word = head.split(/[\t ]+/, 1)[0]!.toLowerCase()
    if (word === 'clear') {
      statements.push({ kind: 'clear', line })
      continue
    }
    const body: { text: string; line: number }[] = []
    while (i + 1 < lines.length && lines[i + 1] !== '') body.push({ text: lines[++i]!, line: i + 1 })
    if (word.startsWith('load')) statements.push(load(head, line, body))
    else if (word.startsWith('eval')) statements.push(evaluation(head, line, body))
    else throw new TestScriptError(line, `invalid command ${JSON.stringify(head)}`)
  }
  return statements
}

type Body = readonly { readonly text: string; readonly line: number }[]

/** Runs a reader of one line and adds the line to what it throws. */
function at<T>(line: number, read: () => T): T {
  try {
    return read()
  } catch (err) {
    if (err instanceof PromqlParseError || err instanceof DurationError || err instanceof PatternError || err instanceof LiteralError) {
      throw new TestScriptError(line, err.message, { cause: err })
    }
    throw err
  }
}

function load(head: string, line: number, body: Body): LoadStatement {
  const parts = LOAD.exec(head)
  if (parts === null) throw new TestScriptError(line, 'invalid load command. (load[_with_nhcb] <step:duration>)')
  const series: SeriesDescription[] = []
  const startOffsets: (Float64Array | undefined)[] = []
  let pending: { readonly line: number; readonly labels: Labels; readonly offsets: Float64Array } | undefined
  for (const b of body) {
    const start = START_TIMESTAMPS.exec(b.text)
    if (start !== null) {
      if (pending !== undefined) throw new TestScriptError(pending.line, '@st line has no following sample line')
      pending = { line: b.line, labels: at(b.line, () => parseMetric(start[1]!)), offsets: at(b.line, () => parseStartOffsets(b.text.slice(start[0].length))) }
      continue
    }
    const own = at(b.line, () => parseSeriesDescription(b.text))
    if (pending !== undefined) {
      if (labelsKey(own.labels) !== labelsKey(pending.labels)) throw new TestScriptError(pending.line, '@st metric does not match the following sample line metric')
      if (own.kinds.length !== pending.offsets.length) throw new TestScriptError(pending.line, `@st line has ${pending.offsets.length} values but sample line has ${own.kinds.length}`)
    }
    series.push(own)
    startOffsets.push(pending?.offsets)
    pending = undefined
  }
  if (pending !== undefined) throw new TestScriptError(pending.line, '@st line has no following sample line')
  return {
    kind: 'load', line, stepMs: at(line, () => parseDuration(parts[2]!)), series, startOffsets, withNativeHistograms: parts[1] !== undefined,
    hasStartTimestamps: startOffsets.some(o => o !== undefined),
  }
}

function evaluation(head: string, line: number, body: Body): EvalStatement {
  const instant = EVAL_INSTANT.exec(head)
  const range = instant === null ? EVAL_RANGE.exec(head) : null
  if (instant === null && range === null) {
    throw new TestScriptError(line, `invalid evaluation command. Must be either 'eval[_fail|_warn|_ordered] instant [at <offset:duration>] <query>' or 'eval[_fail|_warn] range from <from> to <to> step <step> <query>'`)
  }
  const mode = instant?.[1] ?? range?.[1]
  let times = instant !== null
    ? { startMs: at(line, () => parseDuration(instant[2] ?? '')), endMs: at(line, () => parseDuration(instant[2] ?? '')), stepMs: 0 }
    : timesOf(line, range![2]!, range![3]!, range![4]!)
  const expected: { fail?: MessageExpectation; string?: string; scalar?: number; series: SeriesDescription[] } = { series: [] }
  let ordered = mode === 'ordered'
  let rangeVector = false
  const warn: { messages?: MessageExpectation[]; none?: boolean } = mode === 'warn' ? { messages: [ANYTHING] } : {}
  const info: { messages?: MessageExpectation[]; none?: boolean } = mode === 'info' ? { messages: [ANYTHING] } : {}
  if (mode === 'fail') expected.fail = ANYTHING

  for (const { text, line: at_ } of body) {
    const failText = /^expected_fail_(message|regexp)\s*(.*)$/.exec(text)
    const rangeParts = EXPECT_RANGE.exec(text)
    const stringPart = EXPECT_STRING.exec(text)
    if (mode === 'fail' && failText !== null) {
      expected.fail = failText[1] === 'message' ? exactly(failText[2]!) : at(at_, () => matching(failText[2]!))
    } else if (rangeParts !== null) {
      times = timesOf(at_, rangeParts[1]!, rangeParts[2]!, rangeParts[3]!)
      rangeVector = true
    } else if (stringPart !== null) expected.string = unquote(stringPart[1] ?? '', at_)
    else if (text.split(' ', 1)[0] === 'expect') {
      const parts = EXPECT.exec(text)
      if (parts === null) throw new TestScriptError(at_, 'invalid expect statement, must match `expect <type> <match_type>: <string>` format')
      const message = parts[2] === undefined ? ANYTHING : parts[2] === 'msg' ? exactly(parts[3]!.trim()) : at(at_, () => matching(parts[3]!.trim()))
      switch (parts[1]) {
        case 'ordered':
          ordered = true
          break
        case 'fail':
          if (expected.fail !== undefined) throw new TestScriptError(at_, 'invalid expect lines, multiple expect fail lines are not allowed')
          expected.fail = message
          break
        case 'warn': (warn.messages ??= []).push(message); break
        case 'info': (info.messages ??= []).push(message); break
        case 'no_warn': warn.none = true; break
        case 'no_info': info.none = true; break
      }
      if (warn.messages !== undefined && warn.none === true) throw new TestScriptError(at_, 'invalid expect lines, warn and no_warn cannot be used together')
      if (info.messages !== undefined && info.none === true) throw new TestScriptError(at_, 'invalid expect lines, info and no_info cannot be used together')
    } else {
      const scalar = numberOf(text)
      if (scalar !== undefined) {
        expected.scalar = scalar
        continue
      }
      const series = at(at_, () => parseSeriesDescription(text))
      if (series.kinds.length > 1 && range === null && !rangeVector) {
        throw new TestScriptError(at_, `expecting multiple values in instant evaluation not allowed. consider using 'expect range vector' directive to enable a range vector result for an instant query`)
      }
      expected.series.push(series)
    }
  }
  return { kind: 'eval', line, expr: instant?.[3] ?? range![5]!, range: range !== null, ...times, ...expected, ordered, warn, info, rangeVector }
}

function timesOf(line: number, from: string, to: string, step: string): { startMs: number; endMs: number; stepMs: number } {
  const times = at(line, () => ({ startMs: parseDuration(from), endMs: parseDuration(to), stepMs: parseDuration(step) }))
  if (times.endMs < times.startMs) throw new TestScriptError(line, `invalid test definition, end timestamp (${to}) is before start timestamp (${from})`)
  return times
}

function exactly(source: string): MessageExpectation {
  return { source, matches: message => message === source }
}

/** An expression that is found somewhere in the message. */
function matching(source: string): MessageExpectation {
  const pattern = compilePattern(`.*(?:${source}).*`)
  return { source, matches: message => pattern.matches(message) }
}

function numberOf(text: string): number | undefined {
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  try {
    const value = numberValue(text.slice(sign.length))
    return sign === '-' ? -value : value
  } catch (err) {
    if (err instanceof LiteralError) return undefined
    throw err
  }
}

function unquote(text: string, line: number): string {
  if (/^`[^`]*`$/.test(text)) return text.slice(1, -1)
  try {
    if (text.startsWith('"')) return JSON.parse(text) as string
  } catch {
    // Falls through to the one message.
  }
  throw new TestScriptError(line, 'expected string literal not valid - check that the string is correctly quoted')
}
