import type { ReactElement } from 'react'
import { StatView } from './stat/StatView.tsx'
import { TimeSeriesView } from './timeseries/TimeSeriesView.tsx'
import type { PanelViewProps } from './panel-result.ts'

/** The panel types that draw answers of queries, by Grafana's name. */
const DRAWN: ReadonlySet<string> = new Set(['timeseries', 'stat'])

/** Whether panels of this type are drawn from the answers of queries. */
export function isDrawn(type: string): boolean {
  return DRAWN.has(type)
}

/** Draws a panel's answers. */
export function PanelPicture(props: PanelViewProps): ReactElement | null {
  switch (props.panel.type) {
    case 'timeseries': return <TimeSeriesView {...props} />
    case 'stat': return <StatView {...props} />
    default: return null
  }
}
