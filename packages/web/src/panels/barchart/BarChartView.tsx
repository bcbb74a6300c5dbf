import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { formatUnitText } from '@haechi/dashboards'
import { barPicture } from '../../charts/bar-picture.ts'
import { PictureChart } from '../../charts/later-charts.ts'
import { NothingToDraw } from '../NothingToDraw.tsx'
import { panelWords } from '../panel-words.ts'
import { barChartOptions } from './options.ts'
import { barModel } from './transform.ts'
import type { PanelViewProps } from '../panel-result.ts'

/** A panel of bars over categories. */
export function BarChartView({ panel, results, context, title }: PanelViewProps): ReactElement {
  const model = useMemo(() => barModel(panel, results, context), [panel, results, context])
  const picture = useMemo(() => model === undefined ? undefined : barPicture(model), [model])
  const options = useMemo(() => barChartOptions(panel), [panel])
  if (model === undefined || picture === undefined) return <NothingToDraw language={context.language} />
  const first = model.series[0]!
  const told = model.categories.slice(0, 6).map((name, i) => `${name} ${first.vs[i] === null || first.vs[i] === undefined ? '–' : formatUnitText(first.unit, first.vs[i], first.decimals)}`)
  const summary = panelWords(context.language).valuesSummary(title, told.join(', '), model.categories.length - told.length)
  const keys = options.hasLegend && model.series.length > 1 ? model.series.map(s => ({ name: s.name, color: s.color })) : []
  return <PictureChart picture={picture} summary={summary} language={context.language} theme={context.theme} keys={keys} />
}
