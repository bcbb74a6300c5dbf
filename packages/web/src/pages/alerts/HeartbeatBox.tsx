import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { HeartbeatView } from '@haechi/server'
import { heartbeatQuery, putHeartbeat, removeHeartbeat, testHeartbeat } from '../../api/alerting.ts'
import { useNow } from '../../components/Ago.tsx'
import { failureText } from '../../components/Failure.tsx'
import { Section } from '../../components/Section.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { agoText, exactTime, holdText, holdWords, parseHold } from '../../format/time.ts'
import { useAlertWords } from './alert-words.ts'
import { urlProblem } from './channel-url.ts'
import { deliveryError } from './delivery-error.ts'
import css from './Alerts.module.css'

const LEAST_MS = 10_000
const MOST_MS = 86_400_000
const USUAL = '1m'

/** Whether somebody else notices when this server dies, and how to arrange it. */
export function HeartbeatBox(): ReactElement | null {
  const { t, a, locale } = useAlertWords()
  const client = useQueryClient()
  const query = useQuery(heartbeatQuery)
  const [open, setOpen] = useState<'form' | 'remove' | undefined>(undefined)
  const after = async (): Promise<void> => {
    setOpen(undefined)
    await client.invalidateQueries({ queryKey: heartbeatQuery.queryKey })
  }
  const remove = useMutation({ mutationFn: removeHeartbeat, onSuccess: after })
  const test = useMutation({ mutationFn: testHeartbeat, onSuccess: after })
  if (query.data === undefined) return null
  const beat = query.data
  return (
    <Section title={a('heartbeat.title')}>
      <div className={css['add']}>
        {beat === null ? <p><StateMark health="unknown" /> {a('heartbeat.none')}</p> : <State beat={beat} />}
        {beat !== null && <p className="dim"><span className="mono">{beat.method} {beat.url}</span> · {a('heartbeat.every', { time: holdWords(beat.intervalMs, locale) })}</p>}
        <p className="dim">{a('heartbeat.text')}</p>
        {open === 'form' && <HeartbeatForm beat={beat} onDone={after} onCancel={() => setOpen(undefined)} />}
        {test.isError && <p className="health-critical" role="alert">{failureText(test.error, t, locale).text}</p>}
        {beat !== null && beat.origin !== 'ui' && <p className="dim">{a('heartbeat.fixed', { origin: beat.origin === 'env' ? 'HEARTBEAT_URL' : '--heartbeat.url' })}</p>}
        {open !== 'form' && (
          <div className={css['buttons']}>
            {beat !== null && <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>{a('heartbeat.test')}</Button>}
            {(beat === null || beat.origin === 'ui') && <Button variant="default" onClick={() => setOpen('form')}>{beat === null ? a('heartbeat.set') : a('policies.change')}</Button>}
            {beat?.origin === 'ui' && <Button variant="subtle" color="gray" onClick={() => setOpen('remove')}>{t('action.delete')}</Button>}
          </div>
        )}
        <Modal opened={open === 'remove'} onClose={() => setOpen(undefined)} title={a('heartbeat.remove')} closeButtonProps={{ 'aria-label': t('action.close') }}>
          <p>{a('heartbeat.removeSure')}</p>
          {remove.isError && <p className="health-critical" role="alert">{failureText(remove.error, t, locale).text}</p>}
          <div className={css['dialogButtons']}><Button variant="default" data-autofocus onClick={() => setOpen(undefined)}>{t('action.cancel')}</Button><Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{t('action.delete')}</Button></div>
        </Modal>
      </div>
    </Section>
  )
}

/** When it was told last and what was answered; why not, where it was not. */
function State({ beat }: { readonly beat: HeartbeatView }): ReactElement {
  const { a, locale } = useAlertWords()
  const now = useNow()
  const ago = beat.lastOkMs === null ? undefined : agoText(beat.lastOkMs, now, locale)
  const title = beat.lastOkMs === null ? undefined : exactTime(beat.lastOkMs, locale)
  if (beat.error === undefined) return <p title={title}><StateMark health={ago === undefined ? 'unknown' : 'ok'} /> {ago === undefined ? a('heartbeat.waiting') : beat.lastStatus === undefined ? a('heartbeat.ok', { time: ago }) : a('heartbeat.told', { ago, status: beat.lastStatus })}</p>
  const error = deliveryError({ ok: false, error: beat.error, ...(beat.lastStatus === undefined ? {} : { httpStatus: beat.lastStatus }) }, a)!
  return (
    <div role="status">
      <p><StateMark health="critical" /> {a('heartbeat.failing', { error: error.what })}{beat.failures > 1 && ` · ${a('heartbeat.failures', { count: beat.failures })}`}</p>
      {error.advice !== undefined && <p className={css['ruleText']}>{error.advice}</p>}
      {ago !== undefined && <p className={css['ruleText']} title={title}>{a('heartbeat.ok', { time: ago })}</p>}
    </div>
  )
}

/** The address is a secret that is never shown again: it is entered anew with each change. */
function HeartbeatForm({ beat, onDone, onCancel }: { readonly beat: HeartbeatView | null; readonly onDone: () => Promise<void>; readonly onCancel: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const [url, setUrl] = useState('')
  const [every, setEvery] = useState(beat === null ? USUAL : holdText(beat.intervalMs))
  const [method, setMethod] = useState<HeartbeatView['method']>(beat?.method ?? 'POST')
  const [isTried, setTried] = useState(false)
  const intervalMs = parseHold(every)
  const isEveryGood = intervalMs !== undefined && intervalMs >= LEAST_MS && intervalMs <= MOST_MS
  const save = useMutation({ mutationFn: () => putHeartbeat({ url: url.trim(), method, intervalMs: intervalMs! }), onSuccess: onDone })
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    setTried(true)
    if (!urlProblem(url) && isEveryGood && !save.isPending) save.mutate()
  }
  return (
    <form className={css['form']} onSubmit={submit} noValidate>
      <TextInput autoFocus type="url" label={a('heartbeat.url')} placeholder="https://hc-ping.com/…" autoComplete="off" value={url} error={isTried && urlProblem(url) ? t('channels.urlInvalid') : undefined} onChange={e => setUrl(e.currentTarget.value)} />
      <div className={css['fields']}>
        <TextInput label={a('heartbeat.intervalLabel')} value={every} error={isEveryGood ? undefined : a('heartbeat.intervalInvalid')} onChange={e => setEvery(e.currentTarget.value)} />
        <NativeSelect label={a('heartbeat.method')} value={method} data={(['POST', 'GET'] as const).map(m => ({ value: m, label: a(`heartbeat.method.${m}`) }))} onChange={e => setMethod(e.currentTarget.value as HeartbeatView['method'])} />
      </div>
      {save.isError && <p className="health-critical" role="alert">{failureText(save.error, t, locale).text}</p>}
      <div className={css['buttons']}><Button type="submit" loading={save.isPending}>{t('action.save')}</Button><Button variant="default" onClick={onCancel}>{t('action.cancel')}</Button></div>
    </form>
  )
}
