import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { parseFields } from '@haechi/model'
import type { Fields } from '@haechi/model'
import { provisioningFiles } from './provisioning-files.ts'
import { interpolated } from './interpolate.ts'
import type { Variables } from './interpolate.ts'

/** A data source of a file: an entry of Grafana's `provisioning/datasources/*.yaml`, variables filled in. */
export interface FileDataSource {
  /** The file that names it. */
  readonly file: string
  readonly name: string
  readonly uid: string
  readonly type: string
  readonly access: 'proxy' | 'direct'
  readonly url: string
  readonly user: string
  readonly database: string
  readonly basicAuth: boolean
  readonly basicAuthUser: string
  readonly withCredentials: boolean
  readonly isDefault: boolean
  readonly jsonData: Readonly<Record<string, unknown>>
  /** Never shown. */
  readonly secureJsonData: Readonly<Record<string, string>>
  /** It may be changed on the page, until the file is read again. */
  readonly editable: boolean
}

/** What the files of a folder say about data sources. */
export interface DataSourceFiles {
  /** The files that were read. */
  readonly files: readonly string[]
  readonly sources: readonly FileDataSource[]
  /** Names of sources to be removed first. */
  readonly deletes: readonly string[]
  /** Whether those go that a file made and none names any more. */
  readonly prune: boolean
}

const MAX_UID = 40

/**
 * Reads `<folder>/datasources/*.yaml` and `.yml`, sorted by name. Nothing is used when anything is wrong.
 * @param variables  of the environment, for `$VAR` in texts
 * @throws ConfigError naming file, line, path and reason, never a value that may be secret; Error when a file can't be read
 * @see Grafana `pkg/services/provisioning/datasources/config_reader.go`
 */
export async function loadDataSources(folder: string, variables: Variables): Promise<DataSourceFiles> {
  const files = await provisioningFiles(join(folder, 'datasources'), /\.ya?ml$/i)
  const sources: FileDataSource[] = []
  const deletes: string[] = []
  let prune = false
  for (const file of files) {
    const top = parseFields(await readFile(file, 'utf8'), file)
    if (top.integer('apiVersion', 1) !== 1) throw top.error('apiVersion', 'only apiVersion 1 is known')
    prune = top.boolean('prune', false) || prune
    for (const d of top.list('deleteDatasources')) {
      d.integer('orgId', 1)
      const name = filled(d, 'name', variables)
      if (name === '') throw d.error('name', 'the name of the data source to delete is missing')
      deletes.push(name)
      d.done()
    }
    for (const f of top.list('datasources')) {
      const source = readSource(f, file, variables)
      const twin = sources.find(o => o.name === source.name)
      if (twin !== undefined) throw f.error('name', `a data source is called ${JSON.stringify(source.name)} already, in ${twin.file}`)
      const same = sources.find(o => o.uid === source.uid)
      if (same !== undefined) throw f.error('uid', `the data source ${JSON.stringify(same.name)} in ${same.file} has the uid ${JSON.stringify(source.uid)} already`)
      const other = source.isDefault ? sources.find(o => o.isDefault) : undefined
      if (other !== undefined) throw f.error('isDefault', `only one data source can be the default; ${JSON.stringify(other.name)} in ${other.file} is it already`)
      sources.push(source)
    }
    top.done()
  }
  return { files, sources, deletes, prune }
}

function readSource(f: Fields, file: string, variables: Variables): FileDataSource {
  const text = (key: string): string => filled(f, key, variables)
  const name = text('name')
  if (name === '') throw f.error('name', 'a data source needs a name')
  const type = text('type')
  if (type === '') throw f.error('type', 'a data source needs a type, e.g. prometheus')
  f.integer('orgId', 1)
  f.integer('version', 1)
  const access = text('access') || 'proxy'
  if (access !== 'proxy' && access !== 'direct') throw f.error('access', 'must be "proxy" or "direct"')
  const uid = text('uid') || derivedUid(name)
  if (uid.length > MAX_UID || !/^[\w-]+$/.test(uid)) throw f.error('uid', `must be at most ${MAX_UID} letters, digits, - and _`)
  const url = text('url')
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (type === 'prometheus' && (parsed === undefined || !/^https?:$/.test(parsed.protocol))) throw f.error('url', url === '' ? 'the address is missing' : 'is no address', 'write e.g. http://127.0.0.1:9090')
  if (parsed !== undefined && (parsed.username !== '' || parsed.password !== '')) throw f.error('url', 'holds a name or password', 'write them as basicAuthUser and secureJsonData.basicAuthPassword')
  const source: FileDataSource = {
    file, name, uid, type, access, url, user: text('user'), database: text('database'), basicAuth: flag(f, 'basicAuth', variables), basicAuthUser: text('basicAuthUser'), withCredentials: flag(f, 'withCredentials', variables),
    isDefault: flag(f, 'isDefault', variables), jsonData: freeObject(f, 'jsonData', variables), secureJsonData: secrets(f, variables), editable: flag(f, 'editable', variables),
  }
  for (const [old, where] of [['password', 'password'], ['basicAuthPassword', 'basicAuthPassword']] as const) {
    if (f.has(old)) throw f.error(old, 'is not read any more', `write it as secureJsonData.${where}`)
  }
  f.done()
  return source
}

/** The uid of a source that has none: as Grafana makes it, so that boards find it. */
export function derivedUid(name: string): string {
  return `P${createHash('sha256').update(name).digest('hex').slice(0, 16).toUpperCase()}`
}

function filled(f: Fields, key: string, variables: Variables): string {
  const text = f.string(key, '')
  try {
    return interpolated(text, variables).trim()
  } catch (err) {
    throw f.error(key, (err as Error).message)
  }
}

/** Grafana reads flags from variables, too: `isDefault: $IS_DEFAULT`. */
function flag(f: Fields, key: string, variables: Variables): boolean {
  if (!f.has(key)) return f.boolean(key, false)
  const text = f.string(key, '')
  if (!text.includes('$')) return f.boolean(key, false)
  const value = filled(f, key, variables).toLowerCase()
  if (!['true', 'false', '1', '0', 't', 'f', ''].includes(value)) throw f.error(key, 'must be true or false')
  return value === 'true' || value === '1' || value === 't'
}

/** An object whose members are the data source's own affair; variables are filled in its texts. */
function freeObject(f: Fields, key: string, variables: Variables): Readonly<Record<string, unknown>> {
  const raw = f.raw(key)
  if (raw === undefined || raw === null) return {}
  if (typeof raw !== 'object' || Array.isArray(raw)) throw f.error(key, 'expected a mapping of keys to values')
  const fill = (v: unknown): unknown => {
    if (typeof v === 'string') return interpolated(v, variables)
    if (Array.isArray(v)) return v.map(fill)
    return typeof v === 'object' && v !== null ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, fill(x)])) : v
  }
  try {
    return fill(raw) as Readonly<Record<string, unknown>>
  } catch (err) {
    throw f.error(key, (err as Error).message)
  }
}

function secrets(f: Fields, variables: Variables): Readonly<Record<string, string>> {
  const part = f.fields('secureJsonData')
  if (part === undefined) return {}
  return Object.fromEntries(part.keys().map(key => [key, filled(part, key, variables)]).filter(([, value]) => value !== ''))
}
