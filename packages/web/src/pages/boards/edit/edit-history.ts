import { sameJson } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'

/** A board under change, with the way back and forth. */
export interface EditHistory {
  readonly past: readonly JsonObject[]
  readonly now: JsonObject
  readonly future: readonly JsonObject[]
  /** As it was last saved. */
  readonly saved: JsonObject
  /** What the last change was about: further ones about the same are one step. */
  readonly about: string
}

export type EditAction =
  /** `about`: e.g. `title of panel 3`, so that typing is one step; absent: a step of its own. */
  | { readonly kind: 'change'; readonly change: (board: JsonObject) => JsonObject; readonly about?: string | undefined }
  | { readonly kind: 'undo' }
  | { readonly kind: 'redo' }
  | { readonly kind: 'saved'; readonly board: JsonObject }
  /** What follows is a step of its own. */
  | { readonly kind: 'pause' }

/** Steps that can be undone. */
const MOST_STEPS = 200

/** A history that begins with a board. */
export function startHistory(board: JsonObject): EditHistory {
  return { past: [], now: board, future: [], saved: board, about: '' }
}

/** The next state. Undo and redo at their ends, and changes that change nothing, give the same state. */
export function editHistory(state: EditHistory, action: EditAction): EditHistory {
  switch (action.kind) {
    case 'change': {
      const now = action.change(state.now)
      if (now === state.now) return state
      const about = action.about ?? ''
      const past = about !== '' && about === state.about ? state.past : [...state.past, state.now].slice(-MOST_STEPS)
      return { ...state, past, now, future: [], about }
    }
    case 'undo': {
      const before = state.past.at(-1)
      return before === undefined ? state : { ...state, past: state.past.slice(0, -1), now: before, future: [state.now, ...state.future], about: '' }
    }
    case 'redo': {
      const [next, ...future] = state.future
      return next === undefined ? state : { ...state, past: [...state.past, state.now], now: next, future, about: '' }
    }
    case 'saved': return { ...state, saved: action.board, now: action.board, past: state.past, about: '' }
    case 'pause': return state.about === '' ? state : { ...state, about: '' }
  }
}

/** Whether leaving would lose something. */
export function isUnsaved(state: EditHistory): boolean {
  return state.now !== state.saved && !sameJson(state.now, state.saved)
}
