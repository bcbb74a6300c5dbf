import type { Panel, PanelQuery, Theme, TimeRange, VariableValues } from '@haechi/dashboards'
import type { BoardMark } from './board-marks.ts'
import type { Language, PanelExemplar, PanelSeries } from './types.ts'

/** One query with its answer. */
export interface QueryResult {
  readonly query: PanelQuery
  readonly series: readonly PanelSeries[]
  /** Where the query asks for them. */
  readonly exemplars?: readonly PanelExemplar[]
}

/** What a transform needs besides the data. */
export interface PanelContext {
  readonly theme: Theme
  readonly language: Language
  readonly range: TimeRange
  readonly timeZone?: string
  /** For transformations and links that name variables. */
  readonly variables?: VariableValues
  /** Moments that are marked in the charts of the board. */
  readonly marks?: readonly BoardMark[]
}

/** What every panel's view takes. */
export interface PanelViewProps {
  readonly panel: Panel
  readonly results: readonly QueryResult[]
  readonly context: PanelContext
  readonly title: string
  readonly syncKey: string
  readonly onZoom?: (fromMs: number, toMs: number) => void
  readonly onZoomBack?: () => void
}
