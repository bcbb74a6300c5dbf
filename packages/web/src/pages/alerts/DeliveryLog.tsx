import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { DeliveryView } from '@haechi/server'
import { deliveriesQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Ago } from '../../components/Ago.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, secondsQuantity } from '../../format/quantity.ts'
import { clockTime, minuteTime } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import css from './Alerts.module.css'

/** Every attempt to deliver a message, newest first. */
export function DeliveryLog(): ReactElement {
  const { t } = useWords()
  const { change } = usePageSearch()
  const query = useQuery(deliveriesQuery)
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton height={320} />
  if (query.data.length === 0) return <Explained health="unknown" text={t('deliveries.empty')} action={{ label: t('deliveries.toChannels'), run: () => change({ tab: 'channels' }) }} />
  return <Aged query={query}><ul className={css['list']}>{query.data.map(d => <Delivery key={d.id} delivery={d} />)}</ul></Aged>
}

function Delivery({ delivery: d }: { readonly delivery: DeliveryView }): ReactElement {
  const { t, locale } = useWords()
  const facts = [
    d.contactPoint, t(`deliveries.${d.status}`), d.alerts > 0 ? t('deliveries.alerts', { count: d.alerts }) : '', d.attempt > 1 ? t('deliveries.attempt', { attempt: d.attempt }) : '',
  ].filter(x => x !== '')
  return (
    <li className={css['delivery']}>
      <StateMark health={d.ok ? 'ok' : 'critical'} label={t(d.ok ? 'deliveries.sent' : 'deliveries.failed')} size={16} />
      <div className={css['body']}>
        <p className={css['ruleTitle']}>{d.title}</p>
        <p className={css['ruleText']}>{facts.join(' · ')}</p>
        {!d.ok && <p className="health-critical">{d.error}{d.nextAttemptMs !== undefined && ` · ${t('deliveries.next', { time: clockTime(d.nextAttemptMs, locale) })}`}</p>}
      </div>
      <div className={css['when']}>
        <span title={minuteTime(d.tMs, locale)}><Ago ms={d.tMs} /></span>
        <span className="dim num">{d.httpStatus === undefined ? '' : `${d.httpStatus} · `}{quantityText(secondsQuantity(d.durationMs / 1000))}</span>
      </div>
    </li>
  )
}
