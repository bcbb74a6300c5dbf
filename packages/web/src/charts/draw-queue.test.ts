import { afterEach, describe, expect, test, vi } from 'vitest'
import { DrawQueue } from './draw-queue.ts'
import type { Drawing } from './draw-queue.ts'

/** A queue on a clock of its own, where each chart takes `costMs`. */
function bench(costMs: number): { readonly queue: DrawQueue; readonly seen: string[]; readonly chart: (name: string, fails?: boolean) => Drawing; readonly turn: () => void } {
  const seen: string[] = []
  const later: (() => void)[] = []
  let nowMs = 0
  const host = (name: string): HTMLElement => ({ id: name }) as unknown as HTMLElement
  const theme = { text: '', grid: '', surface: '', font: '' }
  const queue = new DrawQueue(run => later.push(run), drawing => {
    seen.push(`box of ${drawing.host.id}`)
    return { theme, width: 1, height: 1 }
  }, () => nowMs)
  return {
    queue, seen,
    chart: (name, fails = false) => ({
      host: host(name),
      draw: () => {
        nowMs += costMs
        seen.push(name)
        if (fails) throw new Error(`${name} fails`)
      },
    }),
    turn: () => later.shift()!(),
  }
}

describe('draw queue', () => {
  afterEach(() => vi.unstubAllGlobals())

  test('[W3] charts that come together are measured before the first is drawn', async () => {
    const { queue, seen, chart } = bench(1)
    queue.add(chart('a'))
    queue.add(chart('b'))
    expect(seen).toEqual([])
    await Promise.resolve()
    expect(seen).toEqual(['box of a', 'box of b', 'a', 'b'])
  })

  test('[W3] after 12 ms the browser has its turn; who comes meanwhile waits in line', async () => {
    const { queue, seen, chart, turn } = bench(7)
    for (const name of ['a', 'b', 'c']) queue.add(chart(name))
    await Promise.resolve()
    expect(seen.slice(3)).toEqual(['a', 'b'])
    queue.add(chart('d'))
    await Promise.resolve()
    expect(seen.slice(5)).toEqual([])
    turn()
    expect(seen.slice(5)).toEqual(['box of d', 'c', 'd'])
  })

  test('[W3] what has gone is not drawn; everything is drawn at once where that is asked for', async () => {
    const { queue, seen, chart } = bench(100)
    const gone = chart('gone')
    queue.add(gone)
    queue.add(chart('a'))
    queue.add(chart('b'))
    queue.remove(gone)
    queue.finish()
    expect(seen.slice(2)).toEqual(['a', 'b'])
    await Promise.resolve()
    expect(seen.slice(4)).toEqual([])
  })

  test('[W3] one that fails takes no other with it', async () => {
    const told: unknown[] = []
    vi.stubGlobal('reportError', (err: unknown) => told.push(err))
    const { queue, seen, chart } = bench(1)
    queue.add(chart('a', true))
    queue.add(chart('b'))
    await Promise.resolve()
    expect(seen.slice(2)).toEqual(['a', 'b'])
    expect(told).toEqual([new Error('a fails')])
  })
})
