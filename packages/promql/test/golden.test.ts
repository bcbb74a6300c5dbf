import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parser as lezer } from '@prometheus-io/lezer-promql'
import { describe, expect, test } from 'vitest'
import { PromqlParseError, exprToJson, parseExpr, prettifyExpr } from '../src/index.ts'
import type { Json } from '../src/index.ts'
import { sharedFolder } from './shared.ts'

interface GoldenAnswer {
  readonly query: string
  readonly error?: string
  readonly tree?: Json
  readonly pretty?: string
}

const golden = (name: string): string => readFileSync(join(import.meta.dirname, 'golden', name), 'utf8')
const { answers } = JSON.parse(golden('answers.json')) as { answers: readonly GoldenAnswer[] }

/** Our answer in the form of the recorded ones: of a server with the flags of the language. */
function answer(query: string): GoldenAnswer {
  try {
    const e = parseExpr(query, { experimentalFunctions: true, extendedRangeSelectors: true, fillModifiers: true })
    return { query, tree: exprToJson(e), pretty: prettifyExpr(e) }
  } catch (err) {
    if (err instanceof PromqlParseError) return { query, error: `invalid parameter "query": ${err.message}` }
    throw err
  }
}

describe('[L1] trees, pretty texts and errors are those of Prometheus', () => {
  test.each(answers)('$query', golden => expect(answer(golden.query)).toEqual(golden))
})

describe("[L2] every expression of Prometheus' own scripts", () => {
  const shared = sharedFolder()
  if (shared === undefined) {
    test.skip('the scripts are not beside this clone: set HAECHI_SHARED')
    return
  }
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)
  const { digests } = JSON.parse(golden('script-digests.json')) as { digests: Readonly<Record<string, string>> }
  const EVAL = /^\s*eval\S*\s+(?:instant\s+(?:at\s+\S+\s+)?|range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+\s+)(.*)$/gm

  test('answers are those of 3.14', () => {
    const folder = join(shared, 'fixtures/promqltest')
    const expressions = new Set(readdirSync(folder).filter(f => f.endsWith('.test')).flatMap(f => [...readFileSync(join(folder, f), 'utf8').matchAll(EVAL)].map(m => m[1]!)))
    let known = 0
    const different: string[] = []
    for (const query of expressions) {
      const recorded = digests[digest(query)]
      if (recorded === undefined) continue
      known++
      const ours = answer(query)
      if (digest(JSON.stringify(ours.error ?? [ours.tree, ours.pretty])) !== recorded) different.push(query)
    }
    expect(known).toBeGreaterThan(expressions.size - 10)
    expect(different).toEqual([])
  })
})

describe("[L3] Prometheus' grammar for editors agrees", () => {
  test('it accepts every query that we accept, but for these', () => {
    const accepts = (query: string): boolean => {
      let ok = true
      lezer.parse(query).iterate({ enter: node => { if (node.type.isError) ok = false } })
      return ok
    }
    const refused = answers.map(a => a.query).filter(query => answer(query).error === undefined && !accepts(query))
    expect(refused).toEqual(['5.', '0X1f', '0x_1F', 'offset', 'offset offset 5m', 'sum by (a:b) (up)', 'up==offset -5m + 1', 'max_of(1, 2)'])
  })
})
