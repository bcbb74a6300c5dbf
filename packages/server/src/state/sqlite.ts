import sqlite from 'node-sqlite3-wasm'
import type { Database, JSValue, Statement } from 'node-sqlite3-wasm'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** Prepared statements kept; each holds memory of the WASM heap until it is finalised. */
const MAX_STATEMENTS = 200

/**
 * The SQLite that runs as WASM, with the face that kysely's SQLite dialect wants. Thin on purpose: `node:sqlite` can take its place.
 * The locking mode comes first: without it the VFS has no shared memory, and WAL is refused.
 */
export class SqliteFile implements SqliteDatabase {
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()

  /** @throws Error when the file can't be opened or is no database */
  constructor(path: string) {
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
