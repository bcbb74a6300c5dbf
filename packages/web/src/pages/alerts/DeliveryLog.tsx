import { Fragment } from 'react'
import type { ReactElement } from 'react'
import { Button, NativeSelect, Skeleton } from '@mantine/core'
import { IconArrowLeft, IconDownload } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { DeliveryView } from '@haechi/server'
import { grafanaRulesQuery, runningRulesQuery } from '../../api/alerting.ts'
import { getDeliveries } from '../../api/haechi.ts'
import { contactPointsQuery, useDeliveries } from '../../api/queries.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Aged } from '../../components/Aged.tsx'
import { Ago } from '../../components/Ago.tsx'
import { download, fileName } from '../../components/download.ts'
import { Explained } from '../../components/Explained.tsx'
import { Failure, failureText } from '../../components/Failure.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { csvBlob } from '../../format/csv.ts'
import { quantityText, secondsQuantity } from '../../format/quantity.ts'
import { clockTime, exactTime } from '../../format/time.ts'
import { useAlertWords } from './alert-words.ts'
import { deliveriesCsv } from './delivery-csv.ts'
import { deliveryError } from './delivery-error.ts'
import { RuleChanges } from './RuleHistory.tsx'
import css from './Alerts.module.css'

const FILTERS = ['rule', 'channel', 'status', 'result', 'time'] as const
/** Attempts that are asked for at once to be saved as a file. */
const EXPORT_PAGE = 1000
type FilterName = (typeof FILTERS)[number]

/** Every attempt to deliver a message, newest first, page by page; rule, channel, state, result and time are chosen in the address. */
export function DeliveryLog(): ReactElement {
  const { t, a, locale } = useAlertWords()
  const { search, change } = usePageSearch()
  const { range } = useRefresh()
  const running = useQuery(runningRulesQuery).data ?? []
  const managed = useQuery(grafanaRulesQuery).data ?? []
  const points = useQuery(contactPointsQuery).data ?? []
  const chosen = (name: FilterName): string => search.variables?.[name]?.[0] ?? ''
  const choose = (name: FilterName, value: string): void => {
    const next = Object.fromEntries(FILTERS.map(f => [f, f === name ? value : chosen(f)] as const).filter(([, v]) => v !== '').map(([k, v]) => [k, [v]]))
    change({ variables: Object.keys(next).length === 0 ? undefined : next })
  }
  const isFiltered = FILTERS.some(f => chosen(f) !== '')
  const filter = { rule: chosen('rule'), contactPoint: chosen('channel'), status: chosen('status'), ok: chosen('result') }
  const query = useDeliveries(filter, chosen('time') === 'range' ? range : undefined)
  const save = useMutation({
    mutationFn: async () => {
      const all: DeliveryView[] = []
      for (let before: number | undefined; ;) {
        const page = await getDeliveries(EXPORT_PAGE, { ...filter, ...(chosen('time') === 'range' ? { fromMs: range.fromMs, toMs: range.toMs } : {}) }, before)
        all.push(...page)
        before = page.at(-1)?.id
        if (page.length < EXPORT_PAGE) break
      }
      download(csvBlob(deliveriesCsv(all)), `haechi-${filter.rule === '' ? 'messages' : fileName(filter.rule)}.csv`)
    },
  })
  const pages = query.data?.pages
  const names = [...new Set([...running.flatMap(g => g.rules.filter(r => r.type === 'alerting').map(r => r.name)), ...managed.map(g => g.title), ...(chosen('rule') === '' ? [] : [chosen('rule')])])].sort()
  const channels = [...new Set([...points.map(p => p.name), ...(chosen('channel') === '' ? [] : [chosen('channel')])])]
  const select = (name: FilterName, all: string, options: readonly { readonly value: string; readonly label: string }[]): ReactElement => (
    <NativeSelect label={a(`history.${name}`)} value={chosen(name)} data={[{ value: '', label: all }, ...options]} onChange={e => choose(name, e.currentTarget.value)} />
  )
  return (
    <>
      <div className={css['fields']}>
        {select('rule', a('history.anyRule'), names.map(n => ({ value: n, label: n })))}
        {select('channel', a('history.anyChannel'), channels.map(n => ({ value: n, label: n })))}
        {select('status', a('history.anyStatus'), (['firing', 'resolved', 'test'] as const).map(s => ({ value: s, label: t(`deliveries.${s}`) })))}
        {select('result', a('history.anyResult'), [{ value: 'true', label: t('deliveries.sent') }, { value: 'false', label: t('deliveries.failed') }])}
        {select('time', a('history.anyTime'), [{ value: 'range', label: a('history.range') }])}
      </div>
      {chosen('rule') !== '' && (
        <section className={css['ruleOfLog']} aria-label={a('rule.changes')}>
          <RuleChanges name={chosen('rule')} />
          <div className={css['buttons']}><Button size="compact-sm" variant="default" leftSection={<IconArrowLeft size={14} aria-hidden />} onClick={() => change({ tab: undefined, variables: undefined })}>{a('history.toNow')}</Button></div>
        </section>
      )}
      {pages === undefined ? query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton height={320} />
        : pages[0]!.length === 0 ? isFiltered
          ? <Explained health="unknown" text={a('history.none')} action={{ label: a('rules.clear'), run: () => change({ variables: undefined }, 'replace') }} />
          : <Explained health="unknown" text={t('deliveries.empty')} action={{ label: t('deliveries.toChannels'), run: () => change({ tab: 'channels' }) }} />
          : (
            <Aged query={query}>
              <ul className={css['list']}>{pages.map(page => <Fragment key={page[0]?.id ?? 0}>{page.map(d => <Delivery key={d.id} delivery={d} />)}</Fragment>)}</ul>
            </Aged>
          )}
      <div className={css['buttons']}>
        {query.hasNextPage && <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{a('history.older')}</Button>}
        {(pages?.[0]?.length ?? 0) > 0 && <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} loading={save.isPending} onClick={() => save.mutate()}>{a('history.export')}</Button>}
        <p className="dim">{a('history.kept')}</p>
        {save.isError && <p className="health-critical" role="alert">{failureText(save.error, t, locale).text}</p>}
      </div>
    </>
  )
}

function Delivery({ delivery: d }: { readonly delivery: DeliveryView }): ReactElement {
  const { t, a, locale, said } = useAlertWords()
  const error = deliveryError(d, a, said)
  const facts = [
    d.contactPoint, t(`deliveries.${d.status}`), d.alerts > 0 ? t('deliveries.alerts', { count: d.alerts }) : '', d.attempt > 1 ? t('deliveries.attempt', { attempt: d.attempt }) : '',
  ].filter(x => x !== '')
  return (
    <li className={css['delivery']}>
      <StateMark health={d.ok ? 'ok' : d.uncertain === true ? 'warning' : 'critical'} label={d.ok ? t('deliveries.sent') : d.uncertain === true ? a('history.uncertain') : t('deliveries.failed')} size={16} />
      <div className={css['body']}>
        <p className={css['ruleTitle']}>{d.title}</p>
        <p className={css['ruleText']}>{facts.join(' · ')}</p>
        {error !== undefined && <p className="health-critical" title={d.error}>{error.what}{d.nextAttemptMs !== undefined && ` · ${t('deliveries.next', { time: clockTime(d.nextAttemptMs, locale) })}`}</p>}
        {error?.advice !== undefined && <p className={css['ruleText']}>{error.advice}</p>}
        {d.mayRepeat !== undefined && <p className={css['ruleText']}>{a(`history.repeat.${d.mayRepeat}`)}</p>}
        {d.warning !== undefined && <p className={css['ruleText']}>{d.warning}</p>}
        {d.answer !== undefined && <details className={css['answerText']}><summary>{a('history.answer')}</summary><code className={css['exprShown']}>{d.answer}</code></details>}
      </div>
      <div className={css['when']}>
        <span title={exactTime(d.tMs, locale)}><Ago ms={d.tMs} /></span>
        <span className="dim num">{d.httpStatus === undefined ? '' : `${d.httpStatus} · `}{quantityText(secondsQuantity(d.durationMs / 1000))}</span>
      </div>
    </li>
  )
}
