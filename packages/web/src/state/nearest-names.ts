/** The names most like a wrong one, at most three: by the words that they share, then by the letters that differ. Names that have too little in common are not offered. */
export function nearestNames(wrong: string, names: Iterable<string>): string[] {
  const words = wordsOf(wrong)
  const ranked: { readonly name: string; readonly score: number }[] = []
  for (const name of names) {
    const own = wordsOf(name)
    let shared = 0
    for (const word of own) if (words.has(word)) shared++
    const likeness = shared / (words.size + own.size - shared)
    // Only names of about the same length can be a slip of the finger; comparing letters with thousands of others would take long.
    const letters = Math.abs(name.length - wrong.length) <= 6 ? 1 - distance(wrong, name) / Math.max(wrong.length, name.length) : 0
    const score = Math.max(likeness, letters >= 0.7 ? letters : 0) + likeness / 100
    if (score >= 0.34) ranked.push({ name, score })
  }
  return ranked.sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1)).slice(0, 3).map(r => r.name)
}

function wordsOf(name: string): Set<string> {
  return new Set(name.toLowerCase().split(/[_:.]+/).filter(w => w !== ''))
}

/** Whether one is probably the other with a slip of the finger: few letters differ. */
export function isSlip(a: string, b: string): boolean {
  return Math.abs(a.length - b.length) <= 3 && distance(a, b) <= Math.max(1, Math.min(3, Math.floor(a.length / 5)))
}

/** Letters to put in, take out or change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])))
    row = next
  }
  return row[b.length]!
}
