import { useDeferredValue, useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Skeleton, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useAskedSource } from '../../api/asked-source.ts'
import { metadataOf, metricNamesOf } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Filter } from '../../components/Filter.tsx'
import { Section } from '../../components/Section.tsx'
import { useWords } from '../../i18n/index.ts'
import type { MessageKey } from '../../i18n/index.ts'
import { firstMetrics, firstQuery, metricGroups } from './metric-list.ts'
import css from './Explore.module.css'

/** How many metrics are drawn before "show more": enough to scroll, few enough to draw at once. */
const FIRST = 200

const KNOWN_TYPES = ['counter', 'gauge', 'histogram', 'summary', 'info', 'stateset'] as const

function typeKey(type: string): MessageKey {
  const known = KNOWN_TYPES.find(k => k === type)
  return known === undefined ? 'explore.type.unknown' : `explore.type.${known}`
}

/** What there is to look at, when no query is written yet. */
export function MetricBrowser({ onChoose }: { readonly onChoose: (expr: string) => void }): ReactElement {
  const { t } = useWords()
  const { search, change } = usePageSearch()
  const source = useAskedSource()
  const names = useQuery(metricNamesOf(source))
  const metadata = useQuery(metadataOf(source))
  const filter = useDeferredValue(search.filter ?? '')
  const [limit, setLimit] = useState(FIRST)
  const groups = useMemo(() => metricGroups(names.data ?? [], metadata.data ?? {}, filter), [names.data, metadata.data, filter])
  if (names.data === undefined) return names.isError ? <Failure error={names.error} retry={() => void names.refetch()} /> : <Skeleton height={400} />
  if (names.data.length === 0) return <Explained health="unknown" text={t('explore.metricsEmpty')} hint={t('overview.emptyNext')} />

  const total = groups.reduce((n, g) => n + g.metrics.length, 0)
  return (
    <Section title={t('explore.metrics')} aside={<Filter label={t('explore.metricsFilter')} />}>
      <p className={css['intro']}>{t('explore.metricsText', { count: names.data.length })}</p>
      {groups.length === 0 && <Explained health="unknown" text={t('explore.metricsNone', { filter })} action={{ label: t('action.clearFilter'), run: () => change({ filter: undefined }, 'replace') }} />}
      {firstMetrics(groups, limit).map(group => (
          <div key={group.prefix} className={css['group']}>
            <h3 className={css['prefix']}>{group.prefix}<span className={css['count']}>{group.total}</span></h3>
            <ul className={css['metrics']}>
              {group.metrics.map(m => (
                <li key={m.name}>
                  <UnstyledButton className={css['metric']} onClick={() => onChoose(firstQuery(m))}>
                    <span className={css['metricName']}>{m.name}</span>
                    <span className={css['type']}>{t(typeKey(m.type))}</span>
                    <span className={css['help']}>{m.help}</span>
                  </UnstyledButton>
                </li>
              ))}
            </ul>
          </div>
      ))}
      {total > limit && <Button variant="default" onClick={() => setLimit(limit * 4)}>{t('action.showMore', { count: Math.min(limit * 3, total - limit) })}</Button>}
    </Section>
  )
}
