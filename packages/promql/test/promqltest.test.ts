import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FUNCTIONS, memoryTestEngine, runTestScript } from '../src/index.ts'
import type { EvalOutcome } from '../src/index.ts'
import { sharedFolder } from './shared.ts'

const own = join(dirname(fileURLToPath(import.meta.url)), 'scripts')
const newer = join(dirname(fileURLToPath(import.meta.url)), 'scripts-newer')
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
    const outcomes = await runTestScript(readFileSync(join(own, name), 'utf8'), memoryTestEngine)
    expect(failures(outcomes)).toEqual([])
    expect(outcomes.filter(o => o.status === 'excluded')).toEqual([])
    expect(outcomes.length).toBeGreaterThan(0)
  })
})

describe('[S10] our own scripts about what is newer than 3.5.3', () => {
  test.each(scriptsIn(newer))('%s', async name => {
    const outcomes = await runTestScript(readFileSync(join(newer, name), 'utf8'), memoryTestEngine)
    expect(failures(outcomes)).toEqual([])
    expect(outcomes.filter(o => o.status === 'excluded')).toEqual([])
    expect(outcomes.length).toBeGreaterThan(0)
  })
})

describe('[S9] our own scripts leave nothing out', () => {
  const all = scriptsIn(own).map(name => readFileSync(join(own, name), 'utf8')).join('\n')
  /** Only in releases after 3.5.3, which could not confirm them, or not there yet. */
  const without = [
    'end', 'first_over_time', 'histogram_quantiles', 'info', 'max_of', 'min_of', 'range', 'start', 'start_timestamp', 'step', 'ts_of_first_over_time',
  ]
  test('functions', () => {
    expect([...FUNCTIONS.keys()].filter(name => !new RegExp(`\\b${name} ?\\(`).test(all.replace(/@ (?:start|end)\(\)/g, ''))).sort()).toEqual(without)
  })
  test.each(['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar', 'topk', 'bottomk', 'quantile', 'count_values', 'limitk', 'limit_ratio'])('aggregation %s', name => {
    expect(all).toMatch(new RegExp(`eval .*\\b${name} ?(?:\\(|by|without)`))
  })
  test.each([' + ', ' - ', ' * ', ' / ', ' % ', ' ^ ', ' atan2 ', ' == ', ' != ', ' > ', ' < ', ' >= ', ' <= ', ' == bool ', ' and ', ' or ', ' unless ', ' on ', ' ignoring ', 'group_left', 'group_right', ' by ', ' without '])('operator%s', op => {
    expect(all).toContain(op)
  })
  test.each([' offset ', ' offset -', ' @ ', '@ start()', '@ end()', ':]', ':1m]'])('modifier %s', modifier => expect(all).toContain(modifier))
})

const folder = shared === undefined ? undefined : join(shared, 'fixtures/promqltest')

describe("[S2] Prometheus' own scripts", () => {
  if (folder === undefined) {
    test.skip('reference scripts are not beside this clone: set HAECHI_SHARED')
    return
  }
  test.each(scriptsIn(folder))('%s', async name => {
    const outcomes = await runTestScript(readFileSync(join(folder, name), 'utf8'), memoryTestEngine)
    process.stdout.write(`promqltest ${name}: ${summary(outcomes)}\n`)
    expect(failures(outcomes)).toEqual([])
    expect(outcomes.filter(o => o.status === 'excluded')).toEqual([])
  })
})
