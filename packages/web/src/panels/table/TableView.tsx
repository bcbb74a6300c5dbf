import { useMemo, useState } from 'react'
import type { CSSProperties, ReactElement } from 'react'
import { Sparkline } from '../../charts/Sparkline.tsx'
import { NothingToDraw } from '../NothingToDraw.tsx'
import { panelWords } from '../panel-words.ts'
import { readableOn, readableText } from '../../charts/readable-on.ts'
import { tableOptions } from './options.ts'
import { rowOrder, tableCell, tableModel } from './transform.ts'
import css from './Table.module.css'
import type { PanelViewProps } from '../panel-result.ts'
import type { TableCell, TableColumn, TableSort } from './transform.ts'

/** Rows that are put into the page at once. */
const PAGE = 200

/** A panel of rows and columns. */
export function TableView({ panel, results, context, title }: PanelViewProps): ReactElement {
  const words = panelWords(context.language)
  const options = useMemo(() => tableOptions(panel), [panel])
  const [chosen, setChosen] = useState<number | undefined>()
  const [ownSort, setSort] = useState<TableSort | 'none' | undefined>()
  const [most, setMost] = useState(PAGE)
  const model = useMemo(() => tableModel(panel, results, context, chosen), [panel, results, context, chosen])
  const sort = ownSort === 'none' ? undefined : ownSort ?? model.ownSort
  const rows = useMemo(() => rowOrder(model, sort), [model, sort])
  if (model.columns.length === 0) return <NothingToDraw language={context.language} />
  const onSort = (id: string): void => setSort(sort?.id !== id ? { id, desc: false } : sort.desc ? 'none' : { id, desc: true })
  return (
    <div className={css['panel']}>
      <div className={css['scroll']} tabIndex={0} role="group" aria-label={words.tableSummary(title, model.length, model.columns.length)} data-height={options.rowHeight}>
        <table className={css['table']}>
          {options.showHeader && (
            <thead>
              <tr>
                {model.columns.map(c => (
                  <th key={c.id} scope="col" data-align={c.align} style={widthOf(c)} aria-sort={sort?.id === c.id ? sort.desc ? 'descending' : 'ascending' : 'none'}>
                    {c.shown.config.custom['hideHeader'] === true ? null : (
                      <button type="button" onClick={() => onSort(c.id)} title={words.sortBy(c.name)}>
                        {c.name}
                        {sort?.id === c.id && <span aria-hidden="true">{sort.desc ? ' ↓' : ' ↑'}</span>}
                      </button>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {rows.slice(0, most).map(row => {
              const cells = model.columns.map(c => tableCell(model, c, row, context))
              const whole = model.columns.findIndex(c => c.look.applyToRow && c.look.kind === 'color-background')
              return (
                <tr key={row} style={whole === -1 ? undefined : backgroundOf(cells[whole]!)}>
                  {model.columns.map((c, i) => <Cell key={c.id} column={c} cell={cells[i]!} theme={context.theme} />)}
                </tr>
              )
            })}
          </tbody>
          {model.columns.some(c => c.footer !== undefined) && <tfoot><tr>{model.columns.map(c => <td key={c.id} data-align={c.align}>{c.footer}</td>)}</tr></tfoot>}
        </table>
        {rows.length > most && (
          <p className={css['more']}>{words.rowsOf(most, rows.length)} <button type="button" onClick={() => setMost(most + PAGE * 5)}>{words.showMore}</button></p>
        )}
      </div>
      {model.names.length > 0 && (
        <select className={css['choose']} aria-label={words.chooseTable} value={model.index} onChange={e => setChosen(Number(e.currentTarget.value))}>
          {model.names.map((name, i) => <option key={i} value={i}>{name}</option>)}
        </select>
      )}
    </div>
  )
}

function widthOf(c: TableColumn): CSSProperties | undefined {
  if (c.width !== undefined) return { width: c.width, minWidth: Math.min(c.width, 60), maxWidth: c.width }
  return c.minWidth === undefined ? undefined : { minWidth: c.minWidth }
}

function backgroundOf(cell: TableCell): CSSProperties | undefined {
  return cell.color === undefined ? undefined : { background: cell.color, color: readableOn(cell.color) }
}

function Cell({ column, cell, theme }: { readonly column: TableColumn; readonly cell: TableCell; readonly theme: 'dark' | 'light' }): ReactElement {
  const { look } = column
  const style = look.kind === 'color-background' && !look.applyToRow ? backgroundOf(cell) : look.kind === 'color-text' && cell.color !== undefined ? { color: readableText(cell.color, theme, 4.5) } : undefined
  const link = cell.links[0]
  const text = link === undefined ? cell.text : <a href={link.href} title={link.title} {...(link.isNewTab ? { target: '_blank', rel: 'noreferrer' } : {})}>{cell.text || link.title}</a>
  return (
    <td data-align={column.align} style={{ ...style, ...(column.width === undefined ? {} : { maxWidth: column.width }) }} title={cell.text}>
      {look.kind === 'gauge' ? (
        <span className={css['gauge']}>
          <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="1" fill="var(--hc-border)" opacity="0.5" /><rect width={cell.share * 100} height="1" fill={cell.color ?? 'var(--hc-accent)'} /></svg>
          {look.showValue && <span>{text}</span>}
        </span>
      ) : cell.line !== undefined ? (
        <span className={css['gauge']}><span className={css['line']}><Sparkline ts={cell.line.ts} vs={cell.line.vs} color={cell.color ?? 'var(--hc-line)'} /></span>{look.showValue && <span>{text}</span>}</span>
      ) : text}
    </td>
  )
}
