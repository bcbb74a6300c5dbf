import { METRIC_NAME, goQuote, matchesValue } from '@haechi/model'
import type { AggregateOp, BinaryExpr, BinaryOp, CallExpr, Expr, Span, ValueType, VectorSelector } from './ast.ts'
import { FUNCTIONS } from './functions-signatures.ts'
import type { ParseIssue } from './parse-error.ts'

/** The type of value that an expression gives. */
export function exprType(e: Expr): ValueType {
  switch (e.kind) {
    case 'number': return 'scalar'
    case 'string': return 'string'
    case 'paren': case 'unary': return exprType(e.expr)
    case 'binary': return exprType(e.left) === 'scalar' && exprType(e.right) === 'scalar' ? 'scalar' : 'vector'
    case 'aggregate': case 'selector': return 'vector'
    case 'call': return FUNCTIONS.get(e.func)!.returnType
    case 'matrix': case 'subquery': return 'matrix'
  }
}

/** A type as messages name it. */
export function typeName(t: ValueType): string {
  return t === 'vector' ? 'instant vector' : t === 'matrix' ? 'range vector' : t
}

const COMPARISONS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['==', '!=', '<', '<=', '>', '>='])
const SET_OPS: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['and', 'or', 'unless'])
const SCALAR_PARAM: ReadonlySet<AggregateOp> = new Set<AggregateOp>(['topk', 'bottomk', 'quantile', 'limitk', 'limit_ratio'])

/** `==`, `<` … */
export function isComparison(op: BinaryOp): boolean {
  return COMPARISONS.has(op)
}

/** `and`, `or`, `unless` */
export function isSetOp(op: BinaryOp): boolean {
  return SET_OPS.has(op)
}

/**
 * Checks the types of an expression and the rules that need them. It also finishes the tree in one respect: a set operation is many-to-many, and
 * a binary expression with a scalar has no matching.
 *
 * @param text  the query, for the places of operators
 * @returns everything that is wrong, in Prometheus' order
 * @see Prometheus `promql/parser/parse.go`, `checkAST`
 */
export function checkExpr(e: Expr, text: string): ParseIssue[] {
  const issues: ParseIssue[] = []
  new Checker(text, issues).check(e)
  return issues
}

class Checker {
  readonly #text: string
  readonly #issues: ParseIssue[]

  constructor(text: string, issues: ParseIssue[]) {
    this.#text = text
    this.#issues = issues
  }

  check(e: Expr): ValueType {
    switch (e.kind) {
      case 'number': case 'string': break
      case 'paren':
        this.check(e.expr)
        break
      case 'unary': {
        const t = this.check(e.expr)
        if (t !== 'scalar' && t !== 'vector') {
          this.#issue(e.span, `unary expression only allowed on expressions of type scalar or instant vector, got ${goQuote(typeName(t))}`)
        }
        break
      }
      case 'binary':
        this.#binary(e)
        break
      case 'aggregate':
        this.#expect(e.expr, 'vector', 'aggregation expression')
        if (SCALAR_PARAM.has(e.op)) this.#expect(e.param!, 'scalar', 'aggregation parameter')
        if (e.op === 'count_values') this.#expect(e.param!, 'string', 'aggregation parameter')
        break
      case 'call':
        this.#call(e)
        break
      case 'selector':
        this.#selector(e, true)
        break
      case 'matrix':
        this.#selector(e.selector, true)
        break
      case 'subquery': {
        const t = this.check(e.expr)
        if (t !== 'vector') this.#issue(e.span, `subquery is only allowed on instant vector, got ${t} instead`)
        break
      }
    }
    return exprType(e)
  }

  #issue(span: Span, text: string): void {
    this.#issues.push({ span, text })
  }

  #expect(e: Expr, want: ValueType, context: string): void {
    const t = this.check(e)
    if (t !== want) this.#issue(e.span, `expected type ${typeName(want)} in ${context}, got ${typeName(t)}`)
  }

  #binary(e: BinaryExpr): void {
    const lt = this.check(e.left)
    const rt = this.check(e.right)
    if (e.bool && !isComparison(e.op)) this.#issue(this.#opRange(e), 'bool modifier can only be used on comparison operators')
    if (isComparison(e.op) && !e.bool && rt === 'scalar' && lt === 'scalar') this.#issue(this.#opRange(e), 'comparisons between scalars must use BOOL modifier')
    const matching = e.matching!
    const card = isSetOp(e.op) && matching.card === 'one-to-one' ? 'many-to-many' : matching.card
    for (const label of matching.labels) {
      for (const included of matching.include) {
        if (label === included && matching.on) this.#issue(this.#opRange(e), `label ${goQuote(label)} must not occur in ON and GROUP clause at once`)
      }
    }
    const sides = 'binary expression must contain only scalar and instant vector types'
    if (lt !== 'scalar' && lt !== 'vector') this.#issue(e.left.span, sides)
    if (rt !== 'scalar' && rt !== 'vector') this.#issue(e.right.span, sides)
    if (lt !== 'vector' || rt !== 'vector') {
      if (matching.labels.length > 0) this.#issue(e.span, 'vector matching only allowed between instant vectors')
      if (matching.fill !== undefined) this.#issue(e.span, 'filling in missing series only allowed between instant vectors')
      // The one place where the tree, not yet in anyone's hands, is changed.
      delete (e as { matching?: unknown }).matching
    } else if (isSetOp(e.op)) {
      if (card !== 'many-to-many') {
        this.#issue(e.span, `no grouping allowed for ${goQuote(e.op)} operation`)
        this.#issue(e.span, 'set operations must always be many-to-many')
      }
      if (matching.fill !== undefined) this.#issue(e.span, 'filling in missing series not allowed for set operators')
      ;(e as { matching?: unknown }).matching = { ...matching, card }
    }
    if ((lt === 'scalar' || rt === 'scalar') && isSetOp(e.op)) this.#issue(e.span, `set operator ${goQuote(e.op)} not allowed in binary scalar expression`)
  }

  /** From behind the left side to before the right side, without space at either end: operator and modifiers. */
  #opRange(e: BinaryExpr): Span {
    const between = this.#text.slice(e.left.span.end, e.right.span.start)
    const start = e.left.span.end + (between.length - between.trimStart().length)
    return { start, end: start + between.trim().length }
  }

  #call(e: CallExpr): void {
    const fn = FUNCTIONS.get(e.func)!
    const wanted = fn.argTypes.length
    const got = e.args.length
    const call = `call to ${goQuote(fn.name)}, got ${got}`
    if (fn.variadic === 0) {
      if (wanted !== got) this.#issue(e.span, `expected ${wanted} argument(s) in ${call}`)
    } else if (got < wanted - 1) this.#issue(e.span, `expected at least ${wanted - 1} argument(s) in ${call}`)
    else if (fn.variadic > 0 && got > wanted - 1 + fn.variadic) this.#issue(e.span, `expected at most ${wanted - 1 + fn.variadic} argument(s) in ${call}`)
    const bareSelector = fn.name === 'info' ? e.args[1] : undefined
    if (bareSelector !== undefined) this.#infoSelector(bareSelector)
    for (const [i, arg] of e.args.entries()) {
      if (i >= wanted && fn.variadic === 0) break
      if (arg === bareSelector && arg.kind === 'selector') this.#selector(arg, false)
      else this.#expect(arg, fn.argTypes[Math.min(i, wanted - 1)]!, `call to function ${goQuote(fn.name)}`)
    }
  }

  /** The second argument of `info` is a list of matchers in the form of a selector without a name. */
  #infoSelector(e: Expr): void {
    if (e.kind !== 'selector') this.#issue(e.span, 'expected label selectors only')
    else if (e.name !== '') this.#issue(e.span, 'expected label selectors only, got vector selector instead')
  }

  #selector(e: VectorSelector, demandNonEmpty: boolean): void {
    if (e.name !== '') {
      // The last matcher is the name before the braces.
      for (const m of e.matchers.slice(0, -1)) {
        if (m.name === METRIC_NAME) this.#issue(e.span, `metric name must not be set twice: ${goQuote(e.name)} or ${goQuote(m.value)}`)
      }
    } else if (demandNonEmpty && e.matchers.every(m => matchesValue(m, ''))) {
      this.#issue(e.span, 'vector selector must contain at least one non-empty matcher')
    }
  }
}
