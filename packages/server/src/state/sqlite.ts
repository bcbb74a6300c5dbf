import { setFlagsFromString } from 'node:v8'
import type { Database, JSValue, Statement } from 'node-sqlite3-wasm'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** The module that has SQLite. */
export type Sqlite = typeof import('node-sqlite3-wasm')

/**
 * How much of a WebAssembly function runs before V8 optimises it; it holds for modules made from here on. SQLite's functions are large and its queries here
 * are small: optimising them in four threads costs 40 MB of memory that nobody gets back (Node 20.20 and 24.21, `docs/performance.md`).
 */
const NEVER = '--wasm-tiering-budget=1000000000'
const USUAL = '--wasm-tiering-budget=1800000'

let loaded: Promise<Sqlite> | undefined

/** Loads SQLite once, with V8's settings changed for it alone. */
export function loadSqlite(): Promise<Sqlite> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Sqlite> {
  setFlagsFromString(NEVER)
  try {
    return (await import('node-sqlite3-wasm')).default
  } finally {
    // What is compiled later, Snappy for one, is worth optimising.
    setFlagsFromString(USUAL)
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
