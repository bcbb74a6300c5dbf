import type { ReactElement } from 'react'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { Explained } from '../components/Explained.tsx'
import { Page } from '../components/Page.tsx'
import { useWords } from '../i18n/index.ts'

/** Shown when a page's own code failed: a new release may have replaced its files. */
export function BrokenPage(): ReactElement {
  const { t } = useWords()
  return <Page title={t('failure.pageTitle')}><Explained health="critical" text={t('failure.page')} action={{ label: t('failure.reload'), run: () => location.reload() }} /></Page>
}

/** Shown for an address that is none of ours. */
export function MissingPage(): ReactElement {
  const { t } = useWords()
  const navigate = useNavigate()
  const { pathname } = useLocation()
  return (
    <Page title={t('failure.notFoundTitle')}>
      <Explained health="unknown" text={t('failure.notFound')} hint={t('failure.notFoundNext', { path: pathname.slice(0, 200) })} action={{ label: t('failure.toOverview'), run: () => void navigate({ to: '/' as never }) }} />
    </Page>
  )
}
