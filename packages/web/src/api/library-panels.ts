import { useMemo } from 'react'
import { useQueries } from '@tanstack/react-query'
import { libraryPanelUids } from '@haechi/dashboards'
import type { JsonObject, LibraryModels } from '@haechi/dashboards'
import { getJson, sendJson } from './client.ts'
import { ApiFailure } from './failure.ts'

/** One panel of the library. */
export interface LibraryPanel {
  readonly uid: string
  readonly name: string
  readonly model: JsonObject
}

/** The key of one panel of the library. */
export const libraryKey = (uid: string): readonly string[] => ['library', uid]

async function getLibraryPanel(uid: string, signal: AbortSignal): Promise<LibraryPanel | null> {
  try {
    return (await getJson<{ readonly result: LibraryPanel }>(`api/library-elements/${encodeURIComponent(uid)}`, {}, signal)).result
  } catch (err) {
    if (err instanceof ApiFailure && err.status === 404) return null
    throw err
  }
}

/** Puts a panel into the library. @throws ApiFailure, e.g. for a name that is taken */
export async function addLibraryPanel(name: string, model: JsonObject): Promise<LibraryPanel> {
  return (await sendJson<{ readonly result: LibraryPanel }>('POST', 'api/library-elements', { name, kind: 1, model })).result
}

const NONE: LibraryModels = new Map()

/** The library panels that a board refers to. Not ready while one is asked for; one that can't be had counts as missing. */
export function useLibraryPanels(board: unknown): { readonly models: LibraryModels; readonly isReady: boolean } {
  const uids = useMemo(() => libraryPanelUids(board), [board])
  const answers = useQueries({ queries: uids.map(uid => ({ queryKey: libraryKey(uid), queryFn: async ({ signal }: { signal: AbortSignal }) => await getLibraryPanel(uid, signal), staleTime: 30_000, retry: 1 })) })
  const data = answers.map(a => a.data)
  const models = useMemo(() => uids.length === 0 ? NONE : new Map(uids.map((uid, i) => [uid, data[i]?.model ?? null])),
    // The answers themselves are what changes; their list is new each time.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [uids, ...data])
  return { models, isReady: answers.every(a => !a.isPending) }
}
