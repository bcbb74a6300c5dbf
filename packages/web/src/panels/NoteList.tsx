import type { ReactElement } from 'react'
import { Button, Modal, UnstyledButton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { Note } from '../api/notes.ts'
import { useNoteWords } from '../i18n/notes.ts'
import { noteLabel } from './board-marks.ts'
import css from './Notes.module.css'

/** The annotations of the time that a board shows, newest first: for who has no pointer to click them with. */
export function NoteList({ notes, onOpen, onNew, onClose }: { readonly notes: readonly Note[]; readonly onOpen: (note: Note) => void; readonly onNew: () => void; readonly onClose: () => void }): ReactElement {
  const { w, t, locale } = useNoteWords()
  return (
    <Modal opened onClose={onClose} title={w('list')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      {notes.length === 0 ? <p className="dim">{w('none')}</p> : (
        <ul className={css['list']}>
          {notes.toSorted((a, b) => b.time - a.time).map(n => (
            <li key={n.id}>
              <UnstyledButton className={css['item']} aria-label={w('edit', { text: noteLabel(n) })} onClick={() => onOpen(n)}>
                <span className="dim">{new Date(n.time).toLocaleString(locale)}{n.timeEnd > n.time ? ` – ${new Date(n.timeEnd).toLocaleString(locale)}` : ''}</span>
                <span>{noteLabel(n)}</span>
              </UnstyledButton>
            </li>
          ))}
        </ul>
      )}
      <Button variant="default" leftSection={<IconPlus size={16} />} onClick={onNew}>{w('new')}</Button>
    </Modal>
  )
}
