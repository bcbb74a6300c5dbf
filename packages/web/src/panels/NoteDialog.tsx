import '@mantine/core/styles/Combobox.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button, Modal, Switch, TagsInput, TextInput, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getNoteTags, removeNote, saveNote } from '../api/notes.ts'
import type { Note, NoteDraft } from '../api/notes.ts'
import { useNoteWords } from '../i18n/notes.ts'
import { momentOf, localMoment } from './local-moment.ts'
import css from './Notes.module.css'

/** Props of `NoteDialog`. */
export interface NoteDialogProps {
  /** The note that is changed, or what a new one begins with. */
  readonly note: Note | NoteDraft
  /** The panel that a new note may be limited to; 0: none. */
  readonly panelId: number
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Writes, changes or deletes an annotation. */
export function NoteDialog({ note, panelId, onDone, onClose }: NoteDialogProps): ReactElement {
  const { w, t } = useNoteWords()
  const id = 'id' in note ? note.id : undefined
  const [text, setText] = useState(note.text)
  const [tags, setTags] = useState<readonly string[]>(note.tags)
  const [from, setFrom] = useState(localMoment(note.time))
  const [to, setTo] = useState(localMoment(note.timeEnd))
  const [isPanelOnly, setPanelOnly] = useState((note.panelId ?? 0) > 0)
  const [isTold, setTold] = useState(false)
  const [isSure, setSure] = useState(false)
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  const { data: known = [] } = useQuery({ queryKey: ['note-tags'], queryFn: ({ signal }) => getNoteTags(signal), staleTime: 60_000 })
  // What nobody touched keeps its milliseconds.
  const fromMs = from === localMoment(note.time) ? note.time : momentOf(from)
  const toMs = to === localMoment(note.timeEnd) ? note.timeEnd : momentOf(to)
  const panel = note.panelId !== undefined && note.panelId > 0 ? note.panelId : panelId
  const run = async (action: () => Promise<unknown>): Promise<void> => {
    setBusy(true)
    setFailure('')
    try {
      await action()
      onDone()
    } catch (err) {
      setFailure(err instanceof Error ? err.message : String(err))
      setBusy(false)
    }
  }
  const save = (): void => {
    setTold(true)
    if (text.trim() === '' || fromMs === undefined || toMs === undefined) return
    const uid = note.dashboardUID ?? ''
    void run(() => saveNote(id, { ...(uid === '' ? {} : { dashboardUID: uid }), panelId: isPanelOnly ? panel : 0, time: Math.min(fromMs, toMs), timeEnd: Math.max(fromMs, toMs), text: text.trim(), tags }))
  }
  return (
    <Modal opened onClose={onClose} title={w(id === undefined ? 'new' : 'title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className={css['form']} onSubmit={e => { e.preventDefault(); save() }}>
        <Textarea data-autofocus autosize minRows={2} label={w('text')} placeholder={w('textHint')} value={text} error={isTold && text.trim() === '' ? w('noText') : undefined} onChange={e => setText(e.currentTarget.value)}
          onKeyDown={e => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) save() }} />
        <TagsInput label={w('tags')} description={w('tagsHint')} data={[...known]} value={[...tags]} onChange={setTags} />
        <div className={css['times']}>
          <TextInput type="datetime-local" step={1} label={w('from')} value={from} error={fromMs === undefined ? w('badTime') : undefined} onChange={e => setFrom(e.currentTarget.value)} />
          <TextInput type="datetime-local" step={1} label={w('to')} value={to} error={toMs === undefined ? w('badTime') : undefined} onChange={e => setTo(e.currentTarget.value)} />
        </div>
        {panel > 0 && <Switch label={w('panelOnly')} checked={isPanelOnly} onChange={e => setPanelOnly(e.currentTarget.checked)} />}
        {'login' in note && note.login !== undefined && note.login !== '' && <p className="dim">{w('by', { who: note.login })}</p>}
        {failure !== '' && <p role="alert" className="health-critical">{w('failed', { why: failure })}</p>}
        <div className={css['tools']}>
          {isSure && id !== undefined ? (
            <>
              <span>{w('sure')}</span>
              <Button color="red" disabled={isBusy} onClick={() => void run(() => removeNote(id))}>{w('yes')}</Button>
              <Button variant="default" onClick={() => setSure(false)}>{w('no')}</Button>
            </>
          ) : (
            <>
              <Button type="submit" disabled={isBusy}>{w('save')}</Button>
              {id !== undefined && <Button variant="default" disabled={isBusy} onClick={() => setSure(true)}>{w('remove')}</Button>}
            </>
          )}
        </div>
      </form>
    </Modal>
  )
}
