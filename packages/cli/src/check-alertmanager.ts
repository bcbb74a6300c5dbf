import { stat } from 'node:fs/promises'
import { loadAlertmanagerConfig } from '@haechi/config'
import type { Io } from './io.ts'

/** `haechi check alertmanager`, with amtool's words. @returns 0 when every file can be used, else 1 */
export async function checkAlertmanager(files: readonly string[], io: Io): Promise<number> {
  for (const file of files) {
    if ((await stat(file).catch(() => undefined)) !== undefined) continue
    io.err(`haechi: path '${file}' does not exist\n`)
    return 1
  }
  let failed = 0
  for (const file of files) {
    io.out(`Checking '${file}'`)
    try {
      const config = await loadAlertmanagerConfig(file)
      const { inhibitRules, receivers } = config.routing
      io.out(`  SUCCESS\nFound:\n - global config\n - route\n - ${inhibitRules.length} inhibit rules\n - ${receivers.length} receivers\n - ${config.templates.length} templates\n${config.templates.length > 0 ? '  SUCCESS\n' : ''}`)
      for (const warning of config.warnings) io.out(` - note: ${warning}\n`)
      io.out('\n')
    } catch (err) {
      failed++
      io.out(`  FAILED: ${(err as Error).message}\n\n`)
    }
  }
  if (failed > 0) io.err(`haechi: failed to validate ${failed} file(s)\n`)
  return failed === 0 ? 0 : 1
}
