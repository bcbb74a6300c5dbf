import { utf8Length } from '@haechi/model'
import type { Span } from './ast.ts'

/** One thing that is wrong with an expression. */
export interface ParseIssue {
  readonly span: Span
  /** What is wrong, without position. */
  readonly text: string
}

/**
 * An expression that can't be read. `message` is that of Prometheus, about the first issue: `1:4: parse error: unexpected …`
 * (line, and column in bytes of UTF-8, both from 1).
 */
export class PromqlParseError extends Error {
  /** In the order in which Prometheus finds them; never empty. */
  readonly errors: readonly ParseIssue[]
  readonly query: string

  constructor(query: string, errors: readonly ParseIssue[]) {
    super(`${linePosition(query, errors[0]!.span.start)}: parse error: ${errors[0]!.text}`)
    this.name = 'PromqlParseError'
    this.errors = errors
    this.query = query
  }
}

/**
 * Where an offset of UTF-16 units stands in a query, as Prometheus writes it in messages: `line:column`, the column counted in UTF-8 bytes.
 * @see Prometheus promql/parser/posrange `StartPosInput`
 */
export function linePosition(query: string, offset: number): string {
  if (query === '') return 'unknown position'
  if (offset < 0 || offset > query.length) return 'invalid position'
  const before = query.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let i = before.indexOf('\n'); i >= 0; i = before.indexOf('\n', i + 1)) line++
  return `${line}:${utf8Length(before.slice(lineStart)) + 1}`
}
