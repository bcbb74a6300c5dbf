import { flagOf, isObject, textOf } from '../json-reader.ts'
import { fieldName, guessType } from './frame.ts'
import { slashedPattern } from './field-matcher.ts'
import type { JsonObject } from '../model.ts'
import type { Cell, Frame, FrameField } from './frame.ts'

/** What a text holds, by name; undefined where it is of another form. */
type Extractor = (text: string) => Readonly<Record<string, unknown>> | undefined

/**
 * extractFields: a column for each name that the texts of a column hold: JSON, pairs of names and values, parts between delimiters, groups of a pattern.
 * A text that can't be read leaves its row empty.
 *
 * @see Grafana `public/app/features/transformers/extractFields`
 */
export function extractFields(frames: readonly Frame[], options: JsonObject): readonly Frame[] {
  const wanted = textOf(options['source'])
  const extract = extractorOf(textOf(options['format'], 'auto'), options)
  if (wanted === '' || extract === undefined) return frames
  const paths = options['format'] === 'json' && Array.isArray(options['jsonPaths']) ? (options['jsonPaths'] as unknown[]).filter(isObject).filter(p => textOf(p['path']) !== '') : []
  return frames.map(frame => {
    const named = (name: string): FrameField | undefined => frame.fields.find(f => f.name === name || fieldName(f, frame, frames) === name)
    const source = named(wanted)
    if (source === undefined) return frame
    const columns = new Map<string, unknown[]>()
    for (let i = 0; i < frame.length; i++) {
      const cell = source.values[i]
      if (typeof cell !== 'string') continue
      const found = read(extract, cell)
      if (found === undefined) continue
      const entries = paths.length === 0 ? Object.entries(found) : paths.map((p): [string, unknown] => [textOf(p['alias']) || textOf(p['path']), valueAt(found, textOf(p['path'])) ?? 'Not Found'])
      for (const [name, value] of entries) {
        let column = columns.get(name)
        if (column === undefined) {
          if (columns.size >= MOST_COLUMNS) continue
          column = Array.from({ length: frame.length }, () => null)
          columns.set(name, column)
        }
        column[i] = value
      }
    }
    const made = [...columns].map(([name, list]): FrameField => {
      const values = list.map(plainCell)
      return { name, type: guessType(values), values }
    })
    const time = flagOf(options['keepTime']) ? named('Time') ?? named('time') : undefined
    const fields = [...(flagOf(options['replace']) ? [] : frame.fields), ...(time === undefined ? [] : [time]), ...made]
    return { ...frame, fields, length: fields.length === 0 ? 0 : frame.length }
  })
}

/** Most columns that texts may make. */
const MOST_COLUMNS = 1000

function read(extract: Extractor, text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return extract(text)
  } catch {
    return undefined // Another row may be of the right form.
  }
}

/** A value of JSON as a cell; lists and objects are written out. */
function plainCell(v: unknown): Cell {
  if (v === null || v === undefined) return null
  return typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? v : JSON.stringify(v)
}

/** What stands at a path such as `a.b[0]`. */
function valueAt(json: unknown, path: string): unknown {
  let now: unknown = json
  for (const part of path.replace(/\[(\w+)\]/g, '.$1').split('.')) {
    if (part === '') continue
    if (typeof now !== 'object' || now === null || !Object.hasOwn(now, part)) return undefined
    now = (now as Readonly<Record<string, unknown>>)[part]
  }
  return now
}

function extractorOf(format: string, options: JsonObject): Extractor | undefined {
  const delimiter = textOf(options['delimiter'], ',')
  const byJson: Extractor = text => {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? json as Readonly<Record<string, unknown>> : json === null ? undefined : {}
  }
  const byDelimiter: Extractor = text => Object.fromEntries(text.trim().split(delimiter).map(p => [p.trim(), 1]))
  switch (format) {
    case 'json': return byJson
    case 'kvp': return keyValuePairs
    case 'delimiter': return byDelimiter
    case 'regexp': {
      const pattern = slashedPattern(textOf(options['regExp'])) ?? /(?<NewField>.*)/
      return text => pattern.exec(text)?.groups
    }
    // Every text has pairs, if only one without a value: what isn't JSON is read so.
    case 'auto': return text => read(byJson, text) ?? keyValuePairs(text)
    default: return undefined
  }
}

const SPACE = /[\s]/
const SEPARATOR = /[,;&{}]/

/**
 * `a=1, b: "x y" c`: names and values parted by `=` or `:`, pairs by spaces or `,;&{}`; quotes and backslashes keep what they hold together. A name
 * alone has an empty value.
 */
export function keyValuePairs(text: string): Record<string, string> {
  const out: Record<string, string> = {}
  let name: string | undefined
  let word = ''
  /** Whether a word was begun by a quote: it may be empty. */
  let isQuoted = false
  const end = (): void => {
    if (name !== undefined) {
      if (word !== '' || isQuoted) {
        out[name] = word
        name = undefined
      }
    } else if (word !== '') out[word] = ''
    word = ''
    isQuoted = false
  }
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (c === '\\') word += text[++i] ?? ''
    else if (c === '"' || c === '\'') {
      isQuoted = true
      for (i++; i < text.length && text[i] !== c; i++) word += text[i] === '\\' ? text[++i] ?? '' : text[i]!
    } else if (c === '=' || c === ':') {
      if (word === '') continue
      if (name !== undefined) out[name] = ''
      name = word
      word = ''
      isQuoted = false
    } else if (SPACE.test(c) || SEPARATOR.test(c)) end()
    else word += c
  }
  end()
  if (name !== undefined) out[name] = ''
  return out
}
