// node scripts/fuzz.mjs [SECONDS]: gives every decoder of stored and received bytes (remote write too) damaged inputs, 20 seconds each unless told otherwise, and the query language any text.
// HAECHI_FUZZ_SEED=n has the same inputs again.
//
// node scripts/fuzz.mjs promql [QUERIES] [SEED]: asks Haechi (built) and a real Prometheus random queries over the same random samples, 10,000 unless told otherwise in slices of 2,000 with seeds SEED, SEED+1, …,
// and ends with 1 at the first difference. The real one is that of PEERS_DIR, or what HAECHI_FUZZ_REFERENCE starts: a command in which {port}, {datadir} and {features} are filled in.

import { join } from 'node:path'
import { root, run } from './lib.mjs'

const SLICE = 2000
const vitest = (files, env) => run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...files], { env: { ...process.env, ...env } })

function usage() {
  console.error('usage: node scripts/fuzz.mjs [SECONDS] | promql [QUERIES] [SEED]')
  process.exit(2)
}

if (process.argv[2] === 'promql') {
  const [count = '10000', first = String(Math.floor(Date.now() / 1000) % 1_000_000)] = process.argv.slice(3)
  if (!/^[1-9]\d{0,6}$/.test(count) || !/^\d{1,9}$/.test(first)) usage()
  if (process.env.PEERS_DIR === undefined && process.env.HAECHI_FUZZ_REFERENCE === undefined) {
    console.error('fuzz promql: PEERS_DIR names no folder with a real Prometheus, and HAECHI_FUZZ_REFERENCE no command that starts one.')
    process.exit(2)
  }
  let code = 0
  for (let left = Number(count), seed = Number(first); left > 0 && code === 0; left -= SLICE, seed++) {
    code = await vitest(['test/promql-fuzz.test.ts'], { HAECHI_SEED: String(seed), HAECHI_FUZZ_QUERIES: String(Math.min(SLICE, left)) })
  }
  process.exit(code)
}

const seconds = process.argv[2] ?? '20'
if (!/^[1-9]\d{0,4}$/.test(seconds)) usage()
process.exit(await vitest(['packages/tsdb/test/fuzz.test.ts', 'packages/promql/test/any-text.test.ts'], { HAECHI_FUZZ_SECONDS: seconds }))
