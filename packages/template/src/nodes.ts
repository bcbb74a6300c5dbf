import { quoted } from './lexer.ts'

interface Placed {
  /** Offset in the template's text, UTF-16 units. */
  readonly pos: number
}

export interface BoolNode extends Placed { readonly kind: 'bool'; readonly value: boolean }
/** `int` is there when the constant can be an integer, `float` when it can be a float; `ideal` is what it is where any type fits. */
export interface NumberNode extends Placed { readonly kind: 'number'; readonly text: string; readonly int?: bigint; readonly float?: number; readonly ideal: bigint | number }
export interface StringNode extends Placed { readonly kind: 'string'; readonly source: string; readonly value: string }
export interface NilNode extends Placed { readonly kind: 'nil' }
export interface DotNode extends Placed { readonly kind: 'dot' }
/** `.A.B` */
export interface FieldNode extends Placed { readonly kind: 'field'; readonly names: readonly string[] }
/** `$x.A.B`; the first name has its dollar. */
export interface VariableNode extends Placed { readonly kind: 'variable'; readonly names: readonly string[] }
/** `(…).A.B` or `f.A` */
export interface ChainNode extends Placed { readonly kind: 'chain'; readonly base: TermNode; readonly names: readonly string[] }
export interface IdentifierNode extends Placed { readonly kind: 'identifier'; readonly name: string }
export interface CommandNode extends Placed { readonly kind: 'command'; readonly args: readonly TermNode[] }
export interface PipeNode extends Placed { readonly kind: 'pipe'; readonly assigns: boolean; readonly decls: readonly VariableNode[]; readonly commands: readonly CommandNode[] }

export type TermNode = BoolNode | NumberNode | StringNode | NilNode | DotNode | FieldNode | VariableNode | ChainNode | IdentifierNode | PipeNode

export interface TextNode extends Placed { readonly kind: 'text'; readonly text: string }
export interface ActionNode extends Placed { readonly kind: 'action'; readonly pipe: PipeNode }
export interface BranchNode extends Placed { readonly kind: 'if' | 'with' | 'range'; readonly pipe: PipeNode; readonly list: readonly Node[]; readonly otherwise?: readonly Node[] }
export interface TemplateNode extends Placed { readonly kind: 'template'; readonly name: string; readonly pipe?: PipeNode }
export interface JumpNode extends Placed { readonly kind: 'break' | 'continue' }

export type Node = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode

/** A node as Go prints it in error messages. */
export function nodeText(n: TermNode | CommandNode | Node): string {
  switch (n.kind) {
    case 'bool': return String(n.value)
    case 'number': return n.text
    case 'string': return n.source
    case 'nil': return 'nil'
    case 'dot': return '.'
    case 'field': return n.names.map(name => `.${name}`).join('')
    case 'variable': return n.names.join('.')
    case 'chain': return `${n.base.kind === 'pipe' ? `(${nodeText(n.base)})` : nodeText(n.base)}${n.names.map(name => `.${name}`).join('')}`
    case 'identifier': return n.name
    case 'command': return n.args.map(a => (a.kind === 'pipe' ? `(${nodeText(a)})` : nodeText(a))).join(' ')
    case 'pipe': {
      const decls = n.decls.length === 0 ? '' : `${n.decls.map(nodeText).join(', ')} ${n.assigns ? '=' : ':='} `
      return decls + n.commands.map(nodeText).join(' | ')
    }
    case 'text': return n.text
    case 'action': return `{{${nodeText(n.pipe)}}}`
    case 'template': return `{{template ${quoted(n.name)}${n.pipe === undefined ? '' : ` ${nodeText(n.pipe)}`}}}`
    case 'break':
    case 'continue': return `{{${n.kind}}}`
    case 'if':
    case 'with':
    case 'range':
      return `{{${n.kind} ${nodeText(n.pipe)}}}${n.list.map(nodeText).join('')}${n.otherwise === undefined ? '' : `{{else}}${n.otherwise.map(nodeText).join('')}`}{{end}}`
  }
}
