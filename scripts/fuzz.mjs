// node scripts/fuzz.mjs [SECONDS]: gives every decoder of stored and received bytes (remote write too) damaged inputs, 20 seconds each unless told otherwise.
// HAECHI_FUZZ_SEED=n has the same inputs again.

import { join } from 'node:path'
import { root, run } from './lib.mjs'

const seconds = process.argv[2] ?? '20'
if (!/^[1-9]\d{0,4}$/.test(seconds)) {
  console.error('usage: node scripts/fuzz.mjs [SECONDS]')
  process.exit(2)
}
process.exit(await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'packages/tsdb/test/fuzz.test.ts'], { env: { ...process.env, HAECHI_FUZZ_SECONDS: seconds } }))
