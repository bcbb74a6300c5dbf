/** Exponential back-off of Alertmanager's sender: 0.5 s, factor 1.5, half up or down by chance, at most 60 s. @see cenkalti/backoff defaults */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.min(60_000, 500 * 1.5 ** (attempt - 1)) * (0.5 + random())
}
