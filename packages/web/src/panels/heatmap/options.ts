import { numberIn, oneOf, optionsAt } from '../option-values.ts'
import type { JsonObject, Panel } from '@haechi/dashboards'

/** How many stretches one direction of a computed heatmap has, or how wide they are. */
export interface BucketRule {
  readonly count?: number
  readonly size?: number
}

/** What of a heatmap's options is drawn. */
export interface HeatmapOptions {
  /** The panel itself counts values into buckets. */
  readonly calculate: boolean
  readonly x: BucketRule
  readonly y: BucketRule
  readonly color: {
    readonly mode: 'scheme' | 'opacity'
    readonly scheme: string
    readonly fill: string
    readonly scale: 'exponential' | 'linear'
    readonly exponent: number
    readonly steps: number
    readonly reverse: boolean
    readonly min?: number
    readonly max?: number
  }
  readonly unit: string
  readonly decimals?: number
  readonly axisLabel: string
  readonly isReversed: boolean
  readonly cellGap: number
  /** Counts outside are left out. */
  readonly above: number
  readonly below: number
  readonly cellUnit: string
  readonly cellDecimals?: number
  readonly showValue: 'auto' | 'never' | 'always'
}

function bucketRule(json: JsonObject): BucketRule {
  const n = typeof json['value'] === 'string' ? Number.parseFloat(json['value']) : typeof json['value'] === 'number' ? json['value'] : NaN
  if (!(n > 0)) return {}
  return json['mode'] === 'size' ? { size: n } : json['mode'] === 'count' ? { count: Math.min(500, Math.round(n)) } : {}
}

/** Reads a panel's options. */
export function heatmapOptions(panel: Panel): HeatmapOptions {
  const { options } = panel
  const color = optionsAt(options, 'color')
  const y = optionsAt(options, 'yAxis')
  const cell = optionsAt(options, 'cellValues')
  const filter = optionsAt(options, 'filterValues')
  const calculation = optionsAt(options, 'calculation')
  return {
    calculate: options['calculate'] === true,
    x: bucketRule(optionsAt(calculation, 'xBuckets')),
    y: bucketRule(optionsAt(calculation, 'yBuckets')),
    color: {
      mode: oneOf(color['mode'], ['scheme', 'opacity'], 'scheme'),
      scheme: typeof color['scheme'] === 'string' ? color['scheme'] : 'Oranges',
      fill: typeof color['fill'] === 'string' ? color['fill'] : 'dark-orange',
      scale: oneOf(color['scale'], ['exponential', 'linear'], 'exponential'),
      exponent: numberIn(color['exponent'], 0.5, 0.05, 5),
      steps: Math.round(numberIn(color['steps'], 64, 2, 256)),
      reverse: color['reverse'] === true,
      ...(typeof color['min'] === 'number' ? { min: color['min'] } : {}),
      ...(typeof color['max'] === 'number' ? { max: color['max'] } : {}),
    },
    unit: typeof y['unit'] === 'string' && y['unit'] !== '' ? y['unit'] : panel.fieldConfig.unit ?? 'short',
    ...(typeof y['decimals'] === 'number' ? { decimals: y['decimals'] } : {}),
    axisLabel: typeof y['axisLabel'] === 'string' ? y['axisLabel'] : '',
    isReversed: y['reverse'] === true,
    cellGap: numberIn(options['cellGap'], 1, 0, 20),
    above: numberIn(filter['le'], 1e-9, -Infinity, Infinity),
    below: numberIn(filter['ge'], Infinity, -Infinity, Infinity),
    cellUnit: typeof cell['unit'] === 'string' && cell['unit'] !== '' ? cell['unit'] : 'short',
    ...(typeof cell['decimals'] === 'number' ? { cellDecimals: cell['decimals'] } : {}),
    showValue: oneOf(options['showValue'], ['auto', 'never', 'always'], 'never'),
  }
}
