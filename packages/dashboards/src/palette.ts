/** The themes that colours are made for. */
export type Theme = 'dark' | 'light'

/**
 * Eight hues of series that stay apart for colour-blind eyes, slot by slot the same hue in both themes, each at least 3:1 against the
 * surface. Found by a search for the largest smallest distance between any two, as people with full colour vision, protanopia, deuteranopia and
 * tritanopia see them (palette.test.ts measures it).
 */
export const PALETTE: Readonly<Record<Theme, readonly string[]>> = {
  dark: ['#3988dd', '#fd9322', '#50ba9a', '#a46999', '#f1e16a', '#c4aafe', '#a2ecfa', '#d05323'],
  light: ['#0d4098', '#c88000', '#1aa27e', '#86065a', '#706311', '#ad73df', '#2d7596', '#5b2c01'],
}

/** How a series is told from the others: a hue, and beyond eight a dash pattern. */
export interface SeriesLook {
  /** 0..7, index of {@link PALETTE}. */
  readonly slot: number
  /** 0 solid; 1, 2, … dash patterns of {@link DASHES}. */
  readonly pattern: number
}

/** Canvas dash patterns; the first is a solid line. */
export const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [12, 3, 2, 3]]

/** FNV-1a of a text, unsigned 32 bits. */
export function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  // The last byte alone would barely reach the low bits.
  h ^= h >>> 15
  h = Math.imul(h, 0x2c1b3c6d)
  return (h ^ h >>> 12) >>> 0
}

/**
 * Gives every series its look: by the hash of its key, so that a colour follows its series from panel to panel, moved on where another series
 * of the same panel already has it.
 *
 * @param keys  what identifies each series, e.g. {@link seriesKey}; the result has the same order and doesn't depend on it
 */
export function seriesLooks(keys: readonly string[]): SeriesLook[] {
  const size = PALETTE.dark.length
  const order = keys.map((_, i) => i).sort((a, b) => keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b)
  const taken = new Set<number>()
  const out: SeriesLook[] = Array.from({ length: keys.length })
  const room = size * DASHES.length
  const place = (i: number, wanted: number): void => {
    // Another hue before another pattern.
    for (let round = 0; ; round++) {
      for (let k = 0; k < size; k++) {
        const slot = (wanted + k) % size
        const at = slot + round * size
        if (taken.has(at)) continue
        taken.add(at)
        out[i] = { slot, pattern: round % DASHES.length }
        return
      }
      if (round >= DASHES.length) {
        out[i] = { slot: wanted, pattern: hashText(keys[i]!) % DASHES.length }
        return
      }
    }
  }
  // First those who get their own hue, then those who have to move.
  const moved: number[] = []
  for (const i of order) {
    const wanted = hashText(keys[i]!) % size
    if (taken.has(wanted)) moved.push(i)
    else place(i, wanted)
  }
  for (const i of moved) {
    if (taken.size >= room) out[i] = { slot: hashText(keys[i]!) % size, pattern: hashText(`${keys[i]!}#`) % DASHES.length }
    else place(i, hashText(keys[i]!) % size)
  }
  return out
}

/** The colour of a look in a theme. */
export function lookColor(look: SeriesLook, theme: Theme): string {
  return PALETTE[theme][look.slot]!
}
