import type { ReactElement } from 'react'
import { useNavigate } from '@tanstack/react-router'
import { ApiFailure } from '../api/failure.ts'
import { saidIn, useWords } from '../i18n/index.ts'
import type { Say } from '../i18n/index.ts'
import type { Locale } from '../state/view-types.ts'
import { Explained } from './Explained.tsx'

/** The sentence for an error, and what the server suggests to do. */
export function failureText(error: unknown, t: Say, locale: Locale): { readonly text: string; readonly next: string | undefined } {
  if (!(error instanceof ApiFailure)) return { text: t('failure.page'), next: undefined }
  const { kind, status } = error
  const message = saidIn(locale, error.message)
  const next = error.next?.[locale]
  // Of another server: said in full.
  if (error.what !== undefined) return { text: `${error.what[locale]}.`, next }
  switch (kind) {
    case 'unreachable': return { text: t('failure.unreachable'), next }
    case 'starting': return { text: t('failure.starting'), next: undefined }
    case 'signIn': return { text: t('failure.signIn'), next }
    case 'timeout': return { text: t('failure.timeout'), next }
    case 'server': return { text: message === '' ? t('failure.serverBare') : t('failure.server', { message }), next }
    case 'refused': return { text: message === '' ? t('failure.refusedBare', { status }) : t('failure.refused', { message }), next }
  }
}

/** An error in the place where it happened: one sentence, one button. */
export function Failure({ error, retry, compact = false }: { readonly error: unknown; readonly retry: () => void; readonly compact?: boolean }): ReactElement {
  const { t, locale } = useWords()
  const navigate = useNavigate()
  const { text, next } = failureText(error, t, locale)
  const action = error instanceof ApiFailure && error.kind === 'signIn'
    ? { label: t('login.title'), run: () => void navigate({ to: '/login' as never, search: { next: location.pathname + location.search } as never }) }
    : { label: t('action.retry'), run: retry }
  // The page goes on by itself.
  if (error instanceof ApiFailure && error.kind === 'starting') return <Explained health="unknown" text={text} compact={compact} />
  return <Explained health="critical" text={text} compact={compact} action={action} {...(next === undefined ? {} : { hint: next })} />
}
