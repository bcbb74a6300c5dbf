import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { globBeside } from './glob.ts'

/** Files that a running server reads again at a reload. */
export interface ConfigPlaces {
  /** `prometheus.yml` */
  readonly config: string | undefined
  /** `alertmanager.yml` */
  readonly alertmanager: string | undefined
  /** Grafana's folder. */
  readonly provisioning: string | undefined
  readonly env: string | undefined
}

/** Keys whose patterns name further files. */
const PATTERNS = ['rule_files', 'scrape_config_files', 'templates'] as const

/**
 * A text that changes when any of the files does: the configurations, the rule, scrape and template files that they name, provisioning files, secrets.
 * @throws Error when a file can't be read, as while it is being replaced
 * @see Prometheus config/reload.go `GenerateChecksum`
 */
export async function configDigest(places: ConfigPlaces): Promise<string> {
  const hash = createHash('sha256')
  const add = async (file: string): Promise<string> => {
    const text = await readFile(file, 'utf8')
    hash.update(`${file}\0${text.length}\0`).update(text)
    return text
  }
  for (const file of [places.config, places.alertmanager]) {
    if (file === undefined) continue
    const text = await add(file)
    for (const pattern of patternsOf(text)) for (const path of await globBeside(pattern, file)) await add(path)
  }
  if (places.provisioning !== undefined) {
    for (const kind of ['alerting', 'dashboards']) {
      const folder = join(places.provisioning, kind)
      const names = await readdir(folder).catch(() => [] as string[])
      for (const name of names.filter(n => /\.(?:ya?ml|json)$/.test(n)).sort()) await add(join(folder, name))
    }
  }
  if (places.env !== undefined) await add(places.env)
  return hash.digest('hex')
}

/** A text that is no YAML names nothing: what is wrong with it is told by the reload. */
function patternsOf(text: string): string[] {
  let top: unknown
  try {
    top = parse(text)
  } catch {
    return []
  }
  if (typeof top !== 'object' || top === null) return []
  return PATTERNS.flatMap(key => {
    const list = (top as Readonly<Record<string, unknown>>)[key]
    return Array.isArray(list) ? list.filter((p): p is string => typeof p === 'string') : []
  })
}
