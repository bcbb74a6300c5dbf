/** A text that is not a Prometheus duration. */
export class DurationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DurationError'
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { y: 365 * 86_400_000, w: 7 * 86_400_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** Milliseconds of a Prometheus duration such as `1h30m` or `0`. Each unit at most once, largest first. @throws DurationError with Prometheus' text */
export function parseDuration(text: string): number {
  if (text === '') throw new DurationError('empty duration string')
  if (text === '0') return 0
  const match = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text)
  if (match === null) throw new DurationError(`not a valid duration string: ${JSON.stringify(text)}`)
  let ms = 0
  for (const [i, unit] of ['y', 'w', 'd', 'h', 'm', 's', 'ms'].entries()) if (match[i + 1] !== undefined) ms += Number(match[i + 1]) * UNIT_MS[unit]!
  // Go holds a duration in int64 nanoseconds.
  if (ms > 9_223_372_036_854) throw new DurationError('duration out of range')
  return ms
}

/** The shortest Prometheus duration text: `1h30m`, `15s`, `0s`. `ms` is a non-negative integer. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  let left = ms
  let out = ''
  for (const unit of ['y', 'w', 'd', 'h', 'm', 's', 'ms']) {
    const size = UNIT_MS[unit]!
    // Prometheus prints years, weeks and days only when nothing smaller is left.
    if ((unit === 'y' || unit === 'w' || unit === 'd') && left % size !== 0) continue
    const count = Math.floor(left / size)
    if (count > 0) {
      out += `${count}${unit}`
      left -= count * size
    }
  }
  return out
}
