import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { useComputedColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useRangeQuery, useScrapeInterval } from '../../api/queries.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { durationText } from '../../format/time.ts'
import { useWords } from '../../i18n/index.ts'
import { QueryError } from '../explore/QueryError.tsx'
import { resultChart } from '../explore/result-chart.ts'
import { backtest, joinedSpans } from './backtest.ts'
import { comparedPart } from './comparison.ts'
import { PreviewFrame, usePreviewRed } from './PreviewFrame.tsx'
import { thresholdText } from './threshold-input.ts'

const POINTS = 240

/** The axis' name for a rule's unit. */
function chartUnit(unit: string): string {
  return unit === '' ? 'short' : unit === 'ratio' ? 'percentunit' : unit
}

/** Props of `RulePreview`. */
export interface RulePreviewProps {
  readonly expr: string
  readonly op: '>' | '<' | undefined
  /** The threshold in the field; undefined where the expression holds it. */
  readonly threshold: number | undefined
  /** The threshold that stands in the expression. */
  readonly savedThreshold: number | undefined
  readonly unit: string
  readonly forMs: number
}

/** What the rule looks at, against its threshold, and how often and when it would have fired with what the fields say now. */
export function RulePreview({ expr, op, threshold, savedThreshold, unit, forMs }: RulePreviewProps): ReactElement {
  const { t, locale } = useWords()
  const { range } = useRefresh()
  const theme = useComputedColorScheme('dark')
  const red = usePreviewRed()
  const [settled] = useDebouncedValue(expr, 500)
  const left = op === undefined || savedThreshold === undefined ? undefined : comparedPart(settled, op, savedThreshold)
  const isCompared = left !== undefined && threshold !== undefined
  const query = useRangeQuery({ expr: isCompared ? left : settled, range, points: POINTS, scrapeIntervalMs: useScrapeInterval() })
  const answer = query.data
  const played = useMemo(() => {
    if (answer === undefined) return undefined
    const bad = isCompared ? (op === '>' ? (v: number) => v > threshold : (v: number) => v < threshold) : () => true
    return backtest(answer.series.map(s => s.vs), answer.stepMs, forMs, bad)
  }, [answer, isCompared, op, threshold, forMs])
  const model = useMemo(() => {
    if (answer === undefined) return undefined
    const thresholds = isCompared ? [{ value: threshold, color: red, label: thresholdText(threshold, unit) }] : []
    const chart = resultChart([{ letter: undefined, series: answer.series }], { startMs: answer.fromMs, endMs: answer.toMs, stepMs: answer.stepMs, unit: isCompared ? chartUnit(unit) : 'short', thresholds }, theme)
    const ts = answer.series[0]?.ts
    const spans = ts === undefined || played === undefined ? [] : joinedSpans(played.spans)
    return { ...chart, marks: spans.map(s => ({ tMs: ts![s.from]!, ...(s.to > s.from ? { endMs: ts![s.to]! } : {}), color: red, label: t('rules.previewFires') })) }
  }, [answer, isCompared, threshold, theme, red, unit, played, t])
  const sentence = useMemo(() => {
    if (played === undefined) return ''
    // Without a threshold an empty answer is what a quiet rule looks like.
    if (!played.hasData) return t(isCompared ? 'rules.previewEmpty' : 'rules.previewNever')
    return played.times === 0 ? t('rules.previewNever') : t('rules.previewFired', { count: played.times, total: durationText(played.totalMs, locale) })
  }, [played, isCompared, t, locale])
  return <PreviewFrame sentence={sentence} query={query} model={model} failure={query.isError && <QueryError error={query.error} retry={() => void query.refetch()} />} />
}
