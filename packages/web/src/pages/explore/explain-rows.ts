import type { ExplainNode, QueryExplanation } from '@haechi/server'

/** One line of the tree: a part of the query, how deep it lies, and what it came to. */
export interface ExplainRow {
  readonly node: ExplainNode
  /** 0: the whole query. */
  readonly depth: number
  /** For each depth above this one: whether a further part follows there, so that its line goes on. */
  readonly goesOn: readonly boolean[]
  /** The last part of the one above it. */
  readonly isLast: boolean
  /** Its own time as a share of the whole query's, 0 to 1. */
  readonly share: number
  /** The part that turned empty first. */
  readonly isEmptyFirst: boolean
}

/** The parts of a query from the whole down to its selectors, in the order of the text. */
export function explainRows({ root, emptyAt }: QueryExplanation): ExplainRow[] {
  const rows: ExplainRow[] = []
  const visit = (node: ExplainNode, depth: number, goesOn: readonly boolean[], isLast: boolean): void => {
    rows.push({ node, depth, goesOn, isLast, share: root.ms > 0 ? Math.min(1, node.selfMs / root.ms) : 0, isEmptyFirst: emptyAt?.id === node.id })
    for (const [i, part] of node.parts.entries()) visit(part, depth + 1, depth === 0 ? [] : [...goesOn, !isLast], i === node.parts.length - 1)
  }
  visit(root, 0, [], true)
  return rows
}

/** A part in as few words as tell it from the others: the parts below it are dots, since each has its own line. `… > 30`, `sum by (job) (…)`. */
export function shortPart(node: ExplainNode): string {
  let text = node.text
  let from = 0
  for (const part of node.parts) {
    if (part.kind === 'literal') continue
    const at = text.indexOf(part.text, from)
    // Written otherwise than inside: the whole is told.
    if (at < 0) return node.text
    text = `${text.slice(0, at)}…${text.slice(at + part.text.length)}`
    from = at + 1
  }
  return text
}

/** A time as people read it: three digits at most, with its unit. */
export function millisText(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  if (ms >= 10) return `${ms.toFixed(0)} ms`
  return ms >= 0.05 ? `${ms.toFixed(1)} ms` : '< 0.1 ms'
}
