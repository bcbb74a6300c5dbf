import type { ContactPoint } from '../views.ts'

/** Shortest text that counts as a secret: shorter ones stand everywhere by chance. */
const MIN_SECRET = 4

/** Everything secret of a contact point: parts of its address, header values, keys. Longest first. */
export function secretsOf(c: ContactPoint): readonly string[] {
  const out: string[] = []
  if (URL.canParse(c.url)) {
    const { pathname, search, searchParams, username, password } = new URL(c.url)
    if (pathname.length > 1) out.push(pathname, decoded(pathname))
    if (search.length > 1) out.push(search.slice(1))
    out.push(...pathname.split(/[/:]/).filter(p => p.length >= 16), username, password, ...searchParams.values())
  } else out.push(c.url)
  for (const value of Object.values(c.headers ?? {})) out.push(value, ...value.split(' ').slice(1))
  for (const s of [c.hmac?.secret, c.email?.password, c.email?.cramSecret, c.pagerduty?.key, c.opsgenie?.key, c.line?.token, c.tls?.key, c.email?.tls?.key, ...passwordOf(c.proxy?.url), ...Object.values(c.proxy?.headers ?? {}), ...Object.values(c.secrets ?? {})]) if (s !== undefined) out.push(s)
  return [...new Set(out)].filter(s => s.length >= MIN_SECRET).sort((a, b) => b.length - a.length)
}

function passwordOf(url: string | undefined): string[] {
  return url === undefined || !URL.canParse(url) ? [] : [decoded(new URL(url).password)]
}

/** The text with each secret shown as `<secret>`. */
export function redacted(text: string, secrets: readonly string[]): string {
  let out = text
  for (const s of secrets) out = out.replaceAll(s, '<secret>')
  return out
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
