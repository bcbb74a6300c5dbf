import { createContext } from 'react'
import type { Context } from 'react'

/** What the charts of a board can do about notes. */
export interface BoardNotes {
  /** Begins a note about a moment (equal ends) or a stretch of a panel. Unix ms. */
  readonly onNote: (panelId: number, fromMs: number, toMs: number) => void
  /** Opens a note that is marked. */
  readonly onOpenNote: (id: number) => void
  /** Lists what is there, for who can't click it. */
  readonly onList: () => void
}

/** Undefined where notes can't be written: in the editor, in pictures for messages. */
export const NotesContext: Context<BoardNotes | undefined> = createContext<BoardNotes | undefined>(undefined)
