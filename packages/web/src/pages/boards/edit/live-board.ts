import { useMemo, useRef } from 'react'
import { useComputedColorScheme } from '@mantine/core'
import { DashboardError, isRelativeRange, parseTimeRange, readDashboard } from '@haechi/dashboards'
import type { Dashboard, JsonObject, LibraryModels, Panel, TimeRange, VariableValues } from '@haechi/dashboards'
import { useLibraryPanels } from '../../../api/library-panels.ts'
import { useScrapeInterval } from '../../../api/queries.ts'
import { useKnownSources } from '../../../api/sources.ts'
import { usePageSearch } from '../../../app/page-search.ts'
import { useRefresh } from '../../../app/refresh.tsx'
import { useWords } from '../../../i18n/index.ts'
import { fetchExemplarsHere, fetchSeriesHere, fetchValuesHere } from '../../../panels/fetch-series.ts'
import type { PanelCardProps } from '../../../panels/PanelCard.tsx'
import { filtered } from '../../../panels/shared-fetch.ts'
import { useVariables } from '../../../panels/use-variables.ts'
import type { VariableState } from '../../../panels/use-variables.ts'

/** A board under change as it is drawn. */
export interface LiveBoard {
  /** Undefined where the JSON can't be drawn; then `fault` says why. */
  readonly model: Dashboard | undefined
  readonly fault: string | undefined
  readonly panels: ReadonlyMap<number, Panel>
  readonly states: readonly VariableState[]
  readonly values: VariableValues
  readonly isReady: boolean
  /** What is known of the library panels of the board. */
  readonly library: LibraryModels
  /** What every panel's card takes besides its panel and width. */
  readonly card: Omit<PanelCardProps, 'panel' | 'widthPx'>
}

const NONE: Dashboard = readDashboard({ panels: [] })

/** Draws a board's JSON with the page's time range. Panels whose JSON is the same object stay the same, so that a change asks only its own panel's queries again. */
export function useLiveBoard(board: JsonObject): LiveBoard {
  const { locale } = useWords()
  const { search } = usePageSearch()
  const { tick, intervalMs, range: usual } = useRefresh()
  const theme = useComputedColorScheme('dark')
  const scrapeIntervalMs = useScrapeInterval()
  const known = useRef(new WeakMap<JsonObject, Panel>())
  const knownFrom = useRef<LibraryModels | undefined>(undefined)
  const library = useLibraryPanels(board)
  const read = useMemo((): { readonly model?: Dashboard; readonly fault?: string } => {
    try {
      return { model: readDashboard(board, library.models) }
    } catch (err) {
      if (!(err instanceof DashboardError)) throw err
      return { fault: err.message }
    }
  }, [board, library.models])
  const last = useRef<Dashboard>(NONE)
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const model = read.model ?? last.current
  last.current = model
  const panels = useMemo(() => {
    const out = new Map<number, Panel>()
    // What a reference stands for may have come since.
    if (knownFrom.current !== library.models) known.current = new WeakMap()
    knownFrom.current = library.models
    for (const p of [...model.panels, ...model.rows.flatMap(r => r.panels)]) {
      const before = known.current.get(p.raw)
      if (before === undefined) known.current.set(p.raw, p)
      out.set(p.id, before ?? p)
    }
    return out
  }, [model, library.models])
  // Variables are read anew with each change of the board; their options are not asked anew unless they changed.
  const variablesKey = JSON.stringify(model.variables.map(v => v.raw))
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const withVariables = useMemo(() => model, [variablesKey])
  const { from, to } = usual
  const nowMs = tick.nowMs
  const range = useMemo((): TimeRange => parseTimeRange(from, to, nowMs, { timeZone: model.timezone }) ?? { startMs: usual.fromMs, endMs: usual.toMs }, [from, to, nowMs, model.timezone, usual.fromMs, usual.toMs])
  const found = useKnownSources()
  const sources = found === 'waiting' ? undefined : found
  const loaded = useVariables(withVariables, search.variables, range, fetchValuesHere, sources)
  const { states, values } = loaded
  const isReady = loaded.isReady && found !== 'waiting'
  const timeZone = model.timezone === '' || model.timezone === 'browser' ? undefined : model.timezone === 'utc' ? 'UTC' : model.timezone
  const filterKey = states.filter(s => s.variable.kind === 'adhoc').flatMap(s => s.chosen).join('\n')
  const groupKey = states.filter(s => s.variable.kind === 'groupby').flatMap(s => s.chosen).join('\n')
  const fetchSeries = useMemo(() => filtered(fetchSeriesHere, filterKey === '' ? [] : filterKey.split('\n'), groupKey === '' ? [] : groupKey.split('\n')), [filterKey, groupKey])
  const fetchExemplars = useMemo(() => filtered(fetchExemplarsHere, filterKey === '' ? [] : filterKey.split('\n')), [filterKey])
  const card: LiveBoard['card'] = {
    range, isRelative: isRelativeRange(from, to), nowMs, variables: values, scrapeIntervalMs, language: locale, theme, timeZone, syncKey: 'edited board', refreshMs: intervalMs ?? 0,
    fetchSeries, fetchExemplars, fetchValues: fetchValuesHere, sources, onZoom: undefined, onZoomBack: undefined, onExplore: undefined,
  }
  return { model: read.model, fault: read.fault, panels, states, values, isReady: isReady && library.isReady, library: library.models, card }
}
