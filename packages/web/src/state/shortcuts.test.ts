import { describe, expect, test } from 'vitest'
import { shortcutOf } from './shortcuts.ts'
import type { KeyPress } from './shortcuts.ts'

function press(key: string, more: Partial<KeyPress> = {}): KeyPress {
  return { key, code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '', ctrl: false, alt: false, typing: false, timeMs: 5000, ...more }
}

describe('[K1] shortcuts', () => {
  test.each([['o', 'overview'], ['s', 'services'], ['b', 'boards'], ['e', 'explore'], ['a', 'alerts'], ['t', 'targets'], ['d', 'data']])('[K1] g %s goes to %s', (key, want) => {
    const first = shortcutOf(press('g', { timeMs: 4000 }), 0)
    expect(first).toEqual({ prefixMs: 4000 })
    expect(shortcutOf(press(key), first.prefixMs).action).toBe(want)
  })
  test.each([['t', 'time'], ['r', 'refresh'], ['/', 'filter'], ['?', 'help']])('[K1] %s alone', (key, want) => expect(shortcutOf(press(key), 0)).toEqual({ action: want, prefixMs: 0 }))
  test('[K1] g waits no longer than 1.5 s', () => expect(shortcutOf(press('t'), 3400).action).toBe('time'))
  test('[K1] an unknown second key ends the waiting', () => expect(shortcutOf(press('x'), 4900)).toEqual({ prefixMs: 0 }))
  test('[K1] Ctrl K works while typing', () => expect(shortcutOf(press('k', { ctrl: true, typing: true }), 0).action).toBe('palette'))
  test('[K1] other keys with Ctrl are the browser\'s', () => expect(shortcutOf(press('r', { ctrl: true }), 0).action).toBeUndefined())
})

describe('[K2] layouts and fields', () => {
  test('[K2] the Korean ㅎ is g', () => expect(shortcutOf(press('ㅎ', { code: 'KeyG', timeMs: 7 }), 0)).toEqual({ prefixMs: 7 }))
  test('[K2] nothing while typing', () => expect(shortcutOf(press('r', { typing: true }), 0)).toEqual({ prefixMs: 0 }))
})
