import { useId, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { boardsQuery, metricNamesQuery, overviewQuery } from '../api/queries.ts'
import { useWords } from '../i18n/index.ts'
import type { MessageKey } from '../i18n/index.ts'
import { keepTime } from '../state/search.ts'
import type { PageSearch } from '../state/search.ts'
import { bestMatches } from '../state/palette-match.ts'
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

  const entries = useMemo<readonly Entry[]>(() => {
    const kept = keepTime(search)
    const out: Entry[] = PAGES.map(p => ({ key: p.path, group: 'palette.pages', text: t(p.label), to: p.path, search: kept }))
    for (const s of overview?.services ?? []) if (s.boardUid !== undefined) out.push({ key: `s ${s.id}`, group: 'palette.services', text: s.id, to: `/boards/${s.boardUid}`, search: kept })
    for (const b of boards ?? []) out.push({ key: `b ${b.uid}`, group: 'palette.boards', text: b.localTitle?.[locale] ?? b.title, to: `/boards/${b.uid}`, search: kept })
    return out
  }, [boards, overview, locale, search, t])

  const shown = useMemo<readonly Entry[]>(() => {
    const found = bestMatches(text, entries, e => e.text, 12)
    if (text.trim().length < 2) return found
    const kept = keepTime(search)
    const names = bestMatches(text, metrics ?? [], m => m, 12)
    return [...found, ...names.map(m => ({ key: `m ${m}`, group: 'palette.metrics' as const, text: m, to: '/explore', search: { ...kept, expr: [m] } }))]
  }, [text, entries, metrics, search])

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
            <span className={entry.group === 'palette.metrics' ? 'mono' : undefined}>{entry.text}</span><span className={css['group']}>{t(entry.group)}</span>
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className={css['nothing']} role="status">{t('palette.nothing')}</p>}
      <p className={css['hint']}>{t('palette.hint')}</p>
    </div>
  )
}
