import { useEffect, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { queryErrorMeaning } from '../api/query-error-words.ts'
import { useSaidIn } from '../i18n/index.ts'
import { emptyReason } from './empty-reason.ts'
import { panelWords } from './panel-words.ts'
import css from './PanelCard.module.css'
import type { TimeRange } from '@haechi/dashboards'
import type { EmptyReason } from './empty-reason.ts'
import type { FetchValues, Language } from './types.ts'

/** A sentence where a picture would be, with what can be done. */
export function PanelNote({ what, why, isFailure = false, action }: { readonly what: string; readonly why?: string; readonly isFailure?: boolean; readonly action?: ReactNode }): ReactElement {
  return (
    <div className={css['note']} data-failed={isFailure || undefined} role={isFailure ? 'alert' : 'note'}>
      <strong>{what}</strong>
      {why !== undefined && why !== '' && <p>{why}</p>}
      {action}
    </div>
  )
}

/** Why there is no answer: what that means, and the message, in the reader's language where they are known. */
export function FailureNote({ message, language, action }: { readonly message: string; readonly language: Language; readonly action?: ReactNode }): ReactElement {
  return <PanelNote what={queryErrorMeaning(message)?.[language] ?? panelWords(language).failed} why={useSaidIn(language)(message.replace(/^invalid parameter "query": /, ''))} isFailure action={action} />
}

/** Nothing came back: says why, from what the metrics themselves answer. */
export function EmptyNote({ exprs, source, range, fetchValues, language, noValue, onExplore }: {
  readonly exprs: readonly string[]
  /** The data source that was asked. */
  readonly source: string | undefined
  readonly range: TimeRange
  readonly fetchValues: FetchValues
  readonly language: Language
  /** The dashboard's own words for it. */
  readonly noValue: string | undefined
  readonly onExplore: (() => void) | undefined
}): ReactElement {
  const words = panelWords(language)
  const [reason, setReason] = useState<EmptyReason | undefined>()
  // Queries may have several lines.
  const key = JSON.stringify(exprs)
  useEffect(() => {
    const controller = new AbortController()
    void (async () => {
      try {
        const found = await emptyReason(JSON.parse(key) as string[], range, fetchValues, controller.signal, source)
        if (!controller.signal.aborted) setReason(found)
      } catch {
        // Without an answer the general sentence stays.
      }
    })()
    return () => controller.abort()
    // The reason is asked for once per question, not again at every refresh.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key, fetchValues, source])
  const why = reason === undefined ? words.noDataHint
    : reason.kind === 'unknown' ? words.noMetric(reason.names.join(', ')) + (reason.near === undefined ? '' : ` ${words.didYouMean(reason.near)}`)
    : reason.kind === 'value' ? words.noValueOf(reason.metric, `${reason.label}="${reason.value}"`) + (reason.near === undefined ? '' : ` ${words.didYouMean(reason.near)}`)
    : reason.kind === 'silent' ? words.notInRange(reason.names.join(', '))
    : words.filteredAway
  return <PanelNote what={noValue ?? words.noData} why={why} action={onExplore && <button type="button" className={css['action']} onClick={onExplore}>{words.explore}</button>} />
}
