import type { TooltipSettings } from './chart-model.ts'

/** One line of a tooltip. */
export interface TooltipRow {
  readonly name: string
  readonly color: string
  readonly dash: boolean
  readonly text: string
  readonly value: number
  /** The line nearest to the pointer. */
  readonly near: boolean
}

const USUAL: TooltipSettings = { mode: 'multi', sort: 'desc', hideZeros: false }

/** Most lines that a tooltip shows. */
const MOST_ROWS = 12

/** Sorts rows (by value, highest first, unless the settings say otherwise) and cuts them; the nearest line is always among them. */
export function tooltipRows(all: readonly TooltipRow[], settings: TooltipSettings = USUAL): { readonly rows: readonly TooltipRow[]; readonly more: number } {
  if (settings.mode === 'none') return { rows: [], more: 0 }
  const there = settings.hideZeros ? all.filter(r => r.value !== 0) : all
  // Of one line only where it is known which: the keyboard has no nearest one.
  const rows = settings.mode === 'single' && there.some(r => r.near) ? there.filter(r => r.near).map(r => ({ ...r, near: false })) : there
  const sorted = settings.sort === 'none' ? rows : rows.toSorted((a, b) => settings.sort === 'asc' ? a.value - b.value : b.value - a.value)
  if (sorted.length <= MOST_ROWS) return { rows: sorted, more: 0 }
  const shown = sorted.slice(0, MOST_ROWS)
  const near = sorted.find(r => r.near)
  if (near && !shown.includes(near)) shown[MOST_ROWS - 1] = near
  return { rows: shown, more: sorted.length - MOST_ROWS }
}

/**
 * Where a tooltip goes: beside the pointer, on the side with more room, never under it.
 *
 * @param x, y    the pointer, in the box
 * @param width, height  of the tooltip
 * @param box     what it may not leave
 */
export function tooltipPlace(x: number, y: number, width: number, height: number, box: { readonly width: number; readonly height: number }): { readonly left: number; readonly top: number } {
  const gap = 16
  const right = x + gap
  const left = x - gap - width
  const fitsRight = right + width <= box.width
  const placeLeft = fitsRight ? right : left >= 0 ? left : x < box.width / 2 ? right : left
  const top = Math.max(0, Math.min(y - height / 2, box.height - height))
  return { left: placeLeft, top }
}

/** A tooltip that is drawn without React: it changes with every movement of the pointer. Its texts are set as text, never as HTML. */
export class Tooltip {
  readonly root: HTMLDivElement
  readonly #head: HTMLDivElement
  readonly #list: HTMLDivElement
  readonly #more: HTMLDivElement

  constructor(parent: HTMLElement, classes: { readonly root: string; readonly head: string; readonly list: string; readonly row: string; readonly more: string }) {
    this.root = parent.ownerDocument.createElement('div')
    this.root.className = classes.root
    this.root.hidden = true
    this.root.setAttribute('role', 'status')
    this.#head = this.#child(classes.head)
    this.#list = this.#child(classes.list)
    this.#more = this.#child(classes.more)
    parent.append(this.root)
  }

  #child(className: string): HTMLDivElement {
    const e = this.root.ownerDocument.createElement('div')
    e.className = className
    this.root.append(e)
    return e
  }

  /** Shows the rows at a place in the parent, CSS px. */
  show(head: string, rows: readonly TooltipRow[], moreText: string, x: number, y: number, box: { readonly width: number; readonly height: number }): void {
    this.#head.textContent = head
    while (this.#list.children.length > rows.length) this.#list.lastElementChild!.remove()
    rows.forEach((r, i) => this.#row(i, r))
    this.#more.textContent = moreText
    this.#more.hidden = moreText === ''
    this.root.hidden = false
    const place = tooltipPlace(x, y, this.root.offsetWidth, this.root.offsetHeight, box)
    this.root.style.transform = `translate(${Math.round(place.left)}px, ${Math.round(place.top)}px)`
  }

  #row(i: number, row: TooltipRow): void {
    let e = this.#list.children[i] as HTMLElement | undefined
    if (!e) {
      const doc = this.root.ownerDocument
      e = doc.createElement('div')
      e.append(doc.createElement('i'), doc.createElement('span'), doc.createElement('b'))
      this.#list.append(e)
    }
    const [swatch, name, value] = e.children as unknown as [HTMLElement, HTMLElement, HTMLElement]
    swatch.style.borderTopColor = row.color
    swatch.style.borderTopStyle = row.dash ? 'dashed' : 'solid'
    name.textContent = row.name
    value.textContent = row.text
    e.toggleAttribute('data-near', row.near)
  }

  hide(): void {
    this.root.hidden = true
  }

  destroy(): void {
    this.root.remove()
  }
}
