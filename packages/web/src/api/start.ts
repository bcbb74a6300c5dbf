import type { LocalText } from '@haechi/server'
import { baseUrl } from './client.ts'

/** What a server says that can't answer yet: how far its start is. `ready`: it answers everything else. */
export type StartAnswer = LocalText | 'ready'

/** Asks the server whether its start is over; undefined: nobody answers. GET -/starting */
export async function askStart(signal?: AbortSignal): Promise<StartAnswer | undefined> {
  let text: string
  try {
    const response = await fetch(new URL('-/starting', baseUrl()), { cache: 'no-store', credentials: 'same-origin', ...(signal === undefined ? {} : { signal }) })
    text = await response.text()
  } catch {
    return undefined
  }
  return startOf(text)
}

/** Reads the answer; once the server is ready, this path is a page or unknown. */
export function startOf(body: string): StartAnswer {
  try {
    const { en, ko } = Object(JSON.parse(body)) as { readonly en?: unknown; readonly ko?: unknown }
    if (typeof en === 'string' && typeof ko === 'string') return { en, ko }
  } catch {
    // A page or a plain text: no start is under way.
  }
  return 'ready'
}
