import { compareText } from '@haechi/model'
import type { Labels } from '@haechi/model'
import { ExpositionError } from './error.ts'
import { FloatError, asBuffer, floatFromBytes, floatFromDigits, floatFromText } from './float-bytes.ts'
import { formatOpenMetricsFloat, isUtf8, quoteBytes, quoteText, textOf, textWithEscapes } from './go-text.ts'
import { Lexer, STATE, TOKEN, TOKEN_NAME } from './lexer.ts'
import type { Token } from './lexer.ts'
import type { MetadataTable, MetricType } from './metadata.ts'

/** One exemplar: an example of what was counted. */
export interface Exemplar {
  readonly labels: Labels
  readonly value: number
  /** Unix ms; absent: the time of the scrape. */
  readonly timeMs?: number
}

const TYPES: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'], ['gauge', 'gauge'], ['histogram', 'histogram'], ['summary', 'summary'], ['untyped', 'unknown'],
])
const PROTOBUF_TYPES: ReadonlyMap<string, MetricType> = new Map([...TYPES, ['gaugehistogram', 'gaugehistogram']])
const OPENMETRICS_TYPES: ReadonlyMap<string, MetricType> = new Map([
  ['counter', 'counter'], ['gauge', 'gauge'], ['histogram', 'histogram'], ['gaugehistogram', 'gaugehistogram'], ['summary', 'summary'], ['info', 'info'],
  ['stateset', 'stateset'], ['unknown', 'unknown'],
])

/**
 * Pulls samples from a text body, one per {@link next}. Positions are byte offsets into the body; everything is overwritten by the next call.
 * Metadata lines on the way go into the table given to {@link open}.
 * @see Prometheus `model/textparse/promparse.go`, `openmetricsparse.go` for what is taken and for the messages
 */
export class SampleParser {
  readonly openMetrics: boolean
  /** First byte of the sample's line. */
  start = 0
  /** Behind the series part: name and labels as written. */
  seriesEnd = 0
  /** Where the value's text stands. */
  valueStart = 0
  valueEnd = 0
  /** The value; NaN is the ordinary NaN. */
  value = 0
  /** Whether the line has a time of its own. */
  hasTime = false
  /** Unix ms. */
  timeMs = 0
  /** Whether anything follows the value. */
  hasRest = false
  /** The family of the last TYPE line, -1 before the first one. */
  family = -1
  /** First byte behind the line. */
  end = 0
  readonly #lexer: Lexer
  /** The body once more, for making strings. */
  #text: Buffer = Buffer.alloc(0)
  /** Whether the sample's series is known to be ASCII. */
  #ascii = false
  #metadata: MetadataTable | undefined
  /** Pairs of positions: metric name, then label name and label value in turn. */
  readonly #offsets: number[] = []
  readonly #exemplarOffsets: number[] = []
  #exemplarValue = 0
  #exemplarTimeMs = 0
  #hasExemplar = false
  #exemplarHasTime = false

  readonly #types: ReadonlyMap<string, MetricType>

  /** @param ofProtobuf  the text was made of a protobuf body: it is 0.0.4 with UNIT lines and all types */
  constructor(openMetrics: boolean, ofProtobuf = false) {
    this.openMetrics = openMetrics
    this.#lexer = new Lexer(openMetrics, ofProtobuf)
    this.#types = openMetrics ? OPENMETRICS_TYPES : ofProtobuf ? PROTOBUF_TYPES : TYPES
  }

  /** Starts (or continues) reading `body[at, end)`; the family in force is `family`. The body is read in place, not kept behind the last sample. */
  open(body: Uint8Array, end: number, metadata: MetadataTable, at = 0, family = -1): void {
    const lexer = this.#lexer
    if (lexer.buf !== body) {
      lexer.buf = body
      this.#text = asBuffer(body)
    }
    lexer.end = end
    lexer.i = at
    lexer.start = at
    lexer.state = STATE.init
    this.end = at
    this.family = family
    this.#metadata = metadata
  }

  /** Moves to the next sample. @returns false at the end of the body @throws ExpositionError */
  next(): boolean {
    const lexer = this.#lexer
    for (;;) {
      this.start = lexer.i
      this.#offsets.length = 0
      this.#ascii = false
      this.#hasExemplar = false
      if (this.#fastSeries()) {
        if (this.takeValue(lexer.buf, lexer.end, this.seriesEnd + 1)) {
          lexer.i = this.end
          return true
        }
        lexer.i = this.seriesEnd
        lexer.state = STATE.value
        this.#suffix(lexer.next())
        return true
      }
      let token = lexer.next()
      switch (token) {
        case TOKEN.eof:
          if (this.openMetrics) throw new ExpositionError('data does not end with # EOF')
          this.end = lexer.i
          return false
        case TOKEN.eofWord:
          if (lexer.next() !== TOKEN.eof) throw new ExpositionError('unexpected data after # EOF')
          this.end = lexer.i
          return false
        case TOKEN.linebreak:
          // In OpenMetrics every line break ends a line with something in it.
          if (this.openMetrics) throw this.#error('expected a valid start token', token)
          continue
        case TOKEN.help:
        case TOKEN.type:
        case TOKEN.unit:
          this.#meta(token)
          continue
        case TOKEN.comment:
          token = lexer.next()
          if (token !== TOKEN.linebreak) throw this.#error('linebreak expected after comment', token)
          continue
        case TOKEN.braceOpen:
          this.#offsets.push(-1, -1)
          this.#labels(this.#offsets, false)
          this.seriesEnd = lexer.i
          this.#suffix(lexer.next())
          return true
        case TOKEN.metricName:
          this.#offsets.push(this.start, lexer.i)
          this.seriesEnd = lexer.i
          token = lexer.next()
          if (token === TOKEN.braceOpen) {
            this.#labels(this.#offsets, false)
            this.seriesEnd = lexer.i
            token = lexer.next()
          }
          this.#suffix(token)
          return true
        default: throw this.#error('expected a valid start token', token)
      }
    }
  }

  /** Takes a line that ends with its value, at `at`. @returns false for anything else; then nothing is changed */
  takeValue(body: Uint8Array, length: number, at: number): boolean {
    let e = at
    while (e < length && body[e]! > 32) e++
    if (e >= length || body[e] !== 10) return false
    let value = floatFromBytes(body, at, e)
    if (value !== value && (value = floatFromDigits(asBuffer(body), at, e)) !== value) return false
    this.valueStart = at
    this.valueEnd = e
    this.value = value
    this.hasTime = false
    this.hasRest = false
    this.#hasExemplar = false
    this.end = e + 1
    return true
  }

  /**
   * Reads the rest of a line whose series part is known: value, time, exemplar.
   * @param lineStart  first byte of the line, for messages
   * @param at         first byte behind the series part
   */
  readRest(lineStart: number, at: number): void {
    const lexer = this.#lexer
    this.start = lineStart
    this.seriesEnd = at
    this.#hasExemplar = false
    this.#ascii = false
    lexer.i = at
    lexer.state = STATE.value
    this.#offsets.length = 0
    this.#offsets.push(lineStart, at)
    this.#suffix(lexer.next())
  }

  /**
   * The labels of the sample as exposed, metric name included (it may be empty, or no UTF-8: see {@link invalidNames}).
   * @throws ExpositionError for a label that stands there twice
   */
  labels(): Labels {
    const o = this.#offsets
    const type = this.family < 0 ? 'unknown' : this.#metadata!.at(this.family).type
    const out: string[] = ['__name__', this.#name(o[0]!, o[1]!)]
    for (let i = 2; i < o.length; i += 4) {
      const name = this.#name(o[i]!, o[i + 1]!)
      let value = this.#unescaped(o[i + 2]!, o[i + 3]!)
      if ((name === 'le' && type === 'histogram') || (name === 'quantile' && type === 'summary')) value = normalizedFloat(value)
      // Insertion from behind: libraries write labels in order more often than not.
      let at = out.length
      while (at > 0 && compareText(out[at - 2]!, name) > 0) at -= 2
      if (at > 0 && out[at - 2] === name) throw new ExpositionError(`label name ${JSON.stringify(name)} is not unique: invalid sample`)
      if (at === out.length) out.push(name, value)
      else out.splice(at, 0, name, value)
    }
    for (let i = out.length - 1; i > 0; i -= 2) if (out[i] === '') out.splice(i - 1, 2)
    return out
  }

  /** The exemplar of the sample. */
  exemplar(): Exemplar | undefined {
    if (!this.#hasExemplar) return undefined
    const o = this.#exemplarOffsets
    const pairs: [string, string][] = []
    for (let i = 0; i < o.length; i += 4) pairs.push([this.#raw(o[i]!, o[i + 1]!), this.#raw(o[i + 2]!, o[i + 3]!)])
    pairs.sort((x, y) => compareText(x[0], y[0]))
    return { labels: pairs.flat(), value: this.#exemplarValue, ...(this.#exemplarHasTime && { timeMs: this.#exemplarTimeMs }) }
  }

  /**
   * The common form of a series at the line's start, `name{label="value",…} `: ASCII, nothing to skip, one space behind it. Anything else, errors included, is left
   * to the lexer. @returns whether it was one; then {@link seriesEnd} and the offsets are set and the lexer has not moved
   */
  #fastSeries(): boolean {
    const { buf, end, state, i: start } = this.#lexer
    if (state !== STATE.init) return false
    const o = this.#offsets
    let i = start
    if (!isNameStart(buf[i]!)) return false
    do i++
    while (i < end && isNameByte(buf[i]!))
    o.push(start, i)
    if (i < end && buf[i] === 123) {
      i++
      let whole = true
      while (i < end && buf[i] !== 125) {
        whole = false
        const from = i
        if (buf[i]! < 65) break
        while (i < end && isNameByte(buf[i]!) && buf[i] !== 58) i++
        if (i === from || i + 1 >= end || buf[i] !== 61 || buf[i + 1] !== 34) break
        const to = i
        const valueFrom = (i += 2)
        let c = 0
        // Up to the closing quote; escapes, control bytes and what is not ASCII end the fast way.
        while (i < end && (c = buf[i]!) !== 34 && c !== 92 && c >= 32 && c < 128) i++
        if (i >= end || c !== 34) break
        o.push(from, to, valueFrom, i++)
        whole = true
        if (buf[i] === 44) i++
        else break
      }
      if (!whole || i >= end || buf[i] !== 125) {
        o.length = 0
        return false
      }
      i++
    }
    if (i >= end || buf[i] !== 32) {
      o.length = 0
      return false
    }
    this.seriesEnd = i
    this.#ascii = true
    return true
  }

  #raw(from: number, to: number): string {
    return this.#ascii ? knownText(this.#text, from, to) : textOf(this.#lexer.buf, from, to)
  }

  /** A name, which may be quoted and need not be UTF-8. */
  #name(from: number, to: number): string {
    if (this.#ascii) return knownText(this.#text, from, to)
    return unescaped(textWithEscapes(this.#lexer.buf, from, to))
  }

  #unescaped(from: number, to: number): string {
    const text = this.#raw(from, to)
    return this.#ascii ? text : unescaped(text)
  }

  #error(expected: string, got: Token): ExpositionError {
    const { buf, i, start, limit } = this.#lexer
    const to = Math.min(limit, i + 1)
    return new ExpositionError(`${expected}, got ${this.#quoted(buf, start, to)} ("${TOKEN_NAME[got]!}") while parsing: ${this.#quoted(buf, this.start, to)}`)
  }

  /** Text 0.0.4 is read, and quoted, as if a line break followed the body. */
  #quoted(buf: Uint8Array, from: number, to: number): string {
    const { end } = this.#lexer
    if (to <= end) return quoteBytes(buf, from, to)
    return quoteBytes(buf, from, end).replace(/"$/, '\\n"')
  }

  #whileParsing(err: unknown): unknown {
    const { buf, i } = this.#lexer
    return err instanceof FloatError ? new ExpositionError(`${err.message} while parsing: ${this.#quoted(buf, this.start, i)}`) : err
  }

  #meta(kind: Token): void {
    const lexer = this.#lexer
    const word = TOKEN_NAME[kind]!
    let token = lexer.next()
    if (token !== TOKEN.metricName) throw this.#error(`expected metric name after ${word}`, token)
    const quoted = lexer.buf[lexer.start] === 34
    const from = quoted ? lexer.start + 1 : lexer.start
    const to = quoted ? lexer.i - 1 : lexer.i
    token = lexer.next()
    if (token !== TOKEN.text) throw new ExpositionError(this.openMetrics ? `expected text in ${word}` : `expected text in ${word}, got ${TOKEN_NAME[token]!}`)
    const textFrom = Math.min(lexer.start + 1, lexer.i)
    const textTo = this.openMetrics ? lexer.i - 1 : lexer.i
    const metadata = this.#metadata!
    const name = this.#raw(from, to)
    if (kind === TOKEN.type) {
      const type = this.#types.get(this.#raw(textFrom, textTo))
      if (type === undefined) throw new ExpositionError(`invalid metric type ${quoteBytes(lexer.buf, textFrom, textTo)}`)
      this.family = metadata.index(name)
      metadata.setType(this.family, type)
    } else if (kind === TOKEN.help) {
      if (!isUtf8(lexer.buf, textFrom, textTo)) throw new ExpositionError(`help text ${quoteBytes(lexer.buf, textFrom, textTo)} is not a valid utf8 string`)
      const help = this.#raw(textFrom, textTo)
      const escapes = this.openMetrics ? /\\([\\"n])/g : /\\([\\n])/g
      metadata.setHelp(metadata.index(name), help.includes('\\') ? help.replace(escapes, (_, c: string) => (c === 'n' ? '\n' : c)) : help)
    } else {
      const unit = this.#raw(textFrom, textTo)
      if (this.openMetrics && unit !== '' && !name.endsWith(`_${unit}`)) throw new ExpositionError(`unit ${JSON.stringify(unit)} not a suffix of metric ${JSON.stringify(name)}`)
      metadata.setUnit(metadata.index(name), unit)
    }
    if (!this.openMetrics) {
      token = lexer.next()
      if (token !== TOKEN.linebreak) throw this.#error('linebreak expected after metadata', token)
    }
  }

  /** What stands between the braces; the opening one is behind us. */
  #labels(offsets: number[], exemplar: boolean): void {
    const lexer = this.#lexer
    const { buf } = lexer
    let token = lexer.next()
    for (;;) {
      let from = lexer.start
      let to = lexer.i
      if (token === TOKEN.braceClose) return
      if (token !== TOKEN.labelName && token !== TOKEN.quoted) throw this.#error('expected label name', token)
      const quoted = token === TOKEN.quoted
      token = lexer.next()
      if (quoted && (token === TOKEN.comma || token === TOKEN.braceClose)) {
        // A quoted text alone is the metric name.
        if (exemplar) throw this.#error('expected label name', token)
        if (offsets[0] !== -1) throw new ExpositionError(`metric name already set while parsing: ${this.#quoted(buf, this.start, lexer.i)}`)
        offsets[0] = from + 1
        offsets[1] = to - 1
        if (token === TOKEN.braceClose) return
        token = lexer.next()
        continue
      }
      if (quoted) {
        from++
        to--
      }
      if (token !== TOKEN.equal) throw this.#error('expected equal', token)
      token = lexer.next()
      if (token !== TOKEN.labelValue) throw this.#error('expected label value', token)
      if (!isUtf8(buf, lexer.start, lexer.i)) throw new ExpositionError(`invalid UTF-8 label value: ${quoteBytes(buf, lexer.start, lexer.i)}`)
      offsets.push(from, to, lexer.start + 1, lexer.i - 1)
      token = lexer.next()
      if (token === TOKEN.comma) token = lexer.next()
      else if (this.openMetrics && token !== TOKEN.braceClose) throw this.#error('expected comma or brace close', token)
    }
  }

  #suffix(token: Token): void {
    const lexer = this.#lexer
    if (this.#offsets[0] === -1) throw new ExpositionError(`metric name not set while parsing: ${this.#quoted(lexer.buf, this.start, lexer.i)}`)
    if (token !== TOKEN.value) throw this.#error('expected value after metric', token)
    this.valueStart = this.openMetrics ? lexer.start + 1 : lexer.start
    this.valueEnd = lexer.i
    this.value = this.#float(this.valueStart, this.valueEnd)
    this.hasTime = false
    this.hasRest = false
    token = lexer.next()
    if (this.openMetrics) this.#openMetricsRest(token)
    else if (token === TOKEN.timestamp) {
      this.hasTime = this.hasRest = true
      this.timeMs = this.#integer(lexer.start, lexer.i)
      token = lexer.next()
      if (token !== TOKEN.linebreak) throw this.#error('expected next entry after timestamp', token)
    } else if (token !== TOKEN.linebreak) throw this.#error('expected timestamp or new record', token)
    this.end = Math.min(lexer.i, lexer.end)
  }

  #openMetricsRest(token: Token): void {
    const lexer = this.#lexer
    if (token === TOKEN.eof) throw new ExpositionError('data does not end with # EOF')
    if (token === TOKEN.linebreak) return
    this.hasRest = true
    if (token === TOKEN.comment) return this.#exemplarRest()
    // Prometheus lets an invalid token pass here; whatever follows it is then no valid start of a line.
    if (token !== TOKEN.timestamp) return
    this.hasTime = true
    this.timeMs = this.#timestamp('timestamp')
    token = lexer.next()
    if (token === TOKEN.comment) this.#exemplarRest()
    else if (token !== TOKEN.linebreak) throw this.#error('expected next entry after timestamp', token)
  }

  #exemplarRest(): void {
    const lexer = this.#lexer
    this.#exemplarOffsets.length = 0
    this.#labels(this.#exemplarOffsets, true)
    let token = lexer.next()
    if (token !== TOKEN.value) throw this.#error('expected value after exemplar labels', token)
    this.#exemplarValue = this.#float(lexer.start + 1, lexer.i)
    this.#hasExemplar = true
    this.#exemplarHasTime = false
    token = lexer.next()
    if (token === TOKEN.eof) throw new ExpositionError('data does not end with # EOF')
    if (token === TOKEN.linebreak) return
    if (token !== TOKEN.timestamp) throw this.#error('expected timestamp or comment', token)
    this.#exemplarHasTime = true
    this.#exemplarTimeMs = this.#timestamp('exemplar timestamp')
    token = lexer.next()
    if (token !== TOKEN.linebreak) throw this.#error('expected next entry after exemplar timestamp', token)
  }

  #float(from: number, to: number): number {
    const fast = floatFromBytes(this.#lexer.buf, from, to)
    if (fast === fast) return fast
    try {
      return floatFromText(this.#lexer.buf, from, to)
    } catch (err) {
      throw this.#whileParsing(err)
    }
  }

  /** Seconds with a fraction -> whole milliseconds, cut off. */
  #timestamp(what: string): number {
    const seconds = this.#float(this.#lexer.start + 1, this.#lexer.i)
    if (!Number.isFinite(seconds)) throw new ExpositionError(`invalid ${what} ${seconds !== seconds ? 'NaN' : seconds > 0 ? '+Inf' : '-Inf'}`)
    return Math.trunc(seconds * 1000)
  }

  /** A whole number of milliseconds within 64 bits. */
  #integer(from: number, to: number): number {
    const { buf } = this.#lexer
    let i = from
    while (i < to - 1 && buf[i] === 48) i++
    const n = to - i
    const text = n > 20 ? '' : this.#raw(i, to)
    if (n > 19 || (n === 19 && text > '9223372036854775807')) {
      throw new ExpositionError(`strconv.ParseInt: parsing ${quoteBytes(buf, from, to)}: value out of range while parsing: ${this.#quoted(buf, this.start, to)}`)
    }
    return Number(text)
  }
}

/** Letters, `_` and `:`. */
function isNameStart(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 58
}

function isNameByte(c: number): boolean {
  return isNameStart(c) || (c >= 48 && c <= 57)
}

/** Label names, and values that many series share: comparing bytes with a text costs less than making one, and equal texts are found faster when they are one. */
const KNOWN_BITS = 11
const LONGEST_KNOWN = 48
const knownTexts: string[] = Array.from({ length: 1 << KNOWN_BITS }, () => '')

/** ASCII bytes as a text. */
function knownText(b: Buffer, from: number, to: number): string {
  const n = to - from
  if (n > LONGEST_KNOWN) return b.toString('latin1', from, to)
  let h = n
  for (let i = from; i < to; i++) h = Math.imul(h ^ b[i]!, 0x01000193)
  const slot = (h ^ (h >>> 15)) & ((1 << KNOWN_BITS) - 1)
  const known = knownTexts[slot]!
  if (known.length === n) {
    let i = 0
    while (i < n && known.charCodeAt(i) === b[from + i]) i++
    if (i === n) return known
  }
  return (knownTexts[slot] = b.toString('latin1', from, to))
}

/** Bucket bounds and quantiles repeat from series to series. */
const normalized = new Map<string, string>()

function normalizedFloat(text: string): string {
  const known = normalized.get(text)
  if (known !== undefined) return known
  const bytes = Buffer.from(text)
  let result = text
  try {
    result = formatOpenMetricsFloat(floatFromText(bytes, 0, bytes.length))
  } catch (err) {
    if (!(err instanceof FloatError)) throw err
  }
  if (normalized.size >= 4096) normalized.clear()
  normalized.set(text, result)
  return result
}

function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\([\\"n])/g, (_, c: string) => (c === 'n' ? '\n' : c)) : text
}

/** Whether a label set can't be a series: a label without a name, or a name that is no UTF-8. Values are checked where they are read. */
export function invalidNames(labels: Labels): boolean {
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!
    if (name === '' || isBroken(name) || (name === '__name__' && isBroken(labels[i + 1]!))) return true
  }
  return false
}

const BROKEN = /\p{Surrogate}/u

/** Whether a text has half of a surrogate pair. Nearly none has a whole one. */
function isBroken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xf800) === 0xd800) return BROKEN.test(text)
  return false
}

/** A label set as Prometheus prints it: `{a="b", c="d"}`, the metric name as an ordinary label. */
export function labelsText(labels: Labels): string {
  let out = ''
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!
    out += `${i === 0 ? '' : ', '}${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quoteText(name)}=${quoteText(labels[i + 1]!)}`
  }
  return `{${out}}`
}
