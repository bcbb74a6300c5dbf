import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseFields } from '@haechi/model'
import { provisioningFiles } from './provisioning-files.ts'
import { interpolated } from './interpolate.ts'
import type { Variables } from './interpolate.ts'

/** Where boards lie as files: an entry of Grafana's `provisioning/dashboards/*.yaml`. */
export interface BoardProvider {
  /** The file that names it. */
  readonly file: string
  readonly name: string
  /** Title of the folder for its boards; '' for none. */
  readonly folder: string
  /** '' where it is ours to choose. */
  readonly folderUid: string
  /** A folder with boards as JSON, or one such file. */
  readonly path: string
  /** Folders are named by the folders of the files. */
  readonly foldersFromFilesStructure: boolean
  /** Boards may be saved on the page; a saved one stands in for the file until the file changes. */
  readonly allowUiUpdates: boolean
  /** A board whose file is gone stays until the next start. */
  readonly disableDeletion: boolean
  readonly updateIntervalMs: number
}

/**
 * Reads `<folder>/dashboards/*.yaml` and `.yml`, sorted by name.
 * @param variables  of the environment, for `$VAR` in texts
 * @throws ConfigError naming file, line, path and reason; Error when a file can't be read
 * @see Grafana `pkg/services/provisioning/dashboards/config_reader.go`
 */
export async function loadBoardProviders(folder: string, variables: Variables): Promise<BoardProvider[]> {
  const out: BoardProvider[] = []
  for (const path of await provisioningFiles(join(folder, 'dashboards'), /\.ya?ml$/i)) {
    const top = parseFields(await readFile(path, 'utf8'), path)
    if (top.integer('apiVersion', 1) !== 1) throw top.error('apiVersion', 'only apiVersion 1 is known')
    const text = (t: string): string => interpolated(t, variables)
    for (const p of top.list('providers')) {
      const name = text(p.string('name', 'default'))
      p.integer('orgId', 1)
      const type = text(p.string('type', 'file'))
      if (type !== 'file') throw p.error('type', `only providers of type "file" are known, not ${JSON.stringify(type)}`)
      const seconds = p.integer('updateIntervalSeconds', 10)
      const options = p.fields('options')
      // `folder` beside `path` is the name that old files use.
      const at = options === undefined ? '' : text(options.string('path', '')) || text(options.string('folder', ''))
      if (options === undefined || at === '') throw p.error('options', 'options.path is missing: the folder with the dashboards')
      const provider: BoardProvider = {
        file: path, name, folder: text(p.string('folder', '')), folderUid: text(p.string('folderUid', '')), path: at,
        foldersFromFilesStructure: options.boolean('foldersFromFilesStructure', false), allowUiUpdates: p.boolean('allowUiUpdates', p.boolean('editable', false)), disableDeletion: p.boolean('disableDeletion', false),
        updateIntervalMs: (seconds <= 0 ? 10 : seconds) * 1000,
      }
      if (provider.foldersFromFilesStructure && provider.folder !== '') throw p.error('folder', 'folder must be empty where foldersFromFilesStructure is true')
      if (out.some(o => o.name === name)) throw p.error('name', `a provider is called ${JSON.stringify(name)} already`)
      options.done()
      p.done()
      out.push(provider)
    }
    top.done()
  }
  return out
}
