import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where recorded answers of the real programs and the scripts that run them lie: beside the repository, or where `HAECHI_SHARED` says. It may not be there. */
export const REFERENCE_FOLDER: string = process.env['HAECHI_SHARED'] ?? join(import.meta.dirname, '../../../../shared')

/** A file or folder of {@link REFERENCE_FOLDER}; undefined where it is absent, and then the test must say that it did not run. */
export function referencePath(name: string): string | undefined {
  const path = join(REFERENCE_FOLDER, name)
  return existsSync(path) ? path : undefined
}

/** The script that runs a program of the real peers (`PEERS_DIR` names their folder); undefined where either is missing. */
export function peerRun(): string | undefined {
  return process.env['PEERS_DIR'] === undefined ? undefined : referencePath('peers/peer-run.sh')
}
