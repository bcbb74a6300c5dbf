import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of reference material beside the repository, or undefined in a clone that has none. `HAECHI_SHARED` names it elsewhere. */
export function sharedFolder(): string | undefined {
  const beside = join(dirname(fileURLToPath(import.meta.url)), '../../../../shared')
  const folder = process.env['HAECHI_SHARED'] ?? beside
  return existsSync(folder) ? folder : undefined
}
