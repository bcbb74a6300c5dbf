import { isBuiltin } from './builtins.ts'
import { DEFAULT_LIMITS, executeTree } from './exec.ts'
import type { TemplateLimits } from './exec.ts'
import { TemplateSyntaxError, isEmptyTree, parseTemplate } from './parse.ts'
import type { Tree } from './parse.ts'
import type { GoFunction } from './values.ts'

/** A set of templates that share functions and may call each other. Immutable functions, growing set of bodies. */
export class TemplateSet {
  readonly #functions: ReadonlyMap<string, GoFunction>
  readonly #trees = new Map<string, Tree>()

  constructor(functions: ReadonlyMap<string, GoFunction>) {
    this.#functions = functions
  }

  /**
   * Reads a text as the template `name`, and the ones it defines. A later definition replaces an earlier one, unless the later one is empty.
   * @throws TemplateSyntaxError with Go's text
   */
  parse(name: string, text: string): void {
    const trees = parseTemplate(name, text, { has: f => this.#functions.has(f) || isBuiltin(f) })
    for (const [key, tree] of trees) {
      const old = this.#trees.get(key)
      if (old !== undefined && !isEmptyTree(old.root) && isEmptyTree(tree.root)) continue
      this.#trees.set(key, tree)
    }
  }

  /** Whether a template of this name was read. */
  has(name: string): boolean {
    return this.#trees.has(name)
  }

  /** Runs the template `name`. @throws TemplateExecError with Go's text, or when a limit is reached */
  execute(name: string, data: unknown, limits: TemplateLimits = DEFAULT_LIMITS): string {
    return executeTree(this.#trees, name, data, this.#functions, limits)
  }
}

export { TemplateSyntaxError }
