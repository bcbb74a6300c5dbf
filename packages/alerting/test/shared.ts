import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { REFERENCE_FOLDER } from '@haechi/testkit'

/** Bodies of Grafana and Alertmanager by file name; empty when the folder is absent. */
export function sharedBodies(): [name: string, body: string][] {
  const folder = `${REFERENCE_FOLDER}/fixtures/webhooks`
  if (!existsSync(folder)) return []
  const out: [string, string][] = []
  for (const name of readdirSync(folder)) {
    const text = (): string => readFileSync(`${folder}/${name}`, 'utf8')
    if (/^(grafana|alertmanager)-.*\.json$/.test(name)) out.push([name, text()])
    else if (name === 'alertmanager-webhooks.ndjson') {
      for (const [i, line] of text().trim().split('\n').entries()) out.push([`${name}:${i + 1}`, JSON.stringify((JSON.parse(line) as { body: unknown }).body)])
    }
  }
  return out
}
