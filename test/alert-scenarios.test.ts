import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { replayed } from './alert-scenarios/replay.ts'
import { recorded } from './alert-scenarios/live.ts'
import { scenarioOf } from './alert-scenarios/scenario.ts'
import type { Recording, Told } from './alert-scenarios/scenario.ts'
import { NO_PEERS } from './support/peers.ts'

const FILE = join(import.meta.dirname, 'alert-scenarios/recorded.json')
const LIVE = process.env['HAECHI_SCENARIOS']
const recording = JSON.parse(readFileSync(FILE, 'utf8')) as Recording
if (LIVE === undefined) process.stderr.write('test/alert-scenarios.test.ts: compared with what was recorded; node scripts/scenarios.mjs asks the real servers\n')

function byScenario(list: readonly Told[]): Map<string, Told[]> {
  const out = new Map<string, Told[]>()
  for (const t of list) out.set(scenarioOf(t), [...(out.get(scenarioOf(t)) ?? []), t])
  return out
}

describe(`the same rules and series as Prometheus ${recording.prometheus} and Alertmanager ${recording.alertmanager}`, () => {
  const expected = byScenario(recording.told)
  const replay = replayed(recording.restartedStep).then(byScenario)

  test('[A95] no scenario is missing', async () => {
    expect(expected.size).toBeGreaterThanOrEqual(20)
    expect([...(await replay).keys()].sort()).toEqual([...expected.keys()].sort())
  })
  test.each([...expected.keys()])('[A95] %s: the same messages at the same steps', async name => {
    expect((await replay).get(name)).toEqual(expected.get(name))
  })
})

describe.skipIf(LIVE === undefined || NO_PEERS !== undefined)('the real servers', () => {
  test('[A95] say what was recorded', async () => {
    const now = await recorded()
    if (LIVE === 'write') writeFileSync(FILE, `${JSON.stringify(now, undefined, 1)}\n`)
    else expect(byScenario(await replayed(now.restartedStep))).toEqual(byScenario(now.told))
  }, 120_000)
})
