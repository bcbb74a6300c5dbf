import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { cellPicture } from '../../charts/cell-picture.ts'
import { spanText } from '../../charts/summary.ts'
import { PictureChart } from '../../charts/later-charts.ts'
import { PanelNote } from '../PanelNote.tsx'
import { panelWords } from '../panel-words.ts'
import { heatmapModel } from './transform.ts'
import type { PanelViewProps } from '../panel-result.ts'

/** A panel of counts by time and size. */
export function HeatmapView({ panel, results, context, title, syncKey, onZoom, onZoomBack }: PanelViewProps): ReactElement {
  const words = panelWords(context.language)
  const model = useMemo(() => heatmapModel(panel, results, context), [panel, results, context])
  const picture = useMemo(() => model === undefined ? undefined : cellPicture(model.cells, context.language), [model, context.language])
  if (model === undefined || picture === undefined) return <PanelNote what={words.noBuckets} why={words.noBucketsHint} />
  const summary = words.heatSummary(title, model.cells.rows.length, spanText(context.range.endMs - context.range.startMs, context.language), model.topBucket)
  return (
    <PictureChart
      picture={picture} summary={summary} language={context.language} theme={context.theme} keys={[]} syncKey={syncKey} {...(onZoom === undefined ? {} : { onZoom })} {...(onZoomBack === undefined ? {} : { onZoomBack })}
    />
  )
}
