import type { KnownSource, LibraryModels, NativeSample, Panel, PanelQuery } from '@haechi/dashboards'
import type { FetchNotes } from './board-marks.ts'

/** The languages that the product speaks. */
export type Language = 'en' | 'ko'

/** One series as a panel gets it: columns of equal length, oldest first, owned by the receiver. */
export interface PanelSeries {
  readonly labels: Readonly<Record<string, string>>
  /** Unix ms. */
  readonly ts: Float64Array
  /** NaN is a value of PromQL; missing steps are missing rows. */
  readonly vs: Float64Array
  /** Absent: all samples are numbers. Else sample i is a native histogram where this is not null. */
  readonly histograms?: readonly (NativeSample | null)[]
}

/** One measured request among many: its value and what it is called elsewhere. */
export interface PanelExemplar {
  readonly tMs: number
  readonly value: number
  /** Of its own, e.g. `trace_id`. */
  readonly labels: Readonly<Record<string, string>>
  /** Of the series that it belongs to. */
  readonly seriesLabels: Readonly<Record<string, string>>
}

/** Answers the exemplars behind a query. */
export type FetchExemplars = (query: PanelQuery, signal: AbortSignal) => Promise<readonly PanelExemplar[]>

/** Answers one query. Rejects with an Error whose message can be shown; with an AbortError when `signal` fires. */
export type FetchSeries = (query: PanelQuery, signal: AbortSignal) => Promise<readonly PanelSeries[]>

/** Answers the values of a query variable, e.g. of `label_values(up, job)`. `source`: the data source to ask, ours without. */
export type FetchValues = (definition: string, range: { readonly startMs: number; readonly endMs: number }, signal: AbortSignal, source?: string) => Promise<readonly string[]>

/** A time range as expressions, e.g. `now-6h` and `now`, or Unix ms as digits. */
export interface RangeText {
  readonly from: string
  readonly to: string
}

/** An entry of a panel's menu that the page adds. */
export interface PanelAction {
  readonly label: string
  /** Absent: for every panel. */
  readonly fits?: (panel: Panel) => boolean
  readonly run: (panel: Panel) => void
}

/** What a board needs to be drawn. Everything that belongs into the URL comes from outside and goes back by callbacks. */
export interface BoardViewProps {
  /** Grafana dashboard JSON as it is stored; read by `readDashboard`, never changed. */
  readonly dashboard: unknown
  readonly language: Language
  /** Redraws the charts in the theme's colours when it changes. */
  readonly theme: 'dark' | 'light'
  readonly range: RangeText
  /** How often the data is asked anew; 0: never by itself. */
  readonly refreshMs: number
  /** Another number asks again at once. Given, it is the only thing that does: whoever owns the board keeps the time. */
  readonly refreshCount?: number
  /** Id of the panel to bring into sight; its row is opened. */
  readonly showPanel?: number
  /** Selected values by variable name; absent: the dashboard's own. */
  readonly variables?: Readonly<Record<string, readonly string[]>>
  readonly onVariablesChange?: (variables: Readonly<Record<string, readonly string[]>>) => void
  /** A stretch of time was dragged. Unix ms. */
  readonly onZoom?: (fromMs: number, toMs: number) => void
  /** A chart was double-clicked. */
  readonly onZoomBack?: () => void
  /** "Open in Explore" in a panel's menu; the query without macros. */
  readonly onExplore?: (expr: string, range: { readonly startMs: number; readonly endMs: number }, source?: string) => void
  /** More entries of each panel's menu. A new list redraws every panel. */
  readonly panelActions?: readonly PanelAction[]
  /** The scrape interval that `$__rate_interval` is made from; default 15 s. */
  readonly scrapeIntervalMs?: number
  /** The data sources that there are; `waiting`: not known yet, so nothing is asked. Default: our own storage alone. */
  readonly sources?: readonly KnownSource[] | 'waiting' | undefined
  /** Default: POST /api/v1/query_range of this server. */
  readonly fetchExemplars?: FetchExemplars
  /** What is known of the library panels that the board refers to. */
  readonly libraryPanels?: LibraryModels
  readonly fetchSeries?: FetchSeries
  /** Default: /api/v1/label/…/values and /api/v1/series of this server. */
  readonly fetchValues?: FetchValues
  /** Default: /api/annotations of this server. */
  readonly fetchNotes?: FetchNotes
}
