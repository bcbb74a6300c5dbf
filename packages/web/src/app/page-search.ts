import { useCallback } from 'react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { patchSearch } from '../state/search.ts'
import type { PageSearch, SearchPatch } from '../state/search.ts'

/** The state in the address bar and how to change it. */
export interface PageSearchControl {
  readonly search: PageSearch
  /** `push` makes a step that the back button undoes; typing replaces. */
  readonly change: (patch: SearchPatch, how?: 'push' | 'replace') => void
}

/** The state of this page that lives in the address bar. */
export function usePageSearch(): PageSearchControl {
  const search = useSearch({ strict: false }) as PageSearch
  const navigate = useNavigate()
  const change = useCallback((patch: SearchPatch, how: 'push' | 'replace' = 'push') => {
    void navigate({ to: '.', search: (prev: PageSearch) => patchSearch(prev, patch), replace: how === 'replace', resetScroll: false } as never)
  }, [navigate])
  return { search, change }
}
