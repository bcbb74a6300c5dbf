import { loadConfig } from '@haechi/config'
import { ConfigError } from '@haechi/model'
import { say } from './io.ts'
import type { Io } from './io.ts'

/** `haechi check config`: each file on its own. @returns 0 when all are fine, else 1 */
export async function checkConfig(files: readonly string[], io: Io): Promise<number> {
  let failed = 0
  for (const file of files) {
    try {
      const config = await loadConfig(file)
      if (config.missing.length > 0) {
        failed++
        for (const { message } of config.missing) io.err(`${message}\n`)
        continue
      }
      const rules = config.ruleGroups.reduce((n, group) => n + group.rules.length, 0)
      io.out(say(io, `${file}: fine (${config.scrapeConfigs.length} scrape jobs, ${config.ruleFiles.length} rule files, ${rules} rules)\n`, `${file}: 이상 없음 (스크레이프 job ${config.scrapeConfigs.length}개, 규칙 파일 ${config.ruleFiles.length}개, 규칙 ${rules}개)\n`))
      for (const warning of config.warnings) io.out(`${file}: ${say(io, 'note', '참고')}: ${warning}\n`)
    } catch (err) {
      if (!(err instanceof ConfigError) && !(err instanceof Error && err.name.endsWith('Error'))) throw err
      failed++
      io.err(`${(err as Error).message}\n`)
    }
  }
  return failed === 0 ? 0 : 1
}
