/** How many queries the history keeps. */
export const HISTORY_SIZE = 50

const STORED = 'haechi.queries'

/** The history with some queries put in front, each once, cut to its size. */
export function withQueries(history: readonly string[], exprs: readonly string[]): string[] {
  const out: string[] = []
  for (const expr of [...exprs, ...history]) {
    const text = expr.trim()
    if (text !== '' && !out.includes(text)) out.push(text)
  }
  return out.slice(0, HISTORY_SIZE)
}

/** The queries that were run in this browser, newest first; none when storage is forbidden or holds something else. */
export function readHistory(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]')
    return Array.isArray(stored) ? stored.filter((x): x is string => typeof x === 'string') : []
  } catch {
    return []
  }
}

/** Keeps the history in this browser. */
export function writeHistory(history: readonly string[]): void {
  try {
    localStorage.setItem(STORED, JSON.stringify(history))
  } catch {
    // Storage is forbidden or full: the history ends with the page.
  }
}
