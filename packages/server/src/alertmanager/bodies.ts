import type { PostableAlert, PostableSilence, SilenceMatcher } from '@haechi/alerting'
import { goQuote } from '@haechi/model'

/** A refusal: its body is a JSON text (semantic errors) or `{code, message}` (schema violations). @see Alertmanager api/v2 */
export class Refusal extends Error {
  readonly status: number
  readonly body: unknown

  constructor(status: number, body: unknown) {
    super(String(body))
    this.status = status
    // What is no UTF-8 in a parameter is kept as halves of pairs.
    this.body = typeof body === 'string' ? body.replace(/\p{Surrogate}/gu, '\ufffd') : body
  }
}

/** A request that violates the schema. Codes are go-openapi's: 601 wrong type, 602 required, 612 too few. */
export function violation(code: number, message: string): Refusal {
  return new Refusal(422, { code, message })
}

/** A body that is no JSON or has a member of another type. */
function unreadable(what: string, why: string): Refusal {
  return new Refusal(400, { code: 400, message: `parsing ${what} body from "" failed, because ${why}` })
}

/** What Go calls the type of a JSON value. */
function goType(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
}

/** The JSON of a request whose content type is JSON. @throws Refusal */
export function jsonBody(contentType: string | undefined, body: unknown, what: string): unknown {
  if (!/^application\/json\b/i.test(contentType ?? '')) {
    throw new Refusal(415, { code: 415, message: `unsupported media type ${goQuote(contentType ?? 'application/octet-stream')}, only [application/json] are allowed` })
  }
  const text = typeof body === 'string' ? body : ''
  if (text.trim() === '') throw violation(602, `${what} in body is required`)
  try {
    return JSON.parse(text)
  } catch {
    const at = text.trimStart()[0]!
    throw unreadable(what, '[{"-0123456789tfn'.includes(at) ? 'unexpected end of JSON input or invalid character' : `invalid character '${at}' looking for beginning of value`)
  }
}

/** Members of one JSON object, with Go's complaints about types. A null counts as missing. */
class Members {
  readonly #value: Readonly<Record<string, unknown>>
  readonly #what: string
  readonly #path: string

  constructor(value: Readonly<Record<string, unknown>>, what: string, path: string) {
    this.#value = value
    this.#what = what
    this.#path = path
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.#value, key) ? (this.#value[key] ?? undefined) : undefined
  }

  wrong(value: unknown, key: string, type: string): Refusal {
    return unreadable(this.#what, `json: cannot unmarshal ${goType(value)} into Go struct field ${this.#path}.${key} of type ${type}`)
  }

  text(key: string): string | undefined {
    const value = this.#get(key)
    if (value !== undefined && typeof value !== 'string') throw this.wrong(value, key, 'string')
    return value
  }

  flag(key: string): boolean | undefined {
    const value = this.#get(key)
    if (value !== undefined && typeof value !== 'boolean') throw this.wrong(value, key, 'bool')
    return value
  }

  texts(key: string): Record<string, string> | undefined {
    const value = this.#get(key)
    if (value === undefined) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) throw this.wrong(value, key, 'models.LabelSet')
    const out: Record<string, string> = Object.create(null) as Record<string, string>
    for (const [name, v] of Object.entries(value as object)) {
      if (v !== null && typeof v !== 'string') throw this.wrong(v, `${key}.${name}`, 'string')
      out[name] = v ?? ''
    }
    return out
  }

  /** Unix ms; undefined for Go's zero time too, which means: not given. */
  time(key: string): number | undefined {
    const text = this.text(key)
    if (text === undefined || text === '') return undefined
    const parts = /^(\d{4}-\d\d-\d\d)(?:(?:[Tt]| (?=\d\d:\d\d:\d\d$))(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([Zz]|[+-]\d\d:?\d\d)?)?$/.exec(text)
    const tMs = parts === null ? NaN : Date.parse(`${parts[1]!}T${parts[2] ?? '00:00:00'}${(parts[3] ?? 'Z').toUpperCase()}`)
    if (Number.isNaN(tMs)) throw unreadable(this.#what, `parsing time ${goQuote(text.slice(0, 100))} as "2006-01-02": cannot parse ${goQuote(text.slice(0, 100))} as "2006"`)
    if (text.startsWith('0001-01-01')) return undefined
    return tMs
  }

  list(key: string, type: string): readonly unknown[] | undefined {
    const value = this.#get(key)
    if (value !== undefined && !Array.isArray(value)) throw this.wrong(value, key, type)
    return value as readonly unknown[] | undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The alerts of `POST /alerts`. @throws Refusal */
export function postedAlerts(body: unknown): PostableAlert[] {
  if (body === null) return []
  if (!Array.isArray(body)) throw unreadable('alerts', `json: cannot unmarshal ${goType(body)} into Go value of type models.PostableAlerts`)
  const read = body.map((element: unknown) => {
    if (!isObject(element)) throw unreadable('alerts', `json: cannot unmarshal ${goType(element)} into Go value of type models.PostableAlert`)
    const m = new Members(element, 'alerts', 'Alert')
    return { labels: m.texts('labels'), annotations: m.texts('annotations'), startsAtMs: m.time('startsAt'), endsAtMs: m.time('endsAt'), generatorUrl: m.text('generatorURL') }
  })
  return read.map((a, i): PostableAlert => {
    if (a.generatorUrl !== undefined && a.generatorUrl !== '' && !isUri(a.generatorUrl)) throw violation(601, `${i}.generatorURL in body must be of type uri: ${goQuote(a.generatorUrl)}`)
    if (a.labels === undefined) throw violation(602, `${i}.labels in body is required`)
    return {
      labels: Object.entries(a.labels).flat(), annotations: Object.entries(a.annotations ?? {}).flat(), ...(a.generatorUrl === undefined ? {} : { generatorUrl: a.generatorUrl }),
      ...(a.startsAtMs === undefined ? {} : { startsAtMs: a.startsAtMs }), ...(a.endsAtMs === undefined ? {} : { endsAtMs: a.endsAtMs }),
    }
  })
}

/** Go's `url.ParseRequestURI`, roughly: a path from the root, or a scheme with something behind it. */
function isUri(text: string): boolean {
  return text.startsWith('/') || (/^[a-zA-Z][a-zA-Z0-9+.-]*:./.test(text) && URL.canParse(text))
}

/** The silence of `POST /silences`. @throws Refusal */
export function postedSilence(body: unknown, nowMs: number): PostableSilence {
  if (!isObject(body)) throw unreadable('silence', `json: cannot unmarshal ${goType(body)} into Go value of type struct { ID string "json:\\"id,omitempty\\"" }`)
  const m = new Members(body, 'silence', 'Silence')
  const id = m.text('id')
  const given = {
    comment: m.text('comment'), createdBy: m.text('createdBy'), endsAt: m.text('endsAt'), matchers: m.list('matchers', 'models.Matchers'), startsAt: m.text('startsAt'),
  }
  const matchers = given.matchers?.map((element, i): Partial<SilenceMatcher> => {
    if (!isObject(element)) throw m.wrong(element, `matchers.${i}`, 'models.Matcher')
    const one = new Members(element, 'silence', `Silence.matchers.${i}`)
    return { ...defined('isRegex', one.flag('isRegex')), ...defined('isEqual', one.flag('isEqual')), ...defined('name', one.text('name')), ...defined('value', one.text('value')) }
  })
  const annotations = m.texts('annotations')
  const startsAtMs = m.time('startsAt')
  const endsAtMs = m.time('endsAt')
  for (const key of ['comment', 'createdBy', 'endsAt'] as const) if (given[key] === undefined) throw violation(602, `${key} in body is required`)
  if (matchers === undefined) throw violation(602, 'matchers in body is required')
  if (matchers.length === 0) throw violation(612, 'matchers in body should have at least 1 items')
  matchers.forEach((one, i) => {
    for (const key of ['isRegex', 'name', 'value'] as const) if (one[key] === undefined) throw violation(602, `matchers.${i}.${key} in body is required`)
  })
  if (given.startsAt === undefined) throw violation(602, 'startsAt in body is required')
  const start = startsAtMs ?? nowMs
  const end = endsAtMs ?? -Infinity
  if (start >= end) throw new Refusal(400, 'Failed to create silence: start time must be before end time')
  if (end < nowMs) throw new Refusal(400, "Failed to create silence: end time can't be in the past")
  return {
    ...(id === undefined || id === '' ? {} : { id }), matchers: matchers.map(one => ({ name: one.name!, value: one.value!, isRegex: one.isRegex!, isEqual: one.isEqual ?? true })),
    startsAtMs: start, endsAtMs: end, createdBy: given.createdBy!, comment: given.comment!,
    ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } }),
  }
}

function defined<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>)
}
