/** The rank from which letters are only scattered over the name. */
export const SCATTERED = 4

/** How well a name answers what was typed; lower is better; undefined: not at all. A whole name beats its beginning, that a word's beginning, that any place, that scattered letters. */
export function matchRank(typed: string, name: string): number | undefined {
  const text = typed.trim().toLowerCase()
  const lower = name.toLowerCase()
  if (text === '') return 0
  if (lower === text) return 0
  const at = lower.indexOf(text)
  if (at === 0) return 1 + name.length / 1000
  if (at > 0) return (/[\s_:.\-/]/.test(lower[at - 1]!) ? 2 : 3) + name.length / 1000
  let from = 0
  for (const letter of text) {
    if (letter === ' ') continue
    const found = lower.indexOf(letter, from)
    if (found < 0) return undefined
    from = found + 1
  }
  return SCATTERED + from / 1000
}

/** The best answers, best first; equals keep their order. */
export function bestMatches<T>(typed: string, all: readonly T[], nameOf: (item: T) => string, limit: number): T[] {
  const ranked: { readonly item: T; readonly rank: number; readonly at: number }[] = []
  for (let i = 0; i < all.length; i++) {
    const rank = matchRank(typed, nameOf(all[i]!))
    if (rank !== undefined) ranked.push({ item: all[i]!, rank, at: i })
  }
  return ranked.sort((a, b) => a.rank - b.rank || a.at - b.at).slice(0, limit).map(r => r.item)
}
