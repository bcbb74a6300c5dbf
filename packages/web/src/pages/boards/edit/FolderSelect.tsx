import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { makeFolder } from '../../../api/boards.ts'
import { foldersQuery } from '../../../api/queries.ts'
import { failureText } from '../../../components/Failure.tsx'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

/** The folder in which a board lies; a new one can be made here. */
export function FolderSelect({ value, onChange }: { readonly value: string; readonly onChange: (uid: string) => void }): ReactElement {
  const { e, t, locale } = useEditWords()
  const client = useQueryClient()
  const { data } = useQuery(foldersQuery)
  const [name, setName] = useState<string | undefined>(undefined)
  const make = useMutation({
    mutationFn: makeFolder,
    onSuccess: async made => {
      await client.invalidateQueries({ queryKey: foldersQuery.queryKey })
      setName(undefined)
      onChange(made.uid)
    },
  })
  const titleOf = (uid: string): string => {
    const f = data?.find(x => x.uid === uid)
    return f === undefined ? uid : f.parentUid === undefined ? f.title : `${titleOf(f.parentUid)} / ${f.title}`
  }
  return (
    <div className={css['inline']}>
      {name === undefined
        ? <NativeSelect className={css['grow'] ?? ''} label={e('folder.label')} value={value} data={[{ value: '', label: e('folder.none') }, ...(data ?? []).map(f => ({ value: f.uid, label: titleOf(f.uid) }))]} onChange={ev => onChange(ev.currentTarget.value)} />
        : <TextInput className={css['grow'] ?? ''} autoFocus label={e('folder.name')} value={name} error={make.isError ? failureText(make.error, t, locale).text : undefined} onChange={ev => setName(ev.currentTarget.value)} onKeyDown={ev => { if (ev.key === 'Enter' && name.trim() !== '') { ev.preventDefault(); make.mutate(name.trim()) } }} />}
      {name === undefined ? <Button variant="default" onClick={() => setName('')}>{e('folder.new')}</Button>
        : <><Button loading={make.isPending} disabled={name.trim() === ''} onClick={() => make.mutate(name.trim())}>{t('action.add')}</Button><Button variant="default" onClick={() => setName(undefined)}>{t('action.cancel')}</Button></>}
    </div>
  )
}
