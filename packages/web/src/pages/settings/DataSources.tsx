import { useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Modal } from '@mantine/core'
import { IconPencil, IconPlus, IconTelescope, IconTrash } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { promqlSources } from '@haechi/dashboards'
import { baseUrl } from '../../api/client.ts'
import { deleteDataSource, testDataSource } from '../../api/sources.ts'
import { dataSourcesQuery } from '../../api/system.ts'
import type { DataSourceInfo } from '../../api/system.ts'
import { Failure, failureText } from '../../components/Failure.tsx'
import { Section } from '../../components/Section.tsx'
import { later } from '../../components/later.ts'
import { useSourceWords } from '../../i18n/source-words.ts'
import { SourceVerdict } from './SourceVerdict.tsx'
import { draftOf, formOf } from './source-draft.ts'
import css from './Settings.module.css'

const SourceDialog = later(async () => (await import('./SourceDialog.tsx')).SourceDialog)

type Open = { readonly kind: 'form'; readonly old: DataSourceInfo | undefined } | { readonly kind: 'delete'; readonly old: DataSourceInfo }

/** The data sources that there are: which is asked as a rule, where each comes from, whether it answers. */
export function DataSources(): ReactElement {
  const { w } = useSourceWords()
  const sources = useQuery(dataSourcesQuery)
  const [open, setOpen] = useState<Open | undefined>(undefined)
  return (
    <Section title={w('title')}>
      <div className={css['card']}>
        {sources.isError && <Failure error={sources.error} retry={() => void sources.refetch()} compact />}
        {(sources.data ?? []).map(s => <OneSource key={s.uid} source={s} onEdit={() => setOpen({ kind: 'form', old: s })} onDelete={() => setOpen({ kind: 'delete', old: s })} />)}
        <div className={css['line']}><span className={css['what']}>{w('address')}</span><div className={css['value']}><span className="mono">{baseUrl().replace(/\/$/, '')}</span></div></div>
        <div className={css['line']}><Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpen({ kind: 'form', old: undefined })}>{w('add')}</Button></div>
      </div>
      <p className={css['note']}>{w('intro')}</p>
      {open?.kind === 'form' && <SourceDialog old={open.old} onClose={() => setOpen(undefined)} />}
      {open?.kind === 'delete' && <DeleteDialog source={open.old} onClose={() => setOpen(undefined)} />}
    </Section>
  )
}

function OneSource({ source, onEdit, onDelete }: { readonly source: DataSourceInfo; readonly onEdit: () => void; readonly onDelete: () => void }): ReactElement {
  const { t, w, locale } = useSourceWords()
  const test = useMutation({ mutationFn: () => testDataSource(draftOf(formOf(source), source)) })
  const isOwn = source.isOwn === true
  const isAsked = promqlSources([{ ...source, isOwn }]).length > 0
  return (
    <div className={css['source']}>
      <div className={css['line']}>
        <div className={css['what']}>
          {source.name}{source.isDefault && <span className={css['tag']}>{w('default')}</span>}
          <p className="dim">
            {isOwn ? w('own') : <span className="mono">{source.url}</span>}
            {!isAsked && ` · ${w('notAsked', { type: source.type })}`}
            {source.file !== undefined && <span title={w('fromFileHint')}> · {w('fromFile', { file: source.file })}</span>}
          </p>
        </div>
        {!isOwn && (
          <div className={css['actions']}>
            {isAsked && <Button size="compact-sm" variant="default" loading={test.isPending} aria-label={w('testOne', { name: source.name })} onClick={() => test.mutate()}>{w('test')}</Button>}
            {isAsked && <Link to={'/explore' as never} search={{ ds: source.uid } as never} aria-label={`${w('explore')}: ${source.name}`} title={w('explore')} className={css['icon']}><IconTelescope size={18} aria-hidden /></Link>}
            {source.readOnly !== true && <ActionIcon variant="subtle" color="gray" size={32} aria-label={w('edit', { name: source.name })} title={w('edit', { name: source.name })} onClick={onEdit}><IconPencil size={18} /></ActionIcon>}
            {source.readOnly !== true && <ActionIcon variant="subtle" color="gray" size={32} aria-label={w('delete', { name: source.name })} title={w('delete', { name: source.name })} onClick={onDelete}><IconTrash size={18} /></ActionIcon>}
          </div>
        )}
      </div>
      {test.data !== undefined && <SourceVerdict verdict={test.data} />}
      {test.isError && <p className="health-critical" role="alert">{failureText(test.error, t, locale).text}</p>}
    </div>
  )
}

function DeleteDialog({ source, onClose }: { readonly source: DataSourceInfo; readonly onClose: () => void }): ReactElement {
  const { t, w, locale } = useSourceWords()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => deleteDataSource(source.uid),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: dataSourcesQuery.queryKey })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={w('deleteAsk', { name: source.name })} closeButtonProps={{ 'aria-label': t('action.cancel') }}>
      <p>{w('deleteText')}</p>
      {remove.isError && <p className="health-critical" role="alert">{failureText(remove.error, t, locale).text}</p>}
      <div className={css['buttons']}>
        <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>{w('delete', { name: source.name })}</Button>
        <Button variant="default" onClick={onClose}>{t('action.cancel')}</Button>
      </div>
    </Modal>
  )
}
