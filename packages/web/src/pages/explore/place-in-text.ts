/**
 * The stretch of a text that an error's place names: the word that begins there, or one character.
 *
 * @param line    from zero
 * @param column  from zero
 * @returns       positions within the text, `from < to` unless the text is empty
 */
export function placeInText(text: string, line: number, column: number): { readonly from: number; readonly to: number } {
  let start = 0
  for (let i = 0; i < line; i++) {
    const next = text.indexOf('\n', start)
    if (next < 0) break
    start = next + 1
  }
  // An error at the end of the input lies behind the last character: mark the last one.
  const from = Math.max(0, Math.min(start + column, text.length - 1))
  const word = /^[\w:.]+/.exec(text.slice(from))
  return { from, to: Math.min(text.length, from + Math.max(1, word?.[0].length ?? 1)) }
}
