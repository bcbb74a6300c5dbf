type Channels = readonly [red: number, green: number, blue: number]

/** Black or white, whichever reads better on a colour; white on what can't be judged. */
export function readableOn(color: string): '#000000' | '#ffffff' {
  const rgb = channels(color)
  if (rgb === undefined) return '#ffffff'
  const l = luminance(rgb)
  return contrast(1, l) >= contrast(l, 0) ? '#ffffff' : '#000000'
}

/**
 * A colour in which text can be read on a panel: the colour itself, or it mixed with black or white until the contrast is reached.
 *
 * @param least  4.5 for text, 3 for large numbers, as WCAG asks
 */
export function readableText(color: string, theme: 'dark' | 'light', least: number): string {
  const rgb = channels(color)
  if (rgb === undefined) return color
  const surface = theme === 'dark' ? luminance([0x17, 0x1c, 0x1c]) : 1
  const end = theme === 'dark' ? 255 : 0
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = rgb.map(c => Math.round(c * (1 - share) + end * share)) as unknown as Channels
    const l = luminance(mixed)
    if (contrast(Math.max(l, surface), Math.min(l, surface)) >= least) return share === 0 ? color : `rgb(${mixed.join(', ')})`
  }
  return theme === 'dark' ? '#ffffff' : '#000000'
}

function contrast(light: number, dark: number): number {
  return (light + 0.05) / (dark + 0.05)
}

/** @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(rgb: Channels): number {
  const [r, g, b] = rgb.map(c => {
    const s = c / 255
    return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function channels(color: string): Channels | undefined {
  const hex = /^#([0-9a-f]{3,8})$/i.exec(color)?.[1]
  if (hex !== undefined && hex.length !== 5 && hex.length !== 7) {
    const full = hex.length <= 4 ? [...hex].map(c => c + c).join('') : hex
    return [0, 2, 4].map(i => Number.parseInt(full.slice(i, i + 2), 16)) as unknown as Channels
  }
  const list = /^rgba?\(([^)]+)\)$/.exec(color)?.[1]?.split(/[,\s/]+/).slice(0, 3).map(Number)
  return list !== undefined && list.length === 3 && list.every(Number.isFinite) ? list as unknown as Channels : undefined
}
