import { reduceNumber, reducer } from '@haechi/dashboards'
import type { ChartSeries } from './chart-model.ts'

/** What a board says about a chart's legend. */
export interface LegendSettings {
  /** Ids of the calculations beside the names; empty: last, mean and max in a table, none in a line. */
  readonly calcs: readonly string[]
  /** Name of the column that sorts the table: a calculation's as Grafana writes it (`Last *`), or `Name`; '' for the last value. */
  readonly sortBy: string
  readonly sortDesc: boolean
  readonly placement: 'bottom' | 'right'
}

/** A legend as it is where nobody says otherwise. */
export const PLAIN_LEGEND: LegendSettings = { calcs: [], sortBy: '', sortDesc: true, placement: 'bottom' }

/** What a table tells where a board asks for nothing. */
const USUAL = ['lastNotNull', 'mean', 'max'] as const

/** How the table is sorted: by a calculation, or by the names ('name'). */
export interface LegendSort {
  readonly by: string
  readonly desc: boolean
}

/** The calculations of the table: those that are known of those asked for. */
export function tableCalcs(settings: LegendSettings): readonly string[] {
  const known = settings.calcs.filter(id => reducer(id) !== undefined)
  return known.length === 0 ? USUAL : known
}

/** The order that the settings ask for. */
export function startSort(settings: LegendSettings): LegendSort {
  if (settings.sortBy === 'Name') return { by: 'name', desc: settings.sortDesc }
  const calcs = tableCalcs(settings)
  const found = calcs.find(id => reducer(id)!.name === settings.sortBy)
  return found === undefined ? { by: calcs.includes('lastNotNull') ? 'lastNotNull' : calcs[0]!, desc: settings.sortBy === '' ? true : settings.sortDesc } : { by: found, desc: settings.sortDesc }
}

/** One line of the table. */
export interface LegendRow {
  readonly series: ChartSeries
  /** Its place in the chart. */
  readonly index: number
  /** By calculation; null where there is nothing. */
  readonly values: readonly (number | null)[]
}

/** The lines of the table in their order; what has no value comes last both ways. */
export function legendRows(series: readonly ChartSeries[], calcs: readonly string[], sort: LegendSort): LegendRow[] {
  const rows = series.map((s, index): LegendRow => ({ series: s, index, values: s.hideFrom?.legend === true ? [] : calcs.map(id => numberOf(id, s)) })).filter(r => r.series.hideFrom?.legend !== true)
  const at = calcs.indexOf(sort.by)
  const sign = sort.desc ? -1 : 1
  return rows.sort((a, b) => {
    if (at < 0) return sign * a.series.name.localeCompare(b.series.name, undefined, { numeric: true }) || a.index - b.index
    const [x, y] = [a.values[at]!, b.values[at]!]
    if (x === null || y === null) return x === y ? a.index - b.index : x === null ? 1 : -1
    return sign * (x - y) || a.index - b.index
  })
}

function numberOf(id: string, s: ChartSeries): number | null {
  const v = reduceNumber(id, s.vs)
  return v === null || Number.isNaN(v) ? null : v
}
