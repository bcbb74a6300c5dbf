import { numberIn, oneOf } from '../option-values.ts'
import type { Panel } from '@haechi/dashboards'

/** What of a gauge's options is drawn. */
export interface GaugeOptions {
  readonly showThresholdLabels: boolean
  readonly showThresholdMarkers: boolean
  /** CSS px. */
  readonly minWidth: number
  readonly orientation: 'auto' | 'horizontal' | 'vertical'
}

/** Reads a panel's options. */
export function gaugeOptions(panel: Panel): GaugeOptions {
  const { options } = panel
  return {
    showThresholdLabels: options['showThresholdLabels'] === true,
    showThresholdMarkers: options['showThresholdMarkers'] !== false,
    orientation: oneOf(options['orientation'], ['auto', 'horizontal', 'vertical'], 'auto'),
    minWidth: options['sizing'] === 'manual' ? numberIn(options['minVizWidth'], 75, 40, 1000) : 75,
  }
}
