import type { ReactElement } from 'react'
import type { ServiceView } from '@haechi/server'
import { useRangeQuery } from '../../api/queries.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { extent, lastValue, reachesZeroMs } from '../../components/spark-path.ts'
import { QuantityView } from '../../components/QuantityView.tsx'
import { Spark } from '../../components/Spark.tsx'
import { NO_NUMBER, bytesQuantity, quantityText, ratioQuantity } from '../../format/quantity.ts'
import { durationText } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import { Card } from './Card.tsx'
import { Measure, SPARK_POINTS } from './Measure.tsx'
import { useOnScreen } from './use-on-screen.ts'
import css from './Overview.module.css'

const DAY_MS = 86_400_000
/** A disk that fills later than this is nobody's worry today. */
const FORECAST_MS = 60 * DAY_MS

/** A computer: processor, memory, disk. */
export function HostCard({ service, isAlone, scrapeIntervalMs }: { readonly service: ServiceView; readonly isAlone: boolean; readonly scrapeIntervalMs: number }): ReactElement {
  const { t } = useWords()
  const { ref, isOnScreen } = useOnScreen<HTMLDivElement>()
  const q = service.queries
  const shared = { scrapeIntervalMs, enabled: isOnScreen }
  return (
    <div ref={ref} className={css['holder']}>
      <Card service={service} title={isAlone ? t('overview.thisComputer') : service.id} library={service.library === 'node_exporter' || service.library === undefined ? service.id : service.library}>
        <Measure name={t('overview.cpu')} expr={q.cpu} quantity={ratioQuantity} atLeast={1} {...shared} />
        <Used name={t('overview.memory')} free={q.memoryAvailable} total={q.memoryTotal} showTotal {...shared} />
        <Used name={t('overview.disk')} free={q.diskFree} total={q.diskSize} showTotal={false} {...shared} />
      </Card>
    </div>
  )
}

interface UsedProps {
  readonly name: string
  readonly free: string | undefined
  readonly total: string | undefined
  /** Memory is read in bytes; a disk in percent with when it will be full. */
  readonly showTotal: boolean
  readonly scrapeIntervalMs: number
  readonly enabled: boolean
}

function Used({ name, free, total, showTotal, scrapeIntervalMs, enabled }: UsedProps): ReactElement {
  const { t, locale } = useWords()
  const { range } = useRefresh()
  const freeQuery = useRangeQuery({ expr: free, range, points: SPARK_POINTS, scrapeIntervalMs, enabled })
  const totalQuery = useRangeQuery({ expr: total, range, points: SPARK_POINTS, scrapeIntervalMs, enabled })
  const freeLine = freeQuery.data?.series[0]
  const totalLine = totalQuery.data?.series[0]
  if (free === undefined || total === undefined) return <div className={css['measure']}><dt><span className={css['label']}>{name}</span></dt><dd className={css['value']}><span className="dim">{t('overview.noMeasure')}</span></dd></div>
  const size = totalLine === undefined ? NaN : lastValue(totalLine.vs, SPARK_POINTS)
  const used = freeLine === undefined ? new Float64Array(0) : freeLine.vs.map(v => size - v)
  const now = lastValue(used, 5)
  const { min, max } = extent(used)
  const fullMs = showTotal || freeLine === undefined ? undefined : reachesZeroMs(freeLine.ts, freeLine.vs)
  const isFilling = fullMs !== undefined && fullMs < FORECAST_MS
  const show = (v: number): string => (showTotal ? quantityText(bytesQuantity(v)) : quantityText(ratioQuantity(v / size)))
  const summary = Number.isNaN(now) ? t('overview.trendNone', { name }) : t('overview.trend', { name, now: show(now), min: show(min), max: show(max) })
  const color = isFilling && fullMs < 3 * DAY_MS ? 'var(--hc-warning)' : 'var(--hc-line)'
  return (
    <div className={css['measure']}>
      <dt><span className={css['label']}>{name}</span></dt>
      <dd className={css['value']}>
        {Number.isNaN(now) ? <span className="dim">{NO_NUMBER}</span> : <QuantityView q={showTotal ? bytesQuantity(now) : ratioQuantity(now / size)} />}
        {!Number.isNaN(now) && showTotal && <span className={css['of']}>{t('overview.of', { total: quantityText(bytesQuantity(size)) })}</span>}
        {isFilling && <span className={css['of']}>{t('overview.fullIn', { time: durationText(fullMs, locale) })}</span>}
      </dd>
      <dd className={css['spark']}><Spark vs={used} height={26} atLeast={Number.isNaN(size) ? 1 : size} summary={summary} color={color} /></dd>
    </div>
  )
}
