import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { notifiedAlertsQuery } from '../../api/alerting.ts'
import type { LabelMap } from '../../api/prometheus.ts'
import { alertsQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { useNow } from '../../components/Ago.tsx'
import { failureText } from '../../components/Failure.tsx'
import { minuteTime } from '../../format/time.ts'
import { keepAuthor, useAuthor } from './author.ts'
import { useAlertWords } from './alert-words.ts'
import { currentAlerts, nextMorningMs } from './current-alerts.ts'
import { matcherText, matchersOfLabels, matchersText, satisfies } from './matchers.ts'
import { useSilence } from './use-silence.ts'
import css from './Alerts.module.css'

const HOUR = 3_600_000

/** Hours, or until the next working morning. */
type Length = number | 'morning'

/** When a silence of a length ends that begins at a moment; Unix ms. */
function endOf(length: Length, nowMs: number): number {
  return length === 'morning' ? nextMorningMs(nowMs) : nowMs + length * HOUR
}

/** The same from this moment on: what the button says is up to a second old. */
function endFromNow(length: Length): number {
  return endOf(length, Date.now())
}

/**
 * Silences an alert with the second tap: what it covers, why and by whom stand there already, and each length of time is a button. A condition is taken off, and put back, with a tap: the
 * silence then covers more.
 */
export function SilenceSheet({ labels, title, onClose }: { readonly labels: LabelMap; readonly title: string; readonly onClose: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { change } = usePageSearch()
  const { make } = useSilence()
  const known = useAuthor()
  const now = useNow()
  const ofRules = useQuery(alertsQuery).data ?? []
  const notified = useQuery(notifiedAlertsQuery).data ?? []
  const [author, setAuthor] = useState<string | undefined>(undefined)
  const [comment, setComment] = useState(title)
  const [dropped, setDropped] = useState<ReadonlySet<string>>(new Set())
  const all = matchersOfLabels(labels)
  const matchers = all.filter(m => !dropped.has(m.name))
  // Taken at once where it is said: what a condition covers is what is about to be silent.
  const hits = matchers.length === 0 ? 0 : currentAlerts(ofRules, notified, []).filter(x => satisfies(x.labels, matchers)).length
  const isNothing = !matchers.some(m => m.value !== '')
  const silence = (length: Length): void => {
    if (make.isPending || isNothing) return
    const by = (author ?? known).trim()
    keepAuthor(by)
    make.mutate({ matchers, endsAtMs: endFromNow(length), createdBy: by, comment: comment.trim() }, { onSuccess: onClose })
  }
  const toggle = (name: string): void => {
    const next = new Set(dropped)
    if (!next.delete(name)) next.add(name)
    setDropped(next)
  }
  const lengths: readonly (readonly [length: Length, label: string])[] = [[1, a('now.hours', { n: 1 })], [4, a('now.hours', { n: 4 })], ['morning', a('sheet.morning')], [168, a('now.days', { n: 7 })]]
  return (
    <Modal opened onClose={onClose} title={a('sheet.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <div className={css['form']}>
        <div>
          <p className={css['fieldLabel']} id="hc-sheet-for">{a('now.silenceFor')}</p>
          <div className={css['sheetTimes']} role="group" aria-labelledby="hc-sheet-for">
            {lengths.map(([length, label], i) => (
              <Button key={label} variant="default" disabled={make.isPending || isNothing} {...(i === 0 ? { 'data-autofocus': true } : {})} onClick={() => silence(length)}>
                <span>{label}<span className={css['menuNote']} aria-hidden>{a('sheet.until', { time: minuteTime(endOf(length, now), locale) })}</span></span>
              </Button>
            ))}
          </div>
        </div>
        <div>
          <p className={css['fieldLabel']}>{a('silences.matchers')}</p>
          <ul className={css['chips']}>
            {all.map(m => (
              <li key={m.name} className={css['chipItem']}>
                <button type="button" className={`mono ${css['chipButton']}`} aria-pressed={!dropped.has(m.name)} aria-label={a('sheet.toggle', { label: matcherText(m) })} onClick={() => toggle(m.name)}>{matcherText(m)}</button>
              </li>
            ))}
          </ul>
          <p className={css['ruleText']} role="status">{isNothing ? a('silences.noMatcher') : hits === 0 ? a('silences.previewNone') : a('sheet.hits', { count: hits })}</p>
        </div>
        <TextInput label={a('silences.comment')} value={comment} onChange={e => setComment(e.currentTarget.value)} />
        <TextInput label={a('silences.author')} autoComplete="name" value={author ?? known} onChange={e => setAuthor(e.currentTarget.value)} />
        {make.isError && <p className="health-critical" role="alert">{failureText(make.error, t, locale).text}</p>}
        <div className={css['dialogButtons']}>
          <Button variant="subtle" onClick={() => change({ tab: 'silences', open: 'new', filter: matchersText(matchers), variables: undefined })}>{a('now.custom')}</Button>
          <Button variant="default" onClick={onClose}>{t('action.cancel')}</Button>
        </div>
      </div>
    </Modal>
  )
}
