import { isPrintable, quoted } from './lexer.ts'
import { GoMap, GoStruct, listItems, typeName } from './values.ts'

/** Go's `strconv.FormatFloat(v, 'g', -1, 64)`, which is what `%v` prints: 1e+06, 1.234e-05, 0.1, NaN, +Inf. */
export function formatFloat(v: number): string {
  return general(v, -1, 'e')
}

/** `%e`, `%f`, `%g` with a precision; -1 = as many digits as needed. */
function general(v: number, precision: number, e: string): string {
  const special = nonFinite(v)
  if (special !== undefined) return special
  if (v === 0) return Object.is(v, -0) ? '-0' : '0'
  const sci = precision < 0 ? v.toExponential() : v.toExponential(Math.max(precision, 1) - 1)
  const [mantissa, expText] = sci.split('e') as [string, string]
  const exp = Number(expText)
  const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  const digits = trimmed.replace(/[-.]/g, '').length
  let limit = precision < 0 ? 6 : precision
  if (precision >= 0 && limit > digits && digits >= exp + 1) limit = digits
  if (precision < 0) limit = Math.max(limit, 6)
  if (precision === 0) limit = 1
  if (exp < -4 || exp >= limit) return trimmed + exponent(exp, e)
  // Plain notation with exactly the digits found.
  const fraction = Math.max(0, digits - 1 - exp)
  if (fraction === 0) return BigInt(Math.sign(v)) < 0n ? `-${plainInteger(trimmed, exp)}` : plainInteger(trimmed, exp)
  return plainFraction(trimmed, exp)
}

function plainInteger(mantissa: string, exp: number): string {
  return mantissa.replace(/[-.]/g, '').padEnd(exp + 1, '0')
}

function plainFraction(mantissa: string, exp: number): string {
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exp < 0) return `${sign}0.${'0'.repeat(-exp - 1)}${digits}`
  return `${sign}${digits.slice(0, exp + 1)}.${digits.slice(exp + 1)}`
}

function nonFinite(v: number): string | undefined {
  return Number.isNaN(v) ? 'NaN' : v === Infinity ? '+Inf' : v === -Infinity ? '-Inf' : undefined
}

function exponent(exp: number, e: string): string {
  return `${e}${exp < 0 ? '-' : '+'}${String(Math.abs(exp)).padStart(2, '0')}`
}

/** Go's `%e` with `precision` digits after the point (-1: as many as needed), e.g. `1.23e-02`. */
export function formatExponent(v: number, precision: number, e = 'e'): string {
  const special = nonFinite(v)
  if (special !== undefined) return special
  const [mantissa, exp] = (precision < 0 ? v.toExponential() : v.toExponential(Math.min(precision, 100))).split('e') as [string, string]
  return (Object.is(v, -0) ? '-' : '') + mantissa + exponent(Number(exp), e)
}

/** Go's `%.<n>g`. */
export function formatGeneral(v: number, precision: number): string {
  return general(v, Math.min(precision, 100), 'e')
}

/** Go's `%v` of any value. `plus` is `%+v`; `top` is false inside another value. */
export function formatValue(value: unknown, plus = false, depth = 0): string {
  if (depth > 50) return '...'
  switch (typeof value) {
    case 'string': return value
    case 'number': return formatFloat(value)
    case 'bigint':
    case 'boolean': return String(value)
    default: break
  }
  if (value === undefined || value === null) return '<nil>'
  const items = listItems(value)
  if (items !== undefined) return `[${items.map(v => formatValue(v, plus, depth + 1)).join(' ')}]`
  if (value instanceof GoMap && value.text !== undefined) return value.text()
  if (value instanceof GoMap) return `map[${value.keys().map(k => `${k}:${formatValue(value.entries.get(k), plus, depth + 1)}`).join(' ')}]`
  if (value instanceof GoStruct) {
    if (value.text !== undefined) return value.text()
    return `{${[...value.fields].map(([k, v]) => (plus ? `${k}:` : '') + formatValue(v, plus, depth + 1)).join(' ')}}`
  }
  return String(value)
}

/** Go's `fmt.Sprint`: a space between two operands when neither is a text. */
export function sprint(args: readonly unknown[]): string {
  let out = ''
  for (const [i, a] of args.entries()) {
    if (i > 0 && typeof a !== 'string' && typeof args[i - 1] !== 'string') out += ' '
    out += formatValue(a)
  }
  return out
}

/** Go's `fmt.Sprintln`. */
export function sprintln(args: readonly unknown[]): string {
  return `${args.map(a => formatValue(a)).join(' ')}\n`
}

interface Flags { plus: boolean; minus: boolean; sharp: boolean; zero: boolean; space: boolean; width: number | undefined; precision: number | undefined }

/** Widest field and longest precision: a template can't be made to print megabytes of padding. */
const MAX_WIDTH = 10_000

/** Go's `fmt.Sprintf`, mistakes included: `%!d(string=x)`, `%!d(MISSING)`, `%!(EXTRA int=1)`. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let out = ''
  let arg = 0
  let reordered = false
  let i = 0
  const chars = [...format]
  while (i < chars.length) {
    const c = chars[i++]!
    if (c !== '%') {
      out += c
      continue
    }
    const f: Flags = { plus: false, minus: false, sharp: false, zero: false, space: false, width: undefined, precision: undefined }
    flags: for (; i < chars.length; i++) {
      switch (chars[i]) {
        case '+': f.plus = true; break
        case '-': f.minus = true; f.zero = false; break
        case '#': f.sharp = true; break
        case '0': f.zero = !f.minus; break
        case ' ': f.space = true; break
        default: break flags
      }
    }
    let badIndex = false
    const index = (): void => {
      if (chars[i] !== '[') return
      reordered = true
      const close = chars.indexOf(']', i)
      const n = close < 0 ? NaN : Number(chars.slice(i + 1, close).join('') || 'x')
      if (Number.isInteger(n) && n >= 1 && n <= args.length) arg = n - 1
      else badIndex = true
      i = close < 0 ? i + 1 : close + 1
    }
    const number = (): number | undefined => {
      let text = ''
      while (i < chars.length && /[0-9]/.test(chars[i]!)) text += chars[i++]
      return text === '' ? undefined : Math.min(Number(text), MAX_WIDTH)
    }
    const star = (bad: string): number | undefined => {
      i++
      const v = args[arg++]
      if (typeof v === 'bigint' && v >= -BigInt(MAX_WIDTH) && v <= BigInt(MAX_WIDTH)) return Number(v)
      out += bad
      return undefined
    }
    index()
    if (chars[i] === '*') {
      f.width = star('%!(BADWIDTH)')
      if (f.width !== undefined && f.width < 0) {
        f.width = -f.width
        f.minus = true
        f.zero = false
      }
    } else f.width = number()
    if (chars[i] === '.') {
      i++
      index()
      if (chars[i] === '*') {
        f.precision = star('%!(BADPREC)')
        if (f.precision !== undefined && f.precision < 0) {
          f.precision = undefined
          out += '%!(BADPREC)'
        }
      } else f.precision = number() ?? 0
    }
    index()
    if (i >= chars.length) {
      out += '%!(NOVERB)'
      break
    }
    const verb = chars[i++]!
    if (verb === '%') out += '%'
    else if (badIndex) out += `%!${verb}(BADINDEX)`
    else if (arg >= args.length) out += `%!${verb}(MISSING)`
    else out += formatVerb(verb, args[arg++], f)
  }
  if (!reordered && arg < args.length) out += `%!(EXTRA ${args.slice(arg).map(a => (a === undefined || a === null ? '<nil>' : `${typeName(a)}=${formatValue(a)}`)).join(', ')})`
  return out
}

function pad(text: string, f: Flags, zero = false): string {
  const missing = (f.width ?? 0) - [...text].length
  if (missing <= 0) return text
  if (f.minus) return text + ' '.repeat(missing)
  if (!zero) return ' '.repeat(missing) + text
  const sign = /^[+\- ]/.exec(text)?.[0] ?? ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}

function bad(verb: string, value: unknown): string {
  if (value === undefined || value === null) return `%!${verb}(<nil>)`
  return `%!${verb}(${typeName(value)}=${formatValue(value)})`
}

function formatVerb(verb: string, value: unknown, f: Flags): string {
  if (verb === 'T') return pad(typeName(value), f)
  if (value === undefined || value === null) return verb === 'v' ? pad('<nil>', f) : bad(verb, value)
  if (value instanceof GoStruct && value.text !== undefined && 'vsqxX'.includes(verb)) return formatText(verb, value.text(), f)
  switch (typeof value) {
    case 'boolean': return verb === 't' || verb === 'v' ? pad(String(value), f) : bad(verb, value)
    case 'string': return 'vsqxX'.includes(verb) ? formatText(verb, value, f) : bad(verb, value)
    case 'number': return formatFloatVerb(verb, value, f)
    case 'bigint': return formatIntVerb(verb, value, f)
    default: break
  }
  const items = listItems(value)
  if (verb === 'v') {
    if (!f.sharp) return pad(formatValue(value, f.plus), f)
    return pad(goSyntax(value), f)
  }
  if (items !== undefined) return `[${items.map(v => formatVerb(verb, v, f)).join(' ')}]`
  if (value instanceof GoMap) return `map[${value.keys().map(k => `${formatVerb(verb, k, f)}:${formatVerb(verb, value.entries.get(k), f)}`).join(' ')}]`
  if (value instanceof GoStruct) return `{${[...value.fields.values()].map(v => formatVerb(verb, v, f)).join(' ')}}`
  return bad(verb, value)
}

/** `%#v` */
function goSyntax(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  const items = listItems(value)
  if (items !== undefined) return `${typeName(value)}{${items.map(goSyntax).join(', ')}}`
  if (value instanceof GoMap) return `${value.typeName}{${value.keys().map(k => `${quoted(k)}:${goSyntax(value.entries.get(k))}`).join(', ')}}`
  if (value instanceof GoStruct) return `${value.typeName}{${[...value.fields].map(([k, v]) => `${k}:${goSyntax(v)}`).join(', ')}}`
  return formatValue(value)
}

function formatText(verb: string, text: string, f: Flags): string {
  const cut = f.precision === undefined ? text : [...text].slice(0, f.precision).join('')
  switch (verb) {
    case 'q': return pad(f.sharp && !cut.includes('`') && [...cut].every(c => c === '\t' || isPrintable(c)) ? `\`${cut}\`` : quoted(cut), f)
    case 'x':
    case 'X': {
      const bytes = [...Buffer.from(text, 'utf8')].slice(0, f.precision).map(b => b.toString(16).padStart(2, '0'))
      const prefix = f.sharp ? '0x' : ''
      const hex = f.space ? bytes.map(b => prefix + b).join(' ') : bytes.length > 0 ? prefix + bytes.join('') : ''
      return pad(verb === 'X' ? hex.toUpperCase() : hex, f)
    }
    default: return pad(verb === 'v' && f.sharp ? quoted(cut) : cut, f, f.zero)
  }
}

function formatFloatVerb(verb: string, v: number, f: Flags): string {
  let text: string
  switch (verb) {
    case 'v': text = f.precision === undefined ? formatFloat(v) : formatGeneral(v, f.precision); break
    case 'g': text = f.precision === undefined ? formatFloat(v) : formatGeneral(v, f.precision); break
    case 'G': text = general(v, f.precision ?? -1, 'E'); break
    case 'e':
    case 'E': text = formatExponent(v, f.precision ?? 6, verb); break
    case 'f':
    case 'F': text = nonFinite(v) ?? fixed(v, f.precision ?? 6); break
    default: return bad(verb, v)
  }
  if (f.plus && !/^[+-]/.test(text)) text = text === 'NaN' ? '+NaN' : `+${text}`
  if (!f.plus && text.startsWith('+')) text = f.space ? ` ${text.slice(1)}` : text
  else if (f.space && !/^[+-]/.test(text)) text = ` ${text}`
  return pad(text, f, f.zero && Number.isFinite(v))
}

/** `%.<n>f` exactly: `toFixed` rounds correctly but gives up at 1e21 and at 100 digits. */
function fixed(v: number, precision: number): string {
  const digits = Math.min(precision, 100)
  const text = Math.abs(v) < 1e21 ? v.toFixed(digits) : `${BigInt(v)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`
  return (Object.is(v, -0) || (v < 0 && !text.startsWith('-')) ? '-' : '') + text + '0'.repeat(precision - digits)
}

function formatIntVerb(verb: string, v: bigint, f: Flags): string {
  const abs = v < 0n ? -v : v
  let digits: string
  switch (verb) {
    case 'v':
    case 'd': digits = abs.toString(); break
    case 'b': digits = (f.sharp ? '0b' : '') + abs.toString(2); break
    case 'o': digits = (f.sharp ? '0' : '') + abs.toString(8); break
    case 'O': digits = `0o${abs.toString(8)}`; break
    case 'x': digits = (f.sharp ? '0x' : '') + abs.toString(16); break
    case 'X': digits = (f.sharp ? '0X' : '') + abs.toString(16).toUpperCase(); break
    case 'c': return pad(codePoint(v), f)
    case 'q': return pad(`'${codePoint(v) === "'" ? "\\'" : quoted(codePoint(v)).slice(1, -1).replace('\\"', '"')}'`, f)
    case 'U': {
      const text = `U+${abs.toString(16).toUpperCase().padStart(4, '0')}`
      return pad(f.sharp && isPrintable(codePoint(v)) ? `${text} '${codePoint(v)}'` : text, f)
    }
    default: return bad(verb, v)
  }
  if (f.precision !== undefined) digits = f.precision === 0 && v === 0n ? '' : digits.padStart(f.precision, '0')
  const sign = v < 0n ? '-' : f.plus ? '+' : f.space ? ' ' : ''
  return pad(sign + digits, f, f.zero && f.precision === undefined)
}

function codePoint(v: bigint): string {
  return v >= 0n && v <= 0x10ffffn && (v < 0xd800n || v > 0xdfffn) ? String.fromCodePoint(Number(v)) : '�'
}
