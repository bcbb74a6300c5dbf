import { Menu, Modal, Tooltip } from '@mantine/core'
import { memo, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { MemoExoticComponent, ReactElement, ReactNode } from 'react'
import { foreignQueries, interpolateText, panelQueries } from '@haechi/dashboards'
import { LaterMenu } from '../components/LaterMenu.tsx'
import { ApiFailure } from '../api/failure.ts'
import { later } from '../components/later.ts'
import { DataTable } from '../charts/DataTable.tsx'
import { NotesContext } from './notes-context.ts'
import { panelWords } from './panel-words.ts'
import { FindingsContext } from './findings-context.ts'
import { EmptyNote, FailureNote, PanelNote } from './PanelNote.tsx'
import { PanelPicture, isDrawn, isShown } from './PanelPicture.tsx'
import { QueryDialog } from './QueryDialog.tsx'
import { hasTextForNothing } from './single-values.ts'
import { TextView } from './text/TextView.tsx'
import { timeSeriesModel } from './timeseries/transform.ts'
import { usePanelData } from './use-panel-data.ts'
import { useIsPrinting } from '../state/printing.ts'
import { useVisible } from './use-visible.ts'
import css from './PanelCard.module.css'
import { downloadCsv, downloadPng } from './export-panel.ts'
import { PanelLinks } from './PanelLinks.tsx'
import type { BoardMark } from './board-marks.ts'
import type { KnownSource, Panel, TimeRange, VariableValues } from '@haechi/dashboards'
import type { PanelContext, PanelViewProps, QueryResult } from './panel-result.ts'
import type { FetchExemplars, FetchSeries, FetchValues, Language, PanelAction } from './types.ts'

const AlertListView = later(async () => (await import('./lists/AlertListView.tsx')).AlertListView)
const BoardListView = later(async () => (await import('./lists/BoardListView.tsx')).BoardListView)

/** What one panel of a board takes. Everything is stable between refreshes but `range`. */
export interface PanelCardProps {
  readonly panel: Panel
  readonly range: TimeRange
  readonly isRelative: boolean
  readonly nowMs: number
  readonly widthPx: number
  readonly variables: VariableValues
  readonly scrapeIntervalMs: number | undefined
  readonly language: Language
  readonly theme: 'dark' | 'light'
  readonly timeZone: string | undefined
  readonly syncKey: string
  readonly refreshMs: number
  readonly fetchSeries: FetchSeries
  readonly fetchValues: FetchValues
  /** Absent: no exemplars are asked for. */
  readonly fetchExemplars?: FetchExemplars
  /** Moments that the charts mark. */
  readonly marks?: readonly BoardMark[]
  readonly onZoom: ((fromMs: number, toMs: number) => void) | undefined
  readonly onZoomBack: (() => void) | undefined
  /** The data sources that there are. */
  readonly sources?: readonly KnownSource[] | undefined
  readonly onExplore: ((expr: string, range: TimeRange, source?: string) => void) | undefined
  /** It is where the window is when the board opens. */
  readonly isFirst?: boolean
  /** More entries of the menu. */
  readonly actions?: readonly PanelAction[] | undefined
  /** Stands in the heading instead of the menu. */
  readonly controls?: ReactNode
  /** Told of the answers whenever others came. */
  readonly onResults?: (results: readonly QueryResult[] | undefined) => void
}

/** One panel: title, menu, and its picture, or a sentence that says why there is none. */
export const PanelCard: MemoExoticComponent<(props: PanelCardProps) => ReactElement> = memo(function PanelCard(props: PanelCardProps): ReactElement {
  const { panel, language, variables } = props
  const words = panelWords(language)
  const title = useMemo(() => interpolateText(panel.title, variables), [panel.title, variables])
  const description = useMemo(() => interpolateText(panel.description, variables), [panel.description, variables])
  const card = useRef<HTMLElement>(null)
  const isPrinted = useIsPrinting()
  const isVisible = useVisible(card, 200, props.isFirst) || isPrinted
  const [retries, setRetries] = useState(0)
  const [isTable, setTable] = useState(false)
  const [dialog, setDialog] = useState<'query' | 'large' | undefined>()
  const ask = useMemo(() => {
    const queries = isDrawn(panel.type) ? panelQueries(panel, {
      range: props.range, widthPx: props.widthPx, variables, relative: props.isRelative, nowMs: props.nowMs, ...(props.scrapeIntervalMs === undefined ? {} : { scrapeIntervalMs: props.scrapeIntervalMs }), ...(props.sources === undefined ? {} : { sources: props.sources }),
    }) : []
    const span = props.range.endMs - props.range.startMs
    return { queries, range: props.range, key: JSON.stringify([queries.map(q => [q.source, q.refId, q.expr, q.stepMs, q.instant, q.exemplar, q.expression?.model, q.expression?.steps, q.expression?.inputs.map(i => [i.source, i.expr])]), props.isRelative ? span : props.range]) }
  }, [panel, props.range, props.widthPx, variables, props.isRelative, props.nowMs, props.scrapeIntervalMs, props.sources])
  const data = usePanelData(ask, isVisible && ask.queries.length > 0, props.fetchSeries, retries, props.fetchExemplars)
  const context = useMemo<PanelContext>(
    () => ({ theme: props.theme, language, range: data.range ?? props.range, variables, ...(props.marks === undefined ? {} : { marks: props.marks }), ...(props.timeZone === undefined ? {} : { timeZone: props.timeZone }) }),
    [props.theme, language, data.range, props.range, props.timeZone, variables, props.marks],
  )
  const notes = useContext(NotesContext)
  const findings = useContext(FindingsContext).get(panel.id)
  const { onResults } = props
  useEffect(() => { onResults?.(data.results) }, [onResults, data.results])
  const ageMs = data.atMs === undefined ? 0 : props.nowMs - data.atMs
  const isOld = data.results !== undefined && (data.error !== undefined || data.isOther || ageMs > Math.max(60_000, 3 * props.refreshMs) && props.refreshMs > 0)
  const explored = ask.queries.find(q => q.expression === undefined) ?? ask.queries[0]?.expression?.inputs[0]
  const openExplore = props.onExplore && explored !== undefined ? () => props.onExplore!(explored.expr, ask.range, explored.source) : undefined
  const canDraw = isDrawn(panel.type)
  // A panel that looks at another time than the board says so.
  const ownRange = panel.hideTimeOverride === true ? '' : [props.isRelative ? words.lastOf(panel.timeFrom) : '', words.shiftedBy(panel.timeShift)].filter(x => x !== '').join(', ')
  const actions = props.actions?.filter(a => a.fits?.(panel) ?? true) ?? []
  const isWords = !canDraw && isShown(panel.type)
  const hasMenu = canDraw || isWords || actions.length > 0
  const view = <PanelBody {...props} data={data} context={context} title={title} isTable={isTable} ask={ask} onRetry={() => setRetries(retries + 1)} onExplorePanel={openExplore} />

  return (
    <article ref={card} className={css['card']} data-transparent={panel.transparent || undefined} aria-label={title || words.untitled} aria-busy={data.isLoading && isVisible && ask.queries.length > 0 || undefined}>
      {(title !== '' || hasMenu || findings !== undefined || props.controls !== undefined) && (
        <header className={css['head']} data-untitled={title === '' && props.controls === undefined || undefined}>
          <h3 className={css['title']} title={title}>{title}</h3>
          {description !== '' && (
            <Tooltip label={description} events={{ hover: true, focus: true, touch: true }}>
              <button type="button" className={css['info']} aria-label={description}>
                <svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" strokeWidth="1.3" aria-hidden="true"><circle cx="7" cy="7" r="5.8" /><path d="M7 6.2v4M7 3.7v.9" strokeLinecap="round" /></svg>
              </button>
            </Tooltip>
          )}
          {findings !== undefined && (
            <Tooltip multiline maw={440} label={findings.map(d => <span key={d.code + d.what.en} className={css['finding']}><b>{d.what[language]}</b> {d.cause?.[language]} {d.next?.[language]}</span>)} events={{ hover: true, focus: true, touch: true }}>
              <button type="button" className={css['found']} aria-label={findings.map(d => [d.what, d.cause, d.next].map(s => s?.[language] ?? '').join(' ')).join(' ')}>
                <svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinejoin="round" aria-hidden="true"><path d="M7 1.6 13 12.2H1Z" /><path d="M7 5.4v3.4M7 10.2v.8" strokeLinecap="round" /></svg>
              </button>
            </Tooltip>
          )}
          <PanelLinks links={panel.links} variables={variables} range={props.range} />
          <span className={css['space']} />
          {ownRange !== '' && <span className={css['age']}>{ownRange}</span>}
          {isOld && data.atMs !== undefined && <span className={css['age']}>{words.age(Math.max(0, ageMs))}</span>}
          {props.controls ?? (hasMenu && (
            <LaterMenu
              position="bottom-end"
              target={(
                <button type="button" className={css['menu']} aria-label={words.menu(title || words.untitled)}>
                  <svg width="16" height="16" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true"><circle cx="8" cy="3" r="1.4" /><circle cx="8" cy="8" r="1.4" /><circle cx="8" cy="13" r="1.4" /></svg>
                </button>
              )}
            >
              {actions.map(a => <Menu.Item key={a.label} onClick={() => a.run(panel)}>{a.label}</Menu.Item>)}
              {canDraw && <Menu.Item onClick={() => setDialog('query')}>{words.viewQuery}</Menu.Item>}
              {openExplore && <Menu.Item onClick={openExplore}>{words.explore}</Menu.Item>}
              {canDraw && panel.type !== 'table' && <Menu.Item onClick={() => setTable(!isTable)}>{isTable ? words.asChart : words.asTable}</Menu.Item>}
              {notes !== undefined && panel.type === 'timeseries' && <Menu.Item onClick={notes.onList}>{words.notes}</Menu.Item>}
              <Menu.Item onClick={() => setDialog('large')}>{words.enlarge}</Menu.Item>
              {canDraw && data.results !== undefined && <Menu.Item onClick={() => downloadCsv(panel, data.results!, context, title || words.untitled)}>{words.asCsv}</Menu.Item>}
              {(isWords || canDraw && data.results !== undefined) && <Menu.Item onClick={() => { void downloadPng(card.current!, title || words.untitled) }}>{words.asPng}</Menu.Item>}
            </LaterMenu>
          ))}
        </header>
      )}
      <div className={css['body']} data-old={isOld || undefined}>{dialog === 'large' ? null : view}</div>
      {dialog === 'query' && <QueryDialog panel={panel} title={title || words.untitled} queries={ask.queries} language={language} onClose={() => setDialog(undefined)} />}
      {dialog === 'large' && (
        <Modal opened onClose={() => setDialog(undefined)} title={title || words.untitled} size="90vw" closeButtonProps={{ 'aria-label': words.close }}>
          <div style={{ height: '70vh' }}>{view}</div>
        </Modal>
      )}
    </article>
  )
})

/** What is wrong with another server that was asked, in the reader's language, and what to do; undefined for other failures. */
function sourceFailure(error: Error, language: Language): string | undefined {
  return error instanceof ApiFailure && error.what !== undefined ? [`${error.what[language]}.`, error.next?.[language] ?? ''].join(' ').trim() : undefined
}

interface PanelBodyProps extends PanelCardProps {
  readonly data: ReturnType<typeof usePanelData>
  readonly context: PanelContext
  readonly title: string
  readonly isTable: boolean
  readonly ask: { readonly queries: ReturnType<typeof panelQueries>; readonly range: TimeRange }
  readonly onRetry: () => void
  readonly onExplorePanel: (() => void) | undefined
}

function PanelBody({ panel, data, context, title, isTable, ask, language, variables, fetchValues, syncKey, onZoom, onZoomBack, onRetry, onExplorePanel }: PanelBodyProps): ReactElement {
  const words = panelWords(language)
  if (panel.type === 'alertlist') return <AlertListView panel={panel} variables={variables} language={language} />
  if (panel.type === 'dashlist') return <BoardListView panel={panel} variables={variables} language={language} />
  if (panel.type === 'text') return <TextView panel={panel} variables={variables} />
  const foreign = foreignQueries(panel)
  if (foreign !== undefined) return <PanelNote what={words.otherSource(foreign.kinds.join(', '))} why={foreign.texts.join('\n')} />
  if (panel.type.startsWith('library panel ')) return <PanelNote what={words.libraryMissing(panel.type.slice('library panel '.length))} why={words.libraryMissingHint} />
  if (!isDrawn(panel.type)) return <PanelNote what={words.unsupported(panel.type)} why={words.unsupportedHint} />
  if (ask.queries.length === 0) return <PanelNote what={words.noQuery} />
  const { results } = data
  if (results === undefined) {
    const told = data.error === undefined ? undefined : sourceFailure(data.error, language)
    if (told !== undefined) return <PanelNote what={words.failed} why={told} isFailure action={<button type="button" className={css['action']} onClick={onRetry}>{words.retry}</button>} />
    if (data.error) return <FailureNote message={data.error.message} language={language} action={<button type="button" className={css['action']} onClick={onRetry}>{words.retry}</button>} />
    return <div className={css['skeleton']} role="status" aria-label={words.loading} />
  }
  // Where the dashboard has words for nothing ("0", "N/A"), they are the value.
  const tellsNothing = (panel.type === 'stat' || panel.type === 'gauge' || panel.type === 'bargauge') && hasTextForNothing(panel.fieldConfig)
  if (!tellsNothing && results.every(r => r.series.length === 0)) {
    return <EmptyNote exprs={ask.queries.flatMap(q => q.expression === undefined ? [q.expr] : q.expression.inputs.map(i => i.expr))} source={(ask.queries[0]?.expression?.inputs[0] ?? ask.queries[0])?.source} range={context.range} fetchValues={fetchValues} language={language} noValue={panel.fieldConfig.noValue} onExplore={onExplorePanel} />
  }
  // Lines lie in one table by time; everything else shows the tables that its transformations make.
  if (isTable && panel.type === 'timeseries') return <DataTable model={timeSeriesModel(panel, results, context)} language={language} caption={title} />
  const zoom: Pick<PanelViewProps, 'onZoom' | 'onZoomBack'> = { ...(onZoom === undefined ? {} : { onZoom }), ...(onZoomBack === undefined ? {} : { onZoomBack }) }
  return <PanelPicture panel={panel} results={results} context={context} title={title || words.untitled} syncKey={syncKey} asTable={isTable} {...zoom} />
}
