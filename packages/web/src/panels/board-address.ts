import { linkAddress } from './data-links.ts'
import type { DashboardLink, VariableValues } from '@haechi/dashboards'
import type { RangeText } from './types.ts'

/** Where a link of a board or a panel leads; undefined for addresses that would run a script. Grafana's own addresses of boards lead to ours. */
export function boardAddress(link: DashboardLink, variables: VariableValues, range: RangeText): string | undefined {
  const address = linkAddress(link.url, { value: null, text: '', name: '', labels: {}, row: [], variables, range: { startMs: Number(range.from) || 0, endMs: Number(range.to) || 0 } })
  if (address === undefined) return undefined
  const here = address.replace(/^(?:https?:\/\/[^/]+)?\/?(?:d|dashboard\/db|d-solo)\/([^/?#]+)(?:\/[^/?#]*)?/, (whole, uid: string) => /^https?:/.test(whole) ? whole : `boards/${uid}`)
  return withState(here, link, variables, range)
}

/** The address of a board that a link by tags leads to. */
export function taggedAddress(uid: string, link: DashboardLink, variables: VariableValues, range: RangeText): string {
  return withState(`boards/${encodeURIComponent(uid)}`, link, variables, range)
}

function withState(address: string, link: DashboardLink, variables: VariableValues, range: RangeText): string {
  const more: string[] = []
  if (link.keepTime === true) more.push(`from=${encodeURIComponent(range.from)}`, `to=${encodeURIComponent(range.to)}`)
  if (link.includeVars === true) for (const [name, v] of variables) if (!name.startsWith('__')) more.push(...(v.isAll ? ['$__all'] : v.values).map(x => `var-${encodeURIComponent(name)}=${encodeURIComponent(x)}`))
  return more.length === 0 ? address : `${address}${address.includes('?') ? '&' : '?'}${more.join('&')}`
}
