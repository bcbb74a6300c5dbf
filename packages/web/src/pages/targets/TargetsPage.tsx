import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { Skeleton, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Health, TargetView } from '@haechi/server'
import { targetsQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Filter } from '../../components/Filter.tsx'
import { Page, Verdict } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { useWords } from '../../i18n/index.ts'
import { matchesFilter, targetGroups } from '../../state/order.ts'
import { TargetRow } from './TargetRow.tsx'
import css from './Targets.module.css'

/** "What is watched, and does it answer?" */
export function TargetsPage(): ReactElement {
  const { t } = useWords()
  const query = useQuery(targetsQuery)
  return (
    <Page title={t('targets.title')}>
      {query.data !== undefined ? <Aged query={query} className={css['aged'] ?? ''}><TargetsBody targets={query.data} /></Aged>
        : query.isError ? <Failure error={query.error} retry={() => void query.refetch()} />
          : <TargetsSkeleton />}
    </Page>
  )
}

/** The key of a target in the address bar and in lists. */
function targetKey(target: TargetView): string {
  return `${target.job} ${target.url}`
}

function textsOf(target: TargetView): string[] {
  const { diagnosis } = target
  return [target.job, target.instance, target.url, target.lastError, diagnosis?.what.en ?? '', diagnosis?.what.ko ?? '', ...Object.entries(target.labels).map(([k, v]) => `${k}=${v}`)]
}

function TargetsBody({ targets }: { readonly targets: readonly TargetView[] }): ReactElement {
  const { t } = useWords()
  const { search, change } = usePageSearch()
  const filter = search.filter ?? ''
  const isOnlyDown = search.tab === 'down'
  const groups = useMemo(() => targetGroups(targets.filter(x => (!isOnlyDown || x.health !== 'up') && matchesFilter(filter, textsOf(x)))), [targets, filter, isOnlyDown])
  const down = targets.filter(x => x.health === 'down').length
  const unknown = targets.filter(x => x.health === 'unknown').length
  const health: Health = down > 0 ? 'critical' : targets.length === 0 || unknown === targets.length ? 'unknown' : 'ok'

  if (targets.length === 0) return <Explained health="unknown" text={t('targets.empty')} />
  return (
    <>
      <Verdict>
        <StateMark health={health} label={t(`health.${health}`)} size={20} />
        <span>
          {down > 0 ? t('targets.someDown', { count: down, all: targets.length }) : unknown === 0 ? t('targets.allUp', { count: targets.length }) : ''}
          {unknown > 0 && ` ${t('targets.someUnknown', { count: unknown })}`}
        </span>
      </Verdict>
      <div className={css['tools']}>
        <Filter label={t('targets.filter')} />
        <Switch checked={isOnlyDown} label={t('targets.onlyDown')} onChange={e => change({ tab: e.currentTarget.checked ? 'down' : undefined }, 'replace')} />
      </div>
      {groups.length === 0 && (filter !== '' ? <Explained health="unknown" text={t('targets.none', { filter })} action={{ label: t('action.clearFilter'), run: () => change({ filter: undefined, tab: undefined }, 'replace') }} />
        : <Explained health="ok" text={t('targets.allUp', { count: targets.length })} action={{ label: t('action.clearFilter'), run: () => change({ tab: undefined }, 'replace') }} />)}
      {groups.length > 0 && <div className={css['captions']} aria-hidden><span><span>{t('targets.lastScrape')}</span><span>{t('targets.duration')}</span><span>{t('targets.samples')}</span></span><span>{t('targets.history')}</span></div>}
      {groups.map(group => {
        const up = group.targets.length - group.down - group.unknown
        return (
          <Section key={group.job} title={group.job.length > 120 ? `${group.job.slice(0, 119)}…` : group.job} aside={<span className={css['groupState']}><StateMark health={group.down > 0 ? 'critical' : group.unknown > 0 ? 'unknown' : 'ok'} />{t('targets.groupUp', { up, all: group.targets.length })}</span>}>
            <ul className={css['rows']}>{group.targets.map(target => <TargetRow key={targetKey(target)} target={target} isOpen={search.open === targetKey(target)} onOpen={o => change({ open: o ? targetKey(target) : undefined }, 'replace')} />)}</ul>
          </Section>
        )
      })}
    </>
  )
}

function TargetsSkeleton(): ReactElement {
  return <><Skeleton height={40} width="min(100%, 420px)" /><Skeleton height={36} width="min(100%, 340px)" /><Skeleton height={200} /><Skeleton height={120} /></>
}
