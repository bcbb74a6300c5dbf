import type { Locale } from '../state/view-types.ts'

/** What the frame around every page is made of. */
export const STATUS_PATH = 'api/haechi/v1/status'
export const SESSION_PATH = 'api/haechi/v1/session'
export const OVERVIEW_PATH = 'api/haechi/v1/overview'
export const SOURCES_PATH = 'api/datasources'
export const BOARDS_PATH = 'api/haechi/v1/boards'

/** The dashboard of that uid; `locale` chooses the texts of built-in ones. */
export function boardPath(uid: string, locale: string): string {
  return `api/dashboards/uid/${encodeURIComponent(uid)}?lang=${locale}`
}

/** The uid in the address of a board, ours or Grafana's; undefined for every other page. @param path  below the route prefix, without `/` before it */
export function boardUid(path: string): string | undefined {
  const match = /^(?:boards|d)\/([^/]+)/.exec(path)
  if (match === null || path === 'boards/new' || path === 'boards/import') return undefined
  try {
    return decodeURIComponent(match[1]!)
  } catch {
    return undefined
  }
}

/** What a page asks the server for first, whatever its code is: the addresses, below the route prefix. Signing in asks for nothing. */
export function firstPaths(path: string, locale: Locale): string[] {
  if (path === 'login') return []
  const uid = boardUid(path)
  const frame = [STATUS_PATH, SESSION_PATH, OVERVIEW_PATH]
  return uid === undefined ? frame : [boardPath(uid, locale), ...frame, BOARDS_PATH, SOURCES_PATH]
}
