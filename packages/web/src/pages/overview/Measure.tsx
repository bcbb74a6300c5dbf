import type { ReactElement } from 'react'
import { Tooltip } from '@mantine/core'
import type { Health } from '@haechi/server'
import { useRangeQuery } from '../../api/queries.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Aged } from '../../components/Aged.tsx'
import { QuantityView } from '../../components/QuantityView.tsx'
import { Spark } from '../../components/Spark.tsx'
import { extent, lastValue } from '../../components/spark-path.ts'
import { NO_NUMBER, quantityText } from '../../format/quantity.ts'
import type { Quantity } from '../../format/quantity.ts'
import { useWords } from '../../i18n/index.ts'
import css from './Overview.module.css'

/** How many points a small line has. */
export const SPARK_POINTS = 60

/** Props of `Measure`. */
export interface MeasureProps {
  readonly name: string
  readonly hint?: string
  readonly expr: string | undefined
  readonly quantity: (v: number) => Quantity
  /** The top of the scale is at least this. */
  readonly atLeast: number
  readonly scrapeIntervalMs: number
  readonly enabled: boolean
  /** Colours the number. */
  readonly health?: (v: number) => Health
}

const NO_POINTS = new Float64Array(0)

/** One number of a card: value, name, small line. The row has its final height from the start. */
export function Measure({ name, hint, expr, quantity, atLeast, scrapeIntervalMs, enabled, health }: MeasureProps): ReactElement {
  const { t } = useWords()
  const { range } = useRefresh()
  const query = useRangeQuery({ expr, range, points: SPARK_POINTS, scrapeIntervalMs, enabled })
  const vs = query.data?.series[0]?.vs ?? NO_POINTS
  const now = lastValue(vs, 5)
  const { min, max } = extent(vs)
  const summary = Number.isNaN(max) ? t('overview.trendNone', { name })
    : t('overview.trend', { name, now: quantityText(quantity(now)), min: quantityText(quantity(min)), max: quantityText(quantity(max)) })
  const state = health === undefined || Number.isNaN(now) ? 'ok' : health(now)
  const label = <span className={css['label']}>{name}</span>
  if (expr === undefined) return <div className={css['measure']}><dt>{label}</dt><dd className={css['value']}><span className="dim">{t('overview.noMeasure')}</span></dd></div>
  return (
    <div className={css['measure']}>
      <dt>{hint === undefined ? label : <Tooltip label={hint}>{label}</Tooltip>}</dt>
      <dd className={css['value']} data-health={state === 'ok' ? undefined : state}>{Number.isNaN(now) ? <span className="dim">{NO_NUMBER}</span> : <QuantityView q={quantity(now)} />}</dd>
      <dd className={css['spark']}><Aged query={query}><Spark vs={vs} height={26} atLeast={atLeast} summary={summary} {...(state === 'ok' ? {} : { color: `var(--hc-${state})` })} /></Aged></dd>
    </div>
  )
}
