/**
 * Tokens of the two text formats. The lexer is a small state machine: which bytes make a token depends on what came before, and a token that
 * can't be finished is `invalid` with the lexer standing at the byte that was wrong, because Prometheus' messages quote the text up to there.
 *
 * @see Prometheus `model/textparse/promlex.l` and `openmetricslex.l` for the grammar
 */
export const TOKEN = {
  invalid: 0, eof: 1, linebreak: 2, help: 3, type: 4, unit: 5, eofWord: 6, text: 7, comment: 8, metricName: 9, quoted: 10, braceOpen: 11, braceClose: 12,
  labelName: 13, labelValue: 14, comma: 15, equal: 16, timestamp: 17, value: 18,
} as const
export type Token = (typeof TOKEN)[keyof typeof TOKEN]

/** The names that Prometheus prints. */
export const TOKEN_NAME: readonly string[] = [
  'INVALID', 'EOF', 'LINEBREAK', 'HELP', 'TYPE', 'UNIT', 'EOFWORD', 'TEXT', 'COMMENT', 'MNAME', 'QSTRING', 'BOPEN', 'BCLOSE', 'LNAME', 'LVALUE', 'COMMA', 'EQUAL',
  'TIMESTAMP', 'VALUE',
]

/** Where the lexer stands in a line. */
export const STATE = {
  init: 0, comment: 1, metaName: 2, metaText: 3, labels: 4, labelValue: 5, value: 6, timestamp: 7, exemplar: 8, exemplarValue: 9, exemplarTimestamp: 10,
} as const
export type State = (typeof STATE)[keyof typeof STATE]

const NAME_START = 1
const NAME_COLON = 2
const DIGIT = 4
/** What a byte may be part of. */
const CLASS: Uint8Array = new Uint8Array(256)
for (let c = 0; c < 26; c++) CLASS[65 + c] = CLASS[97 + c] = NAME_START
CLASS[95] = NAME_START
CLASS[58] = NAME_COLON
for (let c = 48; c < 58; c++) CLASS[c] = DIGIT

const LF = 10
const SPACE = 32
const TAB = 9
const QUOTE = 34
const HASH = 35
const BACKSLASH = 92
const BRACE_OPEN = 123

/** Pulls tokens from a body. `end` is where reading stops; for text 0.0.4 a line break is read there even if the body has none. */
export class Lexer {
  buf: Uint8Array = new Uint8Array(0)
  end = 0
  /** The next byte. */
  i = 0
  /** First byte of the last token. */
  start = 0
  state: State = STATE.init
  readonly openMetrics: boolean
  /** Whether text 0.0.4 may have UNIT lines: text that was made of protobuf has. */
  readonly units: boolean

  constructor(openMetrics: boolean, units = false) {
    this.openMetrics = openMetrics
    this.units = units
  }

  /** Text 0.0.4 reads as if the body ended with one more line break. */
  #at(i: number): number {
    if (i < this.end) return this.buf[i]!
    return i === this.end && !this.openMetrics ? LF : 0
  }

  /** The number of bytes there are to read, the added line break included. */
  get limit(): number {
    return this.openMetrics ? this.end : this.end + 1
  }

  next(): Token {
    return this.openMetrics ? this.#nextOpenMetrics() : this.#nextText()
  }

  #nextText(): Token {
    for (;;) {
      if (this.i >= this.limit) return TOKEN.eof
      this.start = this.i
      let c = this.#at(this.i)
      if ((c === SPACE || c === TAB) && this.state !== STATE.metaText) {
        do c = this.#at(++this.i)
        while (c === SPACE || c === TAB)
        continue
      }
      switch (this.state) {
        case STATE.init:
          if (c === 0) return TOKEN.eof
          if (c === LF) {
            this.i++
            return TOKEN.linebreak
          }
          if (c === HASH) {
            c = this.#at(++this.i)
            if (c !== SPACE && c !== TAB) return this.#comment()
            do c = this.#at(++this.i)
            while (c === SPACE || c === TAB)
            return this.#commentWord()
          }
          if (c === BRACE_OPEN) return this.#single(STATE.labels, TOKEN.braceOpen)
          return this.#name(NAME_START | NAME_COLON, STATE.value, TOKEN.metricName)
        case STATE.metaName:
          if (c === QUOTE) return this.#string(STATE.metaText, TOKEN.metricName, true, false)
          return this.#name(NAME_START | NAME_COLON, STATE.metaText, TOKEN.metricName)
        case STATE.metaText:
          while (this.i < this.end && this.buf[this.i] !== LF) this.i++
          this.state = STATE.init
          return TOKEN.text
        case STATE.labels: return this.#labelToken(c, true)
        case STATE.labelValue:
          if (c === QUOTE) return this.#string(STATE.labels, TOKEN.labelValue, true, true)
          return TOKEN.invalid
        case STATE.value:
          if (c === BRACE_OPEN) return this.#single(STATE.labels, TOKEN.braceOpen)
          if (c === LF || c === 0) return TOKEN.invalid
          while (this.i < this.end) {
            c = this.buf[this.i]!
            if (c === BRACE_OPEN || c === SPACE || c === TAB || c === LF || c === 0) break
            this.i++
          }
          this.state = STATE.timestamp
          return TOKEN.value
        case STATE.timestamp:
          if (c === LF) return this.#single(STATE.init, TOKEN.linebreak)
          if (CLASS[c] !== DIGIT) return TOKEN.invalid
          while (CLASS[this.#at(this.i)] === DIGIT) this.i++
          return TOKEN.timestamp
        default: return TOKEN.invalid
      }
    }
  }

  #nextOpenMetrics(): Token {
    if (this.i >= this.end) return TOKEN.eof
    this.start = this.i
    const c = this.buf[this.i]!
    switch (this.state) {
      case STATE.init:
        if (c === HASH) {
          if (this.#at(this.i + 1) !== SPACE) {
            this.i++
            return TOKEN.invalid
          }
          this.i += 2
          return this.#metaWord()
        }
        if (c === BRACE_OPEN) return this.#single(STATE.labels, TOKEN.braceOpen)
        return this.#name(NAME_START | NAME_COLON, STATE.value, TOKEN.metricName)
      case STATE.metaName:
        if (c === QUOTE) return this.#string(STATE.metaText, TOKEN.metricName, true, false)
        return this.#name(NAME_START | NAME_COLON, STATE.metaText, TOKEN.metricName)
      case STATE.metaText: {
        if (c !== SPACE) return TOKEN.invalid
        while (this.i < this.end && this.buf[this.i] !== LF) this.i++
        if (this.i >= this.end) return TOKEN.invalid
        return this.#single(STATE.init, TOKEN.text)
      }
      case STATE.labels: return this.#labelToken(c, true)
      case STATE.labelValue: return c === QUOTE ? this.#string(STATE.labels, TOKEN.labelValue, false, true) : TOKEN.invalid
      case STATE.value:
        if (c === BRACE_OPEN) return this.#single(STATE.labels, TOKEN.braceOpen)
        return this.#word(c, STATE.timestamp, TOKEN.value)
      case STATE.timestamp:
        if (c === LF) return this.#single(STATE.init, TOKEN.linebreak)
        if (c === SPACE && this.#at(this.i + 1) === HASH && this.#at(this.i + 2) === SPACE) {
          this.i += 3
          if (this.#at(this.i) !== BRACE_OPEN) return TOKEN.invalid
          return this.#single(STATE.exemplar, TOKEN.comment)
        }
        return this.#word(c, STATE.timestamp, TOKEN.timestamp)
      case STATE.exemplar: return this.#exemplarToken(c)
      case STATE.exemplarValue:
        if (c === QUOTE) return this.#string(STATE.exemplar, TOKEN.labelValue, false, false)
        return this.#word(c, STATE.exemplarTimestamp, TOKEN.value)
      case STATE.exemplarTimestamp:
        if (c === LF) return this.#single(STATE.init, TOKEN.linebreak)
        return this.#word(c, STATE.exemplarTimestamp, TOKEN.timestamp)
      default: return TOKEN.invalid
    }
  }

  #single(state: State, token: Token): Token {
    this.i++
    this.state = state
    return token
  }

  #name(first: number, state: State, token: Token): Token {
    if ((CLASS[this.#at(this.i)]! & first) === 0) return TOKEN.invalid
    const rest = first | DIGIT
    do this.i++
    while ((CLASS[this.#at(this.i)]! & rest) !== 0)
    this.state = state
    return token
  }

  /** A quoted string. Broken off at the end of the body, at a backslash before a line break, and at a line break where `lines` is false. */
  #string(state: State, token: Token, lines: boolean, nul: boolean): Token {
    const { buf } = this
    const to = this.limit
    let i = this.i + 1
    for (; i < to; i++) {
      let c = this.#at(i)
      if (c === QUOTE) {
        this.i = i + 1
        this.state = state
        return token
      }
      if (c === BACKSLASH) {
        c = this.#at(++i)
        if (i >= to || c === LF) break
      } else if ((c === LF && !lines) || (c === 0 && !nul && i < buf.length)) break
    }
    this.i = Math.min(i, to)
    return TOKEN.invalid
  }

  /** In OpenMetrics: a space and all bytes up to the next space or line break. */
  #word(c: number, state: State, token: Token): Token {
    if (c !== SPACE) return TOKEN.invalid
    let i = this.i + 1
    while (i < this.end && this.buf[i] !== SPACE && this.buf[i] !== LF && this.buf[i] !== 0) i++
    if (i === this.i + 1) {
      this.i = i
      return TOKEN.invalid
    }
    this.i = i
    this.state = state
    return token
  }

  #labelToken(c: number, lines: boolean): Token {
    switch (c) {
      case 125: return this.#single(STATE.value, TOKEN.braceClose)
      case 61: return this.#single(STATE.labelValue, TOKEN.equal)
      case 44: return this.#single(STATE.labels, TOKEN.comma)
      case QUOTE: return this.#string(STATE.labels, TOKEN.quoted, lines, false)
      default: return this.#name(NAME_START, STATE.labels, TOKEN.labelName)
    }
  }

  #exemplarToken(c: number): Token {
    switch (c) {
      case 125: return this.#single(STATE.exemplarValue, TOKEN.braceClose)
      case 61: return this.#single(STATE.exemplarValue, TOKEN.equal)
      case 44: return this.#single(STATE.exemplar, TOKEN.comma)
      case QUOTE: return this.#string(STATE.exemplar, TOKEN.quoted, false, false)
      default: return this.#name(NAME_START, STATE.exemplar, TOKEN.labelName)
    }
  }

  /** Text 0.0.4, behind `# `: the words HELP and TYPE with a blank behind; anything else is a comment. */
  #commentWord(): Token {
    const { i } = this
    const token = this.#wordIs(i, 72, 69, 76, 80) ? TOKEN.help : this.#wordIs(i, 84, 89, 80, 69) ? TOKEN.type : this.units && this.#wordIs(i, 85, 78, 73, 84) ? TOKEN.unit : undefined
    if (token !== undefined) {
      let c = this.#at(i + 4)
      if (c === SPACE || c === TAB) {
        this.i = i + 4
        do c = this.#at(++this.i)
        while (c === SPACE || c === TAB)
        this.state = STATE.metaName
        return token
      }
    }
    return this.#comment()
  }

  #wordIs(i: number, a: number, b: number, c: number, d: number): boolean {
    return this.#at(i) === a && this.#at(i + 1) === b && this.#at(i + 2) === c && this.#at(i + 3) === d
  }

  #comment(): Token {
    while (this.i < this.end && this.buf[this.i] !== LF) this.i++
    this.state = STATE.init
    return TOKEN.comment
  }

  /** OpenMetrics, behind `# `: HELP, TYPE, UNIT with one space, or EOF. */
  #metaWord(): Token {
    const { i } = this
    if (this.#at(i) === 69 && this.#at(i + 1) === 79 && this.#at(i + 2) === 70) {
      this.i = i + (this.#at(i + 3) === LF ? 4 : 3)
      this.state = STATE.init
      return TOKEN.eofWord
    }
    const token = this.#wordIs(i, 72, 69, 76, 80) ? TOKEN.help : this.#wordIs(i, 84, 89, 80, 69) ? TOKEN.type : this.#wordIs(i, 85, 78, 73, 84) ? TOKEN.unit : TOKEN.invalid
    if (token === TOKEN.invalid || this.#at(i + 4) !== SPACE) {
      this.state = STATE.comment
      return TOKEN.invalid
    }
    this.i = i + 5
    this.state = STATE.metaName
    return token
  }
}
