import type { ReactElement } from 'react'
import type { Health, ServiceView } from '@haechi/server'
import { useWords } from '../../i18n/index.ts'
import { rateQuantity, ratioQuantity, secondsQuantity } from '../../format/quantity.ts'
import { Card } from './Card.tsx'
import { Measure } from './Measure.tsx'
import { useOnScreen } from './use-on-screen.ts'
import css from './Overview.module.css'

/** How bad a share of failed requests is on its own; whether anyone is told is up to the rules. */
function failingHealth(ratio: number): Health {
  return ratio >= 0.05 ? 'critical' : ratio >= 0.01 ? 'warning' : 'ok'
}

/** A service: how much, how often it fails, how slow. @param why  why it does not answer, where it doesn't */
export function ServiceCard({ service, scrapeIntervalMs, why }: { readonly service: ServiceView; readonly scrapeIntervalMs: number; readonly why?: string | undefined }): ReactElement {
  const { t } = useWords()
  const { ref, isOnScreen } = useOnScreen<HTMLDivElement>()
  const { rate, errorRatio, p95 } = service.queries
  const shared = { scrapeIntervalMs, enabled: isOnScreen }
  // Three times "no such metric" says nothing: what is wrong with it does, and one line is enough.
  if (rate === undefined && errorRatio === undefined && p95 === undefined) {
    return (
      <div ref={ref} className={css['holder']}>
        <Card service={service} title={service.id} library={service.library} note={why ?? (service.health === 'unknown' ? t('targets.unknown') : service.library === undefined ? t('overview.unrecognised') : undefined)} />
      </div>
    )
  }
  return (
    <div ref={ref} className={css['holder']}>
      <Card service={service} title={service.id} library={service.library}>
        <Measure name={t('overview.rate')} expr={rate} quantity={rateQuantity} atLeast={0.1} {...shared} />
        {/* The scale of the failing share reaches at least 5 %: one error among thousands should look like what it is. */}
        <Measure name={t('overview.errors')} expr={errorRatio} quantity={ratioQuantity} atLeast={0.05} health={failingHealth} {...shared} />
        <Measure name={t('overview.p95')} hint={t('overview.p95Hint')} expr={p95} quantity={secondsQuantity} atLeast={0.005} {...shared} />
      </Card>
    </div>
  )
}
