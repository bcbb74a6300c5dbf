import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { compilePattern, compileRelabel, labelsFromObject, relabel } from '@haechi/model'
import { LocalQueryEngine, parseExpr } from '@haechi/promql'
import { MemoryStorage } from '@haechi/testkit'

const RECORDED = JSON.parse(readFileSync(new URL('golden/regexes.json', import.meta.url), 'utf8')) as readonly (readonly [regex: string, error: string | null])[]

test('[RE1] what RE2 takes is taken and what it refuses is refused, in the words of Prometheus 3.14', () => {
  const ours = RECORDED.map(([regex]) => {
    try {
      parseExpr(`{x=~${JSON.stringify(regex)},y="1"}`)
      return [regex, null]
    } catch (err) {
      return [regex, `invalid parameter "query": ${(err as Error).message}`]
    }
  })
  expect(ours).toEqual(RECORDED)
})

/** Expressions on which matchers that try again take time that grows with a power of the text's length, or twofold with each character. */
const EVIL = ['(a+)+b', '(a*)*b', '(a|aa)+b', '(a|a)*b', '(a+a+)+b', '(.*)*b', '([a-z]+)*[0-9]', '(?:.+.+)+=x', '.*.*.*=.*', 'a.*a.*a.*a.*b', '.*(?:a|b).*(?:a|c).*d', '(a?){20}a{20}b', '(.+)+,(.+)+;']
const SHORT = 2000
const LONG = 32_000

/** The least time of a few attempts: what the machine does besides only adds. */
function least(work: () => void): number {
  let best = Infinity
  for (let i = 0; i < 3; i++) {
    const from = performance.now()
    work()
    best = Math.min(best, performance.now() - from)
  }
  return best
}

/**
 * For a text 16 times as long a matcher that tries again takes 250 times as long or never ends; 150 tells the two apart on any machine. What is shorter than some milliseconds counts as that: clocks say little then.
 */
function isLinear(work: (text: string) => void): void {
  const short = least(() => work('a'.repeat(SHORT)))
  expect(least(() => work('a'.repeat(LONG)))).toBeLessThan(150 * Math.max(5, short))
}

describe('[RE2] the time that an expression takes grows with the text\'s length, not faster', () => {
  test.each(EVIL)('%s as a matcher', source => isLinear(text => expect(compilePattern(source).matches(text)).toBe(false)))

  test.each(EVIL)('%s in relabeling', source => {
    const rule = compileRelabel({ source_labels: ['v'], regex: source, target_label: 'out' })
    isLinear(text => expect(relabel(labelsFromObject({ v: text }), [rule])).toEqual(['v', text]))
  })

  test.each(EVIL)('%s in label_replace and in a selector', async source => {
    const storage = new MemoryStorage()
    storage.add(labelsFromObject({ __name__: 'm', v: 'a'.repeat(LONG) }), 0, 1)
    const engine = new LocalQueryEngine(storage)
    for (const [expr, found] of [[`count(label_replace(m, "out", "$1", "v", ${JSON.stringify(source)}) unless on (out) m) or vector(0)`, '0'], [`count(m{v=~${JSON.stringify(source)}}) or vector(0)`, '0']] as const) {
      const { body } = await engine.instantJson({ expr, tMs: 0 })
      expect((JSON.parse(new TextDecoder().decode(body)) as { data: { result: { value: [number, string] }[] } }).data.result[0]!.value[1]).toBe(found)
    }
  })
})
