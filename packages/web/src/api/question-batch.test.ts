import { describe, expect, test } from 'vitest'
import { questionBatch, readAnswers } from './question-batch.ts'
import type { TextAnswer } from './question-batch.ts'

const params = (query: string): URLSearchParams => new URLSearchParams({ query })
const text = (answer: TextAnswer): string => `${answer.status} ${answer.body}`

/** A batch whose requests are answered by the test. */
function bench() {
  const alone: { readonly address: string; readonly answer: (a: TextAnswer) => void }[] = []
  const together: { readonly addresses: readonly string[]; readonly answer: (place: number, a: TextAnswer) => void; readonly end: () => void; readonly fail: (err: Error) => void; readonly signal: AbortSignal }[] = []
  const ask = questionBatch({
    one: (path, asked) => new Promise(resolve => alone.push({ address: `${path}?${asked.toString()}`, answer: resolve })),
    several: (addresses, onAnswer, signal) => new Promise((resolve, reject) => together.push({ addresses, answer: onAnswer, end: resolve, fail: reject, signal })),
  })
  return { ask, alone, together }
}

describe('N5 questions travel together', () => {
  test('[N5] what is asked in one moment is one request; each is answered when its answer comes', async () => {
    const { ask, alone, together } = bench()
    const a = ask('query_range', params('a'), text)
    const b = ask('query', params('b'), text)
    await Promise.resolve()
    expect(alone).toEqual([])
    expect(together.map(t => t.addresses)).toEqual([['query_range?query=a', 'query?query=b']])
    together[0]!.answer(1, { status: 200, body: 'B' })
    expect(await b).toBe('200 B')
    together[0]!.answer(0, { status: 400, body: 'A' })
    expect(await a).toBe('400 A')
  })
  test('[N5] one that is alone goes alone; later ones go by themselves', async () => {
    const { ask, alone, together } = bench()
    const a = ask('query', params('a'), text)
    await Promise.resolve()
    void ask('query', params('b'), text)
    await Promise.resolve()
    expect(together).toEqual([])
    expect(alone.map(x => x.address)).toEqual(['query?query=a', 'query?query=b'])
    alone[0]!.answer({ status: 200, body: '1' })
    expect(await a).toBe('200 1')
  })
  test('[N5] at most a hundred in one request', async () => {
    const { ask, together } = bench()
    for (let i = 0; i < 230; i++) void ask('query', params(String(i)), text)
    await Promise.resolve()
    expect(together.map(t => t.addresses.length)).toEqual([100, 100, 30])
  })
  test('[N5] who gives up leaves the request to the others; the last one ends it', async () => {
    const { ask, together } = bench()
    const [first, second, early] = [new AbortController(), new AbortController(), new AbortController()]
    const a = ask('query', params('a'), text, first.signal)
    const b = ask('query', params('b'), text, second.signal)
    const c = ask('query', params('c'), text, early.signal)
    early.abort(new Error('before it was sent'))
    await Promise.resolve()
    await expect(c).rejects.toThrow('before it was sent')
    expect(together[0]!.addresses).toEqual(['query?query=a', 'query?query=b'])
    first.abort(new Error('no more'))
    await expect(a).rejects.toThrow('no more')
    expect(together[0]!.signal.aborted).toBe(false)
    second.abort(new Error('nobody'))
    await expect(b).rejects.toThrow('nobody')
    expect(together[0]!.signal.aborted).toBe(true)
  })
  test('[N5] a request that fails fails what it still owes; an answer that can not be read touches no other', async () => {
    const { ask, together } = bench()
    const bad = ask('query', params('a'), () => { throw new Error('unreadable') })
    const good = ask('query', params('b'), text)
    const owed = ask('query', params('c'), text)
    await Promise.resolve()
    together[0]!.answer(0, { status: 200, body: '' })
    together[0]!.answer(1, { status: 200, body: 'x' })
    together[0]!.fail(new Error('cut off'))
    await expect(bad).rejects.toThrow('unreadable')
    expect(await good).toBe('200 x')
    await expect(owed).rejects.toThrow('cut off')
  })
})

/** A reader of these pieces of bytes. */
function readerOf(pieces: readonly Uint8Array[]): { read: () => Promise<ReadableStreamReadResult<Uint8Array>> } {
  let i = 0
  return { read: () => Promise.resolve(i < pieces.length ? { done: false, value: pieces[i++]! } : { done: true, value: undefined }) }
}

describe('N5 lines of answers', () => {
  const bytes = new TextEncoder().encode('1 200 {"a":"한글"}\n0 422 {"error":"x y"}\n')
  test.each([1, 2, 7, 1000])('[N5] are read from pieces of %i bytes', async size => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size))
    const got: [number, TextAnswer][] = []
    await readAnswers(readerOf(pieces), 2, (place, answer) => got.push([place, answer]), () => Promise.resolve(), () => 0)
    expect(got).toEqual([[1, { status: 200, body: '{"a":"한글"}' }], [0, { status: 422, body: '{"error":"x y"}' }]])
  })
  test('[N5] after 8 ms of reading the browser has its turn', async () => {
    let nowMs = 0
    const seen: string[] = []
    const many = new TextEncoder().encode(Array.from({ length: 6 }, (_, i) => `${i} 200 x\n`).join(''))
    await readAnswers(readerOf([many]), 6, place => {
      nowMs += 3
      seen.push(String(place))
    }, async () => void seen.push('pause'), () => nowMs)
    expect(seen).toEqual(['0', '1', '2', 'pause', '3', '4', '5', 'pause'])
  })
  test('[N5] a text that ends too soon is a failure', async () => {
    await expect(readAnswers(readerOf([bytes.slice(0, 30)]), 2, () => {}, () => Promise.resolve(), () => 0)).rejects.toThrow('1 of 2 answers are missing')
  })
})
