import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconLayoutDashboard, IconTelescope } from '@tabler/icons-react'
import { latencyExpr, rateByEndpointExpr, serviceKind } from '@haechi/dashboards'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { Health, ServiceView } from '@haechi/server'
import { overviewQuery, servicesQuery } from '../../api/queries.ts'
import { Ago } from '../../components/Ago.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Page, Verdict } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, rateQuantity, ratioQuantity, secondsQuantity } from '../../format/quantity.ts'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import { severityHealth } from '../alerts/severity.ts'
import { EndpointCell } from './EndpointCell.tsx'
import { RedTable } from './RedTable.tsx'
import { ServiceChart } from './ServiceChart.tsx'
import type { RedRow } from './red-rows.ts'
import { useServiceWords } from './service-words.ts'
import { useRed } from './use-red.ts'
import css from './Services.module.css'

/** "What is it with this service?" */
export function ServicePage(): ReactElement {
  const { w } = useServiceWords()
  const { job } = useParams({ strict: false }) as { readonly job: string }
  const navigate = useNavigate()
  const query = useQuery(servicesQuery)
  const service = query.data?.find(s => s.id === job)
  return (
    <Page title={job}>
      {service !== undefined ? <ServiceBody key={job} service={service} />
        : query.data !== undefined ? <Explained health="unknown" text={w('one.missing', { name: job })} hint={w('one.missingNext')} action={{ label: w('one.toList'), run: () => void navigate({ to: '/services' as never, search: keepTime as never }) }} />
          : query.isError ? <Failure error={query.error} retry={() => void query.refetch()} />
            : <><Skeleton height={40} width="min(100%, 520px)" /><Skeleton height={276} /><Skeleton height={240} /></>}
    </Page>
  )
}

const endpointOf = (r: RedRow): string => r.endpoint ?? ''

function ServiceBody({ service }: { readonly service: ServiceView }): ReactElement {
  const { w } = useServiceWords()
  const only = useMemo(() => [service], [service])
  const whole = useRed(only, 'job', service.id)
  const parts = useRed(only, 'endpoint', service.id)
  const kind = service.kindId === undefined ? undefined : serviceKind(service.kindId)
  const latencies = kind === undefined || service.queries.p95 === undefined ? [] : [50, 95, 99].flatMap(q => {
    const expr = latencyExpr(kind, q / 100, { job: service.id })
    return expr === undefined ? [] : [{ name: w('one.percentile', { q }), expr }]
  })
  return (
    <>
      <ServiceVerdict service={service} row={whole.rows?.[0]} />
      {kind === undefined ? <Explained health="unknown" text={w('one.unrecognised')} hint={w('one.unrecognisedNext')} />
        : (
          <>
            <div className={css['charts']}>
              <ServiceChart title={w('one.chartRate')} unit="reqps" empty={w('one.noRequests')} lines={[{ name: w('one.requests'), expr: service.queries.rate ?? '' }]} />
              <ServiceChart title={w('one.chartErrors')} unit="percentunit" empty={w('one.noRequests')} atLeast={0.05} lines={[{ name: w('one.failing'), expr: service.queries.errorRatio ?? '' }]} />
              <ServiceChart title={w('one.chartLatency')} unit="s" empty={w(latencies.length === 0 ? 'one.noLatency' : 'one.noRequests')} lines={latencies} />
            </div>
            <Section title={w('one.endpoints')}>
              {rateByEndpointExpr(kind) === undefined ? <Explained compact health="unknown" text={w('one.noEndpoints')} />
                : parts.rows === undefined ? <Skeleton height={240} />
                  : parts.rows.length === 0 ? (parts.error === undefined ? <Explained health="unknown" text={w('one.noEndpointData')} /> : <Failure error={parts.error} retry={parts.retry} />)
                    : <RedTable red={parts} rows={parts.rows} label={w('one.endpoints')} nameOf={endpointOf} initial="-p95" first={{ key: 'endpoint', label: w('col.endpoint'), sortBy: endpointOf, cell: r => <EndpointCell service={service} endpoint={r.endpoint ?? ''} /> }} />}
            </Section>
          </>
        )}
      <div className={css['columns']}>
        <Instances service={service} />
        <Firing service={service} />
      </div>
    </>
  )
}

function ServiceVerdict({ service, row }: { readonly service: ServiceView; readonly row: RedRow | undefined }): ReactElement {
  const { t, w } = useServiceWords()
  const navigate = useNavigate()
  const name = service.id
  const isAsked = row !== undefined && row.rate > 0
  const health: Health = service.health !== 'ok' ? service.health : row !== undefined && row.errorRatio >= 0.05 ? 'critical' : row !== undefined && row.errorRatio >= 0.01 ? 'warning' : 'ok'
  const values = { name, rate: row === undefined ? '' : quantityText(rateQuantity(row.rate)), errors: row === undefined ? '' : quantityText(ratioQuantity(row.errorRatio)) }
  const limit = row?.p95 === undefined ? undefined : Number.isFinite(row.p95.upper) ? row.p95.value : undefined
  const text = service.health === 'critical' ? w('one.down', { name })
    : isAsked ? (limit === undefined ? w('one.sentenceShort', values) : w('one.sentence', { ...values, p95: quantityText(secondsQuantity(limit)) }))
      : row === undefined && service.kindId !== undefined ? w('one.waiting', { name }) : service.kindId === undefined ? `${name} · ${t(`health.${service.health}`)}` : w('one.quiet', { name })
  const exprs = [service.queries.rate, service.queries.errorRatio, service.queries.p95].filter(e => e !== undefined)
  return (
    <Verdict aside={(
      <>
        {service.boardUid !== undefined && <Button variant="default" leftSection={<IconLayoutDashboard size={16} aria-hidden />} onClick={() => void navigate({ to: `/boards/${service.boardUid}` as never, search: keepTime as never })}>{w('one.board')}</Button>}
        <Button variant="default" leftSection={<IconTelescope size={16} aria-hidden />} onClick={() => void navigate({ to: '/explore' as never, search: ((prev: PageSearch) => ({ ...keepTime(prev), expr: exprs.length > 0 ? exprs : [`{job=${JSON.stringify(name)}}`] })) as never })}>{w('one.explore')}</Button>
      </>
    )}>
      <StateMark health={health} label={t(`health.${health}`)} size={20} /><span>{text}</span>
    </Verdict>
  )
}

function Instances({ service }: { readonly service: ServiceView }): ReactElement {
  const { t, w } = useServiceWords()
  return (
    <Section title={w('one.instances')} count={service.instances.length}>
      <ul className={css['list']}>
        {service.instances.map(i => (
          <li key={i.instance}>
            <StateMark health={i.health} />
            <Link className={css['grow']} to={'/targets' as never} search={((prev: PageSearch) => ({ ...keepTime(prev), filter: `${service.id} ${i.instance}` })) as never}><span className="mono">{i.instance}</span></Link>
            <span className={`health-${i.health}`}>{t(i.health === 'ok' ? 'targets.up' : i.health === 'unknown' ? 'targets.unknown' : 'targets.down')}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Firing({ service }: { readonly service: ServiceView }): ReactElement {
  const { t, w, of } = useServiceWords()
  const { data } = useQuery(overviewQuery)
  const firing = (data?.firing ?? []).filter(a => a.labels['job'] === service.id || a.labels['service'] === service.id)
  return (
    <Section title={w('one.alerts')} {...(firing.length > 0 ? { count: firing.length } : {})}>
      <ul className={css['list']}>
        {firing.length === 0 && <li className="dim">{w('one.noAlerts', { name: service.id })}</li>}
        {firing.map(a => (
          <li key={JSON.stringify(a.labels)}>
            <StateMark health={severityHealth(a.severity)} label={t(`health.${severityHealth(a.severity)}`)} />
            <Link className={css['grow']} to={'/alerts' as never} search={keepTime as never}>{a.localSummary === undefined ? a.summary : of(a.localSummary)}<span className={css['under']}>{a.name} · <Ago ms={a.sinceMs} /></span></Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}
