/** A piece of a regular expression, as far as its matches are to be made up. */
type Node =
  | { readonly kind: 'text'; readonly text: string }
  /** Any run of characters of a kind: where it may be long, the usual word stands for it. */
  | { readonly kind: 'class'; readonly sample: string; readonly takesWord: boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly of: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly many: boolean }

const MOST = 24

/**
 * Texts that a regular expression of the RE2 or JavaScript kind matches, each alternative in turn; what can be anything is `word`. Assertions and
 * back references are not followed, so the caller checks what it takes.
 */
export function regexSamples(pattern: string, word: string): string[] {
  const { node } = new Reader(pattern).choice()
  return [...new Set(samples(node, word))]
}

class Reader {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  choice(): { readonly node: Node } {
    const of: Node[] = [this.#sequence()]
    while (this.#text[this.#at] === '|') {
      this.#at++
      of.push(this.#sequence())
    }
    return { node: of.length === 1 ? of[0]! : { kind: 'choice', of } }
  }

  #sequence(): Node {
    const parts: Node[] = []
    while (this.#at < this.#text.length && this.#text[this.#at] !== '|' && this.#text[this.#at] !== ')') {
      const atom = this.#atom()
      if (atom !== undefined) parts.push(this.#repeated(atom))
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  #atom(): Node | undefined {
    const c = this.#text[this.#at++]!
    switch (c) {
      case '^': case '$': return undefined
      case '.': return { kind: 'class', sample: 'a', takesWord: true }
      case '(': {
        const group = /^\?(?:[:=!]|<[=!]|P?<\w+>|[a-z]+[:)])/.exec(this.#text.slice(this.#at))
        if (group !== null) this.#at += group[0].length
        // Flags alone, `(?i)`, hold no piece.
        if (group?.[0].endsWith(')') === true) return undefined
        const { node } = this.choice()
        this.#at++
        return group !== null && /^\?<?[=!]/.test(group[0]) ? undefined : node
      }
      case '[': return this.#set()
      case '\\': return this.#escape()
      default: return { kind: 'text', text: c }
    }
  }

  #set(): Node {
    const negated = this.#text[this.#at] === '^'
    if (negated) this.#at++
    const from = this.#at
    let end = this.#at
    while (end < this.#text.length && (this.#text[end] !== ']' || end === from)) end += this.#text[end] === '\\' ? 2 : this.#text.startsWith('[:', end) ? this.#text.slice(end).indexOf(':]') + 2 : 1
    const inside = this.#text.slice(from, end)
    this.#at = end + 1
    if (negated) return { kind: 'class', sample: [...'a0-_/ '].find(x => !inside.includes(x)) ?? 'z', takesWord: true }
    const takesWord = /a-z/.test(inside) && /0-9|\\d|\\w/.test(inside) && /-(?:$|\])|\\-|^-/.test(inside)
    const first = /^\\([dws])/.exec(inside)?.[1]
    return { kind: 'class', sample: first === 'd' ? '7' : first === 'w' ? 'w' : first === 's' ? ' ' : inside.replace(/^\\/, '').replace(/^\[:\w+:\]/, 'a')[0] ?? '', takesWord }
  }

  #escape(): Node {
    const c = this.#text[this.#at++] ?? ''
    switch (c) {
      case 'd': return { kind: 'class', sample: '7', takesWord: false }
      case 'w': return { kind: 'class', sample: 'w', takesWord: false }
      case 's': return { kind: 'class', sample: ' ', takesWord: false }
      case 'S': case 'D': case 'W': return { kind: 'class', sample: 'a', takesWord: c === 'S' }
      case 'b': case 'B': case 'A': case 'z': return { kind: 'text', text: '' }
      case 'n': return { kind: 'text', text: '\n' }
      case 't': return { kind: 'text', text: '\t' }
      default: return { kind: 'text', text: c }
    }
  }

  #repeated(of: Node): Node {
    const found = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})\??/.exec(this.#text.slice(this.#at))
    if (found === null) return of
    this.#at += found[0].length
    const sign = found[0][0]
    return { kind: 'repeat', of, min: sign === '*' || sign === '?' ? 0 : sign === '+' ? 1 : Number(found[1]), many: sign === '*' || sign === '+' || found[2] === '' }
  }
}

function samples(node: Node, word: string): string[] {
  switch (node.kind) {
    case 'text': return [node.text]
    case 'class': return [node.sample]
    case 'choice': return node.of.flatMap(n => samples(n, word)).slice(0, MOST)
    case 'sequence': return node.parts.reduce<string[]>((heads, part) => {
      const tails = samples(part, word)
      // All alternatives of one place, not all combinations of all places.
      return heads.length * tails.length <= MOST ? heads.flatMap(h => tails.map(t => h + t)) : heads.map((h, i) => h + tails[i % tails.length]!)
    }, [''])
    case 'repeat': {
      if (node.of.kind === 'class' && node.of.takesWord && node.many) return [word, ...(node.min === 0 ? [''] : [])]
      const once = samples(node.of, word)
      return node.min === 0 ? [...once, ''] : once.map(t => t.repeat(Math.min(node.min, 40)))
    }
  }
}
