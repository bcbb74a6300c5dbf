import type { Folder } from '../state/folders.ts'
import type { GrafanaDeps } from './answers.ts'

/** Folders lie at most so deep in each other. @see Grafana `pkg/services/folder` MaxNestedFolderDepth */
const MAX_DEPTH = 4

/** All folders by their uids. */
export type Folders = ReadonlyMap<string, Folder>

/** The folders in which a folder lies, outermost first. */
export function parentsOf(folder: Folder, all: Folders): Folder[] {
  const out: Folder[] = []
  for (let at = all.get(folder.parentUid); at !== undefined && out.length < MAX_DEPTH; at = all.get(at.parentUid)) out.unshift(at)
  return out
}

/** Why a folder may not lie in another; undefined where it may. */
export function placeFault(uid: string, parentUid: string, all: Folders): string | undefined {
  if (parentUid === '') return undefined
  const parent = all.get(parentUid)
  if (parent === undefined) return 'parent folder not found'
  const above = [...parentsOf(parent, all), parent]
  if (above.some(f => f.uid === uid)) return 'a folder cannot lie in itself'
  return above.length >= MAX_DEPTH ? `folders can be nested at most ${MAX_DEPTH} deep` : undefined
}

/** A folder and all below it. */
export function within(uid: string, all: Folders): ReadonlySet<string> {
  const out = new Set([uid])
  for (let grown = true; grown;) {
    grown = false
    for (const f of all.values()) {
      if (out.has(f.parentUid) && !out.has(f.uid)) {
        out.add(f.uid)
        grown = true
      }
    }
  }
  return out
}

/** The uids of the alert rules in some folders; those of files don't count: they come again. */
export function rulesIn(deps: GrafanaDeps, inside: ReadonlySet<string>): string[] {
  return (deps.grafanaRules?.rules() ?? []).filter(r => inside.has(r.rule.folderUid) && r.provenance !== 'file').map(r => r.rule.uid)
}

/**
 * Removes a folder; what lies in it goes with it, as in Grafana.
 *
 * @param withRules  alert rules go, too; else they keep the folder
 * @returns why it stays; undefined when it is gone
 */
export async function removeFolder(deps: GrafanaDeps, uid: string, all: Folders, withRules: boolean): Promise<string | undefined> {
  const { state } = deps
  const inside = within(uid, all)
  const rules = rulesIn(deps, inside)
  if (rules.length > 0 && !withRules) return 'folder cannot be deleted: folder contains alert rules'
  for (const rule of rules) await deps.grafanaRules!.deleteRule(rule)
  for (const e of await state.library.list()) if (inside.has(e.folderUid)) await state.library.remove(e.id)
  for (const d of await state.dashboards.list()) if (inside.has(d.folderUid)) await state.dashboards.remove(d.uid)
  for (const f of inside) await state.folders.remove(f)
  return undefined
}
