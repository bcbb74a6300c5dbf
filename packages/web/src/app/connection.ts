import { useSyncExternalStore } from 'react'
import type { LocalText } from '@haechi/server'

/** Whether the server answers. */
export interface ConnectionState {
  /** `starting`: it is there and can't answer yet; `lost`: nobody answers. */
  readonly is: 'fine' | 'starting' | 'lost'
  /** While it is starting: what it does, once it has said so. */
  readonly doing: LocalText | undefined
  /** Unix ms of the last answer; 0: none yet. */
  readonly answeredMs: number
}

let state: ConnectionState = { is: 'fine', doing: undefined, answeredMs: 0 }
const listeners = new Set<() => void>()

function set(next: ConnectionState): void {
  const changed = next.is !== state.is || next.doing?.en !== state.doing?.en
  state = changed ? next : Object.assign(state, { answeredMs: next.answeredMs })
  if (changed) for (const listener of listeners) listener()
}

/** What the requests report about the connection; one page has one server. */
export const connection = {
  answered(nowMs: number): void {
    set({ is: 'fine', doing: undefined, answeredMs: nowMs })
  },
  lost(): void {
    set({ is: 'lost', doing: undefined, answeredMs: state.answeredMs })
  },
  /** What it said last stays until it says something else. */
  starting(doing: LocalText | undefined = state.doing): void {
    set({ is: 'starting', doing, answeredMs: state.answeredMs })
  },
  /** While it starts there is nothing to ask for. */
  isStarting(): boolean {
    return state.is === 'starting'
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
