// Alerting scenarios through a real Prometheus and a real Alertmanager and through Haechi: do they tell the same at the same evaluations? A minute.
//
//   PEERS_DIR=/folder node scripts/scenarios.mjs            compares
//   PEERS_DIR=/folder node scripts/scenarios.mjs --record   writes test/alert-scenarios/recorded.json anew

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

if (process.env.PEERS_DIR === undefined) {
  console.error('scenarios: PEERS_DIR names no folder with the real Prometheus and Alertmanager')
  process.exit(2)
}
const root = fileURLToPath(new URL('..', import.meta.url))
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const record = process.argv.includes('--record')
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/alert-scenarios.test.ts', ...(record ? ['-t', 'say what was recorded'] : [])], {
  cwd: root, stdio: 'inherit', env: { ...process.env, HAECHI_SCENARIOS: record ? 'write' : 'compare' },
})
process.exit(status ?? 1)
