import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { SilenceMatcherView, SilenceView } from '@haechi/server'
import { notifiedAlertsQuery } from '../../api/alerting.ts'
import { alertsQuery } from '../../api/queries.ts'
import { useNow } from '../../components/Ago.tsx'
import { failureText } from '../../components/Failure.tsx'
import { annotationText } from './alert-groups.ts'
import { keepAuthor, useAuthor } from './author.ts'
import { useAlertWords } from './alert-words.ts'
import { currentAlerts } from './current-alerts.ts'
import { localInput, msOfInput } from './local-time.ts'
import { operatorOf, parseMatchers, satisfies, withOperator } from './matchers.ts'
import { useSilence } from './use-silence.ts'
import css from './Alerts.module.css'

const HOUR = 3_600_000
const BLANK: SilenceMatcherView = { name: '', value: '', isRegex: false, isEqual: true }

/** Makes or changes a silence, and shows which alerts it would keep quiet now. `given`: matchers to begin with, as text. */
export function SilenceForm({ silence, given, onDone }: { readonly silence: SilenceView | undefined; readonly given: string; readonly onDone: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const known = useAuthor()
  const { make } = useSilence()
  const now = useNow()
  const ofRules = useQuery(alertsQuery).data ?? []
  const notified = useQuery(notifiedAlertsQuery).data ?? []
  const isAgain = silence?.state === 'expired'
  const [matchers, setMatchers] = useState<readonly SilenceMatcherView[]>(() => silence?.matchers ?? withSome(parseMatchers(given)))
  const [from, setFrom] = useState(silence?.state === 'pending' ? localInput(silence.startsAtMs) : '')
  const [to, setTo] = useState(() => localInput(silence === undefined || isAgain ? Date.now() + 2 * HOUR : silence.endsAtMs))
  const [typedComment, setComment] = useState<string | undefined>(silence?.comment)
  const [author, setAuthor] = useState<string | undefined>(silence?.createdBy)
  const [isTried, setTried] = useState(false)
  const used = matchers.filter(m => m.name.trim() !== '').map(m => ({ ...m, name: m.name.trim() }))
  const isMatcherMissing = !used.some(m => !satisfies({}, [m]))
  const startMs = from === '' ? undefined : msOfInput(from)
  const endMs = msOfInput(to)
  const isTimeWrong = endMs === undefined || endMs <= now || (startMs !== undefined && endMs <= startMs)
  const hits = isMatcherMissing ? [] : currentAlerts(ofRules, notified, []).filter(x => satisfies(x.labels, used))
  // The link of a message brings its alert along: what that says is why, until something else is written.
  const comment = typedComment ?? (given === '' || hits[0] === undefined ? '' : annotationText(hits[0].annotations, 'summary', locale) || (hits[0].labels['alertname'] ?? ''))
  const names = [...new Set([...ofRules, ...notified].flatMap(x => Object.keys(x.labels)))].filter(n => !n.startsWith('__')).sort()
  const valuesOf = (name: string): string[] => [...new Set([...ofRules, ...notified].map(x => x.labels[name] ?? ''))].filter(v => v !== '').sort()
  const change = (i: number, m: SilenceMatcherView): void => setMatchers(matchers.map((x, j) => (j === i ? m : x)))
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    setTried(true)
    if (isMatcherMissing || isTimeWrong) return
    const by = (author ?? known).trim()
    keepAuthor(by)
    make.mutate({
      matchers: used, endsAtMs: endMs, createdBy: by, comment: comment.trim(), ...(startMs === undefined ? (silence?.state === 'active' ? { startsAtMs: silence.startsAtMs } : {}) : { startsAtMs: startMs }),
      ...(silence === undefined || isAgain ? {} : { id: silence.id }), ...(silence?.acknowledgement === true ? { acknowledgement: true as const } : {}),
    }, { onSuccess: onDone })
  }
  return (
    <form className={css['add']} data-wide onSubmit={submit} noValidate aria-label={a(silence === undefined || isAgain ? 'silences.new' : 'silences.edit')}>
      <h2 className={css['formTitle']}>{a(silence === undefined || isAgain ? 'silences.new' : 'silences.edit')}</h2>
      <fieldset className={css['matchers']}>
        <legend>{a('silences.matchers')}</legend>
        {matchers.map((m, i) => (
          // Rows have no identity but their place.
          // eslint-disable-next-line react/no-array-index-key
          <div key={i} className={css['matcher']}>
            <TextInput aria-label={a('silences.label')} placeholder={a('silences.label')} list="hc-label-names" autoComplete="off" spellCheck={false} value={m.name} onChange={e => change(i, { ...m, name: e.currentTarget.value })} />
            <NativeSelect aria-label={a('silences.operator')} value={operatorOf(m)} onChange={e => change(i, withOperator(m, e.currentTarget.value))}
              data={[{ value: '=', label: a('silences.is') }, { value: '!=', label: a('silences.isNot') }, { value: '=~', label: a('silences.matches') }, { value: '!~', label: a('silences.matchesNot') }]} />
            <TextInput aria-label={a('silences.value')} placeholder={a('silences.value')} list={`hc-label-values-${i}`} autoComplete="off" spellCheck={false} value={m.value} onChange={e => change(i, { ...m, value: e.currentTarget.value })} />
            <datalist id={`hc-label-values-${i}`}>{valuesOf(m.name).map(v => <option key={v} value={v} />)}</datalist>
            <ActionIcon variant="subtle" color="gray" size={36} aria-label={a('silences.removeMatcher', { name: m.name })} onClick={() => setMatchers(matchers.length === 1 ? [BLANK] : matchers.filter((_, j) => j !== i))}><IconTrash size={18} /></ActionIcon>
          </div>
        ))}
        <datalist id="hc-label-names">{names.map(n => <option key={n} value={n} />)}</datalist>
        <div><Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setMatchers([...matchers, BLANK])}>{a('silences.addMatcher')}</Button></div>
        {isTried && isMatcherMissing && <p className="health-critical" role="alert">{a('silences.noMatcher')}</p>}
      </fieldset>
      <div className={css['hits']} role="status">
        {hits.length === 0 ? <span className="dim">{a('silences.previewNone')}</span> : (
          <>{a('silences.preview', { count: hits.length })}<ul>{hits.slice(0, 8).map(x => <li key={JSON.stringify(x.labels)}>{annotationText(x.annotations, 'summary', locale) || x.labels['alertname']}</li>)}{hits.length > 8 && <li className="dim">+ {hits.length - 8}</li>}</ul></>
        )}
      </div>
      <div className={css['fields']}>
        <TextInput type="datetime-local" label={a('silences.from')} value={from} onChange={e => setFrom(e.currentTarget.value)} />
        <TextInput type="datetime-local" label={a('silences.to')} value={to} error={isTried && isTimeWrong ? a('silences.timeInvalid') : undefined} onChange={e => setTo(e.currentTarget.value)} />
        <div>
          <span className={css['fieldLabel']} aria-hidden>{a('silences.for')}</span>
          <div className={css['buttons']}>{[1, 4, 24].map(n => <Button key={n} variant="default" size="compact-md" onClick={() => setTo(localInput((startMs ?? now) + n * HOUR))}>{a('now.hours', { n })}</Button>)}</div>
        </div>
      </div>
      <TextInput label={a('silences.comment')} description={a('silences.commentHint')} value={comment} onChange={e => setComment(e.currentTarget.value)} />
      <TextInput label={a('silences.author')} autoComplete="name" value={author ?? known} onChange={e => setAuthor(e.currentTarget.value)} />
      {make.isError && <p className="health-critical" role="alert">{failureText(make.error, t, locale).text}</p>}
      <div className={css['buttons']}><Button type="submit" loading={make.isPending}>{silence === undefined || isAgain ? a('silences.save') : t('action.save')}</Button><Button variant="default" onClick={onDone}>{t('action.cancel')}</Button></div>
    </form>
  )
}

function withSome(ms: readonly SilenceMatcherView[] | undefined): readonly SilenceMatcherView[] {
  return ms === undefined || ms.length === 0 ? [BLANK] : ms
}
