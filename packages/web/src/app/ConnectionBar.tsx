import { useEffect } from 'react'
import type { ReactElement } from 'react'
import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { askStart } from '../api/start.ts'
import { useNow } from '../components/Ago.tsx'
import { StateMark } from '../components/StateMark.tsx'
import { agoText } from '../format/time.ts'
import { useWords } from '../i18n/index.ts'
import { connection, useConnection } from './connection.ts'
import { useRefresh } from './refresh.tsx'
import css from './ConnectionBar.module.css'

/** How often a page looks whether the server is back. */
const LOOK_MS = { starting: 700, lost: 2500 } as const

/** Says that the server is gone or being started, and how old the page is; goes on by itself. It lies over the page, so that nothing moves when it comes and goes. */
export function ConnectionBar(): ReactElement {
  const { is } = useConnection()
  return <div className={css['place']} role="status">{is !== 'fine' && <Bar is={is} />}</div>
}

function Bar({ is }: { readonly is: 'starting' | 'lost' }): ReactElement {
  const { t, of, locale } = useWords()
  const { answeredMs, doing } = useConnection()
  const { refreshNow } = useRefresh()
  const now = useNow()
  const client = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      const answer = await askStart(stop.signal)
      if (stop.signal.aborted) return
      if (answer === 'ready') {
        // After a restart anything may be different, and what failed meanwhile waits for somebody to ask again.
        refreshNow()
        void client.invalidateQueries({ refetchType: 'active' }, { cancelRefetch: false })
      } else if (answer !== undefined) connection.starting(answer)
      else if (is === 'starting') connection.lost()
      timer = setTimeout(() => void look(), LOOK_MS[is])
    }
    timer = setTimeout(() => void look(), is === 'starting' ? 0 : LOOK_MS.lost)
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [is, client, refreshNow])
  if (is === 'starting') {
    return (
      <div className={css['bar']} data-starting>
        <StateMark health="unknown" />
        <span>{t('connection.starting')} {doing !== undefined && <span className="dim">{of(doing)}</span>}</span>
      </div>
    )
  }
  return (
    <div className={css['bar']}>
      <StateMark health="critical" />
      <span>{answeredMs === 0 ? t('connection.lostEmpty') : t('connection.lost', { ago: agoText(answeredMs, now, locale) })}</span>
      <Button size="compact-sm" variant="default" onClick={refreshNow}>{t('action.retry')}</Button>
    </div>
  )
}
