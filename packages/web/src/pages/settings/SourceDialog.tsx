import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'
import { Button, Modal, NativeSelect, PasswordInput, Switch, TextInput, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { keepDataSource, testDataSource } from '../../api/sources.ts'
import { dataSourcesQuery } from '../../api/system.ts'
import type { DataSourceInfo } from '../../api/system.ts'
import { failureText } from '../../components/Failure.tsx'
import { useSourceWords } from '../../i18n/source-words.ts'
import { SourceVerdict } from './SourceVerdict.tsx'
import { NEW_SOURCE, SERVER_KINDS, draftOf, formOf, isKept, urlFault } from './source-draft.ts'
import type { SourceAuth, SourceForm } from './source-draft.ts'
import css from './Settings.module.css'

/** Adds a data source, or changes `old`. */
export function SourceDialog({ old, onClose }: { readonly old: DataSourceInfo | undefined; readonly onClose: () => void }): ReactElement {
  const { t, w, locale } = useSourceWords()
  const client = useQueryClient()
  const [form, setForm] = useState<SourceForm>(old === undefined ? NEW_SOURCE : formOf(old))
  const [isTried, setTried] = useState(false)
  const fault = urlFault(form.url)
  const isValid = form.name.trim() !== '' && fault === undefined
  const test = useMutation({ mutationFn: () => testDataSource(draftOf({ ...form, name: form.name.trim() || form.kind }, old)) })
  const keep = useMutation({
    mutationFn: () => keepDataSource(draftOf(form, old), old === undefined),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: dataSourcesQuery.queryKey })
      onClose()
    },
  })
  const set = (change: Partial<SourceForm>): void => {
    setForm({ ...form, ...change })
    test.reset()
  }
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    setTried(true)
    if (isValid) keep.mutate()
  }
  const secret = (what: 'password' | 'token'): ReactElement => (
    <PasswordInput label={w(what)} value={form[what]} autoComplete="new-password" {...(isKept(old, what) ? { placeholder: w('kept') } : {})} onChange={e => set({ [what]: e.currentTarget.value })} />
  )
  const usual = SERVER_KINDS.find(k => k.id === form.kind)
  return (
    <Modal opened onClose={onClose} title={old === undefined ? w('add') : w('edit', { name: old.name })} size="lg" closeButtonProps={{ 'aria-label': t('action.cancel') }}>
      <form className={css['form']} onSubmit={submit} noValidate>
        <NativeSelect label={w('kind')} value={form.kind} data={SERVER_KINDS.map(k => k.id)} onChange={e => set({ kind: e.currentTarget.value })} />
        <TextInput label={w('name')} placeholder={w('nameHint')} data-autofocus value={form.name} error={isTried && form.name.trim() === '' ? w('nameMissing') : undefined} onChange={e => set({ name: e.currentTarget.value })} />
        <TextInput label={w('url')} type="url" inputMode="url" placeholder={usual?.url ?? ''} spellCheck={false} value={form.url} error={isTried && fault !== undefined ? w(fault) : undefined} onChange={e => set({ url: e.currentTarget.value })} />
        <NativeSelect label={w('auth')} value={form.auth} data={(['none', 'basic', 'bearer'] as const).map(a => ({ value: a, label: w(`auth.${a}`) }))} onChange={e => set({ auth: e.currentTarget.value as SourceAuth })} />
        {form.auth === 'basic' && <><TextInput label={w('user')} autoComplete="off" value={form.user} onChange={e => set({ user: e.currentTarget.value })} />{secret('password')}</>}
        {form.auth === 'bearer' && secret('token')}
        {(form.kind === 'Mimir' || form.kind === 'Cortex' || isKept(old, 'tenant')) && (
          <TextInput label={w('tenant')} description={w('tenantHint')} autoComplete="off" {...(isKept(old, 'tenant') ? { placeholder: w('kept') } : {})} value={form.tenant} onChange={e => set({ tenant: e.currentTarget.value })} />
        )}
        <Switch label={w('isDefault')} checked={form.isDefault} onChange={e => set({ isDefault: e.currentTarget.checked })} />
        <details>
          <summary>{w('more')}</summary>
          <div className={css['form']}>
            <NativeSelect label={w('method')} value={form.method} data={['POST', 'GET']} onChange={e => set({ method: e.currentTarget.value === 'GET' ? 'GET' : 'POST' })} />
            <TextInput label={w('timeout')} inputMode="numeric" placeholder="30" value={form.timeout} onChange={e => set({ timeout: e.currentTarget.value.replace(/[^\d]/g, '') })} />
            <TextInput label={w('interval')} placeholder="15s" value={form.interval} onChange={e => set({ interval: e.currentTarget.value })} />
            <TextInput label={w('params')} placeholder="max_source_resolution=5m" spellCheck={false} value={form.params} onChange={e => set({ params: e.currentTarget.value })} />
            <Textarea label={w('ca')} autosize minRows={2} maxRows={6} spellCheck={false} placeholder={isKept(old, 'ca') ? w('kept') : '-----BEGIN CERTIFICATE-----'} value={form.ca} onChange={e => set({ ca: e.currentTarget.value })} />
            <Switch label={w('skipVerify')} checked={form.skipVerify} onChange={e => set({ skipVerify: e.currentTarget.checked })} />
          </div>
        </details>
        {test.data !== undefined && <SourceVerdict verdict={test.data} onUseUrl={url => set({ url })} />}
        {test.isError && <p className="health-critical" role="alert">{failureText(test.error, t, locale).text}</p>}
        {keep.isError && <p className="health-critical" role="alert">{w('failed', { message: failureText(keep.error, t, locale).text })}</p>}
        <div className={css['buttons']}>
          <Button type="submit" loading={keep.isPending}>{t(old === undefined ? 'action.add' : 'action.save')}</Button>
          <Button variant="default" loading={test.isPending} onClick={() => { setTried(true); if (fault === undefined) test.mutate() }}>{w('test')}</Button>
          <Button variant="subtle" color="gray" onClick={onClose}>{t('action.cancel')}</Button>
        </div>
      </form>
    </Modal>
  )
}
