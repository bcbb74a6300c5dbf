import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import { Page } from '../../components/Page.tsx'
import { later } from '../../components/later.ts'
import { useWords } from '../../i18n/index.ts'

const BoardEditor = later(async () => (await import('./edit/BoardEditor.tsx')).BoardEditor)

/** An empty board, in the editor from the start. */
export function NewBoardPage(): ReactElement {
  const { t } = useWords()
  return (
    <Page title={t('boards.new')} full>
      <BoardEditor waiting={<Skeleton height={280} />} isNew meta={NO_META} board={BLANK} />
    </Page>
  )
}

const NO_META = {}
const BLANK = { title: '', tags: [], timezone: '', schemaVersion: 41, time: { from: 'now-6h', to: 'now' }, refresh: '', panels: [], templating: { list: [] }, annotations: { list: [] }, links: [] }
