/** Colours and font of the page, and the size of a chart's box in CSS pixels: read before anything is drawn. */
export interface HostLook extends Box {
  readonly theme: PlotTheme
}

/** Colours and font of the page, read where the chart stands. */
export interface PlotTheme {
  readonly text: string
  readonly grid: string
  readonly surface: string
  readonly font: string
}

/** A chart that wants to be drawn. */
export interface Drawing {
  readonly host: HTMLElement
  /** The box, where that is known without asking the page. */
  readonly box?: () => Box | undefined
  readonly draw: (look: HostLook) => void
}

/** In CSS pixels. */
export interface Box {
  readonly width: number
  readonly height: number
}

/** So long charts are drawn in one go; the rest come after what people have pressed meanwhile. */
const SLICE_MS = 12

/**
 * Draws charts in turn. Those that get their data together are measured together, before the first of them changes the page: else each would have it laid out anew.
 * Their drawing is cut into slices, so that a board of many charts never holds up the keyboard.
 *
 * @param later  runs something after the browser had its turn
 * @param look   reads what a chart needs of the page
 */
export class DrawQueue {
  readonly #waiting = new Map<Drawing, HostLook | undefined>()
  readonly #later: (run: () => void) => void
  readonly #look: (drawing: Drawing) => HostLook
  readonly #now: () => number
  #isDue = false

  constructor(later: (run: () => void) => void, look: (drawing: Drawing) => HostLook, now: () => number) {
    this.#later = later
    this.#look = look
    this.#now = now
  }

  /** Draws at the end of this task, or in one of the next. */
  add(drawing: Drawing): void {
    this.#waiting.set(drawing, undefined)
    if (this.#isDue) return
    this.#isDue = true
    queueMicrotask(() => this.#slice(SLICE_MS))
  }

  /** What has gone is not drawn. */
  remove(drawing: Drawing): void {
    this.#waiting.delete(drawing)
  }

  /** Draws everything now. */
  finish(): void {
    this.#slice(Infinity)
  }

  #slice(ms: number): void {
    this.#isDue = false
    for (const [drawing, known] of this.#waiting) if (known === undefined) this.#waiting.set(drawing, this.#look(drawing))
    const end = this.#now() + ms
    for (const [drawing, look] of this.#waiting) {
      this.#waiting.delete(drawing)
      try {
        drawing.draw(look!)
      } catch (err) {
        // One chart that can't be drawn takes no other with it.
        reportError(err)
      }
      if (this.#waiting.size === 0 || this.#now() < end) continue
      this.#isDue = true
      this.#later(() => this.#slice(SLICE_MS))
      return
    }
  }
}
