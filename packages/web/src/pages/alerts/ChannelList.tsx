import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ContactPointView, DeliveryView } from '@haechi/server'
import { removeContactPoint, testContactPoint } from '../../api/haechi.ts'
import { DELIVERIES_KEY, contactPointsQuery } from '../../api/queries.ts'
import { Explained } from '../../components/Explained.tsx'
import { Failure, failureText } from '../../components/Failure.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, secondsQuantity } from '../../format/quantity.ts'
import { useWords } from '../../i18n/index.ts'
import { useAlertWords } from './alert-words.ts'
import { ChannelEdit, ChannelForm } from './ChannelForm.tsx'
import { deliveryError } from './delivery-error.ts'
import { HeartbeatBox } from './HeartbeatBox.tsx'
import css from './Alerts.module.css'

/** Names that are the same in every language. */
const KIND_NAMES: Readonly<Partial<Record<ContactPointView['type'], string>>> = {
  discord: 'Discord', slack: 'Slack', telegram: 'Telegram', email: 'E-mail', teams: 'Microsoft Teams', pagerduty: 'PagerDuty', opsgenie: 'Opsgenie', googlechat: 'Google Chat', line: 'LINE', kakaowork: 'Kakao Work',
  pushover: 'Pushover', sns: 'Amazon SNS', victorops: 'VictorOps', webex: 'Webex', wechat: 'WeCom', rocketchat: 'Rocket.Chat', mattermost: 'Mattermost', jira: 'Jira', incidentio: 'incident.io',
}

/** Where alerts are sent. */
export function ChannelList(): ReactElement {
  const { t } = useWords()
  const query = useQuery(contactPointsQuery)
  const [isAdding, setAdding] = useState(false)
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton height={160} />
  const points = query.data
  return (
    <>
      {points.length > 0 && <ul className={css['list']}>{points.map(p => <Channel key={p.uid} point={p} />)}</ul>}
      {isAdding ? <ChannelForm onDone={() => setAdding(false)} />
        : points.length === 0 ? <Explained health="unknown" text={t('channels.empty')} action={{ label: t('channels.add'), run: () => setAdding(true) }} />
          : <div><Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>{t('channels.add')}</Button></div>}
      <HeartbeatBox />
    </>
  )
}

function Channel({ point }: { readonly point: ContactPointView }): ReactElement {
  const { t, locale, said } = useWords()
  const client = useQueryClient()
  const { a } = useAlertWords()
  const [isAsking, setAsking] = useState(false)
  const [isEditing, setEditing] = useState(false)
  const test = useMutation({
    mutationFn: () => testContactPoint(point.uid),
    onSettled: () => client.invalidateQueries({ queryKey: DELIVERIES_KEY }),
  })
  const remove = useMutation({
    mutationFn: () => removeContactPoint(point.uid),
    onSuccess: async () => {
      setAsking(false)
      await client.invalidateQueries({ queryKey: contactPointsQuery.queryKey })
    },
  })
  const answer = test.data
  const error = answer === undefined ? undefined : deliveryError(answer, a, said)
  return (
    <li className={css['channel']}>
      <div className={css['channelMain']}>
        <span className={css['ruleTitle']}>{point.name}<span className={css['tag']}>{KIND_NAMES[point.type] ?? t('channels.webhook')}</span></span>
        <span className="mono dim">{point.url}</span>
        <span className={css['ruleText']}>{t(`channels.origin.${point.origin}`)}{point.file !== undefined && <> <span className="mono">{point.file}</span></>}{point.origin !== 'ui' && ` · ${t('channels.fixed')}`}</span>
        <span className={css['answer']} role="status">
          {test.isPending && <span className="dim">{t('channels.testing')}</span>}
          {answer?.ok === true && <><StateMark health="ok" />{answer.httpStatus === undefined ? t('channels.testOkBare', { duration: quantityText(secondsQuantity(answer.durationMs / 1000)) })
            : t('channels.testOk', { duration: quantityText(secondsQuantity(answer.durationMs / 1000)), status: answer.httpStatus })}</>}
          {error !== undefined && <><StateMark health="critical" />{t('channels.testFailed', { error: error.what })}</>}
          {test.isError && <><StateMark health="critical" />{failureText(test.error, t, locale).text}</>}
        </span>
        {error?.advice !== undefined && <span className={css['ruleText']}>{error.advice}</span>}
        {answer?.exchange !== undefined && <Exchange exchange={answer.exchange} />}
      </div>
      <div className={css['buttons']}>
        <Button variant="default" disabled={test.isPending} onClick={() => test.mutate()}>{t('channels.test')}</Button>
        {point.origin === 'ui' && <Button variant="default" aria-label={a('channels.change', { name: point.name })} aria-expanded={isEditing} onClick={() => setEditing(!isEditing)}>{a('policies.change')}</Button>}
        {point.origin === 'ui' && <Button variant="subtle" color="gray" aria-label={t('channels.remove', { name: point.name })} onClick={() => setAsking(true)}>{t('action.delete')}</Button>}
      </div>
      {isEditing && <div className={css['channelEdit']}><ChannelEdit point={point} onDone={() => setEditing(false)} /></div>}
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={t('channels.remove', { name: point.name })} closeButtonProps={{ 'aria-label': t('action.close') }}>
        <p>{t('channels.removeSure', { name: point.name })}</p>
        {remove.isError && <p className="health-critical" role="alert">{failureText(remove.error, t, locale).text}</p>}
        <div className={css['dialogButtons']}><Button variant="default" data-autofocus onClick={() => setAsking(false)}>{t('action.cancel')}</Button><Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{t('action.delete')}</Button></div>
      </Modal>
    </li>
  )
}

/** The exact request of a test message and its answer; secrets are masked by the server. */
function Exchange({ exchange: x }: { readonly exchange: NonNullable<DeliveryView['exchange']> }): ReactElement {
  const { a } = useAlertWords()
  return (
    <details className={css['exchange']}>
      <summary>{a('channels.request')}</summary>
      <pre tabIndex={0}>{`${x.method} ${x.url}\n${Object.entries(x.headers).map(([k, v]) => `${k}: ${v}`).join('\n')}\n\n${pretty(x.body)}`}</pre>
      <p className={css['fieldLabel']}>{a('channels.answer')}{x.status === undefined ? '' : ` · ${x.status}`}</p>
      {(x.answer ?? '') === '' ? x.status === undefined && <p className="dim">{a('channels.noAnswer')}</p> : <pre tabIndex={0}>{pretty(x.answer!)}</pre>}
    </details>
  )
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}
