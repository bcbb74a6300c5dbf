import { existsSync } from 'node:fs'
import path from 'node:path'

/** Runs a real peer: the script beside the repository that starts programs of `PEERS_DIR`; undefined where either is missing. `HAECHI_SHARED` names the folder elsewhere. */
export function peerRun(): string | undefined {
  const shared = process.env['HAECHI_SHARED'] ?? path.join(import.meta.dirname, '../../../../shared')
  const script = path.join(shared, 'peers', 'peer-run.sh')
  return process.env['PEERS_DIR'] !== undefined && existsSync(script) ? script : undefined
}
