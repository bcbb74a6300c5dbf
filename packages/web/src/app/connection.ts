import { useSyncExternalStore } from 'react'

/** Whether the server answers. */
export interface ConnectionState {
  readonly isLost: boolean
  /** Unix ms of the last answer; 0: none yet. */
  readonly answeredMs: number
}

let state: ConnectionState = { isLost: false, answeredMs: 0 }
const listeners = new Set<() => void>()

function set(next: ConnectionState): void {
  const changed = next.isLost !== state.isLost
  state = changed ? next : Object.assign(state, { answeredMs: next.answeredMs })
  if (changed) for (const listener of listeners) listener()
}

/** What the requests report about the connection; one page has one server. */
export const connection = {
  answered(nowMs: number): void {
    set({ isLost: false, answeredMs: nowMs })
  },
  lost(): void {
    set({ isLost: true, answeredMs: state.answeredMs })
  },
} as const

/** The state of the connection; renders again when it is lost or found. */
export function useConnection(): ConnectionState {
  return useSyncExternalStore(listen, () => state)
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
