import { numberIn } from '../option-values.ts'
import type { Panel } from '@haechi/dashboards'

/** What of a histogram's options is drawn. */
export interface HistogramOptions {
  readonly bucketCount: number
  /** Absent: chosen from the data. */
  readonly bucketSize?: number
  readonly bucketOffset: number
  /** All series counted together. */
  readonly combine: boolean
}

/** Reads a panel's options. */
export function histogramOptions(panel: Panel): HistogramOptions {
  const { options } = panel
  const size = options['bucketSize']
  return {
    bucketCount: numberIn(options['bucketCount'], 30, 1, 500),
    ...(typeof size === 'number' && size > 0 ? { bucketSize: size } : {}),
    bucketOffset: numberIn(options['bucketOffset'], 0, -1e15, 1e15),
    combine: options['combine'] === true,
  }
}
