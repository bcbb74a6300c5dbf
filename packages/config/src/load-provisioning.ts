import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { grafanaAlertingFile, joinedAlerting } from '@haechi/alerting'
import type { GrafanaAlerting, GrafanaContext } from '@haechi/alerting'
import { parseFields } from '@haechi/model'
import { readRuleProvisioning } from '@haechi/rules'
import type { FileGroup, RuleProvisioning } from '@haechi/rules'
import { provisioningFiles } from './provisioning-files.ts'
import { interpolated } from './interpolate.ts'
import type { Variables } from './interpolate.ts'

/** A folder of Grafana's provisioning files. */
export interface ProvisioningFolder {
  /** As the user named it. */
  readonly folder: string
  /** The files that were read. */
  readonly files: readonly string[]
  readonly alerting: GrafanaAlerting
  /** `groups` and `deleteRules` of all files. */
  readonly rules: RuleProvisioning
  /** What is read and not acted on, one sentence each, with the file. */
  readonly warnings: readonly string[]
}

/**
 * Reads `<folder>/alerting/*.yaml`, `.yml` and `.json`, sorted by name. Nothing is used when anything is wrong.
 * @param variables  of the environment, for `$VAR` in texts
 * @throws ConfigError naming file, line, path and reason; Error when a file can't be read
 */
export async function loadProvisioning(folder: string, variables: Variables, context: GrafanaContext): Promise<ProvisioningFolder> {
  const files = await provisioningFiles(join(folder, 'alerting'), /\.(ya?ml|json)$/i)
  const warnings: string[] = []
  const parts: GrafanaAlerting[] = []
  const groups: FileGroup[] = []
  const deleteRules: string[] = []
  for (const path of files) {
    const top = parseFields(await readFile(path, 'utf8'), path)
    if (top.integer('apiVersion', 1) !== 1) throw top.error('apiVersion', 'only apiVersion 1 is known')
    const part = grafanaAlertingFile(top, text => interpolated(text, variables), context)
    const found = readRuleProvisioning(top, text => interpolated(text, variables))
    top.done()
    parts.push(part)
    for (const g of found.groups) {
      const other = groups.find(o => o.name === g.name && o.folder === g.folder)
      if (other !== undefined) throw new Error(`${path}: the rule group ${JSON.stringify(g.name)} of folder ${JSON.stringify(g.folder)} is in ${other.file} already`)
      for (const r of g.rules) {
        const twice = groups.find(o => o.rules.some(x => x.uid === r.uid))
        if (twice !== undefined) throw new Error(`${path}: the rule uid ${JSON.stringify(r.uid)} is used in ${twice.file} already`)
      }
      groups.push(g)
    }
    deleteRules.push(...found.deleteRules)
    warnings.push(...part.warnings.map(w => `${path}: ${w}`))
  }
  return { folder, files, alerting: joinedAlerting(parts, files), rules: { groups, deleteRules }, warnings }
}
