import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, Modal, Skeleton, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ContactPointView, NewContactPoint } from '@haechi/server'
import { addContactPoint, removeContactPoint, testContactPoint } from '../../api/haechi.ts'
import { contactPointsQuery, deliveriesQuery } from '../../api/queries.ts'
import { Choice } from '../../components/Choice.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure, failureText } from '../../components/Failure.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { quantityText, secondsQuantity } from '../../format/quantity.ts'
import { useWords } from '../../i18n/index.ts'
import { looksLikeDiscord, urlProblem } from './channel-url.ts'
import css from './Alerts.module.css'

/** Names that are the same in every language. */
const KIND_NAMES: Readonly<Partial<Record<ContactPointView['type'], string>>> = {
  discord: 'Discord', slack: 'Slack', telegram: 'Telegram', email: 'E-mail', teams: 'Microsoft Teams', pagerduty: 'PagerDuty', opsgenie: 'Opsgenie', googlechat: 'Google Chat', line: 'LINE', kakaowork: 'Kakao Work',
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
      {isAdding ? <AddChannel onDone={() => setAdding(false)} />
        : points.length === 0 ? <Explained health="unknown" text={t('channels.empty')} action={{ label: t('channels.add'), run: () => setAdding(true) }} />
          : <div><Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>{t('channels.add')}</Button></div>}
    </>
  )
}

function Channel({ point }: { readonly point: ContactPointView }): ReactElement {
  const { t, locale } = useWords()
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const test = useMutation({
    mutationFn: () => testContactPoint(point.uid),
    onSettled: () => client.invalidateQueries({ queryKey: deliveriesQuery.queryKey }),
  })
  const remove = useMutation({
    mutationFn: () => removeContactPoint(point.uid),
    onSuccess: async () => {
      setAsking(false)
      await client.invalidateQueries({ queryKey: contactPointsQuery.queryKey })
    },
  })
  const answer = test.data
  return (
    <li className={css['channel']}>
      <div className={css['channelMain']}>
        <span className={css['ruleTitle']}>{point.name}<span className={css['tag']}>{KIND_NAMES[point.type] ?? t('channels.webhook')}</span></span>
        <span className="mono dim">{point.url}</span>
        <span className={css['ruleText']}>{t(`channels.origin.${point.origin}`)}{point.origin !== 'ui' && ` · ${t('channels.fixed')}`}</span>
        <span className={css['answer']} role="status">
          {test.isPending && <span className="dim">{t('channels.testing')}</span>}
          {answer?.ok === true && <><StateMark health="ok" />{answer.httpStatus === undefined ? t('channels.testOkBare', { duration: quantityText(secondsQuantity(answer.durationMs / 1000)) })
            : t('channels.testOk', { duration: quantityText(secondsQuantity(answer.durationMs / 1000)), status: answer.httpStatus })}</>}
          {answer?.ok === false && <><StateMark health="critical" />{t('channels.testFailed', { error: answer.error ?? String(answer.httpStatus ?? '') })}</>}
          {test.isError && <><StateMark health="critical" />{failureText(test.error, t, locale).text}</>}
        </span>
      </div>
      <div className={css['buttons']}>
        <Button variant="default" disabled={test.isPending} onClick={() => test.mutate()}>{t('channels.test')}</Button>
        {point.origin === 'ui' && <Button variant="subtle" color="gray" aria-label={t('channels.remove', { name: point.name })} onClick={() => setAsking(true)}>{t('action.delete')}</Button>}
      </div>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={t('channels.remove', { name: point.name })} closeButtonProps={{ 'aria-label': t('action.close') }}>
        <p>{t('channels.removeSure', { name: point.name })}</p>
        {remove.isError && <p className="health-critical" role="alert">{failureText(remove.error, t, locale).text}</p>}
        <div className={css['dialogButtons']}><Button variant="default" data-autofocus onClick={() => setAsking(false)}>{t('action.cancel')}</Button><Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{t('action.delete')}</Button></div>
      </Modal>
    </li>
  )
}

function AddChannel({ onDone }: { readonly onDone: () => void }): ReactElement {
  const { t, locale } = useWords()
  const client = useQueryClient()
  const [point, setPoint] = useState<NewContactPoint>({ name: '', type: 'discord', url: '' })
  const [isTried, setTried] = useState(false)
  const add = useMutation({
    mutationFn: () => addContactPoint({ ...point, name: point.name.trim(), url: (point.url ?? '').trim() }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: contactPointsQuery.queryKey })
      onDone()
    },
  })
  const nameError = point.name.trim() === '' ? t('channels.nameMissing') : undefined
  const urlError = urlProblem(point.url ?? '') ? t('channels.urlInvalid') : undefined
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    setTried(true)
    if (nameError === undefined && urlError === undefined) add.mutate()
  }
  return (
    <form className={css['add']} onSubmit={submit} noValidate>
      <div>
        <span className={css['fieldLabel']} aria-hidden>{t('channels.type')}</span>
        <Choice label={t('channels.type')} value={point.type} onChange={type => setPoint({ ...point, type })} options={[{ value: 'discord', label: t('channels.discord') }, { value: 'webhook', label: t('channels.webhook') }]} />
      </div>
      <TextInput label={t('channels.name')} placeholder={t('channels.nameHint')} data-autofocus value={point.name} error={isTried ? nameError : undefined} onChange={e => setPoint({ ...point, name: e.currentTarget.value })} />
      <TextInput label={t('channels.url')} type="url" inputMode="url" autoComplete="off" spellCheck={false} description={t(point.type === 'discord' ? 'channels.urlDiscordHint' : 'channels.urlWebhookHint')} value={point.url ?? ''} error={isTried ? urlError : undefined}
        onChange={e => {
          const url = e.currentTarget.value
          setPoint({ ...point, url, ...(looksLikeDiscord(url) ? { type: 'discord' as const } : {}) })
        }} />
      {add.isError && <p className="health-critical" role="alert">{failureText(add.error, t, locale).text}</p>}
      <div className={css['buttons']}><Button type="submit" loading={add.isPending}>{t('action.add')}</Button><Button variant="default" onClick={onDone}>{t('action.cancel')}</Button></div>
    </form>
  )
}
