import type { ReactElement } from 'react'
import { Button } from '@mantine/core'
import { useNow } from '../components/Ago.tsx'
import { StateMark } from '../components/StateMark.tsx'
import { agoText } from '../format/time.ts'
import { useWords } from '../i18n/index.ts'
import { useConnection } from './connection.ts'
import { useRefresh } from './refresh.tsx'
import css from './ConnectionBar.module.css'

/** Says that the server is gone and how old the page is. It lies over the page, so that nothing moves when it comes and goes. */
export function ConnectionBar(): ReactElement {
  const { isLost } = useConnection()
  return <div className={css['place']} role="status">{isLost && <LostText />}</div>
}

function LostText(): ReactElement {
  const { t, locale } = useWords()
  const { answeredMs } = useConnection()
  const { refreshNow } = useRefresh()
  const now = useNow()
  return (
    <div className={css['bar']}>
      <StateMark health="critical" />
      <span>{answeredMs === 0 ? t('connection.lostEmpty') : t('connection.lost', { ago: agoText(answeredMs, now, locale) })}</span>
      <Button size="compact-sm" variant="default" onClick={refreshNow}>{t('action.retry')}</Button>
    </div>
  )
}
