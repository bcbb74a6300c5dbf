/**
 * An English message with `{name}` where something is filled in, and the same in Korean. Gaps called like one of {@link INNER} may hold another message; those of
 * other names hold what people wrote. `이(가)`, `은(는)`, `을(를)` and `과(와)` behind a gap become the one that goes with what is filled in, where its last letter tells.
 */
export type MessagePair = readonly [english: string, korean: string]

interface Template {
  /** The message's own words, before, between and behind the gaps; one more than there are gaps. */
  readonly words: readonly string[]
  readonly names: readonly string[]
  readonly korean: string
}

/** `file:line:column: ` of a file, `line:column: ` of a query, as they stand before a message. */
const PLACE = /^((?:[^\n]*?: ?)?\d+:\d+: )(.+)$/s
/** `scrape_configs[0].job_name: `: the path of a setting. */
const PATH = /^([\w$.[\]"-]+: )(.+)$/s
/** `(what to do)` at the end. */
const HINT = /^(.+?) \((.+)\)$/s
const INNER: ReadonlySet<string> = new Set(['reason', 'why', 'what', 'wanted', 'place', 'got', 'call', 'type'])
/** What may stand in a message inside another one, and that inside a third. */
const MAX_DEPTH = 6

/**
 * Says in another language what a program said in English. Messages are known as a whole, behind a place or a path, and with a hint in brackets; what is filled into
 * one is translated when it is known itself. The longer a message's own words, the earlier it is tried.
 *
 * @returns undefined for a message that is not in the catalogue
 */
export function translator(catalogue: readonly MessagePair[]): (message: string) => string | undefined {
  const plain = new Map<string, string>()
  const templates: Template[] = []
  for (const [english, korean] of catalogue) {
    if (/\{\w+\}/.test(english)) templates.push(templateOf(english, korean))
    else plain.set(english, korean)
  }
  templates.sort((a, b) => ownLength(b) - ownLength(a))

  const translate = (message: string, depth: number): string | undefined => {
    const whole = plain.get(message)
    if (whole !== undefined || depth > MAX_DEPTH) return whole
    const inside = (text: string): string => translate(text, depth + 1) ?? text
    for (const t of templates) {
      const found = gapsOf(t.words, message)
      if (found === undefined) continue
      const values = new Map(t.names.map((name, i) => [name, found[i]!]))
      return t.korean.replace(/\{(\w+)\}(이\(가\)|은\(는\)|을\(를\)|과\(와\))?/g, (_, name: string, particle: string | undefined) => {
        const value = INNER.has(name) ? inside(values.get(name)!) : values.get(name)!
        return value + (particle === undefined ? '' : particleFor(value, particle))
      })
    }
    for (const before of [PLACE, PATH]) {
      const found = before.exec(message)
      const rest = found === null ? undefined : translate(found[2]!, depth + 1)
      if (rest !== undefined) return found![1]! + rest
    }
    const hinted = HINT.exec(message)
    const head = hinted === null ? undefined : translate(hinted[1]!, depth + 1)
    return head === undefined ? undefined : `${head} (${inside(hinted![2]!)})`
  }
  return message => translate(message, 0)
}

/** Digits whose Korean names end in a consonant: 영, 일, 삼, 육, 칠, 팔. */
const CLOSED_DIGITS = '013678'

/** The form of a particle that goes with the last letter before it, brackets and quotes aside; both forms where the letter does not tell. */
function particleFor(value: string, both: string): string {
  const last = value.replace(/["'`)\]}]+$/, '').at(-1) ?? ''
  const [closed, open] = [both[0]!, both[2]!]
  if (/\d/.test(last)) return CLOSED_DIGITS.includes(last) ? closed : open
  if (last >= '가' && last <= '힣') return (last.charCodeAt(0) - 0xac00) % 28 > 0 ? closed : open
  return both
}

/**
 * What stands in the gaps of a message with these words; undefined if it has others. Each gap holds at least one letter and ends where the next words first follow:
 * one pass, however long the message is.
 */
function gapsOf(words: readonly string[], message: string): string[] | undefined {
  if (!message.startsWith(words[0]!) || !message.endsWith(words.at(-1)!)) return undefined
  const end = message.length - words.at(-1)!.length
  const gaps: string[] = []
  let at = words[0]!.length
  for (let i = 1; i < words.length - 1; i++) {
    const next = message.indexOf(words[i]!, at + 1)
    if (next < 0) return undefined
    gaps.push(message.slice(at, next))
    at = next + words[i]!.length
  }
  if (at >= end) return undefined
  gaps.push(message.slice(at, end))
  return gaps
}

function ownLength(t: Template): number {
  return t.words.reduce((sum, w) => sum + w.length, 0)
}

function templateOf(english: string, korean: string): Template {
  const parts = english.split(/\{(\w+)\}/)
  const names = parts.filter((_, i) => i % 2 === 1)
  for (const [, name] of korean.matchAll(/\{(\w+)\}/g)) if (!names.includes(name!)) throw new Error(`BUG: ${JSON.stringify(korean)} fills in {${name}}, which ${JSON.stringify(english)} has not`)
  return { words: parts.filter((_, i) => i % 2 === 0), names, korean }
}
