import { RE2JS } from 're2js'

/** A regular expression that isn't one. The message is Go's. */
export class PatternError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PatternError'
  }
}

/** A compiled RE2 expression which must match the whole text. */
export interface Pattern {
  readonly source: string
  matches(text: string): boolean
}

/** Compiles an RE2 expression, fully anchored, dot matches newline, as Prometheus does. @throws PatternError */
export function compilePattern(source: string): Pattern {
  let re: RE2JS
  try {
    re = RE2JS.compile(source, RE2JS.DOTALL)
  } catch (err) {
    throw new PatternError(err instanceof Error ? err.message : String(err))
  }
  return { source, matches: text => re.matches(text) }
}
