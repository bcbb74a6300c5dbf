import { parseExpr } from '@haechi/promql'
import { describe, expect, test } from 'vitest'
import { enSystem } from '../../i18n/en-system.ts'
import { koSystem } from '../../i18n/ko-system.ts'
import { labelExpr, metricExpr, pairExpr, pressureOf } from './costs.ts'

const LIMITS = { series: 100, memoryBytes: 10, memoryLimitBytes: 100, refused: 0, refusedForMemory: 0 }

describe('[Y2] limits', () => {
  test.each([
    ['far', LIMITS, 50, 'ok'], ['near', LIMITS, 85, 'warning'], ['by memory', { ...LIMITS, memoryBytes: 90 }, 1, 'warning'], ['reached', { ...LIMITS, refused: 3 }, 100, 'critical'],
    ['once reached', { ...LIMITS, refused: 3 }, 20, 'warning'], ['none', { ...LIMITS, series: null, memoryLimitBytes: null }, 1e6, 'ok'],
  ] as const)('[Y2] %s', (_, limits, series, want) => expect(pressureOf(limits, series).health).toBe(want))
  test.each(['job', 'a.b', 'with "quotes"', '라벨'])('[Y2] the queries about %s are PromQL', name => {
    for (const expr of [metricExpr(name), labelExpr(name), pairExpr(name, 'v "1"\n')]) expect(parseExpr(expr)).toBeDefined()
  })
})

test('[L1] Data, Status and Settings say the same in both languages', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(m => m[1]!).sort()
  for (const [key, text] of Object.entries(enSystem)) expect({ key, holes: holes(koSystem[key as keyof typeof enSystem]) }).toEqual({ key, holes: holes(text) })
})
