import { createHash, createHmac, randomBytes } from 'node:crypto'
import { compare, genSaltSync, hashSync } from 'bcryptjs'
import { LRUCache } from 'lru-cache'
import type { Role, ServiceAccountStore } from '../state/service-accounts.ts'
import type { SessionStore } from '../state/state.ts'

/** What came of a look at a request's credentials. */
export type AuthResult =
  /** People may do everything; tokens what their account's role says. */
  | { readonly kind: 'ok'; readonly user: string; readonly role?: Role }
  | { readonly kind: 'none' }
  | { readonly kind: 'wrong' }
  /** Too many wrong passwords from this address. */
  | { readonly kind: 'wait'; readonly seconds: number }

export interface AuthOptions {
  /** Names and bcrypt hashes; empty: nobody has to sign in. */
  readonly users: ReadonlyMap<string, string>
  readonly sessions: SessionStore
  readonly serviceAccounts: Pick<ServiceAccountStore, 'holder'>
  readonly nowMs: () => number
}

/** Checks passwords, sessions and tokens. A password is compared once and then known by a keyed hash, as bcrypt takes some 60 ms. */
export interface Authenticator {
  readonly required: boolean
  /** @param address the client's, for counting wrong passwords */
  checkRequest(headers: { readonly authorization?: string | undefined; readonly cookie?: string | undefined }, address: string): Promise<AuthResult>
  checkPassword(user: string, password: string, address: string): Promise<AuthResult>
  /** Begins a session. @returns the cookie's value */
  begin(user: string): Promise<string>
  /** Ends the session of a Cookie header, if there is one. */
  end(cookie: string | undefined): Promise<void>
}

export const SESSION_COOKIE = 'haechi_session'
/** How long a session lasts. */
export const SESSION_MS: number = 30 * 86_400_000
/** Wrong passwords that an address may send in a minute. */
const MAX_WRONG = 10
const WINDOW_MS = 60_000
/** Passwords that may wait for their comparison at once. */
const MAX_WAITING = 16

export function authenticator(options: AuthOptions): Authenticator {
  const { users, sessions, nowMs } = options
  const key = randomBytes(32)
  const known = new LRUCache<string, boolean>({ max: 1000 })
  const wrong = new LRUCache<string, { count: number; untilMs: number }>({ max: 10_000 })
  // Compared with when the name is unknown, so that names can't be told by the time.
  const nobody = users.size === 0 ? '' : hashSync(randomBytes(16).toString('hex'), genSaltSync(cost(users)))
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const waitFor = (address: string): number => {
    const w = wrong.get(address)
    return w === undefined || w.untilMs <= nowMs() || w.count < MAX_WRONG ? 0 : Math.max(1, Math.ceil((w.untilMs - nowMs()) / 1000))
  }
  const countWrong = (address: string): void => {
    const w = wrong.get(address)
    if (w === undefined || w.untilMs <= nowMs()) wrong.set(address, { count: 1, untilMs: nowMs() + WINDOW_MS })
    else w.count++
  }
  /** One comparison at a time: it computes on this thread, in pieces. */
  const compareInTurn = async (password: string, hash: string): Promise<boolean> => {
    waiting++
    const mine = last.then(() => compare(password, hash))
    last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      waiting--
    }
  }

  const checkPassword: Authenticator['checkPassword'] = async (user, password, address) => {
    const id = createHmac('sha256', key).update(`${user}\0${password}`).digest('base64')
    const seen = known.get(id)
    if (seen === true) return { kind: 'ok', user }
    const seconds = waitFor(address)
    if (seconds > 0) return { kind: 'wait', seconds }
    if (seen === undefined && waiting >= MAX_WAITING) return { kind: 'wait', seconds: 1 }
    const hash = users.get(user)
    const matches = seen ?? ((await compareInTurn(password, hash ?? nobody)) && hash !== undefined)
    known.set(id, matches)
    if (matches) return { kind: 'ok', user }
    countWrong(address)
    return { kind: 'wrong' }
  }

  const byToken = async (token: string): Promise<AuthResult> => {
    const account = await options.serviceAccounts.holder(tokenHash(token))
    return account === undefined ? { kind: 'wrong' } : { kind: 'ok', user: accountLogin(account.name), role: account.role }
  }

  return {
    required: users.size > 0,
    checkPassword,
    async checkRequest(headers, address) {
      const cookie = sessionCookie(headers.cookie)
      if (cookie !== undefined) {
        const user = await sessions.user(idHash(cookie))
        // A user who left the file is signed out.
        if (user !== undefined && users.has(user)) return { kind: 'ok', user }
      }
      const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
      if (bearer !== undefined) return byToken(bearer)
      const basic = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(headers.authorization ?? '')
      if (basic === null) return { kind: 'none' }
      const text = Buffer.from(basic[1]!, 'base64').toString('utf8')
      const colon = text.indexOf(':')
      if (colon < 0) return { kind: 'wrong' }
      // How Grafana's clients send a token where they can only send a password.
      if (text.slice(0, colon) === 'api_key') return byToken(text.slice(colon + 1))
      return checkPassword(text.slice(0, colon), text.slice(colon + 1), address)
    },
    async begin(user) {
      const id = randomBytes(32).toString('base64url')
      await sessions.put(idHash(id), user, nowMs() + SESSION_MS)
      return id
    },
    async end(cookie) {
      const id = sessionCookie(cookie)
      if (id !== undefined) await sessions.remove(idHash(id))
    },
  }
}

/** The cost of the first hash: what an unknown name should cost, too. */
function cost(users: ReadonlyMap<string, string>): number {
  const hash = users.values().next().value ?? ''
  return Math.min(Math.max(Number(/^\$2[aby]\$(\d\d)\$/.exec(hash)?.[1] ?? 10), 4), 14)
}

/** What is kept of a token: who reads the file can't use it. A token is random, so that nothing slower is needed. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}

/** The name under which the changes of a service account stand. */
export function accountLogin(name: string): string {
  return `sa-${name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-')}`
}

function idHash(id: string): string {
  return createHash('sha256').update(id).digest('base64')
}

function sessionCookie(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const eq = part.indexOf('=')
    if (part.slice(0, eq).trim() === SESSION_COOKIE) return part.slice(eq + 1).trim() || undefined
  }
  return undefined
}

/** The Set-Cookie header that begins or (with an empty id) ends a session. */
export function sessionCookieHeader(id: string, path: string, secure: boolean): string {
  const age = id === '' ? 0 : SESSION_MS / 1000
  return `${SESSION_COOKIE}=${id}; Path=${path === '' ? '/' : path}; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
}
