import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { heartbeatQuery, putHeartbeat, removeHeartbeat, testHeartbeat } from '../../api/alerting.ts'
import { failureText } from '../../components/Failure.tsx'
import { Section } from '../../components/Section.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { durationText, minuteTime } from '../../format/time.ts'
import { useAlertWords } from './alert-words.ts'
import { urlProblem } from './channel-url.ts'
import css from './Alerts.module.css'

/** Whether somebody else notices when this server dies, and how to arrange it. */
export function HeartbeatBox(): ReactElement | null {
  const { t, a, locale } = useAlertWords()
  const client = useQueryClient()
  const query = useQuery(heartbeatQuery)
  const [isOpen, setOpen] = useState(false)
  const [url, setUrl] = useState('')
  const [isTried, setTried] = useState(false)
  const after = async (): Promise<void> => {
    setOpen(false)
    await client.invalidateQueries({ queryKey: heartbeatQuery.queryKey })
  }
  const save = useMutation({ mutationFn: () => putHeartbeat({ url: url.trim() }), onSuccess: after })
  const remove = useMutation({ mutationFn: removeHeartbeat, onSuccess: after })
  const test = useMutation({ mutationFn: testHeartbeat, onSuccess: after })
  if (query.data === undefined) return null
  const beat = query.data
  const error = save.error ?? remove.error ?? test.error
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    setTried(true)
    if (!urlProblem(url)) save.mutate()
  }
  return (
    <Section title={a('heartbeat.title')}>
      <div className={css['add']}>
        <p>{beat === null ? <><StateMark health="unknown" /> {a('heartbeat.none')}</> : <><StateMark health={beat.error !== undefined ? 'critical' : beat.lastOkMs === null ? 'unknown' : 'ok'} /> {beat.error !== undefined ? a('heartbeat.failing', { error: beat.error }) : beat.lastOkMs === null ? a('heartbeat.waiting') : a('heartbeat.ok', { time: minuteTime(beat.lastOkMs, locale) })}</>}</p>
        {beat !== null && <p className="mono dim">{beat.url} · {a('heartbeat.every', { time: durationText(beat.intervalMs, locale) })}</p>}
        <p className="dim">{a('heartbeat.text')}</p>
        {isOpen && (
          <form className={css['form']} onSubmit={submit} noValidate>
            <TextInput data-autofocus type="url" label={a('heartbeat.url')} placeholder="https://hc-ping.com/…" autoComplete="off" value={url} error={isTried && urlProblem(url) ? t('channels.urlInvalid') : undefined} onChange={e => setUrl(e.currentTarget.value)} />
            <div className={css['buttons']}><Button type="submit" loading={save.isPending}>{t('action.save')}</Button><Button variant="default" onClick={() => setOpen(false)}>{t('action.cancel')}</Button></div>
          </form>
        )}
        {error !== null && <p className="health-critical" role="alert">{failureText(error, t, locale).text}</p>}
        {beat !== null && beat.origin !== 'ui' && <p className="dim">{a('heartbeat.fixed', { origin: beat.origin === 'env' ? 'HEARTBEAT_URL' : '--heartbeat.url' })}</p>}
        {!isOpen && (
          <div className={css['buttons']}>
            {beat !== null && <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>{a('heartbeat.test')}</Button>}
            {(beat === null || beat.origin === 'ui') && <Button variant="default" onClick={() => setOpen(true)}>{beat === null ? a('heartbeat.set') : a('policies.change')}</Button>}
            {beat?.origin === 'ui' && <Button variant="subtle" color="gray" loading={remove.isPending} onClick={() => remove.mutate()}>{t('action.delete')}</Button>}
          </div>
        )}
      </div>
    </Section>
  )
}
