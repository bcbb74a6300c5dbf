import { cssColor } from '@haechi/dashboards'
import type { Theme } from '@haechi/dashboards'

/** Stops of the schemes, lowest value first as they stand on a light page. Those that begin pale are turned round on a dark page, where pale means much. */
const PALE: Readonly<Record<string, readonly string[]>> = {
  Oranges: ['#fff5eb', '#fdd0a2', '#fd8d3c', '#d94801', '#7f2704'],
  Blues: ['#f7fbff', '#c6dbef', '#6baed6', '#2171b5', '#08306b'],
  Greens: ['#f7fcf5', '#c7e9c0', '#74c476', '#238b45', '#00441b'],
  Greys: ['#ffffff', '#d9d9d9', '#969696', '#525252', '#000000'],
  Purples: ['#fcfbfd', '#dadaeb', '#9e9ac8', '#6a51a3', '#3f007d'],
  Reds: ['#fff5f0', '#fcbba1', '#fb6a4a', '#cb181d', '#67000d'],
  BuGn: ['#f7fcfd', '#ccece6', '#66c2a4', '#238b45', '#00441b'],
  BuPu: ['#f7fcfd', '#bfd3e6', '#8c96c6', '#88419d', '#4d004b'],
  GnBu: ['#f7fcf0', '#ccebc5', '#7bccc4', '#2b8cbe', '#084081'],
  OrRd: ['#fff7ec', '#fdd49e', '#fc8d59', '#d7301f', '#7f0000'],
  PuBu: ['#fff7fb', '#d0d1e6', '#74a9cf', '#0570b0', '#023858'],
  PuBuGn: ['#fff7fb', '#d0d1e6', '#67a9cf', '#02818a', '#014636'],
  PuRd: ['#f7f4f9', '#d4b9da', '#df65b0', '#ce1256', '#67001f'],
  RdPu: ['#fff7f3', '#fcc5c0', '#f768a1', '#ae017e', '#49006a'],
  YlGn: ['#ffffe5', '#d9f0a3', '#78c679', '#238443', '#004529'],
  YlGnBu: ['#ffffd9', '#c7e9b4', '#41b6c4', '#225ea8', '#081d58'],
  YlOrBr: ['#ffffe5', '#fee391', '#fe9929', '#cc4c02', '#662506'],
  YlOrRd: ['#ffffcc', '#fed976', '#fd8d3c', '#e31a1c', '#800026'],
}
const FIXED: Readonly<Record<string, readonly string[]>> = {
  Spectral: ['#5e4fa2', '#66c2a5', '#e6f598', '#fee08b', '#f46d43', '#9e0142'],
  RdYlGn: ['#006837', '#66bd63', '#ffffbf', '#f46d43', '#a50026'],
  RdYlBu: ['#313695', '#74add1', '#ffffbf', '#f46d43', '#a50026'],
  RdBu: ['#053061', '#4393c3', '#f7f7f7', '#d6604d', '#67001f'],
  BrBG: ['#003c30', '#35978f', '#f5f5f5', '#bf812d', '#543005'],
  PRGn: ['#00441b', '#5aae61', '#f7f7f7', '#9970ab', '#40004b'],
  PiYG: ['#276419', '#7fbc41', '#f7f7f7', '#de77ae', '#8e0152'],
  PuOr: ['#2d004b', '#8073ac', '#f7f7f7', '#e08214', '#7f3b08'],
  RdGy: ['#1a1a1a', '#878787', '#ffffff', '#d6604d', '#67001f'],
  Turbo: ['#30123b', '#4686fb', '#1ae4b6', '#a4fc3c', '#fbb938', '#e3440a', '#7a0403'],
  Viridis: ['#440154', '#3b528b', '#21918c', '#5ec962', '#fde725'],
  Inferno: ['#000004', '#57106e', '#bc3754', '#f98e09', '#fcffa4'],
  Magma: ['#000004', '#51127c', '#b73779', '#fc8961', '#fcfdbf'],
  Plasma: ['#0d0887', '#7e03a8', '#cc4778', '#f89540', '#f0f921'],
  Cividis: ['#00224e', '#35456c', '#7d7c78', '#bcaf6f', '#fee838'],
  Warm: ['#6e40aa', '#d23ea7', '#ff5e63', '#efa72f', '#aff05b'],
  Cool: ['#6e40aa', '#417de0', '#1ac7c2', '#40f373', '#aff05b'],
  Cubehelix: ['#000000', '#1a4c4a', '#677b3c', '#cf8f8f', '#c8d8f1', '#ffffff'],
}

/** The colours of a scheme from the lowest value to the highest. An unknown scheme is Oranges, Grafana's own default. */
export function schemeColors(name: string, steps: number, reverse: boolean, theme: Theme): string[] {
  const pale = Object.hasOwn(PALE, name) ? PALE[name] : Object.hasOwn(FIXED, name) ? undefined : PALE['Oranges']
  const stops = pale ?? FIXED[name]!
  const turned = (pale !== undefined && theme === 'dark') !== reverse
  const list = turned ? stops.toReversed() : stops
  return Array.from({ length: steps }, (_, i) => mix(list, steps === 1 ? 1 : i / (steps - 1)))
}

/** One colour from hardly there to full. */
export function opacityColors(fill: string, steps: number, theme: Theme): string[] {
  const color = cssColor(fill, theme)
  return Array.from({ length: steps }, (_, i) => `color-mix(in srgb, ${color} ${Math.round((i + 1) / steps * 100)}%, transparent)`)
}

function mix(stops: readonly string[], at: number): string {
  const place = at * (stops.length - 1)
  const i = Math.min(stops.length - 2, Math.floor(place))
  const u = place - i
  const part = (hex: string, c: number): number => Number.parseInt(hex.slice(1 + c * 2, 3 + c * 2), 16)
  return `#${[0, 1, 2].map(c => Math.round(part(stops[i]!, c) * (1 - u) + part(stops[i + 1]!, c) * u).toString(16).padStart(2, '0')).join('')}`
}
