import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The files of a folder whose names end so, sorted by name; none where there is no such folder. @throws Error when the folder can't be read */
export async function provisioningFiles(folder: string, names: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder)).filter(name => names.test(name) && !name.startsWith('.')).sort().map(name => join(folder, name))
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new Error(`cannot read ${folder}: ${(err as Error).message}`, { cause: err })
  }
}
