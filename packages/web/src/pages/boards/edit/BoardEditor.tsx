import '@mantine/core/styles/Combobox.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import { useCallback, useEffect, useReducer, useState } from 'react'
import type { ReactElement } from 'react'
import { ActionIcon, Button, Menu, Modal } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp, IconDeviceFloppy, IconPlus, IconSettings } from '@tabler/icons-react'
import { useBlocker, useNavigate } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { PANEL_KINDS, addPanel, addRow, editableBoard, jsonAt, newPanel, panelPlace } from '@haechi/dashboards'
import type { JsonObject } from '@haechi/dashboards'
import type { BoardMeta, SavedBoard } from '../../../api/boards.ts'
import { usePageSearch } from '../../../app/page-search.ts'
import { keepTime } from '../../../state/search.ts'
import type { PageSearch } from '../../../state/search.ts'
import { DEFAULT_FROM } from '../../../state/time-range.ts'
import { VariableBar } from '../../../panels/VariableBar.tsx'
import { BoardSettings } from './BoardSettings.tsx'
import { EditGrid } from './EditGrid.tsx'
import type { Change } from './EditGrid.tsx'
import { PanelEditor } from './PanelEditor.tsx'
import { SaveDialog } from './SaveDialog.tsx'
import { editHistory, isUnsaved, startHistory } from './edit-history.ts'
import { useEditWords } from './edit-words.ts'
import { useLiveBoard } from './live-board.ts'
import css from './Edit.module.css'

/** Props of `BoardEditor`. */
export interface BoardEditorProps {
  readonly board: JsonObject
  readonly meta: BoardMeta
  /** Nothing is saved under this uid yet. */
  readonly isNew?: boolean
}

/** A board under change. What is open (a panel, the settings) stands in the address; nothing is sent before it is saved. */
export function BoardEditor({ board: original, meta, isNew = false }: BoardEditorProps): ReactElement {
  const { e, t, locale, said } = useEditWords()
  const navigate = useNavigate()
  const client = useQueryClient()
  const { search, change: changeSearch } = usePageSearch()
  const [editable] = useState(() => editableBoard(original))
  const [history, dispatch] = useReducer(editHistory, editable.board, startHistory)
  const [isSaving, setSaving] = useState(false)
  // Where to go once what was saved has been drawn: only then does nothing hold the page back.
  const [goal, setGoal] = useState<string | undefined>(undefined)
  const board = history.now
  const live = useLiveBoard(board)
  const unsaved = isUnsaved(history)
  const uid = String(original['uid'] ?? '')

  const change = useCallback<Change>((make, about) => dispatch({ kind: 'change', change: make, about }), [])
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => unsaved && goal === undefined && (current.pathname !== next.pathname || (next.search as PageSearch).tab !== 'edit' && !isNew),
    enableBeforeUnload: () => unsaved && goal === undefined,
    withResolver: true,
  })
  useEffect(() => {
    const onKey = (ev: KeyboardEvent): void => {
      if (!(ev.ctrlKey || ev.metaKey) || ev.altKey) return
      // Fields and the query editor have an undo of their own.
      const inField = ev.target instanceof HTMLElement && (ev.target.isContentEditable || ev.target.matches('input, textarea, select'))
      const key = ev.key.toLowerCase()
      if (key === 's') {
        ev.preventDefault()
        setSaving(true)
      } else if (!inField && (key === 'z' || key === 'y')) {
        ev.preventDefault()
        dispatch({ kind: key === 'y' || ev.shiftKey ? 'redo' : 'undo' })
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])

  const ownFrom = jsonAt(editable.board, ['time', 'from'])
  useEffect(() => {
    // A board opened straight in the editor shows its own range, as it does outside of it.
    if (search.from === undefined && typeof ownFrom === 'string' && ownFrom !== DEFAULT_FROM && !isNew) changeSearch({ from: ownFrom }, 'replace')
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [])

  const toView = (path: string): void => void navigate({ to: path as never, search: ((prev: PageSearch) => ({ ...keepTime(prev), ...(prev.variables === undefined ? {} : { variables: prev.variables }) })) as never })
  const onSaved = (saved: SavedBoard, stored: JsonObject): void => {
    dispatch({ kind: 'saved', board: stored })
    setSaving(false)
    void client.invalidateQueries({ queryKey: ['board', saved.uid] })
    void client.invalidateQueries({ queryKey: ['board-versions', saved.uid] })
    setGoal(`/boards/${saved.uid}`)
  }
  useEffect(() => {
    if (goal !== undefined) toView(goal)
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [goal])
  const openPanel = Number(search.open)
  const isPanelOpen = Number.isInteger(openPanel) && panelPlace(board, openPanel) !== undefined
  const isSettings = search.open === 'settings'
  const close = (): void => {
    dispatch({ kind: 'pause' })
    changeSearch({ open: undefined })
  }
  const add = (kind: string): void => {
    const { board: next, id } = addPanel(board, newPanel(kind), kind === 'stat' || kind === 'gauge' ? { w: 6, h: 6 } : { w: 12, h: 8 })
    change(() => next)
    changeSearch({ open: String(id) })
  }
  return (
    <div className={css['editor']}>
      <div className={css['bar']} role="toolbar" aria-label={e('editor.bar')}>
        <strong className={css['badge']}>{e(isNew ? 'editor.new' : 'editor.editing')}</strong>
        <Menu position="bottom-start">
          <Menu.Target><Button size="xs" variant="default" leftSection={<IconPlus size={16} />}>{e('editor.add')}</Button></Menu.Target>
          <Menu.Dropdown>
            {PANEL_KINDS.map(k => <Menu.Item key={k} onClick={() => add(k)}>{e(`kind.${k as 'stat'}`)}</Menu.Item>)}
            <Menu.Divider />
            <Menu.Item onClick={() => change(b => addRow(b, e('row.new')).board)}>{e('editor.addRow')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <ActionIcon variant="default" size={30} aria-label={e('editor.undo')} title={`${e('editor.undo')} (Ctrl Z)`} disabled={history.past.length === 0} onClick={() => dispatch({ kind: 'undo' })}><IconArrowBackUp size={18} /></ActionIcon>
        <ActionIcon variant="default" size={30} aria-label={e('editor.redo')} title={`${e('editor.redo')} (Ctrl Shift Z)`} disabled={history.future.length === 0} onClick={() => dispatch({ kind: 'redo' })}><IconArrowForwardUp size={18} /></ActionIcon>
        <span className={css['space']} />
        <span className={css['unsaved']} role="status">{unsaved ? e('editor.unsaved') : ''}</span>
        <Button size="xs" variant="default" leftSection={<IconSettings size={16} />} onClick={() => changeSearch({ open: isSettings ? undefined : 'settings' })} aria-pressed={isSettings}>{e('editor.settings')}</Button>
        <Button size="xs" variant="default" onClick={() => (isNew ? toView('/boards') : changeSearch({ tab: undefined, open: undefined }))}>{e('editor.leave')}</Button>
        <Button size="xs" leftSection={<IconDeviceFloppy size={16} />} title="Ctrl S" onClick={() => setSaving(true)}>{e('save.button')}</Button>
      </div>
      {meta.canSave === false && <p role="note" className={css['notice']}>{e('editor.file')}</p>}
      {meta.canSave !== false && meta.provisioned === true && <p role="note" className={css['notice']}>{e('editor.fileWins')}</p>}
      {editable.converted !== undefined && <p role="note" className={css['notice']}>{e(`editor.from.${editable.converted}`)}</p>}
      {live.fault !== undefined && <p role="alert" className={css['notice']} data-bad>{e('editor.fault', { why: said(live.fault) })}</p>}
      {isSettings ? <BoardSettings board={board} live={live} change={change} onClose={close} />
        : isPanelOpen ? <PanelEditor key={openPanel} board={board} live={live} id={openPanel} change={change} onClose={close} />
          : (
            <>
              <VariableBar states={live.states} language={locale} onChange={(name, values) => changeSearch({ variables: { ...Object.fromEntries(live.states.map(s => [s.variable.name, s.chosen])), [name]: values } }, 'replace')} />
              <EditGrid board={board} live={live} change={change} onEdit={id => changeSearch({ open: String(id) })} />
            </>
          )}
      {isSaving && <SaveDialog board={isNew ? board : { ...board, uid }} before={isNew ? undefined : editable.converted === undefined ? history.saved : original} meta={meta} onSaved={onSaved} onClose={() => setSaving(false)} />}
      {blocker.status === 'blocked' && (
        <Modal opened onClose={blocker.reset} title={e('leave.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
          <p>{e('leave.text')}</p>
          <div className={css['tools']} style={{ marginTop: 16 }}>
            <Button data-autofocus onClick={() => { blocker.reset(); setSaving(true) }}>{e('save.button')}</Button>
            <Button variant="default" onClick={blocker.proceed}>{e('leave.discard')}</Button>
            <Button variant="default" onClick={blocker.reset}>{e('leave.stay')}</Button>
          </div>
        </Modal>
      )}
    </div>
  )
}
