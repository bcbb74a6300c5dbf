import { useCallback, useContext, useMemo } from 'react'
import type { ReactElement } from 'react'
import { TimeSeriesChart } from '../../charts/TimeSeriesChart.tsx'
import { NotesContext } from '../notes-context.ts'
import { timeSeriesOptions } from './options.ts'
import { timeSeriesModel } from './transform.ts'
import type { PanelViewProps } from '../panel-result.ts'

/** A panel of lines over time. */
export function TimeSeriesView({ panel, results, context, title, syncKey, onZoom, onZoomBack }: PanelViewProps): ReactElement {
  const model = useMemo(() => timeSeriesModel(panel, results, context), [panel, results, context])
  const options = useMemo(() => timeSeriesOptions(panel), [panel])
  const notes = useContext(NotesContext)
  const onNote = useCallback((fromMs: number, toMs: number) => notes?.onNote(panel.id, fromMs, toMs), [notes, panel.id])
  return (
    <TimeSeriesChart
      model={model} title={title} language={context.language} theme={context.theme} legend={options.legend} legendSettings={options.legendSettings} syncKey={syncKey}
      {...(onZoom === undefined ? {} : { onZoom })} {...(onZoomBack === undefined ? {} : { onZoomBack })} {...(notes === undefined ? {} : { onNote, onOpenNote: notes.onOpenNote })}
    />
  )
}
