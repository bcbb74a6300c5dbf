import { PALETTE, compareCells, displayCell, formattedText, hashText, isFrame, reduceCells, reducer, timeField, trendNumber } from '@haechi/dashboards'
import { momentText } from '../../charts/time-axis.ts'
import { linkAddress } from '../data-links.ts'
import { numbers } from '../single-values.ts'
import { barParts } from '../bar-parts.ts'
import { panelFrames, rangeOf, shownFrames } from '../shown-frames.ts'
import { cellLook, ownFooter, tableOptions } from './options.ts'
import type { FrameField, Panel, ValueRange } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from '../panel-result.ts'
import type { BarPart } from '../bar-parts.ts'
import type { ShownField, ShownFrame } from '../shown-frames.ts'
import type { CellLook } from './options.ts'

/** One column of a table. */
export interface TableColumn {
  readonly id: string
  readonly name: string
  readonly align: 'left' | 'center' | 'right'
  /** CSS px. */
  readonly width?: number
  readonly minWidth?: number
  readonly look: CellLook
  readonly shown: ShownField
  readonly range: ValueRange
  /** Below the column. */
  readonly footer?: string
  readonly isFilterable: boolean
  /** Cells can be looked at in full. */
  readonly isInspectable: boolean
}

/** One cell. */
export interface TableCell {
  readonly text: string
  readonly color?: string
  /** 0..1 of a bar. */
  readonly share: number
  readonly links: readonly { readonly title: string; readonly href: string; readonly isNewTab: boolean }[]
  readonly line?: { readonly ts: Float64Array; readonly vs: Float64Array }
  /** Of a bar. */
  readonly parts?: readonly BarPart[]
  /** Words with colours of their own. */
  readonly pills?: readonly { readonly text: string; readonly color: string }[]
  /** Where an image is: of this server, or in the cell itself. */
  readonly image?: string
}

/** Which column sorts. */
export interface TableSort {
  readonly id: string
  readonly desc: boolean
}

/** A table, ready to be shown; cells are made when a row is. */
export interface TableModel {
  /** All tables of the panel, when there is more than one. */
  readonly names: readonly string[]
  readonly index: number
  readonly columns: readonly TableColumn[]
  readonly length: number
  /** The sorting that the dashboard asks for. */
  readonly ownSort: TableSort | undefined
  readonly unknown: readonly string[]
  /** Every column of the table, hidden ones too: links may speak of them. */
  readonly all: readonly ShownField[]
  /** The tables inside the rows; absent: there are none. */
  readonly nested?: FrameField
  /** Tables inside rows begin open. */
  readonly isExpanded: boolean
}

/** A table inside a row as a panel's table. */
export function nestedModel(panel: Panel, outer: TableModel, row: number, context: PanelContext): TableModel | undefined {
  const cell = outer.nested?.values[row]
  if (!isFrame(cell) || cell.fields.length === 0) return undefined
  return modelOf(panel, shownFrames(panel, [cell], context), context, 0)
}

/** Turns answers into a table. @param chosen  which of several tables; absent: the dashboard's choice */
export function tableModel(panel: Panel, results: readonly QueryResult[], context: PanelContext, chosen?: number): TableModel {
  const { frames, unknown } = panelFrames(panel, results, context)
  return { ...modelOf(panel, frames, context, chosen), unknown }
}

function modelOf(panel: Panel, frames: readonly ShownFrame[], context: PanelContext, chosen?: number): TableModel {
  const options = tableOptions(panel)
  const there = frames.filter(f => f.fields.length > 0)
  const index = Math.min(Math.max(0, there.length - 1), chosen ?? options.frameIndex)
  const shown = there[index]
  const fields = shown?.fields ?? []
  const visible = fields.filter(f => f.field.type !== 'nested' && f.config.custom['hidden'] !== true && !f.isHidden)
  const columns = visible.map((f): TableColumn => {
    const { custom } = f.config
    const own = rangeOf([f], f.config)
    const align = custom['align']
    return {
      id: f.id, name: f.name, shown: f, look: f.field.type === 'frame' ? { ...cellLook(custom), kind: 'sparkline' } : cellLook(custom),
      align: align === 'left' || align === 'center' || align === 'right' ? align : f.field.type === 'number' ? 'right' : 'left',
      ...(typeof custom['width'] === 'number' && custom['width'] > 0 ? { width: custom['width'] } : {}),
      ...(typeof custom['minWidth'] === 'number' && custom['minWidth'] > 0 ? { minWidth: custom['minWidth'] } : {}),
      range: { min: f.config.min ?? own.min, max: f.config.max ?? own.max },
      isFilterable: custom['filterable'] === true,
      isInspectable: custom['inspect'] === true,
      ...footerOf(f, options, context),
    }
  })
  if (options.countRows && options.footer.includes('count') && columns[0] !== undefined) columns[0] = { ...columns[0], footer: String(shown?.frame.length ?? 0) }
  const sorted = options.sortBy === undefined ? undefined : columns.find(c => c.name === options.sortBy!.name || c.shown.field.name === options.sortBy!.name)
  const sortedByPlace = fields[options.sortByIndex]
  return {
    names: there.length > 1 ? there.map((f, i) => frameTitle(f.fields, f.frame.name, f.frame.refId, i)) : [],
    index,
    columns,
    length: shown?.frame.length ?? 0,
    ownSort: sorted !== undefined ? { id: sorted.id, desc: options.sortBy!.desc } : sortedByPlace !== undefined ? { id: sortedByPlace.id, desc: options.sortByDesc } : undefined,
    unknown: [],
    all: fields,
    ...nestedOf(shown),
    isExpanded: shown?.frame.expandAll === true,
  }
}

function nestedOf(shown: ShownFrame | undefined): Pick<TableModel, 'nested'> {
  const nested = shown?.frame.fields.find(f => f.type === 'nested')
  return nested === undefined ? {} : { nested }
}

function frameTitle(fields: readonly ShownField[], name: string, refId: string, i: number): string {
  return name !== '' ? name : fields.length === 2 ? fields[1]!.name : refId || String(i + 1)
}

function footerOf(f: ShownField, options: ReturnType<typeof tableOptions>, context: PanelContext): { readonly footer?: string } {
  const own = ownFooter(f.config.custom)
  if (own.length > 0) return footerText(f, own, context)
  if (options.footer.length === 0) return {}
  const isWanted = options.footerFields.length === 0 ? f.field.type === 'number' : options.footerFields.includes(f.name) || options.footerFields.includes(f.field.name)
  return isWanted ? footerText(f, options.footer, context) : {}
}

function footerText(f: ShownField, calcs: readonly string[], context: PanelContext): { readonly footer?: string } {
  const texts = calcs.filter(id => reducer(id) !== undefined).map(id => {
    const v = reduceCells(id, f.field)
    const isPlain = id === 'count' || id === 'countAll' || id === 'distinctCount' || id === 'changeCount'
    const text = isFrame(v) ? '' : isPlain ? String(v) : formattedText(displayCell(f.config, v, context.theme))
    return calcs.length === 1 ? text : `${reducer(id)!.name} ${text}`
  })
  return texts.length === 0 ? {} : { footer: texts.join(' · ') }
}

/** The rows in the order of a column; without one as they came. */
export function rowOrder(model: TableModel, sort: TableSort | undefined): readonly number[] {
  const rows = Array.from({ length: model.length }, (_, i) => i)
  const by = sort === undefined ? undefined : model.all.find(f => f.id === sort.id)?.field.values
  if (by === undefined) return rows
  const sign = sort!.desc ? -1 : 1
  return rows.sort((a, b) => {
    const x = by[a]!
    const y = by[b]!
    return sign * compareCells(isFrame(x) ? trendNumber(x) : x, isFrame(y) ? trendNumber(y) : y) || a - b
  })
}

/** One cell of a table. */
export function tableCell(model: TableModel, column: TableColumn, row: number, context: PanelContext): TableCell {
  const { config, field } = column.shown
  const raw = field.values[row] ?? null
  const value = isFrame(raw) ? trendNumber(raw) : raw
  const display = cellDisplay(column.shown, row, context, column.range)
  const text = formattedText(display)
  const links = (config.links ?? []).flatMap(l => {
    const href = linkAddress(l.url, {
      value, text, name: column.name, labels: field.labels ?? {}, variables: context.variables, range: context.range,
      row: model.all.map(f => ({ name: f.name, text: formattedText(cellDisplay(f, row, context)) })),
    })
    return href === undefined ? [] : [{ title: l.title || text, href, isNewTab: l.targetBlank }]
  })
  const { min, max } = column.range
  return {
    text, links,
    share: typeof value === 'number' && !Number.isNaN(value) && max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0,
    ...(display.color === undefined ? {} : { color: display.color }),
    ...(isFrame(raw) ? lineOf(raw) : {}),
    ...lookOf(column, value, text, display.color, context),
  }
}

/** What the look of a cell needs besides its text. */
function lookOf({ look, shown, range }: TableColumn, value: number | string | boolean | null, text: string, color: string | undefined, context: PanelContext): Pick<TableCell, 'parts' | 'pills' | 'image'> {
  const { config } = shown
  if (look.kind === 'gauge' && typeof value === 'number' && !Number.isNaN(value)) {
    const share = range.max > range.min ? Math.min(1, Math.max(0, (value - range.min) / (range.max - range.min))) : 0
    return { parts: barParts(look.gauge, { config, range, share, color: color ?? 'var(--hc-accent)' }, context) }
  }
  if (look.kind === 'pill') {
    return { pills: pillTexts(value === null ? '' : String(value)).map(t => ({ text: t, color: displayCell(config, t, context.theme, 'palette-classic', range).color ?? PALETTE[context.theme][hashText(t) % PALETTE[context.theme].length]! })) }
  }
  if (look.kind === 'image') return isOwnImage(text) ? { image: text } : {}
  return {}
}

/** The words of a cell: a list in JSON, or parted by commas. */
export function pillTexts(text: string): string[] {
  if (text.trim().startsWith('[')) {
    try {
      const list: unknown = JSON.parse(text)
      if (Array.isArray(list)) return list.map(String)
    } catch {
      // No JSON after all.
    }
  }
  return text.split(',').map(t => t.trim()).filter(t => t !== '')
}

/** Whether an image may be loaded: from here, or because it stands in the address itself. Others would tell their server who is looking. */
function isOwnImage(address: string): boolean {
  return /^data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]/.test(address) || /^(?:\/(?!\/)|\.{0,2}\/|[\w-]+\/)[^\s:]*$/.test(address)
}

function cellDisplay(f: ShownField, row: number, context: PanelContext, range?: ValueRange): ReturnType<typeof displayCell> {
  const raw = f.field.values[row] ?? null
  const value = isFrame(raw) ? trendNumber(raw) : raw
  if (f.field.type === 'time' && typeof value === 'number' && (f.config.unit === undefined || !/^(?:dateTime|time:)/.test(f.config.unit))) return { text: momentText(value, context.language, context.timeZone) }
  return displayCell(f.config, value, context.theme, 'thresholds', range)
}

function lineOf(frame: Parameters<typeof trendNumber>[0]): { readonly line?: { readonly ts: Float64Array; readonly vs: Float64Array } } {
  const time = timeField(frame)
  const value = frame.fields.find(x => x.type === 'number')
  return time === undefined || value === undefined ? {} : { line: { ts: numbers(time.values), vs: numbers(value.values) } }
}
