import { RE2JS } from 're2js'
import { literalPrefix, patternShape } from './pattern-shape.ts'

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
  /** Every text that matches, if they are few (at most 256): an index can look them up instead of trying all values. */
  readonly literals?: readonly string[]
  /** What every matching text begins with, if that is known. */
  readonly prefix?: string
}

/** Compiled patterns, the longest unused first; expressions come back with every query and rule. */
const cache = new Map<string, Pattern>()
const CACHE_SIZE = 1000

/**
 * Compiles an RE2 expression, fully anchored, dot matches newline, as Prometheus does. The last 1,000 are remembered.
 * Simple ones (words, lists of words, `foo.*`, `.*foo.*`, `.+` and compositions of these) are matched without RE2.
 * @throws PatternError
 * @see Prometheus `model/labels/regexp.go`
 */
export function compilePattern(source: string): Pattern {
  let pattern = cache.get(source)
  if (pattern === undefined) {
    pattern = compile(source)
    if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value!)
  } else cache.delete(source)
  cache.set(source, pattern)
  return pattern
}

function compile(source: string): Pattern {
  const shape = patternShape(source)
  if (shape !== undefined) return { source, ...shape }
  let re: RE2JS
  try {
    re = RE2JS.compile(source, RE2JS.DOTALL)
  } catch {
    throw new PatternError(errorText(source))
  }
  const prefix = literalPrefix(source)
  if (prefix === '') return { source, matches: text => re.matches(text) }
  return { source, prefix, matches: text => text.startsWith(prefix) && re.matches(text) }
}

/** What Go says about a faulty expression. Compiled without flags, because re2js shows a flag as part of the expression. */
function errorText(source: string): string {
  try {
    RE2JS.compile(source)
  } catch (err) {
    const text = err instanceof Error ? err.message : String(err)
    // The two texts in which re2js and Go differ.
    if (text.endsWith('trailing backslash at end of expression')) return `${text}: \`\``
    if (text.endsWith('invalid named capture: `(?P<`')) return text.replace('invalid named capture: `(?P<`', 'invalid or unsupported Perl syntax: `(?P`')
    return text
  }
  throw new Error(`BUG: ${JSON.stringify(source)} compiles without flags only`)
}
