/** Any JSON object; members that we don't know stay in it. */
export type JsonObject = { readonly [member: string]: unknown }

/** A dashboard that can't be read. `path` says where, e.g. `panels[3].targets`. */
export class DashboardError extends Error {
  readonly path: string

  constructor(path: string, message: string) {
    super(path === '' ? message : `${path}: ${message}`)
    this.name = 'DashboardError'
    this.path = path
  }
}

/** Place and size on the 24-column grid; a unit of height is 30 px with an 8 px gap. */
export interface GridPos {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

/** A reference to a data source; both absent: the default one. */
export interface DataSourceRef {
  readonly type?: string
  readonly uid?: string
}

/** One query of a panel. */
export interface Target {
  readonly refId: string
  readonly expr: string
  readonly legendFormat: string
  readonly hide: boolean
  readonly instant: boolean
  /** True also when neither is asked for. */
  readonly range: boolean
  readonly format: 'time_series' | 'table' | 'heatmap'
  /** Min step, e.g. `1m`; may hold variables. */
  readonly interval: string
  readonly intervalFactor: number
  readonly datasource?: DataSourceRef
  /** The kind of a data source that isn't Prometheus, e.g. `loki`: such queries are not asked. */
  readonly otherSource?: string
  /** Measured requests behind the numbers are asked for, too. */
  readonly exemplar?: true
  /** It is no query but computed from others by the server (`__expr__`); its JSON. */
  readonly expression?: JsonObject
}

/** `{value, color}`; the first step is the base, whatever its value. */
export interface ThresholdStep {
  readonly value: number
  readonly color: string
}

export interface Thresholds {
  readonly mode: 'absolute' | 'percentage'
  readonly steps: readonly ThresholdStep[]
}

/** What a mapping makes of a value; an absent text only changes the colour. */
export interface MappingResult {
  readonly text?: string
  readonly color?: string
}

export type ValueMapping =
  | { readonly type: 'value'; readonly options: ReadonlyMap<string, MappingResult> }
  | { readonly type: 'range'; readonly from: number | null; readonly to: number | null; readonly result: MappingResult }
  | { readonly type: 'regex'; readonly pattern: string; readonly result: MappingResult }
  | { readonly type: 'special'; readonly match: string; readonly result: MappingResult }

export interface ColorConfig {
  readonly mode: string
  readonly fixedColor?: string
  readonly seriesBy?: 'min' | 'max' | 'last'
}

/** How a field is shown. Everything is optional: a panel type has its own defaults. */
export interface FieldConfig {
  readonly unit?: string
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  readonly fieldMinMax?: boolean
  readonly displayName?: string
  readonly noValue?: string
  readonly thresholds?: Thresholds
  readonly mappings: readonly ValueMapping[]
  readonly color?: ColorConfig
  /** Where a click on a value leads; the addresses still hold variables. */
  readonly links?: readonly DashboardLink[]
  /** The panel type's own block. */
  readonly custom: JsonObject
}

export interface FieldOverride {
  readonly matcher: { readonly id: string; readonly options: unknown }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

/** A panel as it is drawn. `raw` is the panel's own JSON, for what the view model doesn't hold. */
export interface Panel {
  readonly id: number
  /** Grafana's type after the replacement of old ones, e.g. `timeseries`. */
  readonly type: string
  readonly title: string
  readonly description: string
  readonly transparent: boolean
  readonly gridPos: GridPos
  readonly targets: readonly Target[]
  readonly datasource?: DataSourceRef
  readonly maxDataPoints?: number
  readonly interval: string
  readonly timeFrom: string
  readonly timeShift: string
  /** The panel's own range is not told in its header. */
  readonly hideTimeOverride?: true
  readonly options: JsonObject
  readonly fieldConfig: FieldConfig
  readonly overrides: readonly FieldOverride[]
  readonly transformations: readonly JsonObject[]
  /** Name of the variable whose every value gets a copy; '' for none. */
  readonly repeat: string
  readonly repeatDirection: 'h' | 'v'
  readonly maxPerRow: number
  /** Values of variables that hold in this copy only. */
  readonly scopedVars?: Readonly<Record<string, string>>
  /** Where its title leads; the addresses still hold variables. */
  readonly links?: readonly DashboardLink[]
  /** When it is shown, as model v2 says it; absent: always. */
  readonly condition?: JsonObject
  readonly raw: JsonObject
}

/** A heading that folds its panels. */
export interface Row {
  readonly id: number
  readonly title: string
  readonly collapsed: boolean
  readonly gridPos: GridPos
  readonly panels: readonly Panel[]
  readonly repeat: string
  /** When it is shown, as model v2 says it; absent: always. */
  readonly condition?: JsonObject
  readonly raw: JsonObject
}

export type VariableKind = 'query' | 'custom' | 'constant' | 'interval' | 'textbox' | 'datasource' | 'adhoc' | 'groupby' | 'switch' | 'unsupported'

export interface VariableOption {
  readonly text: string
  readonly value: string
  /** Further members of an option written in JSON, for `${name.member}`. */
  readonly members?: JsonObject
}

export interface Variable {
  readonly name: string
  readonly label: string
  readonly kind: VariableKind
  readonly description: string
  /** 0 shown, 1 without label, 2 hidden. */
  readonly hide: 0 | 1 | 2
  readonly multi: boolean
  readonly includeAll: boolean
  /** What All stands for; '' means every option. */
  readonly allValue: string
  /** The text of the query, the list, the constant. */
  readonly query: string
  readonly regex: string
  readonly sort: number
  /** Selected values; `$__all` stands for All. */
  readonly current: readonly string[]
  /** The kind of a data source that isn't Prometheus: such a variable has only the options that were saved. */
  readonly otherSource?: string
  /** What is known without asking a data source. */
  readonly options: readonly VariableOption[]
  readonly raw: JsonObject
}

export interface DashboardLink {
  readonly title: string
  readonly url: string
  readonly targetBlank: boolean
  /** Of a board: leads to the boards with all of these tags instead of to `url`. */
  readonly tags?: readonly string[]
  /** As a menu, with the title on its button. */
  readonly asDropdown?: boolean
  readonly includeVars?: boolean
  readonly keepTime?: boolean
  readonly tooltip?: string
}

/** Moments that are marked in the charts of a board: where a query's value is above zero, where alerts began and ended, and what people wrote down. */
export interface Annotation {
  readonly name: string
  /** `alerts`: those and what was written on this board; `tags`: what was written anywhere, by its tags. */
  readonly kind: 'prometheus' | 'alerts' | 'tags'
  readonly enabled: boolean
  /** The switch for it isn't shown. */
  readonly hidden: boolean
  /** A colour name of Grafana or CSS. */
  readonly color: string
  readonly expr: string
  /** Min step, e.g. `60s`; may hold variables. */
  readonly step: string
  readonly titleFormat: string
  readonly textFormat: string
  readonly tagKeys: readonly string[]
  /** The value is the moment, Unix ms. */
  readonly useValueForTime: boolean
  /** Of kind `tags`: those that must (or, with `matchAny`, of which one must) be there. Variables may stand in them. */
  readonly tags: readonly string[]
  readonly matchAny: boolean
  /** Most that are shown. */
  readonly limit: number
  /** Of kind `prometheus`: the data source to ask; absent: the default one. */
  readonly datasource?: DataSourceRef
  /** Only in these panels, or in all but these; absent: in all. */
  readonly panels?: { readonly ids: readonly number[]; readonly exclude: boolean }
}

/** A dashboard as it is drawn; `raw` is the JSON it came from, untouched. */
export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly timezone: string
  readonly weekStart: string
  readonly fiscalYearStartMonth: number
  readonly time: { readonly from: string; readonly to: string }
  /** ms; 0 for off. */
  readonly refreshMs: number
  readonly sharedCrosshair: boolean
  readonly variables: readonly Variable[]
  /** Panels above the first row. */
  readonly panels: readonly Panel[]
  readonly rows: readonly Row[]
  readonly links: readonly DashboardLink[]
  readonly annotations: readonly Annotation[]
  /** What was read with a guess, for people who care: `panels[2]: graph is shown as timeseries`. */
  readonly notices: readonly string[]
  readonly raw: JsonObject
}
