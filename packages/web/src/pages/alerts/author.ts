import { useQuery } from '@tanstack/react-query'
import { sessionQuery } from '../../api/queries.ts'

const STORED = 'haechi.author'

/** The name under which somebody silences: who is signed in, else what was typed here last. */
export function useAuthor(): string {
  const { data } = useQuery(sessionQuery)
  return data?.user ?? readAuthor()
}

function readAuthor(): string {
  try {
    return localStorage.getItem(STORED) ?? ''
  } catch {
    return '' // Storage is forbidden: the name is typed each time.
  }
}

/** Remembers the name in this browser. */
export function keepAuthor(name: string): void {
  try {
    localStorage.setItem(STORED, name)
  } catch {
    // Storage is forbidden: the name is typed each time.
  }
}
