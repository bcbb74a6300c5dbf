import 'react-grid-layout/css/styles.css'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { ActionIcon } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconArrowsMove, IconChevronRight, IconCopy, IconPencil, IconTrash } from '@tabler/icons-react'
import { GridLayout } from 'react-grid-layout'
import { duplicatePanel, packGrid, panelPlaces, removePanel, toggleRow, withJson, withPlaces } from '@haechi/dashboards'
import type { GridPos, JsonObject, PanelPlace } from '@haechi/dashboards'
import { PanelCard } from '../../../panels/PanelCard.tsx'
import { useEditWords } from './edit-words.ts'
import type { LiveBoard } from './live-board.ts'
import css from './Edit.module.css'

/** How a board is changed: `about` makes several changes one step of undo. */
export type Change = (change: (board: JsonObject) => JsonObject, about?: string) => void

const UNIT_PX = 30
const GAP_PX = 8
/** Narrower pages show one panel per line. */
const PHONE_PX = 700

/** A board's panels on the grid, to be moved, sized, copied and removed. By keyboard: arrows on the handle move, with Shift they size. */
export function EditGrid({ board, live, change, onEdit }: { readonly board: JsonObject; readonly live: LiveBoard; readonly change: Change; readonly onEdit: (id: number) => void }): ReactElement {
  const { e } = useEditWords()
  const host = useRef<HTMLDivElement>(null)
  const widthPx = useWidth(host)
  const places = useMemo(() => panelPlaces(board).filter(p => p.path.length === 2), [board])
  const packed = useMemo(() => packGrid(places), [places])
  const move = (id: number, to: (pos: GridPos) => GridPos): void => {
    const next = packGrid(packed.map(p => (p.id === id ? { ...p, pos: to(p.pos) } : p)), id)
    change(b => withPlaces(b, new Map(next.map(p => [p.id, p.pos]))), `place of ${id}`)
  }
  const isPhone = widthPx > 0 && widthPx < PHONE_PX
  const order = [...packed].sort((a, b) => a.pos.y - b.pos.y || a.pos.x - b.pos.x)
  const item = (id: number): PanelPlace => places.find(p => p.id === id)!
  const swap = (id: number, by: -1 | 1): void => {
    const i = order.findIndex(p => p.id === id)
    const other = order[i + by]
    if (other === undefined) return
    const moved = order[i]!
    change(b => withPlaces(b, new Map([[id, { ...moved.pos, y: other.pos.y, x: other.pos.x }], [other.id, { ...other.pos, y: moved.pos.y, x: moved.pos.x }]])))
  }
  const cell = (id: number, isDragged: boolean): ReactElement => {
    const place = item(id)
    const pos = packed.find(p => p.id === id)!.pos
    const name = typeof place.json['title'] === 'string' && place.json['title'] !== '' ? place.json['title'] : e('panel.untitled')
    const onKey = (ev: KeyboardEvent): void => {
      const [dx, dy] = ev.key === 'ArrowLeft' ? [-1, 0] : ev.key === 'ArrowRight' ? [1, 0] : ev.key === 'ArrowUp' ? [0, -1] : ev.key === 'ArrowDown' ? [0, 1] : [0, 0]
      if (dx === 0 && dy === 0) return
      ev.preventDefault()
      move(id, p => (ev.shiftKey ? { ...p, w: Math.max(1, Math.min(24 - p.x, p.w + dx)), h: Math.max(1, p.h + dy) } : { ...p, x: p.x + dx, y: dy < 0 ? Math.max(0, above(packed, id)) : dy > 0 ? below(packed, id) : p.y }))
    }
    const tools = (
      <span className={css['panelTools']}>
        {isPhone ? (
          <>
            <ActionIcon size="sm" variant="subtle" color="gray" aria-label={e('panel.up', { name })} onClick={() => swap(id, -1)}><IconArrowUp size={16} /></ActionIcon>
            <ActionIcon size="sm" variant="subtle" color="gray" aria-label={e('panel.down', { name })} onClick={() => swap(id, 1)}><IconArrowDown size={16} /></ActionIcon>
          </>
        ) : <ActionIcon size="sm" variant="subtle" color="gray" className="hc-move" aria-label={e('panel.move', { name, x: pos.x, y: pos.y, w: pos.w, h: pos.h })} title={e('panel.moveHint')} onKeyDown={onKey}><IconArrowsMove size={16} /></ActionIcon>}
        {!place.isRow && <ActionIcon size="sm" variant="subtle" color="gray" aria-label={e('panel.edit', { name })} title={e('panel.editShort')} onClick={() => onEdit(id)}><IconPencil size={16} /></ActionIcon>}
        {!place.isRow && <ActionIcon size="sm" variant="subtle" color="gray" aria-label={e('panel.copy', { name })} title={e('panel.copyShort')} onClick={() => change(b => duplicatePanel(b, id).board)}><IconCopy size={16} /></ActionIcon>}
        <ActionIcon size="sm" variant="subtle" color="gray" aria-label={e('panel.remove', { name })} title={e('panel.removeShort')} onClick={() => change(b => removePanel(b, id))}><IconTrash size={16} /></ActionIcon>
      </span>
    )
    if (place.isRow) {
      const isFolded = place.json['collapsed'] === true
      return (
        <div className={css['rowItem']}>
          <ActionIcon size="sm" variant="subtle" color="gray" aria-expanded={!isFolded} aria-label={e(isFolded ? 'row.unfold' : 'row.fold', { name })} onClick={() => change(b => toggleRow(b, id))}><IconChevronRight size={16} style={{ transform: isFolded ? 'none' : 'rotate(90deg)' }} /></ActionIcon>
          <input className={css['rowTitle']} aria-label={e('row.title')} value={typeof place.json['title'] === 'string' ? place.json['title'] : ''} onChange={ev => change(b => withJson(b, [...place.path, 'title'], ev.currentTarget.value), `title of ${id}`)} />
          {isFolded && <span className="dim">{e('row.inside', { n: Array.isArray(place.json['panels']) ? place.json['panels'].length : 0 })}</span>}
          {tools}
        </div>
      )
    }
    const panel = live.panels.get(id)
    if (panel === undefined || !live.isReady) return <div className={css['blank']}>{tools}</div>
    const repeat = panel.repeat === '' ? null : <span className={css['repeat']}>{e('panel.repeats', { name: panel.repeat })}</span>
    const width = isPhone ? widthPx - 60 : Math.max(100, Math.round(widthPx * pos.w / 24 / 100) * 100 - 60)
    return <div className={css['gridCell']} data-dragged={isDragged || undefined}><PanelCard {...live.card} panel={panel} widthPx={width} controls={<>{repeat}{tools}</>} /></div>
  }

  return (
    <div ref={host} className={css['grid']}>
      {packed.length === 0 && <p className={css['empty']}>{e('grid.empty')}</p>}
      {isPhone && order.map(p => <div key={p.id} style={{ height: item(p.id).isRow ? 40 : Math.max(200, p.pos.h * (UNIT_PX + GAP_PX)), marginBottom: GAP_PX }}>{cell(p.id, false)}</div>)}
      {!isPhone && widthPx > 0 && packed.length > 0 && (
        <GridLayout
          width={widthPx} gridConfig={{ cols: 24, rowHeight: UNIT_PX, margin: [GAP_PX, GAP_PX], containerPadding: [0, 0] }} dragConfig={{ enabled: true, handle: 'header, .hc-move', cancel: 'button:not(.hc-move), input', threshold: 3 }}
          resizeConfig={{ enabled: true, handles: ['se'] }}
          layout={packed.map(p => ({ i: String(p.id), ...p.pos, ...(item(p.id).isRow ? { isResizable: false, minW: 24 } : {}) }))}
          onDragStop={layout => change(b => withPlaces(b, positions(layout)))} onResizeStop={layout => change(b => withPlaces(b, positions(layout)))}
        >
          {packed.map(p => <div key={String(p.id)} data-panel={p.id}>{cell(p.id, false)}</div>)}
        </GridLayout>
      )}
    </div>
  )
}

function positions(layout: readonly { readonly i: string; readonly x: number; readonly y: number; readonly w: number; readonly h: number }[]): ReadonlyMap<number, GridPos> {
  return new Map(layout.map(({ i, x, y, w, h }) => [Number(i), { x, y, w, h }]))
}

/** The line at which the nearest thing above begins: moving there changes places with it. */
function above(packed: readonly { readonly id: number; readonly pos: GridPos }[], id: number): number {
  const { y } = packed.find(p => p.id === id)!.pos
  return packed.filter(p => p.pos.y < y).reduce((max, p) => Math.max(max, p.pos.y), 0)
}

/** One line below the nearest thing below: it moves up then. */
function below(packed: readonly { readonly id: number; readonly pos: GridPos }[], id: number): number {
  const own = packed.find(p => p.id === id)!.pos
  const next = packed.filter(p => p.pos.y >= own.y + own.h).reduce<GridPos | undefined>((min, p) => (min === undefined || p.pos.y < min.y ? p.pos : min), undefined)
  return next === undefined ? own.y : next.y + next.h
}

/** An element's width; 0 before it is known. */
function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const observer = new ResizeObserver(entries => setWidth(Math.floor(entries.at(-1)!.contentRect.width)))
    observer.observe(element.current!)
    return () => observer.disconnect()
  }, [element])
  return width
}
