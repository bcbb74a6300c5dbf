import { limitLines, limitText } from '@haechi/model'
import type { Limit } from '@haechi/model'
import { valueText } from '../receivers/alert-text.ts'
import { escapeHtml } from '../message-templates.ts'

/** What a picture shows. Times are Unix ms. */
export interface AlertChart {
  readonly title: string
  /** At most a dozen are drawn; the first is the alert's own and stands out. Columns of equal length, times ascending; NaN is a gap. */
  readonly series: readonly { readonly name: string; readonly ts: Float64Array; readonly vs: Float64Array }[]
  readonly unit: string
  /** A range is two lines. */
  readonly threshold?: Limit
  readonly startMs: number
  readonly endMs: number
  /** When it began to fire; undefined: not known. */
  readonly firedMs?: number
  readonly resolvedMs?: number
  /** IANA name; absent: this machine's. */
  readonly timeZone?: string
  readonly language: 'en' | 'ko'
}

export const CHART_WIDTH = 1000
export const CHART_HEIGHT = 420
const LEFT = 92
const RIGHT = 24
const TOP = 64
const BOTTOM = 44
const MAX_SERIES = 12
const FONT = 'Pretendard'
const INK = '#1f2328'
const PALE = '#57606a'
const GRID = '#e4e8ec'
const RED = '#d63232'
const GREEN = '#2ea043'
const LINES = ['#2563eb', '#9aa6b2', '#b7a58a', '#a3b7a0', '#b49fc2', '#8fb3bd'] as const

/** Round steps of an axis with about `count` of them. */
function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 2.5, 5, 10].map(f => f * power).find(s => s >= raw * 0.999) ?? raw
  const out: number[] = []
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9 && out.length < 20; i++) out.push(i * step)
  return out
}

const TIME_STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map(m => m * 60_000)

/** The picture of an alert: its value over time, the limit, and the time since it fires. @returns SVG of 1000 x 420 */
export function alertChartSvg(c: AlertChart): string {
  const drawn = c.series.slice(0, MAX_SERIES)
  const { low, high } = valueRange(c, drawn)
  const width = CHART_WIDTH - LEFT - RIGHT
  const height = CHART_HEIGHT - TOP - BOTTOM
  const x = (t: number): number => LEFT + ((t - c.startMs) / Math.max(1, c.endMs - c.startMs)) * width
  const y = (v: number): number => TOP + (1 - (v - low) / (high - low)) * height
  const n = (value: number): string => value.toFixed(1)
  const text = (tx: number, ty: number, content: string, fill: string, size: number, anchor: 'start' | 'middle' | 'end' = 'start'): string =>
    `<text x="${n(tx)}" y="${n(ty)}" font-family="${FONT}" font-size="${size}" fill="${fill}" text-anchor="${anchor}">${escapeHtml(content)}</text>`
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, more = ''): string => `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" stroke="${stroke}"${more}/>`

  const out = [`<svg xmlns="http://www.w3.org/2000/svg" width="${CHART_WIDTH}" height="${CHART_HEIGHT}" viewBox="0 0 ${CHART_WIDTH} ${CHART_HEIGHT}">`, `<rect width="100%" height="100%" fill="#ffffff"/>`]
  const chars = [...c.title]
  out.push(text(LEFT, 36, chars.length > 70 ? `${chars.slice(0, 69).join('')}…` : c.title, INK, 22))
  // The time since it fires, behind everything.
  if (c.firedMs !== undefined && c.firedMs < c.endMs) {
    const from = x(Math.max(c.startMs, c.firedMs))
    const to = x(Math.min(c.endMs, c.resolvedMs ?? c.endMs))
    if (to > from) out.push(`<rect x="${n(from)}" y="${TOP}" width="${n(to - from)}" height="${height}" fill="${RED}" fill-opacity="0.08"/>`, line(from, TOP, from, TOP + height, RED, ' stroke-width="1.5"'))
    if (c.resolvedMs !== undefined && c.resolvedMs <= c.endMs) out.push(line(to, TOP, to, TOP + height, GREEN, ' stroke-width="1.5"'))
  }
  for (const v of ticks(low, high, 4)) out.push(line(LEFT, y(v), LEFT + width, y(v), GRID), text(LEFT - 10, y(v) + 5, valueText(Number(v.toPrecision(6)), c.unit), PALE, 15, 'end'))
  const clock = new Intl.DateTimeFormat(c.language === 'ko' ? 'ko-KR' : 'en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(c.timeZone === undefined ? {} : { timeZone: c.timeZone }) })
  const stepMs = TIME_STEPS_MS.find(s => (c.endMs - c.startMs) / s <= 8) ?? (c.endMs - c.startMs) / 8
  for (let t = Math.ceil(c.startMs / stepMs) * stepMs; t <= c.endMs; t += stepMs) out.push(text(x(t), TOP + height + 26, clock.format(t), PALE, 15, 'middle'))
  for (const limit of c.threshold === undefined ? [] : limitLines(c.threshold)) {
    const at = y(limit.value)
    out.push(line(LEFT, at, LEFT + width, at, RED, ' stroke-width="2" stroke-dasharray="8 6"'), text(LEFT + width - 4, at < TOP + 24 ? at + 20 : at - 8, limitText(limit, v => valueText(v, c.unit), c.language), RED, 15, 'end'))
  }
  // The alert's own line last, on top of the others.
  for (let i = drawn.length - 1; i >= 0; i--) out.push(...paths(drawn[i]!, x, y, LINES[i === 0 ? 0 : 1 + ((i - 1) % (LINES.length - 1))]!, i === 0 ? 3 : 1.5))
  const names = drawn.slice(0, 3).map(s => s.name).filter(name => name !== '')
  const left = c.series.length - names.length
  if (c.series.length > 1 && names.length > 0) out.push(text(LEFT, 56, `${names.join('  ·  ')}${left > 0 ? `  +${left}` : ''}`.slice(0, 120), PALE, 14))
  out.push('</svg>')
  return out.join('')
}

function valueRange(c: AlertChart, drawn: AlertChart['series']): { readonly low: number; readonly high: number } {
  let low = Infinity
  let high = -Infinity
  const take = (v: number): void => {
    if (!Number.isFinite(v)) return
    low = Math.min(low, v)
    high = Math.max(high, v)
  }
  for (const s of drawn) for (const v of s.vs) take(v)
  for (const limit of c.threshold === undefined ? [] : limitLines(c.threshold)) take(limit.value)
  if (low > high) return { low: 0, high: 1 }
  // What can't be negative stands on zero, as long as that leaves something to see.
  if (low > 0 && low < high * 0.7) low = 0
  if (low === high) {
    const margin = Math.abs(low) * 0.1 || 1
    return { low: low - (low === 0 ? 0 : margin), high: high + margin }
  }
  return { low: low === 0 ? 0 : low - (high - low) * 0.05, high: high + (high - low) * 0.08 }
}

/** One path for each run without a gap; a run of one point is a dot. */
function paths(s: AlertChart['series'][number], x: (t: number) => number, y: (v: number) => number, colour: string, width: number): string[] {
  const out: string[] = []
  let run: string[] = []
  let [lastX, lastY] = [0, 0]
  const end = (): void => {
    if (run.length === 1) out.push(`<circle cx="${lastX.toFixed(1)}" cy="${lastY.toFixed(1)}" r="${width}" fill="${colour}"/>`)
    else if (run.length > 1) out.push(`<path d="M${run.join('L')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"/>`)
    run = []
  }
  // Three steps without a point are a gap.
  const stepMs = s.ts.length > 1 ? (s.ts[s.ts.length - 1]! - s.ts[0]!) / (s.ts.length - 1) : 0
  for (let i = 0; i < s.ts.length; i++) {
    const v = s.vs[i]!
    if (!Number.isFinite(v) || (run.length > 0 && s.ts[i]! - s.ts[i - 1]! > stepMs * 3 + 1)) end()
    if (!Number.isFinite(v)) continue
    lastX = x(s.ts[i]!)
    lastY = y(v)
    run.push(`${lastX.toFixed(1)} ${lastY.toFixed(1)}`)
  }
  end()
  return out
}
