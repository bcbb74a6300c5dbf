import { useId, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { SilenceView } from '@haechi/server'
import { silencesQuery } from '../api/alerting.ts'
import { boardPanelsQuery, boardsQuery, foldersQuery, metricNamesQuery, overviewQuery, rulesQuery, targetsQuery } from '../api/queries.ts'
import { useWords } from '../i18n/index.ts'
import type { MessageKey } from '../i18n/index.ts'
import { matcherText } from '../pages/alerts/matchers.ts'
import { keepTime } from '../state/search.ts'
import type { PageSearch } from '../state/search.ts'
import { SCATTERED, bestMatches, matchRank } from '../state/palette-match.ts'
import { usePageSearch } from './page-search.ts'
import { PAGES } from './pages.ts'
import css from './Palette.module.css'

interface Entry {
  readonly key: string
  readonly group: MessageKey
  readonly text: string
  readonly to: string
  readonly search: PageSearch
}

/** What a silence is called: what it is about, then what was written. */
function silenceName(s: SilenceView): string {
  return [s.matchers.map(m => matcherText(m)).join(' '), s.comment].filter(x => x !== '').join(' · ')
}

/** Props of `Palette`. */
export interface PaletteProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly onGo: (to: string, search: PageSearch) => void
}

/** Finds any page, service, board or metric by typing a part of its name. */
export function Palette({ isOpen, onClose, onGo }: PaletteProps): ReactElement {
  const { t } = useWords()
  return (
    <Modal.Root opened={isOpen} onClose={onClose} size="lg" yOffset="12vh" padding={0}>
      <Modal.Overlay />
      <Modal.Content aria-label={t('palette.title')}>
        <Modal.Body>{isOpen && <PaletteBody onGo={onGo} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

function PaletteBody({ onGo }: { readonly onGo: (to: string, search: PageSearch) => void }): ReactElement {
  const { t, locale } = useWords()
  const { search } = usePageSearch()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const listId = useId()
  const list = useRef<HTMLDivElement>(null)
  const { data: boards } = useQuery(boardsQuery)
  const { data: metrics } = useQuery(metricNamesQuery)
  const { data: overview } = useQuery(overviewQuery)
  const { data: rules } = useQuery(rulesQuery)
  const { data: targets } = useQuery(targetsQuery)
  const { data: folders } = useQuery(foldersQuery)
  const { data: silences } = useQuery(silencesQuery)
  const { data: panels } = useQuery({ ...boardPanelsQuery(locale), enabled: text.trim().length >= 2 })

  const entries = useMemo<readonly Entry[]>(() => {
    const kept = keepTime(search)
    const out: Entry[] = PAGES.map(p => ({ key: p.path, group: 'palette.pages', text: t(p.label), to: p.path, search: kept }))
    for (const s of overview?.services ?? []) if (s.kind === 'service') out.push({ key: `s ${s.id}`, group: 'palette.services', text: s.id, to: `/services/${encodeURIComponent(s.id)}`, search: kept })
    for (const b of boards ?? []) out.push({ key: `b ${b.uid}`, group: 'palette.boards', text: b.localTitle?.[locale] ?? b.title, to: `/boards/${b.uid}`, search: kept })
    for (const f of folders ?? []) out.push({ key: `f ${f.uid}`, group: 'palette.folders', text: f.title, to: '/boards', search: { ...kept, filter: f.title } })
    for (const a of overview?.firing ?? []) out.push({ key: `a ${JSON.stringify(a.labels)}`, group: 'palette.firing', text: a.localSummary?.[locale] ?? a.summary, to: '/alerts', search: kept })
    for (const r of rules ?? []) out.push({ key: `r ${r.uid}`, group: 'palette.rules', text: r.localTitle?.[locale] ?? r.title, to: '/alerts', search: { ...kept, tab: 'rules', open: r.uid } })
    for (const s of silences ?? []) if (s.state !== 'expired') out.push({ key: `q ${s.id}`, group: 'palette.silences', text: silenceName(s), to: '/alerts', search: { ...kept, tab: 'silences', open: s.id } })
    return out
  }, [boards, folders, rules, silences, overview, locale, search, t])

  const shown = useMemo<readonly Entry[]>(() => {
    const found = bestMatches(text, entries, e => e.text, 12)
    if (text.trim().length < 2) return found
    const kept = keepTime(search)
    const names = bestMatches(text, metrics ?? [], m => m, 12)
    const places = bestMatches(text, targets ?? [], x => `${x.job} ${x.instance}`, 6)
    const boardNames = new Map(boards?.map(b => [b.uid, b.localTitle?.[locale] ?? b.title]))
    const pictures = bestMatches(text, panels ?? [], p => `${p.title} · ${boardNames.get(p.boardUid) ?? ''}`, 8)
    // Panels are asked for only now and come last, so that nothing moves from under the chosen line when they arrive.
    // Letters that are merely somewhere in a long name don't stand before a metric that begins with what was typed.
    const isNear = (e: Entry): boolean => (matchRank(text, e.text) ?? 0) < SCATTERED
    return [...found.filter(isNear), ...places.map(x => ({ key: `t ${x.job} ${x.url}`, group: 'palette.targets' as const, text: `${x.job} ${x.instance}`, to: '/targets', search: { ...kept, filter: `${x.job} ${x.instance}` } })), ...names.map(m => ({ key: `m ${m}`, group: 'palette.metrics' as const, text: m, to: '/explore', search: { ...kept, expr: [m] } })), ...found.filter(e => !isNear(e)), ...pictures.map(p => ({ key: `p ${p.boardUid} ${p.id}`, group: 'palette.panels' as const, text: `${p.title} · ${boardNames.get(p.boardUid) ?? p.boardUid}`, to: `/boards/${p.boardUid}`, search: { ...kept, open: String(p.id) } }))]
  }, [text, entries, boards, panels, targets, metrics, locale, search])

  const chosen = Math.min(at, shown.length - 1)
  const onKey = (e: KeyboardEvent): void => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault()
      const next = (chosen + (e.key === 'ArrowDown' ? 1 : -1) + shown.length) % Math.max(1, shown.length)
      setAt(next)
      list.current?.querySelectorAll('[role="option"]')[next]?.scrollIntoView({ block: 'nearest' })
    } else if (e.key === 'Enter' && !e.nativeEvent.isComposing) {
      e.preventDefault()
      const entry = shown[chosen]
      if (entry !== undefined) onGo(entry.to, entry.search)
    }
  }
  return (
    <div>
      <input className={css['input']} data-autofocus autoComplete="off" spellCheck={false} role="combobox" aria-expanded aria-controls={listId} aria-autocomplete="list" aria-label={t('palette.title')}
        aria-activedescendant={shown.length === 0 ? undefined : `${listId}-${chosen}`} placeholder={t('palette.placeholder')} value={text} onKeyDown={onKey} onChange={e => { setText(e.currentTarget.value); setAt(0) }} />
      <div id={listId} role="listbox" aria-label={t('palette.title')} className={css['list']} ref={list}>
        {shown.map((entry, i) => (
          <div key={entry.key} id={`${listId}-${i}`} role="option" aria-selected={i === chosen} className={css['option']} onMouseMove={() => setAt(i)} onClick={() => onGo(entry.to, entry.search)}>
            <span className={entry.group === 'palette.metrics' ? 'mono' : undefined} title={entry.text}>{entry.text}</span><span className={css['group']}>{t(entry.group)}</span>
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className={css['nothing']} role="status">{t('palette.nothing')}</p>}
      <p className={css['hint']}>{t('palette.hint')}</p>
    </div>
  )
}
