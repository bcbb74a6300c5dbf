import type { Expr } from './ast.ts'

/**
 * How deep an expression may be nested. A chain `a + b + c …` is as deep as it is long. Every pass over the tree calls itself for the parts,
 * and the stack of a query thread holds several times this many calls.
 */
export const MAX_DEPTH = 1200

/** What is said about a deeper expression. */
export const TOO_DEEP: string = `expression is nested more than ${MAX_DEPTH} levels deep; split it, e.g. by recording rules`

/** The first part that is nested too deeply, if there is one. Walks without calling itself. */
export function tooDeep(e: Expr): Expr | undefined {
  const open: (readonly [Expr, number])[] = [[e, 1]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [part, depth] = next
    if (depth > MAX_DEPTH) return part
    for (const inner of partsOf(part)) open.push([inner, depth + 1])
  }
  return undefined
}

function partsOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'number': case 'string': case 'selector': case 'matrix': return []
    case 'paren': case 'unary': case 'subquery': return [e.expr]
    case 'binary': return [e.left, e.right]
    case 'aggregate': return e.param === undefined ? [e.expr] : [e.param, e.expr]
    case 'call': return e.args
  }
}
