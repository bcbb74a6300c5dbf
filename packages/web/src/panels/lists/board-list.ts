import type { Panel } from '@haechi/dashboards'
import type { BoardSummary } from '@haechi/server'
import type { Language } from '../types.ts'

/** The boards of one heading. */
export interface BoardGroup {
  readonly kind: 'starred' | 'found'
  readonly boards: readonly { readonly uid: string; readonly title: string; readonly tags: readonly string[] }[]
}

/** Which boards a dashboard list shows. Which were looked at last is not known here. @param fill  writes variables into texts */
export function boardListModel(all: readonly BoardSummary[], panel: Panel, fill: (text: string) => string, language: Language): BoardGroup[] {
  const o = panel.options
  const most = typeof o['maxItems'] === 'number' && o['maxItems'] > 0 ? Math.min(1000, Math.trunc(o['maxItems'])) : 30
  const wanted = fill(typeof o['query'] === 'string' ? o['query'] : '').toLowerCase()
  const tags = (Array.isArray(o['tags']) ? o['tags'] : []).filter((t): t is string => typeof t === 'string').map(fill)
  const folder = typeof o['folderUID'] === 'string' && o['folderUID'] !== '' ? o['folderUID'] : undefined
  const named = all.map(b => ({ board: b, title: b.localTitle?.[language] ?? b.title })).toSorted((a, b) => a.title.localeCompare(b.title))
  const shown = (list: typeof named): BoardGroup['boards'] => list.slice(0, most).map(({ board, title }) => ({ uid: board.uid, title, tags: board.tags }))
  const groups: BoardGroup[] = []
  const searches = o['showSearch'] === true
  if (o['showStarred'] !== false) groups.push({ kind: 'starred', boards: shown(named.filter(x => x.board.starred === true)) })
  if (searches) {
    groups.push({ kind: 'found', boards: shown(named.filter(({ board, title }) => title.toLowerCase().includes(wanted) && tags.every(t => board.tags.includes(t))
      && (folder === undefined || board.folderUid === folder || folder === 'general' && board.folderUid === undefined))) })
  }
  return groups
}
