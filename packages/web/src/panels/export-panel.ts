import { download, fileName } from '../components/download.ts'
import { csvBlob, csvCell } from '../format/csv.ts'
import { panelFrames } from './shown-frames.ts'
import { dataPanel } from './data-panel.ts'
import type { Panel } from '@haechi/dashboards'
import type { PanelContext, QueryResult } from './panel-result.ts'

/** The data behind a panel as CSV (RFC 4180): its tables one below the other, times in ISO 8601, numbers as they are. */
export function panelCsv(panel: Panel, results: readonly QueryResult[], context: PanelContext): string {
  const { frames } = panelFrames(dataPanel(panel), results, context)
  return frames.filter(f => f.fields.length > 0).map(({ frame, fields }) => {
    const lines = [fields.map(f => csvCell(f.name)).join(',')]
    for (let i = 0; i < frame.length; i++) lines.push(fields.map(f => csvCell(cellValue(f.field.values[i], f.field.type === 'time'))).join(','))
    return `${lines.join('\r\n')}\r\n`
  }).join('\r\n')
}

function cellValue(v: unknown, isTime: boolean): string {
  if (v === null || v === undefined) return ''
  if (isTime && typeof v === 'number') return Number.isFinite(v) ? new Date(v).toISOString() : ''
  return typeof v === 'number' || typeof v === 'string' || typeof v === 'boolean' ? String(v) : ''
}

/** Offers a panel's data as a file. */
export function downloadCsv(panel: Panel, results: readonly QueryResult[], context: PanelContext, title: string): void {
  download(csvBlob(panelCsv(panel, results, context)), `${fileName(title)}.csv`)
}

/** Offers the picture of a panel as a file, in the page's colours and twice its size: its title and every canvas and text as they stand. */
export async function downloadPng(card: HTMLElement, title: string): Promise<void> {
  const blob = await cardPng(card)
  if (blob !== undefined) download(blob, `${fileName(title)}.png`)
}

async function cardPng(card: HTMLElement): Promise<Blob | undefined> {
  const box = card.getBoundingClientRect()
  const scale = 2
  const canvas = document.createElement('canvas')
  canvas.width = Math.ceil(box.width * scale)
  canvas.height = Math.ceil(box.height * scale)
  const ctx = canvas.getContext('2d')
  if (ctx === null) return undefined
  ctx.fillStyle = opaque(getComputedStyle(card).backgroundColor) ?? opaque(getComputedStyle(document.body).backgroundColor) ?? 'white'
  // To the last pixel: a card may end between two.
  ctx.fillRect(0, 0, canvas.width, canvas.height)
  ctx.scale(scale, scale)
  await paint(ctx, card, box)
  return await new Promise(resolve => { canvas.toBlob(b => resolve(b ?? undefined), 'image/png') })
}

function opaque(color: string): string | undefined {
  return color === '' || color === 'transparent' || /,\s*0\)$/.test(color) ? undefined : color
}

/** Paints what an element shows: its ground, canvases, drawings and texts, each where it stands and cut where the page cuts it. */
async function paint(ctx: CanvasRenderingContext2D, element: Element, origin: DOMRect): Promise<void> {
  const style = getComputedStyle(element)
  if (style.visibility === 'hidden' || style.display === 'none' || style.opacity === '0') return
  const box = element.getBoundingClientRect()
  const x = box.left - origin.left
  const y = box.top - origin.top
  const ground = opaque(style.backgroundColor)
  ctx.save()
  if (style.overflow !== 'visible') {
    ctx.beginPath()
    ctx.rect(x, y, box.width, box.height)
    ctx.clip()
  }
  if (ground !== undefined) {
    ctx.fillStyle = ground
    ctx.fillRect(x, y, box.width, box.height)
  }
  const line = Number.parseFloat(style.borderTopWidth)
  if (line > 0 && box.height <= 6) {
    ctx.fillStyle = style.borderTopColor
    ctx.fillRect(x, y, box.width, line)
  }
  const bottom = Number.parseFloat(style.borderBottomWidth)
  if (bottom > 0 && opaque(style.borderBottomColor) !== undefined && box.height > 6) {
    ctx.fillStyle = style.borderBottomColor
    ctx.fillRect(x, y + box.height - bottom, box.width, bottom)
  }
  if (style.display === 'list-item' && style.listStyleType !== 'none') paintMarker(ctx, element, style, x, y)
  if (element instanceof HTMLImageElement) {
    // One from elsewhere would make the picture unreadable.
    if (element.complete && element.naturalWidth > 0 && new URL(element.src, location.href).origin === location.origin || element.src.startsWith('data:')) ctx.drawImage(element, x, y, box.width, box.height)
  } else if (element instanceof HTMLCanvasElement) ctx.drawImage(element, x, y, box.width, box.height)
  else if (element instanceof SVGSVGElement) await paintSvg(ctx, element, x, y, box)
  else {
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) paintText(ctx, child as Text, style, origin)
      else if (child instanceof Element) await paint(ctx, child, origin)
    }
  }
  ctx.restore()
}

/** The point or number before an entry of a list. */
function paintMarker(ctx: CanvasRenderingContext2D, item: Element, style: CSSStyleDeclaration, x: number, y: number): void {
  const place = [...item.parentElement?.children ?? []].indexOf(item) + 1
  ctx.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
  ctx.fillStyle = style.color
  ctx.textAlign = 'right'
  ctx.textBaseline = 'top'
  const size = Number.parseFloat(style.fontSize)
  ctx.fillText(style.listStyleType === 'decimal' ? `${place}.` : '•', x - size * 0.4, y + (Number.parseFloat(style.lineHeight) - size) / 2)
}

async function paintSvg(ctx: CanvasRenderingContext2D, svg: SVGSVGElement, x: number, y: number, box: DOMRect): Promise<void> {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const originals = [svg, ...svg.querySelectorAll('*')]
  ;[copy, ...copy.querySelectorAll('*')].forEach((e, i) => {
    const style = getComputedStyle(originals[i]!)
    for (const name of ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'fill-opacity', 'font-size', 'font-family', 'font-weight', 'text-anchor', 'dominant-baseline', 'color']) (e as SVGElement).style.setProperty(name, style.getPropertyValue(name))
  })
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(box.width))
  copy.setAttribute('height', String(box.height))
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  try {
    await image.decode()
    ctx.drawImage(image, x, y, box.width, box.height)
  } catch {
    // A drawing without extent can't be read as an image; there is nothing to see.
  }
}

function paintText(ctx: CanvasRenderingContext2D, node: Text, style: CSSStyleDeclaration, origin: DOMRect): void {
  const { data } = node
  if (data.trim() === '') return
  ctx.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
  ctx.fillStyle = style.color
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  const range = document.createRange()
  const draw = (from: number, to: number): void => {
    range.setStart(node, from)
    range.setEnd(node, to)
    const box = range.getClientRects()[0]
    if (box === undefined || box.width === 0) return
    const text = data.slice(from, to)
    // As wide as on the page, where digits may all have the same width.
    ctx.letterSpacing = '0px'
    ctx.letterSpacing = `${(box.width - ctx.measureText(text).width) / text.length}px`
    ctx.fillText(text, box.left - origin.left, box.top - origin.top + box.height / 2)
  }
  range.selectNodeContents(node)
  const isOneLine = range.getClientRects().length === 1
  // Words of several lines stand where the page has put them.
  for (const word of data.matchAll(isOneLine ? /\S(?:.*\S)?/gs : /\S+/g)) draw(word.index, word.index + word[0].length)
}
