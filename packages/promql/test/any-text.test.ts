import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { labelsFromObject } from '@haechi/model'
import { MemoryStorage, QueryError } from '@haechi/storage'
import { FUNCTIONS, LocalQueryEngine, PromqlParseError, parseExpr, prettifyExpr } from '../src/index.ts'

const SECONDS = Number(process.env['HAECHI_FUZZ_SECONDS'] ?? '1')
const SEED = Number(process.env['HAECHI_FUZZ_SEED'] ?? '1')
const RUN = { numRuns: SECONDS > 1 ? 1_000_000 : 400, interruptAfterTimeLimit: SECONDS * 1000, seed: SEED } as const

/** Words of the language in any order, with any text between them. */
const word = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'h', 'sum', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'offset', '@', 'start()', 'end()', 'bool', 'and', 'or', 'unless', 'fill', 'anchored', 'smoothed', 'topk', 'quantile', 'count_values', ...FUNCTIONS.keys()) },
  { weight: 8, arbitrary: fc.constantFrom('(', ')', '{', '}', '[', ']', ',', ':', '=', '=~', '!~', '!=', '==', '>=', '</', '>/', '+', '-', '*', '/', '%', '^', '"', '\'', '`', '\\', '#', '\n', ' ') },
  { weight: 4, arbitrary: fc.constantFrom('1', '0x', '1e999', '-Inf', 'NaN', '5m', '[5m]', '[5m:1m]', '[1y:1ms]', '{a=~"(x+x+)+y"}', '"\\xff"', '9999999999999999999', '1_', '0b2', '{"값"}', 'le="x"') },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
)
const anyText = fc.oneof(fc.array(word, { maxLength: 30 }).map(parts => parts.join(' ')), fc.array(word, { maxLength: 12 }).map(parts => parts.join('')), fc.string({ unit: 'binary', maxLength: 60 }))

describe('[L11] any text', () => {
  test('gives a tree that prints, or an error with its place', () => {
    fc.assert(fc.property(anyText, text => {
      try {
        prettifyExpr(parseExpr(text, { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true }))
      } catch (err) {
        if (!(err instanceof PromqlParseError)) throw err
        expect(err.message).toMatch(/^(?:\d+:\d+: parse error: |unknown position: parse error: |\d+:\d+: )/)
      }
    }), RUN)
  }, 60_000 + SECONDS * 2000)

  test('as a query is answered or refused, never anything else', async () => {
    const storage = new MemoryStorage()
    const engine = new LocalQueryEngine(storage, { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true, maxSamples: 20_000, timeoutMs: 5000 })
    ;[1, 2, NaN, Infinity, -Infinity, 5].forEach((v, i) => {
      storage.add(labelsFromObject({ __name__: 'a', x: '1' }), i * 60_000, v)
      storage.add(labelsFromObject({ __name__: 'a', x: '2' }), i * 60_000, i)
    })
    await fc.assert(fc.asyncProperty(anyText, fc.boolean(), async (text, range) => {
      try {
        await (range ? engine.range({ expr: text, startMs: 0, endMs: 360_000, stepMs: 60_000 }) : engine.instant({ expr: text, tMs: 300_000 }))
      } catch (err) {
        if (!(err instanceof QueryError)) throw err
        expect(err.message).not.toMatch(/BUG|undefined|is not a function/)
      }
    }), RUN)
  }, 60_000 + SECONDS * 2000)

  test('chains of 1,190 operands are computed, longer ones refused with the place', async () => {
    const storage = new MemoryStorage()
    storage.add(labelsFromObject({ __name__: 'a' }), 0, 1)
    const engine = new LocalQueryEngine(storage)
    const { value } = await engine.instant({ expr: `${'a + '.repeat(1190)}a`, tMs: 0 })
    expect(value).toMatchObject({ type: 'vector' })
    await expect(engine.instant({ expr: `${'a + '.repeat(1990)}a`, tMs: 0 })).rejects.toThrow(/^1:\d+: parse error: expression is nested more than 1200 levels deep/)
  }, 60_000)

  test('long and deep texts take time in proportion to their length', () => {
    for (const text of ['('.repeat(50_000), '-'.repeat(50_000) + '1', `${'a + '.repeat(20_000)}a`, `${'sum('.repeat(5_000)}a${')'.repeat(5_000)}`, `a{${'x="1",'.repeat(20_000)}}`, '"'.padEnd(200_000, '\\'), '1 ^ '.repeat(20_000) + '1']) {
      try {
        parseExpr(text)
      } catch (err) {
        expect(err, text.slice(0, 20)).toBeInstanceOf(PromqlParseError)
      }
    }
  }, 60_000)
})
