import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runTestScript } from '@haechi/promql'
import type { EvalOutcome } from '@haechi/promql'
import { localTestEngine } from './local-test-engine.ts'
import { sharedFolder } from './shared.ts'

const own = join(dirname(fileURLToPath(import.meta.url)), 'scripts')
const shared = sharedFolder()

function scriptsIn(folder: string): string[] {
  return readdirSync(folder).filter(name => name.endsWith('.test')).sort()
}

function failures(outcomes: readonly EvalOutcome[]): string[] {
  return outcomes.filter(o => o.status === 'failed').map(o => `line ${o.line}: ${o.expr}: ${o.reason}`)
}

/** `passed 10, failed 0, excluded 3 (native histograms 2, start timestamps 1)` */
function summary(outcomes: readonly EvalOutcome[]): string {
  const count = (status: EvalOutcome['status']): number => outcomes.filter(o => o.status === status).length
  const reasons = new Map<string, number>()
  for (const o of outcomes) if (o.status === 'excluded') reasons.set(o.reason!, (reasons.get(o.reason!) ?? 0) + 1)
  const why = [...reasons].map(([reason, n]) => `${reason} ${n}`).join(', ')
  return `passed ${count('passed')}, failed ${count('failed')}, excluded ${count('excluded')}${why === '' ? '' : ` (${why})`}`
}

describe('[S1] our own scripts, whose expectations the real Prometheus confirmed', () => {
  test.each(scriptsIn(own))('%s', async name => {
    const outcomes = await runTestScript(readFileSync(join(own, name), 'utf8'), localTestEngine)
    expect(failures(outcomes)).toEqual([])
    expect(outcomes.filter(o => o.status === 'excluded')).toEqual([])
    expect(outcomes.length).toBeGreaterThan(0)
  })
})

const folder = shared === undefined ? undefined : join(shared, 'fixtures/promqltest')

describe("[S2] Prometheus' own scripts", () => {
  if (folder === undefined) {
    test.skip('reference scripts are not beside this clone: set HAECHI_SHARED')
    return
  }
  // Statements whose expectation is not reached, by script and line, each with its reason.
  test.each(scriptsIn(folder))('%s', async name => {
    const outcomes = await runTestScript(readFileSync(join(folder, name), 'utf8'), localTestEngine)
    process.stdout.write(`promqltest ${name}: ${summary(outcomes)}\n`)
    expect(failures(outcomes)).toEqual([])
  })
})
