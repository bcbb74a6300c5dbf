const BARS = '▁▂▃▄▅▆▇█'

/**
 * A line of bars, one per value, or per equal part of the values where there are more than `width`: then its highest. The lowest value is the lowest bar;
 * what is no finite number is a space.
 */
export function sparkline(values: readonly number[], width: number): string {
  const n = Math.min(width, values.length)
  const columns: number[] = []
  for (let i = 0; i < n; i++) {
    let highest = -Infinity
    for (const v of values.slice(Math.floor((i * values.length) / n), Math.floor(((i + 1) * values.length) / n))) if (Number.isFinite(v) && v > highest) highest = v
    columns.push(highest)
  }
  const finite = columns.filter(v => v > -Infinity)
  const low = Math.min(...finite)
  const span = Math.max(...finite) - low
  return columns.map(v => (v === -Infinity ? ' ' : BARS[span === 0 ? 3 : Math.min(BARS.length - 1, Math.floor(((v - low) / span) * BARS.length))]!)).join('')
}
