import { callBuiltin, isBuiltin, isShortCircuit } from './builtins.ts'
import { formatValue } from './format.ts'
import { quoted } from './lexer.ts'
import { nodeText } from './nodes.ts'
import type { BranchNode, ChainNode, CommandNode, Node, PipeNode, TermNode } from './nodes.ts'
import type { Tree } from './parse.ts'
import { GoMap, GoStruct, GoList, isTrue, listItems, typeName } from './values.ts'
import type { GoFunction, ParamType } from './values.ts'

/** A template that failed while it ran. The message is Go's, with template name, line, column and the piece of the template. */
export class TemplateExecError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'TemplateExecError'
  }
}

/** Bounds of one execution. */
export interface TemplateLimits {
  /** Most characters of output. */
  readonly outputLength: number
  /** Most nodes and loop rounds executed. */
  readonly steps: number
  /** Deepest nesting of `template` calls. */
  readonly depth: number
}

/** Bounds that no honest template meets: 1 MiB, a million steps, 100 nested templates. */
export const DEFAULT_LIMITS: TemplateLimits = { outputLength: 1 << 20, steps: 1_000_000, depth: 100 }

/** What a function throws to end the whole execution as it is, without Go's wrapping: for a caller that will run the template again. */
export class TemplateInterrupt extends Error {}

/** Runs the tree called `name`. @throws TemplateExecError */
export function executeTree(trees: ReadonlyMap<string, Tree>, name: string, data: unknown, functions: ReadonlyMap<string, GoFunction>, limits: TemplateLimits): string {
  const tree = trees.get(name)
  if (tree === undefined) throw new TemplateExecError(`template: no template ${quoted(name)} associated with template ${quoted(name)}`)
  const run: Run = { trees, functions, limits, out: [], length: 0, steps: 0 }
  const state = new State(run, tree, [{ name: '$', value: data }], 0)
  state.walkList(data, tree.root)
  return run.out.join('')
}

interface Run {
  readonly trees: ReadonlyMap<string, Tree>
  readonly functions: ReadonlyMap<string, GoFunction>
  readonly limits: TemplateLimits
  readonly out: string[]
  length: number
  steps: number
}

interface Variable { readonly name: string; value: unknown }

/** No value given by an earlier stage of the pipeline. */
const NOTHING = Symbol('nothing')
type Final = unknown

type Jump = 'break' | 'continue' | undefined

class State {
  readonly #run: Run
  readonly #tree: Tree
  readonly #vars: Variable[]
  readonly #depth: number
  /** The node being executed, for errors. */
  #node: TermNode | CommandNode | Node | undefined

  constructor(run: Run, tree: Tree, vars: Variable[], depth: number) {
    this.#run = run
    this.#tree = tree
    this.#vars = vars
    this.#depth = depth
  }

  #fail(reason: string, cause?: unknown): never {
    const n = this.#node
    if (n === undefined) throw new TemplateExecError(`template: ${this.#tree.name}: ${reason}`, cause)
    const before = this.#tree.text.slice(0, n.pos)
    const lineStart = before.lastIndexOf('\n') + 1
    const line = before.split('\n').length
    // Go counts bytes; from 1 after the first line, from 0 on it.
    const column = Buffer.byteLength(before.slice(lineStart))
    throw new TemplateExecError(`template: ${this.#tree.parseName}:${line}:${column}: executing ${quoted(this.#tree.name)} at <${nodeText(n)}>: ${reason}`, cause)
  }

  #step(): void {
    if (++this.#run.steps > this.#run.limits.steps) this.#fail(`template runs too long (more than ${this.#run.limits.steps} steps)`)
  }

  #write(text: string): void {
    this.#run.length += text.length
    if (this.#run.length > this.#run.limits.outputLength) this.#fail(`output is too long (more than ${this.#run.limits.outputLength} characters)`)
    this.#run.out.push(text)
  }

  walkList(dot: unknown, nodes: readonly Node[]): Jump {
    for (const n of nodes) {
      const jump = this.#walk(dot, n)
      if (jump !== undefined) return jump
    }
    return undefined
  }

  #walk(dot: unknown, n: Node): Jump {
    this.#node = n
    this.#step()
    switch (n.kind) {
      case 'text': this.#write(n.text); return undefined
      case 'action': {
        const value = this.#pipeline(dot, n.pipe)
        if (n.pipe.decls.length === 0) {
          this.#node = n
          this.#write(this.#printed(value))
        }
        return undefined
      }
      case 'break':
      case 'continue': return n.kind
      case 'if':
      case 'with': {
        const mark = this.#vars.length
        const value = this.#pipeline(dot, n.pipe)
        let jump: Jump
        if (isTrue(value)) jump = this.walkList(n.kind === 'with' ? value : dot, n.list)
        else if (n.otherwise !== undefined) jump = this.walkList(dot, n.otherwise)
        this.#vars.length = mark
        return jump
      }
      case 'range': this.#range(dot, n); return undefined
      case 'template': {
        const tree = this.#run.trees.get(n.name)
        if (tree === undefined) this.#fail(`template ${quoted(n.name)} not defined`)
        if (this.#depth + 1 >= this.#run.limits.depth) this.#fail(`exceeded maximum template depth (${this.#run.limits.depth})`)
        const value = n.pipe === undefined ? undefined : this.#pipeline(dot, n.pipe)
        new State(this.#run, tree, [{ name: '$', value }], this.#depth + 1).walkList(value, tree.root)
        return undefined
      }
    }
  }

  #printed(value: unknown): string {
    if (value === undefined || value === null) return '<no value>'
    if (typeof value === 'function') this.#fail(`can't print ${nodeText(this.#node!)} of type func`)
    return formatValue(value)
  }

  #range(dot: unknown, n: BranchNode): void {
    const mark = this.#vars.length
    const value = this.#pipeline(dot, n.pipe)
    const inner = this.#vars.length
    let rounds = 0
    const one = (key: unknown, element: unknown): boolean => {
      rounds++
      this.#node = n
      this.#step()
      const decls = n.pipe.decls
      if (decls.length > 0) {
        // With one variable it holds the element; with two, key and element. `=` sets an outer variable, `:=` the one just made.
        const target = (i: number): Variable => (n.pipe.assigns ? this.#findVariable(decls[i]!.names[0]!) : this.#vars[inner - decls.length + i]!)
        if (decls.length === 2) {
          target(0).value = key
          target(1).value = element
        } else target(0).value = listItems(value) === undefined && typeof value === 'bigint' ? key : element
      }
      const jump = this.walkList(element, n.list)
      this.#vars.length = inner
      return jump !== 'break'
    }
    const items = listItems(value)
    if (items !== undefined) {
      for (let i = 0; i < items.length; i++) if (!one(BigInt(i), items[i])) break
    } else if (value instanceof GoMap) {
      for (const key of value.keys()) if (!one(key, value.entries.get(key))) break
    } else if (typeof value === 'bigint') {
      if (n.pipe.decls.length > 1) this.#fail(`can't use ${formatValue(value)} to iterate over more than one variable`)
      for (let i = 0n; i < value; i++) if (!one(i, i)) break
    } else if (value !== undefined && value !== null) {
      this.#fail(`range can't iterate over ${formatValue(value)}`)
    }
    if (rounds === 0 && n.otherwise !== undefined) this.walkList(dot, n.otherwise)
    this.#vars.length = mark
  }

  #findVariable(name: string): Variable {
    for (let i = this.#vars.length - 1; i >= 0; i--) if (this.#vars[i]!.name === name) return this.#vars[i]!
    return this.#fail(`undefined variable: ${name}`)
  }

  #pipeline(dot: unknown, pipe: PipeNode): unknown {
    this.#node = pipe
    let value: Final = NOTHING
    for (const c of pipe.commands) value = this.#command(dot, c, value)
    for (const d of pipe.decls) {
      if (pipe.assigns) this.#findVariable(d.names[0]!).value = value
      else this.#vars.push({ name: d.names[0]!, value })
    }
    return value
  }

  #command(dot: unknown, c: CommandNode, final: Final): unknown {
    const first = c.args[0]!
    this.#step()
    switch (first.kind) {
      case 'field': return this.#fieldChain(dot, dot, first, first.names, c.args, final)
      case 'chain': return this.#chain(dot, first, c.args, final)
      case 'identifier': return this.#function(dot, first.name, c, c.args, final)
      case 'variable': return this.#variable(dot, first, c.args, final)
      default: break
    }
    this.#node = first
    if (c.args.length > 1 || final !== NOTHING) this.#fail(`can't give argument to non-function ${nodeText(first)}`)
    switch (first.kind) {
      case 'pipe': return this.#pipeline(dot, first)
      case 'bool': return first.value
      case 'dot': return dot
      case 'nil': return this.#fail('nil is not a command')
      case 'number': return first.ideal
      case 'string': return first.value
    }
  }

  #variable(dot: unknown, n: Extract<TermNode, { kind: 'variable' }>, args: readonly TermNode[], final: Final): unknown {
    this.#node = n
    const value = this.#findVariable(n.names[0]!).value
    if (n.names.length === 1) {
      if (args.length > 1 || final !== NOTHING) this.#fail(`can't give argument to non-function ${nodeText(args[0] ?? n)}`)
      return value
    }
    return this.#fieldChain(dot, value, n, n.names.slice(1), args, final)
  }

  #chain(dot: unknown, n: ChainNode, args: readonly TermNode[], final: Final): unknown {
    this.#node = n
    if (n.base.kind === 'nil') this.#fail(`indirection through explicit nil in ${nodeText(n)}`)
    const value = this.#argument(dot, 'any', n.base)
    return this.#fieldChain(dot, value, n, n.names, args, final)
  }

  #fieldChain(dot: unknown, receiver: unknown, n: TermNode, names: readonly string[], args: readonly TermNode[], final: Final): unknown {
    if (n.kind === 'field') this.#node = n
    let value = receiver
    for (const name of names.slice(0, -1)) value = this.#field(dot, name, n, [], NOTHING, value)
    return this.#field(dot, names[names.length - 1]!, n, args, final, value)
  }

  #field(dot: unknown, name: string, n: TermNode, args: readonly TermNode[], final: Final, receiver: unknown): unknown {
    if (receiver === undefined || receiver === null) return undefined
    const methods = receiver instanceof GoStruct || receiver instanceof GoMap || receiver instanceof GoList ? receiver.methods : undefined
    const method = methods !== undefined && Object.hasOwn(methods, name) ? methods[name]! : undefined
    if (method !== undefined) return this.#call(dot, method, name, n, args, final)
    const hasArgs = args.length > 1 || final !== NOTHING
    if (receiver instanceof GoStruct && receiver.fields.has(name)) {
      if (hasArgs) this.#fail(`${name} has arguments but cannot be invoked as function`)
      return receiver.fields.get(name)
    }
    if (receiver instanceof GoMap) {
      if (hasArgs) this.#fail(`${name} is not a method but has arguments`)
      const value = receiver.entries.get(name)
      return value === undefined && receiver.elem === 'string' ? '' : value
    }
    return this.#fail(`can't evaluate field ${name} in type ${typeName(receiver)}`)
  }

  #function(dot: unknown, name: string, n: TermNode | CommandNode, args: readonly TermNode[], final: Final): unknown {
    this.#node = args[0]!
    const own = this.#run.functions.get(name)
    if (own !== undefined) return this.#call(dot, own, name, n, args, final)
    if (!isBuiltin(name)) this.#fail(`${quoted(name)} is not a defined function`)
    if (isShortCircuit(name)) {
      const given = args.length - 1 + (final === NOTHING ? 0 : 1)
      if (given < 1) this.#fail(`wrong number of args for ${name}: want at least 1 got 0`)
      let value: unknown
      for (const a of args.slice(1)) {
        value = this.#argument(dot, 'any', a)
        if (isTrue(value) === (name === 'or')) return value
      }
      return final === NOTHING ? value : final
    }
    const values = args.slice(1).map(a => this.#argument(dot, 'any', a))
    if (final !== NOTHING) values.push(final)
    try {
      return callBuiltin(name, values)
    } catch (err) {
      if (err instanceof TemplateExecError || err instanceof TemplateInterrupt) throw err
      const message = err instanceof Error ? err.message : String(err)
      this.#node = message.startsWith('wrong number of args') ? args[0]! : n
      return this.#fail(message.startsWith('wrong number of args') ? message : `error calling ${name}: ${message}`, err)
    }
  }

  #call(dot: unknown, fn: GoFunction, name: string, n: TermNode | CommandNode, args: readonly TermNode[], final: Final): unknown {
    const rest = args.slice(1)
    const given = rest.length + (final === NOTHING ? 0 : 1)
    if (fn.variadic !== undefined) {
      if (given < fn.params.length) this.#fail(`wrong number of args for ${name}: want at least ${fn.params.length} got ${given}`)
    } else if (given !== fn.params.length) this.#fail(`wrong number of args for ${name}: want ${fn.params.length} got ${given}`)
    // Errors about arguments point at the last one that was looked at; those of the call at the call.
    const values = rest.map((a, i) => this.#argument(dot, fn.params[i] ?? fn.variadic!, a))
    if (final !== NOTHING) values.push(this.#checked(final, fn.params[given - 1] ?? fn.variadic!))
    this.#step()
    try {
      return fn.call(...(values as never[]))
    } catch (err) {
      if (err instanceof TemplateExecError || err instanceof TemplateInterrupt) throw err
      this.#node = n
      return this.#fail(`error calling ${name}: ${err instanceof Error ? err.message : String(err)}`, err)
    }
  }

  /** A value that must be of a type. */
  #checked(value: unknown, type: ParamType): unknown {
    if (type === 'any') return value
    if (value === undefined || value === null) this.#fail(`invalid value; expected ${GO_TYPE[type]}`)
    if (!fits(value, type)) this.#fail(`wrong type for value; expected ${GO_TYPE[type]}; got ${typeName(value)}`)
    return type === 'list' || type === 'strings' ? listItems(value) : value
  }

  /** Evaluates one argument for a place of a type. */
  #argument(dot: unknown, type: ParamType, n: TermNode): unknown {
    this.#node = n
    switch (n.kind) {
      case 'dot': return this.#checked(dot, type)
      case 'nil':
        if (type !== 'any') this.#fail(`cannot assign nil to ${GO_TYPE[type]}`)
        return undefined
      case 'field': return this.#checked(this.#fieldChain(dot, dot, n, n.names, [n], NOTHING), type)
      case 'variable': return this.#checked(this.#variable(dot, n, [], NOTHING), type)
      case 'pipe': return this.#checked(this.#pipeline(dot, n), type)
      case 'identifier': return this.#checked(this.#function(dot, n.name, n, [n], NOTHING), type)
      case 'chain': return this.#checked(this.#chain(dot, n, [], NOTHING), type)
      case 'bool':
        if (type === 'any' || type === 'bool') return n.value
        break
      case 'string':
        if (type === 'any' || type === 'string') return n.value
        break
      case 'number':
        if (type === 'any') return n.ideal
        if (type === 'float' && n.float !== undefined) return n.float
        if (type === 'int' && n.int !== undefined) return n.int
        break
    }
    if (type === 'int') return this.#fail(`expected integer; found ${nodeText(n)}`)
    if (type === 'string' || type === 'bool' || type === 'float') return this.#fail(`expected ${type}; found ${nodeText(n)}`)
    return this.#fail(`can't handle ${nodeText(n)} for arg of type ${GO_TYPE[type]}`)
  }
}

const GO_TYPE: Readonly<Record<ParamType, string>> = {
  any: 'interface {}', string: 'string', int: 'int', float: 'float64', bool: 'bool', strings: '[]string', map: 'map[string]string', list: '[]interface {}', struct: 'struct',
}

function fits(value: unknown, type: ParamType): boolean {
  switch (type) {
    case 'any': return true
    case 'string': return typeof value === 'string'
    case 'int': return typeof value === 'bigint'
    case 'float': return typeof value === 'number'
    case 'bool': return typeof value === 'boolean'
    case 'strings': return listItems(value)?.every(v => typeof v === 'string') ?? false
    case 'list': return listItems(value) !== undefined
    case 'map': return value instanceof GoMap
    case 'struct': return value instanceof GoStruct
  }
}
