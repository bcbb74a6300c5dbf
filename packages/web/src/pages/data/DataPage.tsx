import type { ReactElement, ReactNode } from 'react'
import { Skeleton } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { CardinalityView, StatusView } from '@haechi/server'
import { statusQuery } from '../../api/queries.ts'
import { cardinalityQuery } from '../../api/system.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Aged } from '../../components/Aged.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Page, Verdict } from '../../components/Page.tsx'
import { QuantityView } from '../../components/QuantityView.tsx'
import { Section } from '../../components/Section.tsx'
import { SortTable } from '../../components/SortTable.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { bytesQuantity, numberText, quantityText } from '../../format/quantity.ts'
import { durationText, minuteTime } from '../../format/time.ts'
import { useSystemWords } from '../../i18n/system-words.ts'
import { keepTime } from '../../state/search.ts'
import { CostList } from './CostList.tsx'
import { labelExpr, metricExpr, pairExpr, pressureOf } from './costs.ts'
import css from './Data.module.css'

/** "What costs memory and disk, and is it running out?" */
export function DataPage(): ReactElement {
  const { t } = useSystemWords()
  const { intervalMs } = useRefresh()
  const query = useQuery({ ...cardinalityQuery, refetchInterval: intervalMs === null ? false : 30_000 })
  const { data: status } = useQuery(statusQuery)
  return (
    <Page title={t('nav.data')}>
      {query.data !== undefined ? <Aged query={query}><DataBody view={query.data} status={status} /></Aged>
        : query.isError ? <Failure error={query.error} retry={() => void query.refetch()} />
          : <><Skeleton height={40} width="min(100%, 520px)" /><Skeleton height={104} /><Skeleton height={360} /></>}
    </Page>
  )
}

function Fact({ name, children, under }: { readonly name: string; readonly children: ReactNode; readonly under?: ReactNode }): ReactElement {
  return <div className={css['fact']}><dt>{name}</dt><dd>{children}{under !== undefined && <div className={css['under']}>{under}</div>}</dd></div>
}

function Meter({ share }: { readonly share: number }): ReactElement {
  return <span className={css['meter']} aria-hidden><span data-health={share >= 0.95 ? 'critical' : share >= 0.8 ? 'warning' : 'ok'} style={{ width: `${Math.min(100, share * 100)}%` }} /></span>
}

function DataBody({ view, status }: { readonly view: CardinalityView; readonly status: StatusView | undefined }): ReactElement {
  const { t, w, locale } = useSystemWords()
  const navigate = useNavigate()
  if (view.series === 0 && view.blocks.length === 0) return <Explained health="unknown" text={w('data.empty')} hint={w('data.emptyNext')} action={{ label: t('action.seeTargets'), run: () => void navigate({ to: '/targets' as never, search: keepTime as never }) }} />
  const { limits, churn } = view
  const { health, share } = pressureOf(limits, view.series)
  const memory = bytesQuantity(limits.memoryBytes)
  const disk = view.blocks.reduce((n, b) => n + b.bytes, 0)
  const shareOf = (part: number): string => `${numberText(view.series === 0 ? 0 : (part / view.series) * 100)} %`
  const seriesColumns = [
    { key: 'series', label: w('data.col.series'), numeric: true, sortBy: (r: { readonly value: number }) => r.value, cell: (r: { readonly value: number }) => numberText(r.value) },
    { key: 'share', label: w('data.col.share'), numeric: true, cell: (r: { readonly value: number }) => shareOf(r.value) },
  ]
  return (
    <div style={{ display: 'grid', gap: 24, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Verdict>
        <StateMark health={health} label={t(`health.${health}`)} size={20} />
        <span>{limits.refused > 0 && health === 'critical' ? w('data.refused', { refused: numberText(limits.refused) }) : health === 'ok' ? w('data.fine', { series: numberText(view.series), memory: quantityText(memory) }) : w('data.near', { series: numberText(view.series), percent: Math.round(share * 100) })}</span>
      </Verdict>
      <dl className={css['facts']}>
        <Fact name={w('data.series')} under={<>{limits.series === null ? w('data.noLimit') : w('data.ofLimit', { limit: numberText(limits.series) })}{limits.series !== null && <Meter share={view.series / limits.series} />}</>}>{numberText(view.series)}</Fact>
        <Fact name={w('data.memory')} under={<>{limits.memoryLimitBytes === null ? w('data.noLimit') : w('data.ofLimit', { limit: quantityText(bytesQuantity(limits.memoryLimitBytes)) })}{limits.memoryLimitBytes !== null && <Meter share={limits.memoryBytes / limits.memoryLimitBytes} />}</>}><QuantityView q={memory} /></Fact>
        <Fact name={w('data.disk')} under={w('data.blocksCount', { count: view.blocks.length })}><QuantityView q={bytesQuantity(disk)} /></Fact>
        <Fact name={w('data.perSecond')}>{status === undefined ? '–' : numberText(status.samplesPerSecond)}</Fact>
        <Fact name={w('data.retention')} under={status?.clockHold !== undefined && w('data.clockHold', { ahead: durationText(status.clockHold.aheadMs, locale), left: durationText(Math.max(60_000, status.clockHold.leftMs), locale) })}>{status === undefined ? '–' : durationText(status.retentionMs, locale)}</Fact>
      </dl>
      <div className={css['columns']}>
        <CostList title={w('data.metrics')} next={w('data.metricsDo')} rows={view.metrics.map(m => ({ name: m.name, value: m.series, expr: metricExpr(m.name) }))} columns={seriesColumns} />
        <CostList title={w('data.labels')} next={w('data.labelsDo')} rows={view.labelNames.map(l => ({ name: l.name, value: l.values, bytes: l.bytes, expr: labelExpr(l.name) }))} columns={[
          { key: 'values', label: w('data.col.values'), numeric: true, sortBy: r => r.value, cell: r => numberText(r.value) },
          { key: 'bytes', label: w('data.col.bytes'), numeric: true, sortBy: r => r.bytes ?? NaN, cell: r => (r.bytes === undefined ? '–' : <QuantityView q={bytesQuantity(r.bytes)} />) },
        ]} />
        <CostList title={w('data.pairs')} next={w('data.pairsDo')} whole={view.series} rows={view.labelPairsTop.filter(p => p.name !== '__name__').map(p => ({ name: `${p.name}="${p.value}"`, value: p.series, expr: pairExpr(p.name, p.value) }))} columns={seriesColumns} />
        <Limits view={view} />
      </div>
      <Section title={w('data.churn', { created: numberText(churn.created), removed: numberText(churn.removed), time: durationText(Math.max(1000, view.countedMs - churn.sinceMs), locale) })}>
        {churn.created + churn.removed === 0 ? <p className={css['empty']}>{w('data.churnCalm')}</p> : (
          <>
          <p className={css['lead']}><strong>{w('data.do')}</strong> {w('data.churnDo')}</p>
          <div className={css['columns']}>
            {([['data.churnByMetric', churn.byMetric, metricExpr], ['data.churnByJob', churn.byJob, (job: string) => pairExpr('job', job)], ['data.churnByLabel', churn.byLabel, labelExpr]] as const).map(([key, list, exprOf]) => (
              <CostList key={key} title={w(key)} rows={list.map(c => ({ name: c.name, value: c.created + c.removed, created: c.created, removed: c.removed, expr: exprOf(c.name) }))} columns={[
                { key: 'created', label: w('data.col.created'), numeric: true, sortBy: r => r.created, cell: r => numberText(r.created) },
                { key: 'removed', label: w('data.col.removed'), numeric: true, sortBy: r => r.removed, cell: r => numberText(r.removed) },
              ]} />
            ))}
          </div>
          </>
        )}
      </Section>
      <Section title={w('data.blocks')} {...(view.blocks.length > 0 ? { count: view.blocks.length } : {})}>
        {view.blocks.length === 0 ? <p className={css['empty']}>{w('data.blocksNone')}</p> : (
          <SortTable label={w('data.blocks')} rows={view.blocks} keyOf={b => b.ulid} initial="-from" inAddress limit={30} columns={[
            { key: 'from', label: w('data.col.from'), sortBy: b => b.minMs, cell: b => <span title={b.ulid}>{minuteTime(b.minMs, locale)}</span> },
            { key: 'until', label: w('data.col.until'), sortBy: b => b.maxMs, cell: b => minuteTime(b.maxMs, locale) },
            { key: 'size', label: w('data.col.size'), numeric: true, sortBy: b => b.bytes, cell: b => <QuantityView q={bytesQuantity(b.bytes)} /> },
            { key: 'series', label: w('data.col.series'), numeric: true, sortBy: b => b.series, cell: b => numberText(b.series) },
            { key: 'samples', label: w('data.col.samples'), numeric: true, sortBy: b => b.samples, cell: b => numberText(b.samples) },
            { key: 'level', label: w('data.col.level'), numeric: true, wideOnly: true, sortBy: b => b.level, cell: b => String(b.level) },
          ]} />
        )}
        <p className={css['next']}><strong>{w('data.do')}</strong> {w('data.blocksDo')}</p>
      </Section>
    </div>
  )
}

function Limits({ view }: { readonly view: CardinalityView }): ReactElement {
  const { w } = useSystemWords()
  const { limits } = view
  const rows: readonly (readonly [string, string])[] = [
    [w('data.limitSeries'), limits.series === null ? w('data.noLimit') : numberText(limits.series)],
    [w('data.limitMemory'), limits.memoryLimitBytes === null ? w('data.noLimit') : quantityText(bytesQuantity(limits.memoryLimitBytes))],
    [w('data.limitRefused'), numberText(limits.refused)],
  ]
  return (
    <Section title={w('data.limits')}>
      <ul className={css['bars']}>{rows.map(([name, value]) => <li key={name}><span>{name}</span><span className={css['number']}>{value}</span></li>)}</ul>
      <p className={css['next']}><strong>{w('data.do')}</strong> {w('data.limitsDo')}</p>
    </Section>
  )
}
