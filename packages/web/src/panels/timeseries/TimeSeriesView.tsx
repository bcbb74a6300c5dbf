import { useCallback, useContext, useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { axisOf } from '../../charts/chart-model.ts'
import { TimeSeriesChart } from '../../charts/TimeSeriesChart.tsx'
import { NotesContext } from '../notes-context.ts'
import { later } from '../../components/later.ts'
import { timeSeriesOptions } from './options.ts'
import { timeSeriesModel } from './transform.ts'
import type { ChartExemplar } from '../../charts/chart-model.ts'
import type { PanelViewProps } from '../panel-result.ts'

const ExemplarDialog = later(async () => (await import('./ExemplarDialog.tsx')).ExemplarDialog)

/** A panel of lines over time. */
export function TimeSeriesView({ panel, results, context, title, syncKey, onZoom, onZoomBack }: PanelViewProps): ReactElement {
  const model = useMemo(() => timeSeriesModel(panel, results, context), [panel, results, context])
  const options = useMemo(() => timeSeriesOptions(panel), [panel])
  const notes = useContext(NotesContext)
  const onNote = useCallback((fromMs: number, toMs: number) => notes?.onNote(panel.id, fromMs, toMs), [notes, panel.id])
  const [exemplar, setExemplar] = useState<ChartExemplar | undefined>()
  return (
    <>
    {exemplar !== undefined && <ExemplarDialog exemplar={exemplar} panel={panel} context={context} y={axisOf(model, exemplar)} onClose={() => setExemplar(undefined)} />}
    <TimeSeriesChart
      onOpenExemplar={setExemplar}
      model={model} title={title} language={context.language} theme={context.theme} legend={options.legend} legendSettings={options.legendSettings} syncKey={syncKey}
      {...(onZoom === undefined ? {} : { onZoom })} {...(onZoomBack === undefined ? {} : { onZoomBack })} {...(notes === undefined ? {} : { onNote, onOpenNote: notes.onOpenNote })}
    />
    </>
  )
}
