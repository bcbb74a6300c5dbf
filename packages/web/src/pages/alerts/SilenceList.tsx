import type { ReactElement } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { SilenceView } from '@haechi/server'
import { notifiedAlertsQuery, silencesQuery } from '../../api/alerting.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Aged } from '../../components/Aged.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure, failureText } from '../../components/Failure.tsx'
import { Section } from '../../components/Section.tsx'
import { exactTime, minuteTime } from '../../format/time.ts'
import { useAlertWords } from './alert-words.ts'
import { matcherText, satisfies } from './matchers.ts'
import { SilenceForm } from './SilenceForm.tsx'
import { useSilence } from './use-silence.ts'
import css from './Alerts.module.css'

const STATES = ['active', 'pending', 'expired'] as const

/** All silences, and the form of one. */
export function SilenceList(): ReactElement {
  const { a } = useAlertWords()
  const { search, change } = usePageSearch()
  const query = useQuery(silencesQuery)
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton height={240} />
  const all = query.data
  const opened = all.find(s => s.id === search.open)
  const isForm = search.open === 'new' || opened !== undefined
  return (
    <>
      {isForm ? <SilenceForm key={search.open ?? ''} silence={opened} given={search.filter ?? ''} onDone={() => change({ open: undefined, filter: undefined })} />
        : all.length === 0 ? <Explained health="unknown" text={a('silences.empty')} action={{ label: a('silences.new'), run: () => change({ open: 'new' }) }} />
          : <div><Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => change({ open: 'new' })}>{a('silences.new')}</Button></div>}
      <Aged query={query} className={css['groups'] ?? ''}>
        {STATES.map(state => {
          const some = all.filter(s => s.state === state)
          return some.length === 0 ? null : <Section key={state} title={a(`silences.${state}`)} count={some.length}><ul className={css['list']}>{some.map(s => <SilenceRow key={s.id} silence={s} />)}</ul></Section>
        })}
      </Aged>
    </>
  )
}

function SilenceRow({ silence: s }: { readonly silence: SilenceView }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { change } = usePageSearch()
  const { end } = useSilence()
  const { data: alerts } = useQuery(notifiedAlertsQuery)
  const hits = s.state === 'active' ? alerts?.filter(x => satisfies(x.labels, s.matchers)).length ?? 0 : 0
  const ms = s.state === 'pending' ? s.startsAtMs : s.endsAtMs
  return (
    <li className={css['channel']} data-dim={s.state === 'expired' || undefined}>
      <div className={css['channelMain']}>
        <span className={css['ruleTitle']}>{s.comment === '' ? a('silences.noComment') : s.comment}{s.acknowledgement === true && <span className={css['tag']}>{a('silences.acknowledgement')}</span>}</span>
        <ul className={css['chips']}>{s.matchers.map(m => <li key={matcherText(m)} className="mono">{matcherText(m)}</li>)}</ul>
        <span className={css['ruleText']}>
          <span title={exactTime(ms, locale)}>{a(s.state === 'active' ? 'silences.ends' : s.state === 'pending' ? 'silences.begins' : 'silences.ended', { time: minuteTime(ms, locale) })}</span>
          {s.createdBy !== '' && ` · ${a('silences.by', { name: s.createdBy })}`}{hits > 0 && ` · ${a('silences.hits', { count: hits })}`}
        </span>
        {end.isError && <span className="health-critical" role="alert">{failureText(end.error, t, locale).text}</span>}
      </div>
      <div className={css['buttons']}>
        <Button variant="default" onClick={() => change({ open: s.id })}>{a(s.state === 'expired' ? 'silences.again' : 'silences.change')}</Button>
        {s.state !== 'expired' && <Button variant="default" loading={end.isPending} onClick={() => end.mutate(s.id)}>{a('silences.end')}</Button>}
      </div>
    </li>
  )
}
