import type { ReactElement } from 'react'
import { Button } from '@mantine/core'
import type { DataSourceTestView } from '@haechi/server'
import { StateMark } from '../../components/StateMark.tsx'
import { useSourceWords } from '../../i18n/source-words.ts'
import css from './Settings.module.css'

/** How a data source did when it was tried: what it is, or what is wrong and what to do. */
export function SourceVerdict({ verdict, onUseUrl }: { readonly verdict: DataSourceTestView; readonly onUseUrl?: (url: string) => void }): ReactElement {
  const { w, of } = useSourceWords()
  if (verdict.ok) {
    const what = [verdict.application, verdict.version].filter(x => x !== '').join(' ')
    return <p className={css['verdict']} role="status"><StateMark health="ok" /><span>{w('fine', { what: what === '' ? w('fineUnknown') : what, ms: verdict.ms })}</span></p>
  }
  const { url } = verdict
  return (
    <div className={css['verdict']} role="alert">
      <StateMark health="critical" />
      <div>
        <p>{of(verdict.what)}.</p>
        {url !== undefined && onUseUrl !== undefined ? <Button size="compact-sm" variant="default" onClick={() => onUseUrl(url)}>{w('useUrl', { url })}</Button> : <p className="dim">{of(verdict.next)}</p>}
      </div>
    </div>
  )
}
