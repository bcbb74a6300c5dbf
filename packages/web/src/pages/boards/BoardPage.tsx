import { useEffect, useMemo, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { Skeleton } from '@mantine/core'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { Panel } from '@haechi/dashboards'
import { ApiFailure } from '../../api/failure.ts'
import { useLibraryPanels } from '../../api/library-panels.ts'
import { boardsQuery, diagnosesQuery, useBoard, useScrapeInterval } from '../../api/queries.ts'
import { useKnownSources } from '../../api/sources.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { useChartTheme } from '../../app/chart-theme.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Explained } from '../../components/Explained.tsx'
import { Failure } from '../../components/Failure.tsx'
import { Page } from '../../components/Page.tsx'
import { later } from '../../components/later.ts'
import { useWords } from '../../i18n/index.ts'
import { BoardView } from '../../panels/BoardView.tsx'
import { FindingsContext } from '../../panels/findings-context.ts'
import { panelFindings } from '../../state/findings.ts'
import type { GrafanaDashboardJson } from '../../state/view-types.ts'
import { keepTime } from '../../state/search.ts'
import type { PageSearch } from '../../state/search.ts'
import { DEFAULT_FROM, DEFAULT_TO } from '../../state/time-range.ts'
import { BoardTools } from './BoardTools.tsx'
import css from './Board.module.css'

const PanelRuleDialog = later(async () => (await import('./PanelRuleDialog.tsx')).PanelRuleDialog)
const BoardEditor = later(async () => (await import('./edit/BoardEditor.tsx')).BoardEditor)

/** One board, by the uid in the address. */
export function BoardPage(): ReactElement {
  const { t, of } = useWords()
  const navigate = useNavigate()
  const { uid = '' } = useParams({ strict: false }) as { readonly uid?: string }
  const query = useBoard(uid)
  const { data: boards } = useQuery(boardsQuery)
  const summary = boards?.find(b => b.uid === uid)
  const { search, change } = usePageSearch()
  const isEdited = search.tab === 'edit'
  const written = query.data === undefined ? undefined : boardRoot(query.data.dashboard)['title']
  const own = typeof written === 'string' ? written : undefined
  const title = summary?.localTitle !== undefined ? of(summary.localTitle) : own ?? summary?.title ?? t('board.title')
  return (
    <Page title={title} full>
      {query.data !== undefined ? isEdited
        ? <BoardEditor waiting={<BoardSkeleton />} key={uid} board={query.data.dashboard} meta={query.data.meta} />
        : (
          <>
            <BoardTools uid={uid} title={title} isBuiltIn={summary?.builtIn === true} answer={query.data} onEdit={() => change({ tab: 'edit' })} />
            <LoadedBoard key={uid} uid={uid} board={query.data.dashboard} isBuiltIn={query.data.meta.builtIn === true} />
          </>
        )
        : query.isError
          ? query.error instanceof ApiFailure && query.error.status === 404
            ? <Explained health="unknown" text={t('board.missing')} action={{ label: t('board.toList'), run: () => void navigate({ to: '/boards' as never }) }} />
            : <Failure error={query.error} retry={() => void query.refetch()} />
          : <BoardSkeleton />}
    </Page>
  )
}

/** Where title and time stand: at the top of the classic model, below `spec` of the newer one and of wrapped files. */
function boardRoot(board: GrafanaDashboardJson): GrafanaDashboardJson {
  const spec = board['spec']
  return typeof spec === 'object' && spec !== null ? (spec as GrafanaDashboardJson) : board
}

/** The board's own time range, where the address has none. */
function boardTime(board: GrafanaDashboardJson): { readonly from: string; readonly to: string } | undefined {
  const root = boardRoot(board)
  const time = (root['time'] ?? root['timeSettings']) as { readonly from?: unknown; readonly to?: unknown } | undefined
  return typeof time?.from === 'string' && typeof time.to === 'string' ? { from: time.from, to: time.to } : undefined
}

function LoadedBoard({ uid, board, isBuiltIn }: { readonly uid: string; readonly board: GrafanaDashboardJson; readonly isBuiltIn: boolean }): ReactElement {
  const sources = useKnownSources(isBuiltIn)
  const { locale } = useWords()
  const { data: diagnoses } = useQuery(diagnosesQuery)
  const findings = useMemo(() => panelFindings(diagnoses ?? [], uid), [diagnoses, uid])
  const { tick, intervalMs, range: usual } = useRefresh()
  const { search, change } = usePageSearch()
  const navigate = useNavigate()
  const theme = useChartTheme()
  // Where each zoom began, so that a double click leads back there.
  const before = useRef<{ readonly from: string | undefined; readonly to: string | undefined }[]>([])
  const own = boardTime(board)
  const library = useLibraryPanels(board)
  const scrapeIntervalMs = useScrapeInterval()
  const { t } = useWords()
  const [alertOf, setAlertOf] = useState<Panel | undefined>(undefined)
  const actions = useMemo(() => [
    { label: t('panel.edit'), run: (p: Panel) => change({ tab: 'edit', open: String(p.id) }) },
    { label: t('panel.alert'), fits: (p: Panel) => p.targets.some(x => x.expr !== ''), run: setAlertOf },
  ], [t, change])
  // A board that wants the default range gets the page's.
  const from = search.from ?? (own === undefined || own.from === DEFAULT_FROM ? usual.from : own.from)
  const to = search.to ?? (search.from === undefined ? own?.to : undefined) ?? DEFAULT_TO
  const range = useMemo(() => ({ from, to }), [from, to])
  useEffect(() => {
    // The time bar shows what the board draws: its own range goes into the address.
    if (search.from === undefined && from !== usual.from) change({ from, to: to === DEFAULT_TO ? undefined : to }, 'replace')
  }, [search.from, from, to, usual.from, change])
  return (
    <FindingsContext value={findings}>
    {alertOf !== undefined && <PanelRuleDialog panel={alertOf} variables={search.variables ?? NO_VARIABLES} board={board} onClose={() => setAlertOf(undefined)} />}
    {!library.isReady ? <BoardSkeleton /> : <BoardView
      libraryPanels={library.models}
      {...(/^\d{1,9}$/.test(search.open ?? '') ? { showPanel: Number(search.open) } : {})}
      panelActions={actions} dashboard={board} language={locale} theme={theme} range={range} sources={sources} refreshMs={intervalMs ?? 0} refreshCount={tick.n} scrapeIntervalMs={scrapeIntervalMs}
      variables={search.variables ?? NO_VARIABLES} onVariablesChange={variables => change({ variables }, 'replace')}
      onZoom={(fromMs, toMs) => {
        before.current.push({ from: search.from, to: search.to })
        change({ from: String(Math.round(fromMs)), to: String(Math.round(toMs)) })
      }}
      onZoomBack={() => {
        const back = before.current.pop()
        if (back !== undefined) change(back)
      }}
      onExplore={(expr, _range, source) => void navigate({ to: '/explore' as never, search: ((prev: PageSearch) => ({ ...keepTime(prev), expr: [expr], ...(source === undefined ? {} : { ds: source }) })) as never })}
    />}
    </FindingsContext>
  )
}

const NO_VARIABLES: Readonly<Record<string, readonly string[]>> = {}

function BoardSkeleton(): ReactElement {
  return <div className={css['skeleton']} aria-hidden>{Array.from({ length: 6 }, (_, i) => <Skeleton key={i} height={280} />)}</div>
}
