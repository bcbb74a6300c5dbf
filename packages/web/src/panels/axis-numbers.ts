import type { YAxisSettings } from '../charts/chart-model.ts'

const NAMES = { axisSoftMin: 'softMin', axisSoftMax: 'softMax', axisWidth: 'width' } as const

/** What a field's own settings (`custom`) say about its axis in numbers; members that are none are left out. */
export function axisNumbers(custom: Readonly<Record<string, unknown>>): Partial<YAxisSettings> {
  return Object.fromEntries(Object.entries(NAMES).flatMap(([from, to]) => typeof custom[from] === 'number' && Number.isFinite(custom[from]) ? [[to, custom[from]]] : []))
}
