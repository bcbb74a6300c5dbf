import { labelsFromObject, parseFields } from '@haechi/model'
import type { Fields, Labels } from '@haechi/model'

/** A file of rule unit tests. @see Prometheus documentation, "Unit testing for rules" */
export interface RuleTestFile {
  /** Patterns as written, relative to the test file. */
  readonly ruleFiles: readonly string[]
  readonly evaluationIntervalMs: number
  /** Names of groups, those that come first. */
  readonly groupEvalOrder: readonly string[]
  /** Values that differ by their last bit are equal. */
  readonly fuzzyCompare: boolean
  readonly tests: readonly RuleTest[]
}

/** One group of tests over the same series. */
export interface RuleTest {
  /** '' where it has none. */
  readonly name: string
  /** Between the samples of the input series. */
  readonly intervalMs: number
  /** Unix ms of the first sample and evaluation. */
  readonly startMs: number
  readonly inputSeries: readonly { readonly series: string; readonly values: string }[]
  readonly alertTests: readonly AlertTest[]
  readonly exprTests: readonly ExprTest[]
  readonly externalLabels: Labels
  readonly externalUrl: string
}

/** Which alerts of a name fire at a time. Times count from the start. */
export interface AlertTest {
  readonly evalMs: number
  readonly alertname: string
  readonly expected: readonly { readonly labels: Labels; readonly annotations: Labels }[]
}

/** What an expression answers at a time. */
export interface ExprTest {
  readonly expr: string
  readonly evalMs: number
  readonly expected: readonly { readonly labels: string; readonly value: number; readonly histogram: string }[]
}

/**
 * Reads a file of rule unit tests.
 * @param ignoreUnknown  takes files with fields that promtool does not know
 * @throws ConfigError
 */
export function parseRuleTestFile(text: string, file: string, ignoreUnknown = false): RuleTestFile {
  const done = (f: Fields): void => {
    if (!ignoreUnknown) f.done()
  }
  const top = parseFields(text, file)
  const ruleFiles = top.strings('rule_files', [])
  const evaluationIntervalMs = top.durationMs('evaluation_interval', 60_000) || 60_000
  const groupEvalOrder = top.strings('group_eval_order', [])
  const fuzzyCompare = top.boolean('fuzzy_compare', false)
  const tests = top.list('tests').map(t => {
    const test: RuleTest = {
      name: t.string('name', ''), intervalMs: t.durationMs('interval', evaluationIntervalMs) || evaluationIntervalMs, startMs: startMs(t),
      inputSeries: t.list('input_series').map(s => {
        const series = { series: s.string('series', ''), values: s.string('values', '') }
        done(s)
        return series
      }),
      alertTests: t.list('alert_rule_test').map(a => alertTest(a, done)),
      exprTests: t.list('promql_expr_test').map(e => exprTest(e, done)),
      externalLabels: labelsFromObject(t.stringMap('external_labels')), externalUrl: t.string('external_url', '').replace(/\/+$/, ''),
    }
    done(t)
    return test
  })
  done(top)
  return { ruleFiles, evaluationIntervalMs, groupEvalOrder, fuzzyCompare, tests }
}

/** `start_timestamp`: Unix seconds or a date, default 0. */
function startMs(t: Fields): number {
  const text = t.string('start_timestamp', '0')
  const ms = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(ms)) throw t.error('start_timestamp', `cannot parse ${JSON.stringify(text)} to a valid timestamp`, 'write Unix seconds or e.g. 2026-01-01T00:00:00Z')
  return Math.round(ms)
}

function alertTest(a: Fields, done: (f: Fields) => void): AlertTest {
  const alertname = a.string('alertname', '')
  const expected = a.list('exp_alerts').map(e => {
    const one = { labels: labelsFromObject({ ...e.stringMap('exp_labels'), alertname }), annotations: labelsFromObject(e.stringMap('exp_annotations')) }
    done(e)
    return one
  })
  const test: AlertTest = { evalMs: a.durationMs('eval_time', 0), alertname, expected }
  done(a)
  return test
}

function exprTest(e: Fields, done: (f: Fields) => void): ExprTest {
  const expected = e.list('exp_samples').map(s => {
    const one = { labels: s.string('labels', ''), value: sampleValue(s), histogram: s.string('histogram', '') }
    done(s)
    return one
  })
  const test: ExprTest = { expr: e.string('expr', ''), evalMs: e.durationMs('eval_time', 0), expected }
  done(e)
  return test
}

const WORDS: Readonly<Record<string, number>> = { '.nan': NaN, nan: NaN, '.inf': Infinity, '+.inf': Infinity, inf: Infinity, '+inf': Infinity, '-.inf': -Infinity, '-inf': -Infinity }

function sampleValue(s: Fields): number {
  const text = s.string('value', '0')
  const value = WORDS[text.toLowerCase()] ?? Number(text)
  if (Number.isNaN(value) && !/nan/i.test(text)) throw s.error('value', `expected a number, got ${JSON.stringify(text)}`)
  return value
}
