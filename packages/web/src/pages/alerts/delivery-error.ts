import type { DeliveryView } from '@haechi/server'
import type { AlertKey, SayAlert } from './alert-words.ts'

/** A failed attempt in the reader's language: what happened, and what to do about it. */
export interface DeliveryError {
  readonly what: string
  readonly advice: string | undefined
}

/** Reasons without an answer, as the server says them, each with the sentence of the page. */
const REASONS: readonly (readonly [pattern: RegExp, key: AlertKey])[] = [
  [/^connection refused/, 'fault.refused'], [/^(?:no such host|temporary failure in name resolution)/, 'fault.dns'], [/certificate|self-signed|SSL|TLS|ERR_SSL|EPROTO/, 'fault.tls'],
  [/timed out|did not answer in time/, 'fault.timeout'], [/^(?:connection reset|connection closed)|no connection to the mail server/, 'fault.cut'], [/no route to host|network is unreachable/, 'fault.network'],
  [/refused name and password/, 'fault.auth'], [/the server ended during this attempt/, 'fault.ended'],
]

/** What an HTTP status of a refusal means. */
function statusKey(status: number): AlertKey | undefined {
  if (status === 401 || status === 403) return 'fault.401'
  if (status === 404 || status === 410) return 'fault.404'
  if (status === 429) return 'fault.429'
  if (status === 400 || status === 422) return 'fault.400'
  if (status >= 300 && status < 400) return 'fault.3xx'
  return status >= 500 && status < 600 ? 'fault.5xx' : undefined
}

/** Why an attempt failed; undefined where it did not. The other side's own words stay as they are. */
export function deliveryError(d: Pick<DeliveryView, 'ok' | 'httpStatus' | 'error'>, a: SayAlert, said: (text: string) => string = text => text): DeliveryError | undefined {
  if (d.ok) return undefined
  const error = d.error ?? ''
  // Mail servers have other numbers: their words say more.
  const ofStatus = d.httpStatus === undefined || /^\d{3}[ -]/.test(error) ? undefined : statusKey(d.httpStatus)
  const key = ofStatus ?? REASONS.find(([pattern]) => pattern.test(error))?.[1]
  if (key === undefined) return { what: error === '' ? String(d.httpStatus ?? '') : said(error), advice: undefined }
  const own = /HTTP \d{3}: (.+)$/s.exec(error)?.[1]
  const [what, advice] = a(key).split('|') as [string, string | undefined]
  return { what: ofStatus === undefined ? what : `${a('fault.answered', { status: d.httpStatus! })}${own === undefined ? '' : `: ${own}`}`, advice: ofStatus === undefined ? advice : what }
}
