import { useId } from 'react'
import type { ReactElement } from 'react'
import { UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import type { Health, TargetView } from '@haechi/server'
import { Ago } from '../../components/Ago.tsx'
import { DiagnosisView } from '../../components/DiagnosisView.tsx'
import { QuantityView } from '../../components/QuantityView.tsx'
import { StateMark } from '../../components/StateMark.tsx'
import { NO_NUMBER, numberText, secondsQuantity } from '../../format/quantity.ts'
import { durationText } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import { HistoryBar } from './HistoryBar.tsx'
import css from './Targets.module.css'

/** A scrape that takes more than this share of its timeout is worth a word. */
const SLOW_SHARE = 0.8

const HEALTH: Readonly<Record<TargetView['health'], Health>> = { up: 'ok', down: 'critical', unknown: 'unknown' }

/** Props of `TargetRow`. */
export interface TargetRowProps {
  readonly target: TargetView
  readonly isOpen: boolean
  readonly onOpen: (open: boolean) => void
}

/** One target: state, when and how long it was asked, its last scrapes; when down, why and what to do; its labels on demand. */
export function TargetRow({ target, isOpen, onOpen }: TargetRowProps): ReactElement {
  const { t, locale } = useWords()
  const id = useId()
  const share = target.timeoutMs > 0 ? target.lastScrapeDurationMs / target.timeoutMs : 0
  return (
    <li className={css['row']}>
      <div className={css['line']}>
        <UnstyledButton className={css['open']} aria-expanded={isOpen} aria-controls={id} aria-label={t(isOpen ? 'targets.hideLabels' : 'targets.showLabels', { instance: target.instance })} onClick={() => onOpen(!isOpen)}>
          {isOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
        </UnstyledButton>
        <div className={css['who']}>
          <StateMark health={HEALTH[target.health]} />
          <span className={css['instance']}>{target.instance}</span>
          <span className={`health-${HEALTH[target.health]} ${css['state']}`}>{t(`targets.${target.health}`)}</span>
          {target.discovered && <span className={css['note']}>{t('targets.discovered')}</span>}
        </div>
        <dl className={css['facts']}>
          <div><dt>{t('targets.lastScrape')}</dt><dd>{target.lastScrapeMs === null ? NO_NUMBER : <Ago ms={target.lastScrapeMs} />}</dd></div>
          <div><dt>{t('targets.duration')}</dt><dd>{target.lastScrapeMs === null ? NO_NUMBER : <QuantityView q={secondsQuantity(target.lastScrapeDurationMs / 1000)} />}</dd></div>
          <div><dt>{t('targets.samples')}</dt><dd className="num">{target.lastScrapeMs === null ? NO_NUMBER : numberText(target.samples)}</dd></div>
        </dl>
        <HistoryBar history={target.history} />
      </div>
      {(target.health === 'down' || target.diagnosis !== undefined || share >= SLOW_SHARE) && (
        <div className={css['why']}>
          {target.diagnosis !== undefined ? <DiagnosisView diagnosis={target.diagnosis} plain /> : target.health === 'down' && <p>{target.lastError}</p>}
          {target.health !== 'down' && share >= SLOW_SHARE && <p><StateMark health="warning" /> {t('targets.slow', { percent: Math.round(share * 100), timeout: durationText(target.timeoutMs, locale) })}</p>}
        </div>
      )}
      <div id={id} hidden={!isOpen} className={css['details']}>
        {isOpen && <Details target={target} />}
      </div>
    </li>
  )
}

function Details({ target }: { readonly target: TargetView }): ReactElement {
  const { t, locale } = useWords()
  return (
    <>
      <p><a href={target.url} target="_blank" rel="noreferrer" className="mono">{target.url}</a> <span className="dim">{t('targets.interval', { interval: durationText(target.intervalMs, locale) })}</span></p>
      <ul className={css['labels']} aria-label={t('targets.details')}>{Object.entries(target.labels).map(([k, v]) => <li key={k} className="mono"><span className="dim">{k}=</span>{v}</li>)}</ul>
      {target.lastError !== '' && <p><span className="dim">{t('targets.raw')}:</span> <code>{target.lastError}</code></p>}
    </>
  )
}
