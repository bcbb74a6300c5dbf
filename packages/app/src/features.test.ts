import { describe, expect, test } from 'vitest'
import { readFeatures } from './features.ts'

describe('names of --enable-feature', () => {
  test('those that do something', () => {
    const { engine, language, notes } = readFeatures(['promql-experimental-functions', 'promql-per-step-stats', 'promql-binop-fill-modifiers', 'promql-extended-range-selectors', 'promql-delayed-name-removal', 'use-start-timestamps'])
    expect(engine).toEqual({ experimentalFunctions: true, perStepStats: true, fillModifiers: true, extendedRangeSelectors: true, delayedNameRemoval: true, startTimestamps: true })
    expect(language).toEqual({ experimentalFunctions: true, fillModifiers: true, extendedRangeSelectors: true })
    expect(notes.map(n => n.level)).toEqual(['info', 'info', 'info', 'info', 'info', 'info'])
    expect(notes[0]!.text).toBe('Experimental PromQL functions enabled.')
  })
  test('st-storage stores start times and says who reads them', () => {
    const { startTimes, notes } = readFeatures(['st-storage'])
    expect(startTimes).toBe(true)
    expect(notes).toEqual([{ level: 'info', option: 'st-storage', text: expect.stringContaining('only be read by Prometheus 3.14') }])
    expect(readFeatures([]).startTimes).toBe(false)
  })
  test.each([
    ['promql-duration-expr', 'This option for --enable-feature is now permanently enabled and therefore a no-op.'],
    ['exemplar-storage', 'This option for --enable-feature is one of Prometheus that Haechi does not have; it changes nothing.'],
    ['constructor', 'Unknown option for --enable-feature'],
    ['', 'Unknown option for --enable-feature'],
  ])('%j only warns', (option, text) => {
    const { engine, notes } = readFeatures([option])
    expect(engine).toEqual({})
    expect(notes).toEqual([{ level: 'warn', option, text }])
  })
})
