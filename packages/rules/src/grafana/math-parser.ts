/** One node of a formula. */
export type MathNode =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly refId: string }
  | { readonly kind: 'unary'; readonly op: '!' | '-'; readonly of: MathNode }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: MathNode; readonly right: MathNode }
  | { readonly kind: 'call'; readonly name: MathFunction; readonly args: readonly MathNode[] }

export type BinaryOp = '||' | '&&' | '==' | '!=' | '<' | '>' | '<=' | '>=' | '+' | '-' | '*' | '/' | '%' | '**'

/** Functions and how many arguments each has. */
export const MATH_FUNCTIONS = { abs: 1, log: 1, round: 1, ceil: 1, floor: 1, is_nan: 1, is_inf: 1, is_null: 1, is_number: 1, nan: 0, inf: 0, infn: 0, null: 0 } as const
export type MathFunction = keyof typeof MATH_FUNCTIONS

/** A formula that can't be read: what is wrong, and the 1-based column. */
export class MathSyntaxError extends Error {}

const POWER: Readonly<Record<BinaryOp, number>> = { '||': 1, '&&': 2, '==': 3, '!=': 3, '<': 3, '>': 3, '<=': 3, '>=': 3, '+': 4, '-': 4, '*': 5, '/': 5, '%': 5, '**': 6 }
const TOKEN = /\s*(?:(?<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|\$(?:\{(?<braced>[^}]*)\}|(?<plain>\w+))|(?<name>[A-Za-z_]\w*)|(?<op>\|\||&&|==|!=|<=|>=|\*\*|[<>+\-*/%!(),]))/y
/** Deepest nesting of parentheses and signs. */
const MAX_DEPTH = 100

/**
 * Reads a formula such as `$A * 100 > ${B}`.
 * @throws MathSyntaxError
 * @see Grafana pkg/expr/mathexp/parse
 */
export function parseMath(text: string): MathNode {
  const parser = new MathParser(text)
  const node = parser.expr(1)
  parser.end()
  return node
}

/** The refIds that a formula names. */
export function mathVariables(node: MathNode, into: Set<string> = new Set()): Set<string> {
  if (node.kind === 'variable') into.add(node.refId)
  else if (node.kind === 'unary') mathVariables(node.of, into)
  else if (node.kind === 'binary') {
    mathVariables(node.left, into)
    mathVariables(node.right, into)
  } else if (node.kind === 'call') for (const a of node.args) mathVariables(a, into)
  return into
}

type Token = { readonly kind: 'number' | 'variable' | 'name' | 'op' | 'end'; readonly text: string; readonly at: number }

class MathParser {
  readonly #text: string
  #pos = 0
  #token: Token
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#token = this.#read()
  }

  #read(): Token {
    TOKEN.lastIndex = this.#pos
    const m = TOKEN.exec(this.#text)
    if (m === null) {
      const rest = this.#text.slice(this.#pos).trimStart()
      const at = this.#text.length - rest.length
      if (rest !== '') throw new MathSyntaxError(`column ${at + 1}: unexpected ${JSON.stringify(rest.slice(0, 10))}`)
      return { kind: 'end', text: 'end of expression', at }
    }
    this.#pos = TOKEN.lastIndex
    const g = m.groups!
    const text = (g['number'] ?? g['braced'] ?? g['plain'] ?? g['name'] ?? g['op'])!
    const at = TOKEN.lastIndex - m[0].trimStart().length
    const kind = g['number'] !== undefined ? 'number' : g['braced'] !== undefined || g['plain'] !== undefined ? 'variable' : g['name'] !== undefined ? 'name' : 'op'
    return { kind, text, at }
  }

  #next(): Token {
    const t = this.#token
    this.#token = this.#read()
    return t
  }

  #surprise(t: Token, expected: string): MathSyntaxError {
    return new MathSyntaxError(`column ${t.at + 1}: unexpected ${t.kind === 'end' ? t.text : JSON.stringify(t.text)}, expected ${expected}`)
  }

  end(): void {
    if (this.#token.kind !== 'end') throw this.#surprise(this.#token, 'an operator')
  }

  expr(min: number): MathNode {
    let left = this.#unary()
    for (;;) {
      const { kind, text } = this.#token
      const power = kind === 'op' && Object.hasOwn(POWER, text) ? POWER[text as BinaryOp] : 0
      if (power === 0 || power < min) return left
      this.#next()
      left = { kind: 'binary', op: text as BinaryOp, left, right: this.expr(power + 1) }
    }
  }

  #unary(): MathNode {
    if (++this.#depth > MAX_DEPTH) throw new MathSyntaxError(`nested deeper than ${MAX_DEPTH}`)
    try {
      const t = this.#token
      if (t.kind === 'op' && (t.text === '!' || t.text === '-')) {
        this.#next()
        return { kind: 'unary', op: t.text, of: this.#unary() }
      }
      return this.#operand()
    } finally {
      this.#depth--
    }
  }

  #operand(): MathNode {
    const t = this.#next()
    switch (t.kind) {
      case 'number': return { kind: 'number', value: Number(t.text) }
      case 'variable': return { kind: 'variable', refId: t.text }
      case 'name': return this.#call(t)
      default: break
    }
    if (t.text !== '(') throw this.#surprise(t, 'a number, a variable such as $A, a function or "("')
    const inner = this.expr(1)
    this.#expect(')')
    return inner
  }

  #call(name: Token): MathNode {
    if (!Object.hasOwn(MATH_FUNCTIONS, name.text)) throw new MathSyntaxError(`column ${name.at + 1}: non existing function ${name.text}; there are ${Object.keys(MATH_FUNCTIONS).join(', ')}`)
    this.#expect('(')
    const args: MathNode[] = []
    while (this.#token.text !== ')' && this.#token.kind !== 'end') {
      args.push(this.expr(1))
      if (this.#token.text !== ',') break
      this.#next()
    }
    this.#expect(')')
    const wanted = MATH_FUNCTIONS[name.text as MathFunction]
    if (args.length !== wanted) throw new MathSyntaxError(`column ${name.at + 1}: ${name.text} takes ${wanted} argument(s), got ${args.length}`)
    return { kind: 'call', name: name.text as MathFunction, args }
  }

  #expect(text: string): void {
    const t = this.#next()
    if (t.kind !== 'op' || t.text !== text) throw this.#surprise(t, JSON.stringify(text))
  }
}
