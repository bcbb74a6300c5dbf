import { useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { Skeleton, UnstyledButton } from '@mantine/core'
import { labelsText } from '@haechi/dashboards'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useInstantQuery, useScrapeInterval } from '../../api/queries.ts'
import type { InstantAnswer, InstantSample } from '../../api/prometheus.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Aged } from '../../components/Aged.tsx'
import { Section } from '../../components/Section.tsx'
import { numberText } from '../../format/quantity.ts'
import { exactTime } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import { EmptyResult } from './EmptyResult.tsx'
import { QueryError } from './QueryError.tsx'
import css from './Explore.module.css'
import { queryLetter } from './query-letter.ts'

/** More rows than this are cut: nobody reads them, and the page would stand still. */
const ROWS = 500
/** More columns than this become one text. */
const COLUMNS = 8

/** The queries' values at the end of the range, one table each. */
export function TableResult({ exprs }: { readonly exprs: readonly string[] }): ReactElement {
  return <>{exprs.map((expr, i) => <OneTable key={`${queryLetter(i)} ${expr}`} expr={expr} title={exprs.length > 1 ? `${queryLetter(i)} · ${expr}` : undefined} />)}</>
}

function OneTable({ expr, title }: { readonly expr: string; readonly title: string | undefined }): ReactElement {
  const { t, locale } = useWords()
  const { range } = useRefresh()
  const query = useInstantQuery(expr, range, useScrapeInterval())
  if (query.isError && query.data === undefined) return <QueryError error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined) return <Skeleton height={240} />
  return (
    <Section title={title ?? t('explore.at', { time: exactTime(range.toMs, locale) })} aside={<span className="dim num">{t('explore.series', { count: query.data.samples.length })}</span>}>
      {query.isError && <QueryError error={query.error} retry={() => void query.refetch()} />}
      <Aged query={query}>{query.data.samples.length === 0 ? <EmptyResult /> : <Table answer={query.data} />}</Aged>
    </Section>
  )
}

type SortBy = { readonly column: string | undefined; readonly isDescending: boolean }

function compareBy(column: string | undefined): (a: InstantSample, b: InstantSample) => number {
  if (column === undefined) return (a, b) => (Number.isNaN(a.value) ? -Infinity : a.value) - (Number.isNaN(b.value) ? -Infinity : b.value) || 0
  return (a, b) => (a.labels[column] ?? '').localeCompare(b.labels[column] ?? '', 'en', { numeric: true })
}

function Table({ answer }: { readonly answer: InstantAnswer }): ReactElement {
  const { t } = useWords()
  const [sort, setSort] = useState<SortBy>({ column: undefined, isDescending: true })
  const columns = useMemo(() => {
    const names = new Set<string>()
    for (const s of answer.samples) for (const name of Object.keys(s.labels)) names.add(name)
    return [...names].sort((a, b) => Number(b === '__name__') - Number(a === '__name__') || (a < b ? -1 : 1))
  }, [answer])
  const rows = useMemo(() => {
    const compare = compareBy(sort.column)
    return [...answer.samples].sort((a, b) => (sort.isDescending ? compare(b, a) : compare(a, b))).slice(0, ROWS)
  }, [answer, sort])
  const isWide = columns.length > COLUMNS
  const heads = isWide ? [] : columns
  const sortBy = (column: string | undefined): void => setSort({ column, isDescending: sort.column === column ? !sort.isDescending : column === undefined })
  const head = (column: string | undefined, text: string): ReactElement => (
    <th key={text} scope="col" aria-sort={sort.column !== column ? 'none' : sort.isDescending ? 'descending' : 'ascending'} className={column === undefined ? css['right'] : undefined}>
      <UnstyledButton className={css['sort']} onClick={() => sortBy(column)}>{text}{sort.column === column && (sort.isDescending ? <IconArrowDown size={14} aria-hidden /> : <IconArrowUp size={14} aria-hidden />)}</UnstyledButton>
    </th>
  )
  return (
    <>
      <div className={css['scroll']} tabIndex={0} role="region" aria-label={t('explore.table')}>
        <table className={css['table']}>
          <thead><tr>{isWide && <th scope="col">{t('targets.details')}</th>}{heads.map(c => head(c, c === '__name__' ? t('palette.metrics') : c))}{head(undefined, t('explore.value'))}</tr></thead>
          <tbody>
            {rows.map(s => (
              <tr key={labelsText(s.labels)}>
                {isWide && <td className="mono">{labelsText(s.labels)}</td>}
                {heads.map(c => <td key={c} className="mono">{s.labels[c] ?? ''}</td>)}
                <td className={css['right']} title={s.text}>{Number.isNaN(s.value) && s.text !== 'NaN' ? s.text : numberText(s.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {answer.samples.length > ROWS && <p className="dim">{t('explore.truncated', { shown: ROWS, all: answer.samples.length })}</p>}
    </>
  )
}
