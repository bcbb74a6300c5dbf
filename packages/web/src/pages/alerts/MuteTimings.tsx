import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { ActionIcon, Button, Modal, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { PolicyTreeView, TimeIntervalView } from '@haechi/server'
import { deleteMuteTiming, muteTimingsQuery, policiesQuery, putMuteTiming } from '../../api/alerting.ts'
import type { MuteTimingJson } from '../../api/alerting.ts'
import { failureText } from '../../components/Failure.tsx'
import { Section } from '../../components/Section.tsx'
import { useAlertWords } from './alert-words.ts'
import { FormDialog } from './FormDialog.tsx'
import { isTimesGood, newSpec, specJson, specsOf } from './mute-timing.ts'
import type { TimeSpecForm } from './mute-timing.ts'
import css from './Alerts.module.css'

/** Time intervals in force, and those made here with their form. */
export function MuteTimings({ tree }: { readonly tree: PolicyTreeView }): ReactElement {
  const { a } = useAlertWords()
  const { data: made } = useQuery(muteTimingsQuery)
  const [opened, setOpened] = useState<MuteTimingJson | 'new' | undefined>(undefined)
  // A timing that no route uses yet may be missing from the tree.
  const names = [...new Set([...tree.timeIntervals.map(t => t.name), ...(made ?? []).map(m => m.name)])]
  return (
    <Section title={a('policies.intervals')} aside={<Button size="compact-md" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setOpened('new')}>{a('mute.new')}</Button>}>
      {names.length === 0 ? <p className="dim">{a('policies.intervalsNone')}</p> : (
        <ul className={css['list']}>{names.map(name => <Timing key={name} name={name} view={tree.timeIntervals.find(t => t.name === name)} json={made?.find(m => m.name === name)} onOpen={setOpened} />)}</ul>
      )}
      {opened !== undefined && <TimingDialog timing={opened === 'new' ? undefined : opened} taken={names} onClose={() => setOpened(undefined)} />}
    </Section>
  )
}

function Timing({ name, view, json, onOpen }: { readonly name: string; readonly view: TimeIntervalView | undefined; readonly json: MuteTimingJson | undefined; readonly onOpen: (m: MuteTimingJson) => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => deleteMuteTiming(name),
    onSuccess: () => Promise.all([muteTimingsQuery, policiesQuery].map(q => client.invalidateQueries({ queryKey: q.queryKey }))),
  })
  const days = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' })
  const months = new Intl.DateTimeFormat(locale, { month: 'short', timeZone: 'UTC' })
  const clock = (m: number): string => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`
  const span = (ranges: readonly { readonly begin: number; readonly end: number }[] | undefined, show: (n: number) => string): string => (ranges ?? []).map(r => (r.begin === r.end ? show(r.begin) : `${show(r.begin)}–${show(r.end)}`)).join(', ')
  const isOwn = json !== undefined && json.provenance !== 'file'
  return (
    <li className={css['channel']}>
      <div className={css['channelMain']}>
        <span className={css['ruleTitle']}>{name}{view?.isNow === true && <span className={css['tag']}>{a('policies.isNow')}</span>}</span>
        {view?.specs.map(s => (
          <span key={JSON.stringify(s)} className={css['ruleText']}>{[span(s.weekdays, d => days.format(Date.UTC(2023, 0, 1 + d))), span(s.times, clock), span(s.daysOfMonth, String), span(s.months, m => months.format(Date.UTC(2023, m - 1, 1))), span(s.years, String), s.timeZone].filter(x => x !== '').join(' · ')}</span>
        ))}
        {!isOwn && <span className={css['ruleText']}>{view?.file === undefined ? a('mute.fixed') : a('mute.fixedFile', { file: view.file })}</span>}
      </div>
      {isOwn && (
        <div className={css['buttons']}>
          <Button size="compact-md" variant="default" onClick={() => onOpen(json)}>{a('policies.change')}</Button>
          <Button size="compact-md" variant="subtle" color="gray" aria-label={t('channels.remove', { name })} onClick={() => setAsking(true)}>{t('action.delete')}</Button>
        </div>
      )}
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={t('channels.remove', { name })} closeButtonProps={{ 'aria-label': t('action.close') }}>
        <p>{a('mute.removeSure')}</p>
        {remove.isError && <p className="health-critical" role="alert">{failureText(remove.error, t, locale).text}</p>}
        <div className={css['dialogButtons']}><Button variant="default" data-autofocus onClick={() => setAsking(false)}>{t('action.cancel')}</Button><Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{t('action.delete')}</Button></div>
      </Modal>
    </li>
  )
}

function TimingDialog({ timing, taken, onClose }: { readonly timing: MuteTimingJson | undefined; readonly taken: readonly string[]; readonly onClose: () => void }): ReactElement {
  const { t, a, locale } = useAlertWords()
  const client = useQueryClient()
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const [name, setName] = useState(timing?.name ?? '')
  const [specs, setSpecs] = useState<readonly TimeSpecForm[]>(() => (timing === undefined ? [newSpec(zone)] : specsOf(timing.time_intervals)))
  const [isTried, setTried] = useState(false)
  const nameProblem = name.trim() === '' ? t('channels.nameMissing') : timing === undefined && taken.includes(name.trim()) ? a('mute.nameTaken') : undefined
  const save = useMutation({
    mutationFn: () => putMuteTiming({ name: name.trim(), time_intervals: specs.map(specJson) }, timing === undefined),
    onSuccess: () => Promise.all([muteTimingsQuery, policiesQuery].map(q => client.invalidateQueries({ queryKey: q.queryKey }))),
  })
  const submit = (e: FormEvent, done: () => void): void => {
    e.preventDefault()
    setTried(true)
    if (nameProblem === undefined && specs.length > 0 && specs.every(s => isTimesGood(s.times))) save.mutate(undefined, { onSuccess: done })
  }
  const dayName = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' })
  const change = (i: number, patch: Partial<TimeSpecForm>): void => setSpecs(specs.map((s, j) => (j === i ? { ...s, ...patch } : s)))
  return (
    <FormDialog size="lg" title={a(timing === undefined ? 'mute.new' : 'mute.edit')} onClose={onClose}>{({ leave, done }) => (
      <form className={css['form']} onSubmit={e => submit(e, done)} noValidate>
        <TextInput data-autofocus label={t('channels.name')} disabled={timing !== undefined} value={name} error={isTried ? nameProblem : undefined} onChange={e => setName(e.currentTarget.value)} />
        <p className="dim">{a('mute.hint')}</p>
        {specs.map((s, i) => (
          // Elements have no identity but their place.
          // eslint-disable-next-line react/no-array-index-key
          <section key={i} className={css['ruleNode']} aria-label={a('mute.part', { n: i + 1 })}>
            <TextInput label={a('mute.times')} placeholder="22:00-07:00" value={s.times} error={isTimesGood(s.times) ? undefined : a('mute.timesInvalid')} onChange={e => change(i, { times: e.currentTarget.value })} />
            <fieldset className={css['matchers']}>
              <legend>{a('mute.weekdays')}</legend>
              <div className={css['buttons']}>
                {[1, 2, 3, 4, 5, 6, 0].map(d => (
                  <label key={d} className={css['day']}><input type="checkbox" checked={s.weekdays.has(d)} onChange={e => { const next = new Set(s.weekdays); if (e.currentTarget.checked) next.add(d); else next.delete(d); change(i, { weekdays: next }) }} />{dayName.format(Date.UTC(2023, 0, 1 + d))}</label>
                ))}
              </div>
            </fieldset>
            <div className={css['fields']}>
              <TextInput label={a('mute.days')} placeholder="1:5, -1" value={s.days} onChange={e => change(i, { days: e.currentTarget.value })} />
              <TextInput label={a('mute.months')} placeholder="1:3, 12" value={s.months} onChange={e => change(i, { months: e.currentTarget.value })} />
              <TextInput label={a('mute.years')} placeholder="2026:2027" value={s.years} onChange={e => change(i, { years: e.currentTarget.value })} />
              <TextInput label={a('mute.zone')} placeholder="UTC" value={s.zone} onChange={e => change(i, { zone: e.currentTarget.value })} />
            </div>
            {specs.length > 1 && <div><ActionIcon variant="subtle" color="gray" size={36} aria-label={a('mute.removePart', { n: i + 1 })} onClick={() => setSpecs(specs.filter((_, j) => j !== i))}><IconTrash size={18} /></ActionIcon></div>}
          </section>
        ))}
        <div><Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setSpecs([...specs, newSpec(zone)])}>{a('mute.addPart')}</Button></div>
        {save.isError && <p className="health-critical" role="alert">{failureText(save.error, t, locale).text}</p>}
        <div className={css['dialogButtons']}><Button variant="default" onClick={leave}>{t('action.cancel')}</Button><Button type="submit" loading={save.isPending}>{t('action.save')}</Button></div>
      </form>
    )}</FormDialog>
  )
}
