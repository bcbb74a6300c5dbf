import { METRIC_NAME, compareText, formatDuration, goFormatFloat, goQuote } from '@haechi/model'
import type { Matcher } from '@haechi/model'
import type { AggregateExpr, AtModifier, BinaryExpr, DurationExpr, DurationOperand, Expr, NumberLiteral, SubqueryExpr, VectorSelector } from './ast.ts'
import { formatGeneral } from './engine/go-number.ts'

const PLAIN_LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * The normalised text of an expression: what the rules API and links to graphs show. Reading it gives an equal tree.
 * @see Prometheus `promql/parser/printer.go`
 */
export function printExpr(e: Expr): string {
  switch (e.kind) {
    case 'number': return number(e)
    case 'string': return goQuote(e.value)
    case 'paren': return `(${printExpr(e.expr)})`
    case 'unary': return e.op + printExpr(e.expr)
    case 'binary': return `${printExpr(e.left)} ${printOperator(e)} ${printExpr(e.right)}`
    case 'aggregate': return `${printAggregateHead(e)}(${e.param === undefined ? '' : `${printExpr(e.param)}, `}${printExpr(e.expr)})`
    case 'call': return `${e.func}(${e.args.map(printExpr).join(', ')})`
    case 'selector': return `${selector(e)}${at(e.at)}${extension(e)}${offset(e)}`
    case 'matrix': return `${selector(e.selector)}[${duration(e.rangeMs, e.rangeExpr)}]${extension(e.selector)}${at(e.selector.at)}${offset(e.selector)}`
    case 'subquery': return printExpr(e.expr) + printSubquerySuffix(e)
  }
}

/** `sum by (job) `, without the parenthesis of the arguments. */
export function printAggregateHead(e: AggregateExpr): string {
  if (e.without) return `${e.op} without (${labelList(e.grouping)}) `
  if (e.grouping.length > 0) return `${e.op} by (${labelList(e.grouping)}) `
  return e.op
}

/** A binary operator with `bool` and matching. */
export function printOperator(e: BinaryExpr): string {
  let out = e.bool ? `${e.op} bool` : e.op as string
  const m = e.matching
  if (m === undefined) return out
  const grouped = m.card === 'many-to-one' || m.card === 'one-to-many'
  if (m.labels.length > 0 || m.on || grouped) out += ` ${m.on ? 'on' : 'ignoring'} (${labelList(m.labels)})`
  if (grouped) out += ` group_${m.card === 'many-to-one' ? 'left' : 'right'} (${labelList(m.include)})`
  if (m.fill !== undefined) {
    const { left, right } = m.fill
    if (left !== undefined && left === right) out += ` fill (${formatGeneral(left)})`
    else {
      if (left !== undefined) out += ` fill_left (${formatGeneral(left)})`
      if (right !== undefined) out += ` fill_right (${formatGeneral(right)})`
    }
  }
  return out
}

/** `[5m:1m] @ 10.000 offset 1m` */
export function printSubquerySuffix(e: SubqueryExpr): string {
  const step = e.stepMs === 0 && e.stepExpr === undefined ? '' : duration(e.stepMs, e.stepExpr)
  return `[${duration(e.rangeMs, e.rangeExpr)}:${step}]${at(e.at)}${offset(e)}`
}

/** A calculated duration as it is written in a query: `(step() + 5m)`. */
export function printDuration(e: DurationOperand): string {
  if (e.kind === 'number') return number(e)
  const text = durationText(e)
  return e.wrapped ? `(${text})` : text
}

function durationText(e: DurationExpr): string {
  switch (e.op) {
    case 'step': case 'range': return `${e.op}()`
    case 'min_of': case 'max_of': return `${e.op}(${printDuration(e.left!)}, ${printDuration(e.right!)})`
    default:
      if (e.left !== undefined) return `${printDuration(e.left)} ${e.op} ${printDuration(e.right!)}`
      return e.op === '-' ? `-${printDuration(e.right!)}` : printDuration(e.right!)
  }
}

/** A matcher as in a selector: `job="a"`, its name quoted if need be. @see Prometheus `model/labels/matcher.go`, `String` */
export function printMatcher(m: Matcher): string {
  return `${labelName(m.name)}${m.type}${goQuote(m.value)}`
}

function labelName(name: string): string {
  return PLAIN_LABEL.test(name) ? name : goQuote(name)
}

function labelList(names: readonly string[]): string {
  return names.map(labelName).join(', ')
}

function number(e: NumberLiteral): string {
  if (e.duration !== true) return goFormatFloat(e.value)
  // Through nanoseconds, as in Go, so that 0.3 s is 300 ms and not 299.
  const ms = Math.trunc(Math.abs(e.value) * 1e9 / 1e6)
  return e.value < 0 ? `-${formatDuration(ms)}` : formatDuration(ms)
}

function selector(e: VectorSelector): string {
  const shown = e.matchers
    .filter(m => !(m.name === METRIC_NAME && m.type === '=' && m.value === e.name && m.value !== ''))
    .map(printMatcher)
    .sort(compareText)
  return shown.length === 0 ? e.name : `${e.name}{${shown.join(',')}}`
}

function at(m: AtModifier | undefined): string {
  if (m === undefined) return ''
  return m.kind === 'time' ? ` @ ${(m.tMs / 1000).toFixed(3)}` : ` @ ${m.kind}()`
}

function extension(e: VectorSelector): string {
  return e.extension === undefined ? '' : ` ${e.extension}`
}

function duration(ms: number, expr: DurationExpr | undefined): string {
  return expr === undefined ? formatDuration(ms) : printDuration(expr)
}

function offset(e: { readonly offsetMs: number; readonly offsetExpr?: DurationExpr }): string {
  if (e.offsetExpr !== undefined) return ` offset ${printDuration(e.offsetExpr)}`
  if (e.offsetMs > 0) return ` offset ${formatDuration(e.offsetMs)}`
  return e.offsetMs < 0 ? ` offset -${formatDuration(-e.offsetMs)}` : ''
}
