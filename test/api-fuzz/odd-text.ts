import type { Random } from '../promql-fuzz/random.ts'

/** Bytes as a latin1 text, one character each: what stands in a URL or a body before it is escaped. */
export type ByteText = string

const bytes = (text: string): ByteText => Buffer.from(text).toString('latin1')

/** Pieces that readers of text stumble over. */
const PIECES: readonly ByteText[] = [
  '\0', '\xff', '\xc3', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\r\n', '\t', ' ', '"', '\'', '`', '\\', '\\x', '\\u12', '{', '}', '[', ']', '(', ')', ',', ';', '&', '=', '%', '%2', '%zz', '+', '-', '#', '/', '//', '..', ':', '@', '*', '^', '$', '<', '>',
  '0', '1e309', '-1', '0x1p-2', '1_000', 'NaN', 'Inf', '1h', '5m', '9223372036854775808', ...['한', 'é', '😀', '\u2028', '\ufeff', '\u00a0', '\u0130'].map(bytes),
]

/** One to three small damages: something put in, taken out, doubled, turned about, cut off or made long. */
export function damaged(r: Random, text: ByteText): ByteText {
  let out = text
  for (let n = r.int(1, 3); n > 0; n--) {
    const at = r.int(0, out.length)
    const to = Math.min(out.length, at + r.int(1, 6))
    const kind = r.int(0, 6)
    if (kind <= 1) out = out.slice(0, at) + r.pick(PIECES) + out.slice(at)
    else if (kind === 2) out = out.slice(0, at) + out.slice(to)
    else if (kind === 3) out = out.slice(0, to) + out.slice(at)
    else if (kind === 4) out = out.slice(0, at) + out.slice(at, to).split('').reverse().join('') + out.slice(to)
    else if (kind === 5) out = out.slice(0, at)
    else if (r.chance(0.2)) out = out.slice(0, at) + r.pick(PIECES).repeat(r.pick([10, 300, 3000])) + out.slice(at)
  }
  return out
}

/** A text of nothing but odd pieces. */
export function oddText(r: Random): ByteText {
  return Array.from({ length: r.int(0, 5) }, () => r.pick(PIECES)).join('')
}

/** A known text, mostly as it is. */
export function mostly(r: Random, list: readonly string[], odd = 0.25): ByteText {
  const text = bytes(r.pick(list))
  if (!r.chance(odd)) return text
  return r.chance(0.15) ? oddText(r) : damaged(r, text)
}

/** Bytes as they stand in a URL's query or a form: escaped as needed, at times more than needed, seldom less. */
export function escaped(r: Random, text: ByteText): string {
  const sloppy = r.chance(0.04)
  const all = r.chance(0.1)
  let out = ''
  for (const c of text) {
    const code = c.charCodeAt(0)
    if (!all && /[A-Za-z0-9._~*()!'-]/.test(c)) out += c
    else if (c === ' ' && r.chance(0.5)) out += '+'
    // Bytes that end a request line can't be sent raw.
    else if (sloppy && code > 0x20 && code !== 0x7f && c !== '#' && r.chance(0.5)) out += c
    else out += `%${code.toString(16).padStart(2, '0')}`
  }
  return out
}
