import { setFlagsFromString } from 'node:v8'
import type { Database, JSValue, Statement } from 'node-sqlite3-wasm'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { StateWriteError, isRefusedWrite } from './state-write-error.ts'

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
  readonly #path: string
  readonly #statements = new Map<string, Statement>()

  /** @param sqlite  from {@link loadSqlite} @throws Error when the file can't be opened or is no database */
  constructor(sqlite: Sqlite, path: string) {
    this.#path = path
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
    const statement = known ?? this.#told(sql, () => this.#db.prepare(sql))
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > MAX_STATEMENTS) {
      const [oldest, old] = this.#statements.entries().next().value!
      this.#statements.delete(oldest)
      old.finalize()
    }
    return {
      reader: /^\s*(?:select|with|pragma|explain)\b|\breturning\b/i.test(sql),
      all: values => this.#told(sql, () => statement.all([...values] as JSValue[])),
      run: values => this.#told(sql, () => statement.run([...values] as JSValue[])),
      iterate: values => this.#told(sql, () => statement.all([...values] as JSValue[]))[Symbol.iterator]() as IterableIterator<unknown>,
    }
  }

  /** @throws StateWriteError where the file system refuses */
  #told<T>(sql: string, run: () => T): T {
    try {
      return run()
    } catch (err) {
      // A statement that failed answers with its error for ever after.
      const failed = this.#statements.get(sql)
      this.#statements.delete(sql)
      try {
        failed?.finalize()
      } catch {
        // It says the same error once more.
      }
      // SQLite has undone the transaction by itself; the error that made it so is the one to tell.
      if (sql === 'rollback' && err instanceof Error && err.message.includes('no transaction is active')) return { changes: 0, lastInsertRowId: 0 } as T
      throw isRefusedWrite(err) ? new StateWriteError(this.#path, err) : err
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
