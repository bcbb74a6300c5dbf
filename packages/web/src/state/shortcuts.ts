/** What a key can ask for. */
export type ShortcutAction = 'overview' | 'services' | 'boards' | 'explore' | 'alerts' | 'targets' | 'data' | 'time' | 'refresh' | 'filter' | 'help' | 'palette'

const AFTER_G: Readonly<Record<string, ShortcutAction>> = { o: 'overview', s: 'services', b: 'boards', e: 'explore', a: 'alerts', t: 'targets', d: 'data' }
const ALONE: Readonly<Record<string, ShortcutAction>> = { t: 'time', r: 'refresh', '/': 'filter', '?': 'help' }

/** How long a `g` waits for its second key. */
const PREFIX_MS = 1500

/** A key as the browser reports it. `code` names the place on the keyboard, so that shortcuts work while a Korean layout is on. */
export interface KeyPress {
  readonly key: string
  readonly code: string
  readonly ctrl: boolean
  readonly alt: boolean
  /** Typed into a field. */
  readonly typing: boolean
  readonly timeMs: number
}

/** When `g` was pressed last; 0: not waiting for a second key. */
export type PrefixMs = number

/** The letter that a key means: `ㅎ` is on the key of `g`. */
function letterOf(press: KeyPress): string {
  if (press.key === '?' || press.key === '/') return press.key
  const match = /^Key([A-Z])$/.exec(press.code)
  return match === null ? press.key.toLowerCase() : match[1]!.toLowerCase()
}

/** What a key does, and whether a `g` now waits for its second key. */
export function shortcutOf(press: KeyPress, prefixMs: PrefixMs): { readonly action?: ShortcutAction; readonly prefixMs: PrefixMs } {
  const letter = letterOf(press)
  if (press.ctrl && !press.alt && letter === 'k') return { action: 'palette', prefixMs: 0 }
  if (press.ctrl || press.alt || press.typing) return { prefixMs: 0 }
  if (prefixMs > 0 && press.timeMs - prefixMs < PREFIX_MS) {
    const action = AFTER_G[letter]
    return action === undefined ? { prefixMs: 0 } : { action, prefixMs: 0 }
  }
  if (letter === 'g') return { prefixMs: press.timeMs }
  const action = ALONE[letter]
  return action === undefined ? { prefixMs: 0 } : { action, prefixMs: 0 }
}
