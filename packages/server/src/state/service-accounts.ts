import type { Kysely } from 'kysely'
import { StateWriteError } from './state-write-error.ts'
import type { StateTables } from './tables.ts'

/** What somebody may do: look; look and change; everything, tokens included. */
export const ROLES = ['Viewer', 'Editor', 'Admin'] as const
export type Role = (typeof ROLES)[number]

/** An account for programs: it has tokens instead of a password. */
export interface ServiceAccount {
  readonly id: number
  readonly name: string
  readonly role: Role
  readonly disabled: boolean
  readonly createdMs: number
}

/** A token as it may be shown: the secret itself is never kept. */
export interface TokenView {
  readonly id: number
  readonly name: string
  readonly createdMs: number
  /** 0: never. */
  readonly expiresMs: number
  /** 0: not yet. */
  readonly usedMs: number
}

/** Accounts for programs, and their tokens. */
export interface ServiceAccountStore {
  /** Sorted by name. */
  list(): Promise<ServiceAccount[]>
  get(id: number): Promise<ServiceAccount | undefined>
  /** The name is free: the caller made sure. */
  add(name: string, role: Role, disabled: boolean): Promise<ServiceAccount>
  change(id: number, name: string, role: Role, disabled: boolean): Promise<void>
  /** With its tokens. */
  remove(id: number): Promise<void>
  tokens(accountId: number): Promise<TokenView[]>
  /** @param hash of the secret @param expiresMs Unix ms, 0: never @returns the id */
  addToken(accountId: number, name: string, hash: string, expiresMs: number): Promise<number>
  removeToken(accountId: number, id: number): Promise<boolean>
  /** The account of a token that is valid now; its use is noted, at most once a minute. */
  holder(hash: string): Promise<ServiceAccount | undefined>
}

const NOTE_USE_MS = 60_000

/** The service accounts of an open, migrated database. */
export function serviceAccountStore(db: Kysely<StateTables>, nowMs: () => number): ServiceAccountStore {
  const read = (r: { id: number; name: string; role: string; disabled: number; created_ms: number }): ServiceAccount => ({
    id: r.id, name: r.name, role: ROLES.find(role => role === r.role) ?? 'Viewer', disabled: r.disabled !== 0, createdMs: r.created_ms,
  })
  const get: ServiceAccountStore['get'] = async id => {
    const row = await db.selectFrom('service_accounts').selectAll().where('id', '=', id).executeTakeFirst()
    return row === undefined ? undefined : read(row)
  }
  return {
    get,
    async list() {
      return (await db.selectFrom('service_accounts').selectAll().orderBy('name').execute()).map(read)
    },
    async add(name, role, disabled) {
      return read(await db.insertInto('service_accounts').values({ name, role, disabled: disabled ? 1 : 0, created_ms: nowMs() }).returningAll().executeTakeFirstOrThrow())
    },
    async change(id, name, role, disabled) {
      await db.updateTable('service_accounts').set({ name, role, disabled: disabled ? 1 : 0 }).where('id', '=', id).execute()
    },
    remove: id => db.transaction().execute(async tx => {
      await tx.deleteFrom('api_tokens').where('account_id', '=', id).execute()
      await tx.deleteFrom('service_accounts').where('id', '=', id).execute()
    }),
    async tokens(accountId) {
      const rows = await db.selectFrom('api_tokens').selectAll().where('account_id', '=', accountId).orderBy('id').execute()
      return rows.map(r => ({ id: r.id, name: r.name, createdMs: r.created_ms, expiresMs: r.expires_ms, usedMs: r.used_ms }))
    },
    async addToken(accountId, name, hash, expiresMs) {
      const { id } = await db.insertInto('api_tokens').values({ account_id: accountId, name, hash, created_ms: nowMs(), expires_ms: expiresMs, used_ms: 0 }).returning('id').executeTakeFirstOrThrow()
      return id
    },
    async removeToken(accountId, id) {
      return (await db.deleteFrom('api_tokens').where('id', '=', id).where('account_id', '=', accountId).executeTakeFirst()).numDeletedRows > 0n
    },
    async holder(hash) {
      const token = await db.selectFrom('api_tokens').selectAll().where('hash', '=', hash).executeTakeFirst()
      const t = nowMs()
      if (token === undefined || (token.expires_ms !== 0 && token.expires_ms <= t)) return undefined
      const account = await get(token.account_id)
      if (account === undefined || account.disabled) return undefined
      if (t - token.used_ms >= NOTE_USE_MS) {
        try {
          await db.updateTable('api_tokens').set({ used_ms: t }).where('id', '=', token.id).execute()
        } catch (err) {
          // A full disk keeps nobody out.
          if (!(err instanceof StateWriteError)) throw err
        }
      }
      return account
    },
  }
}
