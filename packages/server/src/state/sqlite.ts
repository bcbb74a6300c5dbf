import { setFlagsFromString } from 'node:v8'
import type { Database, JSValue, Statement } from 'node-sqlite3-wasm'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** The module that has SQLite. */
export type Sqlite = typeof import('node-sqlite3-wasm')

/**
 * How V8 treats WebAssembly modules that are made from here on. SQLite's is large and its queries here are small: checked and compiled as a whole, and its
 * functions optimised in four threads, it costs 45 MB of memory and a quarter of a second that nobody gets back; function by function, when one is first
 * called, 5 MB (Node 20.20, `docs/performance.md`).
 */
const LEAN = ['--wasm-lazy-validation', '--no-wasm-dynamic-tiering', '--no-wasm-tier-up']
const USUAL = ['--no-wasm-lazy-validation', '--wasm-dynamic-tiering', '--wasm-tier-up']

let loaded: Promise<Sqlite> | undefined

/** Loads SQLite once, with V8's settings changed for it alone. */
export function loadSqlite(): Promise<Sqlite> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Sqlite> {
  for (const flag of LEAN) setFlagsFromString(flag)
  try {
    return (await import('node-sqlite3-wasm')).default
  } finally {
    // What is compiled later, Snappy for one, is worth optimising.
    for (const flag of USUAL) setFlagsFromString(flag)
  }
}

/** Prepared statements kept; each holds memory of the WASM heap until it is finalised. */
const MAX_STATEMENTS = 200

/**
 * The SQLite that runs as WASM, with the face that kysely's SQLite dialect wants. Thin on purpose: `node:sqlite` can take its place.
 * The locking mode comes first: without it the VFS has no shared memory, and WAL is refused.
 */
export class SqliteFile implements SqliteDatabase {
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()

  /** @param sqlite  from {@link loadSqlite} @throws Error when the file can't be opened or is no database */
  constructor(sqlite: Sqlite, path: string) {
    this.#db = new sqlite.Database(path)
    try {
      for (const pragma of ['locking_mode=EXCLUSIVE', 'journal_mode=WAL', 'synchronous=NORMAL', 'foreign_keys=ON']) this.#db.all(`PRAGMA ${pragma}`)
    } catch (err) {
      this.close()
      throw err
    }
  }

  prepare(sql: string): SqliteStatement {
    const known = this.#statements.get(sql)
    const statement = known ?? this.#db.prepare(sql)
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > MAX_STATEMENTS) {
      const [oldest, old] = this.#statements.entries().next().value!
      this.#statements.delete(oldest)
      old.finalize()
    }
    return {
      reader: /^\s*(?:select|with|pragma|explain)\b|\breturning\b/i.test(sql),
      all: values => statement.all([...values] as JSValue[]),
      run: values => statement.run([...values] as JSValue[]),
      iterate: values => statement.all([...values] as JSValue[])[Symbol.iterator]() as IterableIterator<unknown>,
    }
  }

  /** Runs one statement outside of kysely and returns its rows. */
  rows(sql: string): Readonly<Record<string, unknown>>[] {
    return this.#db.all(sql)
  }

  close(): void {
    for (const s of this.#statements.values()) s.finalize()
    this.#statements.clear()
    if (this.#db.isOpen) this.#db.close()
  }
}
