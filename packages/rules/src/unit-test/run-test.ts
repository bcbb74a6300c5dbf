import { compareLabels, formatDuration, goQuote, histogramScriptText, labelsEqual } from '@haechi/model'
import type { Histogram, Labels } from '@haechi/model'
import { LocalQueryEngine, POINT, PromqlParseError, parseMetric, parseSeriesDescription } from '@haechi/promql'
import { MemoryStorage } from '@haechi/storage'
import type { QueryEngine, VectorSample } from '@haechi/storage'
import { goDuration } from '@haechi/template'
import { AlertingEvaluation } from '../evaluate.ts'
import { RunningGroup } from '../group.ts'
import { RuleQuestions } from '../questions.ts'
import { OutputWriter } from '../rule-output.ts'
import { SlotTimers } from '../slots.ts'
import { DEFAULT_RULE_SETTINGS } from '../manager.ts'
import type { RuleGroup, RuleManagerOptions } from '../views.ts'
import { alertListText, alertsDiff, expFloat, labelsText } from './texts.ts'
import type { FiringAlert } from './texts.ts'
import type { AlertTest, ExprTest, RuleTest, RuleTestFile } from './test-file.ts'

/** How a test is run and told about. */
export interface RuleTestOptions {
  /** Alerts that differ are told as a coloured difference. */
  readonly diff?: boolean
  /** Takes lines about what happens on the way. */
  readonly debug?: (line: string) => void
  /** Ms from any origin, for the debug lines. */
  readonly nowMs?: () => number
}

/**
 * Runs one test: the series are stored step by step, all groups are evaluated at each evaluation interval by the same code as live, then alerts and
 * expressions are compared. Group intervals do not count, as in promtool.
 *
 * @param groups  of all rule files of the test file
 * @returns each failure as promtool prints it; empty: passed
 * @throws never for what the files say: that is a failure
 * @see Prometheus cmd/promtool/unittest.go
 */
export async function runRuleTest(file: RuleTestFile, test: RuleTest, groups: readonly RuleGroup[], options: RuleTestOptions = {}): Promise<string[]> {
  const nowMs = options.nowMs ?? ((): number => 0)
  const begun = nowMs()
  options.debug?.(`DEBUG: Starting test ${test.name}`)
  const failures = await new TestRun(file, test, groups, options).run()
  options.debug?.(`DEBUG: Test ${test.name} finished, took ${goDuration(BigInt(Math.round((nowMs() - begun) * 1e6))).text!()}`)
  return failures
}

interface Input { readonly labels: Labels; readonly kinds: Uint8Array; readonly values: Float64Array; readonly histograms: readonly (Histogram | null)[]; next: number }

class TestRun {
  readonly #file: RuleTestFile
  readonly #test: RuleTest
  readonly #options: RuleTestOptions
  readonly #groups: readonly RuleGroup[]
  readonly #storage = new MemoryStorage()
  readonly #engine: QueryEngine

  constructor(file: RuleTestFile, test: RuleTest, groups: readonly RuleGroup[], options: RuleTestOptions) {
    this.#file = file
    this.#test = test
    this.#options = options
    const place = (g: RuleGroup): number => Math.max(0, file.groupEvalOrder.indexOf(g.name))
    this.#groups = groups.toSorted((a, b) => place(a) - place(b))
    this.#engine = new LocalQueryEngine(this.#storage, { subqueryStepMs: file.evaluationIntervalMs })
  }

  async run(): Promise<string[]> {
    const { startMs, alertTests, exprTests, name } = this.#test
    const stepMs = this.#file.evaluationIntervalMs
    const nameless = alertTests.find(a => a.alertname === '')
    if (nameless !== undefined) {
      return [`an item under alert_rule_test misses required attribute alertname at eval_time ${formatDuration(nameless.evalMs)}${name === '' ? '' : ` (in TestGroup ${name})`}`]
    }
    const inputs: Input[] = []
    for (const [i, s] of this.#test.inputSeries.entries()) {
      const input = readInput(`${s.series} ${s.values}`, i + 2)
      if (typeof input === 'string') return [input]
      inputs.push(input)
    }
    const options = this.#managerOptions()
    const share = { questions: new RuleQuestions(options.query), writer: new OutputWriter(options.appendable.appender()), timers: new SlotTimers(options.clock) }
    const running = this.#groups.map(g => new RunningGroup(g, options, DEFAULT_RULE_SETTINGS, share, false))
    const failures: string[] = []
    const open = alertTests.toSorted((a, b) => a.evalMs - b.evalMs)
    const lastMs = Math.max(0, ...alertTests.map(a => a.evalMs), ...exprTests.map(e => e.evalMs))
    for (let t = 0; t <= lastMs; t += stepMs) {
      this.#store(inputs, t)
      const broken: string[] = []
      for (const group of running) {
        await group.evaluate(startMs + t)
        for (const r of group.rules) if (r.health === 'err') broken.push(`    rule: ${r.rule.name}, time: ${goDuration(BigInt(t) * 1_000_000n).text!()}, err: ${r.lastError}`)
      }
      if (broken.length > 0) return [...failures, ...broken]
      // What is asked between two evaluations is answered by the earlier one.
      while (open.length > 0 && open[0]!.evalMs < t + stepMs) {
        const failure = this.#checkAlerts(open.shift()!, running)
        if (failure !== undefined) failures.push(failure)
      }
    }
    for (const e of exprTests) {
      const failure = await this.#checkExpr(e)
      if (failure !== undefined) failures.push(failure)
    }
    if (this.#options.debug !== undefined) this.#dump(lastMs)
    return failures
  }

  #managerOptions(): RuleManagerOptions {
    const silent = (): void => {}
    return {
      query: this.#engine, appendable: this.#storage, externalUrl: this.#test.externalUrl, externalLabels: this.#test.externalLabels, notify: () => {},
      clock: { nowMs: () => 0, after: () => silent }, log: { debug: silent, info: silent, warn: silent, error: silent },
    }
  }

  /** Stores the samples up to a time from the start. */
  #store(inputs: readonly Input[], untilMs: number): void {
    const { startMs, intervalMs } = this.#test
    for (const input of inputs) {
      for (; input.next < input.kinds.length && input.next * intervalMs <= untilMs; input.next++) {
        const tMs = startMs + input.next * intervalMs
        const kind = input.kinds[input.next]
        if (kind === POINT.histogram) this.#storage.addHistogram(input.labels, tMs, input.histograms[input.next]!)
        else if (kind === POINT.value) this.#storage.add(input.labels, tMs, input.values[input.next]!)
        else if (kind === POINT.stale) this.#storage.addStale(input.labels, tMs)
      }
    }
  }

  #checkAlerts(test: AlertTest, running: readonly RunningGroup[]): string | undefined {
    const got: FiringAlert[] = []
    for (const group of running) {
      for (const r of group.rules) {
        if (!(r instanceof AlertingEvaluation) || r.alerting.name !== test.alertname) continue
        for (const a of r.states.byKey.values()) if (a.state === 'firing') got.push(a)
      }
    }
    got.sort(compareAlerts)
    const expected = test.expected.toSorted(compareAlerts)
    if (got.length === expected.length && got.every((a, i) => compareAlerts(a, expected[i]!) === 0)) return undefined
    const head = `${this.#test.name === '' ? '' : `    name: ${this.#test.name},\n`}    alertname: ${test.alertname}, time: ${formatDuration(test.evalMs)}, \n`
    if (this.#options.diff === true) return `${head}        diff: ${alertsDiff(expected, got)}`
    return `${head}        exp:${alertListText(expected)}, \n        got:${alertListText(got)}`
  }

  async #checkExpr(test: ExprTest): Promise<string | undefined> {
    const head = `    expr: ${goQuote(test.expr)}, time: ${formatDuration(test.evalMs)},`
    let got: readonly VectorSample[]
    try {
      const tMs = this.#test.startMs + test.evalMs
      const { value } = await this.#engine.instant({ expr: test.expr, tMs })
      if (value.type !== 'vector' && value.type !== 'scalar') throw new Error('rule result is not a vector or scalar')
      got = value.type === 'vector' ? value.samples : [{ labels: [], tMs, value: value.value }]
    } catch (err) {
      return `${head} err: ${(err as Error).message}`
    }
    const expected: { labels: Labels; value: number; histogram: string }[] = []
    for (const e of test.expected) {
      try {
        const labels = e.labels === '' ? [] : parseMetric(e.labels)
        expected.push({ labels, value: e.value, histogram: e.histogram === '' ? '' : histogramOf(e.histogram) })
      } catch (err) {
        return `${head} err: labels ${goQuote(e.labels)}: ${(err as Error).message}`
      }
    }
    const sorted = got.map(s => ({ labels: s.labels, value: s.value, histogram: s.histogram === undefined ? '' : histogramScriptText(s.histogram) })).sort((a, b) => compareLabels(a.labels, b.labels))
    expected.sort((a, b) => compareLabels(a.labels, b.labels))
    const same = sorted.length === expected.length
      && sorted.every((s, i) => s.histogram === expected[i]!.histogram && labelsEqual(s.labels, expected[i]!.labels) && sameFloat(s.value, expected[i]!.value, this.#file.fuzzyCompare))
    return same ? undefined : `${head}\n        exp: ${samplesText(expected)}\n        got: ${samplesText(sorted)}`
  }

  #dump(lastMs: number): void {
    const { debug } = this.#options
    debug?.(`DEBUG: Dump of all data (input_series and rules) at ${goDuration(BigInt(lastMs) * 1_000_000n).text!()}:`)
    for (const { labels, samples } of [...this.#storage.all()].sort((a, b) => compareLabels(a.labels, b.labels))) {
      const lines = [`${labelsText(labels)} =>`]
      for (let i = 0; i < samples.length; i++) if (!samples.isStale(i)) lines.push(`${expFloat(samples.vs[i]!, 'f')} @[${samples.ts[i]!}]`)
      debug?.(lines.join('\n'))
    }
  }
}

/** @returns what is wrong as text, placed as in the load command that promtool makes of the series */
function readInput(text: string, line: number): Input | string {
  try {
    const { labels, kinds, values, histograms } = parseSeriesDescription(text)
    return { labels, kinds, values, histograms, next: 0 }
  } catch (err) {
    if (!(err instanceof PromqlParseError)) throw err
    return err.message.replace(/^1:/, `${line}:`)
  }
}

function compareAlerts(a: FiringAlert, b: FiringAlert): number {
  return compareLabels(a.labels, b.labels) || compareLabels(a.annotations, b.annotations)
}

/** A histogram as it is compared. @throws PromqlParseError for what is none */
function histogramOf(text: string): string {
  const histogram = parseSeriesDescription(`{} ${text}`).histograms[0] ?? null
  if (histogram === null) throw new Error('expected histogram, got something else')
  return histogramScriptText(histogram)
}

function samplesText(samples: readonly { readonly labels: Labels; readonly value: number; readonly histogram: string }[]): string {
  return samples.length === 0 ? 'nil' : samples.map(s => `${labelsText(s.labels)} ${s.histogram === '' ? expFloat(s.value, 'E') : s.histogram}`).join(', ')
}

const FLOAT = new Float64Array(1)
const BITS = new BigInt64Array(FLOAT.buffer)

function bitsOf(v: number): bigint {
  FLOAT[0] = v
  return BITS[0]!
}

function sameFloat(a: number, b: number, fuzzy: boolean): boolean {
  if (a === b || (a !== a && b !== b)) return true
  if (!fuzzy || !Number.isFinite(a) || !Number.isFinite(b) || Math.sign(a) !== Math.sign(b)) return false
  const between = bitsOf(a) - bitsOf(b)
  return between === 1n || between === -1n
}
