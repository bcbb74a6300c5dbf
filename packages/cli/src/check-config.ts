import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { loadAlertmanagerConfig, loadConfig } from '@haechi/config'
import { ConfigError, parseFields } from '@haechi/model'
import { inWords, say } from './io.ts'
import type { Io } from './io.ts'

/** `haechi check config`: each file on its own, Prometheus' or Alertmanager's. @returns 0 when all are fine, else 1 */
export async function checkConfig(files: readonly string[], io: Io): Promise<number> {
  let failed = 0
  for (const file of files) {
    try {
      if (await isAlertmanagers(file)) {
        const { routing, warnings } = await loadAlertmanagerConfig(file)
        io.out(say(io, `${file}: fine (${routing.receivers.length} receivers, ${routing.inhibitRules.length} inhibit rules)\n`, `${file}: 이상 없음 (receiver ${routing.receivers.length}개, inhibit 규칙 ${routing.inhibitRules.length}개)\n`))
        for (const warning of warnings) io.out(`${file}: ${say(io, 'note', '참고')}: ${warning}\n`)
        continue
      }
      const config = await loadConfig(file)
      if (config.missing.length > 0) {
        failed++
        for (const { message } of config.missing) io.err(`${inWords(io, message)}\n`)
        continue
      }
      const rules = config.ruleGroups.reduce((n, group) => n + group.rules.length, 0)
      io.out(say(io, `${file}: fine (${config.scrapeConfigs.length} scrape jobs, ${config.ruleFiles.length} rule files, ${rules} rules)\n`, `${file}: 이상 없음 (스크레이프 job ${config.scrapeConfigs.length}개, 규칙 파일 ${config.ruleFiles.length}개, 규칙 ${rules}개)\n`))
      for (const warning of config.warnings) io.out(`${file}: ${say(io, 'note', '참고')}: ${warning}\n`)
    } catch (err) {
      if (!(err instanceof ConfigError) && !(err instanceof Error && err.name.endsWith('Error'))) throw err
      failed++
      io.err(`${inWords(io, (err as Error).message)}\n`)
    }
  }
  return failed === 0 ? 0 : 1
}

/** Whether a file is Alertmanager's: by its name, else by the two keys that such a file must have. What can't be read is told by whoever reads it as a configuration. */
async function isAlertmanagers(file: string): Promise<boolean> {
  if (/alertmanager[^/\\]*$/i.test(basename(file))) return true
  try {
    const keys = parseFields(await readFile(file, 'utf8'), file).keys()
    return keys.includes('route') && keys.includes('receivers')
  } catch {
    return false
  }
}
