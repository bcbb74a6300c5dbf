import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconArrowUpCircle, IconBellOff, IconClockPause, IconEye } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { limitText } from '@haechi/model'
import type { EditableRule } from '@haechi/server'
import { alertFactsQuery, notifiedAlertsQuery, silencesQuery } from '../../api/alerting.ts'
import type { LabelMap } from '../../api/prometheus.ts'
import { alertsQuery, contactPointsQuery, rulesQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Ago } from '../../components/Ago.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure, failureText } from '../../components/Failure.tsx'
import { Verdict } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, sampleValue, unitQuantity } from '../../format/quantity.ts'
import { minuteTime } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import { AlertActions } from './AlertActions.tsx'
import { useAlertWords } from './alert-words.ts'
import { currentAlerts, isKeptQuiet, isOpen } from './current-alerts.ts'
import type { CurrentAlert } from './current-alerts.ts'
import { matchersOfLabels, matchersText } from './matchers.ts'
import { SilenceSheet } from './SilenceSheet.tsx'
import { useSilence } from './use-silence.ts'
import { alertGroups, alertSinceMs, annotationText, commonLabels, tellingLabels } from './alert-groups.ts'
import { ruleTitle } from './rule-state.ts'
import { severityHealth } from './severity.ts'
import { thresholdText } from './threshold-input.ts'
import css from './Alerts.module.css'

/** What fires, and what is about to; below it what somebody is on, and what is kept quiet, with the reason. */
export function NowList(): ReactElement {
  const { t, a, of } = useAlertWords()
  const query = useQuery(alertsQuery)
  const { data: rules } = useQuery(rulesQuery)
  const { data: notified } = useQuery(notifiedAlertsQuery)
  const { data: silences } = useQuery(silencesQuery)
  const { data: facts } = useQuery(alertFactsQuery)
  const titleOf = (name: string): string => {
    const rule = rules?.find(r => r.title === name)
    return rule === undefined ? name : ruleTitle(rule, of)
  }
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <><Skeleton height={40} width="min(100%, 420px)" /><Skeleton height={220} /></>
  const alerts = currentAlerts(query.data, notified ?? [], silences ?? [], facts)
  const seen = alerts.filter(x => x.acknowledgement !== undefined)
  const quiet = alerts.filter(x => x.acknowledgement === undefined && isKeptQuiet(x))
  const shown = alerts.filter(x => !seen.includes(x) && !quiet.includes(x))
  const firing = shown.filter(isOpen)
  const pending = alerts.filter(x => x.state === 'pending').length
  const worst = firing.length === 0 ? (seen.length > 0 ? 'warning' : 'ok') : firing.some(x => severityHealth(x.labels['severity'] ?? '') === 'critical') ? 'critical' : 'warning'
  const row = (alert: CurrentAlert): ReactElement => <AlertRow key={JSON.stringify(alert.labels)} alert={alert} rule={rules?.find(r => r.title === alert.labels['alertname'])} />
  return (
    <>
      <Verdict aside={<SetUpChannel isNeeded={alerts.length > 0} />}>
        <StateMark health={worst} label={t(`health.${worst}`)} size={20} />
        <span>{firing.length === 0 ? t('alerts.verdictNone') : t('alerts.verdictFiring', { count: firing.length })}{pending > 0 && ` ${t('alerts.verdictPending', { count: pending })}`}</span>
      </Verdict>
      {alerts.length === 0 && <Quiet />}
      <Aged query={query} className={css['groups'] ?? ''}>
        {alertGroups(shown).map(group => (
          <Section key={group.name} title={titleOf(group.name)} {...(group.alerts.length > 1 ? { count: group.alerts.length } : {})} aside={<GroupTools name={group.name} alerts={group.alerts} rule={rules?.find(r => r.title === group.name)} />}>
            <AlertRows alerts={group.alerts} row={row} />
          </Section>
        ))}
        {seen.length > 0 && <Section title={a('now.acknowledgedTitle')} count={seen.length}><p className={css['sectionText']}>{a('now.acknowledgedText')}</p><AlertRows alerts={seen} row={row} /></Section>}
        {quiet.length > 0 && <Section title={a('now.quiet')} count={quiet.length}><p className={css['sectionText']}>{a('now.quietText')}</p><AlertRows alerts={quiet} row={row} /></Section>}
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

/** Alerts of one list that are shown before one asks for more. */
const SHOWN_ALERTS = 20

/** The worst of a list, and the others on demand: five hundred of one rule say no more than twenty. */
function AlertRows({ alerts, row }: { readonly alerts: readonly CurrentAlert[]; readonly row: (alert: CurrentAlert) => ReactElement }): ReactElement {
  const { a } = useAlertWords()
  const [shown, setShown] = useState(SHOWN_ALERTS)
  const left = alerts.length - shown
  return (
    <>
      <ul className={css['list']}>{alerts.slice(0, shown).map(row)}</ul>
      {left > 0 && <div className={css['more']}><Button variant="subtle" onClick={() => setShown(shown + 100)}>{a('now.more', { count: Math.min(left, 100), left })}</Button></div>}
    </>
  )
}

/** What can be done about all alerts of a rule at once. */
function GroupTools({ name, alerts, rule }: { readonly name: string; readonly alerts: readonly CurrentAlert[]; readonly rule: EditableRule | undefined }): ReactElement {
  const { a } = useAlertWords()
  const { change } = usePageSearch()
  const [isOpen, setOpen] = useState(false)
  const firing = alerts.filter(x => x.state === 'firing')
  return (
    <div className={css['groupTools']}>
      <QueryLink rule={rule} />
      <Button size="compact-sm" variant="subtle" onClick={() => change({ tab: 'deliveries', variables: { rule: [name] } })}>{a('now.history')}</Button>
      {firing.length > 1 && <Button size="compact-sm" variant="subtle" leftSection={<IconBellOff size={14} aria-hidden />} aria-haspopup="dialog" onClick={() => setOpen(true)}>{a('now.silenceAll', { count: firing.length })}</Button>}
      {isOpen && <SilenceSheet labels={commonLabels(firing.map(x => x.labels))} title={name} onClose={() => setOpen(false)} />}
    </div>
  )
}

function QueryLink({ rule }: { readonly rule: EditableRule | undefined }): ReactElement | null {
  const { t } = useWords()
  if (rule === undefined) return null
  return <Link to={'/explore' as never} search={((prev: PageSearch) => ({ ...keepTime(prev), expr: [rule.expr] })) as never}>{t('alerts.openQuery')}</Link>
}

function AlertRow({ alert, rule }: { readonly alert: CurrentAlert; readonly rule: EditableRule | undefined }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { change } = usePageSearch()
  const isQuiet = alert.acknowledgement !== undefined || isKeptQuiet(alert)
  const health = alert.state === 'pending' || isKeptQuiet(alert) ? 'unknown' : severityHealth(alert.labels['severity'] ?? '')
  const summary = annotationText(alert.annotations, 'summary', locale) || rule?.title || (alert.labels['alertname'] ?? '')
  const description = annotationText(alert.annotations, 'description', locale)
  const sinceMs = alertSinceMs(alert)
  const limit = alert.limit ?? rule?.threshold
  const unit = limit?.unit ?? ''
  return (
    <li className={css['alert']}>
      <StateMark health={health} label={t(alert.state === 'pending' ? 'alerts.pending' : `health.${health}`)} size={16} />
      <div className={css['body']}>
        <p className={css['summary']}>{summary}</p>
        {description !== '' && description !== summary && <p className="dim">{description}</p>}
        <ul className={css['chips']}>{tellingLabels(alert.labels).map(([k, v]) => <li key={k} className="mono"><span className="dim">{k}=</span>{v}</li>)}</ul>
        <Reasons alert={alert} />
      </div>
      <dl className={css['facts']}>
        <div><dt>{t(`alerts.${alert.state}`)}</dt><dd title={minuteTime(sinceMs, locale)}><Ago ms={sinceMs} /></dd></div>
        <div><dt>{t('alerts.value')}</dt><dd className="num">{alert.value === '' ? a('now.foreign') : quantityText(unitQuantity(sampleValue(alert.value), unit))}{limit !== undefined && <span className={css['limit']}>{a('now.limit', { limit: limitText(limit, v => thresholdText(v, unit), locale) })}</span>}</dd></div>
      </dl>
      <div className={css['alertTools']}>
        {alert.state === 'firing' && !isQuiet && <AlertActions labels={alert.labels} title={summary} />}
        {!isQuiet && <Button size="compact-sm" variant="subtle" onClick={() => change({ tab: 'policies', filter: labelsText(alert.labels) })}>{a('now.wayOut')}</Button>}
      </div>
    </li>
  )
}

function labelsText(labels: LabelMap): string {
  return matchersText(matchersOfLabels(labels))
}

/** Why nobody is told of an alert, and what undoes it. */
function Reasons({ alert }: { readonly alert: CurrentAlert }): ReactElement | null {
  const { t, a, locale } = useAlertWords()
  const { change } = usePageSearch()
  const { end } = useSilence()
  const ack = alert.acknowledgement
  if (ack === undefined && !isKeptQuiet(alert) && alert.mutedBy.length === 0) return null
  return (
    <div className={css['reasons']}>
      {ack !== undefined && (
        <p>
          <IconEye size={16} aria-hidden /><span>{ack.createdBy === '' ? a('now.seenByNobody', { time: minuteTime(ack.startsAtMs, locale) }) : a('now.seenBy', { name: ack.createdBy, time: minuteTime(ack.startsAtMs, locale) })}{ack.comment !== '' && `: ${ack.comment}`} <span className="dim">({a('now.until', { time: minuteTime(ack.endsAtMs, locale) })})</span></span>
          <Button size="compact-sm" variant="subtle" loading={end.isPending} onClick={() => end.mutate(ack.id)}>{a('now.withdraw')}</Button>
        </p>
      )}
      {alert.silences.map(s => (
        <p key={s.id}>
          <IconBellOff size={16} aria-hidden /><span>{s.comment === '' ? a('now.becauseSilenceBare', { time: minuteTime(s.endsAtMs, locale) }) : a('now.becauseSilence', { time: minuteTime(s.endsAtMs, locale), comment: s.comment })}</span>
          <Button size="compact-sm" variant="subtle" onClick={() => change({ tab: 'silences', open: s.id })}>{a('now.openSilence')}</Button>
          <Button size="compact-sm" variant="subtle" loading={end.isPending} onClick={() => end.mutate(s.id)}>{a('silences.end')}</Button>
        </p>
      ))}
      {alert.inhibitedBy.map(labels => <p key={JSON.stringify(labels)}><IconArrowUpCircle size={16} aria-hidden /><span>{a('now.becauseInhibited', { labels: labelsText(labels) })}</span></p>)}
      {alert.mutedBy.length > 0 && <p><IconClockPause size={16} aria-hidden /><span>{a('now.becauseMuted', { name: alert.mutedBy.join(', ') })}</span></p>}
      {end.isError && <p className="health-critical" role="alert">{failureText(end.error, t, locale).text}</p>}
    </div>
  )
}
