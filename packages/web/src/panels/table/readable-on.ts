/** Black or white, whichever reads better on a colour; white on what can't be judged. */
export function readableOn(color: string): '#000000' | '#ffffff' {
  const rgb = channels(color)
  if (rgb === undefined) return '#ffffff'
  const [r, g, b] = rgb.map(c => {
    const s = c / 255
    return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b
  // Contrast with white is 1.05/(L+0.05), with black (L+0.05)/0.05.
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? '#ffffff' : '#000000'
}

function channels(color: string): readonly number[] | undefined {
  const hex = /^#([0-9a-f]{3,8})$/i.exec(color)?.[1]
  if (hex !== undefined) {
    const full = hex.length <= 4 ? [...hex].map(c => c + c).join('') : hex
    return [0, 2, 4].map(i => Number.parseInt(full.slice(i, i + 2), 16))
  }
  const list = /^rgba?\(([^)]+)\)$/.exec(color)?.[1]?.split(/[,\s/]+/).slice(0, 3).map(Number)
  return list !== undefined && list.length === 3 && list.every(Number.isFinite) ? list : undefined
}
