import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { cellPicture } from '../../charts/cell-picture.ts'
import { spanText } from '../../charts/summary.ts'
import { PictureChart } from '../../charts/later-charts.ts'
import { NothingToDraw } from '../NothingToDraw.tsx'
import { panelWords } from '../panel-words.ts'
import { stateModel } from './transform.ts'
import type { PanelViewProps } from '../panel-result.ts'

/** A panel of states over time: stretches, or a cell per sample. */
export function StateView({ panel, results, context, title, syncKey, onZoom, onZoomBack }: PanelViewProps): ReactElement {
  const model = useMemo(() => stateModel(panel, results, context), [panel, results, context])
  const picture = useMemo(() => model === undefined ? undefined : cellPicture(model.cells, context.language), [model, context.language])
  if (model === undefined || picture === undefined) return <NothingToDraw language={context.language} />
  const summary = panelWords(context.language).gridSummary(title, model.cells.rows.length, spanText(context.range.endMs - context.range.startMs, context.language))
  return (
    <PictureChart
      picture={picture} summary={summary} language={context.language} theme={context.theme} keys={model.keys} syncKey={syncKey} {...(onZoom === undefined ? {} : { onZoom })} {...(onZoomBack === undefined ? {} : { onZoomBack })}
    />
  )
}
