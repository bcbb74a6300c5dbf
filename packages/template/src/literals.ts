import { quoted } from './lexer.ts'
import type { NumberNode } from './nodes.ts'

/** A constant that is not a number. */
export class NumberSyntaxError extends Error {}

const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', "'": "'" }

/** The value of a Go string literal in `"` or backquotes, undefined if it is not one. Bytes above 0x7f from `\x` and octal escapes are joined as UTF-8. */
export function unquote(source: string): string | undefined {
  const mark = source[0]
  const body = source.slice(1, -1)
  if (mark === '`') return body.replaceAll('\r', '')
  let out = ''
  let bytes: number[] = []
  const flush = (): void => {
    if (bytes.length > 0) out += Buffer.from(bytes).toString('utf8')
    bytes = []
  }
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      flush()
      out += body[i++]
      continue
    }
    const rest = body.slice(i + 1, i + 11)
    const numeric = /^(?:x([0-9a-fA-F]{2})|([0-7]{3}))/.exec(rest)
    if (numeric !== null) {
      const value = numeric[1] === undefined ? parseInt(numeric[2]!, 8) : parseInt(numeric[1], 16)
      if (value > 255) return undefined
      bytes.push(value)
      i += 1 + numeric[0].length
      continue
    }
    flush()
    const unicode = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest)
    if (unicode !== null) {
      const code = parseInt(unicode[1] ?? unicode[2]!, 16)
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined
      out += String.fromCodePoint(code)
      i += 1 + unicode[0].length
      continue
    }
    const simple = ESCAPES[rest[0] ?? '']
    if (simple === undefined || (rest[0] !== mark && (rest[0] === '"' || rest[0] === "'"))) return undefined
    out += simple
    i += 2
  }
  flush()
  return out
}

/** Reads a number or character constant. @throws NumberSyntaxError with Go's text */
export function numberNode(text: string, pos: number, isChar: boolean): NumberNode {
  if (isChar) {
    const value = unquote(text)
    if (value === undefined || [...value].length !== 1) throw new NumberSyntaxError(`malformed character constant: ${text}`)
    const code = BigInt(value.codePointAt(0)!)
    return { kind: 'number', pos, text, int: code, float: Number(code), ideal: code }
  }
  const sign = text[0] === '-' ? -1 : 1
  const digits = text.replace(/^[+-]/, '')
  const bad = new NumberSyntaxError(`illegal number syntax: ${quoted(text)}`)
  const plain = plainDigits(digits)
  if (plain === undefined) throw bad
  if (/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/.test(plain)) {
    const magnitude = BigInt(/^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain)
    const int = BigInt(sign) * magnitude
    if (int > 0xffffffffffffffffn || int < -0x8000000000000000n) throw new NumberSyntaxError(`integer overflow: ${quoted(text)}`)
    if (int > 0x7fffffffffffffffn) throw new NumberSyntaxError(`${text} overflows int`)
    return { kind: 'number', pos, text, int, float: Number(int), ideal: int }
  }
  const hex = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(plain)
  let float: number
  if (hex !== null) float = parseInt(`0${hex[1]}${hex[2]}`, 16) * 2 ** (Number(hex[3]) - 4 * hex[2]!.length)
  else if (/^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain)) float = Number(plain)
  else throw bad
  if (!Number.isFinite(float)) throw bad
  float *= sign
  return Number.isInteger(float) && Math.abs(float) < 2 ** 63
    ? { kind: 'number', pos, text, int: BigInt(float), float, ideal: float }
    : { kind: 'number', pos, text, float, ideal: float }
}

/** Takes out underscores where Go allows them: between digits or after a base prefix. */
function plainDigits(text: string): string | undefined {
  if (!text.includes('_')) return text
  if (/__|_$|^_|_[.eEpP]|[.eEpP+-]_/.test(text) && !/^0[xX]_/.test(text)) return undefined
  if (!/^0[xXbBoO]/.test(text) && !/^\d[\d_]*$/.test(text)) return undefined
  return text.replaceAll('_', '')
}
