import type { ChangeLog, JsonAnswer } from '@haechi/storage'
import { describe, expect, test } from 'vitest'
import { KeptAnswers } from './kept-answers.ts'
import type { Question } from './protocol.ts'

class Journal implements ChangeLog {
  past = 0
  readonly commits: number[] = []
  version(): number { return this.past }
  mark(): number { return this.commits.length }
  oldestSince(mark: number): number { return Math.min(Infinity, ...this.commits.slice(mark)) }
}

const range = (expr: string, more: object = {}): Question => ({ method: 'rangeJson', query: { expr, startMs: 0, endMs: 60_000, stepMs: 1000, ...more } })
const values = (name: string, more: object = {}): Question => ({ method: 'labelValuesJson', name, query: { matchers: ['up'], startMs: 0, endMs: 60_000, ...more } })
const answer = (size = 10): JsonAnswer => ({ body: new Uint8Array(size) })

function ask(kept: KeptAnswers, question: Question, compute: () => JsonAnswer): JsonAnswer {
  const place = kept.placeOf(question)
  if (place === undefined) return compute()
  const found = kept.find(question, place)
  if (found !== undefined) return found
  const made = compute()
  kept.keep(place, made)
  return made
}

describe('[E23] kept bodies', () => {
  test('hold while samples come behind the end of the question', () => {
    const journal = new Journal()
    const kept = new KeptAnswers(100_000, journal)
    const { body } = ask(kept, range('up'), answer)
    journal.commits.push(60_001, 75_000)
    expect(ask(kept, range('up'), answer).body).toBe(body)
    journal.commits.push(60_000)
    expect(ask(kept, range('up'), answer).body).not.toBe(body)
  })

  test('are void when the past changes', () => {
    const journal = new Journal()
    const kept = new KeptAnswers(100_000, journal)
    const { body } = ask(kept, values('job'), answer)
    expect(ask(kept, values('job'), answer).body).toBe(body)
    journal.past++
    expect(ask(kept, values('job'), answer).body).not.toBe(body)
  })

  test('hold from before the storage was read, not from when the answer came', () => {
    const journal = new Journal()
    const kept = new KeptAnswers(100_000, journal)
    const { body } = ask(kept, range('up'), () => {
      journal.commits.push(30_000)
      return answer()
    })
    expect(ask(kept, range('up'), answer).body).not.toBe(body)
  })

  test('are for the same question alone', () => {
    const kept = new KeptAnswers(100_000, new Journal())
    const questions = [
      range('up'), range('down'), range('up', { startMs: 1 }), range('up', { endMs: 59_000 }), range('up', { stepMs: 2000 }), range('up', { limit: 1 }), range('up', { lookbackMs: 1 }),
      { method: 'instantJson', query: { expr: 'up', tMs: 60_000 } } as const,
      values('job'), values('instance'), values('job', { limit: 1 }), values('job', { matchers: [] }), { method: 'labelNamesJson', query: { matchers: ['up'], startMs: 0, endMs: 60_000 } } as const,
      { method: 'seriesJson', query: { matchers: ['up'], startMs: 0, endMs: 60_000 } } as const,
    ]
    const bodies = questions.map(q => ask(kept, q, answer).body)
    expect(new Set(bodies).size).toBe(questions.length)
    questions.forEach((q, i) => expect(ask(kept, q, answer).body).toBe(bodies[i]))
  })

  test.each([
    range('up @ 90'), range('up offset -5m'), range('up offset\n- 5m'), range('up OFFSET (5m)'), range('rate(up[5m] smoothed)'), range('up', { fresh: true }), range('up', { stats: 'all' }),
    { method: 'range', query: { expr: 'up', startMs: 0, endMs: 1, stepMs: 1 } }, values('job', { fresh: true }),
  ] as Question[])('are not made of %o', question => {
    expect(new KeptAnswers(100_000, new Journal()).placeOf(question)).toBeUndefined()
  })

  test.each(['up offset 5m', 'up OFFSET  5m', 'up offset\n5m'])('are made of %s', expr => {
    expect(new KeptAnswers(100_000, new Journal()).placeOf(range(expr))).toBeDefined()
  })

  test('stay within their memory, the latest used longest', () => {
    const kept = new KeptAnswers(10_000, new Journal())
    const first = ask(kept, range('a'), () => answer(1500)).body
    for (const expr of ['b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      ask(kept, range(expr), () => answer(1500))
      expect(ask(kept, range('a'), answer).body).toBe(first)
      expect(kept.sizeBytes).toBeLessThanOrEqual(10_000)
    }
    expect(ask(kept, range('b'), () => answer(5)).body).toHaveLength(5)
    ask(kept, range('large'), () => answer(5000))
    expect(ask(kept, range('large'), () => answer(6)).body).toHaveLength(6)
  })
})
