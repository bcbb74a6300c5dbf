// node scripts/fuzz.mjs [SECONDS]: gives every decoder of stored and received bytes (remote write too) damaged inputs, 20 seconds each unless told otherwise, and the query language any text.
// HAECHI_FUZZ_SEED=n has the same inputs again.
//
// node scripts/fuzz.mjs promql [QUERIES] [SEED] [synthetic|recorded]: asks Haechi (built) and a real Prometheus random queries over the same samples, made up or recorded: 10,000 unless told otherwise, in slices of 2,000
// with the seeds SEED, SEED+1, …; ends with 1 after the first slice with a difference and says how to go on from there. The real one is that of PEERS_DIR, or what HAECHI_FUZZ_REFERENCE starts: a command in which {port},
// {datadir} and {features} are filled in.
//
// node scripts/fuzz.mjs api [REQUESTS] [SEED]: sends Haechi (built) any request to Prometheus' API, and half as many to Alertmanager's, 20,000 unless told otherwise, and compares with the real ones where PEERS_DIR names
// them; else it only looks whether every answer is one. HAECHI_FUZZ_OUT=FILE keeps all that was found.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run } from './lib.mjs'

const SLICE = 2000
const vitest = (files, env) => run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...files], { env: { ...process.env, ...env } })

function usage() {
  console.error('usage: node scripts/fuzz.mjs [SECONDS] | promql [QUERIES] [SEED] [synthetic|recorded] | api [REQUESTS] [SEED]')
  process.exit(2)
}

if (process.argv[2] === 'promql') {
  const [count = '10000', first = String(Math.floor(Date.now() / 1000) % 1_000_000), data = 'synthetic'] = process.argv.slice(3)
  if (!/^[1-9]\d{0,6}$/.test(count) || !/^\d{1,9}$/.test(first) || !/^(?:synthetic|recorded)$/.test(data)) usage()
  if (process.env.PEERS_DIR === undefined && process.env.HAECHI_FUZZ_REFERENCE === undefined) {
    console.error('fuzz promql: PEERS_DIR names no folder with a real Prometheus, and HAECHI_FUZZ_REFERENCE no command that starts one.')
    process.exit(2)
  }
  process.exit(await promql(Number(count), Number(first), data))
}

async function promql(count, first, data) {
  const folder = mkdtempSync(join(tmpdir(), 'haechi-fuzz-'))
  const sums = {}
  try {
    for (let left = count, seed = first; left > 0; left -= SLICE, seed++) {
      const tally = join(folder, String(seed))
      const code = await vitest(['test/promql-fuzz.test.ts'], { HAECHI_SEED: String(seed), HAECHI_FUZZ_QUERIES: String(Math.min(SLICE, left)), HAECHI_FUZZ_DATA: data, HAECHI_FUZZ_TALLY: tally })
      if (existsSync(tally)) for (const [name, n] of Object.entries(JSON.parse(readFileSync(tally, 'utf8')))) sums[name] = (sums[name] ?? 0) + n
      if (code !== 0) {
        console.log(`fuzz promql: stopped; once it is mended, npm run fuzz -- promql ${left} ${seed} ${data} goes on from there`)
        return code
      }
    }
    return 0
  } finally {
    rmSync(folder, { recursive: true })
    console.log(`fuzz promql, seeds from ${first}, ${data} data: ${Object.entries(sums).map(([name, n]) => `${n} ${name}`).join(', ')}`)
  }
}

if (process.argv[2] === 'api') {
  const [count = '20000', seed = String(Math.floor(Date.now() / 1000) % 1_000_000)] = process.argv.slice(3)
  if (!/^[1-9]\d{0,6}$/.test(count) || !/^\d{1,9}$/.test(seed)) usage()
  process.exit(await vitest(['test/api-fuzz.test.ts'], { HAECHI_SEED: seed, HAECHI_API_FUZZ_REQUESTS: count }))
}

const seconds = process.argv[2] ?? '20'
if (!/^[1-9]\d{0,4}$/.test(seconds)) usage()
process.exit(await vitest(['packages/tsdb/test/fuzz.test.ts', 'packages/promql/test/any-text.test.ts'], { HAECHI_FUZZ_SECONDS: seconds }))
