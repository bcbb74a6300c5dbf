import { numberIn, oneOf, optionsAt } from '../option-values.ts'
import type { Panel } from '@haechi/dashboards'

/** What of a stat panel's options is drawn. */
export interface StatOptions {
  readonly graph: boolean
  readonly colorMode: 'none' | 'value' | 'background'
  readonly textMode: 'auto' | 'value' | 'value_and_name' | 'name' | 'none'
  readonly showPercentChange: boolean
  readonly changeColor: 'standard' | 'inverted' | 'same_as_value'
  /** Names and values stand in the middle. */
  readonly isCentered: boolean
  /** Values side by side, below each other, or as they fit. */
  readonly orientation: 'auto' | 'horizontal' | 'vertical'
  /** A name stands beside its value where the panel is much wider than high. */
  readonly isWide: boolean
  readonly sizes: TextSizes
}

/** CSS px; absent: as it fits. */
export interface TextSizes {
  readonly title?: number
  readonly value?: number
}

/** Reads `text`, which says sizes of letters. */
export function textSizes(panel: Panel): TextSizes {
  const text = optionsAt(panel.options, 'text')
  const size = (member: string): number => numberIn(text[member], 0, 8, 400)
  return { ...(size('titleSize') > 0 ? { title: size('titleSize') } : {}), ...(size('valueSize') > 0 ? { value: size('valueSize') } : {}) }
}

/** Reads a panel's options; which values are shown is read by `reduceOptions`. */
export function statOptions(panel: Panel): StatOptions {
  const { options } = panel
  const color = options['colorMode']
  const text = options['textMode']
  return {
    graph: options['graphMode'] !== 'none',
    colorMode: color === 'none' ? 'none' : color === 'background' || color === 'background_solid' ? 'background' : 'value',
    textMode: text === 'value' || text === 'value_and_name' || text === 'name' || text === 'none' ? text : 'auto',
    showPercentChange: options['showPercentChange'] === true,
    changeColor: oneOf(options['percentChangeColorMode'], ['standard', 'inverted', 'same_as_value'], 'standard'),
    isCentered: options['justifyMode'] === 'center',
    orientation: oneOf(options['orientation'], ['auto', 'horizontal', 'vertical'], 'auto'),
    isWide: options['wideLayout'] !== false && panel.gridPos.w >= panel.gridPos.h * 3,
    sizes: textSizes(panel),
  }
}
