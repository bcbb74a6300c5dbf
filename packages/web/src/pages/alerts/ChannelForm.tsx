import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, NativeSelect, PasswordInput, Skeleton, Switch, TextInput, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ContactPointJson } from '../../api/alerting.ts'
import type { ContactPointField, ContactPointType, ContactPointView } from '@haechi/server'
import { getContactPointJson, kindsQuery, putContactPoint } from '../../api/alerting.ts'
import { addContactPoint } from '../../api/haechi.ts'
import { contactPointsQuery } from '../../api/queries.ts'
import { Failure, failureText } from '../../components/Failure.tsx'
import { useAlertWords } from './alert-words.ts'
import { looksLikeDiscord, urlProblem } from './channel-url.ts'
import css from './Alerts.module.css'

type Settings = Readonly<Record<string, string | boolean>>

/** How the server shows a secret; sent back it stays as it was. */
const REDACTED = '[REDACTED]'

/** Changes a contact point that was made here. */
export function ChannelEdit({ point, onDone }: { readonly point: ContactPointView; readonly onDone: () => void }): ReactElement {
  const { a } = useAlertWords()
  const json = useQuery({ queryKey: ['contact-point-json', point.uid], queryFn: () => getContactPointJson(point.uid), staleTime: 0, gcTime: 0, refetchOnWindowFocus: false })
  if (json.isError) return <Failure error={json.error} retry={() => void json.refetch()} />
  if (json.isPending) return <Skeleton height={320} />
  return json.data === undefined ? <p className="health-critical" role="alert">{a('channels.gone')}</p> : <ChannelForm old={json.data} oldType={point.type} onDone={onDone} />
}

/** The settings that a form can hold. A secret begins empty. */
function shownSettings(settings: Readonly<Record<string, unknown>>): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, v]) => v !== REDACTED && (typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean')).map(([k, v]) => [k, typeof v === 'boolean' ? v : String(v)]))
}

/** A contact point of any kind, new or `old`; the server says what each kind needs. */
export function ChannelForm({ old, oldType = 'discord', onDone }: { readonly old?: ContactPointJson; readonly oldType?: ContactPointType; readonly onDone: () => void }): ReactElement {
  const { t, a, of, locale } = useAlertWords()
  const client = useQueryClient()
  const kinds = useQuery(kindsQuery)
  const [type, setType] = useState<ContactPointType>(oldType)
  const [name, setName] = useState(old?.name ?? '')
  const [settings, setSettings] = useState<Settings>(() => shownSettings(old?.settings ?? {}))
  const [sendResolved, setSendResolved] = useState(old?.disableResolveMessage !== true)
  const [isTried, setTried] = useState(false)
  const fields = kinds.data?.find(k => k.type === type)?.fields ?? []
  const isKept = (f: ContactPointField): boolean => old?.settings[f.key] === REDACTED
  const problem = (f: ContactPointField): string | undefined => {
    const text = String(settings[f.key] ?? '').trim()
    if (text === '' && isKept(f)) return undefined
    if (f.input === 'url' && (text !== '' || f.required)) return urlProblem(text) ? t('channels.urlInvalid') : undefined
    return f.required && f.input !== 'boolean' && text === '' ? a('channels.missing') : undefined
  }
  const isValid = name.trim() !== '' && fields.every(f => problem(f) === undefined)
  const add = useMutation({
    mutationFn: (): Promise<unknown> => {
      const given = Object.fromEntries(fields.map(f => [f.key, settings[f.key]] as const).filter(([, v]) => v !== undefined && v !== '').map(([k, v]) => [k, typeof v === 'string' ? v.trim() : v]))
      if (old !== undefined) {
        const untouched = Object.entries(old.settings).filter(([k]) => !fields.some(f => f.key === k && !(isKept(f) && given[k] === undefined)))
        return putContactPoint({ uid: old.uid, name: name.trim(), type: old.type, settings: { ...Object.fromEntries(untouched), ...given }, disableResolveMessage: !sendResolved })
      }
      const { url, ...others } = given as Record<string, string | boolean>
      return addContactPoint({ name: name.trim(), type, ...(typeof url === 'string' ? { url } : {}), ...(Object.keys(others).length === 0 ? {} : { settings: others }), ...(sendResolved ? {} : { sendResolved }) })
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: contactPointsQuery.queryKey })
      onDone()
    },
  })
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    setTried(true)
    if (isValid) add.mutate()
  }
  if (kinds.data === undefined) return kinds.isError ? <Failure error={kinds.error} retry={() => void kinds.refetch()} /> : <Skeleton height={320} />
  const set = (key: string, value: string | boolean): void => {
    setSettings({ ...settings, [key]: value })
    if (old === undefined && key === 'url' && typeof value === 'string' && looksLikeDiscord(value)) setType('discord')
  }
  return (
    <form className={css['add']} onSubmit={submit} noValidate>
      <NativeSelect label={t('channels.type')} disabled={old !== undefined} value={type} data={kinds.data.map(k => ({ value: k.type, label: of(k.label) }))} onChange={e => setType(e.currentTarget.value as ContactPointType)} />
      <TextInput label={t('channels.name')} placeholder={t('channels.nameHint')} data-autofocus value={name} error={isTried && name.trim() === '' ? t('channels.nameMissing') : undefined} onChange={e => setName(e.currentTarget.value)} />
      {fields.map(f => {
        const value = settings[f.key]
        const common = { label: of(f.label), error: isTried ? problem(f) : undefined, required: f.required, withAsterisk: false, ...(f.help === undefined ? (f.input === 'secret' ? { description: a('channels.secret') } : {}) : { description: of(f.help) }) }
        const text = { ...common, value: String(value ?? ''), autoComplete: 'off', spellCheck: false, ...(isKept(f) ? { placeholder: a('channels.kept') } : f.placeholder === undefined ? {} : { placeholder: f.placeholder }) }
        switch (f.input) {
          case 'boolean': return <Switch key={f.key} label={of(f.label)} checked={value === true} onChange={e => set(f.key, e.currentTarget.checked)} />
          case 'choice': return <NativeSelect key={f.key} {...common} value={String(value ?? '')} data={[{ value: '', label: a('channels.default') }, ...(f.choices ?? [])]} onChange={e => set(f.key, e.currentTarget.value)} />
          case 'lines': return <Textarea key={f.key} autosize minRows={2} {...text} onChange={e => set(f.key, e.currentTarget.value)} />
          case 'secret': return <PasswordInput key={f.key} {...text} autoComplete="new-password" onChange={e => set(f.key, e.currentTarget.value)} />
          case 'url': return <TextInput key={f.key} type="url" inputMode="url" {...text} onChange={e => set(f.key, e.currentTarget.value)} />
          case 'text': return <TextInput key={f.key} {...text} onChange={e => set(f.key, e.currentTarget.value)} />
        }
      })}
      <Switch label={a('channels.sendResolved')} checked={sendResolved} onChange={e => setSendResolved(e.currentTarget.checked)} />
      {add.isError && <p className="health-critical" role="alert">{failureText(add.error, t, locale).text}</p>}
      <div className={css['buttons']}><Button type="submit" loading={add.isPending}>{t(old === undefined ? 'action.add' : 'action.save')}</Button><Button variant="default" onClick={onDone}>{t('action.cancel')}</Button></div>
    </form>
  )
}
