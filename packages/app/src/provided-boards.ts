import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { BoardProvider } from '@haechi/config'
import { DashboardError, readDashboard, resolveInputs } from '@haechi/dashboards'
import type { ProvidedBoard, StateStore } from '@haechi/server'

/** Files that are looked at in all, and the size of one. */
const MOST_FILES = 5000
const MOST_BYTES = 20_000_000
const MOST_DEPTH = 8

interface FileBoard {
  readonly mtimeMs: number
  /** Absent: the file holds no board, which was said. */
  readonly board?: ProvidedBoard
}

interface Place {
  readonly provider: BoardProvider
  readonly files: Map<string, FileBoard>
  lookedMs: number
}

/** Where warnings go. */
export interface BoardLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}

/**
 * The boards that lie as files, as Grafana's providers name them. A provider's folder is looked through when its boards are asked for and its interval
 * has passed; a file is read again when it changed. A wrong file is left out and named in the log, once per change.
 */
export class ProvidedBoards {
  readonly #state: StateStore
  readonly #log: BoardLog
  readonly #cwd: string
  readonly #now: () => number
  #places: Place[] = []
  #looking: Promise<void> | undefined

  constructor(state: StateStore, log: BoardLog, cwd: string, now: () => number = Date.now) {
    this.#state = state
    this.#log = log
    this.#cwd = cwd
    this.#now = now
  }

  /** Takes over the providers of the files; everything is read anew. */
  load(providers: readonly BoardProvider[]): void {
    this.#places = providers.map(provider => ({ provider, files: new Map(), lookedMs: -Infinity }))
  }

  /** The boards of all providers; of two with one uid the first. */
  async boards(): Promise<ProvidedBoard[]> {
    // Those who ask meanwhile wait for the same look.
    this.#looking ??= this.#look().finally(() => { this.#looking = undefined })
    await this.#looking
    const out = new Map<string, ProvidedBoard>()
    for (const place of this.#places) for (const { board } of place.files.values()) if (board !== undefined && !out.has(board.uid)) out.set(board.uid, board)
    return [...out.values()]
  }

  async #look(): Promise<void> {
    for (const place of this.#places) {
      if (this.#now() - place.lookedMs < place.provider.updateIntervalMs) continue
      place.lookedMs = this.#now()
      const root = resolve(this.#cwd, place.provider.path)
      const paths: string[] = []
      try {
        if ((await stat(root)).isFile()) paths.push(root)
        else await jsonFiles(root, paths, 0)
      } catch (err) {
        this.#log.warn({ provider: place.provider.name, path: place.provider.path }, `The folder of provisioned dashboards cannot be read: ${(err as Error).message}`)
        continue
      }
      if (!place.provider.disableDeletion) for (const path of place.files.keys()) if (!paths.includes(path)) place.files.delete(path)
      for (const path of paths) await this.#readFile(place, root, path)
    }
  }

  async #readFile({ provider, files }: Place, root: string, path: string): Promise<void> {
    const refuse = (mtimeMs: number, why: string): void => {
      files.set(path, { mtimeMs })
      this.#log.warn({ provider: provider.name, file: path }, `A provisioned dashboard is left out: ${why}`)
    }
    let mtimeMs = 0
    try {
      const found = await stat(path)
      mtimeMs = found.mtimeMs
      if (files.get(path)?.mtimeMs === mtimeMs) return
      if (found.size > MOST_BYTES) return refuse(mtimeMs, `it has ${found.size} bytes, at most ${MOST_BYTES} are read`)
      const text = await readFile(path, 'utf8')
      const dashboard = resolveInputs(JSON.parse(text) as unknown, {})
      const read = readDashboard(dashboard)
      if (read.title === '') return refuse(mtimeMs, 'it has no title')
      const uid = read.uid === '' ? `file-${createHash('sha256').update(path).digest('hex').slice(0, 12)}` : read.uid
      const twin = this.#places.flatMap(p => [...p.files]).find(([other, f]) => other !== path && f.board?.uid === uid)
      if (twin !== undefined) return refuse(mtimeMs, `its uid ${JSON.stringify(uid)} is that of ${twin[0]}`)
      const folderUid = await this.#folder(provider, root, path)
      await this.#takeOver(provider, uid, { ...dashboard, uid, title: read.title }, folderUid, createHash('sha256').update(text).digest('hex'))
      files.set(path, { mtimeMs, board: { uid, dashboard: { ...dashboard, uid, title: read.title }, origin: 'file', ...(folderUid === '' ? {} : { folderUid }), ...(provider.allowUiUpdates ? { canSave: true } : {}) } })
    } catch (err) {
      refuse(mtimeMs, err instanceof DashboardError || err instanceof SyntaxError ? err.message : `it cannot be read: ${(err as Error).message}`)
    }
  }

  /**
   * A changed file wins over what was saved on the page, as in Grafana: it becomes the board's next version, so that the saved ones can still be brought back.
   * What was saved before the file is known stays, unless the file may not be replaced at all.
   */
  async #takeOver(provider: BoardProvider, uid: string, dashboard: Readonly<Record<string, unknown>> & { readonly title: string }, folderUid: string, hash: string): Promise<void> {
    const key = `file-board ${uid}`
    const known = await this.#state.settings.get(key)
    if (known === hash) return
    const saved = await this.#state.dashboards.get(uid)
    if (saved !== undefined && (known !== undefined || !provider.allowUiUpdates)) await this.#state.dashboards.save(uid, dashboard.title, dashboard, 'The file has changed', { folderUid })
    await this.#state.settings.set(key, hash)
  }

  /** The folder in which a file's board lies; made where there is none of its title. */
  async #folder(provider: BoardProvider, root: string, path: string): Promise<string> {
    const title = provider.foldersFromFilesStructure ? dirname(path) === root ? '' : basename(dirname(path)) : provider.folder
    if (title === '' || title === 'General') return ''
    const all = await this.#state.folders.list()
    const known = provider.folderUid !== '' && !provider.foldersFromFilesStructure ? all.find(f => f.uid === provider.folderUid) : all.find(f => f.title === title && f.parentUid === '')
    if (known !== undefined) return known.uid
    const uid = provider.folderUid !== '' && !provider.foldersFromFilesStructure ? provider.folderUid : `folder-${createHash('sha256').update(title).digest('hex').slice(0, 12)}`
    return (await this.#state.folders.put(uid, title, '')).uid
  }
}

/** All JSON files below a folder; hidden ones are left out. */
async function jsonFiles(folder: string, out: string[], depth: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true })
  for (const e of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (e.name.startsWith('.') || out.length >= MOST_FILES) continue
    const path = join(folder, e.name)
    // Kubernetes mounts files as links to files.
    const isFolder = e.isDirectory() || e.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isDirectory() === true
    if (isFolder) {
      if (depth < MOST_DEPTH) await jsonFiles(path, out, depth + 1)
    } else if (e.name.toLowerCase().endsWith('.json')) out.push(path)
  }
}
