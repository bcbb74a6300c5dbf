import type { BoardSummary } from '@haechi/server'
import type { BoardFolder } from '../../api/boards.ts'

/** Boards under one heading. */
export type BoardGroup =
  | { readonly kind: 'starred' | 'mine' | 'came'; readonly boards: readonly BoardSummary[] }
  | { readonly kind: 'folder'; readonly folder: BoardFolder; readonly boards: readonly BoardSummary[] }

/** Boards in groups: marked ones, the user's own without a folder, folders by their names, and those that came with the product. A folder shows all that lies in it, marked or not. Empty groups are left out. */
export function boardGroups(boards: readonly BoardSummary[], folders: readonly BoardFolder[], how: { readonly titleOf: (b: BoardSummary) => string; readonly sort: 'title' | 'updated'; readonly withEmptyFolders: boolean }): BoardGroup[] {
  const sorted = [...boards].sort((a, b) => (how.sort === 'updated' ? (b.updatedMs ?? 0) - (a.updatedMs ?? 0) : 0) || how.titleOf(a).localeCompare(how.titleOf(b)))
  const known = new Set(folders.map(f => f.uid))
  const inFolder = (b: BoardSummary): boolean => b.folderUid !== undefined && known.has(b.folderUid)
  const starred = sorted.filter(b => b.starred === true)
  const rest = sorted.filter(b => b.starred !== true)
  const out: BoardGroup[] = []
  const add = (kind: 'starred' | 'mine' | 'came', list: readonly BoardSummary[]): void => { if (list.length > 0) out.push({ kind, boards: list }) }
  add('starred', starred)
  add('mine', rest.filter(b => !b.builtIn && !inFolder(b)))
  for (const folder of [...folders].sort((a, b) => a.title.localeCompare(b.title))) {
    const list = sorted.filter(b => b.folderUid === folder.uid)
    if (list.length > 0 || how.withEmptyFolders) out.push({ kind: 'folder', folder, boards: list })
  }
  add('came', rest.filter(b => b.builtIn && !inFolder(b)))
  return out
}
