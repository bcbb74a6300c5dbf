const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, M: 2_592_000_000, y: 31_536_000_000 }

/** Reads `15s`, `1m`, `1h30m` or a number of seconds. Undefined if it is none. @returns ms */
export function parseDurationMs(text: string): number | undefined {
  const t = text.trim()
  if (/^\d+(\.\d+)?$/.test(t)) return Number(t) * 1000
  const parts = [...t.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwMy])/g)]
  if (parts.length === 0 || parts.map(p => p[0]).join('') !== t) return undefined
  return parts.reduce((sum, p) => sum + Number(p[1]) * UNITS[p[2]!]!, 0)
}

/** Writes an interval with one unit, as Grafana's macros do: `20s`, `2m`, `500ms`. */
export function intervalText(ms: number): string {
  if (ms >= 31_536_000_000 && ms % 31_536_000_000 === 0) return `${ms / 31_536_000_000}y`
  for (const [unit, size] of [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000]] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  }
  if (ms >= 1000) return `${Math.floor(ms / 1000)}s`
  return `${Math.max(1, Math.round(ms))}ms`
}

/** Upper bound (exclusive) and the interval that stands for everything below it. */
const LADDER: readonly (readonly [below: number, value: number])[] = [
  [10, 1], [15, 10], [35, 20], [75, 50], [150, 100], [350, 200], [750, 500], [1500, 1000], [3500, 2000], [7500, 5000], [12_500, 10_000], [17_500, 15_000], [25_000, 20_000], [45_000, 30_000],
  [90_000, 60_000], [210_000, 120_000], [450_000, 300_000], [750_000, 600_000], [1_050_000, 900_000], [1_500_000, 1_200_000], [2_700_000, 1_800_000], [5_400_000, 3_600_000],
  [9_000_000, 7_200_000], [16_200_000, 10_800_000], [32_400_000, 21_600_000], [86_400_000, 43_200_000], [604_800_000, 86_400_000], [1_814_400_000, 604_800_000], [3_628_800_000, 2_592_000_000],
]

/** The round interval next to a raw one. Both in ms. */
export function roundInterval(ms: number): number {
  for (const [below, value] of LADDER) if (ms < below) return value
  return 31_536_000_000
}

/** The interval of a panel: the range over its points, rounded, at least `minMs`. */
export function calculateIntervalMs(rangeMs: number, maxDataPoints: number, minMs: number): number {
  return Math.max(roundInterval(Math.round(rangeMs / Math.max(1, maxDataPoints))), minMs)
}

/** `$__rate_interval`: long enough to always hold two samples. All in ms. */
export function rateIntervalMs(intervalMs: number, scrapeIntervalMs: number): number {
  return Math.max(intervalMs + scrapeIntervalMs, 4 * scrapeIntervalMs)
}
