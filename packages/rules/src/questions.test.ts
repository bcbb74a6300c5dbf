import type { BatchAnswer, InstantBatch, InstantQuery, QueryEngine } from '@haechi/storage'
import { QueryError } from '@haechi/storage'
import { settled } from '@haechi/testkit'
import { describe, expect, test } from 'vitest'
import { RuleQuestions } from './questions.ts'

interface Message { readonly exprs: readonly string[]; readonly tMs: number; readonly signal: AbortSignal | undefined; readonly answer: () => void; readonly fail: (err: Error) => void }

/** An engine that answers when told to; every expression with itself as a number. */
function engine(): { readonly messages: Message[]; readonly engine: QueryEngine } {
  const messages: Message[] = []
  const value = (expr: string): BatchAnswer => ({ value: { type: 'scalar', tMs: 0, value: Number(expr) }, ms: 1 })
  const instantBatch = (q: InstantBatch): Promise<readonly BatchAnswer[]> => new Promise((resolve, reject) => {
    messages.push({ exprs: q.exprs, tMs: q.tMs, signal: q.signal, answer: () => resolve(q.exprs.map(value)), fail: reject })
  })
  const instant = async (q: InstantQuery): Promise<unknown> => {
    const [a] = await instantBatch({ ...q, exprs: [q.expr] })
    return { value: (a as { value: unknown }).value, warnings: [], infos: [] }
  }
  return { messages, engine: { instant, instantBatch } as unknown as QueryEngine }
}
const numbers = (answers: readonly BatchAnswer[]): unknown[] => answers.map(a => ('value' in a && a.value.type === 'scalar' ? a.value.value : a))

describe('[R15] questions of all groups', () => {
  test('those of one moment go in one message, each group gets its own answers', async () => {
    const { messages, engine: e } = engine()
    const questions = new RuleQuestions(e)
    const a = questions.ask({ exprs: ['1', '2'], tMs: 5, expectedMs: 2, group: {} })
    const b = questions.ask({ exprs: ['3'], tMs: 5, expectedMs: 1, group: {} })
    const other = questions.ask({ exprs: ['4'], tMs: 6, expectedMs: 1, group: {} })
    await settled()
    expect(messages.map(m => [m.tMs, ...m.exprs])).toEqual([[5, '1', '2', '3'], [6, '4']])
    for (const m of messages) m.answer()
    expect([numbers(await a), numbers(await b), numbers(await other)]).toEqual([[1, 2], [3], [4]])
  })
  test('what took long before, or is too much, gets a message of its own', async () => {
    const { messages, engine: e } = engine()
    const questions = new RuleQuestions(e)
    for (const expectedMs of [30, 30, 500]) void questions.ask({ exprs: ['1'], tMs: 5, expectedMs, group: {} })
    void questions.ask({ exprs: Array.from({ length: 128 }, () => '2'), tMs: 5, expectedMs: 1, group: {} })
    await settled()
    expect(messages.map(m => m.exprs.length)).toEqual([1, 1, 1, 128])
  })
  test('no more at once than may run at once; those that wait grow together', async () => {
    const { messages, engine: e } = engine()
    const questions = new RuleQuestions(e, 1)
    const first = questions.ask({ exprs: ['1'], tMs: 5, expectedMs: 1, group: {} })
    await settled()
    const waiting = ['2', '3'].map(x => questions.ask({ exprs: [x], tMs: 6, expectedMs: 1, group: {} }))
    await settled()
    expect(messages.length).toBe(1)
    messages[0]!.answer()
    expect(numbers(await first)).toEqual([1])
    await settled()
    expect(messages.map(m => m.exprs)).toEqual([['1'], ['2', '3']])
    messages[1]!.answer()
    expect((await Promise.all(waiting)).map(numbers)).toEqual([[2], [3]])
  })
  test('a group that stops leaves at once; the message is given up when all have', async () => {
    const { messages, engine: e } = engine()
    const questions = new RuleQuestions(e)
    const groups = [{}, {}]
    const asked = groups.map(g => questions.ask({ exprs: ['1'], tMs: 5, expectedMs: 1, group: g }).catch((err: unknown) => (err as QueryError).kind))
    await settled()
    questions.giveUp(groups[0]!)
    expect(await asked[0]).toBe('canceled')
    expect(messages[0]!.signal!.aborted).toBe(false)
    questions.giveUp(groups[1]!)
    expect(await asked[1]).toBe('canceled')
    expect(messages[0]!.signal!.aborted).toBe(true)
  })
  test('a message that fails fails for all in it, one question by its own error', async () => {
    const { messages, engine: e } = engine()
    const questions = new RuleQuestions(e)
    const both = ['1', '2'].map(x => questions.ask({ exprs: [x], tMs: 5, expectedMs: 1, group: {} }).catch((err: unknown) => (err as Error).message))
    const alone = questions.ask({ exprs: ['3'], tMs: 6, expectedMs: 1, group: {} })
    await settled()
    messages[0]!.fail(new Error('the thread ended'))
    messages[1]!.fail(new QueryError('execution', 'too many samples'))
    expect(await Promise.all(both)).toEqual(['the thread ended', 'the thread ended'])
    expect(await alone).toMatchObject([{ error: { kind: 'execution', message: 'too many samples' } }])
  })
})
