import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { notifiedAlertsQuery, silencesQuery } from '../../api/alerting.ts'
import { alertsQuery } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Page } from '../../components/Page.tsx'
import { useAlertWords } from './alert-words.ts'
import { ChannelList } from './ChannelList.tsx'
import { currentAlerts, isOpen } from './current-alerts.ts'
import { DeliveryLog } from './DeliveryLog.tsx'
import { NowList } from './NowList.tsx'
import { PolicyList } from './PolicyList.tsx'
import { RuleList } from './RuleList.tsx'
import { SilenceList } from './SilenceList.tsx'
import css from './Alerts.module.css'

const TABS = ['now', 'rules', 'silences', 'policies', 'channels', 'deliveries'] as const

/** "What is wrong now, who hears of it, and when?" */
export function AlertsPage(): ReactElement {
  const { t, a } = useAlertWords()
  const { search, change } = usePageSearch()
  const { data: alerts } = useQuery(alertsQuery)
  const { data: notified } = useQuery(notifiedAlertsQuery)
  const { data: silences } = useQuery(silencesQuery)
  const firing = alerts === undefined ? 0 : currentAlerts(alerts, notified ?? [], silences ?? []).filter(isOpen).length
  const tab = TABS.find(x => x === search.tab) ?? 'now'
  const tabs = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // On a phone the row of tabs is wider than the window.
    tabs.current?.querySelector('[role=tab][aria-selected=true]')?.scrollIntoView({ inline: 'center', block: 'nearest' })
  }, [tab])
  return (
    <Page title={t('alerts.title')}>
      <Tabs value={tab} keepMounted={false} onChange={v => change({ tab: v === 'now' || v === null ? undefined : v, open: undefined, filter: undefined })} className={css['tabs'] ?? ''}>
        <Tabs.List ref={tabs} className={css['tabList'] ?? ''}>
          {TABS.map(x => <Tabs.Tab key={x} value={x}>{a(`tab.${x}`)}{x === 'now' && firing > 0 && <span className={css['tabCount']}>{firing}</span>}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value="now" className={css['panel'] ?? ''}><NowList /></Tabs.Panel>
        <Tabs.Panel value="rules" className={css['panel'] ?? ''}><RuleList /></Tabs.Panel>
        <Tabs.Panel value="silences" className={css['panel'] ?? ''}><SilenceList /></Tabs.Panel>
        <Tabs.Panel value="policies" className={css['panel'] ?? ''}><PolicyList /></Tabs.Panel>
        <Tabs.Panel value="channels" className={css['panel'] ?? ''}><ChannelList /></Tabs.Panel>
        <Tabs.Panel value="deliveries" className={css['panel'] ?? ''}><DeliveryLog /></Tabs.Panel>
      </Tabs>
    </Page>
  )
}
