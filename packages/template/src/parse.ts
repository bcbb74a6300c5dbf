import { quoted, tokenText, tokenize } from './lexer.ts'
import type { Token, TokenKind } from './lexer.ts'
import { nodeText } from './nodes.ts'
import type { BranchNode, CommandNode, Node, NumberNode, PipeNode, TermNode, VariableNode } from './nodes.ts'
import { NumberSyntaxError, numberNode, unquote } from './literals.ts'

/** A template that can't be read. The message is Go's: `template: name:line: reason`. */
export class TemplateSyntaxError extends Error {
  readonly line: number
  constructor(name: string, line: number, reason: string) {
    super(`template: ${name}:${line}: ${reason}`)
    this.name = 'TemplateSyntaxError'
    this.line = line
  }
}

/** One parsed body: its nodes and the text and name that positions refer to. */
export interface Tree {
  readonly name: string
  /** Name of the text it was read from. */
  readonly parseName: string
  readonly text: string
  readonly root: readonly Node[]
}

/** Deepest nesting of blocks and parentheses. */
const MAX_DEPTH = 200

/** What ends a list of nodes. */
interface Stop { readonly kind: 'end' | 'else' }

/**
 * Reads a template text into its trees: the one called `name`, and one per `define` and `block`.
 * @param functions names that may be called
 * @throws TemplateSyntaxError
 */
export function parseTemplate(name: string, text: string, functions: { has(name: string): boolean }): Map<string, Tree> {
  return new Parser(name, text, functions).parse()
}

/** Whether a tree prints nothing: such a definition may be replaced. */
export function isEmptyTree(nodes: readonly Node[]): boolean {
  return nodes.every(n => n.kind === 'text' && n.text.trim() === '')
}

class Parser {
  readonly #name: string
  readonly #text: string
  readonly #functions: { has(name: string): boolean }
  readonly #tokens: Token[]
  readonly #trees = new Map<string, Tree>()
  #at = 0
  #vars: string[] = ['$']
  #rangeDepth = 0
  #actionLine = 0
  #depth = 0

  constructor(name: string, text: string, functions: { has(name: string): boolean }) {
    this.#name = name
    this.#text = text
    this.#functions = functions
    this.#tokens = tokenize(text)
  }

  parse(): Map<string, Tree> {
    const root: Node[] = []
    while (this.#peek().kind !== 'eof') {
      if (this.#peek().kind === 'leftDelim') {
        const mark = this.#at
        this.#next()
        if (this.#nextNonSpace().kind === 'define') {
          this.#definition()
          continue
        }
        this.#at = mark
      }
      const n = this.#textOrAction()
      if (n.kind === 'end' || n.kind === 'else') this.#fail(`unexpected {{${n.kind}}}`)
      root.push(n as Node)
    }
    this.#add(this.#name, root)
    return this.#trees
  }

  #fail(reason: string, line: number = this.#tokens[Math.max(0, Math.min(this.#at, this.#tokens.length) - 1)]!.line): never {
    throw new TemplateSyntaxError(this.#name, line, reason)
  }

  #unexpected(t: Token, context: string): never {
    if (t.kind === 'error') {
      let extra = ''
      if (this.#actionLine !== 0 && this.#actionLine !== t.line) {
        extra = ` in action started at ${this.#name}:${this.#actionLine}`
        if (t.text.endsWith(' action')) extra = extra.slice(' in action'.length)
      }
      this.#fail(t.text + extra, t.line)
    }
    this.#fail(`unexpected ${tokenText(t)} in ${context}`, t.line)
  }

  #peek(): Token { return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]! }
  #next(): Token {
    const t = this.#peek()
    this.#at++
    return t
  }
  #peekNonSpace(): Token {
    while (this.#peek().kind === 'space') this.#at++
    return this.#peek()
  }
  #nextNonSpace(): Token {
    this.#peekNonSpace()
    return this.#next()
  }
  #expect(kind: TokenKind, context: string): Token {
    const t = this.#nextNonSpace()
    if (t.kind !== kind) this.#unexpected(t, context)
    return t
  }

  #add(name: string, root: readonly Node[]): void {
    const old = this.#trees.get(name)
    if (old === undefined || isEmptyTree(old.root)) this.#trees.set(name, { name, parseName: this.#name, text: this.#text, root })
    else if (!isEmptyTree(root)) throw new TemplateSyntaxError(this.#name, this.#peek().line, `template: multiple definition of template ${quoted(name)}`)
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) this.#fail('template is nested too deeply')
  }

  #itemList(): { nodes: Node[]; stop: Stop } {
    this.#enter()
    const nodes: Node[] = []
    while (this.#peekNonSpace().kind !== 'eof') {
      const n = this.#textOrAction()
      if (n.kind === 'end' || n.kind === 'else') {
        this.#depth--
        return { nodes, stop: n }
      }
      nodes.push(n as Node)
    }
    return this.#fail('unexpected EOF', this.#peek().line)
  }

  #textOrAction(): Node | Stop {
    const t = this.#nextNonSpace()
    if (t.kind === 'text') return { kind: 'text', pos: t.pos, text: t.text }
    if (t.kind === 'leftDelim') {
      this.#actionLine = t.line
      const node = this.#action()
      this.#actionLine = 0
      return node
    }
    return this.#unexpected(t, 'input')
  }

  #action(): Node | Stop {
    const t = this.#nextNonSpace()
    switch (t.kind) {
      case 'block': return this.#block()
      case 'break':
      case 'continue': {
        const end = this.#nextNonSpace()
        if (end.kind !== 'rightDelim') this.#unexpected(end, `{{${t.kind}}}`)
        if (this.#rangeDepth === 0) this.#fail(`{{${t.kind}}} outside {{range}}`)
        return { kind: t.kind, pos: t.pos }
      }
      case 'else': {
        const next = this.#peekNonSpace()
        if (next.kind !== 'if' && next.kind !== 'with') this.#expect('rightDelim', 'else')
        return { kind: 'else' }
      }
      case 'end':
        this.#expect('rightDelim', 'end')
        return { kind: 'end' }
      case 'if':
      case 'range':
      case 'with': return this.#branch(t, t.kind)
      case 'template': {
        // Errors point at the name, not at the word `template`.
        const { pos } = this.#peekNonSpace()
        const name = this.#templateName('template clause')
        let pipe: PipeNode | undefined
        if (this.#peekNonSpace().kind === 'rightDelim') this.#next()
        else pipe = this.#pipeline('template clause', 'rightDelim')
        return pipe === undefined ? { kind: 'template', pos, name } : { kind: 'template', pos, name, pipe }
      }
      default: {
        this.#at--
        const pos = this.#peek().pos
        return { kind: 'action', pos, pipe: this.#pipeline('command', 'rightDelim') }
      }
    }
  }

  #templateName(context: string): string {
    const t = this.#nextNonSpace()
    if (t.kind !== 'string' && t.kind !== 'rawString') this.#unexpected(t, context)
    return this.#unquote(t)
  }

  #unquote(t: Token): string {
    const value = unquote(t.text)
    if (value === undefined) this.#fail('invalid syntax', t.line)
    return value
  }

  #definition(): void {
    const name = this.#templateName('define clause')
    this.#expect('rightDelim', 'define clause')
    const vars = this.#vars
    this.#vars = ['$']
    const { nodes, stop } = this.#itemList()
    this.#vars = vars
    if (stop.kind !== 'end') this.#fail(`unexpected {{${stop.kind}}} in define clause`)
    this.#add(name, nodes)
  }

  #block(): Node {
    const { pos } = this.#peekNonSpace()
    const name = this.#templateName('block clause')
    const pipe = this.#pipeline('block clause', 'rightDelim')
    const vars = this.#vars
    const rangeDepth = this.#rangeDepth
    this.#vars = ['$']
    this.#rangeDepth = 0
    const { nodes, stop } = this.#itemList()
    this.#vars = vars
    this.#rangeDepth = rangeDepth
    if (stop.kind !== 'end') this.#fail(`unexpected {{${stop.kind}}} in block clause`)
    this.#add(name, nodes)
    return { kind: 'template', pos, name, pipe }
  }

  #branch(t: Token, kind: BranchNode['kind']): BranchNode {
    const vars = this.#vars.length
    const pipe = this.#pipeline(kind, 'rightDelim')
    if (kind === 'range') this.#rangeDepth++
    const { nodes: list, stop } = this.#itemList()
    if (kind === 'range') this.#rangeDepth--
    let otherwise: Node[] | undefined
    if (stop.kind === 'else') {
      const next = this.#peek()
      if ((kind === 'if' || kind === 'with') && next.kind === kind) {
        // `else if` is an if inside the else; the one {{end}} closes both.
        this.#next()
        this.#enter()
        otherwise = [this.#branch(next, kind)]
        this.#depth--
      } else {
        if (next.kind === 'if' || next.kind === 'with') this.#unexpected(next, 'input')
        const rest = this.#itemList()
        if (rest.stop.kind !== 'end') this.#fail(`expected end; found {{${rest.stop.kind}}}`)
        otherwise = rest.nodes
      }
    }
    this.#vars.length = vars
    return otherwise === undefined ? { kind, pos: t.pos, pipe, list } : { kind, pos: t.pos, pipe, list, otherwise }
  }

  #pipeline(context: string, end: TokenKind): PipeNode {
    this.#enter()
    const pos = this.#peekNonSpace().pos
    const decls: VariableNode[] = []
    let assigns = false
    while (this.#peekNonSpace().kind === 'variable') {
      const mark = this.#at
      const v = this.#next()
      const next = this.#peekNonSpace()
      if (next.kind === 'assign' || next.kind === 'declare') {
        assigns = next.kind === 'assign'
        this.#next()
        decls.push({ kind: 'variable', pos: v.pos, names: [v.text] })
        this.#vars.push(v.text)
        break
      }
      if (next.kind === 'char' && next.text === ',') {
        this.#next()
        decls.push({ kind: 'variable', pos: v.pos, names: [v.text] })
        this.#vars.push(v.text)
        if (context === 'range' && decls.length < 2) {
          const after = this.#peekNonSpace().kind
          if (after === 'variable' || after === 'rightDelim' || after === 'rightParen') continue
          this.#fail('range can only initialize variables', this.#peek().line)
        }
        this.#fail(`too many declarations in ${context}`, next.line)
      }
      this.#at = mark
      break
    }
    const commands: CommandNode[] = []
    for (;;) {
      const t = this.#nextNonSpace()
      if (t.kind === end) break
      switch (t.kind) {
        case 'bool': case 'charConstant': case 'dot': case 'field': case 'identifier': case 'number': case 'nil': case 'rawString': case 'string': case 'variable': case 'leftParen':
          this.#at--
          commands.push(this.#command())
          break
        default: this.#unexpected(t, context)
      }
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`)
    for (const [i, c] of commands.entries()) {
      const first = c.args[0]!.kind
      if (i > 0 && (first === 'bool' || first === 'dot' || first === 'nil' || first === 'number' || first === 'string')) this.#fail(`non executable command in pipeline stage ${i + 1}`)
    }
    this.#depth--
    return { kind: 'pipe', pos, assigns, decls, commands }
  }

  #command(): CommandNode {
    const pos = this.#peekNonSpace().pos
    const args: TermNode[] = []
    for (;;) {
      this.#peekNonSpace()
      const operand = this.#operand()
      if (operand !== undefined) args.push(operand)
      const t = this.#next()
      if (t.kind === 'space') continue
      if (t.kind === 'rightDelim' || t.kind === 'rightParen') this.#at--
      else if (t.kind !== 'pipe') this.#unexpected(t, 'operand')
      break
    }
    if (args.length === 0) this.#fail('empty command')
    return { kind: 'command', pos, args }
  }

  #operand(): TermNode | undefined {
    const node = this.#term()
    if (node === undefined || this.#peek().kind !== 'field') return node
    const names: string[] = []
    const pos = this.#peek().pos
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1))
    switch (node.kind) {
      case 'field': return { kind: 'field', pos, names: [...node.names, ...names] }
      case 'variable': return { kind: 'variable', pos, names: [...node.names, ...names] }
      case 'bool': case 'string': case 'number': case 'nil': case 'dot': return this.#fail(`unexpected . after term ${quoted(nodeText(node))}`)
      default: return { kind: 'chain', pos, base: node, names }
    }
  }

  #term(): TermNode | undefined {
    const t = this.#nextNonSpace()
    switch (t.kind) {
      case 'identifier':
        if (!this.#functions.has(t.text)) this.#fail(`function ${quoted(t.text)} not defined`, t.line)
        return { kind: 'identifier', pos: t.pos, name: t.text }
      case 'dot': return { kind: 'dot', pos: t.pos }
      case 'nil': return { kind: 'nil', pos: t.pos }
      case 'variable':
        if (!this.#vars.includes(t.text)) this.#fail(`undefined variable ${quoted(t.text)}`, t.line)
        return { kind: 'variable', pos: t.pos, names: [t.text] }
      case 'field': return { kind: 'field', pos: t.pos, names: [t.text.slice(1)] }
      case 'bool': return { kind: 'bool', pos: t.pos, value: t.text === 'true' }
      case 'charConstant':
      case 'number': return this.#numberNode(t)
      case 'leftParen': return this.#pipeline('parenthesized pipeline', 'rightParen')
      case 'string':
      case 'rawString': return { kind: 'string', pos: t.pos, source: t.text, value: this.#unquote(t) }
      default:
        this.#at--
        return undefined
    }
  }

  #numberNode(t: Token): NumberNode {
    try {
      return numberNode(t.text, t.pos, t.kind === 'charConstant')
    } catch (err) {
      if (err instanceof NumberSyntaxError) this.#fail(err.message, t.line)
      throw err
    }
  }
}
