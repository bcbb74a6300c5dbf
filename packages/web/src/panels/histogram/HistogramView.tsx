import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { barPicture } from '../../charts/bar-picture.ts'
import { PictureChart } from '../../charts/later-charts.ts'
import { NothingToDraw } from '../NothingToDraw.tsx'
import { panelWords } from '../panel-words.ts'
import { histogramModel } from './transform.ts'
import type { PanelViewProps } from '../panel-result.ts'

/** A panel that counts values by size. */
export function HistogramView({ panel, results, context, title }: PanelViewProps): ReactElement {
  const model = useMemo(() => histogramModel(panel, results, context), [panel, results, context])
  const picture = useMemo(() => model === undefined ? undefined : barPicture(model), [model])
  if (model === undefined || picture === undefined) return <NothingToDraw language={context.language} />
  const counts = model.categories.map((name, i) => ({ name, n: model.series.reduce((sum, s) => sum + (s.vs[i] ?? 0), 0) })).sort((a, b) => b.n - a.n)
  const summary = panelWords(context.language).valuesSummary(title, counts.slice(0, 3).map(c => `${c.name}: ${c.n}`).join(', '), Math.max(0, counts.length - 3))
  return <PictureChart picture={picture} summary={summary} language={context.language} theme={context.theme} keys={model.series.length > 1 ? model.series.map(s => ({ name: s.name, color: s.color })) : []} />
}
