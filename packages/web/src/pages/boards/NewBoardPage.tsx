import { Suspense, lazy } from 'react'
import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import { Page } from '../../components/Page.tsx'
import { useWords } from '../../i18n/index.ts'

const BoardEditor = lazy(async () => ({ default: (await import('./edit/BoardEditor.tsx')).BoardEditor }))

/** An empty board, in the editor from the start. */
export function NewBoardPage(): ReactElement {
  const { t } = useWords()
  return (
    <Page title={t('boards.new')} full>
      <Suspense fallback={<Skeleton height={280} />}><BoardEditor isNew meta={NO_META} board={BLANK} /></Suspense>
    </Page>
  )
}

const NO_META = {}
const BLANK = { title: '', tags: [], timezone: '', schemaVersion: 41, time: { from: 'now-6h', to: 'now' }, refresh: '', panels: [], templating: { list: [] }, annotations: { list: [] }, links: [] }
