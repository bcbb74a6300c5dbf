/** A moment as a field of date and time holds it, in the browser's zone, to the second. @param tMs  Unix ms */
export function localMoment(tMs: number): string {
  const d = new Date(tMs)
  const two = (n: number): string => String(n).padStart(2, '0')
  return Number.isNaN(d.getTime()) ? '' : `${String(d.getFullYear()).padStart(4, '0')}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
}

/** Reads `localMoment`: Unix ms; undefined for what is no moment. */
export function momentOf(text: string): number | undefined {
  const t = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? new Date(text).getTime() : NaN
  return Number.isNaN(t) ? undefined : t
}
