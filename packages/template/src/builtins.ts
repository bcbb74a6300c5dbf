import { formatValue, sprint, sprintf, sprintln } from './format.ts'
import { GoMap, listItems, typeName } from './values.ts'

const NAMES: ReadonlySet<string> = new Set([
  'and', 'or', 'not', 'call', 'html', 'index', 'slice', 'js', 'len', 'print', 'printf', 'println', 'urlquery', 'eq', 'ge', 'gt', 'le', 'lt', 'ne',
])

/** Whether Go's templates have a function of this name without being told. */
export function isBuiltin(name: string): boolean {
  return NAMES.has(name)
}

/** `and` and `or` stop at the first argument that decides. */
export function isShortCircuit(name: string): boolean {
  return name === 'and' || name === 'or'
}

/** Calls a built-in function other than `and` and `or`. @throws Error with Go's text */
export function callBuiltin(name: string, args: readonly unknown[]): unknown {
  const want = (min: number, exact: boolean): void => {
    if (exact ? args.length !== min : args.length < min) throw new Error(`wrong number of args for ${name}: want ${exact ? '' : 'at least '}${min} got ${args.length}`)
  }
  switch (name) {
    case 'not': want(1, true); return !truthy(args[0])
    case 'call': want(1, false); throw new Error(args[0] === undefined ? 'call of nil' : `non-function ${formatValue(args[0])} of type ${typeName(args[0])}`)
    case 'html': return escapeHtml(joined(args))
    case 'js': return escapeJs(joined(args))
    case 'urlquery': return escapeQuery(joined(args))
    case 'index': want(1, false); return index(args[0], args.slice(1))
    case 'slice': want(1, false); return slice(args[0], args.slice(1))
    case 'len': want(1, true); return length(args[0])
    case 'print': return sprint(args)
    case 'println': return sprintln(args)
    case 'printf':
      want(1, false)
      if (typeof args[0] !== 'string') throw new Error(`wrong type for value; expected string; got ${typeName(args[0])}`)
      return sprintf(args[0], args.slice(1))
    case 'eq': want(1, false); return equals(args[0], args.slice(1))
    case 'ne': want(2, true); return !equals(args[0], [args[1]])
    case 'lt': want(2, true); return less(args[0], args[1])
    case 'le': want(2, true); return less(args[0], args[1]) || equals(args[0], [args[1]])
    case 'gt': want(2, true); return !(less(args[0], args[1]) || equals(args[0], [args[1]]))
    case 'ge': want(2, true); return !less(args[0], args[1])
    default: throw new Error(`BUG: no built-in function ${name}`)
  }
}

function truthy(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0 || value === 0n) return false
  const items = listItems(value)
  if (items !== undefined) return items.length > 0
  return value instanceof GoMap ? value.entries.size > 0 : true
}

function joined(args: readonly unknown[]): string {
  return args.length === 1 && typeof args[0] === 'string' ? args[0] : sprint(args)
}

/** Go's `template.HTMLEscapeString`. */
export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, c => (c === '\0' ? '�' : c === '"' ? '&#34;' : c === "'" ? '&#39;' : c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;'))
}

const JS: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"', '<': '\\u003C', '>': '\\u003E', '&': '\\u0026', '=': '\\u003D' }

/** Go's `template.JSEscapeString`. */
function escapeJs(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is escaped
  return text.replace(/[\\'"<>&=\x00-\x1f]|[^\x00-\x7f\p{L}\p{M}\p{N}\p{P}\p{S}]/gu, c => JS[c] ?? `\\u${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`)
}

/** Go's `url.QueryEscape`: a space is a plus. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(/%20/g, '+').replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function position(value: unknown, size: number, inclusive: boolean): number {
  if (value === undefined || value === null) throw new Error('cannot index slice/array with nil')
  if (typeof value !== 'bigint') throw new Error(`cannot index slice/array with type ${typeName(value)}`)
  if (value < 0n || value > BigInt(size) || (!inclusive && value === BigInt(size))) throw new Error(`index out of range: ${value}`)
  return Number(value)
}

function index(start: unknown, keys: readonly unknown[]): unknown {
  if (start === undefined || start === null) throw new Error('index of untyped nil')
  let value: unknown = start
  for (const key of keys) {
    if (value === undefined || value === null) throw new Error('index of nil pointer')
    const items = listItems(value)
    if (items !== undefined) value = items[position(key, items.length, false)]
    else if (typeof value === 'string') {
      const bytes = Buffer.from(value, 'utf8')
      value = BigInt(bytes[position(key, bytes.length, false)]!)
    } else if (value instanceof GoMap) {
      if (key === undefined || key === null) throw new Error('value is nil; should be of type string')
      if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be string`)
      const map: GoMap = value
      value = map.entries.has(key) ? map.entries.get(key) : map.elem === 'string' ? '' : undefined
    } else throw new Error(`can't index item of type ${typeName(value)}`)
  }
  return value
}

function slice(value: unknown, bounds: readonly unknown[]): unknown {
  if (value === undefined || value === null) throw new Error('slice of untyped nil')
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`)
  const items = listItems(value)
  if (typeof value !== 'string' && items === undefined) throw new Error(`can't slice item of type ${typeName(value)}`)
  if (typeof value === 'string' && bounds.length === 3) throw new Error('cannot 3-index slice a string')
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : undefined
  const size = bytes?.length ?? items!.length
  const from = bounds.length > 0 ? position(bounds[0], size, true) : 0
  const to = bounds.length > 1 ? position(bounds[1], size, true) : size
  if (bounds.length > 2) position(bounds[2], size, true)
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`)
  return bytes === undefined ? items!.slice(from, to) : bytes.subarray(from, to).toString('utf8')
}

function length(value: unknown): bigint {
  if (value === undefined || value === null) throw new Error('len of nil pointer')
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value))
  const items = listItems(value)
  if (items !== undefined) return BigInt(items.length)
  if (value instanceof GoMap) return BigInt(value.entries.size)
  throw new Error(`len of type ${typeName(value)}`)
}

type Basic = 'bool' | 'int' | 'float' | 'string'

function basic(value: unknown): Basic {
  switch (typeof value) {
    case 'boolean': return 'bool'
    case 'bigint': return 'int'
    case 'number': return 'float'
    case 'string': return 'string'
    default: throw new Error('invalid type for comparison')
  }
}

function incompatible(a: unknown, b: unknown): string {
  return `incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`
}

function equals(first: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison')
  for (const other of others) {
    if (first === undefined || first === null || other === undefined || other === null) {
      if ((first ?? undefined) === (other ?? undefined)) return true
      continue
    }
    if (typeof first === 'object' || typeof other === 'object') throw new Error(typeof first === 'object' && typeof other === 'object' ? `non-comparable type ${formatValue(first)}: ${typeName(first)}` : incompatible(first, other))
    if (basic(first) !== basic(other)) throw new Error(incompatible(first, other))
    if (first === other) return true
  }
  return false
}

function less(a: unknown, b: unknown): boolean {
  const kind = basic(a)
  if (kind !== basic(b)) throw new Error(incompatible(a, b))
  switch (kind) {
    case 'bool': throw new Error('invalid type for comparison')
    case 'string': return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string)) < 0
    default: return (a as number) < (b as number)
  }
}

/** Lone surrogates become U+FFFD, as in any UTF-8 text. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}
