import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconCopy } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { statusQuery } from '../../api/queries.ts'
import { alertmanagersQuery, buildQuery, configQuery, flagsQuery, runtimeQuery, tsdbQuery } from '../../api/system.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { Choice } from '../../components/Choice.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Filter } from '../../components/Filter.tsx'
import { Page, Verdict } from '../../components/Page.tsx'
import { Section } from '../../components/Section.tsx'
import { SortTable } from '../../components/SortTable.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { NO_NUMBER, bytesQuantity, numberText, quantityText } from '../../format/quantity.ts'
import { durationText, exactTime, parseHold } from '../../format/time.ts'
import { useSystemWords } from '../../i18n/system-words.ts'
import { matchesFilter } from '../../state/order.ts'
import type { Locale } from '../../state/view-types.ts'
import { keepTime } from '../../state/search.ts'
import css from './Status.module.css'

/** "What is running here, with which configuration?" */
export function StatusPage(): ReactElement {
  const { t, w, locale } = useSystemWords()
  const { search, change } = usePageSearch()
  const status = useQuery(statusQuery)
  const runtime = useQuery(runtimeQuery)
  const tab = search.tab === 'config' || search.tab === 'flags' ? search.tab : 'overview'
  const isBad = runtime.data?.reloadConfigSuccess === false || status.data?.files.some(f => f.state === 'error') === true
  return (
    <Page title={t('nav.status')}>
      {status.data === undefined ? (status.isError ? <Failure error={status.error} retry={() => void status.refetch()} /> : <Skeleton height={40} width="min(100%, 520px)" />) : (
        <Verdict>
          <StateMark health={isBad ? 'warning' : 'ok'} label={t(isBad ? 'health.warning' : 'health.ok')} size={20} />
          <span>{isBad ? w('status.verdictBad') : w('status.verdictOk', { version: status.data.version, time: durationText(Math.max(1000, status.data.nowMs - status.data.startedMs), locale) })}</span>
        </Verdict>
      )}
      <div>
        <Choice label={w('status.tabs')} value={tab} onChange={v => change({ tab: v === 'overview' ? undefined : v, filter: undefined, sort: undefined }, 'replace')}
          options={[{ value: 'overview', label: w('status.tab.overview') }, { value: 'config', label: w('status.tab.config') }, { value: 'flags', label: w('status.tab.flags') }]} />
      </div>
      {tab === 'config' ? <ConfigTab /> : tab === 'flags' ? <FlagsTab /> : <OverviewTab />}
    </Page>
  )
}

/** `15d` as people say it; with a limit of size beside it, as it is. */
function retentionText(text: string | undefined, locale: Locale): string {
  const ms = text === undefined ? undefined : parseHold(text)
  return ms === undefined || ms === 0 ? text ?? NO_NUMBER : durationText(ms, locale)
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }): ReactElement {
  return <dl className={css['facts']}>{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
}

function OverviewTab(): ReactElement {
  const { w, locale, said } = useSystemWords()
  const { data: status } = useQuery(statusQuery)
  const { data: runtime } = useQuery(runtimeQuery)
  const { data: build } = useQuery(buildQuery)
  const { data: tsdb } = useQuery(tsdbQuery)
  const { data: managers } = useQuery(alertmanagersQuery)
  const time = (text: string | undefined): string => (text === undefined ? NO_NUMBER : exactTime(Date.parse(text), locale))
  const moment = (ms: number | undefined): string => (ms === undefined || !(Math.abs(ms) < 8e15) ? NO_NUMBER : exactTime(ms, locale))
  const head = tsdb?.headStats
  const count = (n: number | undefined): string => (n === undefined ? NO_NUMBER : numberText(n))
  const bytes = (n: number | undefined): string => (n === undefined ? NO_NUMBER : quantityText(bytesQuantity(n)))
  return (
    <div className={css['columns']}>
      <Section title={w('status.files')}>
        <Facts facts={(status?.files ?? []).map(f => [f.role, (
          <span key={f.role}>
            <span className={css['file']}><StateMark health={f.state === 'ok' ? 'ok' : f.state === 'error' ? 'critical' : 'unknown'} size={12} />{f.path !== null && <span className="mono">{f.path}</span>}<span className="dim">{w(`status.file.${f.state}`)}</span></span>
            {f.error !== undefined && <span className={css['error']}>{said(f.error)}</span>}
          </span>
        )] as const)} />
      </Section>
      <Section title={w('status.runtime')}>
        <Facts facts={[
          [w('status.r.started'), time(runtime?.startTime)],
          [w('status.r.reload'), <>{time(runtime?.lastConfigTime)}{runtime?.reloadConfigSuccess === false && <span className={css['error']}>{w('status.r.reloadFailed')}</span>}</>],
          [w('status.r.discovery'), status === undefined ? NO_NUMBER : w(status.discovery ? 'status.r.discoveryLocal' : 'status.r.discoveryFile')],
          [w('status.r.host'), runtime?.hostname ?? NO_NUMBER],
          [w('status.r.directory'), <span key="d" className="mono">{runtime?.CWD ?? NO_NUMBER}</span>],
          [w('status.r.data'), <span key="t" className="mono">{status?.dataDirectory ?? NO_NUMBER}</span>],
          [w('status.r.retention'), retentionText(runtime?.storageRetention, locale)],
          [w('status.r.processors'), count(runtime?.GOMAXPROCS)],
          [w('status.r.rss'), bytes(status?.rssBytes)],
          [w('status.r.memoryLimit'), bytes(runtime?.GOMEMLIMIT)],
        ]} />
      </Section>
      <Section title={w('status.tsdb')} aside={<Link to={'/data' as never} search={keepTime as never}>{w('status.tsdbMore')}</Link>}>
        <Facts facts={[
          [w('status.t.series'), count(head?.numSeries)], [w('status.t.pairs'), count(head?.numLabelPairs)], [w('status.t.chunks'), count(head?.chunkCount)],
          [w('status.t.oldest'), moment(head?.minTime)], [w('status.t.newest'), moment(head?.maxTime)],
        ]} />
      </Section>
      <Section title={w('status.build')}>
        <Facts facts={[[w('status.b.version'), status?.version ?? NO_NUMBER], [w('status.b.prometheus'), build?.version ?? NO_NUMBER], [w('status.b.node'), build?.goVersion.replace(/^node/, '') ?? NO_NUMBER]]} />
      </Section>
      <Section title={w('status.alertmanagers')}>
        <Facts facts={managers === undefined || managers.activeAlertmanagers.length + managers.droppedAlertmanagers.length === 0 ? [[w('status.alertmanagers'), w('status.alertmanagersNone')]]
          : [...managers.activeAlertmanagers.map(m => [m.url, w('status.file.ok')] as const), ...managers.droppedAlertmanagers.map(m => [m.url, w('status.dropped')] as const)]} />
      </Section>
    </div>
  )
}

function ConfigTab(): ReactElement {
  const { w } = useSystemWords()
  const query = useQuery(configQuery)
  const [isCopied, setCopied] = useState(false)
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton height={400} />
  const { yaml } = query.data
  if (yaml.trim() === '') return <Explained health="ok" text={w('status.configNone')} />
  return (
    <Section title={w('status.config')} aside={<Button size="sm" variant="default" leftSection={<IconCopy size={16} aria-hidden />} onClick={() => void navigator.clipboard?.writeText(yaml).then(() => setCopied(true))}>{w(isCopied ? 'status.copied' : 'status.copy')}</Button>}>
      <p className={css['intro']}>{w('status.configText')}</p>
      <pre className={css['config']} tabIndex={0} role="region" aria-label={w('status.config')}>{yaml}</pre>
    </Section>
  )
}

function FlagsTab(): ReactElement {
  const { t, w } = useSystemWords()
  const { search, change } = usePageSearch()
  const query = useQuery(flagsQuery)
  if (query.data === undefined) return query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton height={400} />
  const filter = search.filter ?? ''
  const rows = Object.entries(query.data).filter(entry => matchesFilter(filter, entry))
  return (
    <>
      <div className={css['tools']}><Filter label={w('status.flagsFilter')} /></div>
      {rows.length === 0 ? <Explained health="unknown" text={w('status.flagsNone', { filter })} action={{ label: t('action.clearFilter'), run: () => change({ filter: undefined }, 'replace') }} />
        : <SortTable label={w('status.flags')} rows={rows} keyOf={r => r[0]} initial="flag" inAddress limit={300} columns={[
          { key: 'flag', label: w('status.flag'), sortBy: r => r[0], cell: r => <span className={css['flag']}>--{r[0]}</span> },
          { key: 'value', label: w('status.value'), sortBy: r => r[1], cell: r => (r[1] === '' ? <span className="dim">{NO_NUMBER}</span> : <span className="mono">{r[1]}</span>) },
        ]} />}
    </>
  )
}
