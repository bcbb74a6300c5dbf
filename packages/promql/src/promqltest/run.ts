import type { Histogram } from '@haechi/model'
import { SampleColumns } from '@haechi/storage'
import type { Answer, QueryValue, VectorSample } from '@haechi/storage'
import { compareAnnotations, compareValue, matrixOrder } from './compare.ts'
import { classicToNative } from './classic-to-native.ts'
import type { TestEngine, TestSeries } from './engine.ts'
import { ScriptNeeds } from './needs.ts'
import { pinnedQuery, pinnedTimes } from './pin.ts'
import { parseTestScript } from './script.ts'
import type { EvalStatement, LoadStatement } from './script.ts'
import { POINT } from './series.ts'

/** What became of one question of a script. */
export interface EvalOutcome {
  readonly line: number
  readonly expr: string
  readonly status: 'passed' | 'failed' | 'excluded'
  /** What differs, or what the statement needs that the engine has not. */
  readonly reason?: string
}

/** How thoroughly instant queries are tested. */
export interface RunOptions {
  /** Only the query as written, without its pinned variants and without the range query through the same time. */
  readonly asWritten?: boolean
}

/**
 * Runs a script against an engine. As in Prometheus' own runner, an instant query is asked once more with all its selectors pinned by `@`, at other
 * times, and each of these also as the middle of a range query.
 *
 * @param makeEnv  makes the empty engine; called once
 * @returns one outcome per question, in the order of the script
 * @throws TestScriptError; what the engine throws at `load` or `clear`
 */
export async function runTestScript(script: string, makeEnv: () => TestEngine | Promise<TestEngine>, options: RunOptions = {}): Promise<EvalOutcome[]> {
  const engine = await makeEnv()
  const needs = new ScriptNeeds()
  const outcomes: EvalOutcome[] = []
  for (const statement of parseTestScript(script)) {
    if (statement.kind === 'clear') {
      needs.clear()
      await engine.clear()
    } else if (statement.kind === 'load') {
      needs.load(statement)
      await engine.load(testSeries(statement, engine))
    } else {
      const { line, expr } = statement
      const need = needs.of(statement, engine)
      if (need !== undefined) {
        outcomes.push({ line, expr, status: 'excluded', reason: need })
        continue
      }
      const reason = await evaluate(statement, engine, options)
      outcomes.push(reason === undefined ? { line, expr, status: 'passed' } : { line, expr, status: 'failed', reason })
    }
  }
  return outcomes
}

/** The samples of a load statement; an engine that has no native histograms doesn't get series with them. */
function testSeries(load: LoadStatement, engine: TestEngine): TestSeries[] {
  const wanted = engine.nativeHistograms === true
  const out: TestSeries[] = []
  load.series.forEach((s, at) => {
    if (s.hasHistograms && !wanted) return
    const samples = new SampleColumns(Math.max(1, s.kinds.length))
    const offsets = engine.startTimestamps === true ? load.startOffsets[at] : undefined
    const starts: number[] = []
    const histograms: (Histogram | null)[] = []
    for (let i = 0; i < s.kinds.length; i++) {
      if (s.kinds[i] === POINT.none) continue
      const tMs = i * load.stepMs
      if (s.kinds[i] === POINT.stale) samples.pushStale(tMs)
      else samples.push(tMs, s.values[i]!)
      histograms.push(s.histograms[i] ?? null)
      const offset = offsets?.[i] ?? NaN
      starts.push(offset === offset ? tMs + offset : 0)
    }
    if (s.hasHistograms) samples.histograms = histograms
    if (offsets !== undefined) samples.startsMs = Float64Array.from(starts)
    out.push({ labels: s.labels, samples })
  })
  if (!load.withNativeHistograms || !wanted) return out
  for (const { labels, histograms } of classicToNative(load.series)) {
    const samples = new SampleColumns(histograms.size)
    for (const i of histograms.keys()) samples.push(i * load.stepMs, 0)
    samples.histograms = [...histograms.values()]
    out.push({ labels, samples })
  }
  return out
}

/** An answer or the text of an error. */
type Result = { readonly answer: Answer<QueryValue> } | { readonly error: string }

async function ask(question: () => Promise<Answer<QueryValue>>): Promise<Result> {
  try {
    return { answer: await question() }
  } catch (err) {
    return { error: err instanceof Error ? err.message : String(err) }
  }
}

async function evaluate(ev: EvalStatement, engine: TestEngine, options: RunOptions): Promise<string | undefined> {
  if (ev.range) return check(ev, await ask(() => engine.range(ev.expr, ev.startMs, ev.endMs, ev.stepMs)))
  const literal = await evaluateAt(ev, ev.expr, ev.endMs, engine, options)
  // A pin needs a readable query.
  if (literal !== undefined || options.asWritten === true) return literal
  let pinned: string | undefined
  try {
    pinned = pinnedQuery(ev.expr, ev.endMs)
  } catch {
    return undefined
  }
  if (pinned === undefined) return undefined
  for (const tMs of pinnedTimes(ev.endMs)) {
    const wrong = await evaluateAt(ev, pinned, tMs, engine, options)
    if (wrong !== undefined) return `${pinned} at ${tMs}: ${wrong}`
  }
  return undefined
}

async function evaluateAt(ev: EvalStatement, expr: string, tMs: number, engine: TestEngine, options: RunOptions): Promise<string | undefined> {
  const result = await ask(() => engine.instant(expr, tMs))
  const wrong = check(ev, result)
  if (wrong !== undefined || 'error' in result || options.asWritten === true) return wrong
  if (ev.rangeVector || ev.string !== undefined || /(?:start|end|range|step)\(\)/.test(expr)) return undefined
  const around = await ask(() => engine.range(expr, tMs - 60_000, tMs + 60_000, 60_000))
  if ('error' in around) return `in range mode: ${around.error}`
  if (ev.ordered) return undefined
  const middle = middleOf(around.answer.value, tMs, result.answer.value.type)
  const differs = typeof middle === 'string' ? middle : compareValue(ev, middle, false)
  return differs === undefined ? undefined : `in range mode: ${differs}`
}

/** The values of a range query at one time as the answer of an instant query, or what is wrong with it. */
function middleOf(value: QueryValue, tMs: number, type: QueryValue['type']): QueryValue | string {
  if (value.type !== 'matrix') return `expected a matrix, got a ${value.type}`
  const order = matrixOrder(value)
  if (order !== undefined) return order
  const samples: VectorSample[] = []
  for (const s of value.series) {
    const i = s.ts.indexOf(tMs)
    const histogram = s.histograms?.[i] ?? null
    if (i >= 0) samples.push({ labels: s.labels, tMs, value: s.vs[i]!, ...(histogram === null ? {} : { histogram }) })
  }
  if (type !== 'scalar') return { type: 'vector', samples }
  return samples.length === 1 ? { type: 'scalar', tMs, value: samples[0]!.value } : `expected one value, got ${samples.length}`
}

function check(ev: EvalStatement, result: Result): string | undefined {
  if ('error' in result) {
    if (ev.fail === undefined) return `error: ${result.error}`
    return ev.fail.matches(result.error) ? undefined : `expected error matching ${JSON.stringify(ev.fail.source)}, but got: ${result.error}`
  }
  if (ev.fail !== undefined) return 'expected error but got none'
  const { value, warnings, infos } = result.answer
  return compareAnnotations('warn', ev.warn, warnings) ?? compareAnnotations('info', ev.info, infos) ?? compareValue(ev, value, ev.ordered)
}
