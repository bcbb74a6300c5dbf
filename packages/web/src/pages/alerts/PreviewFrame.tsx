import type { ReactElement, ReactNode } from 'react'
import { Skeleton, useComputedColorScheme } from '@mantine/core'
import type { ChartModel } from '../../charts/chart-model.ts'
import { TimeSeriesChart } from '../../charts/later-charts.ts'
import { Aged } from '../../components/Aged.tsx'
import type { QueryAge } from '../../components/Aged.tsx'
import { useWords } from '../../i18n/index.ts'
import css from './Alerts.module.css'

const HEIGHT = 220

/** Limits and stretches of firing in a preview. */
export function usePreviewRed(): string {
  return useComputedColorScheme('dark') === 'dark' ? '#ff7d77' : '#bf2029'
}

/** Props of `PreviewFrame`. */
export interface PreviewFrameProps {
  /** How often and how long it would have fired. */
  readonly sentence: string
  readonly query: QueryAge
  /** Undefined until there is an answer. */
  readonly model: ChartModel | undefined
  /** What went wrong, where it did. */
  readonly failure: ReactNode
}

/** What every preview of a rule looks like: the question, its answer, the chart that proves it. */
export function PreviewFrame({ sentence, query, model, failure }: PreviewFrameProps): ReactElement {
  const { t, locale } = useWords()
  const theme = useComputedColorScheme('dark')
  const waiting = <Skeleton height={HEIGHT} />
  return (
    <section className={css['preview']} aria-label={t('rules.preview')}>
      <h3>{t('rules.preview')}</h3>
      <p role="status" className={css['sentence']}>{sentence}</p>
      {query.isError && failure}
      <div className={css['previewChart']}>
        {model === undefined ? !query.isError && waiting
          : model.series.length > 0 && (
            <Aged query={query}>
              <div className={css['previewPlot']}><TimeSeriesChart waiting={waiting} model={model} language={locale} theme={theme} legend="none" title={t('rules.preview')} /></div>
            </Aged>
          )}
      </div>
    </section>
  )
}
