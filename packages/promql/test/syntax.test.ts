import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { parseExpr, printExpr } from '@haechi/promql/syntax'

test('[L15] @haechi/promql/syntax reads and prints', () => {
  expect(printExpr(parseExpr('sum(rate(up[5m]))by(job)'))).toBe('sum by (job) (rate(up[5m]))')
})

test('[L15] @haechi/promql/syntax needs nothing of Node.js', async () => {
  const bundle = await rolldown({ input: join(import.meta.dirname, '../src/syntax.ts'), platform: 'browser', external: [/^node:/], resolve: { conditionNames: ['haechi:source'] } })
  const { output: [chunk] } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  expect([...chunk.imports, ...chunk.dynamicImports]).toEqual([])
  expect(chunk.code).not.toMatch(/\b(?:Buffer|process)\b/)
  // The engine stays out.
  expect(chunk.moduleIds.filter(id => /[/\\]engine[/\\]/.test(id)).map(id => id.split(/[/\\]/).at(-1))).toEqual([])
})
