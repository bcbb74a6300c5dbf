import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { loadDataSources } from '@haechi/config'
import type { DataSourceFiles, FileDataSource, Variables } from '@haechi/config'
import type { DataSourceSettings, DataSourceStore, StoredDataSource } from '@haechi/server'

/** Where is told what happens to data sources. */
export interface SourceLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  error(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** How often the files are looked at. */
const LOOK_MS = 2_000

/**
 * The data sources of provisioning files, kept in the state beside those of the page: with the same numbers from start to start, and what a file says wins at each
 * reading. A changed, new or removed file is read by itself; a wrong one is told, and everything stays as it was.
 */
export class ProvidedSources {
  readonly #store: DataSourceStore
  readonly #log: SourceLog
  #folder: string | undefined
  #variables: Variables = () => undefined
  readonly #everyMs: number
  #seen = ''
  #pending = ''
  #files: readonly string[] = []
  #error: string | undefined
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(store: DataSourceStore, log: SourceLog, everyMs: number = LOOK_MS) {
    this.#everyMs = everyMs
    this.#store = store
    this.#log = log
  }

  /** The files that there are. */
  get files(): readonly string[] {
    return this.#files
  }

  /** What is wrong with the files as they are now, with file and line. */
  get error(): string | undefined {
    return this.#error
  }

  /**
   * Reads the folder's files and takes them over.
   * @param folder  the provisioning folder; undefined: there is none
   * @throws ConfigError, Error: then nothing has changed
   */
  async load(folder: string | undefined, variables: Variables): Promise<void> {
    this.#folder = folder
    this.#variables = variables
    const seen = await this.#signature()
    const given = folder === undefined ? { files: [], sources: [], deletes: [], prune: false } : await loadDataSources(folder, variables)
    await takeOver(this.#store, given)
    this.#seen = seen
    this.#files = given.files
    this.#error = undefined
  }

  /** Looks for changed files from now on. */
  watch(): void {
    const look = async (): Promise<void> => {
      this.#running = this.#look()
      await this.#running
      if (this.#timer !== undefined) this.#timer = setTimeout(() => void look(), this.#everyMs).unref()
    }
    this.#timer = setTimeout(() => void look(), this.#everyMs).unref()
  }

  /** Stops looking. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#running
  }

  async #look(): Promise<void> {
    if (this.#folder === undefined) return
    try {
      const seen = await this.#signature()
      const isSettled = seen === this.#pending
      this.#pending = seen
      // A file that is being written is half a file.
      if (seen === this.#seen || !isSettled) return
      // Told once per change, right or wrong.
      this.#seen = seen
      await this.load(this.#folder, this.#variables)
      this.#log.info({ files: this.#files.length }, 'The files of data sources have changed and are in use')
    } catch (err) {
      const reason = (err as Error).message
      this.#files = this.#seen.split('\n').filter(line => / \d/.test(line)).map(line => join(this.#folder!, 'datasources', line.replace(/ [\d.]+ \d+$/, '')))
      if (this.#error === reason) return
      this.#error = reason
      this.#log.error({ reason }, 'The changed files of data sources cannot be used; what was in use before stays')
    }
  }

  async #signature(): Promise<string> {
    if (this.#folder === undefined) return ''
    const folder = join(this.#folder, 'datasources')
    let names: string[]
    try {
      names = (await readdir(folder)).filter(n => /\.ya?ml$/i.test(n)).sort()
    } catch {
      return 'none'
    }
    return (await Promise.all(names.map(async n => {
      const { mtimeMs, size } = await stat(join(folder, n)).catch(() => ({ mtimeMs: 0, size: 0 }))
      return `${n} ${mtimeMs} ${size}`
    }))).join('\n')
  }
}

/** @see Grafana `pkg/services/provisioning/datasources/datasources.go` */
async function takeOver(store: DataSourceStore, given: DataSourceFiles): Promise<void> {
  const names = new Set(given.sources.map(s => s.name))
  let known = await store.list()
  for (const s of known) {
    const isGone = s.settings.provisioned !== undefined && !names.has(s.name)
    if (!names.has(s.name) && given.deletes.includes(s.name) || isGone && given.prune) await store.remove(s.id)
    // Its file is gone, it stays: from now on the page may change it.
    else if (isGone) await store.change(s.id, { ...s, settings: withoutFile(s.settings) })
  }
  for (const source of given.sources) {
    known = await store.list()
    const next = { uid: source.uid, name: source.name, settings: settingsOf(source), secrets: source.secureJsonData }
    const old = known.find(s => s.name === source.name) ?? known.find(s => s.uid === source.uid)
    for (const s of known) if (s !== old && s.uid === source.uid) await store.remove(s.id)
    if (old === undefined) await store.add(next)
    else if (!isSame(old, next)) await store.change(old.id, next)
  }
  const chosen = given.sources.find(s => s.isDefault)
  if (chosen === undefined) return
  for (const s of await store.list()) if (s.settings.isDefault && s.name !== chosen.name) await store.change(s.id, { ...s, settings: { ...s.settings, isDefault: false } })
}

function isSame(a: StoredDataSource, b: Pick<StoredDataSource, 'uid' | 'name' | 'settings' | 'secrets'>): boolean {
  return a.uid === b.uid && a.name === b.name && isDeepStrictEqual(a.settings, JSON.parse(JSON.stringify(b.settings))) && isDeepStrictEqual({ ...a.secrets }, { ...b.secrets })
}

function withoutFile({ provisioned: _file, ...settings }: DataSourceSettings): DataSourceSettings {
  return settings
}

function settingsOf({ file, type, access, url, user, database, basicAuth, basicAuthUser, withCredentials, isDefault, jsonData, editable }: FileDataSource): DataSourceSettings {
  return { type, access, url, user, database, basicAuth, basicAuthUser, withCredentials, isDefault, jsonData, provisioned: { file, editable } }
}
