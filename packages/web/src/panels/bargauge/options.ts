import { numberIn, oneOf } from '../option-values.ts'
import { textSizes } from '../stat/options.ts'
import type { TextSizes } from '../stat/options.ts'
import type { Panel } from '@haechi/dashboards'

/** What of a bar gauge's options is drawn. */
export interface BarGaugeOptions {
  readonly displayMode: 'basic' | 'lcd' | 'gradient'
  readonly valueMode: 'color' | 'text' | 'hidden'
  readonly namePlacement: 'auto' | 'top' | 'left' | 'hidden'
  readonly showUnfilled: boolean
  readonly isVertical: boolean
  /** CSS px of a bar's thickness. */
  readonly minSize: number
  readonly sizes: TextSizes
}

/** Reads a panel's options. `auto` stands bars up in a panel that is wider than high. */
export function barGaugeOptions(panel: Panel): BarGaugeOptions {
  const { options, gridPos } = panel
  const orientation = oneOf(options['orientation'], ['auto', 'horizontal', 'vertical'], 'auto')
  const isVertical = orientation === 'vertical' || orientation === 'auto' && gridPos.w > gridPos.h * 2
  const isManual = options['sizing'] === 'manual'
  return {
    displayMode: oneOf(options['displayMode'], ['basic', 'lcd', 'gradient'], 'gradient'),
    valueMode: oneOf(options['valueMode'], ['color', 'text', 'hidden'], 'color'),
    namePlacement: oneOf(options['namePlacement'], ['auto', 'top', 'left', 'hidden'], 'auto'),
    showUnfilled: options['showUnfilled'] !== false,
    isVertical,
    sizes: textSizes(panel),
    minSize: isManual ? numberIn(options[isVertical ? 'minVizWidth' : 'minVizHeight'], 16, 4, 300) : 16,
  }
}
