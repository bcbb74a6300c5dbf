import { useCallback, useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import type { Note, NoteDraft } from '../api/notes.ts'
import { later } from '../components/later.ts'
import type { BoardMark } from './board-marks.ts'
import type { BoardNotes } from './notes-context.ts'

const NoteDialog = later(async () => (await import('./NoteDialog.tsx')).NoteDialog)
const NoteList = later(async () => (await import('./NoteList.tsx')).NoteList)

/** What a board needs to write, change and list annotations. */
export interface NoteTools {
  /** For the charts; undefined where nothing can be written. */
  readonly notes: BoardNotes | undefined
  /** The dialog that is open. */
  readonly dialog: ReactElement | null
}

type Open = { readonly kind: 'list' } | { readonly kind: 'note'; readonly note: Note | NoteDraft; readonly panelId: number }

/** @param onChanged  something was written or deleted: the marks are to be asked anew */
export function useNotes(boardUid: string, marks: readonly BoardMark[], endMs: number, onChanged: () => void): NoteTools {
  const [open, setOpen] = useState<Open | undefined>(undefined)
  const found = useMemo(() => marks.flatMap(m => (m.note === undefined ? [] : [m.note])), [marks])
  const begin = useCallback((panelId: number, fromMs: number, toMs: number) => setOpen({ kind: 'note', panelId, note: { dashboardUID: boardUid, panelId: 0, time: fromMs, timeEnd: toMs, text: '', tags: [] } }), [boardUid])
  const notes = useMemo((): BoardNotes | undefined => boardUid === '' ? undefined : {
    onNote: begin,
    onList: () => setOpen({ kind: 'list' }),
    onOpenNote: id => {
      const note = found.find(n => n.id === id)
      if (note !== undefined) setOpen({ kind: 'note', note, panelId: note.panelId })
    },
  }, [boardUid, begin, found])
  const close = (): void => setOpen(undefined)
  const dialog = open === undefined ? null
    : open.kind === 'list' ? <NoteList notes={found} onOpen={note => setOpen({ kind: 'note', note, panelId: note.panelId })} onNew={() => begin(0, endMs, endMs)} onClose={close} />
      : <NoteDialog note={open.note} panelId={open.panelId} onClose={close} onDone={() => { close(); onChanged() }} />
  return { notes, dialog }
}
