import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BOARD_END_MS, referencePath } from '@haechi/testkit'
import { boardModels } from './board-models.ts'
import type { PanelModelText } from './board-models.ts'

// `UPDATE_BOARDS=1` writes what is found instead of comparing it; read the difference before it is committed.
const MUST_WRITE = process.env['UPDATE_BOARDS'] === '1'
const OTHERS = referencePath('fixtures/dashboards')
if (OTHERS === undefined) console.info('skipped: fixtures/dashboards is not on this machine')

function boardsIn(folder: string | undefined): string[] {
  return folder === undefined ? [] : readdirSync(folder).filter(n => /\.json(\.gz)?$/.test(n)).sort()
}

async function modelsOf(folder: string, name: string): Promise<{ readonly panels: readonly PanelModelText[]; readonly text: string }> {
  const bytes = readFileSync(join(folder, name))
  return await boardModels(JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()))
}

function expectGolden(folder: string, name: string, text: string): void {
  const file = join(import.meta.dirname, folder, `${name.replace(/\.json(\.gz)?$/, '')}.txt`)
  if (MUST_WRITE) {
    mkdirSync(join(import.meta.dirname, folder), { recursive: true })
    writeFileSync(file, text)
  }
  expect(existsSync(file), `${file} is missing; UPDATE_BOARDS=1 writes it`).toBe(true)
  expect(text).toBe(readFileSync(file, 'utf8'))
}

// Times are written in the zone of the browser.
process.env['TZ'] = 'UTC'

/** Texts such as "3 hours ago" hang on the clock. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: BOARD_END_MS }))
afterEach(() => void vi.useRealTimers())

describe('P15 own boards: every panel, variable and transformation, old schemas', () => {
  const own = join(import.meta.dirname, 'own-boards')

  test.each(boardsIn(own))('[P15] %s is drawn as it was', async name => {
    const { panels, text } = await modelsOf(own, name)
    expectGolden('own-boards', name, text)
    expect(panels.filter(p => p.outcome === 'error' || p.outcome === 'empty').map(p => `${p.title}: ${p.why}`)).toEqual([])
  })
})

describe.skipIf(OTHERS === undefined)('P15 boards that others made', () => {
  const all: (PanelModelText & { readonly board: string })[] = []

  test.each(boardsIn(OTHERS))('[P15] %s is drawn as it was', async name => {
    const { panels, text } = await modelsOf(OTHERS!, name)
    all.push(...panels.map(p => ({ ...p, board: name })))
    expectGolden('golden-boards', name, text)
  }, 60_000)

  test('[P15] of all panels with data made for their own queries 98 % are drawn, of those of supported types all without an error', () => {
    const count = (outcome: string): number => all.filter(p => p.outcome === outcome).length
    const bad = all.filter(p => p.outcome !== 'drawn' && p.outcome !== 'words').map(p => `${p.board}: ${p.outcome}: ${p.title} (${p.type}): ${p.why}`)
    const shown = count('drawn') + count('words')
    console.info(`${all.length} panels: ${shown} shown (${(shown / all.length * 100).toFixed(2)} %), ${count('placeholder')} placeholders, ${count('empty')} empty, ${count('error')} errors\n${bad.join('\n')}`)
    expect(new Set(all.map(p => p.board)).size).toBe(59)
    expect(count('error'), bad.join('\n')).toBe(0)
    // One board asks for one view, and for those of its views that are and that are not of the administration.
    expect(count('empty'), bad.join('\n')).toBeLessThanOrEqual(1)
    expect(shown / all.length).toBeGreaterThanOrEqual(0.98)
  })
})
