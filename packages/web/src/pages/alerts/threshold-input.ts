import { numberText, quantityText } from '../../format/quantity.ts'

/** How a threshold is shown in its field: the number there is the rule's value times `factor`. */
export interface ThresholdScale {
  readonly factor: number
  readonly unit: string
}

/** People write 5 %, not 0.05. Other units are written as they are. */
export function displayScale(unit: string): ThresholdScale {
  switch (unit) {
    case 'percentunit': case 'ratio': return { factor: 100, unit: '%' }
    case 'percent': return { factor: 1, unit: '%' }
    case 'reqps': return { factor: 1, unit: 'req/s' }
    case 'bytes': return { factor: 1, unit: 'B' }
    case 'none': case 'short': return { factor: 1, unit: '' }
    default: return { factor: 1, unit }
  }
}

/** A threshold in words, as exact as it was written: `5 %`, `1.5 s`. */
export function thresholdText(value: number, unit: string): string {
  const scale = displayScale(unit)
  return quantityText({ text: numberText(Number((value * scale.factor).toPrecision(6))), unit: scale.unit })
}

/** The number that someone typed; a decimal comma is one, too. Undefined if it is none. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim().replace(/^−/, '-').replace(',', '.')
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)) return undefined
  return Number(trimmed)
}
