import type uPlot from 'uplot'
import type { ChartSeries } from './chart-model.ts'

/** A colour with an alpha, whatever its notation. */
export function withAlpha(color: string, alpha: number): string {
  const hex = /^#([0-9a-f]{6})$/i.exec(color)
  if (hex) return `#${hex[1]!}${Math.round(Math.min(1, alpha) * 255).toString(16).padStart(2, '0')}`
  return `color-mix(in srgb, ${color} ${Math.round(alpha * 100)}%, transparent)`
}

type Paint = string | ((u: uPlot) => string | CanvasGradient)

/** What a line is drawn with: its colour, or colours by value. */
export function strokePaint(s: ChartSeries, scale: string): Paint {
  if (s.style.gradient === 'scheme' && s.stops !== undefined) {
    const { stops } = s
    return u => valueGradient(u, scale, stops, 1)
  }
  if (s.style.gradient === 'hue') return u => vertical(u, [[0, turned(s.color, 30)], [1, turned(s.color, -15)]])
  return s.color
}

/** What lies below a line. @param alpha  0..1 */
export function fillPaint(s: ChartSeries, scale: string, alpha: number): Paint {
  switch (s.style.gradient) {
    case 'opacity': return u => vertical(u, [[0, withAlpha(s.color, alpha)], [1, withAlpha(s.color, 0)]])
    case 'hue': return u => vertical(u, [[0, withAlpha(turned(s.color, 30), alpha)], [1, withAlpha(turned(s.color, -15), alpha)]])
    case 'scheme': {
      const { stops } = s
      return stops === undefined ? withAlpha(s.color, alpha) : u => valueGradient(u, scale, stops, alpha)
    }
    default: return withAlpha(s.color, alpha)
  }
}

function vertical(u: uPlot, stops: readonly (readonly [at: number, color: string])[]): CanvasGradient | string {
  const { top, height } = u.bbox
  // Before its first layout a plot has no height.
  if (!(height > 0)) return stops[0]![1]
  const gradient = u.ctx.createLinearGradient(0, top, 0, top + height)
  for (const [at, color] of stops) gradient.addColorStop(at, color)
  return gradient
}

/** Colours that stand at their values on the axis. */
function valueGradient(u: uPlot, scale: string, { isStep, list }: NonNullable<ChartSeries['stops']>, alpha: number): CanvasGradient | string {
  const { top, height } = u.bbox
  const painted = (color: string): string => alpha < 1 ? withAlpha(color, alpha) : color
  if (!(height > 0) || list.length === 0) return painted(list.at(-1)?.color ?? '#888888')
  const gradient = u.ctx.createLinearGradient(0, top + height, 0, top)
  const place = (value: number): number => Math.min(1, Math.max(0, value === -Infinity ? 0 : 1 - (u.valToPos(value, scale, true) - top) / height))
  list.forEach((stop, i) => {
    gradient.addColorStop(place(stop.value), painted(stop.color))
    const next = list[i + 1]
    if (isStep) gradient.addColorStop(next === undefined ? 1 : place(next.value), painted(stop.color))
  })
  return gradient
}

/** A colour turned on the wheel of hues, in degrees; one that is not written in hex stays. */
export function turned(color: string, degrees: number): string {
  const hex = /^#([0-9a-f]{6})$/i.exec(color)?.[1]
  if (hex === undefined) return color
  const [r, g, b] = [0, 2, 4].map(i => Number.parseInt(hex.slice(i, i + 2), 16) / 255) as [number, number, number]
  const max = Math.max(r, g, b)
  const min = Math.min(r, g, b)
  const d = max - min
  if (d === 0) return color
  const hue = (max === r ? ((g - b) / d + 6) % 6 : max === g ? (b - r) / d + 2 : (r - g) / d + 4) * 60
  const light = (max + min) / 2
  const saturation = d / (1 - Math.abs(2 * light - 1))
  const c = (1 - Math.abs(2 * light - 1)) * saturation
  const part = (shift: number): string => {
    const k = ((hue + degrees + 360) % 360 / 60 + shift) % 6
    const v = light - c / 2 + c * Math.max(0, Math.min(1, 2 - Math.abs(k - 2)))
    return Math.round(Math.min(1, Math.max(0, v)) * 255).toString(16).padStart(2, '0')
  }
  // Red, green and blue are highest at 0, 120 and 240 degrees.
  return `#${part(2)}${part(0)}${part(4)}`
}
