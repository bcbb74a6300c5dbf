import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { IconBellOff, IconEye } from '@tabler/icons-react'
import { failureText } from '../../components/Failure.tsx'
import type { LabelMap } from '../../api/prometheus.ts'
import { keepAuthor, useAuthor } from './author.ts'
import { useAlertWords } from './alert-words.ts'
import { matchersOfLabels } from './matchers.ts'
import { SilenceSheet } from './SilenceSheet.tsx'
import { useSilence } from './use-silence.ts'
import css from './Alerts.module.css'

const HOUR = 3_600_000

/** What can be done about an alert at once: say that one is on it, or have it quiet for a while. Two taps each. */
export function AlertActions({ labels, title, canAcknowledge = true }: { readonly labels: LabelMap; readonly title: string; readonly canAcknowledge?: boolean }): ReactElement {
  const { a } = useAlertWords()
  const [open, setOpen] = useState<'acknowledge' | 'silence' | undefined>(undefined)
  const close = (): void => setOpen(undefined)
  return (
    <div className={css['actions']}>
      {canAcknowledge && <Button variant="default" leftSection={<IconEye size={16} aria-hidden />} onClick={() => setOpen('acknowledge')}>{a('now.acknowledge')}</Button>}
      <Button variant="default" aria-haspopup="dialog" leftSection={<IconBellOff size={16} aria-hidden />} onClick={() => setOpen('silence')}>{a('now.silence')}</Button>
      {open === 'acknowledge' && <AcknowledgeDialog labels={labels} onClose={close} />}
      {open === 'silence' && <SilenceSheet labels={labels} title={title} onClose={close} />}
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
    if (make.isPending) return
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
