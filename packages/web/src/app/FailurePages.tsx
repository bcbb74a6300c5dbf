import type { ReactElement } from 'react'
import { useNavigate } from '@tanstack/react-router'
import { Explained } from '../components/Explained.tsx'
import { useWords } from '../i18n/index.ts'

/** Shown when a page's own code failed: a new release may have replaced its files. */
export function BrokenPage(): ReactElement {
  const { t } = useWords()
  return <Explained health="critical" text={t('failure.page')} action={{ label: t('failure.reload'), run: () => location.reload() }} />
}

/** Shown for an address that is none of ours. */
export function MissingPage(): ReactElement {
  const { t } = useWords()
  const navigate = useNavigate()
  return <Explained health="unknown" text={t('failure.notFound')} action={{ label: t('failure.toOverview'), run: () => void navigate({ to: '/' as never }) }} />
}
