// npm test: installs, builds, checks, runs every test, and ends with the line `N passed, N failed, N skipped`.

import { join } from 'node:path'
import { build } from './build.mjs'
import { check } from './check.mjs'
import { root, run } from './lib.mjs'

await build()
const failedChecks = await check()
const code = await run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=./scripts/closing-line-reporter.mjs', ...process.argv.slice(2)], {
  env: { ...process.env, HAECHI_FAILED_CHECKS: failedChecks.join(', '), HAECHI_CHECKS: '5' },
})
process.exit(code !== 0 || failedChecks.length > 0 ? 1 : 0)
