import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ServerDeps } from '../deps.ts'
import { boardTitle } from '../own/routes.ts'
import type { StoredDashboard } from '../state/dashboards.ts'
import { API_ERRORS } from '../errors.ts'
import { StateWriteError } from '../state/state-write-error.ts'

/** What Grafana derives from the name `Prometheus` (`P` + SHA-256): boards that name it find it. */
export const DATASOURCE_UID = 'PBFA97CFB590B2093'

/** The same where a file of the user has a source with that uid. */
export const OTHER_OWN_UID = 'haechi'

/** The Grafana whose API is offered. */
export const GRAFANA_VERSION = '12.2.0'

export interface GrafanaOptions {
  readonly prefix: string
  readonly version: string
  readonly startedMs: number
  readonly nowMs: () => number
}

/** What Grafana's routes answer from. */
export type GrafanaDeps = Pick<ServerDeps, 'boards' | 'state' | 'log' | 'engine' | 'grafanaRules'>

export type Json = Readonly<Record<string, unknown>>

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | FastifyReply

/** Adds a route below `/api`. `open`: answered without signing in. */
export type AddRoute = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, handler: Handler, open?: boolean) => void

/** How routes of Grafana's API are added: never cached, an unexpected failure says nothing to the client and everything to the log. */
export function routeAdder(app: FastifyInstance, deps: GrafanaDeps, prefix: string): AddRoute {
  return (method, path, handler, open = false) => {
    app.route({
      method, url: `${prefix}/api${path}`, config: { open },
      handler: async (request, reply) => {
        reply.header('Cache-Control', 'no-store')
        try {
          return await handler(request, reply)
        } catch (err) {
          deps.log.error({ err, path: request.routeOptions.url }, 'Answering a dashboard request failed')
          return err instanceof StateWriteError ? fail(reply, 507, `${err.message}. ${API_ERRORS.not_kept.next.en}`) : fail(reply, 500, 'Internal server error')
        }
      },
    })
  }
}

/** Sends JSON. */
export function send(reply: FastifyReply, value: unknown, status = 200): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify(value))
}

/** Sends an error in Grafana's form. */
export function fail(reply: FastifyReply, status: number, message: string, more: Json = {}): FastifyReply {
  return send(reply, { message, ...more }, status)
}

/** A body that is a JSON object, parsed or still text; undefined for anything else. */
export function jsonObject(value: unknown): Json | undefined {
  let v = value
  if (typeof v === 'string') {
    try {
      v = JSON.parse(v)
    } catch {
      return undefined
    }
  }
  return v !== null && typeof v === 'object' && !Array.isArray(v) && !(v instanceof Uint8Array) ? (v as Json) : undefined
}

/** A text member, without blanks around it; `''` where there is none. */
export function textAt(body: Json | undefined, member: string): string {
  const v = body?.[member]
  return typeof v === 'string' ? v.trim() : ''
}

/** A whole number above zero. */
export function positive(text: string, fallback: number): number {
  const n = Number(text)
  return Number.isInteger(n) && n > 0 ? n : fallback
}

/** Why a text is no uid; undefined for one that is. */
export function uidFault(uid: string): string | undefined {
  if (uid.length > 40) return 'uid too long, max 40 characters'
  return /^[a-zA-Z0-9_-]*$/.test(uid) ? undefined : 'uid contains illegal characters'
}

/** A title as it stands in a path. */
export function slugOf(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '') || '-'
}

/** The path of a board's page. */
export function boardUrl(prefix: string, uid: string, title: string): string {
  return `${prefix}/d/${uid}/${encodeURIComponent(slugOf(title))}`
}

/** The path of a folder's page. */
export function folderUrl(prefix: string, uid: string, title: string): string {
  return `${prefix}/dashboards/f/${uid}/${encodeURIComponent(slugOf(title))}`
}

/** A board that exists: built in, from a file or saved; a saved one stands in for a provided one. */
export interface KnownBoard {
  readonly uid: string
  readonly title: string
  readonly dashboard: Json
  readonly saved: StoredDashboard | undefined
  /** '' for none. */
  readonly folderUid: string
}

/** All boards. */
export async function knownBoards(deps: GrafanaDeps): Promise<KnownBoard[]> {
  const saved = new Map((await deps.state.dashboards.list()).map(d => [d.uid, d]))
  const out = (await deps.boards()).map((b): KnownBoard => {
    const own = saved.get(b.uid)
    saved.delete(b.uid)
    const dashboard = own?.dashboard ?? b.dashboard
    return { uid: b.uid, title: boardTitle(dashboard), dashboard, saved: own, folderUid: own === undefined ? b.folderUid ?? '' : own.folderUid }
  })
  for (const d of saved.values()) out.push({ uid: d.uid, title: d.title, dashboard: d.dashboard, saved: d, folderUid: d.folderUid })
  return out
}
