// node scripts/crash.mjs [ROUNDS]: kills Haechi with -9 at random moments, fifty times unless told otherwise, and compares what is left.
// Before that, the storage alone: what is left after each single operation on files, done wholly, half, or lost with the power; and alerting alone: rules and messages killed at every step.
// HAECHI_CRASH_SEED=n has the same moments again. With PEERS_DIR a real Prometheus and promtool judge the directory at the end.

import { join } from 'node:path'
import { build } from './build.mjs'
import { root, run } from './lib.mjs'

const rounds = process.argv[2] ?? '50'
if (!/^[1-9]\d{0,3}$/.test(rounds)) {
  console.error('usage: node scripts/crash.mjs [ROUNDS]')
  process.exit(2)
}
await build()
const points = await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'packages/tsdb/test/crash-points.test.ts'], { env: { ...process.env, HAECHI_CRASH_POINTS: '1' } })
if (points !== 0) process.exit(points)
const steps = await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'packages/alerting/src/crash.test.ts', 'packages/alerting/src/rules-crash.test.ts'], { env: { ...process.env, HAECHI_CRASH_ALL: '1' } })
if (steps !== 0) process.exit(steps)
process.exit(await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/crash.test.ts', '--exclude', 'packages/**'], { env: { ...process.env, HAECHI_CRASH_ROUNDS: rounds } }))
