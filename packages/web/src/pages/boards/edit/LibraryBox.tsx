import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { libraryModel, libraryUid } from '@haechi/dashboards'
import type { JsonObject, LibraryModels } from '@haechi/dashboards'
import { addLibraryPanel, libraryKey } from '../../../api/library-panels.ts'
import { useEditWords } from './edit-words.ts'
import css from './Edit.module.css'

/** Whether a panel is one of the library; it can be taken out of it, or another one be put into it. */
export function LibraryBox({ panel, models, onUnlink, onLink }: {
  readonly panel: JsonObject
  readonly models: LibraryModels
  readonly onUnlink: () => void
  readonly onLink: (library: { readonly uid: string; readonly name: string }) => void
}): ReactElement {
  const { e } = useEditWords()
  const client = useQueryClient()
  const [name, setName] = useState<string | undefined>()
  const [failure, setFailure] = useState<string | undefined>()
  const [isBusy, setBusy] = useState(false)
  const uid = libraryUid(panel)
  if (uid !== '') {
    const linked = panel['libraryPanel'] as JsonObject
    return (
      <div className={css['rows']} role="group" aria-label={e('library.title')}>
        <p className="dim">{models.get(uid) == null ? e('library.missing', { name: String(linked['name'] ?? uid) }) : e('library.linked', { name: String(linked['name'] ?? uid) })}</p>
        {models.get(uid) != null && <div className={css['tools']}><Button size="xs" variant="default" onClick={onUnlink}>{e('library.unlink')}</Button></div>}
      </div>
    )
  }
  const title = String(panel['title'] ?? '')
  const make = async (): Promise<void> => {
    setBusy(true)
    setFailure(undefined)
    try {
      const made = await addLibraryPanel((name ?? title).trim(), libraryModel(panel))
      client.setQueryData(libraryKey(made.uid), made)
      onLink({ uid: made.uid, name: made.name })
    } catch (err) {
      setFailure(err instanceof Error ? err.message : String(err))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className={css['rows']} aria-label={e('library.title')} onSubmit={ev => { ev.preventDefault(); void make() }}>
      <p className="dim">{e('library.hint')}</p>
      <TextInput size="xs" label={e('library.name')} value={name ?? title} error={failure} onChange={ev => setName(ev.currentTarget.value)} />
      <div className={css['tools']}><Button size="xs" variant="default" type="submit" loading={isBusy} disabled={(name ?? title).trim() === ''}>{e('library.make')}</Button></div>
    </form>
  )
}
