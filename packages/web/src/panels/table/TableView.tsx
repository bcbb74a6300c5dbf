import { Modal } from '@mantine/core'
import { Fragment, useMemo, useState } from 'react'
import type { CSSProperties, ReactElement } from 'react'
import { isFrame } from '@haechi/dashboards'
import { Sparkline } from '../../charts/Sparkline.tsx'
import { NothingToDraw } from '../NothingToDraw.tsx'
import { panelWords } from '../panel-words.ts'
import { readableOn, readableText } from '../../charts/readable-on.ts'
import { tableOptions } from './options.ts'
import { nestedModel, rowOrder, tableCell, tableModel } from './transform.ts'
import css from './Table.module.css'
import type { Panel } from '@haechi/dashboards'
import type { PanelContext, PanelViewProps } from '../panel-result.ts'
import type { TableCell, TableColumn, TableModel, TableSort } from './transform.ts'

/** Rows that are put into the page at once. */
const PAGE = 200

/** A panel of rows and columns. */
export function TableView({ panel, results, context, title }: PanelViewProps): ReactElement {
  const words = panelWords(context.language)
  const options = useMemo(() => tableOptions(panel), [panel])
  const [chosen, setChosen] = useState<number | undefined>()
  const model = useMemo(() => tableModel(panel, results, context, chosen), [panel, results, context, chosen])
  if (model.columns.length === 0 && model.nested === undefined) return <NothingToDraw language={context.language} />
  return (
    <div className={css['panel']}>
      <div className={css['scroll']} tabIndex={0} role="group" aria-label={words.tableSummary(title, model.length, model.columns.length)} data-height={options.rowHeight}>
        <Rows panel={panel} model={model} context={context} hasHeader={options.showHeader} />
      </div>
      {model.names.length > 0 && (
        <select className={css['choose']} aria-label={words.chooseTable} value={model.index} onChange={e => setChosen(Number(e.currentTarget.value))}>
          {model.names.map((name, i) => <option key={i} value={i}>{name}</option>)}
        </select>
      )}
    </div>
  )
}

interface RowsProps {
  readonly panel: Panel
  readonly model: TableModel
  readonly context: PanelContext
  readonly hasHeader: boolean
}

/** Heading, rows and footer of one table; rows with a table inside open. */
function Rows({ panel, model, context, hasHeader }: RowsProps): ReactElement {
  const words = panelWords(context.language)
  const [ownSort, setSort] = useState<TableSort | 'none' | undefined>()
  const [most, setMost] = useState(PAGE)
  const [filters, setFilters] = useState<Readonly<Record<string, string>>>({})
  const [filtered, setFiltered] = useState<string | undefined>()
  const [turned, setTurned] = useState<ReadonlySet<number>>(new Set())
  const [inspected, setInspected] = useState<{ readonly name: string; readonly text: string } | undefined>()
  const sort = ownSort === 'none' ? undefined : ownSort ?? model.ownSort
  const rows = useMemo(() => {
    const wanted = model.columns.filter(c => (filters[c.id] ?? '') !== '')
    const sorted = rowOrder(model, sort)
    return wanted.length === 0 ? sorted : sorted.filter(row => wanted.every(c => tableCell(model, c, row, context).text.toLowerCase().includes(filters[c.id]!.toLowerCase())))
  }, [model, sort, filters, context])
  const onSort = (id: string): void => setSort(sort?.id !== id ? { id, desc: false } : sort.desc ? 'none' : { id, desc: true })
  const turn = (row: number): void => {
    const next = new Set(turned)
    if (!next.delete(row)) next.add(row)
    setTurned(next)
  }
  return (
    <>
      <table className={css['table']}>
        {hasHeader && (
          <thead>
            <tr>
              {model.nested !== undefined && <th className={css['opener']} aria-hidden="true" />}
              {model.columns.map(c => (
                <th key={c.id} scope="col" data-align={c.align} style={widthOf(c)} aria-sort={sort?.id === c.id ? sort.desc ? 'descending' : 'ascending' : 'none'}>
                  {c.shown.config.custom['hideHeader'] === true ? null : (
                    <span className={css['heading']} data-wraps={c.shown.config.custom['wrapHeaderText'] === true || undefined}>
                      <button type="button" onClick={() => onSort(c.id)} title={words.sortBy(c.name)}>
                        {c.name}
                        {sort?.id === c.id && <span aria-hidden="true">{sort.desc ? ' ↓' : ' ↑'}</span>}
                      </button>
                      {c.isFilterable && <button type="button" className={css['filter']} aria-label={words.filterColumn(c.name)} aria-expanded={filtered === c.id} data-used={(filters[c.id] ?? '') !== '' || undefined} onClick={() => setFiltered(filtered === c.id ? undefined : c.id)}><svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round" aria-hidden="true"><path d="M1.5 2h9L7 6.5v3L5 10.5v-4z" /></svg></button>}
                    </span>
                  )}
                  {filtered === c.id && <input autoFocus className={css['filterText']} aria-label={words.filterColumn(c.name)} value={filters[c.id] ?? ''} onChange={e => setFilters({ ...filters, [c.id]: e.currentTarget.value })} onKeyDown={e => e.key === 'Escape' && setFiltered(undefined)} />}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.slice(0, most).map(row => {
            const cells = model.columns.map(c => tableCell(model, c, row, context))
            const whole = model.columns.findIndex(c => c.look.applyToRow && c.look.kind === 'color-background')
            const isOpen = model.nested !== undefined && turned.has(row) !== model.isExpanded
            return (
              <Fragment key={row}>
                <tr style={whole === -1 ? undefined : backgroundOf(cells[whole]!)}>
                  {model.nested !== undefined && (
                    <td className={css['opener']}>
                      <button type="button" aria-expanded={isOpen} aria-label={isOpen ? words.closeRow(row + 1) : words.openRow(row + 1)} onClick={() => turn(row)}>
                        <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true"><path d="M4 2l4 4-4 4" /></svg>
                      </button>
                    </td>
                  )}
                  {model.columns.map((c, i) => <Cell key={c.id} column={c} cell={cells[i]!} theme={context.theme} {...(c.isInspectable ? { inspectLabel: words.inspectCell(c.name), onInspect: () => setInspected({ name: c.name, text: cells[i]!.text }) } : {})} />)}
                </tr>
                {isOpen && <tr className={css['inside']}><td colSpan={model.columns.length + 1}><Nested panel={panel} outer={model} row={row} context={context} /></td></tr>}
              </Fragment>
            )
          })}
        </tbody>
        {model.columns.some(c => c.footer !== undefined) && <tfoot><tr>{model.nested !== undefined && <td />}{model.columns.map(c => <td key={c.id} data-align={c.align}>{c.footer}</td>)}</tr></tfoot>}
      </table>
      {rows.length > most && (
        <p className={css['more']}>{words.rowsOf(most, rows.length)} <button type="button" onClick={() => setMost(most + PAGE * 5)}>{words.showMore}</button></p>
      )}
      {inspected !== undefined && <Modal opened onClose={() => setInspected(undefined)} title={inspected.name} size="lg" closeButtonProps={{ 'aria-label': words.close }}><pre className={css['whole']}>{indented(inspected.text)}</pre></Modal>}
    </>
  )
}

/** The table inside a row, made when the row is opened. */
function Nested({ panel, outer, row, context }: { readonly panel: Panel; readonly outer: TableModel; readonly row: number; readonly context: PanelContext }): ReactElement {
  const model = useMemo(() => nestedModel(panel, outer, row, context), [panel, outer, row, context])
  if (model === undefined) return <NothingToDraw language={context.language} />
  const cell = outer.nested?.values[row]
  return <Rows panel={panel} model={model} context={context} hasHeader={!isFrame(cell) || cell.noHeader !== true} />
}

/** JSON over several lines; any other text as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function widthOf(c: TableColumn): CSSProperties | undefined {
  if (c.width !== undefined) return { width: c.width, minWidth: Math.min(c.width, 60), maxWidth: c.width }
  return c.minWidth === undefined ? undefined : { minWidth: c.minWidth }
}

function backgroundOf(cell: TableCell): CSSProperties | undefined {
  return cell.color === undefined ? undefined : { background: cell.color, color: readableOn(cell.color) }
}

interface CellProps {
  readonly column: TableColumn
  readonly cell: TableCell
  readonly theme: 'dark' | 'light'
  readonly inspectLabel?: string
  readonly onInspect?: () => void
}

function Cell({ column, cell, theme, inspectLabel, onInspect }: CellProps): ReactElement {
  const { look } = column
  const style = look.kind === 'color-background' && !look.applyToRow ? backgroundOf(cell) : look.kind === 'color-text' && cell.color !== undefined ? { color: readableText(cell.color, theme, 4.5) } : undefined
  return (
    <td data-align={column.align} data-wraps={look.wraps || undefined} style={{ ...style, ...(column.width === undefined ? {} : { maxWidth: column.width }) }} title={cell.text}>
      <CellContent column={column} cell={cell} theme={theme} />
      {onInspect !== undefined && <button type="button" className={css['inspect']} aria-label={inspectLabel} onClick={onInspect}><svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true"><circle cx="5" cy="5" r="3.4" /><path d="M7.6 7.6 11 11" strokeLinecap="round" /></svg></button>}
    </td>
  )
}

function CellContent({ column: { look }, cell, theme }: Pick<CellProps, 'column' | 'cell' | 'theme'>): ReactElement {
  const [first, ...others] = look.kind === 'data-links' ? [] : cell.links
  const text = first === undefined ? cell.text : <>{anchor(first, cell.text || first.title)}{others.map(l => <span key={l.href}> · {anchor(l, l.title)}</span>)}</>
  if (cell.parts !== undefined) {
    return (
      <span className={css['gauge']}>
        <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
          {look.gauge !== 'lcd' && <rect width="100" height="1" fill="var(--hc-border)" opacity="0.5" />}
          {cell.parts.map(p => <rect key={p.from} x={p.from * 100} width={(p.to - p.from) * 100} height="1" fill={p.color} opacity={p.isLit ? 1 : 0.18} />)}
        </svg>
        {look.showValue && <span style={look.isValueColored && cell.color !== undefined ? { color: readableText(cell.color, theme, 4.5) } : undefined}>{text}</span>}
      </span>
    )
  }
  if (cell.line !== undefined) return <span className={css['gauge']}><span className={css['line']}><Sparkline ts={cell.line.ts} vs={cell.line.vs} color={cell.color ?? 'var(--hc-line)'} /></span>{look.showValue && <span>{text}</span>}</span>
  if (cell.pills !== undefined) return <>{cell.pills.map((p, i) => <span key={`${i} ${p.text}`} className={css['pill']} style={{ background: p.color, color: readableOn(p.color) }}>{p.text}</span>)}</>
  if (cell.image !== undefined) return <img className={css['image']} src={cell.image} alt={look.alt} loading="lazy" />
  if (look.kind === 'image' && /^https?:\/\//.test(cell.text)) return <a href={cell.text} target="_blank" rel="noreferrer">{look.alt || cell.text}</a>
  if (look.kind === 'json-view') return <code className={css['json']}>{cell.text}</code>
  if (look.kind === 'data-links' && cell.links.length > 0) return <>{cell.links.map((l, i) => <Fragment key={l.href}>{i > 0 && ' · '}{anchor(l, l.title)}</Fragment>)}</>
  return <>{text}</>
}

function anchor(link: TableCell['links'][number], text: string): ReactElement {
  return <a href={link.href} title={link.title} {...(link.isNewTab ? { target: '_blank', rel: 'noreferrer' } : {})}>{text}</a>
}
