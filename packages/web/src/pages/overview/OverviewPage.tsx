import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { CAPACITY_BOARD_UID } from '@haechi/dashboards'
import type { OverviewView, ServiceView } from '@haechi/server'
import { alertsQuery, overviewQuery, statusQuery } from '../../api/queries.ts'
import { Aged } from '../../components/Aged.tsx'
import { Ago } from '../../components/Ago.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Page, Verdict } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { useWords } from '../../i18n/index.ts'
import { servicesWorstFirst } from '../../state/order.ts'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import { DiagnosisView } from '../../components/DiagnosisView.tsx'
import { annotationText } from '../alerts/alert-groups.ts'
import { severityHealth } from '../alerts/severity.ts'
import { HostCard } from './HostCard.tsx'
import { ServiceCard } from './ServiceCard.tsx'
import { useScrapeIntervals } from './scrape-intervals.ts'
import css from './Overview.module.css'

/** How many cards are shown at first when all is well. */
const FIRST_CARDS = 12

/** "Is everything all right?" */
export function OverviewPage(): ReactElement {
  const { t } = useWords()
  const query = useQuery(overviewQuery)
  return (
    <Page title={t('overview.title')}>
      {query.data !== undefined ? <Aged query={query} className={css['aged'] ?? ''}><OverviewBody overview={query.data} /></Aged>
        : query.isError ? <Failure error={query.error} retry={() => void query.refetch()} />
          : <OverviewSkeleton />}
    </Page>
  )
}

function OverviewBody({ overview }: { readonly overview: OverviewView }): ReactElement {
  const { t, of } = useWords()
  const navigate = useNavigate()
  const services = servicesWorstFirst(overview.services)
  const [isAllShown, setAllShown] = useState(false)
  // What needs a look is always shown; of the rest as many as one can take in.
  const first = Math.max(FIRST_CARDS, services.filter(s => s.health === 'critical' || s.health === 'warning').length)
  const shown = isAllShown || services.length <= first + 3 ? services : services.slice(0, first)
  const intervals = useScrapeIntervals()
  const whyDown = (job: string): string | undefined => {
    const target = overview.targetsDown.find(x => x.job === job)
    return target === undefined ? undefined : target.diagnosis === undefined ? target.lastError : of(target.diagnosis.what)
  }
  return (
    <>
      <Verdict aside={<WhyButton overview={overview} />}><StateMark health={overview.health} label={t(`health.${overview.health}`)} size={20} />{of(overview.verdict)}</Verdict>
      {services.length === 0 && overview.targetsDown.length === 0 ? <NothingYet targets={overview.targets} />
        : (
          <ul className={css['cards']} aria-label={t('overview.services')}>
            {shown.map(s => (
              <li key={s.id} className={css['cell']}>
                {s.kind === 'host' ? <HostCard service={s} isAlone={hostsOf(services) === 1} scrapeIntervalMs={intervals(s.id)} /> : <ServiceCard service={s} scrapeIntervalMs={intervals(s.id)} why={whyDown(s.id)} />}
              </li>
            ))}
          </ul>
        )}
      {shown.length < services.length && <div><Button variant="default" onClick={() => setAllShown(true)}>{t('action.showMore', { count: services.length - shown.length })}</Button></div>}
      <div className={css['columns']}>
        <div className={css['column']}>
        <FiringList overview={overview} />
        {overview.targetsDown.length > 0 && <DownList overview={overview} />}
        </div>
        {overview.noticed.length > 0 && (
          <Section title={t('overview.noticed')} count={overview.noticed.length}>
            <ul className={css['list']}>{overview.noticed.map(d => <li key={`${d.code} ${d.subject ?? ''} ${d.what.en}`}><DiagnosisView diagnosis={d} />{d.code === 'no-contact-point' && <div className={css['step']}><Button size="sm" variant="default" onClick={() => void navigate({ to: '/alerts' as never, search: ((prev: PageSearch) => ({ ...keepTime(prev), tab: 'channels' })) as never })}>{t('alerts.setUpChannel')}</Button></div>}
              {d.code === 'no-alert-rule' && <div className={css['step']}><Button size="sm" variant="default" onClick={() => void navigate({ to: '/alerts' as never, search: ((prev: PageSearch) => ({ ...keepTime(prev), tab: 'rules' })) as never })}>{t('alerts.toRules')}</Button></div>}
              {d.code === 'disk-filling' && <div className={css['step']}><Button size="sm" variant="default" onClick={() => void navigate({ to: `/boards/${CAPACITY_BOARD_UID}` as never })}>{t('overview.seeCapacity')}</Button></div>}</li>)}</ul>
          </Section>
        )}
      </div>
    </>
  )
}

function hostsOf(services: readonly ServiceView[]): number {
  return services.filter(s => s.kind === 'host').length
}

function WhyButton({ overview }: { readonly overview: OverviewView }): ReactElement | null {
  const { t } = useWords()
  const navigate = useNavigate()
  if (overview.health === 'ok') return null
  if (overview.firing.length > 0) return <Button variant="default" onClick={() => void navigate({ to: '/alerts' as never, search: keepTime as never })}>{t('overview.see')}</Button>
  if (overview.targetsDown.length > 0) return <Button variant="default" onClick={() => void navigate({ to: '/targets' as never, search: keepTime as never })}>{t('overview.see')}</Button>
  return null
}

/** The least that a `prometheus.yml` needs to watch a service. */
const SAMPLE = "scrape_configs:\n  - job_name: orders\n    static_configs:\n      - targets: ['localhost:8000']"

function NothingYet({ targets }: { readonly targets: number }): ReactElement {
  const { t } = useWords()
  const navigate = useNavigate()
  const { data: status } = useQuery(statusQuery)
  // A file without targets will never find any: what to write into it is the answer.
  if (status?.discovery === false && targets === 0) {
    return <Explained health="unknown" text={t('overview.emptyConfig')} hint={t('overview.emptyConfigNext')}><pre className={css['sample']} tabIndex={0} aria-label="prometheus.yml"><code>{SAMPLE}</code></pre></Explained>
  }
  return <Explained health="unknown" text={t(status?.discovery === false ? 'overview.emptyFile' : 'overview.empty')} hint={t('overview.emptyNext')} action={{ label: t('action.seeTargets'), run: () => void navigate({ to: '/targets' as never, search: keepTime as never }) }} />
}

function FiringList({ overview }: { readonly overview: OverviewView }): ReactElement {
  const { t, locale } = useWords()
  const { firing, pending } = overview
  // The alerts themselves carry their texts in both languages.
  const { data: alerts } = useQuery({ ...alertsQuery, enabled: firing.length > 0 })
  const summaryOf = (a: OverviewView['firing'][number]): string => {
    const alert = alerts?.find(x => x.labels['alertname'] === a.name && Object.entries(a.labels).every(([k, v]) => x.labels[k] === v))
    return alert === undefined ? a.summary : annotationText(alert.annotations, 'summary', locale)
  }
  return (
    <Section title={t('overview.firing')} {...(firing.length > 0 ? { count: firing.length } : {})}>
      <ul className={css['list']}>
        {firing.length === 0 && <li className={css['calm']}>{t('overview.nothingFiring')}</li>}
        {firing.slice(0, 8).map(a => (
          <li key={`${a.name} ${JSON.stringify(a.labels)}`}>
            <Link to={'/alerts' as never} search={keepTime as never} className={css['alert']}>
              <StateMark health={severityHealth(a.severity)} label={t(`health.${severityHealth(a.severity)}`)} />
              <span className={css['grow']}><span className={css['strong']}>{summaryOf(a) || a.name}</span><span className={css['under']}>{summaryOf(a) === '' ? '' : `${a.name} · `}<Ago ms={a.sinceMs} /></span></span>
            </Link>
          </li>
        ))}
        {firing.length > 8 && <li className={css['calm']}><Link to={'/alerts' as never} search={keepTime as never}>{t('action.showMore', { count: firing.length - 8 })}</Link></li>}
        {pending > 0 && <li className={css['calm']}>{t('overview.pending', { count: pending })}</li>}
      </ul>
    </Section>
  )
}

function DownList({ overview }: { readonly overview: OverviewView }): ReactElement {
  const { t, of } = useWords()
  const down = overview.targetsDown
  return (
    <Section title={t('overview.down')} count={down.length}>
      <ul className={css['list']}>
        {down.slice(0, 8).map(target => (
          <li key={`${target.job} ${target.url}`}>
            <Link to={'/targets' as never} search={((prev: never) => ({ ...keepTime(prev), filter: target.instance })) as never} className={css['alert']}>
              <StateMark health="critical" label={t('targets.down')} />
              <span className={css['grow']}>
                <span className={css['strong']}>{target.job} <span className="mono dim">{target.instance}</span></span>
                <span className={css['under']}>{target.diagnosis === undefined ? target.lastError : of(target.diagnosis.what)}</span>
              </span>
            </Link>
          </li>
        ))}
        {down.length > 8 && <li className={css['calm']}><Link to={'/targets' as never} search={keepTime as never}>{t('action.showMore', { count: down.length - 8 })}</Link></li>}
      </ul>
    </Section>
  )
}

function OverviewSkeleton(): ReactElement {
  const { t } = useWords()
  return (
    <>
      <Verdict><StateMark health="unknown" size={20} /><span className="dim">{t('overview.loading')}</span></Verdict>
      <div className={css['cards']} aria-hidden>{[0, 1, 2].map(i => <Skeleton key={i} height={202} />)}</div>
      <div className={css['columns']} aria-hidden><Skeleton height={160} /><Skeleton height={160} /></div>
    </>
  )
}
