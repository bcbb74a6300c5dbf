// Records what a real Prometheus says about queries. Usage: node record.mjs http://127.0.0.1:9090 VERSION [folder of promqltest scripts]
// Writes answers.json beside itself and, with a folder, script-digests.json. See README.md.

import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const [server, version, scripts] = process.argv.slice(2)
if (version === undefined) {
  process.stderr.write('usage: node record.mjs <server> <version> [folder of promqltest scripts]\n')
  process.exit(2)
}

async function ask(path, query) {
  const response = await fetch(`${server}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams({ query }) })
  const text = await response.text()
  // A tree with a fill value of NaN can't be written as JSON: the server says so in plain text.
  return text.startsWith('{') ? JSON.parse(text) : undefined
}

/** The answer about one query: what is wrong, or its tree and its pretty form. */
async function answer(query) {
  const tree = await ask('parse_query', query)
  if (tree === undefined) return undefined
  if (tree.status === 'error') return { query, error: tree.error }
  const pretty = await ask('format_query', query)
  return { query, tree: tree.data, pretty: pretty.data }
}

function digest(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** The expressions of a script. */
function expressions(text) {
  const found = []
  for (const line of text.split('\n')) {
    const m = /^\s*eval\S*\s+(?:instant\s+(?:at\s+\S+\s+)?|range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+\s+)(.*)$/.exec(line)
    if (m !== null) found.push(m[1])
  }
  return found
}

const queries = JSON.parse(readFileSync(join(here, 'queries.json'), 'utf8'))
const answers = []
for (const query of queries) answers.push(await answer(query))
writeFileSync(join(here, 'answers.json'), `{"version":${JSON.stringify(version)},"answers":[\n${answers.map(a => JSON.stringify(a)).join(',\n')}\n]}\n`)
process.stdout.write(`${answers.length} answers of Prometheus ${version}\n`)

if (scripts !== undefined) {
  const all = new Set(readdirSync(scripts).filter(f => f.endsWith('.test')).flatMap(f => expressions(readFileSync(join(scripts, f), 'utf8'))))
  const digests = {}
  for (const query of all) {
    const a = await answer(query)
    if (a === undefined) continue
    digests[digest(query)] = digest(JSON.stringify(a.error ?? [a.tree, a.pretty]))
  }
  const sorted = Object.fromEntries(Object.entries(digests).sort())
  writeFileSync(join(here, 'script-digests.json'), `${JSON.stringify({ version, digests: sorted }, undefined, 0).replaceAll('","', '",\n"')}\n`)
  process.stdout.write(`${all.size} digests\n`)
}
