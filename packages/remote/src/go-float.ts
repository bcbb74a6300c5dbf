/** A number as Go's `%g` prints it: in powers of ten below 1e-4 and from 1e6 on, their exponent with at least two digits. */
export function goFloat(v: number): string {
  if (Number.isNaN(v)) return 'NaN'
  if (!Number.isFinite(v)) return v > 0 ? '+Inf' : '-Inf'
  if (v === 0) return Object.is(v, -0) ? '-0' : '0'
  const size = Math.abs(v)
  const text = size < 1e-4 || size >= 1e6 ? v.toExponential() : String(v)
  return text.replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`)
}
