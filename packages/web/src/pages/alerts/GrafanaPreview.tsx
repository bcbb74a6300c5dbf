import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { Skeleton, useComputedColorScheme } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { TimeSeriesChart } from '../../charts/later-charts.ts'
import { Aged } from '../../components/Aged.tsx'
import { failureText } from '../../components/Failure.tsx'
import { durationText } from '../../format/time.ts'
import { resultChart } from '../explore/result-chart.ts'
import { useAlertWords } from './alert-words.ts'
import { playedFires, playedSeries } from './use-rule-play.ts'
import type { RulePlay } from './use-rule-play.ts'
import css from './Alerts.module.css'

/** More than these are a grey band, not marks. */
const MOST_MARKS = 60

/** What a Grafana-managed rule looks at, whatever it is made of, against its limit, and how often and when it would have fired: played by the server. */
export function GrafanaPreview({ play }: { readonly play: UseQueryResult<RulePlay> }): ReactElement {
  const { t, a, locale, said } = useAlertWords()
  const theme = useComputedColorScheme('dark')
  const { data } = play
  const red = theme === 'dark' ? '#ff7d77' : '#bf2029'
  const model = useMemo(() => {
    if (data === undefined) return undefined
    const { view, fromMs, toMs } = data
    const thresholds = view.threshold === undefined ? [] : [{ value: view.threshold.value, color: red, label: `${view.threshold.op} ${view.threshold.value}` }]
    const chart = resultChart([{ letter: undefined, series: playedSeries(view) }], { startMs: fromMs, endMs: toMs, stepMs: view.stepMs, unit: 'short', thresholds }, theme)
    return { ...chart, marks: playedFires(view).spans.slice(0, MOST_MARKS).map(s => ({ tMs: s.fromMs, ...(s.toMs > s.fromMs ? { endMs: s.toMs } : {}), color: red, label: t('rules.previewFires') })) }
  }, [data, theme, red, t])
  const sentence = useMemo(() => {
    if (data === undefined) return ''
    const { times, totalMs } = playedFires(data.view)
    const fired = times === 0 ? t('rules.previewNever') : t('rules.previewFired', { count: times, total: durationText(totalMs, locale) })
    return data.view.error === undefined ? fired : `${fired} ${a('rule.previewFailed', { reason: said(data.view.error) })}`
  }, [data, t, a, locale, said])
  return (
    <section className={css['preview']} aria-label={t('rules.preview')}>
      <h3>{t('rules.preview')}</h3>
      <p role="status" className={css['sentence']}>{sentence}</p>
      {play.isError && <p role="alert" className="health-critical">{failureText(play.error, t, locale).text}</p>}
      <div className={css['previewChart']}>
        {model === undefined ? !play.isError && <Skeleton height={220} />
          : model.series.length > 0 && (
            <Aged query={play}>
              <div className={css['previewPlot']}>
                <TimeSeriesChart waiting={<Skeleton height={220} />} model={model} language={locale} theme={theme} legend="none" title={t('rules.preview')} />
              </div>
            </Aged>
          )}
      </div>
    </section>
  )
}
