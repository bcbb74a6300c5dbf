import type { ReactElement, ReactNode } from 'react'
import { useWords } from '../i18n/index.ts'
import { agoText } from '../format/time.ts'
import { useNow } from './Ago.tsx'
import css from './Aged.module.css'

/** What `Aged` needs to know of a query. */
export interface QueryAge {
  readonly isError: boolean
  readonly isPlaceholderData: boolean
  readonly dataUpdatedAt: number
  readonly data: unknown
}

/** Old data while newer is not to be had: it stays where it is, dimmed, with its age. Fresh data is shown as it is. */
export function Aged({ query, children, className }: { readonly query: QueryAge; readonly children: ReactNode; readonly className?: string }): ReactElement {
  const isOld = query.data !== undefined && (query.isError || query.isPlaceholderData)
  return (
    <div className={`${css['aged']} ${className ?? ''}`} data-old={isOld || undefined} aria-busy={query.isPlaceholderData || undefined}>
      {children}
      {isOld && query.isError && <AgeNote ms={query.dataUpdatedAt} />}
    </div>
  )
}

function AgeNote({ ms }: { readonly ms: number }): ReactElement {
  const { t, locale } = useWords()
  const now = useNow()
  return <span className={css['note']}>{t('refresh.data', { ago: agoText(ms, now, locale) })}</span>
}
