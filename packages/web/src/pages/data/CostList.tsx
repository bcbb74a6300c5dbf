import { useState } from 'react'
import type { ReactElement } from 'react'
import { UnstyledButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Section } from '../../components/Section.tsx'
import { SortTable } from '../../components/SortTable.tsx'
import type { Column } from '../../components/SortTable.tsx'
import { numberText } from '../../format/quantity.ts'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import { useSystemWords } from '../../i18n/system-words.ts'
import css from './Data.module.css'

/** One line of a list of costs. */
export interface CostRow {
  readonly name: string
  /** What the bar shows. */
  readonly value: number
  /** The query that shows what the line is about. */
  readonly expr?: string
}

/** Props of `CostList`. */
export interface CostListProps<Row extends CostRow> {
  readonly title: string
  /** One sentence: what to do about it; absent where it is said elsewhere. */
  readonly next?: string
  readonly rows: readonly Row[]
  /** What a whole bar is; absent: the largest row. */
  readonly whole?: number
  /** Columns of the table behind the bars, after the name. */
  readonly columns: readonly Column<Row>[]
}

/** How many bars are drawn. */
const BARS = 8

/** What costs the most, as bars, with the whole table on request. */
export function CostList<Row extends CostRow>({ title, next, rows, whole, columns }: CostListProps<Row>): ReactElement {
  const { w } = useSystemWords()
  const [isTable, setTable] = useState(false)
  const top = Math.max(whole ?? 0, ...rows.map(r => r.value), 1)
  const name = (r: Row): ReactElement => (r.expr === undefined ? <span className={css['name']}>{r.name}</span>
    : <Link className={css['name']} to={'/explore' as never} search={((prev: PageSearch) => ({ ...keepTime(prev), expr: [r.expr] })) as never}>{r.name}</Link>)
  return (
    <Section title={title} aside={rows.length > BARS ? <UnstyledButton className={css['toggle']} aria-expanded={isTable} onClick={() => setTable(!isTable)}>{w('data.more')}</UnstyledButton> : undefined}>
      {isTable ? <SortTable label={title} rows={rows} keyOf={r => r.name} initial={`-${columns[0]!.key}`} columns={[{ key: 'name', label: w('data.col.name'), sortBy: r => r.name, cell: name }, ...columns]} />
        : (
          <ul className={css['bars']}>
            {rows.slice(0, BARS).map(r => (
              <li key={r.name}>
                <span className={css['label']}>{name(r)}</span>
                <span className={css['number']}>{numberText(r.value)}</span>
                <span className={css['track']} aria-hidden><span className={css['bar']} style={{ width: `${(r.value / top) * 100}%` }} /></span>
              </li>
            ))}
          </ul>
        )}
      {next !== undefined && <p className={css['next']}><strong>{w('data.do')}</strong> {next}</p>}
    </Section>
  )
}
