/**
 * The values that templates work on. Go's types map to JavaScript's so: int = bigint, float64 = number, string, bool = boolean, nil = undefined,
 * slice = array or {@link GoList}, map = {@link GoMap}, struct (and anything with methods) = {@link GoStruct}.
 */

/** What a function takes at one place. `any` takes everything. */
export type ParamType = 'any' | 'string' | 'int' | 'float' | 'bool' | 'strings' | 'map' | 'list' | 'struct'

/** A function or method that a template may call. */
export interface GoFunction {
  readonly params: readonly ParamType[]
  /** Type of further arguments, if it takes any number of them. */
  readonly variadic?: ParamType
  /** @throws Error whose message becomes the reason of the template's failure */
  readonly call: (...args: never[]) => unknown
}

/** Methods by name. */
export type Methods = Readonly<Record<string, GoFunction>>

/** A map with text keys. A missing key reads as '' when its elements are texts, as nothing otherwise (`missingkey=zero`). */
export class GoMap {
  readonly entries: ReadonlyMap<string, unknown>
  readonly elem: 'string' | 'any'
  readonly methods: Methods | undefined
  readonly typeName: string
  /** Go's `String()`. */
  readonly text: (() => string) | undefined

  constructor(entries: ReadonlyMap<string, unknown>, elem: 'string' | 'any' = 'any', methods?: Methods, typeName?: string, text?: () => string) {
    this.text = text
    this.entries = entries
    this.elem = elem
    this.methods = methods
    this.typeName = typeName ?? (elem === 'string' ? 'map[string]string' : 'map[string]interface {}')
  }

  /** Keys in Go's order. */
  keys(): string[] {
    return [...this.entries.keys()].sort(compareBytes)
  }
}

/** A struct: named fields, methods, and how it prints itself if it does. */
export class GoStruct {
  readonly typeName: string
  readonly fields: ReadonlyMap<string, unknown>
  readonly methods: Methods
  /** Go's `String()`. */
  readonly text: (() => string) | undefined
  /** Whatever the functions that made it want to find again, e.g. a time. */
  readonly payload: unknown

  constructor(typeName: string, fields: Readonly<Record<string, unknown>>, methods: Methods = {}, text?: () => string, payload?: unknown) {
    this.typeName = typeName
    this.fields = new Map(Object.entries(fields))
    this.methods = methods
    this.text = text
    this.payload = payload
  }
}

/** A slice with a type name and methods. */
export class GoList {
  readonly items: readonly unknown[]
  readonly typeName: string
  readonly methods: Methods

  constructor(items: readonly unknown[], typeName = '[]interface {}', methods: Methods = {}) {
    this.items = items
    this.typeName = typeName
    this.methods = methods
  }
}

/** Orders as Go's `<` on strings: by code point. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  const x = [...a]
  const y = [...b]
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
  return x.length - y.length
}

/** The elements of a slice, or undefined if the value is not one. */
export function listItems(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[]
  return value instanceof GoList ? value.items : undefined
}

/** Go's name of a value's type, as `%T` prints it. */
export function typeName(value: unknown): string {
  switch (typeof value) {
    case 'string': return 'string'
    case 'number': return 'float64'
    case 'bigint': return 'int'
    case 'boolean': return 'bool'
    case 'function': return 'func()'
    default: break
  }
  if (value === undefined || value === null) return '<nil>'
  if (Array.isArray(value)) return value.length > 0 && value.every(v => typeof v === 'string') ? '[]string' : '[]interface {}'
  if (value instanceof GoMap || value instanceof GoStruct || value instanceof GoList) return value.typeName
  return 'interface {}'
}

/** Go templates' truth: not the zero value, not empty. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null) return false
  switch (typeof value) {
    case 'boolean': return value
    case 'string': return value !== ''
    case 'number': return value !== 0
    case 'bigint': return value !== 0n
    default: break
  }
  const items = listItems(value)
  if (items !== undefined) return items.length > 0
  if (value instanceof GoMap) return value.entries.size > 0
  return true
}

/** A map of texts from pairs. */
export function stringMap(pairs: Iterable<readonly [string, string]>, methods?: Methods, name?: string): GoMap {
  return new GoMap(new Map(pairs), 'string', methods, name)
}
