import { Fragment, useState } from 'react'
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
import { fieldValues, isStored, jsonOf, mapOf, settingAt, settingsJson, withCell } from './channel-settings.ts'
import type { FieldValues, SettingsJson } from './channel-settings.ts'
import { looksLikeDiscord, urlProblem } from './channel-url.ts'
import css from './Alerts.module.css'

/** Changes a contact point that was made here. */
export function ChannelEdit({ point, onDone }: { readonly point: ContactPointView; readonly onDone: () => void }): ReactElement {
  const { a } = useAlertWords()
  const json = useQuery({ queryKey: ['contact-point-json', point.uid], queryFn: () => getContactPointJson(point.uid), staleTime: 0, gcTime: 0, refetchOnWindowFocus: false })
  if (json.isError) return <Failure error={json.error} retry={() => void json.refetch()} />
  if (json.isPending) return <Skeleton height={320} />
  return json.data === undefined ? <p className="health-critical" role="alert">{a('channels.gone')}</p> : <ChannelForm old={json.data} oldType={point.type} onDone={onDone} />
}

/** A contact point of any kind, new or `old`; the server says what each kind needs. */
export function ChannelForm({ old, oldType = 'discord', onDone }: { readonly old?: ContactPointJson; readonly oldType?: ContactPointType; readonly onDone: () => void }): ReactElement {
  const { t, a, of, locale } = useAlertWords()
  const client = useQueryClient()
  const kinds = useQuery(kindsQuery)
  const [type, setType] = useState<ContactPointType>(oldType)
  const [name, setName] = useState(old?.name ?? '')
  const [typed, setTyped] = useState<FieldValues>({})
  const [cleared, setCleared] = useState<ReadonlySet<string>>(new Set())
  const [sendResolved, setSendResolved] = useState(old?.disableResolveMessage !== true)
  const [isTried, setTried] = useState(false)
  const fields = kinds.data?.find(k => k.type === type)?.fields ?? []
  const before = old?.settings ?? {}
  const values: FieldValues = { ...fieldValues(fields, before), ...typed }
  const isKept = (f: ContactPointField): boolean => isStored(f, before) && !cleared.has(f.key)
  const problem = (f: ContactPointField): string | undefined => {
    const value = values[f.key]
    if (f.input === 'rows') return rowsOf(value).some(row => f.columns?.some(c => c.required && String(row[c.key] ?? '').trim() === '') === true) ? a('channels.rowMissing') : undefined
    const text = String(value ?? '').trim()
    if (f.input === 'json') return text !== '' && jsonOf(text) === undefined ? a('channels.jsonInvalid') : undefined
    if (text === '' && isKept(f)) return undefined
    if (f.input === 'map' && mapOf(text) === undefined) return a('channels.mapInvalid')
    if (f.input === 'url' && (text !== '' || f.required)) return urlProblem(text) ? t('channels.urlInvalid') : undefined
    return f.required && f.input !== 'boolean' && text === '' ? a('channels.missing') : undefined
  }
  const isValid = name.trim() !== '' && fields.every(f => problem(f) === undefined)
  const add = useMutation({
    mutationFn: (): Promise<unknown> => {
      const settings = settingsJson(fields, values, before, cleared)
      if (old !== undefined) return putContactPoint({ uid: old.uid, name: name.trim(), type: old.type, settings, disableResolveMessage: !sendResolved })
      const { url, ...others } = settings
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
  const set = (key: string, value: string | boolean | readonly SettingsJson[]): void => {
    setTyped({ ...typed, [key]: value })
    if (old === undefined && key === 'url' && typeof value === 'string' && looksLikeDiscord(value)) setType('discord')
  }
  const input = (f: ContactPointField): ReactElement => {
    const value = values[f.key]
    const hint = f.help !== undefined ? of(f.help) : f.input === 'secret' ? a('channels.secret') : f.input === 'map' ? a('channels.mapHint') : undefined
    const common = { label: of(f.label), error: isTried ? problem(f) : undefined, required: f.required, withAsterisk: false, ...(hint === undefined ? {} : { description: hint }) }
    const text = { ...common, value: String(value ?? ''), autoComplete: 'off', spellCheck: false, ...(isKept(f) ? { placeholder: a('channels.kept') } : f.placeholder === undefined ? {} : { placeholder: f.placeholder }) }
    switch (f.input) {
      case 'boolean': return <Switch label={of(f.label)} checked={value === true} onChange={e => set(f.key, e.currentTarget.checked)} />
      case 'choice': return <NativeSelect {...common} value={String(value ?? '')} data={[{ value: '', label: a('channels.default') }, ...(f.choices ?? [])]} onChange={e => set(f.key, e.currentTarget.value)} />
      case 'rows': return <Rows field={f} rows={rowsOf(value)} error={isTried ? problem(f) : undefined} onChange={rows => set(f.key, rows)} />
      case 'json': return <Textarea autosize minRows={3} maxRows={16} classNames={{ input: 'mono' }} {...text} onChange={e => set(f.key, e.currentTarget.value)} />
      case 'lines': case 'map': return <Textarea autosize minRows={2} {...text} onChange={e => set(f.key, e.currentTarget.value)} />
      case 'secret': return <PasswordInput {...text} autoComplete="new-password" onChange={e => set(f.key, e.currentTarget.value)} />
      case 'url': return <TextInput type="url" inputMode="url" {...text} onChange={e => set(f.key, e.currentTarget.value)} />
      case 'text': return <TextInput {...text} onChange={e => set(f.key, e.currentTarget.value)} />
    }
  }
  const withClear = (f: ContactPointField): ReactElement => (
    <Fragment key={f.key}>
      {input(f)}
      {!f.required && isStored(f, before) && String(values[f.key] ?? '') === '' && (
        <Switch label={`${of(f.label)}: ${a('channels.clear')}`} checked={cleared.has(f.key)} onChange={e => { const next = new Set(cleared); if (e.currentTarget.checked) next.add(f.key); else next.delete(f.key); setCleared(next) }} />
      )}
    </Fragment>
  )
  const extra = fields.filter(f => f.extra === true)
  // What is set, or wrong, is never hidden.
  const isExtraOpen = extra.some(f => settingAt(before, f.key) !== undefined || (isTried && problem(f) !== undefined))
  return (
    <form className={css['add']} onSubmit={submit} noValidate>
      <NativeSelect label={t('channels.type')} disabled={old !== undefined} value={type} data={kinds.data.map(k => ({ value: k.type, label: of(k.label) }))} onChange={e => setType(e.currentTarget.value as ContactPointType)} />
      <TextInput label={t('channels.name')} placeholder={t('channels.nameHint')} data-autofocus value={name} error={isTried && name.trim() === '' ? t('channels.nameMissing') : undefined} onChange={e => setName(e.currentTarget.value)} />
      {fields.filter(f => f.extra !== true).map(withClear)}
      {extra.length > 0 && <details className={css['moreFields']} open={isExtraOpen || undefined}><summary>{a('channels.more')}</summary><div className={css['form']}>{extra.map(withClear)}</div></details>}
      <Switch label={a('channels.sendResolved')} checked={sendResolved} onChange={e => setSendResolved(e.currentTarget.checked)} />
      {add.isError && <p className="health-critical" role="alert">{failureText(add.error, t, locale).text}</p>}
      <div className={css['buttons']}><Button type="submit" loading={add.isPending}>{t(old === undefined ? 'action.add' : 'action.save')}</Button><Button variant="default" onClick={onDone}>{t('action.cancel')}</Button></div>
    </form>
  )
}

function rowsOf(value: FieldValues[string] | undefined): readonly SettingsJson[] {
  return typeof value === 'object' ? value : []
}

/** A list of things that each have the same few settings. */
function Rows({ field: f, rows, error, onChange }: { readonly field: ContactPointField; readonly rows: readonly SettingsJson[]; readonly error: string | undefined; readonly onChange: (rows: readonly SettingsJson[]) => void }): ReactElement {
  const { a, of } = useAlertWords()
  const title = of(f.label)
  const cell = (row: SettingsJson, c: ContactPointField, i: number): ReactElement => {
    const put = (value: string | boolean): void => onChange(rows.map((x, j) => (j === i ? withCell(x, c.key, value) : x)))
    const name = { label: of(c.label), 'aria-label': `${title} ${i + 1}: ${of(c.label)}` }
    if (c.input === 'boolean') return <Switch key={c.key} {...name} checked={row[c.key] === true} onChange={e => put(e.currentTarget.checked)} />
    const value = String(row[c.key] ?? '')
    if (c.input === 'choice') return <NativeSelect key={c.key} {...name} value={value} data={[{ value: '', label: a('channels.default') }, ...(c.choices ?? []), ...(value === '' || c.choices?.includes(value) === true ? [] : [value])]} onChange={e => put(e.currentTarget.value)} />
    return <TextInput key={c.key} {...name} autoComplete="off" spellCheck={false} value={value} onChange={e => put(e.currentTarget.value)} />
  }
  return (
    <fieldset className={css['matchers']}>
      <legend>{title}</legend>
      {rows.map((row, i) => (
        // Rows have no identity but their place.
        // eslint-disable-next-line react/no-array-index-key
        <div key={i} className={css['ruleNode']}>
          <div className={css['fields']}>{(f.columns ?? []).map(c => cell(row, c, i))}</div>
          <div><Button size="compact-sm" variant="subtle" color="gray" aria-label={a('channels.rowRemove', { title, n: i + 1 })} onClick={() => onChange(rows.filter((_, j) => j !== i))}>{a('policies.remove')}</Button></div>
        </div>
      ))}
      {error !== undefined && <p className="health-critical" role="alert">{error}</p>}
      <div><Button size="compact-sm" variant="subtle" onClick={() => onChange([...rows, {}])}>{a('rule.pairAdd', { title })}</Button></div>
    </fieldset>
  )
}
