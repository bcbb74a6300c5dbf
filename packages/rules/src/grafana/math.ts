import type { BinaryOp, MathFunction, MathNode } from './math-parser.ts'
import { ExpressionError, mapNumbers, unionOf } from './values.ts'
import type { ExprValue, SeriesValue } from './values.ts'

/**
 * A math node's result.
 * @param results  of the nodes that the formula names
 * @throws ExpressionError
 * @see Grafana pkg/expr/mathexp/exp.go
 */
export function evaluateMath(refId: string, node: MathNode, results: ReadonlyMap<string, readonly ExprValue[]>): readonly ExprValue[] {
  switch (node.kind) {
    case 'number': return [{ kind: 'scalar', labels: [], value: node.value }]
    case 'variable': {
      const found = results.get(node.refId)
      if (found === undefined) throw new ExpressionError(refId, `no variable of name ${node.refId}`)
      return found
    }
    case 'unary': return evaluateMath(refId, node.of, results).map(v => mapNumbers(v, x => (x === null ? null : Number.isNaN(x) ? NaN : node.op === '-' ? -x : x === 0 ? 1 : 0)))
    case 'call': {
      if (node.args.length === 0) return [{ kind: 'scalar', labels: [], value: CONSTANTS[node.name as 'nan'] }]
      return evaluateMath(refId, node.args[0]!, results).map(v => mapNumbers(v, x => callFunction(node.name, x)))
    }
    case 'binary': {
      const left = evaluateMath(refId, node.left, results)
      const right = evaluateMath(refId, node.right, results)
      return unionOf(left, right).map(u => joined(node.op, u.labels, u.a, u.b))
    }
  }
}

const CONSTANTS = { nan: NaN, inf: Infinity, infn: -Infinity, null: null } as const

function callFunction(name: MathFunction, x: number | null): number | null {
  switch (name) {
    case 'is_null': return x === null ? 1 : 0
    case 'is_nan': return x !== null && Number.isNaN(x) ? 1 : 0
    case 'is_inf': return x === Infinity || x === -Infinity ? 1 : 0
    case 'is_number': return x !== null && Number.isFinite(x) ? 1 : 0
    default: break
  }
  if (x === null) return null
  switch (name) {
    case 'abs': return Math.abs(x)
    case 'log': return Math.log(x)
    case 'ceil': return Math.ceil(x)
    case 'floor': return Math.floor(x)
    // Half away from zero; numbers without a fraction stay.
    case 'round': return Number.isInteger(x) ? x : Math.sign(x) * Math.floor(Math.abs(x) + 0.5)
    default: return x
  }
}

function joined(op: BinaryOp, labels: ExprValue['labels'], a: ExprValue, b: ExprValue): ExprValue {
  if (a.kind === 'no-data' || b.kind === 'no-data') return { kind: 'no-data', labels: [] }
  if (a.kind === 'series' && b.kind === 'series') return joinSeries(op, labels, a, b)
  if (a.kind === 'series') return { ...a, labels, vs: a.vs.map(x => operate(op, x, (b as { value: number | null }).value)) }
  if (b.kind === 'series') return { ...b, labels, vs: b.vs.map(x => operate(op, a.value, x)) }
  const value = operate(op, a.value, b.value)
  return a.kind === 'scalar' && b.kind === 'scalar' ? { kind: 'scalar', labels: [], value } : { kind: 'number', labels, value }
}

/** Points of the same time; the others are dropped. */
function joinSeries(op: BinaryOp, labels: ExprValue['labels'], a: SeriesValue, b: SeriesValue): SeriesValue {
  const ts: number[] = []
  const vs: (number | null)[] = []
  let j = 0
  for (let i = 0; i < a.ts.length; i++) {
    while (j < b.ts.length && b.ts[j]! < a.ts[i]!) j++
    if (j >= b.ts.length || b.ts[j] !== a.ts[i]) continue
    ts.push(a.ts[i]!)
    vs.push(operate(op, a.vs[i]!, b.vs[j]!))
  }
  return { kind: 'series', labels, ts: Float64Array.from(ts), vs }
}

/** One operator on two numbers: null makes null; `||` and `&&` may be known by the left side alone; NaN makes NaN; comparisons give 1 or 0. */
export function operate(op: BinaryOp, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null
  if (op === '||' && a !== 0 && !Number.isNaN(a)) return 1
  if (op === '&&' && a === 0) return 0
  if (Number.isNaN(a) || Number.isNaN(b)) return NaN
  switch (op) {
    case '+': return a + b
    case '-': return a - b
    case '*': return a * b
    case '/': return a / b
    case '%': return a % b
    case '**': return a ** b
    case '==': return a === b ? 1 : 0
    case '!=': return a === b ? 0 : 1
    case '<': return a < b ? 1 : 0
    case '>': return a > b ? 1 : 0
    case '<=': return a <= b ? 1 : 0
    case '>=': return a >= b ? 1 : 0
    case '||': return a !== 0 || b !== 0 ? 1 : 0
    case '&&': return a !== 0 && b !== 0 ? 1 : 0
  }
}
