import type { PanelSeries } from './types.ts'

const HEAD = '{"status":"success","data":{"resultType":"matrix","result":['
const METRIC = '{"metric":'
const VALUES = ',"values":['

const QUOTE = 34
const COMMA = 44
const DOT = 46
const ZERO = 48
const OPEN = 91
const BACKSLASH = 92
const CLOSE = 93
const BRACE = 123
const BRACE_END = 125

/** Reads the text of an answer from front to back. Anything that isn't where it always is ends the reading. */
class Reader {
  at: number
  readonly text: string
  constructor(text: string, at: number) {
    this.text = text
    this.at = at
  }

  /** Steps over `part` if it is next. */
  take(part: string): boolean {
    if (!this.text.startsWith(part, this.at)) return false
    this.at += part.length
    return true
  }

  /** Steps over an object of strings, and returns where it ended; -1 if there is none. */
  skipLabels(): number {
    const { text } = this
    if (text.charCodeAt(this.at) !== BRACE) return -1
    let isInside = false
    for (let i = this.at + 1; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c === BACKSLASH) i++
      else if (c === QUOTE) isInside = !isInside
      else if (c === BRACE_END && !isInside) {
        this.at = i + 1
        return this.at
      }
    }
    return -1
  }

  /** Reads `[seconds,"value"]` pairs up to the list's end into `ts` (ms) and `vs`, at most as many as there is room for. @returns how many, or -1 */
  pairs(ts: Float64Array, vs: Float64Array): number {
    const { text } = this
    let i = this.at
    let n = 0
    for (;;) {
      if (text.charCodeAt(i) !== OPEN || n === ts.length) return -1
      i++
      let seconds = 0
      let c = text.charCodeAt(i)
      const from = i
      while (c >= ZERO && c <= ZERO + 9) {
        seconds = seconds * 10 + c - ZERO
        c = text.charCodeAt(++i)
      }
      if (c === DOT || c !== COMMA || i === from) {
        // Parts of seconds, times before 1970.
        i = text.indexOf(',', from)
        if (i < 0) return -1
        seconds = Number(text.slice(from, i))
        if (Number.isNaN(seconds)) return -1
      }
      ts[n] = Math.round(seconds * 1000)
      if (text.charCodeAt(i + 1) !== QUOTE) return -1
      const end = text.indexOf('"', i + 2)
      if (end < 0 || text.charCodeAt(end + 1) !== CLOSE) return -1
      vs[n++] = sampleNumber(text.slice(i + 2, end))
      i = end + 2
      c = text.charCodeAt(i)
      if (c === CLOSE) {
        this.at = i + 1
        return n
      }
      if (c !== COMMA) return -1
      i++
    }
  }
}

/** A number as the API writes it. */
export function sampleNumber(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
}

/**
 * The series of a range query's answer, read from its text without making an array and a string of each sample: for 50 lines over a day these are 150,000 things to
 * make and to clear away, and the chart waits for it.
 *
 * @param steps  how many samples a series has at most
 * @returns undefined for what is no plain answer with numbers only, which is read as JSON then
 */
export function matrixSeries(text: string, steps: number): PanelSeries[] | undefined {
  const reader = new Reader(text, 0)
  if (!reader.take(HEAD)) return undefined
  const out: PanelSeries[] = []
  const ts = new Float64Array(steps)
  const vs = new Float64Array(steps)
  if (!reader.take(']')) {
    do {
      if (!reader.take(METRIC)) return undefined
      const from = reader.at
      const to = reader.skipLabels()
      if (to < 0 || !reader.take(VALUES)) return undefined
      const n = reader.pairs(ts, vs)
      if (n < 0 || !reader.take('}')) return undefined
      out.push({ labels: JSON.parse(text.slice(from, to)) as Readonly<Record<string, string>>, ts: ts.slice(0, n), vs: vs.slice(0, n) })
    } while (reader.take(','))
    if (!reader.take(']')) return undefined
  }
  // Behind the data there may be notes, which panels don't show.
  return reader.take('}') ? out : undefined
}
