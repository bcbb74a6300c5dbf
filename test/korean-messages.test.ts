import { readFileSync, readdirSync } from 'node:fs'
import { parseAst } from 'rolldown/parseAst'
import { describe, expect, it } from 'vitest'
import { inKorean } from '@haechi/model/korean'
import { expectedMessages } from './support/messages-of-source.ts'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

describe('[K2] every message that people are shown exists in Korean', { timeout: 120_000 }, () => {
  it('[K2] messages of the sources', () => {
    const files = readdirSync(new URL('packages/', root)).flatMap(name => readdirSync(new URL(`packages/${name}/src/`, root), { recursive: true, encoding: 'utf8' }).map(f => `packages/${name}/src/${f}`)).filter(f => f.endsWith('.ts') && !f.endsWith('.test.ts'))
    const missing: string[] = []
    let seen = 0
    for (const file of files) {
      for (const message of expectedMessages(file, parseAst(read(file), { lang: 'ts' }, file))) {
        seen++
        if (inKorean(message) === message) missing.push(`${file}: ${message}`)
      }
    }
    expect(missing).toEqual([])
    expect(seen).toBeGreaterThan(500)
  })

  it('[K2] what the real parser says about 882 expressions', () => {
    const texts = new Set([...read('packages/promql/test/golden/answers.json').matchAll(/"error":\s*("(?:[^"\\]|\\.)*")/g)].map(m => (JSON.parse(m[1]!) as string).replace(/^invalid parameter "query": (?:\d+:\d+: parse error: )?/, '')))
    expect(texts.size).toBeGreaterThan(100)
    expect([...texts].filter(text => inKorean(text) === text)).toEqual([])
  })
})
