/** JSON as Go's encoder writes it: markup characters as escapes, a line feed at the end. Members that are undefined are left out. */
export function goJson(value: unknown): string {
  return `${JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** The member if it says something: for Go's `omitempty`. */
export function some(name: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === '' ? {} : { [name]: value }
}

/** Form fields in the order of their names, as Go's `url.Values.Encode` writes them. */
export function goForm(fields: Readonly<Record<string, string>>): string {
  const escaped = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+')
  return Object.keys(fields).sort().map(name => `${escaped(name)}=${escaped(fields[name]!)}`).join('&')
}
