import { afterEach, expect, test, vi } from 'vitest'
import { watchVisible } from './watch-visible.ts'

class FakeObserver {
  static readonly made: FakeObserver[] = []
  readonly watched = new Set<Element>()
  readonly tell: (entries: readonly { readonly target: Element; readonly isIntersecting: boolean }[]) => void
  readonly margin: string
  constructor(tell: FakeObserver['tell'], options: { readonly rootMargin: string }) {
    this.tell = tell
    this.margin = options.rootMargin
    FakeObserver.made.push(this)
  }
  observe(e: Element): void { this.watched.add(e) }
  unobserve(e: Element): void { this.watched.delete(e) }
}

afterEach(() => vi.unstubAllGlobals())

test('[W5] a hundred panels have one observer per margin, and are told one by one', () => {
  vi.stubGlobal('IntersectionObserver', FakeObserver)
  const elements = Array.from({ length: 100 }, (_, i) => ({ id: String(i) }) as unknown as Element)
  const seen: string[] = []
  const ends = elements.map(e => watchVisible(e, 200, v => seen.push(`${e.id} ${v}`)))
  watchVisible(elements[0]!, 1200, () => {})
  expect(FakeObserver.made.map(o => [o.margin, o.watched.size])).toEqual([['200px', 100], ['1200px', 1]])
  const [near] = FakeObserver.made
  near!.tell([{ target: elements[3]!, isIntersecting: true }, { target: elements[5]!, isIntersecting: false }])
  expect(seen).toEqual(['3 true', '5 false'])
  ends[3]!()
  ends[3]!()
  expect(near!.watched.size).toBe(99)
  near!.tell([{ target: elements[3]!, isIntersecting: false }])
  expect(seen).toHaveLength(2)
  // Another one who wants to know keeps it watched.
  const other = watchVisible(elements[5]!, 200, v => seen.push(`other ${v}`))
  ends[5]!()
  expect(near!.watched.has(elements[5]!)).toBe(true)
  near!.tell([{ target: elements[5]!, isIntersecting: true }])
  expect(seen.at(-1)).toBe('other true')
  other()
  expect(near!.watched.has(elements[5]!)).toBe(false)
})
