import type { Theme } from './palette.ts'

/** Five shades per hue, lightest first: super-light, light, plain, semi-dark, dark. */
const SHADES: Readonly<Record<string, readonly [string, string, string, string, string, string]>> = {
  red: ['#FFA6B0', '#FF7383', '#F2495C', '#E02F44', '#C4162A', '#AD0317'],
  orange: ['#FFCB7D', '#FFB357', '#FF9830', '#FF780A', '#FA6400', '#E55400'],
  yellow: ['#FFF899', '#FFEE52', '#FADE2A', '#F2CC0C', '#E0B400', '#CC9D00'],
  green: ['#C8F2C2', '#96D98D', '#73BF69', '#56A64B', '#37872D', '#19730E'],
  blue: ['#C0D8FF', '#8AB8FF', '#5794F2', '#3274D9', '#1F60C4', '#1250B0'],
  purple: ['#DEB6F2', '#CA95E5', '#B877D9', '#A352CC', '#8F3BB8', '#7C2EA3'],
}
const PREFIXES = ['super-light-', 'light-', '', 'semi-dark-', 'dark-']

function makeNamed(theme: Theme): ReadonlyMap<string, string> {
  const out = new Map<string, string>()
  // The light theme takes every name one step darker.
  const shift = theme === 'light' ? 1 : 0
  for (const [hue, shades] of Object.entries(SHADES)) PREFIXES.forEach((p, i) => out.set(p + hue, shades[i + shift]!))
  out.set('transparent', 'rgba(0,0,0,0)')
  out.set('white', '#ffffff')
  out.set('black', '#000000')
  out.set('gray', '#808080')
  out.set('text', theme === 'dark' ? 'rgb(204, 204, 220)' : 'rgb(36, 41, 46)')
  out.set('panel-bg', theme === 'dark' ? '#181b1f' : '#ffffff')
  return out
}

const NAMED: Readonly<Record<Theme, ReadonlyMap<string, string>>> = { dark: makeNamed('dark'), light: makeNamed('light') }

/** A colour of a dashboard (`green`, `semi-dark-red`, `#fff`, any CSS) as CSS in a theme. */
export function cssColor(name: string, theme: Theme): string {
  return NAMED[theme].get(name) ?? name
}

/** The modes `continuous-…`, lowest value first. */
const GRADIENTS: Readonly<Record<string, readonly string[]>> = {
  'continuous-GrYlRd': ['green', 'yellow', 'red'],
  'continuous-RdYlGr': ['red', 'yellow', 'green'],
  'continuous-BlYlRd': ['dark-blue', 'super-light-yellow', 'dark-red'],
  'continuous-YlRd': ['super-light-yellow', 'dark-red'],
  'continuous-BlPu': ['dark-blue', 'dark-purple'],
  'continuous-YlBl': ['super-light-yellow', 'dark-blue'],
  'continuous-blues': ['panel-bg', 'dark-blue'],
  'continuous-reds': ['panel-bg', 'dark-red'],
  'continuous-greens': ['panel-bg', 'dark-green'],
  'continuous-purples': ['panel-bg', 'dark-purple'],
  'continuous-viridis': ['#440154', '#414487', '#2a788e', '#22a884', '#7ad151', '#fde725'],
  'continuous-magma': ['#000004', '#3b0f70', '#8c2981', '#de4968', '#fe9f6d', '#fcfdbf'],
  'continuous-plasma': ['#0d0887', '#6a00a8', '#b12a90', '#e16462', '#fca636', '#f0f921'],
  'continuous-inferno': ['#000004', '#420a68', '#932667', '#dd513a', '#fca50a', '#fcffa4'],
  'continuous-cividis': ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'],
}

function rgb(css: string): readonly [number, number, number] {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(css)
  return hex ? [parseInt(hex[1]!, 16), parseInt(hex[2]!, 16), parseInt(hex[3]!, 16)] : [128, 128, 128]
}

/** A uniform B-spline through the colours, as d3's `interpolateRgbBasis`. @param percent 0..1 */
function spline(colors: readonly (readonly [number, number, number])[], percent: number): string {
  const n = colors.length - 1
  const t = Math.min(1, Math.max(0, percent))
  const i = t >= 1 ? n - 1 : Math.floor(t * n)
  const u = t >= 1 ? 1 : (t - i / n) * n
  const channel = (c: 0 | 1 | 2): number => {
    const v1 = colors[i]![c]
    const v2 = colors[i + 1]![c]
    const v0 = i > 0 ? colors[i - 1]![c] : 2 * v1 - v2
    const v3 = i < n - 1 ? colors[i + 2]![c] : 2 * v2 - v1
    const u2 = u * u
    const u3 = u2 * u
    return Math.round(((1 - 3 * u + 3 * u2 - u3) * v0 + (4 - 6 * u2 + 3 * u3) * v1 + (1 + 3 * u + 3 * u2 - 3 * u3) * v2 + u3 * v3) / 6)
  }
  return `rgb(${channel(0)}, ${channel(1)}, ${channel(2)})`
}

/** The colour of a `continuous-…` mode at a share of its range; undefined for other modes. */
export function continuousColor(mode: string, percent: number, theme: Theme): string | undefined {
  const names = GRADIENTS[mode]
  return names ? spline(names.map(n => rgb(cssColor(n, theme))), percent) : undefined
}
