import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { Health, ServiceView } from '@haechi/server'
import { servicesQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Choice } from '../../components/Choice.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Filter } from '../../components/Filter.tsx'
import { Page, Verdict } from '../../components/Page.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { useWords } from '../../i18n/index.ts'
import { matchesFilter, servicesWorstFirst, worstHealth } from '../../state/order.ts'
import { keepTime } from '../../state/search.ts'
import { EndpointCell } from './EndpointCell.tsx'
import { RedTable } from './RedTable.tsx'
import type { RedRow } from './red-rows.ts'
import { useServiceWords } from './service-words.ts'
import { useRed } from './use-red.ts'
import css from './Services.module.css'

/** "Which service, which endpoint is slow or fails?" */
export function ServicesPage(): ReactElement {
  const { t } = useWords()
  const query = useQuery(servicesQuery)
  return (
    <Page title={t('nav.services')}>
      {query.data !== undefined ? <ServicesBody services={query.data.filter(s => s.kind === 'service')} />
        : query.isError ? <Failure error={query.error} retry={() => void query.refetch()} />
          : <><Skeleton height={40} width="min(100%, 520px)" /><Skeleton height={36} /><Skeleton height={320} /></>}
    </Page>
  )
}

const FAILING = 0.01
/** Services that don't answer have no numbers and still come first. */
const HEALTH_RANK: Readonly<Record<Health, number>> = { critical: 0, warning: 1, unknown: 1, ok: 1 }

function ServicesBody({ services }: { readonly services: readonly ServiceView[] }): ReactElement {
  const { t, w } = useServiceWords()
  const navigate = useNavigate()
  const { search, change } = usePageSearch()
  const by = search.tab === 'endpoints' ? 'endpoint' : 'job'
  const red = useRed(services, by)
  const known = useMemo(() => new Map(services.map(s => [s.id, s])), [services])
  if (services.length === 0) return <Explained health="unknown" text={w('list.empty')} hint={w('list.emptyNext')} action={{ label: t('action.seeTargets'), run: () => void navigate({ to: '/targets' as never, search: keepTime as never }) }} />

  const rows = red.rows === undefined ? undefined : by === 'endpoint' ? red.rows : withUnmeasured(red.rows, services)
  const filter = search.filter ?? ''
  const shown = rows?.filter(r => matchesFilter(filter, [r.job, r.endpoint ?? '', known.get(r.job)?.library ?? '']))
  return (
    <>
      <ServicesVerdict services={services} rows={red.rows ?? []} />
      <div className={css['tools']}>
        <Filter label={w('list.filter')} />
        <Choice label={w('list.show')} value={by} options={[{ value: 'job', label: w('list.services') }, { value: 'endpoint', label: w('list.endpoints') }]} onChange={v => change({ tab: v === 'job' ? undefined : 'endpoints', sort: undefined }, 'replace')} />
        <span className="dim">{w('list.over')}</span>
      </div>
      {shown === undefined ? <Skeleton height={320} />
        : rows!.length === 0 && red.error !== undefined ? <Failure error={red.error} retry={red.retry} />
          : rows!.length === 0 ? <Explained health="unknown" text={w('list.noEndpoints')} hint={w('list.noEndpointsNext')} />
            : shown.length === 0 ? <Explained health="unknown" text={w('list.none', { filter })} action={{ label: t('action.clearFilter'), run: () => change({ filter: undefined }, 'replace') }} />
              : by === 'job' ? (
                <RedTable red={red} rows={shown} label={w('list.services')} nameOf={jobOf} initial="-errors" top={r => HEALTH_RANK[known.get(r.job)?.health ?? 'ok']} first={{ key: 'service', label: w('col.service'), sortBy: jobOf, cell: r => <ServiceName service={known.get(r.job)!} /> }}
                  more={[
                    { key: 'library', label: w('col.library'), wideOnly: true, sortBy: r => known.get(r.job)?.library ?? '', cell: r => <span className={css['library']}>{known.get(r.job)?.library ?? '–'}</span> },
                    { key: 'instances', label: w('col.instances'), numeric: true, wideOnly: true, sortBy: r => upOf(known.get(r.job)!), cell: r => `${upOf(known.get(r.job)!)}/${known.get(r.job)!.instances.length}` },
                  ]} />
              ) : (
                <RedTable red={red} rows={shown} label={w('list.endpoints')} nameOf={bothOf} initial="-p95" first={{ key: 'endpoint', label: w('col.endpoint'), sortBy: r => r.endpoint ?? '', cell: r => <EndpointCell service={known.get(r.job)!} endpoint={r.endpoint ?? ''} /> }}
                  more={[{ key: 'service', label: w('col.service'), sortBy: jobOf, cell: r => <ServiceName service={known.get(r.job)!} /> }]} />
              )}
    </>
  )
}

const jobOf = (r: RedRow): string => r.job
const bothOf = (r: RedRow): string => `${r.job} ${r.endpoint ?? ''}`

function upOf(s: ServiceView): number {
  return s.instances.filter(i => i.health === 'ok').length
}

const NOTHING = new Float64Array(0)

/** Services without a line of their own (down, or of an unknown library) still have a row. */
function withUnmeasured(rows: readonly RedRow[], services: readonly ServiceView[]): RedRow[] {
  const have = new Set(rows.map(r => r.job))
  const missing = servicesWorstFirst(services).filter(s => !have.has(s.id))
  return [...missing.map((s): RedRow => ({ key: `${s.id}\n`, job: s.id, rate: NaN, errorRatio: NaN, p50: undefined, p95: undefined, p99: undefined, rates: NOTHING, failures: NOTHING, p95s: NOTHING })), ...rows]
}

function ServiceName({ service }: { readonly service: ServiceView }): ReactElement {
  const { t } = useWords()
  return (
    <span className={css['who']}>
      <StateMark health={service.health} label={t(`health.${service.health}`)} />
      <Link to={'/services/$job' as never} params={{ job: service.id } as never} search={keepTime as never} className={css['serviceName']} title={service.id}>{service.id}</Link>
      {service.demo && <span className={css['tag']}>{t('overview.demo')}</span>}
    </span>
  )
}

function ServicesVerdict({ services, rows }: { readonly services: readonly ServiceView[]; readonly rows: readonly RedRow[] }): ReactElement {
  const { t, w } = useServiceWords()
  const down = servicesWorstFirst(services).filter(s => s.health === 'critical' || s.health === 'warning').map(s => s.id)
  const bad = [...new Set([...down, ...rows.filter(r => r.errorRatio >= FAILING).sort((a, b) => b.errorRatio - a.errorRatio).map(r => r.job)])]
  const health = worstHealth([...services.map(s => s.health), ...(rows.some(r => r.errorRatio >= 0.05) ? ['critical' as const] : rows.some(r => r.errorRatio >= FAILING) ? ['warning' as const] : [])])
  const names = bad.slice(0, 3).join(', ')
  return (
    <Verdict>
      <StateMark health={health} label={t(`health.${health}`)} size={20} />
      <span>{bad.length === 0 ? (services.length === 1 ? w('list.fineOne') : w('list.fine', { count: services.length })) : bad.length > 3 ? w('list.badMore', { names, more: bad.length - 3 }) : w('list.bad', { names })}</span>
    </Verdict>
  )
}
