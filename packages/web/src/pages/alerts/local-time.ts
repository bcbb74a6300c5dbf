/** A moment as a date field of the browser takes it, local, to the minute: `2026-03-01T09:05`. */
export function localInput(ms: number): string {
  const d = new Date(ms)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`
}

/** Unix ms of what a date field holds; undefined for none. */
export function msOfInput(text: string): number | undefined {
  const ms = new Date(text).getTime()
  return Number.isNaN(ms) ? undefined : ms
}
