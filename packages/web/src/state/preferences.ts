import { useSyncExternalStore } from 'react'
import { DEFAULT_REFRESH, RANGE_PRESETS, REFRESH_PRESETS } from './time-range.ts'

/** What a person chose for this browser. Absent: as the program thinks best. */
export interface Preferences {
  /** Only times in UTC are chosen; else they are the browser's. */
  readonly zone?: 'UTC'
  /** One of the presets of the range picker. */
  readonly from?: string
  /** One of the presets of the refresh picker. */
  readonly refresh?: string
}

const STORED = 'haechi.preferences'

/** Reads what was stored; anything unknown is dropped. */
export function parsePreferences(text: string | null): Preferences {
  let json: unknown
  try {
    json = JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
  if (typeof json !== 'object' || json === null) return {}
  const { zone, from, refresh } = json as Record<string, unknown>
  return {
    ...(zone === 'UTC' ? { zone } : {}),
    ...(typeof from === 'string' && RANGE_PRESETS.includes(from) ? { from } : {}),
    ...(typeof refresh === 'string' && REFRESH_PRESETS.includes(refresh) ? { refresh } : {}),
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null // Storage is forbidden, or there is no browser: nothing was chosen.
  }
}

let current: Preferences = parsePreferences(stored())
const listeners = new Set<() => void>()

/** What was chosen. */
export function preferences(): Preferences {
  return current
}

/** The zone in which times are shown; undefined: the browser's. */
export function chosenZone(): 'UTC' | undefined {
  return current.zone
}

/** How often pages ask again where the address doesn't say. */
export function usualRefresh(): string {
  return current.refresh ?? DEFAULT_REFRESH
}

/** Remembers a choice in this browser; undefined takes it back. */
export function changePreferences(patch: { readonly [K in keyof Preferences]?: Preferences[K] | undefined }): void {
  current = parsePreferences(JSON.stringify({ ...current, ...patch }))
  try {
    localStorage.setItem(STORED, JSON.stringify(current))
  } catch {
    // Storage is forbidden: the choice lasts until the page is closed.
  }
  for (const listener of listeners) listener()
}

/** What was chosen; the component renders again when it changes. */
export function usePreferences(): Preferences {
  return useSyncExternalStore(listen, () => current)
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
