import type { ReactElement } from 'react'
import { ApiFailure } from '../../api/failure.ts'
import { queryErrorMeaning } from '../../api/query-error-words.ts'
import { Failure } from '../../components/Failure.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { useWords } from '../../i18n/index.ts'
import css from './Explore.module.css'

/** Why a query has no answer: where the query is wrong, in the reader's language with Prometheus' own message below; else what went wrong on the way. */
export function QueryError({ error, retry, letter }: { readonly error: unknown; readonly retry: () => void; readonly letter?: string }): ReactElement {
  const { of, said } = useWords()
  if (error instanceof ApiFailure && error.kind === 'refused' && error.message !== '' && error.what === undefined) {
    const message = error.message.replace(/^invalid parameter "query": /, '')
    const meaning = queryErrorMeaning(message)
    // What others wrote about an error is found by its original words: they stay below.
    const told = said(message)
    return (
      <p className={css['error']} role="alert">
        <StateMark health="critical" />
        <span>{letter !== undefined && <strong>{letter}: </strong>}{meaning !== undefined && <strong className={css['meaning']}>{of(meaning)} </strong>}{told !== message && <>{told}<br /></>}<code>{message}</code></span>
      </p>
    )
  }
  return <Failure error={error} retry={retry} compact />
}
