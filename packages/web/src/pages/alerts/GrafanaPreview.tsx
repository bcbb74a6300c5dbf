import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { useComputedColorScheme } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { limitLines, limitText } from '@haechi/model'
import { failureText } from '../../components/Failure.tsx'
import { durationText } from '../../format/time.ts'
import { resultChart } from '../explore/result-chart.ts'
import { useAlertWords } from './alert-words.ts'
import { PreviewFrame, usePreviewRed } from './PreviewFrame.tsx'
import { playedFires, playedSeries } from './use-rule-play.ts'
import type { RulePlay } from './use-rule-play.ts'

/** More than these are a grey band, not marks. */
const MOST_MARKS = 60

/** What a Grafana-managed rule looks at, whatever it is made of, against its limit, and how often and when it would have fired: played by the server. */
export function GrafanaPreview({ play }: { readonly play: UseQueryResult<RulePlay> }): ReactElement {
  const { t, a, locale, said } = useAlertWords()
  const theme = useComputedColorScheme('dark')
  const red = usePreviewRed()
  const { data } = play
  const model = useMemo(() => {
    if (data === undefined) return undefined
    const { view, fromMs, toMs } = data
    const thresholds = view.threshold === undefined ? [] : limitLines(view.threshold).map(l => ({ value: l.value, color: red, label: limitText(l, String, locale) }))
    const chart = resultChart([{ letter: undefined, series: playedSeries(view) }], { startMs: fromMs, endMs: toMs, stepMs: view.stepMs, unit: 'short', thresholds }, theme)
    return { ...chart, marks: playedFires(view).spans.slice(0, MOST_MARKS).map(s => ({ tMs: s.fromMs, ...(s.toMs > s.fromMs ? { endMs: s.toMs } : {}), color: red, label: t('rules.previewFires') })) }
  }, [data, theme, red, t, locale])
  const sentence = useMemo(() => {
    if (data === undefined) return ''
    const { times, totalMs } = playedFires(data.view)
    const fired = times === 0 ? t('rules.previewNever') : t('rules.previewFired', { count: times, total: durationText(totalMs, locale) })
    return data.view.error === undefined ? fired : `${fired} ${a('rule.previewFailed', { reason: said(data.view.error) })}`
  }, [data, t, a, locale, said])
  return <PreviewFrame sentence={sentence} query={play} model={model} failure={play.isError && <p role="alert" className="health-critical">{failureText(play.error, t, locale).text}</p>} />
}
