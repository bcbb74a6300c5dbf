/** The angle of a share of a scale that spans `sweep` around the top, in radians, clockwise from the top. */
export function scaleAngle(share: number, sweep: number): number {
  return (share - 0.5) * sweep
}

/** A place on a circle around 0, 0. */
export function onCircle(angle: number, radius: number): { readonly x: number; readonly y: number } {
  return { x: round(Math.sin(angle) * radius), y: round(-Math.cos(angle) * radius) }
}

/**
 * The SVG path of a piece of a ring around 0, 0.
 *
 * @param from, to  radians, clockwise from the top, `from` < `to`; a full circle is drawn as two halves
 */
export function ringPath(from: number, to: number, inner: number, outer: number): string {
  if (to - from >= Math.PI * 2 - 1e-6) return `${ringPath(from, from + Math.PI, inner, outer)}${ringPath(from + Math.PI, from + Math.PI * 2 - 1e-4, inner, outer)}`
  const large = to - from > Math.PI ? 1 : 0
  const a = onCircle(from, outer)
  const b = onCircle(to, outer)
  if (inner <= 0) return `M0 0L${a.x} ${a.y}A${outer} ${outer} 0 ${large} 1 ${b.x} ${b.y}Z`
  const c = onCircle(to, inner)
  const d = onCircle(from, inner)
  return `M${a.x} ${a.y}A${outer} ${outer} 0 ${large} 1 ${b.x} ${b.y}L${c.x} ${c.y}A${inner} ${inner} 0 ${large} 0 ${d.x} ${d.y}Z`
}

function round(v: number): number {
  return Math.round(v * 100) / 100
}
