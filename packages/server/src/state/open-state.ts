import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Kysely, Migrator, SqliteAdapter, SqliteDialect } from 'kysely'
import type { DialectAdapter } from 'kysely'
import type { ServerLog } from '../deps.ts'
import { SqliteFile, loadSqlite } from './sqlite.ts'
import type { Sqlite } from './sqlite.ts'
import { reasonNotWritten } from './state-write-error.ts'
import { MIGRATIONS } from './tables.ts'
import type { StateTables } from './tables.ts'
import { stateStore } from './state.ts'
import type { StateStore } from './state.ts'
import type { Migration } from 'kysely'

/** Why the state database can't be used. */
export type StateErrorCode =
  /** Another program has it open. */
  | 'locked'
  /** A newer version of Haechi wrote it. */
  | 'newer'
  /** The file or its folder can't be read or written. */
  | 'io'
  /** A migration failed; the file is as it was, and so is its backup. */
  | 'migration'

/** The message names the file and what to do. */
export class StateError extends Error {
  readonly code: StateErrorCode
  readonly path: string

  constructor(code: StateErrorCode, path: string, message: string, cause?: unknown) {
    super(`${path}: ${message}`, { cause })
    this.name = 'StateError'
    this.code = code
    this.path = path
  }
}

export interface OpenStateOptions {
  readonly log: ServerLog
  /** Default: the real time. */
  readonly nowMs?: () => number
  /** For tests: other steps than the real ones. */
  readonly migrations?: Readonly<Record<string, Migration>>
}

/** Backups of before a migration that are kept. */
const KEPT_BACKUPS = 3

/**
 * Opens the state database, made if it is not there, and brings it to the newest form.
 *
 * The caller holds the lock of the data directory: a `<path>.lock` that is found is therefore left from a process that was killed, and is removed.
 * A file that is no database or is damaged is never deleted: it is moved aside (`<path>.corrupt-<time>`), logged as an error and named in
 * {@link StateStore.movedAside}; then a new one is begun.
 *
 * `:memory:` keeps nothing.
 *
 * @throws StateError
 */
export async function openState(path: string, options: OpenStateOptions): Promise<StateStore> {
  const nowMs = options.nowMs ?? Date.now
  const migrations = options.migrations ?? MIGRATIONS
  const sqlite = await loadSqlite()
  if (path === ':memory:') {
    const memory = new SqliteFile(sqlite, path)
    const db = new Kysely<StateTables>({ dialect: new StateDialect({ database: memory }) })
    await migrate(db, memory, path, migrations, nowMs())
    return stateStore(db, { movedAside: undefined, nowMs })
  }
  try {
    mkdirSync(dirname(path), { recursive: true })
    rmSync(`${path}.lock`, { recursive: true, force: true })
  } catch (err) {
    throw new StateError('io', path, 'cannot prepare the folder', err)
  }
  let movedAside: string | undefined
  let file: SqliteFile
  try {
    file = openSound(sqlite, path)
  } catch (err) {
    if (!(err instanceof CorruptError)) throw ioError(path, err)
    movedAside = moveAside(path, nowMs())
    options.log.error({ path, movedAside, reason: err.message }, 'The state database is damaged; it was moved aside and a new one is begun')
    try {
      file = openSound(sqlite, path)
    } catch (again) {
      throw ioError(path, again)
    }
  }
  try {
    // Contact points hold secrets.
    chmodSync(path, 0o600)
  } catch (err) {
    options.log.warn({ path, err }, 'Cannot restrict access to the state database')
  }
  const db = new Kysely<StateTables>({ dialect: new StateDialect({ database: file }) })
  try {
    await migrate(db, file, path, migrations, nowMs())
  } catch (err) {
    await db.destroy()
    throw err
  }
  return stateStore(db, { movedAside, nowMs })
}

/** SQLite undoes schema changes with the transaction, so a migration is done wholly or not at all. */
class StateDialect extends SqliteDialect {
  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter()
  }
}
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class CorruptError extends Error {}

function openSound(sqlite: Sqlite, path: string): SqliteFile {
  let file: SqliteFile | undefined
  try {
    file = new SqliteFile(sqlite, path)
    const problem = file.rows('PRAGMA quick_check(1)').map(r => String(Object.values(r)[0]))[0]
    if (problem !== 'ok') throw new CorruptError(problem ?? 'no answer from quick_check')
    return file
  } catch (err) {
    file?.close()
    const message = err instanceof Error ? err.message : String(err)
    if (/not a database|malformed|corrupt/i.test(message)) throw new CorruptError(message)
    throw err
  }
}

function ioError(path: string, err: unknown): StateError {
  const message = err instanceof Error ? err.message : String(err)
  if (/locked|busy/i.test(message)) return new StateError('locked', path, 'another program has the state database open; stop it first', err)
  return new StateError('io', path, `cannot open the state database: ${reasonNotWritten(path, err)}`, err)
}

function moveAside(path: string, tMs: number): string {
  const stamp = new Date(tMs).toISOString().replace(/[:.]/g, '-')
  let target = `${path}.corrupt-${stamp}`
  for (let i = 2; existsSync(target); i++) target = `${path}.corrupt-${stamp}-${i}`
  try {
    renameSync(path, target)
    for (const tail of ['-wal', '-shm', '-journal']) if (existsSync(path + tail)) renameSync(path + tail, target + tail)
    rmSync(`${path}.lock`, { recursive: true, force: true })
  } catch (err) {
    throw new StateError('io', path, 'the state database is damaged and cannot be moved aside', err)
  }
  return target
}

async function migrate(db: Kysely<StateTables>, file: SqliteFile, path: string, migrations: Readonly<Record<string, Migration>>, tMs: number): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
  const done = file.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'kysely_migration'").length === 0
    ? []
    : file.rows('SELECT name FROM kysely_migration').map(r => String(r['name']))
  const unknown = done.filter(name => migrations[name] === undefined)
  if (unknown.length > 0) throw new StateError('newer', path, `was written by a newer version of Haechi (${unknown.join(', ')}); use that version, or restore a backup beside it`)
  const pending = Object.keys(migrations).filter(name => !done.includes(name)).sort()
  // A file that was just begun holds nothing to keep.
  const begun = done.length === 0
  for (const name of pending) {
    if (!begun) backUp(file, path, name, tMs)
    const { error } = await migrator.migrateTo(name)
    if (error !== undefined) throw new StateError('migration', path, `the migration ${name} failed; nothing was changed`, error)
  }
}

/** Copies the whole file to `<path>.before-<migration>-<time>`; all of the log is in the file by then. */
function backUp(file: SqliteFile, path: string, migration: string, tMs: number): void {
  try {
    file.rows('PRAGMA wal_checkpoint(TRUNCATE)')
    copyFileSync(path, `${path}.before-${migration}-${tMs}`)
    const begin = `${basename(path)}.before-`
    const old = readdirSync(dirname(path)).filter(n => n.startsWith(begin)).sort((a, b) => backupTime(b) - backupTime(a) || (a < b ? 1 : -1))
    for (const n of old.slice(KEPT_BACKUPS)) rmSync(join(dirname(path), n))
  } catch (err) {
    throw new StateError('io', path, `cannot back up before the migration ${migration}`, err)
  }
}

function backupTime(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0)
}
