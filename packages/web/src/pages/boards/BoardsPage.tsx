import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { BoardSummary } from '@haechi/server'
import { boardsQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Filter } from '../../components/Filter.tsx'
import { Page, Verdict } from '../../components/Page.tsx'
import { useWords } from '../../i18n/index.ts'
import { matchesFilter } from '../../state/order.ts'
import { keepTime } from '../../state/search.ts'
import css from './Boards.module.css'

/** All boards. */
export function BoardsPage(): ReactElement {
  const { t } = useWords()
  const query = useQuery(boardsQuery)
  return (
    <Page title={t('boards.title')}>
      {query.data !== undefined ? <Aged query={query} className={css['aged'] ?? ''}><BoardList boards={query.data} /></Aged>
        : query.isError ? <Failure error={query.error} retry={() => void query.refetch()} />
          : <><Skeleton height={36} width="min(100%, 340px)" /><Skeleton height={240} /></>}
    </Page>
  )
}

function BoardList({ boards }: { readonly boards: readonly BoardSummary[] }): ReactElement {
  const { t, of } = useWords()
  const { search, change } = usePageSearch()
  const filter = search.filter ?? ''
  const titleOf = (b: BoardSummary): string => (b.localTitle === undefined ? b.title : of(b.localTitle))
  if (boards.length === 0) return <Explained health="unknown" text={t('boards.empty')} />
  const shown = boards.filter(b => matchesFilter(filter, [b.title, titleOf(b), ...b.tags])).sort((a, b) => Number(a.builtIn) - Number(b.builtIn) || titleOf(a).localeCompare(titleOf(b)))
  return (
    <>
      <Verdict aside={<Filter label={t('boards.filter')} />}>{t('boards.count', { count: boards.length })}</Verdict>
      {shown.length === 0 ? <Explained health="unknown" text={t('boards.none', { filter })} action={{ label: t('action.clearFilter'), run: () => change({ filter: undefined }, 'replace') }} />
        : (
          <ul className={css['boards']}>
            {shown.map(b => (
              <li key={b.uid}>
                <Link to={`/boards/${b.uid}` as never} search={keepTime as never} className={css['board']}>
                  <span className={css['name']}>{titleOf(b)}</span>
                  <span className={css['tags']}>{[t(b.builtIn ? 'boards.builtIn' : 'boards.own'), ...b.tags].join(' · ')}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
    </>
  )
}
