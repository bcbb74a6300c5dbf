import { isOptions, numberIn, oneOf, optionsAt, textsIn } from '../option-values.ts'
import type { JsonObject, Panel } from '@haechi/dashboards'

/** How a table's cells of one column are drawn. */
export interface CellLook {
  readonly kind: 'text' | 'color-text' | 'color-background' | 'gauge' | 'sparkline' | 'image' | 'json-view' | 'data-links' | 'pill' | 'nested'
  /** The whole row takes the colour. */
  readonly applyToRow: boolean
  readonly isGradient: boolean
  /** The number beside a bar. */
  readonly showValue: boolean
  /** The number beside a bar has the bar's colour. */
  readonly isValueColored: boolean
  readonly gauge: 'basic' | 'gradient' | 'lcd'
  /** Long texts take several lines. */
  readonly wraps: boolean
  /** What an image shows, for those who can't see it. */
  readonly alt: string
}

/** What of a table's options is drawn. */
export interface TableOptions {
  readonly showHeader: boolean
  readonly frameIndex: number
  readonly rowHeight: 'sm' | 'md' | 'lg'
  readonly sortBy: { readonly name: string; readonly desc: boolean } | undefined
  /** Old tables name the column by its place; -1 for none. */
  readonly sortByIndex: number
  readonly sortByDesc: boolean
  /** Ids of reducers below the columns; empty for no footer. */
  readonly footer: readonly string[]
  /** Columns with a footer; empty for all of numbers. */
  readonly footerFields: readonly string[]
  readonly countRows: boolean
}

/** Reads a panel's options. */
export function tableOptions(panel: Panel): TableOptions {
  const { options } = panel
  const sort = Array.isArray(options['sortBy']) ? (options['sortBy'] as unknown[]).find(isOptions) : undefined
  const footer = optionsAt(options, 'footer')
  const isFooter = footer['show'] === true || footer['show'] === undefined && textsIn(footer['reducers']).length > 0
  const cellHeight = options['cellHeight']
  return {
    showHeader: options['showHeader'] !== false,
    frameIndex: Math.trunc(numberIn(options['frameIndex'], 0, 0, 1000)),
    rowHeight: oneOf(cellHeight, ['sm', 'md', 'lg'], 'sm'),
    sortBy: sort !== undefined && typeof sort['displayName'] === 'string' && sort['displayName'] !== '' ? { name: sort['displayName'], desc: sort['desc'] === true } : undefined,
    sortByIndex: numberIn(options['sortByIndex'], -1, -1, 1000),
    sortByDesc: options['sortByDesc'] === true,
    footer: isFooter ? [...textsIn(footer['reducer']), ...textsIn(footer['reducers'])] : [],
    footerFields: textsIn(footer['fields']),
    countRows: footer['countRows'] === true,
  }
}

/** Before schema 38 the look of a cell was one word. */
const OLD_LOOKS: Readonly<Record<string, JsonObject>> = {
  'color-background': { type: 'color-background', mode: 'gradient' }, 'color-background-solid': { type: 'color-background', mode: 'basic' }, 'color-text': { type: 'color-text' }, 'gradient-gauge': { type: 'gauge', mode: 'gradient' },
  'lcd-gauge': { type: 'gauge', mode: 'lcd' }, 'basic': { type: 'gauge', mode: 'basic' }, 'json-view': { type: 'json-view' }, 'image': { type: 'image' },
}

/** Reads how one column's cells are drawn. */
export function cellLook(custom: JsonObject): CellLook {
  const old = custom['displayMode']
  const options: JsonObject = isOptions(custom['cellOptions']) ? custom['cellOptions'] : typeof old === 'string' && Object.hasOwn(OLD_LOOKS, old) ? OLD_LOOKS[old]! : {}
  return {
    kind: oneOf(options['type'], ['color-text', 'color-background', 'gauge', 'sparkline', 'image', 'json-view', 'data-links', 'pill'], 'text'),
    applyToRow: options['applyToRow'] === true,
    isGradient: options['mode'] !== 'basic',
    showValue: options['valueDisplayMode'] !== 'hidden' && options['hideValue'] !== true,
    isValueColored: options['valueDisplayMode'] !== 'text',
    gauge: oneOf(options['mode'], ['basic', 'gradient', 'lcd'], 'gradient'),
    wraps: options['wrapText'] === true || custom['wrapText'] === true,
    alt: typeof options['alt'] === 'string' ? options['alt'] : '',
  }
}

/** Reducers that stand below one column, as newer boards say it. */
export function ownFooter(custom: JsonObject): readonly string[] {
  return textsIn(optionsAt(custom, 'footer')['reducers'])
}
