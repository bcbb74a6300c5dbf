import { METRIC_NAME, labelValue, labelsFromPairs, labelsKey, matchesLabels } from '@haechi/model'
import type { Labels, Matcher } from '@haechi/model'
import type { Expr } from '../ast.ts'
import { FUNCTIONS } from '../functions-signatures.ts'
import { PromqlParseError } from '../parse-error.ts'
import { parseExpr } from '../parser.ts'
import type { TestEngine } from './engine.ts'
import type { EvalStatement, LoadStatement } from './script.ts'

/** What a statement needs beyond plain PromQL on floats. */
export type Need = 'native histograms' | 'start timestamps' | 'experimental functions' | 'other feature flags' | `function ${string}`

/**
 * Keeps the metrics that a script loads as native histograms or with start timestamps, and tells which questions need them.
 * A float-only engine doesn't get these series, so every question whose selectors find one of them is out of its reach.
 */
export class ScriptNeeds {
  readonly #histograms = new Map<string, Labels>()
  #startTimestamps = false

  /** Takes note of a load statement. */
  load(statement: LoadStatement): void {
    for (const s of statement.series) {
      if (s.hasHistograms) this.#add(s.labels)
      if (statement.withNativeHistograms) this.#addClassic(s.labels)
    }
    if (statement.hasStartTimestamps) this.#startTimestamps = true
  }

  clear(): void {
    this.#histograms.clear()
    this.#startTimestamps = false
  }

  /** What a question needs that the engine has not. */
  of(statement: EvalStatement, engine: Pick<TestEngine, 'experimentalFunctions' | 'language' | 'nativeHistograms' | 'startTimestamps' | 'withoutFunctions'>): Need | undefined {
    if (this.#startTimestamps && engine.startTimestamps !== true) return 'start timestamps'
    const histograms = engine.nativeHistograms === true
    if (!histograms && statement.series.some(s => s.hasHistograms)) return 'native histograms'
    let expr: Expr
    try {
      expr = parseExpr(statement.expr, { ...engine.language, experimentalFunctions: true })
    } catch (err) {
      if (!(err instanceof PromqlParseError)) throw err
      if (/experimental|not enabled/.test(err.message)) return 'other feature flags'
      return undefined
    }
    if (!histograms && (trims(expr) || selectors(expr).some(matchers => [...this.#histograms.values()].some(labels => matchesLabels(matchers, labels))))) return 'native histograms'
    const absent = functions(expr).find(name => engine.withoutFunctions?.includes(name))
    if (absent !== undefined) return `function ${absent}`
    return engine.experimentalFunctions !== true && isExperimental(expr) ? 'experimental functions' : undefined
  }

  #add(labels: Labels): void {
    this.#histograms.set(labelsKey(labels), labels)
  }

  /** The native histogram that a series of a classic one becomes part of. */
  #addClassic(labels: Labels): void {
    const name = /^(.*)_(?:bucket|count|sum)$/.exec(labelValue(labels, METRIC_NAME))?.[1]
    if (name === undefined) return
    const pairs: [string, string][] = [[METRIC_NAME, name]]
    for (let i = 0; i < labels.length; i += 2) if (labels[i] !== METRIC_NAME && labels[i] !== 'le') pairs.push([labels[i]!, labels[i + 1]!])
    this.#add(labelsFromPairs(pairs))
  }
}

/** The direct parts of an expression. */
function children(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'number': case 'string': case 'selector': return []
    case 'matrix': return [e.selector]
    case 'paren': case 'unary': case 'subquery': return [e.expr]
    case 'binary': return [e.left, e.right]
    case 'aggregate': return e.param === undefined ? [e.expr] : [e.param, e.expr]
    case 'call': return e.args
  }
}

function selectors(e: Expr): (readonly Matcher[])[] {
  return e.kind === 'selector' ? [e.matchers] : children(e).flatMap(selectors)
}

/** Whether an operator that trims histograms is in it. */
function trims(e: Expr): boolean {
  return (e.kind === 'binary' && (e.op === '</' || e.op === '>/')) || children(e).some(trims)
}

function functions(e: Expr): string[] {
  const inside = children(e).flatMap(functions)
  return e.kind === 'call' ? [e.func, ...inside] : inside
}

function isExperimental(e: Expr): boolean {
  if (e.kind === 'aggregate' && (e.op === 'limitk' || e.op === 'limit_ratio')) return true
  if (e.kind === 'call' && FUNCTIONS.get(e.func)!.experimental) return true
  return children(e).some(isExperimental)
}
