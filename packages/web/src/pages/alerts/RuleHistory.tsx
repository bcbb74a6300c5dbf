import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { Button } from '@mantine/core'
import { useDeliveries, useRangeQuery, useScrapeInterval } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, secondsQuantity } from '../../format/quantity.ts'
import { exactTime, minuteTime } from '../../format/time.ts'
import { tellingLabels } from './alert-groups.ts'
import { useAlertWords } from './alert-words.ts'
import { deliveryError } from './delivery-error.ts'
import { stateChanges } from './state-changes.ts'
import css from './Alerts.module.css'

/** Attempts that are shown here; the others stand in the history. */
const SHOWN = 10

/** The changes of state of a rule in the time range of the page. */
export function RuleChanges({ name }: { readonly name: string }): ReactElement {
  const { a, locale } = useAlertWords()
  const { range } = useRefresh()
  const query = useRangeQuery({ expr: `ALERTS{alertname=${JSON.stringify(name)}}`, range, points: 480, scrapeIntervalMs: useScrapeInterval() })
  const changes = useMemo(() => stateChanges(query.data?.series ?? []).slice(0, 50), [query.data])
  return (
    <>
      <h3>{a('rule.changes')}</h3>
      {query.data !== undefined && changes.length === 0 && <p className="dim">{a('rule.changesNone')}</p>}
      {changes.length > 0 && (
        <ul className={css['history']} tabIndex={0} aria-label={a('rule.changes')}>
          {changes.map(c => (
            <li key={`${c.tMs}${JSON.stringify(c.labels)}`}>
              <StateMark health={c.to === 'firing' ? 'critical' : c.to === 'pending' ? 'unknown' : 'ok'} /><span title={exactTime(c.tMs, locale)} className="num">{minuteTime(c.tMs, locale)}</span>
              <span>{a(`rule.to.${c.to}`)}</span><span className="dim">{tellingLabels(c.labels).map(([k, v]) => `${k}=${v}`).join(', ')}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** What became of a rule: its changes of state, the newest attempts to tell of it, and the way to all of them. */
export function RuleHistory({ name }: { readonly name: string }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { change } = usePageSearch()
  const deliveries = useDeliveries({ rule: name }, undefined)
  const told = deliveries.data?.pages[0]?.slice(0, SHOWN) ?? []
  return (
    <section className={css['preview']} aria-label={a('rule.history')}>
      <RuleChanges name={name} />
      <h3>{a('rule.deliveries')}</h3>
      {deliveries.data !== undefined && told.length === 0 && <p className="dim">{a('rule.deliveriesNone')}</p>}
      {told.length > 0 && (
        <ul className={css['history']} tabIndex={0} aria-label={a('rule.deliveries')}>
          {told.map(d => (
            <li key={d.id}>
              <StateMark health={d.ok ? 'ok' : 'critical'} label={t(d.ok ? 'deliveries.sent' : 'deliveries.failed')} /><span title={exactTime(d.tMs, locale)} className="num">{minuteTime(d.tMs, locale)}</span>
              <span>{d.contactPoint} · {t(`deliveries.${d.status}`)}</span>
              <span className={d.ok ? 'dim' : 'health-critical'}>{[d.httpStatus === undefined ? '' : String(d.httpStatus), deliveryError(d, a)?.what ?? '', quantityText(secondsQuantity(d.durationMs / 1000)), d.attempt > 1 ? t('deliveries.attempt', { attempt: d.attempt }) : ''].filter(x => x !== '').join(' · ')}</span>
            </li>
          ))}
        </ul>
      )}
      <div><Button size="compact-sm" variant="default" onClick={() => change({ tab: 'deliveries', open: undefined, filter: undefined, variables: { rule: [name] } })}>{a('rule.allDeliveries')}</Button></div>
    </section>
  )
}
