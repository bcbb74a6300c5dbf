import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document, Node, YAMLMap } from 'yaml'
import { DurationError, parseDuration } from './duration.ts'
import { Secret } from './secret.ts'

/** Where something stands in a configuration file. */
export interface ConfigPlace {
  /** As the user wrote it on the command line. */
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly column: number
  /** Keys from the top, e.g. `scrape_configs[0].static_configs`. */
  readonly path: string
}

/** A configuration that can't be used. The message says what is wrong; `place` says where; `hint` what to do. */
export class ConfigError extends Error {
  readonly place: ConfigPlace
  /** The message without the place. */
  readonly reason: string
  readonly hint: string | undefined

  constructor(place: ConfigPlace, reason: string, hint?: string) {
    super(`${place.file}:${place.line}:${place.column}: ${place.path === '' ? '' : `${place.path}: `}${reason}${hint === undefined ? '' : ` (${hint})`}`)
    this.name = 'ConfigError'
    this.place = place
    this.reason = reason
    this.hint = hint
  }
}

interface Source {
  readonly file: string
  readonly lines: LineCounter
  readonly document: Document.Parsed
}

/** Reads a text into its top node. @throws ConfigError for YAML that can't be read (syntax, duplicate keys, several documents, alias bombs) */
function readSource(text: string, file: string): { source: Source; root: Node | null } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', uniqueKeys: true, merge: true })
  const place = (offset: number): ConfigPlace => {
    const at = lines.linePos(offset)
    return { file, line: at.line, column: at.col, path: '' }
  }
  const first = document.errors[0]
  // The library's message repeats the place and draws the line; the first line alone says what is wrong.
  if (first !== undefined) throw new ConfigError(place(first.pos[0]), `not valid YAML: ${first.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')}`)
  try {
    // Counts alias expansions and resolves every alias; unknown ones and bombs throw here.
    document.toJS({ maxAliasCount: 100 })
  } catch (err) {
    throw new ConfigError(place(0), `not valid YAML: ${err instanceof Error ? err.message : String(err)}`)
  }
  return { source: { file, lines, document }, root: document.contents }
}

/** Opens a YAML (or JSON) text whose top is a mapping. An empty text is an empty mapping. @throws ConfigError */
export function parseFields(text: string, file: string): Fields {
  const { source, root } = readSource(text, file)
  if (root === null || (isScalar(root) && root.value === null)) return new Fields(source, undefined, '', 0)
  if (!isMap(root)) throw placed(source, root, '', 'expected a mapping of keys to values')
  return new Fields(source, root, '', root.range?.[0] ?? 0)
}

/** Opens a YAML text whose top is a list of mappings (e.g. a file_sd file). @throws ConfigError */
export function parseFieldsList(text: string, file: string): Fields[] {
  const { source, root } = readSource(text, file)
  if (root === null || (isScalar(root) && root.value === null)) return []
  if (!isSeq(root)) throw placed(source, root, '', 'expected a list')
  return root.items.map((item, i) => asFields(source, item as Node, `[${i}]`))
}

function placed(source: Source, node: Node | undefined | null, path: string, reason: string, hint?: string, offset = 0): ConfigError {
  const at = source.lines.linePos(node?.range?.[0] ?? offset)
  return new ConfigError({ file: source.file, line: at.line, column: at.col, path }, reason, hint)
}

function resolved(source: Source, node: Node | null | undefined): Node | null | undefined {
  return node !== null && node !== undefined && isAlias(node) ? (node.resolve(source.document) as Node | undefined) : node
}

function asFields(source: Source, raw: Node | null, path: string): Fields {
  const node = resolved(source, raw)
  if (node === null || node === undefined || (isScalar(node) && node.value === null)) return new Fields(source, undefined, path, raw?.range?.[0] ?? 0)
  if (!isMap(node)) throw placed(source, node, path, 'expected a mapping of keys to values')
  return new Fields(source, node, path, node.range?.[0] ?? 0)
}

/**
 * A cursor over one mapping of a configuration file. Each accessor takes the key's value, checks it and remembers that the key is known;
 * {@link Fields.done} then refuses what nobody asked for. Without a default, a missing key is an error; a key with a null value counts as missing.
 * Every error names file, line, column and path.
 */
export class Fields {
  /** Keys from the top, e.g. `scrape_configs[0]`; '' at the top. */
  readonly path: string
  readonly #source: Source
  readonly #map: YAMLMap | undefined
  readonly #offset: number
  readonly #known = new Set<string>()

  /** Use {@link parseFields}. */
  constructor(source: Source, map: YAMLMap | undefined, path: string, offset: number) {
    this.#source = source
    this.#map = map
    this.path = path
    this.#offset = offset
  }

  /** The file as the user named it. */
  get file(): string {
    return this.#source.file
  }

  /** The keys that are there, in file order. */
  keys(): string[] {
    return (this.#map?.items ?? []).map(pair => (isScalar(pair.key) ? String(pair.key.value) : String(pair.key)))
  }

  /** Whether the key is there with a value. */
  has(key: string): boolean {
    this.#known.add(key)
    return this.#node(key) !== undefined
  }

  /** A text. Numbers and booleans are taken as they are written, as go-yaml does. */
  string(key: string, fallback?: string): string {
    const node = this.#take(key)
    if (node === undefined) return this.#default(key, fallback)
    return this.#text(node, key)
  }

  /** A text whose value is never printed. */
  secret(key: string): Secret | undefined {
    const node = this.#take(key)
    return node === undefined ? undefined : new Secret(this.#text(node, key))
  }

  /** A boolean; go-yaml's spellings `yes`, `no`, `on`, `off` are taken too. */
  boolean(key: string, fallback?: boolean): boolean {
    const node = this.#take(key)
    if (node === undefined) return this.#default(key, fallback)
    const value = isScalar(node) ? node.value : undefined
    if (typeof value === 'boolean') return value
    if (typeof value === 'string') {
      if (/^(y|yes|on|true)$/i.test(value)) return true
      if (/^(n|no|off|false)$/i.test(value)) return false
    }
    throw this.#wrong(node, key, 'expected true or false')
  }

  /** A whole number within [min, max]. */
  integer(key: string, fallback?: number, min = 0, max: number = Number.MAX_SAFE_INTEGER): number {
    const node = this.#take(key)
    if (node === undefined) return this.#default(key, fallback)
    const value = isScalar(node) ? node.value : undefined
    if (typeof value !== 'number' || !Number.isInteger(value)) throw this.#wrong(node, key, 'expected a whole number')
    if (value < min || value > max) throw this.#wrong(node, key, `expected a number between ${min} and ${max}`)
    return value
  }

  /** A number. */
  float(key: string, fallback?: number): number {
    const node = this.#take(key)
    if (node === undefined) return this.#default(key, fallback)
    const value = isScalar(node) ? node.value : undefined
    if (typeof value !== 'number') throw this.#wrong(node, key, 'expected a number')
    return value
  }

  /** A Prometheus duration such as `15s`, `1h30m`, `0`; in milliseconds. */
  durationMs(key: string, fallback?: number): number {
    const node = this.#take(key)
    if (node === undefined) return this.#default(key, fallback)
    try {
      return parseDuration(this.#text(node, key))
    } catch (err) {
      if (!(err instanceof DurationError)) throw err
      throw this.#wrong(node, key, err.message, 'write e.g. 15s, 1m30s or 2h')
    }
  }

  /** A size such as `10MB`, `512KiB` or `0`; units are powers of 1024 as in Prometheus. In bytes. */
  sizeBytes(key: string, fallback?: number): number {
    const node = this.#take(key)
    if (node === undefined) return this.#default(key, fallback)
    const text = this.#text(node, key)
    const match = /^(\d+(?:\.\d+)?)(?:([KMGTPE])i?)?B?$/i.exec(text.trim())
    if (match === null) throw this.#wrong(node, key, `units: unknown size ${JSON.stringify(text)}`, 'write e.g. 10MB')
    const power = match[2] === undefined ? 0 : 'KMGTPE'.indexOf(match[2].toUpperCase()) + 1
    return Math.round(Number(match[1]) * 1024 ** power)
  }

  /** One of the given words. */
  oneOf<T extends string>(key: string, allowed: readonly T[], fallback?: T): T {
    const node = this.#take(key)
    if (node === undefined) return this.#default(key, fallback)
    const text = this.#text(node, key)
    const found = allowed.find(a => a === text)
    if (found === undefined) throw this.#wrong(node, key, `unknown value ${JSON.stringify(text)}`, `one of ${allowed.join(', ')}`)
    return found
  }

  /** A list of texts. */
  strings(key: string, fallback?: readonly string[]): readonly string[] {
    const node = this.#take(key)
    if (node === undefined) return this.#default(key, fallback)
    if (!isSeq(node)) throw this.#wrong(node, key, 'expected a list')
    return node.items.map((item, i) => this.#text(resolved(this.#source, item as Node) as Node, `${key}[${i}]`))
  }

  /** A mapping of texts to texts, in file order. */
  stringMap(key: string): Readonly<Record<string, string>> {
    const inner = this.fields(key)
    const out: Record<string, string> = {}
    for (const name of inner?.keys() ?? []) out[name] = inner!.string(name, '')
    return out
  }

  /** A nested mapping, undefined if it is missing. `key:` with nothing behind it gives an empty one. */
  fields(key: string): Fields | undefined {
    this.#known.add(key)
    const pair = this.#pair(key)
    if (pair === undefined) return undefined
    return asFields(this.#source, pair.value as Node | null, this.#at(key))
  }

  /** A list of mappings, empty if it is missing. */
  list(key: string): Fields[] {
    const node = this.#take(key)
    if (node === undefined) return []
    if (!isSeq(node)) throw this.#wrong(node, key, 'expected a list')
    return node.items.map((item, i) => asFields(this.#source, item as Node, `${this.#at(key)}[${i}]`))
  }

  /** The value as plain data, for what is only passed on or checked by a schema. */
  raw(key: string): unknown {
    const node = this.#take(key)
    return node === undefined ? undefined : (node as Node & { toJS(doc: Document): unknown }).toJS(this.#source.document)
  }

  /** Where a key stands (the mapping itself without a key or where the key is missing). */
  place(key?: string): ConfigPlace {
    const pair = key === undefined ? undefined : this.#pair(key)
    const node = (pair?.key ?? undefined) as Node | undefined
    const at = this.#source.lines.linePos(node?.range?.[0] ?? this.#offset)
    return { file: this.#source.file, line: at.line, column: at.col, path: key === undefined ? this.path : this.#at(key) }
  }

  /** An error at a key of this mapping. */
  error(key: string | undefined, reason: string, hint?: string): ConfigError {
    return new ConfigError(this.place(key), reason, hint)
  }

  /** An error at an item of a list, e.g. `rule_files[0]`. */
  itemError(key: string, index: number, reason: string, hint?: string): ConfigError {
    const list = this.#node(key)
    return this.#wrong(isSeq(list) ? (list.items[index] as Node | undefined) : list, `${key}[${index}]`, reason, hint)
  }

  /** Refuses keys that no accessor asked for, naming the nearest known one. @throws ConfigError */
  done(): void {
    for (const pair of this.#map?.items ?? []) {
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
      if (this.#known.has(key)) continue
      const near = nearest(key, this.#known)
      throw placed(this.#source, pair.key as Node, this.#at(key), `field ${key} not found`, near === undefined ? undefined : `did you mean ${near}?`)
    }
  }

  #at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`
  }

  #pair(key: string): { key: unknown; value: unknown } | undefined {
    return this.#map?.items.find(pair => isScalar(pair.key) && String(pair.key.value) === key)
  }

  #node(key: string): Node | undefined {
    const node = resolved(this.#source, this.#pair(key)?.value as Node | null | undefined)
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return undefined
    return node
  }

  #take(key: string): Node | undefined {
    this.#known.add(key)
    return this.#node(key)
  }

  #default<T>(key: string, fallback: T | undefined): T {
    if (fallback === undefined) throw this.error(undefined, `${key} is missing`)
    return fallback
  }

  #text(node: Node, key: string): string {
    if (!isScalar(node)) throw this.#wrong(node, key, 'expected a single value')
    if (typeof node.value === 'string') return node.value
    // What looks like a number or boolean stays as written: `password: 0123` is a text.
    if (node.source !== undefined) return node.source
    return String(node.value)
  }

  #wrong(node: Node | null | undefined, key: string, reason: string, hint?: string): ConfigError {
    return placed(this.#source, node, this.#at(key), reason, hint, this.#offset)
  }
}

/** The closest of the known words, if it is close enough to be a typo (edit distance at most a third of the length). */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const d = editDistance(word, candidate, bestDistance)
    if (d < bestDistance) {
      best = candidate
      bestDistance = d
    }
  }
  return best
}

/** Levenshtein distance, cut off at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return Math.min(row[b.length]!, limit)
}
