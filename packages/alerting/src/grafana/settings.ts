/** Something in Grafana's form that can't be used. The message names the key and what to do, never a secret. */
export class GrafanaAlertingError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'GrafanaAlertingError'
  }
}

/** Reads the settings of one contact point as Grafana writes them: numbers and booleans may be texts. */
export class Settings {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #where: string

  constructor(values: Readonly<Record<string, unknown>>, where: string) {
    this.#values = values
    this.#where = where
  }

  error(key: string, reason: string): GrafanaAlertingError {
    return new GrafanaAlertingError(`${this.#where}: settings.${key}: ${reason}`)
  }

  /** '' where it is missing. */
  text(key: string, fallback: string = ''): string {
    const v = this.#values[key]
    if (v === undefined || v === null || v === '') return fallback
    if (typeof v === 'string') return v
    if (typeof v === 'number' || typeof v === 'boolean') return String(v)
    throw this.error(key, 'expected a text')
  }

  required(key: string): string {
    const text = this.text(key).trim()
    if (text === '') throw this.error(key, 'is missing')
    return text
  }

  /** An http or https address. */
  url(key: string, fallback?: string): string {
    const text = fallback === undefined ? this.required(key) : this.text(key, fallback)
    if (text.includes('{{')) return text
    const parsed = URL.canParse(text) ? new URL(text) : undefined
    if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) throw this.error(key, 'not a web address; write http://… or https://…')
    return text
  }

  boolean(key: string, fallback: boolean): boolean {
    const v = this.#values[key]
    if (v === undefined || v === null || v === '') return fallback
    if (typeof v === 'boolean') return v
    if (v === 'true' || v === 'false') return v === 'true'
    throw this.error(key, 'expected true or false')
  }

  integer(key: string, fallback: number): number {
    const text = this.text(key)
    if (text === '') return fallback
    const n = Number(text)
    if (!Number.isSafeInteger(n)) throw this.error(key, 'expected a whole number')
    return n
  }

  oneOf<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
    const text = this.text(key, fallback)
    const found = allowed.find(a => a.toLowerCase() === text.toLowerCase())
    if (found === undefined) throw this.error(key, `unknown value; one of ${allowed.filter(a => a !== '').join(', ')}`)
    return found
  }

  map(key: string): Readonly<Record<string, string>> {
    const v = this.#values[key]
    if (v === undefined || v === null || v === '') return {}
    if (typeof v !== 'object' || Array.isArray(v)) throw this.error(key, 'expected names with texts')
    return Object.fromEntries(Object.entries(v).map(([name, value]) => [name, String(value)]))
  }

  /** A list of texts, or a text with one a line. */
  lines(key: string): readonly string[] {
    const v = this.#values[key]
    const list = Array.isArray(v) ? v.map(String) : this.text(key).split('\n')
    return list.map(t => t.trim()).filter(t => t !== '')
  }

  /** A JSON object, or its text. */
  object(key: string): Readonly<Record<string, unknown>> {
    const v = this.#values[key]
    let json: unknown = v ?? {}
    if (typeof v === 'string') {
      try {
        json = v.trim() === '' ? {} : JSON.parse(v)
      } catch {
        throw this.error(key, 'expected a JSON object')
      }
    }
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw this.error(key, 'expected a JSON object')
    return json as Readonly<Record<string, unknown>>
  }

  /** An object or a list, or its text; undefined where it is missing or empty. */
  json(key: string): unknown {
    const v = this.#values[key]
    if (v === undefined || v === null || v === '') return undefined
    if (typeof v === 'object') return v
    try {
      const read: unknown = JSON.parse(this.text(key))
      if (typeof read === 'object' && read !== null) return read
    } catch {
      // Said below.
    }
    throw this.error(key, 'expected a list or an object as JSON')
  }

  inner(key: string): Settings | undefined {
    const v = this.#values[key]
    if (v === undefined || v === null || v === '') return undefined
    if (typeof v !== 'object' || Array.isArray(v)) throw this.error(key, 'expected keys with values')
    return new Settings(v as Record<string, unknown>, `${this.#where}: settings.${key}`)
  }

  list(key: string): Settings[] {
    const v = this.#values[key]
    if (v === undefined || v === null || v === '') return []
    if (!Array.isArray(v)) throw this.error(key, 'expected a list')
    return v.map((item: unknown, i) => {
      if (typeof item !== 'object' || item === null) throw this.error(key, 'expected a list of keys with values')
      return new Settings(item as Record<string, unknown>, `${this.#where}: settings.${key}[${i}]`)
    })
  }

  /** The templates that are given, by other names. */
  texts(names: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const out: Record<string, string> = {}
    for (const [key, name] of Object.entries(names)) {
      const text = this.text(key)
      if (text !== '') out[name] = text
    }
    return out
  }
}
