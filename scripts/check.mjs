// npm run check: types, lint, layers, rules of the tests. Exit code 0 when all are clean.

import { join } from 'node:path'
import { install, root, run } from './lib.mjs'
import { layerViolations } from './layers.mjs'
import { specFaults } from './spec.mjs'

/** @returns the names of the checks that failed */
export async function check() {
  install()
  const failed = []
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  if ((await run(process.execPath, [tsc, '-p', 'tsconfig.json'])) !== 0) failed.push('types')
  if ((await run(process.execPath, [tsc, '-p', 'packages/web/tsconfig.json'])) !== 0) failed.push('types of web')
  if ((await run(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--quiet', 'packages', 'scripts', 'examples', 'test'])) !== 0) failed.push('lint')
  const wrong = layerViolations()
  for (const line of wrong) console.error(line)
  if (wrong.length > 0) failed.push('layers')
  const { faults } = specFaults()
  for (const line of faults) console.error(line)
  if (faults.length > 0) failed.push('rules of tests')
  console.log(failed.length === 0 ? 'check: types, lint, layers and the rules of tests are clean' : `check: failed: ${failed.join(', ')}`)
  return failed
}

if (process.argv[1] === new URL(import.meta.url).pathname) process.exit((await check()).length === 0 ? 0 : 1)
