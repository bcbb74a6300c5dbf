import type { ReactElement } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { EditableRule } from '@haechi/server'
import type { AlertView } from '../../api/prometheus.ts'
import { alertsQuery, contactPointsQuery, rulesQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Ago } from '../../components/Ago.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Verdict } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, sampleValue, unitQuantity } from '../../format/quantity.ts'
import { minuteTime } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import { alertGroups, alertSinceMs, annotationText, tellingLabels } from './alert-groups.ts'
import { ruleTitle } from './rule-state.ts'
import { severityHealth } from './severity.ts'
import { thresholdText } from './threshold-input.ts'
import css from './Alerts.module.css'

/** What fires, and what is about to. */
export function NowList(): ReactElement {
  const { t, of } = useWords()
  const query = useQuery(alertsQuery)
  const { data: rules } = useQuery(rulesQuery)
  const titleOf = (name: string): string => {
    const rule = rules?.find(r => r.title === name)
    return rule === undefined ? name : ruleTitle(rule, of)
  }
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <><Skeleton height={40} width="min(100%, 420px)" /><Skeleton height={220} /></>
  const alerts = query.data
  const firing = alerts.filter(a => a.state === 'firing')
  const pending = alerts.length - firing.length
  const worst = firing.length === 0 ? 'ok' : firing.some(a => severityHealth(a.labels['severity'] ?? '') === 'critical') ? 'critical' : 'warning'
  return (
    <>
      <Verdict aside={<SetUpChannel isNeeded={alerts.length > 0} />}>
        <StateMark health={worst} label={t(`health.${worst}`)} size={20} />
        <span>{firing.length === 0 ? t('alerts.verdictNone') : t('alerts.verdictFiring', { count: firing.length })}{pending > 0 && ` ${t('alerts.verdictPending', { count: pending })}`}</span>
      </Verdict>
      {alerts.length === 0 && <Quiet />}
      <Aged query={query} className={css['groups'] ?? ''}>
        {alertGroups(alerts).map(group => (
          <Section key={group.name} title={titleOf(group.name)} {...(group.alerts.length > 1 ? { count: group.alerts.length } : {})} aside={<QueryLink rule={rules?.find(r => r.title === group.name)} />}>
            <ul className={css['list']}>{group.alerts.map(a => <AlertRow key={JSON.stringify(a.labels)} alert={a} rule={rules?.find(r => r.title === group.name)} />)}</ul>
          </Section>
        ))}
      </Aged>
    </>
  )
}

function Quiet(): ReactElement {
  const { t } = useWords()
  const { change } = usePageSearch()
  return <Explained health="ok" text={t('alerts.noneText')} action={{ label: t('alerts.toRules'), run: () => change({ tab: 'rules' }) }} />
}

/** Alerts that nobody hears are worth a word. */
function SetUpChannel({ isNeeded }: { readonly isNeeded: boolean }): ReactElement | null {
  const { t } = useWords()
  const { change } = usePageSearch()
  const { data } = useQuery(contactPointsQuery)
  if (!isNeeded || data === undefined || data.length > 0) return null
  return <><span className="dim">{t('alerts.noChannel')}</span><Button variant="default" onClick={() => change({ tab: 'channels' })}>{t('alerts.setUpChannel')}</Button></>
}

function QueryLink({ rule }: { readonly rule: EditableRule | undefined }): ReactElement | null {
  const { t } = useWords()
  if (rule === undefined) return null
  return <Link to={'/explore' as never} search={((prev: PageSearch) => ({ ...keepTime(prev), expr: [rule.expr] })) as never}>{t('alerts.openQuery')}</Link>
}

function AlertRow({ alert, rule }: { readonly alert: AlertView; readonly rule: EditableRule | undefined }): ReactElement {
  const { t, locale } = useWords()
  const health = alert.state === 'pending' ? 'unknown' : severityHealth(alert.labels['severity'] ?? '')
  const summary = annotationText(alert.annotations, 'summary', locale)
  const description = annotationText(alert.annotations, 'description', locale)
  const sinceMs = alertSinceMs(alert)
  const value = sampleValue(alert.value)
  return (
    <li className={css['alert']}>
      <StateMark health={health} label={t(alert.state === 'pending' ? 'alerts.pending' : `health.${health}`)} size={16} />
      <div className={css['body']}>
        <p className={css['summary']}>{summary === '' ? rule?.title ?? alert.labels['alertname'] : summary}</p>
        {description !== '' && description !== summary && <p className="dim">{description}</p>}
        <ul className={css['chips']}>{tellingLabels(alert.labels).map(([k, v]) => <li key={k} className="mono"><span className="dim">{k}=</span>{v}</li>)}</ul>
      </div>
      <dl className={css['facts']}>
        <div><dt>{t(`alerts.${alert.state}`)}</dt><dd title={minuteTime(sinceMs, locale)}><Ago ms={sinceMs} /></dd></div>
        <div><dt>{t('alerts.value')}</dt><dd className="num">{quantityText(unitQuantity(value, rule?.threshold?.unit ?? ''))}{rule?.threshold !== undefined && <span className="dim"> {rule.threshold.op} {thresholdText(rule.threshold.value, rule.threshold.unit)}</span>}</dd></div>
      </dl>
    </li>
  )
}
