import type { ReactElement } from 'react'
import { NativeSelect } from '@mantine/core'
import { promqlSources } from '@haechi/dashboards'
import { useAskedSource } from '../../api/asked-source.ts'
import { useKnownSources } from '../../api/sources.ts'
import { useWords } from '../../i18n/index.ts'
import css from './Explore.module.css'

/** Which data source is asked, where there is more than one. @param onChange told of a uid; undefined for our own storage */
export function SourceSelect({ onChange }: { readonly onChange: (uid: string | undefined) => void }): ReactElement | null {
  const { t } = useWords()
  const asked = useAskedSource()
  const known = useKnownSources()
  if (known === undefined || known === 'waiting') return null
  const sources = promqlSources(known)
  const own = sources.find(s => s.isOwn)
  const isGone = asked !== undefined && !sources.some(s => s.uid === asked)
  return (
    <NativeSelect className={css['source'] ?? ''} label={t('explore.source')} value={asked ?? own?.uid ?? ''} {...(isGone ? { error: t('explore.sourceGone', { uid: asked }) } : {})}
      data={[...sources.map(s => ({ value: s.uid, label: s.isOwn ? t('explore.sourceOwn', { name: s.name }) : s.name })), ...(isGone ? [{ value: asked, label: asked }] : [])]}
      onChange={e => onChange(e.currentTarget.value === own?.uid ? undefined : e.currentTarget.value)} />
  )
}
