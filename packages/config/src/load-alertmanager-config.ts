import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { fileContactPoints, parseAlertmanagerConfig, templateSet } from '@haechi/alerting'
import type { ContactPoint, Routing, TemplateFile } from '@haechi/alerting'
import { parseFields } from '@haechi/model'
import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'
import { globBeside } from './glob.ts'
import { maskSecrets } from './mask.ts'

/** An `alertmanager.yml` with the files that it names. */
export interface AlertmanagerFile {
  /** As the user named it. */
  readonly file: string
  readonly resolveTimeoutMs: number
  readonly routing: Routing
  /** The files of `templates`. */
  readonly templates: readonly TemplateFile[]
  /** With their secrets: for the pipeline only. */
  readonly contactPoints: readonly ContactPoint[]
  /** What the file asks for and this version does not do, one sentence each. */
  readonly warnings: readonly string[]
  /** The text with secrets masked, as Alertmanager's status shows it. */
  readonly shownYaml: string
  /** A number that changes with the text, as Alertmanager computes it. */
  readonly hash: number
}

/**
 * Reads an `alertmanager.yml`, and the files that hold its secrets. Nothing is used when anything is wrong.
 *
 * @throws ConfigError naming file, line, path and reason; Error when a file can't be read
 */
export async function loadAlertmanagerConfig(file: string): Promise<AlertmanagerFile> {
  const text = await readText(file, 'configuration file')
  const config = parseAlertmanagerConfig(text, file)
  const warnings = [...config.warnings]
  const templates: TemplateFile[] = []
  for (const pattern of config.templates) {
    const found = await globBeside(pattern, file)
    if (found.length === 0) warnings.push(`templates: no file matches ${pattern}`)
    for (const path of found) templates.push({ name: basename(path), text: await readText(path, 'template file') })
  }
  checkTemplates(templates, text, file)
  const contactPoints = await fileContactPoints(config, path => readText(isAbsolute(path) ? path : join(dirname(file), path), 'secret file'))
  return { file, resolveTimeoutMs: config.resolveTimeoutMs, routing: config.routing, templates, contactPoints, warnings, shownYaml: shown(text), hash: hashOf(text) }
}

/** @throws ConfigError with Go's text, which names the template file and the line */
function checkTemplates(templates: readonly TemplateFile[], text: string, file: string): void {
  try {
    templateSet(templates, 0)
  } catch (err) {
    throw parseFields(text, file).error('templates', (err as Error).message)
  }
}

/** Keys of a receiver whose value is an address that is a secret as a whole. */
const SECRET_ADDRESS = /^(?:url|api_url|webhook_url)$/

/** Secrets of Alertmanager's file that other files do not have. */
const SECRET_KEY = /^(?:.*_(?:password|secret|token|token_id|api_key|user_key)|slack_api_url|mattermost_webhook_url|user_key|token_id)$/

/** The first six bytes of the MD5, the lowest first. @see alertmanager config/coordinator.go `md5HashAsMetricValue` */
function hashOf(text: string): number {
  return createHash('md5').update(text).digest().readUIntLE(0, 6)
}

/** The text with secrets masked. In this file the address of a receiver is one. */
function shown(text: string): string {
  const document = parseDocument(text)
  const receivers = document.get('receivers')
  for (const receiver of isSeq(receivers) ? receivers.items : []) {
    for (const list of isMap(receiver) ? receiver.items : []) {
      for (const item of isSeq(list.value) ? list.value.items : []) {
        for (const pair of isMap(item) ? item.items : []) {
          if (isScalar(pair.key) && SECRET_ADDRESS.test(String(pair.key.value)) && isScalar(pair.value)) pair.value.value = '<secret>'
        }
      }
    }
  }
  visit(document, {
    Pair(_key, pair) {
      if (isScalar(pair.key) && SECRET_KEY.test(String(pair.key.value)) && isScalar(pair.value)) pair.value.value = '<secret>'
    },
  })
  return maskSecrets(document.toString({ lineWidth: 0 }))
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : code === 'EACCES' ? 'no permission to read it' : (err as Error).message
    throw new Error(`cannot read ${what} ${path}: ${why}`, { cause: err })
  }
}
