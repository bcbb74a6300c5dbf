import { useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconClick, IconHistory, IconPlayerPlay, IconPlus, IconTrash } from '@tabler/icons-react'
import { AskedSource } from '../../api/asked-source.ts'
import { usePageSearch } from '../../app/page-search.ts'
import { useRefresh } from '../../app/refresh.tsx'
import { Choice } from '../../components/Choice.tsx'
import { Page } from '../../components/Page.tsx'
import { PromqlEditor } from './later-editor.ts'
import { useBuilderWords } from '../../i18n/builder.ts'
import { useWords } from '../../i18n/index.ts'
import { ExplainResult } from './ExplainResult.tsx'
import { GraphResult } from './GraphResult.tsx'
import { MetricBrowser } from './MetricBrowser.tsx'
import { QueryHints } from './QueryHints.tsx'
import { SourceSelect } from './SourceSelect.tsx'
import { TableResult } from './TableResult.tsx'
import { QueryBuilder } from './QueryBuilder.tsx'
import { queryLetter } from './query-letter.ts'
import { readHistory, withQueries, writeHistory } from './query-history.ts'
import css from './Explore.module.css'

/** "What do the numbers say?" Queries above, their result below; without a query, what there is to ask about. */
export function ExplorePage(): ReactElement {
  const { search } = usePageSearch()
  // Metrics, completion, hints and results are all of one source.
  return <AskedSource value={search.ds}><Explore /></AskedSource>
}

function Explore(): ReactElement {
  const { t, w } = useBuilderWords()
  const { search, change } = usePageSearch()
  const { refreshNow } = useRefresh()
  const committed = search.expr ?? NONE
  const committedKey = JSON.stringify(committed)
  // What is written belongs to what the address held then: the back button, the search and links replace it.
  const [draft, setDraft] = useState<{ readonly key: string; readonly texts: readonly string[] }>({ key: '', texts: [] })
  const drafts = draft.key === committedKey ? draft.texts : committed.length > 0 ? committed : BLANK
  const setDrafts = (texts: readonly string[]): void => setDraft({ key: committedKey, texts })
  const [history, setHistory] = useState(readHistory)

  const run = (exprs: readonly string[], open: string | undefined = search.open): void => {
    const asked = exprs.map(e => e.trim()).filter(e => e !== '')
    const kept = withQueries(history, asked)
    setHistory(kept)
    writeHistory(kept)
    if (JSON.stringify(asked) === committedKey) {
      setDrafts(asked.length > 0 ? asked : [''])
      refreshNow()
    } else change({ expr: asked.length > 0 ? asked : undefined, filter: undefined, open })
  }
  const isBuilding = search.open === 'build'
  // What is chosen shows at once; only what is run by hand is worth remembering.
  const choose = (i: number, text: string): void => {
    const texts = drafts.map((d, j) => (j === i ? text : d))
    const asked = texts.map(e => e.trim()).filter(e => e !== '')
    if (asked.length === texts.length) change({ expr: asked, filter: undefined }, 'replace')
    else setDrafts(texts)
  }
  const edit = (i: number, text: string): void => setDrafts(drafts.map((d, j) => (j === i ? text : d)))
  const remove = (i: number): void => {
    const rest = drafts.filter((_, j) => j !== i)
    setDrafts(rest)
    run(rest)
  }

  // Another server can't say what becomes of each part of a query.
  const canExplain = search.ds === undefined
  return (
    <Page title={t('explore.title')}>
      <div className={css['queries']}>
        <SourceSelect onChange={ds => change({ ds, ...(ds !== undefined && search.tab === 'explain' ? { tab: undefined } : {}) })} />
        {drafts.map((text, i) => (
          // Queries have no identity of their own: the place is their name.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={i} className={css['one']}>
            <div className={css['query']}>
              <span className={css['letter']} aria-hidden>{queryLetter(i)}</span>
              <PromqlEditor waiting={<div className={css['editorWait']}><span className="dim">{text === '' ? t('explore.editorLoading') : text}</span></div>} value={text} label={t('explore.query', { letter: queryLetter(i) })} placeholder={t('explore.placeholder')} onChange={v => edit(i, v)} onRun={() => run(drafts)} />
              {drafts.length > 1 && <ActionIcon variant="subtle" color="gray" size={36} aria-label={t('explore.removeQuery', { letter: queryLetter(i) })} onClick={() => remove(i)}><IconTrash size={18} /></ActionIcon>}
            </div>
            {isBuilding && <QueryBuilder text={text} letter={queryLetter(i)} onChange={v => choose(i, v)} />}
          </div>
        ))}
        <div className={css['tools']}>
          <Button leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={() => run(drafts)} title={t('explore.runHint')}>{t('explore.run')}</Button>
          <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setDrafts([...drafts, ''])}>{t('explore.addQuery')}</Button>
          <Button variant={isBuilding ? 'light' : 'default'} aria-pressed={isBuilding} leftSection={<IconClick size={16} aria-hidden />} onClick={() => change({ open: isBuilding ? undefined : 'build' }, 'replace')}>{w('toggle')}</Button>
          <HistoryMenu history={history} onChoose={expr => run([...drafts.slice(0, -1), expr])} onClear={() => { setHistory([]); writeHistory([]) }} />
          {committed.length > 0 && (
            <div className={css['tabs']}>
              <Choice label={t('explore.show')} value={search.tab === 'table' || search.tab === 'explain' ? search.tab : 'graph'} onChange={v => change({ tab: v === 'graph' ? undefined : v }, 'replace')}
                options={[{ value: 'graph', label: t('explore.graph') }, { value: 'table', label: t('explore.table') }, ...(canExplain ? [{ value: 'explain', label: t('explore.explain') }] : [])]} />
            </div>
          )}
        </div>
      </div>
      {committed.map((expr, i) => <QueryHints key={`${queryLetter(i)} ${expr}`} expr={expr} onUse={better => run(committed.map((other, j) => (j === i ? better : other)))} />)}
      {committed.length === 0 ? (isBuilding && drafts.some(d => d.trim() !== '') ? null : <MetricBrowser onChoose={expr => run([expr], 'build')} />)
        : search.tab === 'table' ? <TableResult exprs={committed} />
          : search.tab === 'explain' && canExplain ? <ExplainResult exprs={committed} />
            : <GraphResult exprs={committed} />}
    </Page>
  )
}

const NONE: readonly string[] = []
const BLANK: readonly string[] = ['']

function HistoryMenu({ history, onChoose, onClear }: { readonly history: readonly string[]; readonly onChoose: (expr: string) => void; readonly onClear: () => void }): ReactElement {
  const { t } = useWords()
  return (
    <Menu position="bottom-start" width={520}>
      <Menu.Target><Button variant="default" leftSection={<IconHistory size={16} aria-hidden />}>{t('explore.history')}</Button></Menu.Target>
      <Menu.Dropdown className={css['history']}>
        {history.length === 0 && <Menu.Label>{t('explore.historyEmpty')}</Menu.Label>}
        {history.map(expr => <Menu.Item key={expr} onClick={() => onChoose(expr)}><span className={css['past']}>{expr}</span></Menu.Item>)}
        {history.length > 0 && <><Menu.Divider /><Menu.Item color="var(--hc-critical)" onClick={onClear}>{t('explore.historyClear')}</Menu.Item></>}
      </Menu.Dropdown>
    </Menu>
  )
}
