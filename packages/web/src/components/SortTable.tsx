import { useMemo, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { Button, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { usePageSearch } from '../app/page-search.ts'
import { useWords } from '../i18n/index.ts'
import { readSort, sortRows } from '../state/sort-rows.ts'
import css from './SortTable.module.css'

/** A column of a table. */
export interface Column<Row> {
  readonly key: string
  readonly label: string
  readonly cell: (row: Row) => ReactNode
  /** What rows are ordered by; NaN and '' come last. Without it the column can't be sorted. */
  readonly sortBy?: (row: Row) => number | string
  /** Right-aligned, and the largest first when it is chosen. */
  readonly numeric?: boolean
  /** Left out on a phone. */
  readonly wideOnly?: boolean
}

/** Props of `SortTable`. */
export interface SortTableProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** As in the address: a column's key, `-` before it for the largest first. */
  readonly initial: string
  /** The order is kept in the address; one such table per page. */
  readonly inAddress?: boolean
  /** In the initial order, rows with the least of this come first. */
  readonly top?: (row: Row) => number
  /** How many rows are drawn before "show more". Default 100. */
  readonly limit?: number
}

/** A table that is sorted by a click on a head. The first column names the row and stays in sight while a phone scrolls. */
export function SortTable<Row>({ label, columns, rows, keyOf, initial, inAddress = false, top, limit = 100 }: SortTableProps<Row>): ReactElement {
  const { t } = useWords()
  const { search, change } = usePageSearch()
  const [local, setLocal] = useState(initial)
  const [room, setRoom] = useState(limit)
  const sort = readSort(inAddress ? search.sort ?? initial : local, columns.filter(c => c.sortBy !== undefined).map(c => c.key), initial)
  const column = columns.find(c => c.key === sort.key)
  const by = column?.sortBy
  const isInitial = `${sort.isDescending ? '-' : ''}${sort.key}` === initial
  const sorted = useMemo(() => {
    const ordered = by === undefined ? rows : sortRows(rows, by, sort.isDescending)
    return top === undefined || !isInitial ? ordered : [...ordered].sort((a, b) => top(a) - top(b))
    // `top` is made anew with each drawing; what it says of a row changes only with the rows.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [rows, by, sort.isDescending, isInitial])
  const choose = (c: Column<Row>): void => {
    const isDescending = sort.key === c.key ? !sort.isDescending : c.numeric === true
    const next = `${isDescending ? '-' : ''}${c.key}`
    if (inAddress) change({ sort: next === initial ? undefined : next }, 'replace')
    else setLocal(next)
  }
  const classOf = (c: Column<Row>): string => [c.numeric === true ? css['right'] : '', c.wideOnly === true ? css['wideOnly'] : ''].join(' ')
  return (
    <div>
      <div className={css['scroll']} tabIndex={0} role="region" aria-label={label}>
        <table className={css['table']}>
          <thead>
            <tr>
              {columns.map(c => (
                <th key={c.key} scope="col" className={classOf(c)} {...(c.sortBy === undefined ? {} : { 'aria-sort': sort.key !== c.key ? 'none' as const : sort.isDescending ? 'descending' as const : 'ascending' as const })}>
                  {c.sortBy === undefined ? <span className={css['head']}>{c.label}</span> : (
                    <UnstyledButton className={css['head']} onClick={() => choose(c)}>
                      {c.label}<span className={css['arrow']}>{sort.key === c.key && (sort.isDescending ? <IconArrowDown size={14} aria-hidden /> : <IconArrowUp size={14} aria-hidden />)}</span>
                    </UnstyledButton>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, room).map(row => (
              <tr key={keyOf(row)}>{columns.map((c, i) => (i === 0 ? <th key={c.key} scope="row" className={css['name']}>{c.cell(row)}</th> : <td key={c.key} className={classOf(c)}>{c.cell(row)}</td>))}</tr>
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > room && <div className={css['more']}><Button variant="default" onClick={() => setRoom(room * 4)}>{t('action.showMore', { count: Math.min(room * 3, sorted.length - room) })}</Button></div>}
    </div>
  )
}
