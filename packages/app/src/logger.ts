import { pino } from 'pino'
import type { Logger } from 'pino'

/** The logger of every part: constant message, variable parts as fields. */
export type { Logger } from 'pino'

/** Fields that may hold a secret; they are replaced whatever part logs them. */
const REDACTED = ['password', 'authorization', 'token', 'cookie', 'webhook', 'secret', '*.password', '*.authorization', '*.token', '*.cookie', '*.webhook', '*.secret', 'headers.authorization', 'headers.cookie']

/**
 * Makes the root logger. Lines are written at once, so that the last one before a crash is there.
 *
 * @param write takes whole lines
 */
export function createLogger(level: string, format: 'logfmt' | 'json', write: (line: string) => void): Logger {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, formatters: { level: label => ({ level: label }) }, redact: { paths: REDACTED, censor: '<secret>' } },
    { write: line => write(format === 'json' ? line : logfmt(line)) },
  )
}

/** One JSON line as `time=… level=… msg="…" key=value`, the order in which Prometheus writes. */
function logfmt(line: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const parts = [`time=${text(time)}`, `level=${text(String(level).toUpperCase())}`]
  if (msg !== undefined) parts.push(`msg=${text(msg)}`)
  for (const [key, value] of Object.entries(rest)) parts.push(`${key}=${text(value)}`)
  if (err !== undefined) {
    const { message, stack } = err as { message?: string; stack?: string }
    parts.push(`err=${text(message ?? err)}`)
    if (level === 'error' && stack !== undefined) parts.push(`stack=${text(stack)}`)
  }
  return `${parts.join(' ')}\n`
}

function text(value: unknown): string {
  const plain = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /^[^\s"=]+$/.test(plain) ? plain : JSON.stringify(plain)
}
