import type { ContactPointField } from '@haechi/server'

/** Settings of a contact point, as the server shows them. */
export type SettingsJson = Readonly<Record<string, unknown>>
/** What the fields of a form hold, by the key of the field. */
export type FieldValues = Readonly<Record<string, string | boolean | readonly SettingsJson[]>>

/** How the server shows a secret; sent back it stays as it was. */
export const REDACTED = '[REDACTED]'

const record = (v: unknown): SettingsJson => (v !== null && typeof v === 'object' && !Array.isArray(v) ? (v as SettingsJson) : {})

/** The value of a key; a dot leads into an object. */
export function settingAt(settings: SettingsJson, key: string): unknown {
  return key.split('.').reduce<unknown>((v, part) => record(v)[part], settings)
}

/** The settings with a value put or taken away (undefined); an object that has nothing left goes too. */
export function withSetting(settings: SettingsJson, key: string, value: unknown): SettingsJson {
  const [first, ...rest] = key.split('.') as [string, ...string[]]
  const { [first]: old, ...others } = settings
  const next = rest.length === 0 ? value : withSetting(record(old), rest.join('.'), value)
  return next === undefined || (rest.length > 0 && Object.keys(record(next)).length === 0) ? others : { ...settings, [first]: next }
}

/** What the fields show of settings. A secret begins empty. */
export function fieldValues(fields: readonly ContactPointField[], settings: SettingsJson): FieldValues {
  const out: Record<string, string | boolean | readonly SettingsJson[]> = {}
  for (const f of fields) {
    const v = settingAt(settings, f.key)
    if (f.input === 'boolean') out[f.key] = v === true || v === 'true'
    else if (f.input === 'rows') out[f.key] = Array.isArray(v) ? v.map(record) : []
    else if (f.input === 'json') out[f.key] = v === undefined || v === null ? '' : typeof v === 'object' ? JSON.stringify(v, undefined, 2) : String(v)
    else if (f.input === 'map') out[f.key] = Object.entries(record(v)).map(([name, text]) => `${name}: ${String(text)}`).join('\n')
    else if (Array.isArray(v)) out[f.key] = v.join('\n')
    else if (v !== undefined && v !== null && v !== REDACTED && typeof v !== 'object') out[f.key] = String(v)
  }
  return out
}

/** Whether a stored secret stands behind a field. */
export function isStored(f: ContactPointField, settings: SettingsJson): boolean {
  return settingAt(settings, f.key) === REDACTED
}

/** An object or a list written as JSON; undefined: it is neither. */
export function jsonOf(text: string): unknown {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null ? read : undefined
  } catch {
    return undefined
  }
}

/** A row with the value of a column put, or taken away where it is empty; what has no column stays. */
export function withCell(row: SettingsJson, key: string, value: string | boolean): SettingsJson {
  const { [key]: _old, ...others } = row
  return value === '' || value === false ? others : { ...row, [key]: value }
}

/** Names with texts, one pair a line; undefined: a line is none. */
export function mapOf(text: string): Readonly<Record<string, string>> | undefined {
  const out: Record<string, string> = {}
  for (const line of text.split('\n').map(l => l.trim()).filter(l => l !== '')) {
    const at = line.indexOf(':')
    if (at < 1) return undefined
    out[line.slice(0, at).trim()] = line.slice(at + 1).trim()
  }
  return out
}

/**
 * The settings to send: what the fields say over what was there. A secret that was left empty stays, unless it is to be cleared; a field that was emptied is taken away; what has no field stays.
 * @param cleared  keys of stored secrets to forget
 */
export function settingsJson(fields: readonly ContactPointField[], values: FieldValues, old: SettingsJson, cleared: ReadonlySet<string>): SettingsJson {
  let out = old
  for (const f of fields) {
    const v = values[f.key]
    const text = typeof v === 'string' ? v.trim() : ''
    if (f.input === 'boolean') {
      // What was never said stays unsaid.
      if (v === true || settingAt(old, f.key) !== undefined) out = withSetting(out, f.key, v === true)
    } else if (f.input === 'rows') {
      const kept = (Array.isArray(v) ? (v as readonly SettingsJson[]) : []).filter(row => Object.keys(row).length > 0)
      out = withSetting(out, f.key, kept.length === 0 ? undefined : kept)
    } else if (text === '') {
      if (!isStored(f, old) || cleared.has(f.key)) out = withSetting(out, f.key, undefined)
    } else if (f.input === 'map') out = withSetting(out, f.key, mapOf(text))
    else if (f.input === 'json') out = withSetting(out, f.key, jsonOf(text))
    else if (Array.isArray(settingAt(old, f.key))) out = withSetting(out, f.key, text.split('\n').map(l => l.trim()).filter(l => l !== ''))
    else out = withSetting(out, f.key, text)
  }
  return out
}
