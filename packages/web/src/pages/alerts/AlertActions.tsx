import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, Menu, Modal, NativeSelect, TextInput } from '@mantine/core'
import { IconBellOff, IconEye } from '@tabler/icons-react'
import { usePageSearch } from '../../app/page-search.ts'
import { useNow } from '../../components/Ago.tsx'
import { failureText } from '../../components/Failure.tsx'
import { minuteTime } from '../../format/time.ts'
import type { LabelMap } from '../../api/prometheus.ts'
import { keepAuthor, useAuthor } from './author.ts'
import { useAlertWords } from './alert-words.ts'
import { nextMorningMs } from './current-alerts.ts'
import { matchersOfLabels, matchersText } from './matchers.ts'
import { useSilence } from './use-silence.ts'
import css from './Alerts.module.css'

const HOUR = 3_600_000

/** What can be done about an alert at once: say that one is on it, or have it quiet for a while. Two taps each. */
export function AlertActions({ labels, title, canAcknowledge = true }: { readonly labels: LabelMap; readonly title: string; readonly canAcknowledge?: boolean }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { change } = usePageSearch()
  const author = useAuthor()
  const { make } = useSilence()
  const now = useNow()
  const [isAsking, setAsking] = useState(false)
  const silence = (endsAtMs: number): void => make.mutate({ matchers: matchersOfLabels(labels), endsAtMs, createdBy: author === '' ? 'Haechi' : author, comment: title })
  return (
    <div className={css['actions']}>
      {canAcknowledge && <Button variant="default" leftSection={<IconEye size={16} aria-hidden />} onClick={() => setAsking(true)}>{a('now.acknowledge')}</Button>}
      <Menu position="bottom-end" width={240}>
        <Menu.Target><Button variant="default" loading={make.isPending} leftSection={<IconBellOff size={16} aria-hidden />}>{a('now.silence')}</Button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{a('now.silenceFor')}</Menu.Label>
          {[1, 4].map(n => <Menu.Item key={n} onClick={() => silence(Date.now() + n * HOUR)}>{a('now.hours', { n })}</Menu.Item>)}
          <Menu.Item onClick={() => silence(nextMorningMs(Date.now()))}>{a('now.morning')}<span className={css['menuNote']}>{minuteTime(nextMorningMs(now), locale)}</span></Menu.Item>
          <Menu.Item onClick={() => silence(Date.now() + 7 * 24 * HOUR)}>{a('now.days', { n: 7 })}</Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={() => change({ tab: 'silences', open: 'new', filter: matchersText(matchersOfLabels(labels)) })}>{a('now.custom')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {make.isError && <span className="health-critical" role="alert">{failureText(make.error, t, locale).text}</span>}
      {isAsking && <AcknowledgeDialog labels={labels} onClose={() => setAsking(false)} />}
    </div>
  )
}

function AcknowledgeDialog({ labels, onClose }: { readonly labels: LabelMap; readonly onClose: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const known = useAuthor()
  const { make } = useSilence()
  const [name, setName] = useState(known)
  const [comment, setComment] = useState('')
  const [hours, setHours] = useState('24')
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    keepAuthor(name.trim())
    make.mutate({ matchers: matchersOfLabels(labels), endsAtMs: Date.now() + Number(hours) * HOUR, createdBy: name.trim(), comment: comment.trim(), acknowledgement: true }, { onSuccess: onClose })
  }
  return (
    <Modal opened onClose={onClose} title={a('ack.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className={css['form']} onSubmit={submit} noValidate>
        <p className="dim">{a('ack.text')}</p>
        <TextInput label={a('ack.name')} value={name} autoComplete="name" onChange={e => setName(e.currentTarget.value)} />
        <TextInput label={a('ack.comment')} placeholder={a('ack.commentHint')} value={comment} onChange={e => setComment(e.currentTarget.value)} />
        <NativeSelect label={a('ack.until')} value={hours} onChange={e => setHours(e.currentTarget.value)} data={[{ value: '4', label: a('now.hours', { n: 4 }) }, { value: '24', label: a('now.hours', { n: 24 }) }, { value: '168', label: a('now.days', { n: 7 }) }]} />
        {make.isError && <p className="health-critical" role="alert">{failureText(make.error, t, locale).text}</p>}
        <div className={css['dialogButtons']}><Button variant="default" onClick={onClose}>{t('action.cancel')}</Button><Button type="submit" data-autofocus loading={make.isPending}>{a('ack.do')}</Button></div>
      </form>
    </Modal>
  )
}
