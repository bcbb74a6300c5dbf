import { getJson, sendJson } from './client.ts'

/** What somebody wrote about a moment or a span of time; Grafana's annotation. */
export interface Note {
  readonly id: number
  /** Null: on no board of its own. */
  readonly dashboardUID: string | null
  /** 0: about the whole board. */
  readonly panelId: number
  /** Unix ms; equal to `timeEnd` for a moment. */
  readonly time: number
  readonly timeEnd: number
  readonly text: string
  readonly tags: readonly string[]
  readonly login?: string
}

/** What is written. */
export interface NoteDraft {
  readonly dashboardUID?: string
  readonly panelId?: number
  readonly time: number
  readonly timeEnd: number
  readonly text: string
  readonly tags: readonly string[]
}

/** Which notes are looked for. */
export interface NoteFilter {
  readonly from: number
  readonly to: number
  readonly dashboardUID?: string
  readonly tags?: readonly string[]
  readonly matchAny?: boolean
  readonly limit: number
}

/** GET /api/annotations: newest first. */
export function getNotes({ matchAny, ...filter }: NoteFilter, signal?: AbortSignal): Promise<readonly Note[]> {
  return getJson<readonly Note[]>('api/annotations', { ...filter, type: 'annotation', ...(matchAny === true ? { matchAny: 'true' } : {}) }, signal)
}

/** Tags that notes have. */
export async function getNoteTags(signal?: AbortSignal): Promise<readonly string[]> {
  return (await getJson<{ readonly result: { readonly tags: readonly { readonly tag: string }[] } }>('api/annotations/tags', { limit: 1000 }, signal)).result.tags.map(t => t.tag)
}

/** Writes a new note, or an old one anew. */
export function saveNote(id: number | undefined, draft: NoteDraft): Promise<unknown> {
  return id === undefined ? sendJson('POST', 'api/annotations', draft) : sendJson('PUT', `api/annotations/${id}`, draft)
}

export function removeNote(id: number): Promise<unknown> {
  return sendJson('DELETE', `api/annotations/${id}`)
}
