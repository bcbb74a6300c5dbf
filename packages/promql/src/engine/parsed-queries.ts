import type { Expr } from '../ast.ts'

/** Most expressions kept, and the longest of them: rules and dashboards ask the same ones again and again, and they are short. */
const MOST_KEPT = 5000
const LONGEST = 4000

/** Parsed expressions by their text, of one engine with one set of language features. Trees are shared and never changed. */
export class ParsedQueries {
  /** Oldest use first. */
  readonly #kept = new Map<string, Expr>()

  /** The tree of a text, made by `parse` where it is not kept. @throws what `parse` throws; that is not kept */
  get(text: string, parse: (text: string) => Expr): Expr {
    const found = this.#kept.get(text)
    if (found !== undefined) {
      this.#kept.delete(text)
      this.#kept.set(text, found)
      return found
    }
    const expr = parse(text)
    if (text.length > LONGEST) return expr
    this.#kept.set(text, expr)
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    return expr
  }
}
