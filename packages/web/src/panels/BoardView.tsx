import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { CSSProperties, ReactElement } from 'react'
import { DashboardError, isRelativeRange, parseTimeRange, placeBoard, readDashboard, sourceOf, weekStartDay, withScoped } from '@haechi/dashboards'
import { AdhocBar } from './AdhocBar.tsx'
import { BoardExtras } from './BoardExtras.tsx'
import { getNotes } from '../api/notes.ts'
import { useBoardMarks } from './board-marks.ts'
import { NotesContext } from './notes-context.ts'
import { fetchExemplarsHere, fetchSeriesHere, fetchValuesHere } from './fetch-series.ts'
import { useKeptQuestions } from './keep-questions.ts'
import { PanelCard } from './PanelCard.tsx'
import { PanelNote } from './PanelNote.tsx'
import { panelWords } from './panel-words.ts'
import { useIsPrinting } from '../state/printing.ts'
import { useNotes } from './use-notes.tsx'
import { useRefresh } from './use-refresh.ts'
import { filtered, sharedFetch } from './shared-fetch.ts'
import { useVisible } from './use-visible.ts'
import { useVariables, variableSource } from './use-variables.ts'
import { VariableBar } from './VariableBar.tsx'
import css from './BoardView.module.css'
import type { Dashboard, GridPos, Placed, TimeRange, Variable } from '@haechi/dashboards'
import type { BoardViewProps } from './types.ts'

/** A board: its variables and its panels on the grid. Panels out of sight ask nothing; a board that can't be read says where it is wrong. */
export function BoardView(props: BoardViewProps): ReactElement {
  const words = panelWords(props.language)
  const read = useMemo(() => {
    try {
      return { dashboard: readDashboard(props.dashboard, props.libraryPanels) }
    } catch (err) {
      if (!(err instanceof DashboardError)) throw err
      return { error: err }
    }
  }, [props.dashboard, props.libraryPanels])
  if (read.dashboard === undefined) return <div className={css['note']}><PanelNote what={words.unreadable} why={`${words.unreadableHint(read.error.path)} ${read.error.message}`} isFailure /></div>
  return <Board {...props} board={read.dashboard} />
}

/** Shown, and said so, while the address holds no readable range. */
const LAST_6H_MS = 6 * 3_600_000

function Board(props: BoardViewProps & { readonly board: Dashboard }): ReactElement {
  const { board, language, theme, onVariablesChange } = props
  const onZoom = useStable(props.onZoom)
  const onZoomBack = useStable(props.onZoomBack)
  const onExplore = useStable(props.onExplore)
  const words = panelWords(language)
  const nowMs = useRefresh(props.refreshMs, props.refreshCount)
  const { from, to } = props.range
  const read = useMemo((): TimeRange | undefined => {
    const weekStart = weekStartDay(board.weekStart)
    return parseTimeRange(from, to, nowMs, { timeZone: board.timezone, fiscalYearStartMonth: board.fiscalYearStartMonth, ...(weekStart === undefined ? {} : { weekStart }) })
  }, [from, to, nowMs, board])
  const range = useMemo(() => read ?? { startMs: nowMs - LAST_6H_MS, endMs: nowMs }, [read, nowMs])
  useKeptQuestions(board.uid, props.range, range)
  // One memory of answers per board: equal questions are asked once, and a refresh asks for what is new.
  const shared = useMemo(() => sharedFetch(props.fetchSeries ?? fetchSeriesHere), [props.fetchSeries])
  const fetchValues = props.fetchValues ?? fetchValuesHere
  // What is not to stand in the address is kept here.
  const [unsynced, setUnsynced] = useState<Readonly<Record<string, readonly string[]>>>({})
  const known = props.sources === 'waiting' ? undefined : props.sources
  const loaded = useVariables(board, useMemo(() => selectedVariables(board, props.variables, unsynced), [board, props.variables, unsynced]), range, fetchValues, known)
  const { states, values } = loaded
  const isReady = loaded.isReady && props.sources !== 'waiting'
  const choose = (name: string, chosen: readonly string[]): void => {
    if (states.some(s => s.variable.name === name && isUnsynced(s.variable))) setUnsynced({ ...unsynced, [name]: chosen })
    else onVariablesChange?.({ ...Object.fromEntries(states.filter(s => !isUnsynced(s.variable)).map(s => [s.variable.name, s.chosen])), [name]: chosen })
  }
  const filterKey = states.filter(s => s.variable.kind === 'adhoc').flatMap(s => s.chosen).join('\n')
  const groupKey = states.filter(s => s.variable.kind === 'groupby').flatMap(s => s.chosen).join('\n')
  const fetchSeries = useMemo(() => filtered(shared, linesOf(filterKey), linesOf(groupKey)), [shared, filterKey, groupKey])
  const fetchExemplars = useMemo(() => filtered(props.fetchExemplars ?? fetchExemplarsHere, linesOf(filterKey)), [props.fetchExemplars, filterKey])
  const [switched, setSwitched] = useState<ReadonlySet<string>>(new Set())
  const [noteCount, setNoteCount] = useState(0)
  const sources = useMemo(() => ({ boardUid: board.uid, fetchSeries, fetchNotes: props.fetchNotes ?? getNotes, known, count: noteCount }), [board.uid, fetchSeries, props.fetchNotes, known, noteCount])
  const { marks, failures } = useBoardMarks(board.annotations, switched, range, values, isReady, sources)
  const { notes, dialog } = useNotes(board.uid, marks, range.endMs, () => setNoteCount(n => n + 1))
  const [toggled, setToggled] = useState<ReadonlySet<number>>(() => new Set(props.showPanel === undefined ? [] : board.rows.filter(r => r.collapsed && r.panels.some(p => p.id === props.showPanel)).map(r => r.id)))
  const rangeMs = range.endMs - range.startMs
  const placed = useMemo(() => placeBoard(board, values, toggled, rangeMs), [board, values, toggled, rangeMs])
  const host = useRef<HTMLDivElement>(null)
  const { widthPx, topPx } = useRoundedWidth(host)
  useShownPanel(host, props.showPanel, widthPx > 0 && isReady)
  const toggle = useCallback((id: number) => setToggled(old => {
    const next = new Set(old)
    if (!next.delete(id)) next.add(id)
    return next
  }), [])

  return (
    <div className={css['board']}>
      <VariableBar
        states={states} language={language}
        onChange={choose}
      />
      {states.filter(s => s.variable.kind === 'adhoc' && s.variable.hide !== 2).map(s => (
        <AdhocBar key={s.variable.name} label={s.variable.label} chosen={s.chosen} range={range} fetchValues={fetchValues} source={sourceOf(variableSource(s.variable), values, known)} language={language} onChange={chosen => choose(s.variable.name, chosen)} />
      ))}
      <BoardExtras
        board={board} values={values} range={props.range} language={language} switched={switched} failures={failures}
        onSwitch={name => setSwitched(old => {
          const next = new Set(old)
          if (!next.delete(name)) next.add(name)
          return next
        })}
      />
      {dialog}
      {read === undefined && <p role="alert" className={css['warning']}>{words.badRange(`${from} – ${to}`)}</p>}
      <NotesContext value={notes}>
      <div ref={host} className={css['grid']}>
        {placed.length === 0 && <div className={css['note']} style={{ gridColumn: '1 / -1', gridRow: 'span 4' }}><PanelNote what={words.emptyBoard} /></div>}
        {widthPx > 0 && isReady && placed.map(p => p.kind === 'row'
          ? <RowHeading key={p.key} placed={p} count={words.panelsInside(p.panelCount)} onToggle={toggle} />
          : (
            <Cell key={p.key} pos={p.pos} id={p.panel.id} isHalf={p.pos.w <= 6 && p.pos.h <= 6 && NUMBERS.has(p.panel.type)} isShown={p.panel.id === props.showPanel} title={p.panel.title} isFirst={isInWindow(p.pos, topPx)} isForgotten={placed.length > MOST_KEPT}>
              <ScopedPanel
                panel={p.panel} isFirst={isInWindow(p.pos, topPx)} range={range} isRelative={isRelativeRange(from, to)} nowMs={nowMs} widthPx={panelWidth(widthPx, p.pos.w)} variables={values}
                scrapeIntervalMs={props.scrapeIntervalMs} language={language} theme={theme} timeZone={namedZone(board.timezone)} syncKey={`board ${board.uid}`} refreshMs={props.refreshMs}
                fetchSeries={fetchSeries} fetchValues={fetchValues} sources={known} fetchExemplars={fetchExemplars} marks={marks} onZoom={onZoom} onZoomBack={onZoomBack} onExplore={onExplore} actions={props.panelActions}
              />
            </Cell>
          ))}
      </div>
      </NotesContext>
    </div>
  )
}

function linesOf(key: string): readonly string[] {
  return key === '' ? [] : key.split('\n')
}

function isUnsynced(variable: Variable): boolean {
  return variable.raw['skipUrlSync'] === true
}

/** The choices of the address, but for variables that take no part in it. */
function selectedVariables(board: Dashboard, ofAddress: Readonly<Record<string, readonly string[]>> | undefined, own: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> | undefined {
  const apart = board.variables.filter(isUnsynced).map(v => v.name)
  return apart.length === 0 ? ofAddress : { ...Object.fromEntries(Object.entries(ofAddress ?? {}).filter(([n]) => !apart.includes(n))), ...own }
}

/** Brings the panel that the address names into sight, once. */
function useShownPanel(host: React.RefObject<HTMLElement | null>, id: number | undefined, isDrawn: boolean): void {
  useEffect(() => {
    if (id === undefined || !isDrawn) return
    host.current?.querySelector(`[data-panel="${id}"]`)?.scrollIntoView({ block: 'center' })
  }, [host, id, isDrawn])
}

/** On longer boards panels that are far away are taken out of the page again. */
const MOST_KEPT = 200
/** How near to the window a panel is made, and on long boards kept. */
const NEAR_PX = 1200

/** The place of a panel. The panel itself is made when it comes near the window: a board may have thousands. Its title is always there to be found. */
function Cell({ pos, id, isHalf, isShown, title, isFirst, isForgotten, children }: { readonly pos: GridPos; readonly id: number; readonly isHalf: boolean; readonly isShown: boolean; readonly title: string; readonly isFirst: boolean; readonly isForgotten: boolean; readonly children: ReactElement }): ReactElement {
  const cell = useRef<HTMLDivElement>(null)
  const isPrinted = useIsPrinting()
  const [wasNear, setWasNear] = useState(false)
  const isNear = useVisible(cell, NEAR_PX, isFirst, isForgotten || !wasNear)
  if (isNear && !wasNear) setWasNear(true)
  const isMade = isNear || isPrinted || wasNear && !isForgotten
  return <div ref={cell} className={css['cell']} data-panel={id} data-half={isHalf || undefined} data-shown={isShown || undefined} style={gridArea(isPrinted && pos.h > PAPER_ROWS ? { ...pos, h: PAPER_ROWS } : pos)}>{isMade ? children : <article className={css['later']} aria-label={title}><h3>{title}</h3></article>}</div>
}

/** Panels of one number, of which two fit beside each other on a phone. */
const NUMBERS: ReadonlySet<string> = new Set(['stat', 'gauge'])

/** Whether a place of the grid is in the window when nobody has scrolled yet. @param topPx  where the grid begins */
function isInWindow(pos: GridPos, topPx: number): boolean {
  return topPx + pos.y * ROW_PX < innerHeight
}

/** A row of the grid and the gap below it, as BoardView.module.css has them. */
const ROW_PX = 38
/** Rows that paper has between its margins (190 mm): a panel that is higher would be cut. */
const PAPER_ROWS = 18

/** A panel with the values that hold in its copy only. */
function ScopedPanel(props: Parameters<typeof PanelCard>[0]): ReactElement {
  const { panel, variables } = props
  const scoped = useMemo(() => panel.scopedVars === undefined ? variables : withScoped(variables, panel.scopedVars), [panel.scopedVars, variables])
  return <PanelCard {...props} variables={scoped} />
}

function RowHeading({ placed, count, onToggle }: { readonly placed: Extract<Placed, { kind: 'row' }>; readonly count: string; readonly onToggle: (id: number) => void }): ReactElement {
  return (
    <div className={css['row']} style={gridArea(placed.pos)}>
      <button type="button" className={css['rowButton']} aria-expanded={placed.open} onClick={() => onToggle(placed.row.id)}>
        <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true"><path d="M4 2l4 4-4 4" /></svg>
        {placed.title}
        {!placed.open && <span className={css['rowCount']}>{count}</span>}
      </button>
    </div>
  )
}

function gridArea(pos: GridPos): CSSProperties {
  return { gridColumn: `${pos.x + 1} / span ${pos.w}`, gridRow: `${pos.y + 1} / span ${pos.h}` }
}

/** Width of a panel's chart. On a phone every panel is as wide as the page. */
function panelWidth(boardPx: number, columns: number): number {
  return Math.max(100, Math.round(boardPx < 700 ? boardPx : boardPx * columns / 24) - 60)
}

/** A named zone for the axis; undefined for the browser's. */
function namedZone(timezone: string): string | undefined {
  return timezone === '' || timezone === 'browser' ? undefined : timezone === 'utc' ? 'UTC' : timezone
}

/** An element's width in steps of 100 px, so that dragging a window's edge doesn't ask everything anew with each pixel, and where it begins. 0 before it is laid out. */
function useRoundedWidth(element: React.RefObject<HTMLElement | null>): { readonly widthPx: number; readonly topPx: number } {
  const [width, setWidth] = useState(0)
  const [topPx, setTop] = useState(0)
  useLayoutEffect(() => {
    // Before the first picture, so that the panels don't wait for it.
    const box = element.current!.getBoundingClientRect()
    // oxlint-disable-next-line react/set-state-in-effect
    setTop(box.top)
    if (box.width > 0) setWidth(Math.max(100, Math.round(box.width / 100) * 100))
    const observer = new ResizeObserver(entries => {
      const px = entries.at(-1)!.contentRect.width
      if (px > 0) setWidth(Math.max(100, Math.round(px / 100) * 100))
    })
    observer.observe(element.current!)
    return () => observer.disconnect()
  }, [element])
  return { widthPx: width, topPx }
}

/** The same function from render to render, which calls the newest one: a new callback alone must not redraw every chart. */
function useStable<Args extends readonly unknown[]>(newest: ((...args: Args) => void) | undefined): ((...args: Args) => void) | undefined {
  const latest = useRef(newest)
  useLayoutEffect(() => {
    latest.current = newest
  })
  const isThere = newest !== undefined
  return useMemo(() => isThere ? (...args: Args) => latest.current?.(...args) : undefined, [isThere])
}
