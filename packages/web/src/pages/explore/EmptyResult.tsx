import type { ReactElement } from 'react'
import { Button } from '@mantine/core'
import { usePageSearch } from '../../app/page-search.ts'
import { Explained } from '../../components/Explained.tsx'
import { useWords } from '../../i18n/index.ts'

/** A correct query without an answer. */
export function EmptyResult(): ReactElement {
  const { t } = useWords()
  const { search, change } = usePageSearch()
  const isLong = search.from === 'now-24h'
  return (
    <Explained health="unknown" text={t('explore.empty')} hint={t('explore.emptyNext')} {...(isLong ? {} : { action: { label: t('explore.longer'), run: () => change({ from: 'now-24h', to: undefined }) } })}>
      {search.ds === undefined && <Button size="sm" variant="default" onClick={() => change({ tab: 'explain' })}>{t('explore.whyEmpty')}</Button>}
    </Explained>
  )
}
